"""The daemon and its hook: whatever goes wrong between a call and its decision denies, in time, with a code."""

import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from conftest import HEADGATE, Gate, proposal
from headgate.host.home import Home
from headgate.host.processes import alive, started
from headgate.model.errors import HeadgateError
from headgate.record.events import DaemonStopped
from headgate.store.sqlite import SqliteStore
from headgate.surfaces import client


def pid_of(gate: Gate) -> int:
    return int(json.loads(gate("status", "--json"))["pid"])


def kill(gate: Gate) -> None:
    """Kill the daemon, and wait until it has let go of all it had."""
    pid = pid_of(gate)
    since = started(pid)
    os.kill(pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while alive(pid, since):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def as_nobody(work: Callable[[], str]) -> str:
    """Do *work* in a child process of another user, and return what it returns or raises."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            os.write(write, work().encode())
        except BaseException as error:  # noqa: BLE001 told to the parent
            os.write(write, str(error).encode())
        finally:
            os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    with os.fdopen(read) as said:
        return said.read()


def refusal(done: subprocess.CompletedProcess[bytes]) -> tuple[int, str]:
    """Return the exit status and the code of a denial, whichever stream it came on."""
    text = (done.stdout + done.stderr).decode()
    return done.returncode, text[text.index("HG") :][:5]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (b"", "HG101"),
        (b"{", "HG101"),
        (b"\x00\xff\xfe junk" * 1000, "HG101"),
        (b"[]", "HG101"),
        (b'{"hook_event_name": "PreToolUse"}', "HG101"),
        (b'{"hook_event_name": "Sneeze", "session_id": "s"}', "HG103"),
        (json.dumps(proposal("ls") | {"tool_name": 7}).encode(), "HG101"),
        (json.dumps(proposal("ls") | {"tool_input": "ls"}).encode(), "HG101"),
        (json.dumps(proposal("ls") | {"tool_input": {}}).encode(), "HG101"),
        (json.dumps(proposal("ls") | {"tool_input": {"command": ["ls"]}}).encode(), "HG101"),
        (json.dumps(proposal("ls") | {"tool_use_id": ""}).encode(), "HG101"),
        (json.dumps(proposal("ls") | {"session_id": ""}).encode(), "HG101"),
        (json.dumps(proposal("x" * (1 << 20))).encode(), "HG102"),
        (b"x" * (9 << 20), "HG012"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[:40].decode("latin-1"),
)
def test_a_bad_message_is_denied_with_a_code(gate: Gate, message: bytes, code: str) -> None:
    assert (2, code) == refusal(gate.hook(message))


def test_a_message_of_another_client_is_denied(gate: Gate) -> None:
    gate("status")
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(gate.home / "daemon.sock"))
        raw.sendall(b"headgate-hook/1 nobody decide\n{}")
        raw.shutdown(socket.SHUT_WR)
        answer = raw.makefile("rb").read()

    assert (b"2", True, b"\x04") == (answer[:1], b"HG121" in answer, answer[-1:])


@pytest.mark.parametrize(
    "text", [b"", b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"headgate-command/1\nnot json", b"headgate-command/1\n[]"]
)
def test_junk_on_the_socket_harms_nobody(gate: Gate, text: bytes) -> None:
    gate("status")
    with socket.socket(socket.AF_UNIX) as raw:
        raw.connect(str(gate.home / "daemon.sock"))
        raw.sendall(text)
        raw.shutdown(socket.SHUT_WR)
        raw.makefile("rb").read()

    assert 0 == gate.propose("ls")["exit"]


def test_what_nobody_can_classify_is_still_decided(gate: Gate) -> None:
    assert "attach tk_" in str(gate.propose("echo 'unclosed")["updatedInput"])


# -- the daemon's life ---------------------------------------------------------------------------


def test_the_first_hook_starts_the_daemon_and_stop_ends_it(gate: Gate) -> None:
    first = gate.hook(proposal("ls"))
    told = gate("stop")
    gone = not (gate.home / "daemon.sock").exists()
    again = gate.hook(proposal("ls"))

    assert (0, "stopped\n", True, 0) == (first.returncode, told, gone, again.returncode)


def test_many_first_hooks_start_one_daemon(gate: Gate) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _n: gate.hook(proposal("ls")).returncode, range(8)))

    assert ([0] * 8, 1) == (answers, len(gate.events("daemon-started")))


def test_two_daemons_never_own_one_home(gate: Gate) -> None:
    gate("status")
    second = gate.run("serve")

    assert (2, "HG018") == (second.returncode, second.stderr[:5])


def test_a_daemon_that_died_denies_once_and_is_back_for_the_next_call(gate: Gate) -> None:
    kill(gate)
    dead = gate.hook(proposal("ls"))
    deadline = time.monotonic() + 60
    while gate.hook(proposal("ls")).returncode and time.monotonic() < deadline:
        time.sleep(0.05)

    assert ((2, "HG014"), 0) == (refusal(dead), gate.propose("ls")["exit"])


def test_a_daemon_that_hangs_denies_within_the_hooks_time(gate: Gate) -> None:
    pid = pid_of(gate)
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    try:
        done = gate.hook(proposal("ls"))
    finally:
        os.kill(pid, signal.SIGCONT)

    assert ((2, "HG015"), True) == (refusal(done), time.monotonic() - began < 30)


def test_a_crash_loses_no_decision_that_was_answered(gate: Gate) -> None:
    for number in range(30):
        gate.propose(f"echo {number}")
    kill(gate)

    commands = [event["command"] for event in gate.events("decided")]
    assert ([f"echo {number}" for number in range(30)], True) == (commands, "is whole" in gate("verify"))


def test_the_history_of_a_session_survives_a_crash(gate: Gate) -> None:
    gate.propose("ssh web1 uptime")
    gate.propose("ssh web2 uptime")
    kill(gate)
    gate.hook(proposal("ls"))
    gate("status")

    assert "attach tk_" in str(gate.propose("ssh web3 uptime")["updatedInput"])


def test_many_who_find_a_dead_daemon_all_get_the_one_that_follows(gate: Gate) -> None:
    kill(gate)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda _n: gate.run("status").returncode, range(6)))

    assert ([0] * 6, 2) == (found, len(gate.events("daemon-started")))


def test_a_daemon_that_dies_under_who_started_it_is_a_clear_error(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    gate.home.mkdir()
    with socket.socket(socket.AF_UNIX) as listener:

        def hang_up() -> None:
            listener.accept()[0].close()

        def start(home: Home) -> None:
            listener.bind(str(home.socket))
            listener.listen()
            Thread(target=hang_up).start()

        monkeypatch.setattr(client, "start_daemon", start)
        with pytest.raises(HeadgateError) as told:
            client.ask(Home(gate.home), {"op": "status"})
    (gate.home / "daemon.sock").unlink()

    assert "HG016" == told.value.code


def test_the_socket_is_the_owners_alone(gate: Gate) -> None:
    gate("status")

    modes = [(gate.home / name).stat().st_mode & 0o777 for name in ("", "daemon.sock", "headgate.db")]
    assert [0o700, 0o600, 0o600] == modes


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be somebody else")
def test_another_user_gets_no_answer(gate: Gate) -> None:
    gate("status")
    for folder in (gate.home.parent, gate.home):
        folder.chmod(0o755)
    (gate.home / "daemon.sock").chmod(0o666)

    def stop_it() -> str:
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(str(gate.home / "daemon.sock"))
            raw.sendall(b'headgate-command/1\n{"op": "stop"}')
            raw.shutdown(socket.SHUT_WR)
            return raw.makefile().read()

    said = as_nobody(stop_it)

    assert "HG019" in said
    assert json.loads(gate("status", "--json"))["pid"]


# -- a store that cannot be used -----------------------------------------------------------------


def test_a_store_that_cannot_be_written_denies_and_recovers(gate: Gate) -> None:
    gate("status")
    holder = sqlite3.connect(gate.home / "headgate.db", timeout=60, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    denied = refusal(gate.hook(proposal("ls")))
    holder.execute("ROLLBACK")
    holder.close()

    assert ((2, "HG501"), 0) == (denied, gate.propose("ls")["exit"])
    assert "is whole" in gate("verify")


def test_a_full_disk_denies_and_runs_nothing(gate: Gate, tmp_path: Path) -> None:
    """The limit on the size of files stands for the full disk: the system refuses the same writes."""
    gate("status")
    gate("stop")
    limit = 1_500_000
    server = subprocess.Popen(
        [str(HEADGATE), "--home", str(gate.home), "serve"],
        stdout=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)),  # noqa: PLW1509 one thread here
    )
    assert server.stdout is not None
    server.stdout.readline()
    codes = []
    while not codes or (codes[-1] == (0, "") and len(codes) < 2000):
        done = gate.hook(proposal(f"touch {tmp_path}/ran; sleep 99; # {'x' * 3000}"))
        codes.append((0, "") if done.returncode == 0 else refusal(done))
    server.send_signal(signal.SIGTERM)
    server.wait(60)
    server.stdout.close()

    assert ((2, "HG501"), False) == (codes[-1], (tmp_path / "ran").exists())
    assert "is whole" in gate("verify")


def test_a_broken_store_denies(gate: Gate) -> None:
    gate.home.mkdir()
    (gate.home / "headgate.db").write_bytes(b"this is no database" * 1000)

    assert (2, "HG010") == refusal(gate.hook(proposal("ls")))
    assert "HG501" in gate.run("status").stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to take a file away from another user")
def test_a_read_only_store_is_a_clear_error(gate: Gate) -> None:
    gate("status")
    gate("stop")
    os.chown(gate.home, 65534, 65534)
    gate.home.parent.chmod(0o755)
    for file in gate.home.iterdir():
        os.chown(file, 65534 if file.suffix != ".db" else 0, 65534)
    (gate.home / "headgate.db").chmod(0o444)

    def open_it() -> str:
        store = SqliteStore(gate.home / "headgate.db")
        store.append(DaemonStopped(0.0, 1))
        return "written"

    said = as_nobody(open_it)

    assert "HG501" in said
    os.chown(gate.home, 0, 0)


def test_a_home_whose_socket_would_be_too_long_is_a_clear_error(tmp_path: Path) -> None:
    deep = Gate(tmp_path / ("d" * 120) / "home")
    status = deep.run("status")

    assert (2, "HG011") == refusal(deep.hook(proposal("ls")))
    assert (2, "HG011") == (status.returncode, status.stderr[:5])


def test_a_home_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    blocked = Gate(tmp_path / "file" / "home")

    assert (2, "HG010") == refusal(blocked.hook(proposal("ls")))
    assert (2, "HG010") == (blocked.run("serve").returncode, blocked.run("serve").stderr[:5])


def test_a_journal_that_someone_changed_is_shown(gate: Gate) -> None:
    gate.propose("ls")
    gate.propose("ssh web1 reboot")
    gate("stop")
    with sqlite3.connect(gate.home / "headgate.db") as database:
        database.execute("DROP TRIGGER journal_is_not_changed")
        database.execute("UPDATE journal SET body = replace(body, 'web1', 'web2') WHERE seq = 4")
    done = gate.run("verify")

    assert (1, True) == (done.returncode, "HG502 headgate: the journal is broken at entry 4" in done.stderr)
