"""The strong exec gate, for real: what a tree starts is decided; what may not be, a worker does, or nobody."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import sshd
from conftest import HEADGATE, Gate, once
from person import Person

SHIM = HEADGATE.parent / "headgate-shim"

pytestmark = pytest.mark.skipif(
    not subprocess.run([SHIM, "gate-probe"], capture_output=True, check=False).stdout.startswith(b"strong"),
    reason="no seccomp user notification here",
)

HIDDEN = """\
import subprocess, sys
name = "".join(reversed(sys.argv[1]))
done = subprocess.run([name, *sys.argv[2:]])
print("status", done.returncode, flush=True)
"""
"""Runs the program whose name it is told backwards: no text shows it."""

STAND_IN = """\
#!/bin/sh
echo "$0 $*" >>"{mark}"
grep Seccomp_filters /proc/self/status >>"{mark}"
cat
echo said by the program; echo told by it >&2
exit 7
"""

HEAVY = "python3 hidden.py hss web1 'systemctl restart app'"


class Place:
    """A folder with hidden work, a stand-in for ssh in front of PATH, and a gate with a policy of its own."""

    def __init__(self, gate: Gate, folder: Path, config: Path) -> None:
        self.gate, self.folder, self.config = gate, folder, config
        self.mark = folder / "mark"
        (folder / "bin").mkdir(parents=True)
        (folder / "hidden.py").write_text(HIDDEN)
        for name in ("ssh", "terraform"):
            stand_in = folder / "bin" / name
            stand_in.write_text(STAND_IN.format(mark=self.mark))
            stand_in.chmod(0o755)
        self.environment = os.environ | {
            "PATH": f"{folder / 'bin'}:{sys.exec_prefix}/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "XDG_CONFIG_HOME": str(config),
        }

    def policy(self, text: str, *, settings: str = "") -> None:
        """Start the daemon under rules of the user, or where *settings* are given under an organisation's."""
        path = self.config / "headgate" / "policy.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        if not settings:
            path.write_text(f"schema = 1\n{text}\n")
            return
        if os.geteuid() != 0:
            pytest.skip("an organisation's policy is root's")
        etc = self.folder.parent / "etc"
        shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("ssl"))
        (etc / "headgate").mkdir(mode=0o755, exist_ok=True)
        (etc / "headgate" / "policy.toml").write_text(
            f'schema = 1\nprofile = "balanced"\n[settings]\n{settings}\n{text}\n'
        )
        words = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(etc)]
        status = [str(HEADGATE), "--home", str(self.gate.home), "status"]
        done = subprocess.run(
            [*words, *status],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"no namespace of mounts: {done.stderr}")

    def start(self, *words: str, **more: object) -> "subprocess.Popen[str]":
        command = [str(HEADGATE), "--home", str(self.gate.home), "guard", "--", *words]
        given: dict[str, object] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]
            command, cwd=self.folder, env=self.environment, text=True, **(given | more)
        )

    def run(self, *words: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
        command = [str(HEADGATE), "--home", str(self.gate.home), "guard", "--", *words]
        stdin = {"input": given} if given is not None else {"stdin": subprocess.DEVNULL}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
            **stdin,  # type: ignore[call-overload]
        )

    def call(self, text: str, **more: object) -> subprocess.CompletedProcess[str]:
        """Propose a call as Claude Code would that asks nobody, and run what the client would run."""
        answer = self.gate.propose(text, cwd=str(self.folder), permission_mode="bypassPermissions", **more)
        given = answer.get("updatedInput")
        assert isinstance(given, dict), answer
        assert "headgate-shim" in str(given["command"]), "it was not wrapped"
        return subprocess.run(
            ["/bin/bash", "-c", str(given["command"])],
            cwd=self.folder,
            env=self.environment,
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )

    def marks(self) -> list[str]:
        return self.mark.read_text().splitlines() if self.mark.exists() else []


@pytest.fixture
def place(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    found = Place(gate, tmp_path / "w", tmp_path / "config")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(found.config))
    (tmp_path / "config").mkdir()
    return found


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_light_goes_on_as_it_would_alone(place: Place) -> None:
    done = place.run("bash", "-c", "read line; echo got $line; echo err >&2; ls -d /; exit 5", given="hello\n")
    assert (done.returncode, done.stdout, done.stderr) == (5, "got hello\n/\n", "err\n")


