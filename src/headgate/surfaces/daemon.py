"""The daemon: one process a home, a Unix socket that only its owner may use, and the gate behind it."""

import asyncio
import contextlib
import gc
import json
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable

import msgspec

from headgate import __version__
from headgate.host.acting import agents_uid, served
from headgate.host.home import Home
from headgate.host.processes import Peer, peer_of
from headgate.model.errors import HeadgateError
from headgate.record.events import DaemonStarted, DaemonStopped, JournalFlawed
from headgate.surfaces import steering
from headgate.surfaces.gate import Gate
from headgate.surfaces.journal_keeping import Keeping
from headgate.surfaces.start_wire import GREETINGS

MAX_MESSAGE = 9 * 1024 * 1024
"""Bytes of one message; the hook client sends at most 8 MiB."""

END = b"\x04"
"""Closes every answer to a hook, so that half of one never passes for the whole."""

TIDY = 3600.0
"""Seconds between two tidyings."""

SWEEP = 15.0
"""Seconds between two looks for questions and overrides whose time is over."""

READ_TIMEOUT = 10.0
"""Seconds a peer may take to say what it wants."""


class Daemon:
    """Owns *home* from `lock` until the process ends."""

    keeping: Keeping

    def __init__(self, home: Home, open_gate: Callable[[Home], tuple[Gate, Keeping]]) -> None:
        self.home = home
        self.open_gate = open_gate
        self.stopping = asyncio.Event()

    async def serve(self, ready: Callable[[], None]) -> None:
        """Serve until told to stop; *ready* is called once the socket answers."""
        os.umask(0o077)
        gate = self._begun()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stopping.set)
        server = await loop.create_unix_server(lambda: _Connection(self, gate), sock=bind(self.home))
        begun = (_sweep(gate), _tidy(gate, self.keeping), self.keeping.run())
        tidying = [loop.create_task(work) for work in begun]
        await gate.network.start()
        gc.freeze()  # what is loaded now stays: collections need not walk it on the way of a call
        ready()
        try:
            await self.stopping.wait()
        finally:
            self.home.socket.unlink(missing_ok=True)
            server.close()
            for task in tidying:
                task.cancel()
            await gate.network.close()
            await gate.workers.close()
            with contextlib.suppress(HeadgateError):
                gate.store.append(DaemonStopped(gate.clock.now(), os.getpid()))
                self.keeping.close()
            gate.store.close()

    def _begun(self) -> Gate:
        """Return the gate, with what is in force recorded, and what an earlier daemon left taken up."""
        gate, self.keeping = self.open_gate(self.home)
        gate.own((os.getpid(),))
        policy = gate.rules.digest()
        flaw = gate.store.flaw()
        with gate.store.together():
            if flaw:  # said in the same breath as the next signature, which would cover it
                gate.store.append(JournalFlawed(gate.clock.now(), flaw))
            started = DaemonStarted(gate.clock.now(), os.getpid(), __version__, policy, self.keeping.key)
            gate.store.append(started)
        gate.heed()
        gate.rules.reading()
        gate.overrides.prove(gate.authority.holds)
        gate.sweep()
        gate.admission.adopt_left()
        gate.workers.resume()
        return gate


async def _tidy(gate: Gate, keeping: Keeping) -> None:
    """Tidy up once an hour."""
    while True:
        await asyncio.sleep(TIDY)
        with contextlib.suppress(HeadgateError):
            gate.admission.tidy()
        await keeping.tidy_quietly()


async def _sweep(gate: Gate) -> None:
    """End what people granted and whose time is over, soon after it is."""
    while True:
        await asyncio.sleep(SWEEP)
        with contextlib.suppress(HeadgateError):
            gate.sweep()


