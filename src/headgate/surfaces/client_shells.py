"""The shells of clients: what each runs in place of the text of a call, as that call was decided.

A client puts our keeper in front of each text that it gives to a shell (`CLAUDE_CODE_SHELL_PREFIX`). So the text that
it shows, asks about and matches its own rules with stays that of the model, and still has a keeper and a gate.
"""

import re
from collections.abc import Callable

import msgspec

from headgate.host.home import Home
from headgate.host.processes import alive, environment_of, started
from headgate.model.action import Caller, Thread
from headgate.model.errors import HeadgateError
from headgate.surfaces.callers import ancestors
from headgate.surfaces.claude_settings import PREFIX
from headgate.workers.hand_over import Noted, Runs, quoted

FLAG = "--shell"

_FRAME = "&& pwd -P >| "
"""What the client has behind the text of a call, and of no hook (seen in 2.1.330)."""

MAX_CALLS = 4096
"""Calls whose shells are waited for, or run; beyond that the oldest are forgotten."""


def prefix(program: str, home: Home) -> str:
    """Return what a client has to put in front of its texts; empty without a *program*, or where it cannot stand there.

    The client takes what stands before the last ` -` for the path of a program (seen in 2.1.330).
    """
    words = f"{program} {FLAG} {quoted(str(home.socket))}"
    return words if program and words.rindex(" -") == len(program) and "\n" not in words else ""


class Client(msgspec.Struct, frozen=True):
    """The very process *pid* that started *since*, whose shells ask us."""

    pid: int
    since: str


class _Call(msgspec.Struct):
    """An allowed call whose shell is to come; *noted* says how it is wrapped (`None`: it runs as it is)."""

    client: Client
    command: str
    main: bool
    noted: Noted | None
    begun: bool = False


class ClientShells:
    """What the shells of clients ask; *client_of_hook* returns the client of a hook, or 0."""

    def __init__(self, home: Home, runs: Runs, client_of_hook: Callable[[int], int]) -> None:
        self._runs = runs
        self._prefix = prefix(runs.program, home)
        self._client_of_hook = client_of_hook
        self._calls = {noted.call_id: self._earlier(noted) for noted in runs.notes()}

    def _earlier(self, noted: Noted) -> _Call:
        """Return a call that an earlier daemon decided."""
        client = Client(noted.client, noted.since)
        return _Call(client, noted.command, main=True, noted=noted, begun=self._runs.has_begun(noted.name))

    def client_of(self, hook: int) -> Client | None:
        """Return the client of the process *hook*, where its shells ask us."""
        if not hook or not self._prefix or environment_of(hook, started(hook)).get(PREFIX) != self._prefix:
            return None
        pid = self._client_of_hook(hook)
        return Client(pid, started(pid)) if pid else None

    def decided(self, client: Client, caller: Caller, command: str, noted: Noted | None = None) -> None:
        """Remember how the *command* of a call of *client* is to be run, also for a later daemon; raises `OSError`."""
        if noted is not None:
            noted.client, noted.since, noted.command, noted.call_id = client.pid, client.since, command, caller.call_id
            self._runs.note(noted)
        while len(self._calls) >= MAX_CALLS:
            del self._calls[next(iter(self._calls))]
        main = caller.thread is not Thread.SUBAGENT
        self._calls[caller.call_id] = _Call(client, command, main, noted)

    def ended(self, call_id: str) -> None:
        """Forget a call: its client says that it ended."""
        self._calls.pop(call_id, None)

    def answer(self, body: bytes, pid: int) -> tuple[int, str]:
        """Return what the shell *pid* runs in place of the text *body*: 0 and that, 1: *body* itself, 2 and why not."""
        try:
            return self._answered(body.decode("utf-8", "surrogateescape"), pid)
        except HeadgateError as error:
            return 2, str(error)
        except Exception as error:  # noqa: BLE001 the guard of this surface: it refuses
            return 2, str(HeadgateError("HG001", f"the gate failed ({error!r})", "report this message"))

    def _answered(self, text: str, pid: int) -> tuple[int, str]:
        call = self._found(pid, command_in(text), framed=_FRAME in text)
        if call is None:  # what a person types into their client, or what was put into a call
            return 1, ""
        if call.begun:
            raise HeadgateError("HG717", "a shell has run this call already", "make the call again")
        call.begun = True
        noted = call.noted
        if noted is None:
            return 1, ""
        return 0, self._runs.wrapped(text, noted.name, noted.terms, noted.before)

    def _found(self, pid: int, command: str, *, framed: bool) -> _Call | None:
        """Return the call that runs *command*: of two alike the main thread's, and the newer; one that has not begun.

        A text *framed* as a call that is none of those that were decided is taken for the one of the main thread that
        is waited for. Hooks of others may use `eval` as well, and are no calls.
        """
        client = self._client_above(pid)
        mine = [call for call in self._calls.values() if client and call.client == client]
        alike = [call for call in mine if call.command.strip() == command.strip()]
        waited = [call for call in mine if call.main and call.noted is not None and not call.begun]
        ranked = sorted(alike, key=lambda call: (not call.begun, call.main)) or (waited if framed else [])
        return ranked[-1] if ranked else None

    def _client_above(self, pid: int) -> Client | None:
        known = {call.client.pid: call.client for call in self._calls.values()}
        client = next((known[above] for above in ancestors(pid) if above in known), None)
        return client if client and alive(client.pid, client.since) else None


def command_in(text: str) -> str:
    """Return the command that *text* hands to `eval`, as clients do; empty where it hands none."""
    before, found, _ = text.partition("eval ")
    words = words_in(text, len(before) + len(found), 1) if found else ()
    return words[0] if words else ""


def words_in(text: str, at: int, most: int) -> tuple[str, ...]:
    """Return the words of *text*, as a shell quotes them, from *at* on, *most* of them at most; none where one is open.

    Nothing is expanded: this is for words that a client quoted. A text may be long, so it is taken in large pieces.
    """
    words: list[str] = []
    while len(words) < most and (start := _SPACE.match(text, at)) and start.end() < len(text):
        parts, at = [], start.end()
        while part := _PART.match(text, at):
            single, double, escaped, plain = part.groups()
            parts.append(single or plain or escaped or _ESCAPED.sub(r"\1", double or ""))
            at = part.end()
        if at < len(text) and not text[at].isspace():
            return ()
        words.append("".join(parts))
    return tuple(words)


_SPACE = re.compile(r"\s*")
_PART = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)""", re.DOTALL)
_ESCAPED = re.compile(r"""\\([$`"\\\n])""")
