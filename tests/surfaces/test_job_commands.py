"""Jobs on the command line: handed over, listed, watched, read, ended, run again, and what lost ones still have."""

import json
import os
import pty
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from conftest import HEADGATE, Gate
from headgate.host.processes import alive
from headgate.host.processes import started as process_started
from headgate.model.job import Job, JobState
from headgate.model.plan import PlanStep, Progress
from headgate.record.events import Event, JobEnded, JobHandedOver, SlotReleased
from headgate.surfaces.cli import COMMANDS
from headgate.surfaces.cli import headgate as program
from headgate.surfaces.job_page import MOST, STEPS, Seen, page
from headgate.surfaces.narrate import line

ROOT = Path(__file__).parents[2]
LEASED = """schema = 1
[[rule]]
id = "one"
decision = "delegate"
reason = "One at a time."
when.heavy = true
with.lease = "machine"
"""
POOLS = """schema = 1
[pools.near]
places = 2
[pools.far]
store = "postgresql://someone:sesame@127.0.0.1:1/none"
[agents.echo]
command = ["/bin/sh", "-c", "echo the task: \\"$0\\"", "{task}"]
"""
WAITS = "until [ -e {0} ]; do sleep 0.05; done"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the operator's files."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "config" / "headgate"
    path.mkdir(parents=True)
    return path


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def delegated(gate: Gate, *words: str) -> int:
    """Hand *words* over, and return the number of the job."""
    (told,) = gate("delegate", "--json", *words).splitlines()
    return int(json.loads(told)["job"])


def refused(gate: Gate, *words: str) -> str:
    """Run what cannot be done; return its code."""
    done = gate.run(*words)
    assert (2, "") == (done.returncode, done.stdout)
    return done.stderr[:5]


@contextmanager
def started(gate: Gate, *words: str, **options: object) -> Iterator[subprocess.Popen[str]]:
    """Run a command that stays; it is gone afterwards."""
    command = [str(HEADGATE), "--home", str(gate.home), *words]
    given: dict[str, object] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    running = subprocess.Popen(command, **(given | options))  # type: ignore[call-overload]
    try:
        yield running
    finally:
        running.kill()
        running.communicate(timeout=60)


# -- delegate -------------------------------------------------------------------------------------


def test_one_word_is_a_text_for_the_shell_and_several_mean_what_they_mean_as_typed(gate: Gate) -> None:
    text = gate("delegate", "--wait", "--", 'echo "a  b" | tr a c')
    words = gate("delegate", "--wait", "--", "printf", "%s|", "a  b", "$HOME", "--json", "it's")

    assert text.endswith("\n  c  b\n")
    assert words.endswith("\n  a  b|$HOME|--json|it's|\n")


def test_who_hands_over_gets_the_receipt_and_goes_on(gate: Gate, tmp_path: Path) -> None:
    told = gate("delegate", "--", WAITS.format(tmp_path / "go"))
    (tmp_path / "go").touch()

    assert told.startswith("headgate: delegated. This runs in a worker as job 1, not in the main thread.")
    assert "succeeded" == gate.until(1, "succeeded", "failed")["state"]


def test_the_json_of_a_hand_over_is_one_line_once_the_job_is_durable(gate: Gate) -> None:
    (told,) = gate("delegate", "--json", "--", "true").splitlines()

    assert {"job", "state"} == {*json.loads(told)}
    assert (1, True) == (json.loads(told)["job"], json.loads(told)["state"] in {*JobState})
    assert 1 == len(gate.events("decided"))


def test_a_wait_ends_with_the_result_and_the_jobs_own_status(gate: Gate) -> None:
    words = gate("delegate", "--wait", "--", "echo out; echo err >&2; exit 7", expect=7)
    plain = gate("delegate", "--wait", "--json", "--", "echo out; exit 7", expect=7).splitlines()

    assert ["headgate: job 1 failed after", "  out", "  err"] == [words.splitlines()[-3][:28], *words.splitlines()[-2:]]
    assert [{"job": 2, "state": "failed", "exit_code": 7, "lines": ["out"]}] == [json.loads(told) for told in plain]


