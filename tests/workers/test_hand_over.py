"""A call under a keeper, in the caller's own shell: it looks as it would alone, and outlives its budget as a job."""

import contextlib
import fcntl
import json
import os
import pty
import random
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from test_shim import compile_keeper, until

from conftest import nap, once
from headgate.workers.hand_over import TEXT

SHELLS = {"bash": ["/bin/bash", "-c"], "zsh": ["zsh", "-fc"]}
AWAY = (
    "headgate: HG010 this ran longer than the main thread may wait and goes on in the background; "
    "the gate is away and will list it as a job when it is back (see `headgate jobs`)\n"
)
LOST = "HG403 headgate: the keeper of this call was killed; whether it finished is not known\n"
RECEIPT = "headgate: this is job 7 from here on\n"


def running(words: str) -> list[int]:
    """Return the processes whose command line begins with *words*."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if line.startswith(words) and state != "Z":
                    found.append(int(folder.name))
    return found


def end_all(words: str) -> None:
    for number in running(words):
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "shim", compile_keeper) / "headgate-shim"


@pytest.fixture(scope="session")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a keeper that waits half a second for its front, and the other way round."""
    return once(tmp_path_factory, "hasty", lambda folder: compile_keeper(folder, "-DMEETING_MS=500")) / "headgate-shim"


@pytest.fixture(params=["bash", "zsh"])
def shell(request: pytest.FixtureRequest) -> list[str]:
    if not shutil.which(request.param):
        pytest.skip(f"no {request.param} on this machine")
    return SHELLS[request.param]


