"""The daemon: one process a home, a Unix socket that only its owner may use, and the gate behind it."""

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Callable

import msgspec

from headgate import __version__
from headgate.host.home import Home
from headgate.host.processes import Peer, peer_of
from headgate.model.errors import HeadgateError
from headgate.record.events import DaemonStarted, DaemonStopped
from headgate.surfaces.gate import AttachRequest, Gate

MAX_MESSAGE = 9 * 1024 * 1024
"""Bytes of one message; the hook client sends at most 8 MiB."""

END = b"\x04"
"""Closes every answer to a hook, so that half of one never passes for the whole."""

READ_TIMEOUT = 10.0
"""Seconds a peer may take to say what it wants."""


class Daemon:
    """Owns *home* from `lock` until the process ends."""

    def __init__(self, home: Home, open_gate: Callable[[Home], Gate]) -> None:
        self.home = home
        self.open_gate = open_gate
        self.stopping = asyncio.Event()

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until told to stop; *ready* is called once the socket answers."""
        os.umask(0o077)
        gate = self.open_gate(self.home)
        gate.own((os.getpid(),))
        gate.store.append(DaemonStarted(gate.clock.now(), os.getpid(), __version__, gate.policy.digest))
        gate.workers.resume()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        server = await asyncio.start_unix_server(
            _Connection(self, gate).handle, sock=bind(self.home), limit=MAX_MESSAGE
        )
        ready()
        try:
            await self.stopping.wait()
        finally:
            self.home.socket.unlink(missing_ok=True)
            server.close()
            await gate.workers.close()
            with contextlib.suppress(HeadgateError):
                gate.store.append(DaemonStopped(gate.clock.now(), os.getpid()))
            gate.store.close()


class _Connection:
    """What happens on each connection."""

    def __init__(self, daemon: Daemon, gate: Gate) -> None:
        self.daemon = daemon
        self.gate = gate

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one message; whoever is not the owner gets none."""
        try:
            async with asyncio.timeout(READ_TIMEOUT):
                head = await reader.readline()
                body = await reader.read()
            peer = peer_of(writer.get_extra_info("socket"))
            if peer.uid in {os.geteuid(), 0}:
                await self.answer(head, body, peer, writer)
            else:
                writer.write(b"2HG019 headgate: only the owner of this gate may ask; use your own\n" + END)
        except (TimeoutError, ConnectionError, ValueError):
            pass  # no answer is a deny: the client turns silence into exit status 2
        finally:
            with contextlib.suppress(ConnectionError, OSError):
                await writer.drain()
                writer.close()

    async def answer(self, head: bytes, body: bytes, peer: Peer, writer: asyncio.StreamWriter) -> None:
        """Answer the message *body* that *head* announces."""
        words = head.decode("utf-8", "replace").split()
        match words:
            case ["headgate-hook/1", client, mode]:
                status, text = self.gate.hook(client, mode, body)
                writer.write(str(status).encode() + text + END)
            case ["headgate-command/1"]:
                await self.command(body, peer, writer)
            case _:
                writer.write(
                    b"2HG016 headgate: the message is in no known form; use the same version of client and daemon\n" + END
                )

    async def command(self, body: bytes, peer: Peer, writer: asyncio.StreamWriter) -> None:
        """Answer one of our own commands, in JSON lines."""
        try:
            request = json.loads(body)
            op = request.get("op") if isinstance(request, dict) else None
            if op == "attach":
                async for answer in self.gate.attach(msgspec.convert(request, AttachRequest), peer):
                    await _send(writer, answer)
            elif op == "stop":
                await _send(writer, {"stopping": os.getpid()})
                self.daemon.stopping.set()
            else:
                await _send(writer, self.gate.command(request if isinstance(request, dict) else {}))
        except HeadgateError as error:
            await _send(writer, _failed(error))
        except (ValueError, msgspec.ValidationError) as error:
            await _send(writer, _failed(HeadgateError("HG130", f"the request is not valid ({error})", "see `--help`")))


def _failed(error: HeadgateError) -> dict[str, object]:
    return {"error": True, "code": error.code, "print": str(error), "exit": 2}


async def _send(writer: asyncio.StreamWriter, answer: dict[str, object]) -> None:
    writer.write(json.dumps(answer).encode() + b"\n")
    await writer.drain()


def bind(home: Home) -> socket.socket:
    """Return a listening socket with mode 0600; the lock is held, so what lies there is a dead daemon's."""
    new = home.path / "new.sock"  # shorter than the socket's own name, and renamed only once it answers
    new.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(new))
    finally:
        os.umask(before)
    listener.listen(128)
    new.rename(home.socket)
    return listener