def test_a_wait_that_is_interrupted_leaves_the_job_running_and_says_so(gate: Gate) -> None:
    gate("status")
    with started(gate, "delegate", "--wait", "--", "sleep 600") as waiting:
        assert waiting.stdout is not None
        assert "job 1" in waiting.stdout.readline()
        gate.until(1, "running")
        waiting.send_signal(signal.SIGINT)
        _out, said = waiting.communicate(timeout=60)

    assert (130, True) == (waiting.returncode, "job 1 goes on without you" in said)
    assert "running" == gate.job(1)["state"]


def test_a_wait_goes_on_over_the_death_of_the_daemon(gate: Gate, tmp_path: Path) -> None:
    daemon = json.loads(gate("status", "--json"))["pid"]
    command = f"{WAITS.format(tmp_path / 'go')}; echo done; exit 5"
    with started(gate, "delegate", "--wait", "--json", "--", command) as waiting:
        until(lambda: gate.run("job", "1").returncode == 0 and gate.job(1)["state"] == "running")
        since = process_started(daemon)
        os.kill(daemon, signal.SIGKILL)
        until(lambda: not alive(daemon, since))  # until then somebody could still reach it, and get no answer
        gate("status")
        (tmp_path / "go").touch()
        out, said = waiting.communicate(timeout=60)

    assert (5, "") == (waiting.returncode, said)
    assert {"job": 1, "state": "failed", "exit_code": 5, "lines": ["done"]} == json.loads(out)


def test_a_job_is_handed_over_with_a_pool_a_limit_and_a_priority(gate: Gate, config: Path) -> None:
    (config / "headgate.toml").write_text(POOLS)
    gate("delegate", "--wait", "--pool", "near", "--max-run", "1s", "--priority", "7", "--", "sleep 600", expect=143)
    job = gate.job(1)

    assert ("timed_out", "near", 1.0, 7) == (job["state"], job["pool"], job["max_run"], job["priority"])


def test_a_task_goes_to_an_agent_with_its_machines(gate: Gate, config: Path) -> None:
    (config / "headgate.toml").write_text(POOLS)
    task = ("--task", "find out why web1 is slow", "--agent", "echo", "--machine", "web1", "--machine", "web2")
    gate("delegate", "--wait", *task)
    job = gate.job(1)

    assert ("agent", "echo", ["web1", "web2"]) == (job["kind"], job["agent"], job["machines"])
    assert "find out why web1 is slow" in gate("job", "1", "--log")
    assert "  plan      find out why web1 is slow (agent echo)" in gate("job", "1")


def test_what_is_not_handed_over_says_why_with_a_code_and_leaves_no_job(gate: Gate) -> None:
    asked = {
        "HG130": [
            "",
            "-- ",
            "--task x -- ls",
            "ls -- ls",
            "--machine web1 -- ls",
            "--max-run soon -- ls",
            "--max-run 0 -- ls",
        ],
        "HG407": ["--pool moon -- ls"],
        "HG410": ["-- headgate stop"],
        "HG411": ["--task x", "--task x --agent nobody"],
    }
    told = {
        code: [refused(gate, "delegate", *(text.split(" ") if text else [])) for text in texts]
        for code, texts in asked.items()
    }

    assert {code: [code] * len(texts) for code, texts in asked.items()} == told
    assert "" == gate("jobs")


# -- status and jobs ------------------------------------------------------------------------------