class Daemon:
    """Stands in for the daemon's socket: takes one request after another, and gives each the same answer."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.answer: bytes | None = None
        self.heard: list[bytes] = []
        self._socket = socket.socket(socket.AF_UNIX)
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def begin(self, answer: bytes) -> None:
        self.answer = answer
        self._socket.bind(str(self.path))
        self._socket.listen()
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection = self._socket.accept()[0]
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                request = b""
                while part := connection.recv(4096):
                    request += part
                self.heard.append(request)
                connection.sendall(self.answer or b"")

    def close(self) -> None:
        if self.answer is not None:
            self._socket.shutdown(socket.SHUT_RDWR)
            self._thread.join()
        self._socket.close()


@dataclass
class Calls:
    """Calls of one shell, each in a folder of its own."""

    program: Path
    shell: list[str]
    place: Path
    daemon: Daemon
    folder: Path = Path()
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    count: int = 0

    def prepare(self, place: Path | None = None) -> Path:
        """Make the folder of a call, as the daemon does."""
        self.count += 1
        self.folder = (place or self.place) / f"call {self.count}"
        self.folder.mkdir(0o700)
        for name in ("up", "down", "go"):
            os.mkfifo(self.folder / name, 0o600)
        return self.folder

    def wrapped(self, command: str, seconds: float = 60, max_run: str = "") -> str:
        words = {"folder": self.folder, "program": self.program, "command": command, "socket": self.daemon.path}
        return TEXT.format(
            **{name: shlex.quote(str(word)) for name, word in words.items()},
            seconds=seconds,
            max_run=shlex.quote(max_run),
        )

    def start(self, text: str, **options: Any) -> subprocess.Popen[bytes]:
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        process = subprocess.Popen([*self.shell, text], start_new_session=True, **(streams | options))
        self.started.append(process)
        return process

    def call(self, command: str, seconds: float = 60, max_run: str = "") -> subprocess.Popen[bytes]:
        self.prepare()
        return self.start(self.wrapped(command, seconds, max_run))

    def run(self, command: str, seconds: float = 60, *, before: str = "", after: str = "") -> tuple[int, bytes, bytes]:
        self.prepare()
        return finished(self.start(f"{before}{self.wrapped(command, seconds)}\n{after}"))

    def direct(self, command: str, *, before: str = "") -> tuple[int, bytes, bytes]:
        return finished(self.start(f"{before}eval {shlex.quote(command)} </dev/null", stderr=subprocess.STDOUT))

    @property
    def handed(self) -> str:
        """What a command waits with until its budget is over and it is handed over, however slow this machine is."""
        return f"until [ -e '{self.folder}/handed' ]; do sleep 0.05; done"

    @property
    def keeper(self) -> int:
        """The process number of the keeper, once it has one."""
        until((self.folder / "shim.json").exists)
        number: int = json.loads((self.folder / "shim.json").read_text())["pid"]
        return number

    def keepers(self) -> list[int]:
        """Return the keepers of all calls that live."""
        return running(f"{self.program} keep {self.place}")

    @property
    def log(self) -> bytes:
        log = self.folder / "out.log"
        return log.read_bytes() if log.exists() else b""

    def end(self) -> dict[str, Any]:
        """Wait until the end is written down, and return it."""
        until((self.folder / "end.json").exists)
        end: dict[str, Any] = json.loads((self.folder / "end.json").read_text())
        return end


def finished(process: subprocess.Popen[bytes], seconds: float = 100) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=seconds)
    return process.returncode, out, err or b""


@pytest.fixture
def calls(program: Path, shell: list[str]) -> Iterator[Calls]:
    place = Path(tempfile.mkdtemp(prefix="hg-", dir="/tmp"))  # pytest's own are too long for a socket's path
    calls = Calls(program, shell, place, Daemon(place / "daemon.sock"))
    yield calls
    for process in calls.started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=60)
    calls.daemon.close()
    for number in calls.keepers():
        with contextlib.suppress(ProcessLookupError):
            os.kill(number, signal.SIGTERM)
    until(lambda: not calls.keepers())
    shutil.rmtree(place, ignore_errors=True)  # a keeper that came late may still write into it


# As if it ran alone


@pytest.mark.parametrize(
    "command",
    [
        "true",
        "false",
        "exit 3",
        "echo one; echo two >&2; echo three; (exit 9)",
        "printf 'no end of a line'; exit 1",
        "set -e; echo a; false; echo b",
        "exec sh -c 'echo $0; exit 4'",
        "trap 'echo bye; exit 6' EXIT; echo hi",
        "echo it\\'s 'a' \"b\" $((1+1)) # and a remark",
        "cat <<'E'\nhere $HOME\nE\n",
        "cat; test -t 0 || echo closed",
        "echo a && sleep 0 & wait; echo b",
        "f() { return 5; }; f",
        "printf 'x\\n%.0s' $(seq 300); exit 8",
        "echo $-; umask; ulimit -n",
        "readlink /proc/self/fd/0",
    ],
)
def test_status_and_output_are_those_of_the_command(calls: Calls, command: str) -> None:
    status, out, err = calls.run(command)

    assert (*calls.direct(command)[:2], b"") == (status, out, err)


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("no-such-command-here", b"no-such-command-here"),
        ("if", b""),
        ("sh -c 'kill -9 $$'", b""),
        ("kill -9 $(exec sh -c 'echo $PPID')", b""),
    ],
)
def test_a_shells_own_words_are_there_with_its_status(calls: Calls, command: str, words: bytes) -> None:
    status, out, err = calls.run(command)
    alone = calls.direct(command)

    assert (128 - alone[0] if alone[0] < 0 else alone[0], b"") == (status, err)
    assert words in out


def test_every_byte_arrives(calls: Calls, tmp_path: Path) -> None:
    file = tmp_path / "bytes"
    file.write_bytes(random.Random(5).randbytes(5_000_000))
    status, out, _ = calls.run(f"cat {file}; exit 4")

    assert (4, True) == (status, out == file.read_bytes())


def test_lines_of_both_streams_keep_their_order(calls: Calls) -> None:
    out = calls.run("for i in $(seq 1 500); do echo out $i; echo err $i >&2; done")[1].decode()

    assert [f"{name} {number}" for number in range(1, 501) for name in ("out", "err")] == out.splitlines()


@pytest.mark.parametrize("name", ["plain", "with 'quotes' and spaces", "-dash", "$(echo no)"])
def test_a_change_of_directory_is_one_of_the_callers_shell(calls: Calls, name: str) -> None:
    (calls.place / name).mkdir()
    target = shlex.quote(str(calls.place / name))
    status, out, err = calls.run(f"cd -- {target}; (exit 7)", after='echo "$? $PWD"')

    assert (0, f"7 {calls.place / name}\n", b"") == (status, out.decode(), err)


def test_a_directory_that_cannot_be_told_is_not_followed(calls: Calls) -> None:
    (calls.place / "one\ntwo").mkdir()
    (calls.place / "one").mkdir()
    out = calls.run(f"cd '{calls.place}/one\ntwo'", before="cd /usr; ", after='echo "$PWD"')[1]

    assert b"/usr\n" == out


def test_what_only_the_callers_shell_knows_holds(calls: Calls) -> None:
    before = "unexported=5; f() { echo function $1 $unexported; }\n"
    out = calls.run("f x; g() { echo inner; }; g", before=before)[1]

    assert b"function x 5\ninner\n" == out


@pytest.mark.parametrize(
    "before", ["set -eu; ", "set -o noclobber; ", "set -f; IFS=x; ", "cd() { echo no; }; f() { :; }; ", "umask 077; "]
)
def test_settings_of_the_callers_shell_do_no_harm(calls: Calls, before: str) -> None:
    status, out, err = calls.run("echo fine; builtin cd /usr", before=before, after='echo "$PWD"; exit 5')

    assert (5, b"fine\n/usr\n", b"") == (status, out, err)


def test_a_failed_call_ends_a_shell_that_ends_at_failures(calls: Calls) -> None:
    assert (3, b"a\n", b"") == calls.run("echo a; exit 3", before="set -e; ", after="echo not here")


def test_the_command_is_as_nice_and_hears_the_same_signals_as_without(calls: Calls) -> None:
    command = "exec sh -c 'ps -o ni= -p $$; grep -E SigIgn /proc/self/status'"
    before = "" if "bash" in calls.shell[0] else "setopt bg_nice; "
    status, out, err = calls.run(command, before=before)

    assert (*calls.direct(command, before=before)[:2], b"") == (status, out, err)


def test_zsh_keeps_its_setting_for_other_work(calls: Calls) -> None:
    if "zsh" not in calls.shell:
        pytest.skip("bash has no such setting")
    out = calls.run("true", before="setopt bg_nice; ", after="[[ -o bg_nice ]] && echo on; unsetopt bg_nice")[1]
    other = calls.run("true", before="unsetopt bg_nice; ", after="[[ -o bg_nice ]] || echo off")[1]

    assert (b"on\n", b"off\n") == (out, other)


def test_work_left_in_the_background_is_left_alone_and_holds_nobody_up(calls: Calls) -> None:
    sleep = nap()
    status, out, _ = calls.run(f"{sleep} & echo left; exit 2")
    until(lambda: running(sleep))
    left = running(sleep)
    until(lambda: not calls.keepers())
    still = running(sleep)
    for number in still:
        os.kill(number, signal.SIGKILL)

    assert (2, b"left\n", 1, left) == (status, out, len(left), still)


def test_a_command_that_ends_its_own_process_group_ends_itself(calls: Calls) -> None:
    sleep = nap()
    status, out, err = calls.run(f"{sleep} & kill 0; {sleep}", after="echo $?")
    until(lambda: not running(sleep))

    assert (0, b"143\n", b"") == (status, out, err)


def test_the_command_holds_only_its_streams(calls: Calls) -> None:
    command = f"exec {sys.executable} -IS -c \"import os; print(sorted(os.listdir('/proc/self/fd')))\""
    status, out, _ = calls.run(command)

    assert calls.direct(command)[:2] == (status, out)


def test_two_hundred_calls_leave_nothing_behind(calls: Calls) -> None:
    texts = []
    for number in range(200):
        calls.prepare()
        texts.append(f"{calls.wrapped(f'(exit {number})')}\n[ $? = {number} ] || echo wrong {number}")
    count = "set -- /proc/$$/fd/*; echo $#"
    # a zombie would stay there
    gone = "while ps -o args= --ppid $$ | grep '[h]eadgate-shim' >/dev/null; do sleep 0.02; done"
    script = calls.place / "script"
    script.write_text("\n".join([count, *texts, count, gone]))
    process = subprocess.Popen([calls.shell[0], script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    calls.started.append(process)
    _, out, err = finished(process, 240)
    before, after = map(int, out.split())  # nothing else is said: no status was wrong

    assert (True, b"", []) == (after <= before, err, calls.keepers())


# The budget is over


COUNT = """
import itertools, os, sys, time
left = {count}
for number in itertools.count():
    print(number, flush=True)
    time.sleep(0.001)
    left -= os.path.exists({handed!r})
    if not left:
        sys.exit(9)
