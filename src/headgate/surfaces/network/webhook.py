"""Sends messages to the operator's webhook until they are taken, or of no use any more."""

import asyncio
import ssl
from collections.abc import Callable
from random import SystemRandom

import httpx
import msgspec

from headgate import __version__
from headgate.configure.webhook import Webhook
from headgate.model.approval import Approval, ApprovalState
from headgate.model.errors import HeadgateError
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.network.delivered import Delivered
from headgate.surfaces.network.messages import Maker, Message, event_of, signed

PATIENCE = 10.0
"""Seconds that one try may take."""

LONGEST_WAIT = 60.0
"""Seconds between two tries, at most."""

MOST_WAITING = 1000
"""Messages that wait at once; of more, the questions that are still open are sent by the next daemon."""

AT_ONCE = 4

_TAKEN = range(200, 300)


class Pace(msgspec.Struct, frozen=True):
    """The seconds before the second try, which double with each (to *most*), and those that a try may take."""

    first: float = 1.0
    most: float = LONGEST_WAIT
    patience: float = PATIENCE

    def wait(self, tries: int) -> float:
        """Return the seconds to wait after so many *tries*: half of it is chance, so that many do not come at once."""
        whole = min(self.first * 2.0 ** min(tries - 1, 32), self.most)
        return _CHANCE.uniform(whole / 2, whole)


class Sender:
    """Sends what *webhook* wants to hear of *approvals*, signed with *key*; `failing` says what is wrong now."""

    def __init__(self, webhook: Webhook, key: bytes, approvals: Approvals, maker: Maker, delivered: Delivered) -> None:
        """Get ready; raises `HeadgateError` HG621 where the certificates cannot be read."""
        self._webhook = webhook
        self._key = key
        self._approvals = approvals
        self._maker = maker
        self._delivered = delivered
        self._tls = _tls(webhook.ca_file)
        self._client: httpx.AsyncClient | None = None
        self._turn = asyncio.Semaphore(AT_ONCE)
        self._waiting: dict[str, asyncio.Task[None]] = {}
        self.now: Callable[[], float] = lambda: 0.0
        self.pace = Pace()
        self.failing: dict[str, str] = {}
        self.sent = self.given_up = 0

    def start(self) -> None:
        """Begin, in the running loop, with the open questions that were not delivered before; raises `OSError`."""
        self._client = httpx.AsyncClient(
            verify=self._tls,
            follow_redirects=False,
            trust_env=False,  # a client's variables do not say where questions go
            timeout=self.pace.patience,
            headers={"user-agent": f"headgate/{__version__}"},
        )
        found = self._approvals.open()
        self._delivered.load({self._maker.name(item) for item in found})
        for item in reversed(found):
            self.heard(item)
        self._approvals.on_change(self.heard)

    async def close(self) -> None:
        """End; what was not delivered is sent by the next daemon while its question is open."""
        client, self._client = self._client, None
        tasks = list(self._waiting.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if client is not None:
            await client.aclose()

    def heard(self, approval: Approval) -> None:
        """Send that *approval* stands as it does, where that is wanted and not known yet; raises nothing."""
        client = self._client
        if client is None or event_of(approval) not in self._webhook.events:
            return
        try:
            self._send(client, approval)
        except Exception:  # noqa: BLE001 the guard of this surface: whoever asks is in the middle of a decision
            self.given_up += 1

    def _send(self, client: httpx.AsyncClient, approval: Approval) -> None:
        name = self._maker.name(approval)
        if name in self._waiting or name in self._delivered:
            return
        if len(self._waiting) >= MOST_WAITING:
            self.given_up += 1
            return
        task = asyncio.get_running_loop().create_task(self._deliver(client, self._maker.message(approval)))
        self._waiting[name] = task
        task.add_done_callback(lambda _task: self._waiting.pop(name, None))

    @property
    def waiting(self) -> int:
        """How many messages were not taken yet."""
        return len(self._waiting)

    async def _deliver(self, client: httpx.AsyncClient, message: Message) -> None:
        """Try until it is taken, its question needs nobody any more, or there were tries enough."""
        try:
            for tries in range(1, self._webhook.attempts + 1):
                async with self._turn:
                    if self._moot(message):
                        return
                    wrong = await self._try(client, message)
                if not wrong:
                    self._delivered.add(message.id)
                    self.sent += 1
                    return
                self.failing[message.id] = f"question {message.approval}, try {tries}: {wrong}"
                await asyncio.sleep(self.pace.wait(tries))
            self.given_up += 1
        finally:
            self.failing.pop(message.id, None)

    def _moot(self, message: Message) -> bool:
        """Whether *message* asks for an answer that nobody needs any more."""
        try:
            state = self._approvals.get(message.approval).state
        except HeadgateError:
            return True
        return message.event == "approval-asked" and state is not ApprovalState.PENDING

    async def _try(self, client: httpx.AsyncClient, message: Message) -> str:
        """Send *message* once; return what went wrong, without the address, which may hold a secret."""
        headers = signed(self._key, message, self.now())
        try:
            async with (
                asyncio.timeout(self.pace.patience),
                client.stream("POST", self._webhook.url, content=message.body, headers=headers) as answer,
            ):
                return "" if answer.status_code in _TAKEN else f"it was answered with {answer.status_code}"
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            return f"it could not be sent ({type(error).__name__})"


def _tls(ca_file: str) -> ssl.SSLContext:
    """Return what certificates of receivers are checked by; the environment has no say in it."""
    found = httpx.create_ssl_context(trust_env=False)
    if ca_file:
        try:
            found.load_verify_locations(ca_file)
        except OSError as error:
            hint = "it holds certificates (PEM) of who signed the receiver's"
            raise HeadgateError("HG621", f"`{ca_file}` cannot be used ({error})", hint) from None
    return found


_CHANCE = SystemRandom()