def test_a_heavy_start_is_done_by_a_worker_with_its_streams_and_its_status(place: Place) -> None:
    done = place.run(*shlex.split(HEAVY), given="fed\n")
    assert done.returncode == 0
    assert done.stdout == "fed\nsaid by the program\nstatus 7\n"
    assert done.stderr == "told by it\n"
    (said, filters) = place.marks()
    assert said.startswith(f"{place.folder}/bin/ssh web1 ")
    assert said.endswith("systemctl restart app")
    assert filters == "Seccomp_filters:\t0"
    job = place.gate.until(1, "failed")
    assert (job["exit_code"], job["machines"]) == (7, ["web1"])
    decided = [event for event in place.gate.events("decided") if event["within"]]
    assert [event["decision"] for event in decided] == ["delegate"]


def test_the_worker_gets_directory_variables_and_mask_of_the_start(place: Place) -> None:
    (place.folder / "bin" / "ssh").write_text('#!/bin/sh\npwd; echo $TOLD; umask; echo "$@"\n')
    (place.folder / "sub").mkdir()
    text = "cd sub; export TOLD=me; umask 027; N=hss; $(echo $N | rev) 'web1' 'systemctl restart  x'"
    (place.folder / "s.sh").write_text(text)
    done = place.run("bash", "-c", "cat s.sh | bash")
    assert done.stdout.startswith(f"{place.folder}/sub\nme\n0027\nweb1 ")
    assert done.stdout.endswith("systemctl restart  x\n")


def test_a_receipt_is_printed_and_the_rest_goes_on_where_the_policy_says_so(place: Place) -> None:
    place.policy("", settings='at_start = "receipt"')
    done = place.run(*shlex.split(HEAVY))
    assert done.stdout == "status 75\n"
    assert "as job 1" in done.stderr
    assert "Do not run it again" in done.stderr
    place.gate.until(1, "failed")
    assert "Seccomp_filters:\t0" in place.marks()
    done = place.run(*shlex.split(HEAVY), given="fed\n")  # what it is fed only the place has where it was started
    assert done.stdout == "fed\nsaid by the program\nstatus 7\n"


@pytest.fixture
def person(place: Place, tmp_path: Path) -> Iterator[Person]:
    sshd.needed()
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.sshd(folder) as server:
        yield Person(place.gate, server)


@pytest.mark.parametrize("answer", ["approve", "refuse"])
def test_a_start_waits_for_a_person_and_does_what_they_say(place: Place, person: Person, answer: str) -> None:
    waiting = place.start("python3", "hidden.py", "mrofarret", "destroy")
    until(lambda: "question 1" in place.gate.here("approvals", expect=None))
    assert waiting.poll() is None
    assert place.marks() == []
    person(answer, "1", *(["--yes"] if answer == "approve" else ["--reason", "keep it"]))
    out, err = waiting.communicate(timeout=60)
    assert ("Seccomp_filters:\t0" in place.marks()) is (answer == "approve")
    assert f"status {7 if answer == 'approve' else 77}" in out
    assert ("keep it" in err) is (answer == "refuse")


def test_the_gate_is_nobodys_to_change_from_inside(place: Place) -> None:
    place.gate("status")
    done = place.run("python3", "hidden.py", "etagdaeh", "stop")
    assert "status 77" in done.stdout
    assert "headgate denied this" in done.stderr
    assert "daemon" in place.gate("status")


def test_a_call_is_moved_whole_where_it_has_only_read(place: Place) -> None:
    subprocess.run(["git", "init", "-q", "r"], cwd=place.folder, check=True)
    for words in (["config", "user.email", "a@b"], ["config", "user.name", "a"]):
        subprocess.run(["git", "-C", "r", *words], cwd=place.folder, check=True)
    (place.folder / "r" / "f").write_text("a\n")
    subprocess.run(["git", "-C", "r", "add", "f"], cwd=place.folder, check=True)
    subprocess.run(["git", "-C", "r", "commit", "-qm", "f"], cwd=place.folder, check=True)
    (place.folder / "r" / "f").write_text("b\n")
    subprocess.run(
        ["git", "-C", "r", "config", "diff.external", "ssh web1 'systemctl restart app' </dev/null; #"],
        cwd=place.folder,
        check=True,
    )
    done = place.call("hostname; git -C r diff")
    assert done.returncode == 0
    assert "runs in the worker from its beginning" in done.stdout
    job = place.gate.until(1, "succeeded", "failed")
    assert job["command"] == "hostname; git -C r diff"
    assert len(place.marks()) == 2
    assert "Seccomp_filters:\t0" in place.marks()
    (stopped,) = place.gate.events("call-stopped")
    assert (stopped["job"], stopped["moved"]) == (1, True)


