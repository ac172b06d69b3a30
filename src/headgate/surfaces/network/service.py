"""The network's part of the daemon: what the configuration asks for, started, ended, and told of."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from headgate.configure import Configuration
from headgate.configure.network import Api
from headgate.configure.webhook import Webhook
from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.record.events import Event
from headgate.surfaces.approvals import Approvals

if TYPE_CHECKING:  # their libraries are an extra, and take time to load: only where they are asked for
    from headgate.surfaces.network.parts import Listening, Wires
    from headgate.surfaces.network.webhook import Sender

_SHOWN = 3


class Network:
    """Serves the API and sends messages, where *configuration* says so; whatever fails here stops no decision.

    Tokens, groups and the person of links are what *configuration* says at each request, the rest what it said when
    this was started. What was refused to somebody goes to `append`, into the journal, which is set before the start.
    """

    def __init__(
        self, home: Home, configuration: Callable[[], Configuration], approvals: Approvals, now: Callable[[], float]
    ) -> None:
        self.append: Callable[[Event], object] = lambda _event: None
        self._home = home
        self._configuration = configuration
        self._approvals = approvals
        self._now = now
        self._wrong: dict[str, str] = {}
        self._listening: Listening | None = None
        self._sender: Sender | None = None

    async def start(self) -> None:
        """Start what is configured, in the running loop; raises nothing: `status` tells what could not be."""
        found = self._configuration()
        if found.api is not None:
            self._guarded("api", "HG620", lambda: self._listen(found.api))
        if found.webhook is not None:
            self._guarded("webhook", "HG621", lambda: self._send(found.webhook))

    async def close(self) -> None:
        """End all of it."""
        if self._sender is not None:
            await self._sender.close()
        if self._listening is not None:
            await self._listening.server.close()

    def status(self) -> dict[str, object]:
        """Return what listens, what is sent, and what is wrong; only what is configured."""
        found: dict[str, object] = {}
        if self._listening is not None:
            wrong = self._listening.desk.tokens.wrong
            found["api"] = {"address": self._listening.address, "mistake": "", "wrong_tokens": wrong}
        if self._sender is not None:
            failing = [f"HG627 headgate: {item}" for item in self._sender.failing.values()][:_SHOWN]
            counts = {"sent": self._sender.sent, "waiting": self._sender.waiting, "given_up": self._sender.given_up}
            found["webhook"] = {"mistake": "", **counts, "failing": failing}
        return found | {part: {"mistake": mistake} for part, mistake in self._wrong.items()}

    def _listen(self, api: Api | None) -> None:
        from headgate.surfaces.network.parts import listening  # noqa: PLC0415 see above

        if api is not None:
            self._listening = listening(api, self._wires())

    def _send(self, webhook: Webhook | None) -> None:
        from headgate.surfaces.network.parts import sending  # noqa: PLC0415 see above

        if webhook is not None:
            origin = self._listening.origin if self._listening else ""
            self._sender = sending(webhook, origin, self._wires())

    def _wires(self) -> "Wires":
        from headgate.surfaces.network.parts import Wires  # noqa: PLC0415 see above

        return Wires(self._home, self._configuration, self._approvals, self._now, self.append)

    def _guarded(self, part: str, code: str, begin: Callable[[], None]) -> None:
        """Begin with one *part*; what is wrong with it is kept for `status`."""
        try:
            begin()
        except HeadgateError as error:
            self._wrong[part] = str(error)
        except ModuleNotFoundError as error:
            hint = "install `headgate[api]`, and start the daemon again"
            self._wrong[part] = str(HeadgateError(code, f"the package `{error.name}` is missing", hint))
        except Exception as error:  # noqa: BLE001 the guard of this surface: decisions go on
            self._wrong[part] = str(HeadgateError(code, f"it failed ({error!r})", "report this message"))
