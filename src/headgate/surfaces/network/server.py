"""The server: a bounded number of connections, each for one request and a bounded time."""

import asyncio
import ssl
from contextlib import suppress
from socket import AF_INET, AF_INET6, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, socket

from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from headgate.configure.network import Api
from headgate.model.errors import HeadgateError
from headgate.surfaces.network.shield import App

MOST = 128
"""Connections that are served at once; the others wait, so that the daemon keeps descriptors for its own work."""

LIFE = 15.0
"""Seconds that a connection lives; every answer is made in far less."""

HANDSHAKE = 5.0
"""Seconds for the handshake of TLS."""

MAX_HEAD = 16 * 1024
"""Bytes of a request's head."""

_BACKLOG = 256


class _Connection(H11Protocol):
    """A connection that says when it is over."""

    def __init__(self, config: Config, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(config, state, {}, loop)
        self.over = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        """Say that it is over."""
        super().connection_lost(exc)
        self.over.set()


class Server:
    """Serves the application on the address of *api*; `port` is where it listens."""

    def __init__(self, api: Api) -> None:
        """Bind; raises `HeadgateError` HG620 where that cannot be done."""
        try:
            self._tls = _tls(api)
            self._listener = _bound(api)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            where = f"{api.host} port {api.port}"
            raise HeadgateError("HG620", f"the API cannot listen on {where} ({error})", _HINT) from None
        self.port: int = self._listener.getsockname()[1]
        self._free = asyncio.Semaphore(MOST)
        self._state = ServerState()
        self._open: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None

    def start(self, app: App) -> None:
        """Begin to answer with *app*, in the running loop."""
        config = Config(
            app,
            http=H11Protocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="critical",  # whoever sends nonsense does not fill the daemon's log
            access_log=False,
            proxy_headers=False,
            h11_max_incomplete_event_size=MAX_HEAD,
        )
        self._accepting = asyncio.get_running_loop().create_task(self._accept(config))

    async def close(self) -> None:
        """End all of it, what is under way included."""
        tasks = [*self._open, *([self._accepting] if self._accepting else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._listener.close()

    async def _accept(self, config: Config) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._free.acquire()
            try:
                peer, _address = await loop.sock_accept(self._listener)
            except OSError:  # no descriptor is left, or the peer went away
                self._free.release()
                await asyncio.sleep(1)
                continue
            peer.setblocking(False)  # noqa: FBT003 the library's own form
            task = loop.create_task(self._serve(peer, config))
            self._open.add(task)
            task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._open.discard(task)
        self._free.release()

    async def _serve(self, peer: socket, config: Config) -> None:
        loop = asyncio.get_running_loop()
        transport: asyncio.Transport | None = None
        try:
            transport, connection = await loop.connect_accepted_socket(
                lambda: _Connection(config, self._state, loop),
                peer,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE if self._tls else None,
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(connection.over.wait(), LIFE)
        except OSError:  # no handshake
            peer.close()
        finally:
            if transport is not None:
                transport.abort()


def _tls(api: Api) -> ssl.SSLContext | None:
    if not api.certificate:
        return None
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.load_cert_chain(api.certificate, api.key, password=lambda: b"")  # nobody is here to be asked for one
    return found


def _bound(api: Api) -> socket:
    host = "127.0.0.1" if api.host == "localhost" else api.host
    listener = socket(AF_INET6 if ":" in host else AF_INET, SOCK_STREAM)
    try:
        listener.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        listener.bind((host, api.port))
        listener.listen(_BACKLOG)
        listener.setblocking(False)  # noqa: FBT003 the library's own form
    except OSError:
        listener.close()
        raise
    return listener


_HINT = "correct `[api]` in headgate.toml, or free the address, and start the daemon again"