def test_a_call_that_may_have_changed_something_ends_with_the_receipt_and_is_not_run_twice(place: Place) -> None:
    (place.folder / "Makefile").write_text(f"all:\n\t@echo once >>ran; {HEAVY} </dev/null; echo never >>ran\n")
    done = place.call("make all 2>/dev/null")
    assert done.returncode == 75
    assert "as job 1" in done.stdout
    assert "the rest of the call was ended" in done.stdout
    place.gate.until(1, "failed")
    assert (place.folder / "ran").read_text() == "once\n"
    assert len(place.marks()) == 2
    assert "Seccomp_filters:\t0" in place.marks()
    (stopped,) = place.gate.events("call-stopped")
    assert (stopped["job"], stopped["moved"]) == (1, False)


def test_the_journal_tells_what_a_call_started_without_secrets(place: Place) -> None:
    inner = 'import subprocess; subprocess.run(["true"]); subprocess.run(["echo", "PASSWORD=hunter2hunter2"])'
    place.call(f"git --version; python3 -c {shlex.quote(inner)}")
    until(lambda: bool(place.gate.events("programs-started")))
    (told,) = place.gate.events("programs-started")
    commands = [command for command, _ in told["programs"]]  # type: ignore[attr-defined]
    assert told["total"] == 4
    assert commands[0] == "git --version"
    assert commands[2] == "true"
    assert "hunter2" not in str(told)


def test_what_is_written_down_of_starts_is_bounded_and_all_of_them_are_counted(place: Place) -> None:
    os.mkfifo(place.folder / "go")
    words = "x" * 500
    loop = f"i=0; while [ $i -lt 1400 ]; do /bin/true $i {words}; i=$((i+1)); done; echo done; read -r _ <go"
    tree = place.start("bash", "-c", loop)
    assert tree.stdout is not None
    done = tree.stdout.readline()
    (log,) = (place.gate.home / "runs").glob("*/starts")
    size = log.stat().st_size
    (place.folder / "go").write_text("")
    tree.communicate(timeout=60)
    until(lambda: bool(place.gate.events("programs-started")))
    (told,) = place.gate.events("programs-started")

    assert "done\n" == done
    assert 512 << 10 <= size < (512 << 10) + 4096 + 500
    assert 1401 == told["total"]
    assert 50 == len(told["programs"])  # type: ignore[arg-type]


def test_a_call_that_became_a_job_is_a_workers_from_there_on_and_its_tree_is_shown(place: Place) -> None:
    place.policy(
        '[[rule]]\nid = "short"\ndecision = "allow"\nwhen.thread = "main"\nwith.budget = "1s"\nreason = "x"',
        settings='session_budget = "2m"',
    )
    (place.folder / "late.py").write_text(
        "import subprocess, select, os\nsubprocess.run(['true'])\n"
        "for _ in range(1800):\n    if os.path.exists('go'): break\n    select.select([], [], [], 0.05)\n"
        "subprocess.run([''.join(reversed('hss')), 'web1', 'uptime; df; ls'])\n"
    )
    done = place.call("python3 late.py")
    assert "as job 1" in done.stdout
    until(lambda: "× true" in place.gate("job", "1", "--tree"))  # it may be a job before it has started anything
    tree = place.gate("job", "1", "--tree")
    assert "python3 late.py" in tree
    assert "it started" in tree
    (place.folder / "go").touch()
    place.gate.until(1, "succeeded", "failed")
    assert place.marks()[0].endswith("uptime; df; ls")
    until(lambda: "ssh web1" in place.gate("job", "1", "--tree"))


