"""Ending what a job had started over ssh: a real server, real processes."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from headgate.workers import remote
from headgate.workers.remote import CONFIRMED, UNCONFIRMED, end_remotes, read_remotes
from sshd import Sshd, needed, sshd

SSH = shutil.which("ssh") or "ssh"
SCRIPT = Path(remote.__file__).with_name("end_remote.sh")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    needed()
    with sshd(tmp_path_factory.mktemp("sshd")) as found:
        yield found


@pytest.fixture
def mark() -> Iterator[str]:
    """A mark of its own; what still has it in the end is killed."""
    found = uuid.uuid4().hex
    yield found
    for pid in marked(found):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)


def marked(mark: str) -> list[int]:
    """Return the processes of this machine, but for ssh's clients, that have *mark*."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (folder / "cmdline").read_bytes()
            environment = (folder / "environ").read_bytes().split(b"\0")
            if words.startswith((b"ssh\0", os.fsencode(SSH))):
                continue
            if f"HEADGATE_JOB={mark}".encode() in environment or f"HEADGATE_JOB={mark};".encode() in words:
                found.append(int(folder.name))
    return found


def until_marked(mark: str, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(marked(mark)) < count:
        assert time.monotonic() < deadline, marked(mark)
        time.sleep(0.02)


@contextlib.contextmanager
def session(server: Sshd, machine: str, mark: str, command: str) -> Iterator[None]:
    """Start *command* on *machine* as a job's ssh does, and kill the client in the end, as ending the job does."""
    words = ["ssh", "-F", str(server.config_path), machine, f"export HEADGATE_JOB={mark}; {command}"]
    client = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        yield
    finally:
        client.kill()
        client.communicate()


def way(server: Sshd, machine: str = "web1", *more: str) -> tuple[str, ...]:
    return ("-F", str(server.config_path), *more, machine)


def ended(remotes: list[tuple[str, ...]], mark: str, seconds: float = 60.0, ssh: str = SSH) -> str:
    return asyncio.run(end_remotes(remotes, mark, ssh, seconds))


# -- the record ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (b"web1\0\0", [("web1",)]),
        (
            b"-p\x0022\0web1\0\0-4\0u@web2\0\0web1\0\0-p\x0022\0web1\0\0",
            [("-p", "22", "web1"), ("-4", "u@web2"), ("web1",)],
        ),
        (b"web1\0\0-p\x0022\0we", [("web1",), ("-p", "22", "we")]),
        (b"\0\0web1\0\0\0", [("web1",)]),
        (b"w\xffb\0\0", [("w\udcffb",)]),
    ],
)  # fmt: skip
def test_a_record_holds_each_connection_once(content: bytes, found: list[tuple[str, ...]], tmp_path: Path) -> None:
    (tmp_path / "remotes").write_bytes(content)

    assert found == read_remotes(tmp_path / "remotes")


def test_without_a_record_there_are_no_connections(tmp_path: Path) -> None:
    assert [] == read_remotes(tmp_path / "none")
    assert "" == ended([], "x")


# -- the other side ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "count"),
    [
        ("exec sleep 600", 1),
        ("sleep 600 & sleep 600 & wait", 3),
        ("nohup setsid sleep 600 >/dev/null 2>&1 </dev/null & sleep 600", 2),
        ("while :; do sleep 0.2; done", 1),
        ("trap '' TERM; while :; do sleep 600; done", 2),
        ("sh -c 'kill -STOP $$; sleep 600'", 1),
    ],
)
def test_what_a_job_left_on_another_machine_is_ended(server: Sshd, mark: str, command: str, count: int) -> None:
    with session(server, "web1", mark, command):
        until_marked(mark, count)

    assert CONFIRMED == ended([way(server)], mark)
    assert [] == marked(mark)


def test_what_is_not_of_the_job_stays(server: Sshd, mark: str) -> None:
    other = f"{mark}-other"
    with session(server, "web1", mark, "exec sleep 600"), session(server, "web1", other, "exec sleep 600"):
        until_marked(mark, 1)
        until_marked(other, 1)

        assert CONFIRMED == ended([way(server)], mark)
        assert [] == marked(mark)
        assert 1 == len(marked(other))

        assert CONFIRMED == ended([way(server)], other)


def test_several_ways_are_followed_and_all_must_confirm(server: Sshd, mark: str) -> None:
    with session(server, "web1", mark, "exec sleep 600"), session(server, "web2", mark, "exec sleep 600"):
        until_marked(mark, 2)

    assert CONFIRMED == ended([way(server, name) for name in ("web1", "web2", "web1")], mark)
    assert UNCONFIRMED == ended([way(server), ("-o", "Port=1", "-F", str(server.config_path), "web2")], mark)


