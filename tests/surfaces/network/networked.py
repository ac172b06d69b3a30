"""A gate's network, run for real in a thread of its own: sockets, store and all; and a receiver of webhooks."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import httpx
import msgspec

from headgate.configure import Configuration
from headgate.configure.network import Api, Token
from headgate.configure.webhook import Webhook
from headgate.host.clock import SystemClock
from headgate.host.home import Home
from headgate.model.action import Caller, Thread
from headgate.model.approval import Approval, Granted, Needs
from headgate.model.steady import Steady
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.network.service import Network
from headgate.surfaces.network.tokens import digest, new_token

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Clock(SystemClock):
    """The machine's clock, which a test can put forward."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead

    def steady(self) -> Steady:
        return super().steady().later(self.ahead)


def question(clock: Clock, **more: Any) -> Approval:
    """Return a question that was not asked yet."""
    caller = Caller("claude-code", "s-1", Thread.MAIN, "toolu_1")
    now, life = clock.now(), more.pop("life", 900.0)
    asked = Approval(
        0, "ab" * 32, caller, "dora", "d" * 12, "ssh db1 'systemctl restart pg'", "db1 (prod)", "it restarts a service",
        Granted("delegate", max_run=600.0), Needs(), now, now + life, clock.steady().later(life),
    )  # fmt: skip
    return msgspec.structs.replace(asked, **more)


class Running:
    """A network that runs; `do` has something done in the thread of its loop."""

    def __init__(self, home: Home, configuration: Configuration) -> None:
        home.make()
        self.home = home
        self.configuration = configuration
        self.clock = Clock()
        self.events: list[Any] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self._end.set)
        self._thread.join(60)
        assert not self._thread.is_alive()

    async def _main(self) -> None:
        self.loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        with closing(SqliteStore(self.home.database)) as self.store:
            self.approvals = Approvals(self.store, self.clock)
            self.network = Network(self.home, lambda: self.configuration, self.approvals, self.clock.now)
            self.network.append = self.events.append
            await self.network.start()
            self._ready.set()
            await self._end.wait()
            await self.network.close()

    def do(self, work: Callable[[], Any]) -> Any:
        async def done() -> Any:
            return work()

        return asyncio.run_coroutine_threadsafe(done(), self.loop).result(60)

    def ask(self, **more: Any) -> Approval:
        """Put a question, as a gate does."""

        def work() -> Approval:
            asked = self.store.grants.ask(question(self.clock, **more))
            self.approvals.asked(asked.id)
            return asked

        return self.do(work)  # type: ignore[no-any-return]

    def status(self, part: str) -> dict[str, Any]:
        return self.do(self.network.status)[part]  # type: ignore[no-any-return]

    @property
    def address(self) -> str:
        return str(self.status("api")["address"])

    def client(self, token: str = "", **more: Any) -> httpx.Client:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.address, headers=headers, trust_env=False, timeout=60, **more)


def api(*persons: str, **more: Any) -> tuple[Api, list[str]]:
    """Return an API on any free port, with a token for each of *persons*."""
    tokens = [new_token() for _ in persons]
    known = tuple(Token(f"t{i}", digest(tokens[i]), persons[i]) for i in range(len(persons)))
    return Api("127.0.0.1", 0, tokens=known, **more), tokens


def hook(url: str, folder: Path, **more: Any) -> Webhook:
    """Return a webhook to *url* with a secret of its own."""
    file = folder / "webhook.secret"
    file.touch(0o600)
    file.write_text(f"{SECRET}\n")
    return Webhook(url, str(file), **more)


class Receiver:
    """Takes messages; *answers* are the statuses of the next ones, after which each is taken (204)."""

    def __init__(self, *answers: int) -> None:
        self.answers = list(answers)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.wait = threading.Event()  # a receiver that is slow answers once this is set
        self.wait.set()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
                receiver.wait.wait(90)
                status = receiver.answers.pop(0) if receiver.answers else 204
                self.send_response(status)
                if status in {301, 302, 307, 308}:
                    self.send_header("location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        self._thread = threading.Thread(target=lambda: self._server.serve_forever(0.01))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.wait.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(60)

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.heard]


def until(true: Callable[[], object]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def running(folder: Path, **configured: Any) -> Iterator[Running]:
    """Run the network of a gate in *folder*."""
    with Running(Home(folder / "home"), Configuration(**configured)) as found:
        yield found
