"""What a tree connects to by itself, without any program that the gate knows, is decided too: with real sockets."""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from connecting import PYTHON, Place, Way, place, ways

from conftest import HEADGATE, Gate
from headgate.host.exec_gate import Gate as Kind
from headgate.host.exec_gate import available
from person import Person
from sshd import needed, sshd

PYTHON3 = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
CONNECT = "import socket, sys\ns = socket.create_connection((sys.argv[1], int(sys.argv[2])), 5)\n"


class World:
    """A gate whose organisation wants connections to be decided, and a home whose ssh knows one place as `prod-1`."""

    def __init__(self, folder: Path, there: Place) -> None:
        self.folder, self.there = folder, there
        self.home = folder / "user"
        (self.home / ".ssh").mkdir(parents=True)
        (self.home / ".ssh" / "config").write_text(
            "".join(
                f"Host {name}\n  HostName {host}\n  Port {there.port}\n"
                for name, host in (("prod-1", "127.0.0.1"), ("prod-6", "::1"))
            )
        )
        self.gate = Gate(folder / "home")
        self.environment = {**os.environ, "HOME": str(self.home)}

    def begin(self, settings: str, rules: str = "", by: tuple[str, ...] = ()) -> Gate:
        """Start the daemon under a policy with these settings and rules; the words *by* stand before its own."""
        etc = self.folder / "etc"
        shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("ssl", "alternatives"))
        (etc / "headgate").mkdir(exist_ok=True)
        text = f'schema = 1\nprofile = "balanced"\n[settings]\n{settings}\n{rules}'
        (etc / "headgate" / "policy.toml").write_text(text)
        begin = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(etc)]
        words = [*begin, *by, str(HEADGATE), "--home", str(self.gate.home), "status"]
        subprocess.run(words, env=self.environment, check=True, capture_output=True)
        return self.gate

    def guarded(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run *words* as one main thread of the gate."""
        return self.gate.run("guard", "--", *words, env=self.environment, cwd=str(self.home), stdin=subprocess.DEVNULL)

    def go(self, way: Way) -> subprocess.CompletedProcess[str]:
        """Go one way to the place, under the gate."""
        return self.guarded(*way.words, way.host, str(self.there.port))

    def decided(self) -> list[str]:
        """Return what was decided of connections, each with its answer."""
        return [
            f"{event['decision']} {event['enforced']} {' '.join(event['workloads'])} {' '.join(event['machines'])}"
            for event in self.gate.events("decided")
            if event["tool"] == "connect()"
        ]


@contextlib.contextmanager
def world() -> Iterator[World]:
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("only root, where namespaces are allowed, can give a gate another /etc")
    if available(str(HEADGATE.parent / "headgate-shim")).mode is not Kind.STRONG:
        pytest.skip("there is no strong exec gate on this machine")
    with place() as there, tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        found = World(Path(folder), there)
        try:
            yield found
        finally:
            found.gate.end()


@pytest.fixture(name="world")
def a_world() -> Iterator[World]:
    with world() as found:
        yield found


@pytest.fixture(scope="module")
def heavy() -> Iterator[World]:
    """A world in which connections are decided whose port or machine says so."""
    with pytest.MonkeyPatch.context() as patch, world() as found:
        patch.setenv("XDG_CONFIG_HOME", "/dev/null/no-configuration")
        found.begin('connections = "heavy"')
        yield found


@pytest.fixture(scope="module")
def roads(heavy: World) -> list[Way]:
    return list(ways(heavy.folder))


@pytest.mark.parametrize("number", range(len(PYTHON) + 9))
def test_no_way_leads_to_a_known_machine_unseen(heavy: World, roads: list[Way], number: int) -> None:
    if number >= len(roads):
        pytest.skip("this machine has fewer ways")
    way = roads[number]
    plain = subprocess.run([*way.words, way.host, str(heavy.there.port)], capture_output=True, timeout=30, check=False)
    assert (way.name, 0, 1) == (way.name, plain.returncode, heavy.there.came(5)), plain

    before = len(heavy.decided())
    done = heavy.go(way)

    assert (way.name, 0) == (way.name, heavy.there.came()), done
    assert "HG715 headgate: " in done.stderr, done
    assert f"opens a connection to prod-1, port {heavy.there.port} (ssh) by itself" in done.stderr.replace("-6", "-1")
    assert "headgate delegate -- " in done.stderr
    said = heavy.decided()[before:]
    assert ["delegate refuse remote-session prod-1"] == [item.replace("-6", "-1") for item in said]


PORTS = {
    22: "(ssh) by itself",
    5432: "(PostgreSQL) by itself",
    6443: "(a Kubernetes API) by itself",
    2375: "(a container engine) by itself",
    873: "(rsync) by itself",
}


def test_ports_of_other_machines_say_what_is_there_and_those_of_this_one_do_not(heavy: World) -> None:
    text = (
        "import socket, sys\n"
        "for host in ('198.51.100.7', '2001:db8::7', '127.0.0.1'):\n"
        "    for port in map(int, sys.argv[1:]):\n"
        "        s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)\n"
        "        s.setblocking(False)\n"
        "        print(host, port, s.connect_ex((host, port)))\n"
    )
    done = heavy.guarded(PYTHON3, "-c", text, *map(str, PORTS))

    codes = [line.split() for line in done.stdout.splitlines()]
    far = {code for host, _, code in codes if host != "127.0.0.1"}
    near = {code for host, _, code in codes if host == "127.0.0.1"}
    assert ({"13"}, 15) == (far, len(codes)), done
    assert "13" not in near, done
    for port, said in PORTS.items():
        assert f"opens a connection to 198.51.100.7, port {port} {said}" in done.stderr


def test_http_on_this_machine_is_as_it_was(heavy: World) -> None:
    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"served")

        def log_message(self, *_words: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Answers) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        text = f"import urllib.request as u; print(u.urlopen('http://127.0.0.1:{server.server_port}/').read())"
        before = heavy.decided()
        done = heavy.guarded(PYTHON3, "-c", f"{text}\n{text}")
        server.shutdown()

    assert ("b'served'\n" * 2, "") == (done.stdout, done.stderr), done
    assert before == heavy.decided()


def test_plain_http_of_another_machine_is_let_through(heavy: World) -> None:
    text = "import socket; s = socket.socket(); s.setblocking(False); print(s.connect_ex(('198.51.100.7', 443)))"
    before = heavy.decided()
    done = heavy.guarded(PYTHON3, "-c", text)

    assert "13\n" != done.stdout, done
    assert ("", before) == (done.stderr, heavy.decided())


def test_names_that_are_looked_up_and_sockets_of_files_are_let_through(heavy: World) -> None:
    text = (
        "import socket\n"
        "socket.getaddrinfo('localhost', 22)\n"
        "a, b = socket.socketpair(); a.sendmsg([b'x']); print(b.recv(1))\n"
        "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('198.51.100.7', 22)); print('ready')\n"
        "s = socket.socket(socket.AF_UNIX)\n"
        "print(s.connect_ex('/no/such/socket'), s.connect_ex(chr(0) + 'nobody'))\n"
    )
    done = heavy.guarded(PYTHON3, "-c", text)

    assert ("b'x'\nready\n2 111\n", "") == (done.stdout, done.stderr), done


def test_a_client_of_ssh_in_another_language_does_not_get_its_banner(heavy: World) -> None:
    needed()
    folder = heavy.folder / "server"
    folder.mkdir()
    banner = CONNECT + "s.sendall(b'SSH-2.0-paramiko_3.4.0\\r\\n'); print(s.recv(8))"
    with sshd(folder) as server:
        config = heavy.home / ".ssh" / "config"
        was = config.read_text()
        config.write_text(f"{was}Host prod-2\n  HostName 127.0.0.1\n  Port {server.port}\n")
        plain = subprocess.run([PYTHON3, "-c", banner, "127.0.0.1", str(server.port)], capture_output=True, check=True)
        done = heavy.guarded(PYTHON3, "-c", banner, "127.0.0.1", str(server.port))
        look = heavy.guarded("ssh", "-F", str(server.config_path), "web1", "uptime")
        config.write_text(was)

    assert b"b'SSH-2.0-'\n" == plain.stdout
    assert (1, "") == (done.returncode, done.stdout), done
    assert "opens a connection to prod-2" in done.stderr
    assert (0, True) == (look.returncode, "load average" in look.stdout), look  # its words had been decided


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


@pytest.mark.parametrize(("name", "made"), [("kubectl", 1), ("mytool", 0)])
def test_what_had_to_say_where_it_connects_was_decided_when_it_started(
    heavy: World, tmp_path: Path, name: str, made: int
) -> None:
    program = tmp_path / name
    program.write_text(f"#!/bin/bash\nprintf x > /dev/tcp/127.0.0.1/{heavy.there.port}\n")
    program.chmod(0o755)
    done = heavy.guarded(str(program), "version", "--client")

    assert made == heavy.there.came(), done
    assert (made == 0) == ("HG715" in done.stderr), done


@pytest.mark.parametrize("who", ["thread", "process"])
def test_the_address_cannot_be_changed_behind_the_decision(heavy: World, tmp_path: Path, who: str) -> None:
    program = tmp_path / "flips"
    source = Path(__file__).with_name("flips.c")
    subprocess.run(["cc", "-O1", "-pthread", str(source), "-o", str(program)], check=True)
    with place() as light:
        words = [str(program), who, str(light.port), str(heavy.there.port), "800"]
        reached = 0
        for _ in range(50):  # on a busy machine nobody may have run in between
            subprocess.run(words, capture_output=True, text=True, timeout=60, check=True)
            reached += heavy.there.came()
            light.came()
            if reached:
                break
        done = heavy.guarded(*words)

    assert (True, 0) == (reached > 0, heavy.there.came()), done
    assert 0 == done.returncode, done


def test_where_nothing_is_said_connections_are_not_looked_at(world: World) -> None:
    world.begin("")
    text = CONNECT + "s.send(b'x'); import time; time.sleep(0.3)"
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
    ) as process:
        assert 1 == world.there.came(20)
        said = [(folder / "gate").read_text() for folder in (world.gate.home / "runs").iterdir()]
        assert 0 == process.wait(20)

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
        deadline = time.monotonic() + 30
        while "question 1" not in world.gate.here("approvals", expect=None):
            assert time.monotonic() < deadline, (said.read_text(), process.poll())
            time.sleep(0.05)
        before = there.came()
        Person(world.gate, server)("approve", "1", "--yes")
        status, after = process.wait(30), there.came()

    assert (0, 0, 1) == (before, status, after)
