"""Delegated commands: where they run, with what, how they end, and what is left of them."""

import contextlib
import json
import os
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from conftest import Gate, nap

HEAVY = "; ssh web1 reboot"  # behind an `exit`: makes a command heavy by its text, and never runs
ENDLESS = "; sleep 40"  # the same, and never quick


def ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
        found.append(pid)
    return found


def alive(marker: str) -> list[int]:
    """Return the processes whose command line holds *marker*."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if marker in line and state != "Z":
                found.append(int(folder.name))
    return found


def until(holds: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_quick_result_comes_with_the_receipt_and_the_commands_own_status(gate: Gate) -> None:
    for _ in range(3):
        gate("pools")  # waits for the database of work, which takes longer to open than what is quick may
    done = gate.delegate("echo one; echo two >&2; exit 7" + HEAVY)

    assert 7 == done.returncode
    assert done.stdout.startswith("headgate: delegated. This runs in a worker as job 1, not in the main thread.")
    assert "headgate: job 1 failed after" in done.stdout
    assert done.stdout.endswith("  one\n  two\n")


def test_what_takes_longer_leaves_with_its_receipt_at_once(gate: Gate) -> None:
    done = gate.delegate(nap())

    assert 0 == done.returncode
    assert "headgate cancel 1" in done.stdout
    assert "running" == gate.until(1, "running")["state"]


def test_the_job_runs_as_the_callers_shell_would_have_run_it(gate: Gate, tmp_path: Path) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "KUBECONFIG": "/k/config",
        "SSH_AUTH_SOCK": "/agent.sock",
        "ANTHROPIC_API_KEY": "sk-model",
        "CLAUDECODE": "1",
        "HEADGATE_HOME": "/nowhere",
        "ODD": "with ' quotes\nand lines",
    }
    show = (
        'pwd; umask; echo $KUBECONFIG $SSH_AUTH_SOCK [$ANTHROPIC_API_KEY$CLAUDECODE$HEADGATE_HOME]; echo "$ODD"; exit'
    )
    gate.delegate(show + HEAVY, cwd=tmp_path, env=environment, preexec_fn=lambda: os.umask(0o027))
    gate.until(1, "succeeded")
    lines = gate("job", "1", "--log").splitlines()

    assert [str(tmp_path), "0027", "/k/config /agent.sock []", "with ' quotes", "and lines"] == lines


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_the_job_uses_the_callers_shell(gate: Gate, shell: str) -> None:
    gate.delegate("readlink /proc/$$/exe; exit" + HEAVY, shell=shell)
    gate.until(1, "succeeded")

    assert os.path.realpath(shell) == gate("job", "1", "--log").strip()


def test_the_job_is_no_child_of_the_caller_and_has_a_session_of_its_own(gate: Gate, tmp_path: Path) -> None:
    file = tmp_path / "pid"
    gate.delegate(f"echo $$ > {file}; {nap()}")
    until(lambda: file.exists() and file.read_text().strip())
    pid = int(file.read_text())

    assert os.getpid() not in ancestors(pid)
    assert os.getsid(pid) == pid


def test_the_callers_environment_is_private_and_goes_with_the_job(gate: Gate) -> None:
    gate.delegate(nap(), env=os.environ | {"MY_SECRET": "s3cr3t-value"})
    gate.until(1, "running")
    start = gate.home / "jobs" / "1" / "start"
    mode, content = start.stat().st_mode & 0o777, start.read_text()
    gate("cancel", "1")

    assert (0o600, True, False) == (mode, "s3cr3t-value" in content, start.exists())
    for file in gate.home.rglob("*"):
        with contextlib.suppress(FileNotFoundError):  # the daemon tidies up meanwhile
            assert not file.is_file() or b"s3cr3t-value" not in file.read_bytes(), file


def test_cancel_ends_the_whole_tree(gate: Gate) -> None:
    sleep = nap()
    stubborn = (
        f"trap '' TERM; {sleep} & setsid {sleep} & (setsid {sleep} &);"
        f" bash -c 'trap \"\" TERM; {sleep}; {sleep}'; {sleep}"
    )
    gate.delegate(stubborn)
    until(lambda: len(alive(sleep)) >= 5)
    told = gate("cancel", "1")

    assert (True, []) == (told.startswith("job 1 cancelled"), alive(sleep))


def test_work_in_the_background_of_a_job_is_the_job(gate: Gate) -> None:
    late = "while kill -0 $$ 2>/dev/null; do sleep 0.1; done; echo late"
    gate.delegate(f"({late}) & echo early; exit 3" + ENDLESS)
    job = gate.until(1, "failed")

    assert (3, ["early", "late"]) == (job["exit_code"], job["digest"]["first"])


def test_a_daemon_that_a_job_starts_does_not_keep_it(gate: Gate) -> None:
    sleep = nap()
    gate.delegate(f"setsid {sleep} & exit 0" + ENDLESS)
    job = gate.until(1, "succeeded")
    for pid in alive(sleep):
        os.kill(pid, signal.SIGKILL)

    assert 0 == job["exit_code"]


def test_cancel_of_an_ended_or_unknown_job_is_a_clear_error(gate: Gate) -> None:
    gate.delegate("exit 0" + HEAVY)
    gate.until(1, "succeeded")
    ended, unknown = gate.run("cancel", "1"), gate.run("cancel", "99")

    assert [(2, "HG405"), (2, "HG402")] == [(done.returncode, done.stderr[:5]) for done in (ended, unknown)]


def test_a_job_outlives_the_daemon_and_the_next_one_takes_it_up(gate: Gate, tmp_path: Path) -> None:
    gate.delegate(f"until [ -e {tmp_path}/go ]; do sleep 0.1; done; echo survived; exit 5" + ENDLESS)
    gate.until(1, "running")
    os.kill(json.loads(gate("status", "--json"))["pid"], signal.SIGKILL)
    (tmp_path / "go").touch()
    job = gate.until(1, "failed")

    assert (5, ["survived"]) == (job["exit_code"], job["digest"]["first"])
    assert "is whole" in gate("verify")


def test_what_ended_while_no_daemon_ran_is_found(gate: Gate, tmp_path: Path) -> None:
    gate.delegate(f"until [ -e {tmp_path}/go ]; do sleep 0.1; done; exit 6" + ENDLESS)
    gate.until(1, "running")
    gate("stop")
    (tmp_path / "go").touch()
    until((gate.home / "jobs" / "1" / "end.json").exists)

    assert 6 == gate.until(1, "failed")["exit_code"]


def test_a_job_whose_keeper_was_killed_is_lost_and_never_run_again(gate: Gate, tmp_path: Path) -> None:
    file, sleep = tmp_path / "ran", nap()
    gate.delegate(f"echo ran >> {file}; {sleep}")
    pid = int(str(gate.until(1, "running")["pid"]))
    until(lambda: file.exists() and file.read_text())
    os.kill(pid, signal.SIGKILL)
    job = gate.until(1, "lost")
    gate("stop")
    gate("status")

    assert ("lost", "ran\n") == (gate.job(1)["state"], file.read_text())
    assert "keeper was killed" in str(job["note"])
    for left in alive(sleep):
        os.kill(left, signal.SIGKILL)


def test_a_job_that_cannot_start_fails_with_the_reason(gate: Gate, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    ticket = _ticket(gate, "exit 0" + HEAVY)
    command = f"cd {gone} && rmdir {gone} && exec {gate.program} attach {ticket} --home {gate.home}"
    done = gate.shell(command)
    job = gate.until(1, "failed")

    assert ("failed", 127) == (job["state"], job["exit_code"]), done.stdout + done.stderr
    assert "No such file or directory" in str(job["note"])


def test_a_ticket_is_good_once(gate: Gate) -> None:
    ticket = _ticket(gate, nap())
    first, second, other = (gate.run("attach", name) for name in (ticket, ticket, "tk_unknown"))

    assert [(0, ""), (2, "HG401"), (2, "HG401")] == [
        (done.returncode, done.stderr[:5]) for done in (first, second, other)
    ]


def test_a_ticket_without_a_daemon_runs_nothing(gate: Gate) -> None:
    ticket = _ticket(gate, nap())
    gate("stop")
    done = gate.run("attach", ticket)

    assert (2, "HG010") == (done.returncode, done.stderr[:5])
    assert "" == gate("jobs")


def test_the_main_thread_hears_once_of_a_job_that_ended(gate: Gate) -> None:
    gate.delegate("sleep 0.5; echo last words; exit 3" + ENDLESS)
    gate.until(1, "failed")
    subagent = gate.propose("ls", agent_id="a1")
    main = gate.propose("ls")
    again = gate.propose("ls")

    assert [None, None] == [subagent.get("additionalContext"), again.get("additionalContext")]
    news = str(main["additionalContext"]).splitlines()
    assert (2, True, True) == (len(news), news[0].startswith("headgate: job 1 failed after"), "last words" in news[1])


def test_another_session_hears_nothing(gate: Gate) -> None:
    gate.delegate("exit 3" + ENDLESS)
    gate.until(1, "failed")

    assert None is gate.propose("ls", session="other").get("additionalContext")


def test_follow_prints_every_line_once_and_ends_with_the_jobs_status(gate: Gate) -> None:
    gate.delegate("for i in $(seq 1 2000); do echo line $i; done; sleep 1; echo end; exit 4" + ENDLESS)
    done = gate.run("job", "1", "--follow")

    assert 4 == done.returncode
    assert [*(f"line {number}" for number in range(1, 2001)), "end"] == done.stdout.splitlines()


def test_more_jobs_than_places_wait_and_are_all_run(gate: Gate) -> None:
    for _ in range(20):
        gate.delegate("sleep 0.5; exit 0" + ENDLESS)

    assert ["succeeded"] * 20 == [gate.until(number, "succeeded")["state"] for number in range(1, 21)]


def test_the_journal_has_the_start_before_the_end_of_each_job(gate: Gate) -> None:
    gate.delegate("exit 3" + HEAVY)
    gate.until(1, "failed")
    kinds = [json.loads(line)["event"]["type"] for line in gate("log", "--json", "--limit", "0").splitlines()]

    assert ["daemon-started", "policy-loaded", "decided", "job-started", "job-ended"] == kinds


def _ticket(gate: Gate, command: str) -> str:
    given = gate.propose(command)["updatedInput"]
    assert isinstance(given, dict)
    found = re.search(r"tk_\w+", str(given["command"]))
    assert found is not None
    return found[0]