def test_where_the_gate_cannot_be_put_around_a_call_nothing_runs_and_it_says_so(place: Place) -> None:
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    answer = place.gate.propose("touch ran; git --version", cwd=str(place.folder), permission_mode="bypassPermissions")
    given = answer["updatedInput"]
    assert isinstance(given, dict)
    done = subprocess.run(  # whoever is traced already cannot be given a filter
        ["strace", "-f", "-o", "/dev/null", "/bin/bash", "-c", str(given["command"])],
        cwd=place.folder,
        env=place.environment,
        text=True,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "HG701" in done.stdout + done.stderr
    assert not (place.folder / "ran").exists()


def test_a_start_of_a_call_that_runs_on_in_the_background_is_decided_too(place: Place) -> None:
    done = place.run("bash", "-c", f"(sleep 0.5; {HEAVY} </dev/null >out 2>&1; touch done) & echo left")
    assert done.stdout == "left\n"
    until((place.folder / "done").exists)
    assert "Seccomp_filters:\t0" in place.marks()


def test_without_its_supervisor_nothing_starts_any_more(place: Place) -> None:
    tree = place.start("bash", "-c", "echo $$; while [ ! -e go ]; do :; done; /bin/true; echo status $?")
    assert tree.stdout is not None
    shell = int(tree.stdout.readline())
    keeper = int(Path(f"/proc/{shell}/stat").read_text().rpartition(")")[2].split()[1])
    assert b"guard" in Path(f"/proc/{keeper}/cmdline").read_bytes()
    os.kill(keeper, signal.SIGKILL)
    (place.folder / "go").touch()
    out, err = tree.communicate(timeout=60)
    assert "HG702" in err
    assert "status 126" in out or "Function not implemented" in err


def test_a_daemon_that_was_started_again_goes_on_with_the_tree(place: Place) -> None:
    tree = place.start("bash", "-c", f"touch here; while [ ! -e go ]; do :; done; {HEAVY} </dev/null")
    until((place.folder / "here").exists)
    place.gate("stop")
    place.gate("jobs", env=place.environment)
    (place.folder / "go").touch()
    out, err = tree.communicate(timeout=60)
    assert "status 7" in out, err
    assert "Seccomp_filters:\t0" in place.marks()


def test_one_guard_inside_another_is_under_the_outer_one(place: Place) -> None:
    place.environment["HEADGATE_HOME"] = str(place.gate.home)
    place.environment["PATH"] += f":{HEADGATE.parent}"
    (place.folder / "inner.sh").write_text(f"headgate guard -- {HEAVY}")
    done = place.run("bash", "-c", "bash inner.sh")
    assert "status 7" in done.stdout, done.stderr
    assert "Seccomp_filters:\t0" in place.marks()


def test_signals_and_the_end_reach_the_command(place: Place) -> None:
    tree = place.start("bash", "-c", "trap 'echo heard; exit 3' TERM; touch here; while :; do :; done")
    until((place.folder / "here").exists)
    tree.send_signal(signal.SIGTERM)
    out, _ = tree.communicate(timeout=60)
    assert (tree.returncode, out) == (3, "heard\n")


@pytest.mark.parametrize(
    ("words", "code"),
    [(["guard"], "HG130"), (["guard", "ls"], "HG130"), (["guard", "--"], "HG130")],
)
def test_bad_arguments_are_told(gate: Gate, words: list[str], code: str) -> None:
    done = gate.run(*words)
    assert done.returncode == 2
    assert code in done.stderr
    assert "Traceback" not in done.stderr


def test_a_program_that_is_not_there_ends_as_in_a_shell(place: Place) -> None:
    done = place.run("no-such-program")
    assert done.returncode == 127
    done = place.run("/etc/passwd")
    assert done.returncode == 126


def test_where_the_policy_wants_a_stronger_gate_than_there_is_nothing_runs(place: Place) -> None:
    place.policy("", settings='exec_gate = "off"')
    done = place.run("true")
    assert done.returncode == 2
    assert "HG703" in done.stderr


@pytest.fixture(scope="session")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A keeper that waits for a daemon only for a moment."""
    from hatch_build import SHIM as MADE
    from hatch_build import compile_client

    def make(folder: Path) -> None:
        assert compile_client(folder / "headgate-shim", ["-DAWAY_MS=300"], MADE)

    return once(tmp_path_factory, "impatient", make) / "headgate-shim"


def test_a_call_that_can_have_no_gate_is_refused_where_the_policy_wants_the_strong_one(place: Place) -> None:
    place.policy("", settings='exec_gate = "strong"')
    asked = place.gate.propose("sort /dev/null", permission_mode="default")
    quick = place.gate.propose("cat /dev/null", permission_mode="default")
    wrapped = place.gate.propose("sort /dev/null", permission_mode="bypassPermissions")

    assert ("deny", True) == (asked["permissionDecision"], "HG703" in str(asked["permissionDecisionReason"]))
    assert "permissionDecision" not in quick
    assert "headgate-shim" in str(wrapped["updatedInput"])


def test_without_a_daemon_no_start_is_let(place: Place, impatient: Path) -> None:
    folder = place.gate.home / "runs" / "x"
    folder.mkdir(parents=True)
    (folder / "gate").write_text(f"socket {place.gate.home}/daemon.sock\nmode strong\nnnp 0\nnetwork 0\n")
    done = subprocess.run(
        [impatient, "guard", folder, "/bin/true"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 77
    assert "HG010" in done.stderr