def test_the_status_counts_the_jobs_in_every_state(gate: Gate) -> None:
    before = gate("status")
    for command in ("exit 3", "exit 4", "true"):
        gate.run("delegate", "--wait", "--", command)
    gate.until(delegated(gate, "--", "sleep 600"), "running")
    found, told = json.loads(gate("status", "--json")), gate("status")

    assert "jobs     none\nopen     0\n" in before
    assert "jobs     1 running, 1 succeeded, 2 failed\nopen     1\n" in told
    assert (1, 2, 0, 1) == (found["open"], *(found["jobs"][state] for state in ("failed", "lost", "running")))
    assert (str(gate.home), True) == (found["home"], found["pid"] > 1 and found["journal"]["entries"] > 3)


def numbers(gate: Gate, *words: str) -> list[int]:
    return [json.loads(told)["id"] for told in gate("jobs", "--json", *words).splitlines()]


def test_a_list_holds_the_jobs_that_are_asked_for(gate: Gate, config: Path) -> None:
    (config / "headgate.toml").write_text(POOLS)
    for words in (["--", "exit 3"], ["--pool", "near", "--", "true"], ["--", "exit 0; ssh web1 reboot"]):
        gate.run("delegate", "--wait", *words)
    gate.delegate("exit 0; ssh web2 reboot")
    until(lambda: len(numbers(gate, "--state", "succeeded")) == 3)

    assert [4, 3, 2, 1] == numbers(gate)
    assert [4, 3] == numbers(gate, "--limit", "2")
    assert [1] == numbers(gate, "--state", "failed")
    assert [4, 2, 1] == [*numbers(gate, "--state", "FAILED", "--state", "succeeded", "--machine", "web2"), 2, 1]
    assert [2] == numbers(gate, "--pool", "near")
    assert [[4, 3], [3], []] == [numbers(gate, "--machine", name) for name in ("web*", "web1", "db1")]
    assert [[4], [3, 2, 1]] == [numbers(gate, "--session", name) for name in ("s-1", "terminal")]
    assert [4, 3, 2, 1] == numbers(gate, "--since", "1h")
    time.sleep(0.01)
    assert [] == numbers(gate, "--since", "1ms")


def test_the_jobs_that_fit_are_found_behind_many_that_do_not(gate: Gate) -> None:
    gate.run("delegate", "--wait", "--", "exit 0; ssh web1 reboot")
    from headgate.store.sqlite import SqliteStore

    gate("stop")
    store = SqliteStore(gate.home / "headgate.db")
    for _ in range(300):
        job = store.get(1)
        assert job is not None
        store.database.execute(
            "INSERT INTO jobs (session, state, announced, body) SELECT session, state, 1, replace(body, 'web1', 'db1')"
            " FROM jobs WHERE id = 1"
        )
    store.database.commit()
    store.close()

    assert [1] == numbers(gate, "--machine", "web1")


def test_a_state_that_there_is_not_is_told_with_those_that_there_are(gate: Gate) -> None:
    done = gate.run("jobs", "--state", "done")

    assert (2, "") == (done.returncode, done.stdout)
    assert f"HG130 headgate: there is no state `done`; the states are {', '.join(JobState)}\n" == done.stderr


def test_who_watches_sees_each_job_again_when_it_changes_until_all_have_ended(gate: Gate, tmp_path: Path) -> None:
    job = delegated(gate, "--", f"{WAITS.format(tmp_path / 'go')}; exit 3")
    gate.until(job, "running")
    with started(gate, "jobs", "--until-idle") as watching:
        assert watching.stdout is not None
        first = watching.stdout.readline()
        (tmp_path / "go").touch()
        rest, _said = watching.communicate(timeout=60)

    assert (0, True) == (watching.returncode, first.startswith("job 1 is running"))
    assert [True] == [told.startswith("job 1 failed after") for told in rest.splitlines()]