class _Connection(asyncio.Protocol):
    """One message and its answer: the peer says all it has to say, then we do."""

    transport: asyncio.Transport
    peer: Peer
    stranger = False
    expiry: asyncio.TimerHandle

    def __init__(self, daemon: Daemon, gate: Gate) -> None:
        self.daemon = daemon
        self.gate = gate
        self.heard = bytearray()
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to listen, for a bounded time."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 a stream socket has no other
        self.transport = transport
        self.peer = peer_of(transport.get_extra_info("socket"))
        self.expiry = asyncio.get_running_loop().call_later(READ_TIMEOUT, transport.abort)

    def data_received(self, data: bytes) -> None:
        """Collect the message; one without bounds is no message of ours."""
        self.heard += data
        if self.heard.startswith(GREETINGS):
            self._supervise()
        if len(self.heard) > MAX_MESSAGE:
            self.transport.abort()  # no answer is a deny: the client turns silence into exit status 2

    def _supervise(self) -> None:
        """Let a connection of the exec gate have a protocol of its own, once it has said whose it is."""
        head, newline, rest = bytes(self.heard).partition(b"\n")
        if not newline:
            return
        self.expiry.cancel()
        peer = peer_of(self.transport.get_extra_info("socket"))
        if peer.uid not in {os.geteuid(), agents_uid(), 0}:
            self.transport.abort()
            return
        self.gate.exec.wires.accept(head, self.transport, peer).data_received(rest)

    def eof_received(self) -> bool:
        """Answer; whoever is not the owner gets a refusal."""
        self.expiry.cancel()
        peer = peer_of(self.transport.get_extra_info("socket"))
        if peer.since != self.peer.since:  # it ended, and its number stands for another one by now
            peer = Peer(peer.uid, 0)
        self.stranger = peer.uid not in {os.geteuid(), agents_uid(), 0}
        head, _, body = bytes(self.heard).partition(b"\n")
        if self.stranger and not (head == b"headgate-command/1" and self._grants(peer)):
            return self._close(b"2HG019 headgate: only the owner of this gate may ask; use your own\n" + END)
        match head.decode("utf-8", "replace").split():
            case ["headgate-hook/1", client, "wake"]:
                self.task = asyncio.get_running_loop().create_task(self._wake(client, body, peer.pid))
            case ["headgate-hook/1", client, mode]:
                status, text = self.gate.hook(client, mode, body, peer.pid)
                return self._close(str(status).encode() + text + END)
            case ["headgate-handed/1", name]:
                status, receipt = self.gate.handed(name)
                return self._close(str(status).encode() + receipt.encode() + b"\n" + END)
            case ["headgate-shell/1"]:
                status, said = self.gate.shells.answer(body, peer.pid)
                return self._close(str(status).encode() + said.encode("utf-8", "surrogateescape") + END)
            case ["headgate-command/1"]:
                self.task = asyncio.get_running_loop().create_task(self._command(body, peer))
            case _:
                return self._close(b"2HG016 headgate: the message is in no known form; use one version of both\n" + END)
        return True

    def _grants(self, peer: Peer) -> bool:
        """Whether *peer* is somebody else who may answer and grant: a person whom the operator names."""
        return served() is not None and self.gate.authority.names(peer.uid)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget the time limit; nobody waits any more for an answer, so none is made: what was begun goes on."""
        self.expiry.cancel()
        if self.task is not None:
            self.task.cancel()

    def _close(self, answer: bytes) -> bool:
        self.transport.write(answer)
        self.transport.close()
        return False

    async def _command(self, body: bytes, peer: Peer) -> None:
        """Answer one of our own commands, in JSON lines."""
        try:
            request = json.loads(body)
            if not isinstance(request, dict):
                raise ValueError("it is no object")  # noqa: TRY004, TRY301 the wire is at fault
            async for answer in self._answers(request, peer):
                self._say(answer)
        except HeadgateError as error:
            self._say(_failed(error))
        except (ValueError, msgspec.ValidationError) as error:
            self._say(_failed(HeadgateError("HG130", f"the request is not valid ({error})", "see `--help`")))
        except Exception as error:  # noqa: BLE001 the guard of this surface: it refuses
            self._say(_failed(HeadgateError("HG001", f"the gate failed ({error!r})", "report this message")))
        finally:
            self.transport.close()

    async def _answers(self, request: dict[str, object], peer: Peer) -> AsyncIterator[dict[str, object]]:
        """Yield the answers to a command: of the daemon itself, or of its gate."""
        if self.stranger and not steering.of_persons(request):
            raise HeadgateError("HG019", "only the agents' user may do this", "answer, grant, or ask them")
        steering.check(request, peer, self.gate.authority, self.gate.store, self.gate.clock)
        match request.get("op"):
            case "stop":
                yield {"stopping": os.getpid()}
                self.daemon.stopping.set()
            case "authority":
                yield self.gate.authority.told(peer)
            case "passphrase":
                yield steering.keep(request, peer, self.gate.authority, self.gate.store, self.gate.clock)
            case "rotate":
                yield await self.daemon.keeping.tidy(all_of_it=True)
            case op:
                async for answer in self.gate.stream(request, peer):
                    yield answer | {"keeping": self.daemon.keeping.status()} if op == "status" else answer

    async def _wake(self, client: str, body: bytes, pid: int) -> None:
        """Answer a hook that waits for news; whatever goes wrong wakes nobody."""
        status, text = 0, b""
        try:
            status, text = await self.gate.wake(client, body, pid)
        except Exception:  # noqa: BLE001 the guard of this surface; the next event tells the news
            status, text = 0, b""
        finally:
            self._close(str(status).encode() + text + END)

    def _say(self, answer: dict[str, object]) -> None:
        self.transport.write(json.dumps(answer).encode() + b"\n")


def _failed(error: HeadgateError) -> dict[str, object]:
    return {"error": True, "code": error.code, "print": str(error), "exit": 2}


def bind(home: Home) -> socket.socket:
    """Return a listening socket with mode 0600; the lock is held, so what lies there is a dead daemon's."""
    new = home.path / "new.sock"  # shorter than the socket's own name, and renamed only once it answers
    new.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o111 if served() else 0o177)  # where several users speak to it, the kernel tells who does
    try:
        listener.bind(str(new))
    finally:
        os.umask(before)
    listener.listen(128)
    new.rename(home.socket)
    return listener
