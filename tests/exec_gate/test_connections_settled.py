"""What becomes of a connection, by what the policy says of connections and of starts."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest
from connecting import CONNECT, PYTHON3, World, place, world

from conftest import HEADGATE
from person import Person
from sshd import needed, sshd


@pytest.fixture(name="world")
def a_world() -> Iterator[World]:
    with world() as found:
        yield found


def test_who_cannot_be_looked_at_cannot_connect(world: World) -> None:
    if not shutil.which("setpriv"):
        pytest.skip("no setpriv on this machine")
    text = (
        "import ctypes, socket\n"
        f"def code(): return socket.socket().connect_ex(('127.0.0.1', {world.there.port}))\n"
        "ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)\n"  # PR_SET_DUMPABLE
        "print(code())\n"
    )
    plain = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")  # as an ordinary user has it
    world.begin('connections = "heavy"', by=plain)
    words = [*plain, str(HEADGATE), "--home", str(world.gate.home), "guard", "--", PYTHON3, "-c", text]
    done = subprocess.run(words, env=world.environment, capture_output=True, text=True, timeout=60, check=False)

    assert ("13\n", 0) == (done.stdout, world.there.came()), done


def test_where_nothing_is_said_connections_are_not_looked_at(world: World) -> None:
    world.begin("")
    text = CONNECT + "s.send(b'x'); sys.stdin.read()"
    with subprocess.Popen(
        [
            str(HEADGATE),
            "--home",
            str(world.gate.home),
            "guard",
            "--",
            PYTHON3,
            "-c",
            text,
            "::1",
            str(world.there.port),
        ],
        env=world.environment,
        cwd=world.home,
        stdin=subprocess.PIPE,
    ) as process:
        assert 1 == world.there.came(60)
        said = [(folder / "gate").read_text() for folder in (world.gate.home / "runs").iterdir()]
        process.communicate(timeout=60)
        assert 0 == process.returncode

    assert ["network 0"] == [line for text in said for line in text.splitlines() if line.startswith("network")]
    assert [] == world.decided()


RULE = """
[[rule]]
id = "no-datagrams"
decision = "deny"
when.tool.glob = "connect()"
when.commands.any = ["connect udp 127.0.0.1 *"]
reason = "No datagrams."
match = [{ unknown = ["commands"], tool = "connect()" }]
"""
DATAGRAMS = {
    "sendto": "s.sendto(b'x', a)",
    "sendmsg": "s.sendmsg([b'x'], [], 0, a)",
    "connect": "s.connect(a); s.send(b'x')",
}


def test_where_all_is_looked_at_datagrams_are_too_and_a_rule_can_name_them(world: World) -> None:
    world.begin('connections = "all"', RULE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as there:
        there.bind(("127.0.0.1", 0))
        there.settimeout(0)
        for text in DATAGRAMS.values():
            begin = f"import socket; a = ('127.0.0.1', {there.getsockname()[1]}); s = socket.socket(2, 2); "
            done = world.guarded(PYTHON3, "-c", begin + text)
            assert "HG716 headgate: " in done.stderr, done
            assert "No datagrams." in done.stderr
        with pytest.raises(BlockingIOError):
            there.recv(1)

    assert ["deny refuse  "] * 3 == world.decided()


def _given(world: World, text: str, first: str, then: str) -> subprocess.CompletedProcess[str]:
    """Have the call *text* decided while its script says *first*, and run it when that says *then*."""
    script = world.home / "script.sh"
    script.write_text(first)
    given = world.gate.propose(text, cwd=str(world.home), permission_mode="bypassPermissions")["updatedInput"]
    script.write_text(then)
    assert isinstance(given, dict)
    words = ["/bin/bash", "-c", given["command"]]
    return subprocess.run(
        words, env=world.environment, capture_output=True, text=True, timeout=60, check=False, cwd=world.home
    )


def test_a_call_that_has_changed_something_is_ended_over_its_connection(world: World) -> None:
    world.begin('connections = "heavy"\nat_start = "move"')
    knock = f"printf x > /dev/tcp/127.0.0.1/{world.there.port}\necho still here\n"
    done = _given(world, "bash script.sh", "touch made\n", f"touch made\n{knock}")

    assert (75, 0) == (done.returncode, world.there.came()), done
    assert "HG715 headgate: `bash` opens a connection to prod-1" in done.stdout
    assert "the rest of the call was ended" in done.stdout
    assert "still here" not in done.stdout
    assert [0] == [event["job"] for event in world.gate.events("call-stopped")]
    assert "opened a connection by itself that is work for a worker: it was ended" in world.gate.here("log")


def test_a_call_that_has_only_read_is_moved_over_its_connection(world: World) -> None:
    world.begin('connections = "heavy"\nat_start = "move"')
    knock = f"cat /etc/hostname < /dev/tcp/127.0.0.1/{world.there.port}\n"
    done = _given(world, "bash script.sh", "cat /etc/hostname\n", knock)

    assert "it was stopped and runs in the worker from its beginning" in done.stdout, done
    world.gate.until(1, "succeeded")
    assert 1 == world.there.came()


ASKS = """
[[rule]]
id = "ask"
decision = "confirm"
when.tool.glob = "connect()"
when.commands.any = ["connect tcp 127.0.0.1 *"]
reason = "A person says whether."
match = [{ unknown = ["commands"], tool = "connect()" }]
"""


def test_a_person_can_let_a_connection_be_made(world: World) -> None:
    needed()
    world.begin('connections = "heavy"', ASKS)
    folder = world.folder / "server"
    folder.mkdir()
    words = [str(HEADGATE), "--home", str(world.gate.home), "guard", "--", PYTHON3, "-c", CONNECT]
    said = world.folder / "said"
    with (
        place() as there,
        sshd(folder) as server,
        said.open("w") as err,
        subprocess.Popen(
            [*words, "127.0.0.1", str(there.port)], env=world.environment, cwd=world.home, stderr=err
        ) as process,
    ):
        deadline = time.monotonic() + 60
        while "question 1" not in world.gate.here("approvals", expect=None):
            assert time.monotonic() < deadline, (said.read_text(), process.poll())
            time.sleep(0.05)
        before = there.came()
        Person(world.gate, server)("approve", "1", "--yes")
        status, after = process.wait(60), there.came()

    assert (0, 0, 1) == (before, status, after)