def test_who_watches_on_a_terminal_sees_one_list_that_is_drawn_anew(gate: Gate) -> None:
    gate.until(delegated(gate, "--", "sleep 600"), "running")
    main, side = pty.openpty()
    with started(gate, "jobs", "--watch", stdout=side, stderr=side, stdin=side) as watching:
        os.close(side)
        seen = b""
        while seen.count(b"\x1b[H") < 3:
            seen += os.read(main, 65536)
        watching.send_signal(signal.SIGINT)
        assert 130 == watching.wait(60)
    os.close(main)

    first, second, *_rest = seen.split(b"\x1b[H")[1:]
    assert [True, True] == [
        b"1 jobs, 1 of them open" in drawn and b"job 1 is running for" in drawn for drawn in (first, second)
    ]
    assert first != second


# -- one job --------------------------------------------------------------------------------------


def test_a_job_shows_its_plan_the_step_that_runs_and_how_far_it_is(gate: Gate) -> None:
    job = delegated(gate, "--", "sleep 0.1; echo looked; sleep 600")
    pages = [""]
    while not ("  > 2. sleep 600" in pages[-1] and "\n  looked\n" in pages[-1]):  # pytest ends what has no end
        pages.append(gate("job", str(job)))
    shown = pages[-1]

    assert shown.startswith("job 1 is running\n  plan      sleep 0.1; echo looked; sleep 600\n            1. sleep 0.1")
    assert re.search(r"\n  progress  step 2 of 2: sleep 600 · .* of about 10.0 m", shown)
    assert shown.endswith("\n  looked\n")


def test_everything_of_a_job_is_one_json_object(gate: Gate) -> None:
    gate.run("delegate", "--wait", "--", "sleep 0.1; echo one; echo an error; exit 3")
    job = gate.job(1)

    assert ("failed", 3, ["one", "an error"], None) == (
        job["state"], job["exit_code"], job["lines"], job["progress"]
    )  # fmt: skip
    assert job["created"] <= job["started"] <= job["ended"]  # type: ignore[operator]
    assert job["seconds"] == job["ended"] - job["started"]  # type: ignore[operator]
    assert ["sleep 0.1"] == [step["text"] for step in job["plan"]]  # type: ignore[attr-defined]
    assert (2, 1) == (job["digest"]["lines"], job["digest"]["errors"])  # type: ignore[index]


def test_a_running_job_tells_its_progress_and_its_seconds_in_json(gate: Gate) -> None:
    gate.until(delegated(gate, "--", "echo one; sleep 600"), "running")
    until(lambda: gate.job(1)["lines"] == ["one"] and gate.job(1)["progress"])
    job = gate.job(1)

    assert ("running", None, True) == (job["state"], job["exit_code"], job["seconds"] > 0)  # type: ignore[operator]
    assert 4 == job["progress"]["output"]  # type: ignore[index]


def test_a_page_is_bounded_and_shows_the_steps_around_the_one_that_runs() -> None:
    plan = tuple(PlanStep(f"step{number} {'é' * 150}", program="x", seconds=1.0) for number in range(20))
    job = Job(3, "s", "d", "y" * 9000, "/" * 900, 1.0, JobState.RUNNING, started=2.0, plan=plan, news=("n" * 900,) * 3)
    progress = Progress(12, 20, 3.0, 20.0, 0.0, 99, ())
    shown = page(Seen(job, progress, ["  " + "é" * 198] * 12))

    assert MOST >= len(shown.encode())
    assert shown.endswith("\n  … more: headgate job 3 --log")
    assert [*range(7, 7 + STEPS)] == [int(found) for found in re.findall(r"\d\. step(\d+)", shown)]
    assert "\n          > 12. step11 " in shown
    assert "\n            … 7 before\n" in shown
    assert "\n            … 5 more\n" in shown


def test_news_that_nobody_was_told_is_shown() -> None:
    job = Job(3, "s", "d", "ls", "/", 1.0, JobState.RUNNING, started=2.0, news=("headgate: job 3 is stalled",))

    assert "\n  not told  headgate: job 3 is stalled\n" in page(Seen(job, None, ["  x"]))


# -- the output -----------------------------------------------------------------------------------