"""


def test_every_line_is_seen_once_across_the_hand_over(calls: Calls) -> None:
    calls.daemon.begin(b"0" + RECEIPT.encode() + b"\x04")
    script = calls.place / "count"
    script.write_text(COUNT.format(count=1000, handed=str(calls.prepare() / "handed")))
    status, out, err = finished(calls.start(calls.wrapped(f"echo begun; {sys.executable} -IS {script}", 1, "60")))
    end = calls.end()
    offset = int((calls.folder / "handed").read_text())
    shown = out.decode().removesuffix(RECEIPT)

    assert (0, b"", True) == (status, err, out.decode().endswith(RECEIPT))
    assert ("exited", 9, 0) == (end["reason"], end["exit_code"], end["survivors"])
    assert 0 < len(shown) == offset < len(calls.log)
    lines = (shown + calls.log[offset:].decode()).splitlines()
    assert ["begun", *(str(number) for number in range(len(lines) - 1))] == lines
    assert 1000 < len(lines)


def test_the_daemon_hears_the_name_and_its_receipt_begins_on_a_new_line(calls: Calls) -> None:
    calls.daemon.begin(b"0" + RECEIPT.encode() + b"\x04")
    process = calls.call(f"printf begun; exec {nap()}", 1)
    status, out, err = finished(process)
    os.kill(calls.keeper, signal.SIGTERM)

    assert (0, "begun\n" + RECEIPT, b"") == (status, out.decode(), err)
    assert [f"headgate-handed/1 {calls.folder.name}\n".encode()] == calls.daemon.heard
    assert "5\n" == (calls.folder / "handed").read_text()
    assert ("cancelled", 143) == (calls.end()["reason"], calls.end()["exit_code"])


def test_a_job_that_was_a_call_is_ended_with_all_it_started(calls: Calls) -> None:
    sleep = nap()
    finished(calls.call(f"trap '' TERM; (setsid {sleep} &); nohup {sleep} & {sleep}; {sleep}", 0.3))
    until(lambda: 3 == len(running(sleep)))
    os.kill(calls.keeper, signal.SIGTERM)

    assert ("cancelled", 0) == (calls.end()["reason"], calls.end()["survivors"])
    assert [] == running(sleep)


def test_a_job_that_was_a_call_has_the_time_that_the_policy_gives_it(calls: Calls) -> None:
    finished(calls.call(f"echo here; {nap()}", 0.3, "1.2"))

    assert ("timed_out", 143, b"here\n") == (calls.end()["reason"], calls.end()["exit_code"], calls.log)


def test_a_job_that_was_a_call_waits_for_its_background_and_not_for_daemons(calls: Calls) -> None:
    sleep, early = nap(), calls.prepare() / "early"
    late = f"(until [ -e '{early}' ]; do sleep 0.05; done; sleep 0.5; echo late)"
    command = f"setsid {sleep} & {late} & {calls.handed}; echo early; touch '{early}'; exit 3"
    finished(calls.start(calls.wrapped(command, 0.2)))
    end = calls.end()
    end_all(sleep)

    assert (3, b"early\nlate\n") == (end["exit_code"], calls.log)


def test_a_job_outlives_its_clients_process_group_and_a_new_name_of_its_folder(calls: Calls) -> None:
    gate = calls.place / "gate"
    os.mkfifo(gate)
    process = calls.call(f"read -r < {gate}; echo on; exit 5", 0.3)
    finished(process)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    calls.folder = calls.folder.rename(calls.place / "renamed")
    gate.write_text("\n")

    assert ("exited", 5, b"on\n") == (calls.end()["reason"], calls.end()["exit_code"], calls.log)


@pytest.mark.parametrize("answer", [None, b"", b"0half of an answer", b"1unknown\x04"])
def test_without_the_daemon_it_goes_on_all_the_same(calls: Calls, answer: bytes | None) -> None:
    if answer is not None:
        calls.daemon.begin(answer)
    calls.prepare()
    done = finished(calls.start(calls.wrapped(f"{calls.handed}; echo on; exit 5", 0.3)))

    assert (0, AWAY.encode(), b"") == done
    assert ("0\n", "exited", 5) == (
        (calls.folder / "handed").read_text(),
        calls.end()["reason"],
        calls.end()["exit_code"],
    )


def test_what_the_daemon_refuses_is_ended(calls: Calls) -> None:
    calls.daemon.begin(b"2HG407 headgate: no worker here takes it\n\x04")
    sleep = nap()
    done = finished(calls.call(f"echo begun; (setsid {sleep} &); {sleep}", 1))

    assert (2, b"begun\n", b"HG407 headgate: no worker here takes it\n") == done
    assert ("cancelled", []) == (calls.end()["reason"], running(sleep))


def test_an_end_at_the_moment_of_the_hand_over_is_never_lost(calls: Calls) -> None:
    for number in range(60):
        delay = 0.1 + (number % 12 - 6) / 2000
        status, out, err = finished(calls.call(f"sleep {delay}; echo done; exit 7", 0.1))
        if out.endswith(AWAY.encode()):
            shown = out.removesuffix(AWAY.encode())
            offset = int((calls.folder / "handed").read_text())
            assert (0, b"", 7) == (status, err, calls.end()["exit_code"])
            assert (len(shown), b"done\n") == (offset, shown + calls.log[offset:])
        else:
            assert (7, b"done\n", b"") == (status, out, err)
            assert not (calls.folder / "handed").exists()


# Someone dies


def test_when_the_client_kills_the_call_nothing_of_it_is_left(calls: Calls) -> None:
    sleep = nap()
    process = calls.call(f"trap '' TERM; (setsid {sleep} &); nohup {sleep} & echo here; {sleep}; {sleep}")
    until(lambda: len(running(sleep)) == 3)
    os.killpg(process.pid, signal.SIGKILL)
    end = calls.end()

    assert ("cancelled", "the client ended the call", 0) == (end["reason"], end["message"], end["survivors"])
    assert [] == running(sleep)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_the_command_goes_with_its_front(calls: Calls, number: signal.Signals) -> None:
    sleep = nap()
    process = calls.call(sleep)
    until(lambda: running(sleep))
    (front,) = running(f"{calls.program} front")
    os.kill(front, number)
    status = finished(process)[0]
    until(lambda: not running(sleep))

    assert ("cancelled", 128 + number) == (calls.end()["reason"], status)


def test_the_command_goes_when_nobody_reads_what_it_says(calls: Calls) -> None:
    read, write = os.pipe()
    calls.prepare()
    process = calls.start(calls.wrapped("while echo 640; do sleep 0.05; done"), stdout=write)
    os.close(write)
    os.read(read, 1)
    os.close(read)
    finished(process)

    assert "cancelled" == calls.end()["reason"]


def test_a_keeper_that_is_killed_is_told_as_that(calls: Calls) -> None:
    sleep = nap()
    process = calls.call(f"printf begun; exec {sleep}")
    until(lambda: calls.log)
    os.kill(calls.keeper, signal.SIGKILL)
    done = finished(process)
    end_all(sleep)

    assert (2, b"begun\n", LOST.encode()) == done


def test_a_keeper_that_is_told_to_end_ends_the_call(calls: Calls) -> None:
    sleep = nap()
    process = calls.call(sleep)
    until(lambda: running(sleep))
    os.kill(calls.keeper, signal.SIGTERM)

    assert (143, b"", b"") == finished(process)


def test_without_its_front_nothing_is_run(calls: Calls, hasty: Path) -> None:
    calls.program = hasty
    calls.prepare()
    text = calls.wrapped(f"touch '{calls.place}/ran'").replace(f"{hasty} front", "false")
    status = finished(calls.start(text))[0]
    until(lambda: not calls.keepers())

    assert (1, False) == (status, (calls.place / "ran").exists())


def test_without_its_keeper_nothing_is_run(calls: Calls, hasty: Path) -> None:
    calls.program = hasty
    calls.prepare()
    text = (
        calls.wrapped(f"touch '{calls.place}/ran'").replace(f"exec {hasty} keep", "exec false").replace("-t 15", "-t 1")
    )
    done = finished(calls.start(text))
    until(lambda: not calls.keepers())

    assert (2, b"", b"HG403 headgate: the keeper of this call did not come; nothing was run\n") == done
    assert not (calls.place / "ran").exists()


def test_a_keeper_that_cannot_keep_says_so(calls: Calls, hasty: Path) -> None:
    calls.program = hasty
    calls.prepare()
    (calls.folder / "down").unlink()
    (calls.folder / "down").touch()
    status, out, err = finished(calls.start(calls.wrapped(f"touch '{calls.place}/ran'")))

    assert (2, b"") == (status, out)
    assert b"HG403 headgate: the call cannot be kept, and nothing was run: Invalid argument\n" in err
    assert not (calls.place / "ran").exists()


@pytest.mark.parametrize("late", ["keep", "front"])
def test_whoever_comes_late_is_waited_for(calls: Calls, late: str) -> None:
    calls.prepare()
    text = calls.wrapped("echo here; exit 4")
    start = f"exec {calls.program} {late}" if late == "keep" else f"{calls.program} {late}"

    assert start in text
    assert (4, b"here\n", b"") == finished(calls.start(text.replace(start, f"sleep 0.5; {start}")))


def test_with_no_room_for_a_record_it_stays_in_the_foreground(calls: Calls) -> None:
    small = calls.place / "small"
    small.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", small], check=False)
    if made.returncode:
        pytest.skip("this user may not mount a small disk")
    try:
        calls.prepare(small)
        command = f"cat /dev/zero > '{small}/fill' 2>/dev/null; sleep 2; exit 6"
        done = finished(calls.start(calls.wrapped(command, 1)))
        until(lambda: not calls.keepers())
    finally:
        subprocess.run(["umount", "-l", small], check=True)

    assert (6, b"", b"") == done


# A terminal


def on_terminal(calls: Calls, text: str, size: tuple[int, int] = (40, 100)) -> tuple[int, bytes]:
    """Run *text* in the shell as a terminal's user would; return its status and what the terminal showed."""
    pid, master = pty.fork()
    if pid == 0:
        os.execvp(calls.shell[0], [*calls.shell, text])
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    shown, status = b"", None
    with contextlib.suppress(OSError):  # Linux tells the end of a terminal so, where nobody is left who has it
        while True:
            if select.select([master], [], [], 0.02 if status is None else 0.5)[0]:  # the kernel may be behind
                shown += os.read(master, 65536)
            elif status is not None:
                break
            elif (ended := os.waitpid(pid, os.WNOHANG))[0]:
                status = ended[1]
    os.close(master)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1] if status is None else status), shown