def test_words_of_the_job_that_ask_or_turn_away_do_not_matter(server: Sshd, mark: str) -> None:
    words = ("-o", "BatchMode=no", "-o", "RequestTTY=force", "-o", "RemoteCommand=false", "-L", "1:127.0.0.1:1", "-v")

    assert CONFIRMED == ended([way(server, "web1", *words)], mark)


def test_a_machine_that_talks_too_much_is_understood(server: Sshd, mark: str, tmp_path: Path) -> None:
    loud = program(tmp_path, f'yes headgate-left 0 | head -c 3000000; {SSH} "$@"; echo bye')

    assert CONFIRMED == ended([way(server)], mark, ssh=loud)


def program(folder: Path, text: str) -> str:
    path = folder / "ssh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    "text",
    [
        "cat >/dev/null; echo headgate-left 1",
        "cat >/dev/null; echo headgate-left 0; exit 255",
        "cat >/dev/null; echo headgate-left",
        "cat >/dev/null; echo other",
        "exit 0",
        "exec </dev/null; exec sleep 600",
    ],
)
def test_all_but_a_clear_answer_is_unconfirmed(text: str, tmp_path: Path) -> None:
    patience = 2.0 if "sleep" in text else 60.0

    assert UNCONFIRMED == ended([("web1",)], "x", patience, ssh=program(tmp_path, text))


def test_what_cannot_be_asked_is_unconfirmed(tmp_path: Path) -> None:
    assert UNCONFIRMED == ended([("web1",)], "x", ssh=str(tmp_path / "none"))
    assert UNCONFIRMED == ended([("we\0b1",)], "x")
    assert UNCONFIRMED == ended(
        [("web1",)], "a mark; reboot", ssh=program(tmp_path, "cat >/dev/null; echo headgate-left 0")
    )
    many = [(f"web{number}",) for number in range(remote.MAX_REMOTES + 1)]
    assert UNCONFIRMED == ended(many, "x", ssh=program(tmp_path, "cat >/dev/null; echo headgate-left 0"))


def test_ssh_gets_the_environment_and_the_directory_of_the_job(tmp_path: Path) -> None:
    text = (
        'cat >/dev/null; [ "$SSH_AUTH_SOCK" = /job ] && [ "$(pwd -P)" = "$PWD" ] && [ -e here ] && echo headgate-left 0'
    )
    (tmp_path / "here").touch()
    ssh = program(tmp_path, text)
    environment = {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": "/job", "PWD": str(tmp_path)}

    assert CONFIRMED == asyncio.run(end_remotes([("web1",)], "x", ssh, 60.0, environment))
    assert UNCONFIRMED == asyncio.run(end_remotes([("web1",)], "x", ssh, 60.0, {"PATH": os.environ["PATH"]}))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc")
@pytest.mark.skipif(shutil.which("ps") is None, reason="no ps on this machine")
@pytest.mark.parametrize("shell", [name for name in ("sh", "bash", "dash", "zsh") if shutil.which(name)])
def test_a_machine_without_proc_is_asked_by_ps(shell: str, mark: str) -> None:
    environment = {"PATH": os.environ["PATH"], "HEADGATE_JOB": mark}
    child = subprocess.Popen(["sleep", "600"], env=environment)
    text = SCRIPT.read_text().replace("/proc/", "/no-proc/")
    words = ["zsh", "--emulate", "sh", "-s"] if shell == "zsh" else [shell, "-s"]

    done = subprocess.run(words, input=f"id={mark}\n{text}", capture_output=True, text=True, timeout=60, check=True)

    assert ("headgate-left 0\n", "") == (done.stdout, done.stderr)
    assert -15 == child.wait(60)


@pytest.mark.skipif(shutil.which("ps") is None, reason="no ps on this machine")
@pytest.mark.parametrize(
    ("name", "login", "left"),
    [("sudo", "1000", 1), ("doas", "1000", 1), ("sudo", "1001", 0), ("sshd", "1000", 0), ("sudo", "4294967295", 0)],
)
def test_what_runs_with_other_rights_for_the_same_login_counts_as_left(
    name: str, login: str, left: int, tmp_path: Path
) -> None:
    """A stand-in for /proc: nobody can look into the environment of process 7."""
    for folder, comm, uid in (("self", "sh", login if login == "4294967295" else "1000"), ("7", name, login)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "comm").write_text(f"{comm}\n")
        (tmp_path / folder / "loginuid").write_text(uid)
    text = SCRIPT.read_text().replace("/proc/", f"{tmp_path}/")

    done = subprocess.run(["sh", "-s"], input=f"id=x\n{text}", capture_output=True, text=True, timeout=60, check=True)

    assert (f"headgate-left {left}\n", "") == (done.stdout, done.stderr)