def test_the_log_is_the_last_mebibyte_without_secrets(gate: Gate) -> None:
    gate("delegate", "--wait", "--", r"seq 1 200000; printf '\033[31mtoken=%s\033[m\n' abc$((1+1))def; seq 3")
    done = gate.run("job", "1", "--log")
    lines = done.stdout.splitlines()

    assert ["token=‹secret›", "1", "2", "3"] == lines[-4:]
    assert 1 << 20 >= len(done.stdout.encode()) > (1 << 20) - 100
    assert [*range(int(lines[0]), 200001)] == [int(told) for told in lines[:-4]]
    left = int(done.stderr.split("the first ")[1].split()[0])
    assert left == len("".join(f"{number}\n" for number in range(1, int(lines[0]))))


def test_the_output_is_read_on_from_an_offset_and_nothing_is_told_twice(gate: Gate) -> None:
    gate("delegate", "--wait", "--", "seq 1 250000")
    at, size, read = 0, 1, []
    while at < size:
        done = gate.run("job", "1", "--since", str(at))
        at, size = (int(found) for found in re.findall(r"\d+", done.stderr))
        read += done.stdout.splitlines()

    assert [str(number) for number in range(1, 250001)] == read


def test_output_that_is_no_text_is_bounded_as_well(gate: Gate) -> None:
    gate("delegate", "--wait", "--", "head -c 3000000 /dev/urandom; head -c 3000000 /dev/zero | tr '\\0' a")

    for words in (["--log"], ["--since", "0"], ["--since", "4000000"]):
        done = subprocess.run(
            [str(HEADGATE), "--home", str(gate.home), "job", "1", *words], capture_output=True, check=True, timeout=60
        )
        assert 1 << 20 >= len(done.stdout) > 1 << 17
    assert MOST >= len(gate("job", "1").encode())


def test_a_secret_whose_end_is_not_there_yet_is_not_told_by_half(gate: Gate, tmp_path: Path) -> None:
    command = f"echo first; printf token=abc; {WAITS.format(tmp_path / 'go')}; echo def"
    job = str(delegated(gate, "--", command))
    until(lambda: gate.run("job", job, "--since", "0").stderr.endswith(" of 15 bytes\n"))
    before = gate.run("job", job, "--since", "0")
    (tmp_path / "go").touch()
    gate.until(1, "succeeded")
    after = gate.run("job", job, "--since", "6")

    assert ("first\n", "headgate: next --since 6 of 15 bytes\n") == (before.stdout, before.stderr)
    assert ("token=‹secret›\n", "headgate: next --since 19 of 19 bytes\n") == (after.stdout, after.stderr)


def test_lines_of_the_output_are_found_and_counted_from_the_end(gate: Gate) -> None:
    gate("delegate", "--wait", "--", "seq 1 30")

    assert ["3", "13", "23", "30"] == gate("job", "1", "--grep", "3$|^30").splitlines()
    assert ["29", "30"] == gate("job", "1", "--lines", "2").splitlines()
    assert ["23"] == gate("job", "1", "--log", "--lines", "1", "--grep", "3$").splitlines()
    assert "" == gate("job", "1", "--grep", "nothing like it")
    assert "HG130" == refused(gate, "job", "1", "--grep", "(")


def test_the_output_is_followed_from_an_offset_and_ends_with_the_jobs_status(gate: Gate, tmp_path: Path) -> None:
    job = str(delegated(gate, "--", f"printf 'one\\ntwo\\n'; {WAITS.format(tmp_path / 'go')}; echo three; exit 4"))
    with started(gate, "job", job, "--follow", "--since", "4") as following:
        assert following.stdout is not None
        assert "two\n" == following.stdout.readline()
        (tmp_path / "go").touch()
        out, said = following.communicate(timeout=60)

    assert (4, "three\n") == (following.returncode, out)
    assert re.fullmatch(r"headgate: job 1 failed after .*, exit status 4\n", said)