def test_on_a_terminal_the_command_has_one(calls: Calls) -> None:
    calls.prepare()
    command = "test -t 1 && test -t 2 && test ! -t 0 && stty size </dev/stdout; ls --color=auto -d /; exit 5"
    env = "export TERM=xterm LS_COLORS='di=01;34'; until [ \"$(stty size)\" = '40 100' ]; do :; done\n"
    status, shown = on_terminal(calls, env + calls.wrapped(command))

    assert (5, b"40 100\r\n\x1b[0m\x1b[01;34m/\x1b[0m\r\n") == (status, shown)
    assert b"\r" not in calls.log


def test_on_a_terminal_all_output_is_there_when_the_call_ends(calls: Calls) -> None:
    for _ in range(5):
        calls.prepare()
        status, shown = on_terminal(calls, calls.wrapped("seq 1 20000; exit 3"))

        assert (3, [str(number) for number in range(1, 20001)]) == (status, shown.decode().splitlines())


def test_on_a_terminal_a_call_becomes_a_job_and_keeps_its_own(calls: Calls) -> None:
    calls.prepare()
    command = f"{calls.handed}; test -t 1 && echo still; exit 4"
    status, shown = on_terminal(calls, calls.wrapped(command, 0.3))

    assert (0, AWAY.replace("\n", "\r\n").encode()) == (status, shown)
    assert (4, b"still\n") == (calls.end()["exit_code"], calls.log)


def test_on_a_terminal_what_is_left_in_the_background_may_go_on_writing(calls: Calls) -> None:
    calls.prepare()
    gate = calls.place / "gate"
    os.mkfifo(gate)
    command = f"(trap '' HUP; read -r < {gate}; echo late) & echo now"
    status, shown = on_terminal(calls, calls.wrapped(command))
    gate.write_text("\n")
    until(lambda: calls.log == b"now\nlate\n")
    until(lambda: not calls.keepers())

    assert (0, b"now\r\n") == (status, shown)
