"""Ways to connect without any program that the gate knows, a place that has a name, and a gate around both."""

import contextlib
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import HEADGATE, Gate
from headgate.host.exec_gate import Gate as Kind
from headgate.host.exec_gate import available

HERE = Path(__file__).parent
PYTHON3 = shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable
CONNECT = "import socket, sys\ns = socket.create_connection((sys.argv[1], int(sys.argv[2])), 60)\n"

_PYTHON = "import socket, sys, threading, array\nhost, port = sys.argv[1], int(sys.argv[2])\n"
_IN_A_THREAD = """
def work(): {call}
thread = threading.Thread(target=work)
thread.start()
thread.join()
"""
_TCP = "s = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)\ns.settimeout(60)\n"
_ASYNC = """
import asyncio
async def main():
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(b"x")
    await writer.drain()
asyncio.run(main())
"""
_FAST = "socket.MSG_FASTOPEN"
_WAITS = _TCP + "s.settimeout(None); "
PYTHON = {
    "connect": _TCP + "s.connect((host, port)); s.send(b'x')",
    "connect that waits": _TCP + "s.settimeout(None); s.connect((host, port)); s.send(b'x')",
    "connect in a thread": _TCP + _IN_A_THREAD.format(call="s.connect((host, port)); s.send(b'x')"),
    "connect that waits in a thread": _TCP
    + "s.settimeout(None)"
    + _IN_A_THREAD.format(call="s.connect((host, port)); s.send(b'x')"),
    "asyncio": _ASYNC,
    "sendto that opens": _WAITS + f"s.sendto(b'x', {_FAST}, (host, port))",
    "sendmsg that opens": _WAITS + f"s.sendmsg([b'x'], [], {_FAST}, (host, port))",
    "sendto that opens, in a thread": _WAITS + _IN_A_THREAD.format(call=f"s.sendto(b'x', {_FAST}, (host, port))"),
    "connect that opens with the first send": _TCP
    + "s.setsockopt(socket.IPPROTO_TCP, 30, 1); s.connect((host, port)); s.send(b'x')",
    "multipath": "s = socket.socket(socket.AF_INET, socket.SOCK_STREAM, 262)\ns.connect((host, port)); s.send(b'x')",
}
"""Programs of Python that are called with a host and a port; each sends one byte."""


OTHERS = (
    ("ruby", "-e", "require 'socket'; TCPSocket.new(ARGV[0], ARGV[1].to_i).write('x')"),
    (
        "node",
        "-e",
        (
            "let [, host, port] = process.argv;"
            "require('net').connect(port, host, function () { this.write('x', process.exit) })"
        ),
    ),
)
"""Programs of other languages, likewise."""


@dataclass(frozen=True)
class Way:
    """One way to a place: its words, which take the host and the port behind them."""

    name: str
    words: tuple[str, ...]
    host: str = "127.0.0.1"


def ways(folder: Path) -> Iterator[Way]:
    """Yield every way that this machine has; what has to be compiled goes into *folder*."""
    for name, text in PYTHON.items():
        yield Way(name, (PYTHON3, "-c", _PYTHON + text))
    for name, host in (("six", "::1"), ("four in six", "::ffff:127.0.0.1")):
        yield Way(name, (PYTHON3, "-c", _PYTHON + PYTHON["connect"]), host)
    yield Way("bash", ("bash", "-c", "printf x > /dev/tcp/$0/$1"))
    if shutil.which("perl"):
        opened = "use IO::Socket; my $s = IO::Socket::INET->new('$ARGV[0]:$ARGV[1]') or die $!; print $s 'x'"
        yield Way("perl", ("perl", "-e", opened.replace("'$ARGV[0]:$ARGV[1]'", '"$ARGV[0]:$ARGV[1]"')))
    for program, option, text in OTHERS:
        if shutil.which(program):
            yield Way(program, (program, option, text))
    program = folder / "connects"
    subprocess.run(["cc", "-O1", "-pthread", str(HERE / "connects.c"), "-o", str(program)], check=True)
    for how in ("call", "sendmmsg", "clone"):
        yield Way(f"a program of C, {how}", (str(program), how))


class Place:
    """A port of this machine at which somebody listens, and counts who came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True, backlog=1024)
        self.port = self.socket.getsockname()[1]

    def came(self, wait: float = 0.0) -> int:
        """Return how many connections were made since the last call; wait for the first of them that long."""
        count = 0
        while select.select([self.socket], [], [], 0.0 if count else wait)[0]:
            connection, _ = self.socket.accept()
            connection.close()
            count += 1
        return count


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """Have a place for the block."""
    found = Place()
    with found.socket:
        yield found


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
    """Have a world for the block."""
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