def test_what_does_not_go_together_is_told(gate: Gate) -> None:
    asked = ["--follow --json", "--json --log", "--follow --lines 3", "--json --since 0"]

    assert ["HG130"] * 4 == [refused(gate, "job", "1", *words.split()) for words in asked]


@pytest.mark.parametrize("words", ["job 1 --log", "job 1 --follow", "jobs --json"])
def test_a_reader_who_goes_away_is_no_fault(gate: Gate, words: str) -> None:
    gate("delegate", "--wait", "--", "seq 1 300000")
    for _ in range(20 if words == "jobs --json" else 0):
        gate("delegate", "--json", "--", "true")
    command = f"{HEADGATE} --home {gate.home} {words} | head -c 1; exit ${{PIPESTATUS[0]}}"
    done = gate.shell(command)

    assert "Traceback" not in done.stderr
    assert done.returncode in {0, 1}  # all of it may have been in the pipe before
    assert 1 == len(done.stdout)


# -- cancel and rerun -----------------------------------------------------------------------------


def test_a_job_is_ended_and_said_to_be(gate: Gate) -> None:
    gate.until(delegated(gate, "--", "sleep 600"), "running")

    assert gate("cancel", "1").startswith("job 1 cancelled after")
    assert "HG405" == refused(gate, "cancel", "1")


def test_what_only_reads_is_run_again_and_what_changes_something_when_that_is_confirmed(gate: Gate) -> None:
    gate("delegate", "--wait", "--", "cat /etc/hostname")
    gate("delegate", "--wait", "--", "echo one; exit 3; ssh web1 reboot", expect=3)
    again = json.loads(gate("rerun", "1", "--wait", "--json"))

    assert ({"job": 3, "state": "succeeded"}, 0) == ({key: again[key] for key in ("job", "state")}, again["exit_code"])
    assert "HG412" == refused(gate, "rerun", "2")
    assert "as job 4" in gate("rerun", "2", "--confirm", "--wait", expect=3)
    assert gate.job(2)["command"] == gate.job(4)["command"]


def test_a_job_whose_text_held_a_secret_is_not_run_again(gate: Gate) -> None:
    gate("delegate", "--wait", "--", "cat /etc/hostname; : token=abcdefgh")

    assert "HG412" == refused(gate, "rerun", "1", "--confirm")


def test_what_still_runs_is_not_run_again(gate: Gate) -> None:
    gate.until(delegated(gate, "--", "sleep 600"), "running")

    assert "HG412" == refused(gate, "rerun", "1", "--confirm")


# -- pools and workers ----------------------------------------------------------------------------


def test_a_lost_job_keeps_its_machine_until_a_person_releases_it(gate: Gate, config: Path) -> None:
    (config / "policy.toml").write_text(LEASED)
    command = "; exit 0; ssh web1 reboot"
    first = gate.until(delegated(gate, "--", f"{WAITS.format(config / 'go')}{command}"), "running")
    second = delegated(gate, "--", f"echo mine{command}")
    held = gate("pools")
    os.kill(int(str(first["pid"])), signal.SIGKILL)
    gate.until(1, "lost")
    until(lambda: "LOST" in gate("pools"))
    lost = gate("pools")

    assert "\nmachine web1: taken by job 1\n" in held
    assert "\nmachine web1: taken by job 1, which is LOST\n" in lost
    assert "headgate release machine web1" in lost
    assert "queued" == gate.job(second)["state"]
    assert "HG413" == refused(gate, "release", "machine", "web2")
    assert "the machine web1 is free again\n" == gate("release", "machine", "web1")
    assert "succeeded" == gate.until(second, "succeeded", "failed")["state"]
    assert "someone gave back the machine web1" in gate("log")
    (config / "go").touch()


def test_pools_and_workers_are_listed_with_their_places(gate: Gate, config: Path) -> None:
    (config / "headgate.toml").write_text(POOLS.partition("[pools.far]")[0])
    gate.until(delegated(gate, "--", "sleep 600"), "running")
    told, found = gate("pools"), json.loads(gate("pools", "--json"))
    (worker,) = [json.loads(one) for one in gate("workers", "--json").splitlines()]

    assert "pool local: served here, 16 places\n" in told
    assert "pool near: served here, 2 places\n" in told
    assert {"local", "near"} == {*worker["pools"]} == {pool["name"] for pool in found["pools"]}
    assert f"worker {worker['id']} on {worker['host']}: 1 of 16 places taken; pools " in gate("workers")


def test_a_gate_that_is_drained_starts_nothing_until_that_is_undone(gate: Gate) -> None:
    gate.until(delegated(gate, "--", "sleep 600"), "running")
    drained = gate("drain")
    waiting = delegated(gate, "--", "true")
    until(lambda: gate.job(waiting)["note"])
    shown = gate("workers")
    state = gate.job(waiting)["state"]

    assert "this gate takes no more work; 1 of its jobs still run\n" == drained
    assert ("queued", True) == (state, "draining: it takes no more work" in shown)
    assert "this gate takes work again\n" == gate("drain", "--undo")
    assert "succeeded" == gate.until(waiting, "succeeded")["state"]
    assert "HG414" == refused(gate, "drain", "nobody")


# -- what is wrong in the same way for all --------------------------------------------------------

OF_ONE = ["job 9", "job 9 --log", "job 9 --since 0", "job 9 --follow", "job 9 --json", "cancel 9", "rerun 9"]


def test_a_job_that_there_is_not_has_its_code(gate: Gate) -> None:
    assert ["HG402"] * len(OF_ONE) == [refused(gate, *words.split()) for words in OF_ONE]


def test_a_number_that_is_none_has_its_code(gate: Gate) -> None:
    wrong = ["0", "x", "1.5", "²", "9" * 26]

    assert ["HG130"] * 7 == [
        refused(gate, *words) for words in (*(("job", word) for word in wrong), ("cancel", "x"), ("rerun", "x"))
    ]


@pytest.mark.parametrize("words", ["jobs", "pools", "workers", "drain --undo", "delegate --wait -- true"])
def test_a_daemon_that_is_away_is_started(gate: Gate, words: str) -> None:
    gate(*words.split())

    assert 1 == len(gate.events("daemon-started"))


# -- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            JobHandedOver(0.0, 3, "s", "abc", 1234),
            "job 3: a call outlived its budget and was handed over, alive, after 1.2 kB of output (decision abc)",
        ),
        (
            SlotReleased(0.0, "machine", "web1"),
            "someone gave back the machine web1, which a lost job still had for itself",
        ),
        (
            JobEnded(0.0, 3, "timed_out", 143, 4.0, remote="remote unconfirmed", late=True),
            "job 3 timed out (remote unconfirmed) after 4.0 s, exit status 143; it had been given up for lost before",
        ),
        (JobEnded(0.0, 3, "lost", None, 4.0), "job 3 lost after 4.0 s"),
    ],
)
def test_the_journal_tells_in_words_what_happened_to_a_job(event: Event, told: str) -> None:
    assert f"1970-01-01 00:00:00  abc  {told}" == line("abc", event)


def test_the_page_of_commands_has_every_command_with_its_options() -> None:
    told = (ROOT / "docs" / "commands.md").read_text()
    parts = dict(re.findall(r"(?ms)^### headgate ([a-z-]+)\n(.*?)(?=^##|\Z)", told))
    ctx = click.Context(program)
    missing = [
        f"{name} {option}"
        for name in COMMANDS
        if name not in {"attach", "policy"}
        for item in (program.get_command(ctx, name) or click.Command(name)).params
        for option in (item.opts if isinstance(item, click.Option) else [])
        if f"`{option}" not in parts.get(name, "")
    ]

    assert ([], {*COMMANDS} - {"attach"}) == (missing, {*parts})
