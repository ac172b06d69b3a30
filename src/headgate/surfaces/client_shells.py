"""The shells of clients: what each runs in place of the text of a call, as that call was decided.

A client puts our keeper in front of each text that it gives to a shell (`CLAUDE_CODE_SHELL_PREFIX`). So the text that
it shows, asks about and matches its own rules with stays that of the model, and still has a keeper and a gate.
"""

import re
from collections.abc import Callable
from hashlib import sha256

import msgspec

from headgate.host.home import Home
from headgate.host.processes import alive, environment_of, started
from headgate.model.action import Caller, Thread
from headgate.model.errors import HeadgateError
from headgate.surfaces.callers import ancestors
from headgate.surfaces.claude_settings import PREFIX
from headgate.workers.hand_over import Noted, Runs

MAX_CALLS = 1024
"""Calls whose shells are waited for, or run; beyond that the oldest are forgotten, first those that have no keeper."""

MAX_TEXT = 128 * 1024
"""Bytes of a text; Linux takes no longer argument."""


def prefix(program: str, home: Home) -> str:
    """Return what a client has to put in front of its texts; empty without a *program*, or where it cannot stand there.

    It is one path: the client starts some of its programs by it without a shell, and takes what stands before the last
    ` -` of it for the path (seen in 2.1.330).
    """
    path = str(home.shell)
    return path if program and " -" not in path and "\n" not in path else ""


def put_link(program: str, home: Home) -> None:
    """Make the link to *program* that a client's texts are run by; raises `HeadgateError` HG010."""
    new = home.path / "new-shell"
    try:
        new.unlink(missing_ok=True)
        new.symlink_to(program)
        new.rename(home.shell)
    except OSError as error:
        raise HeadgateError("HG010", f"`{home.shell}` cannot be made ({error.strerror})", "free space") from None


Name = tuple[str, str, str]
"""What tells a call from any other: its session, the agent in it (empty: the main thread), and its id."""


class Client(msgspec.Struct, frozen=True):
    """The very process *pid* that started *since*, whose shells ask us."""

    pid: int
    since: str


class _Call(msgspec.Struct):
    """A call of *client* whose shell is to come, by the digest of its text.

    *noted* says how it is wrapped (`None`: it runs as it is), *stale* that a person has spoken to its thread since.
    """

    client: Client
    session: str
    digest: bytes
    main: bool
    noted: Noted | None = None
    begun: bool = False
    stale: bool = False


class ClientShells:
    """What the shells of clients ask; *client_of_hook* returns the client of a hook, or 0, *now* the time."""

    def __init__(self, home: Home, runs: Runs, client_of_hook: Callable[[int], int], now: Callable[[], float]) -> None:
        self._runs = runs
        self._prefix = prefix(runs.program, home)
        self._client_of_hook = client_of_hook
        self._now = now
        self._calls = {(noted.session, "", noted.call_id): self._earlier(noted) for noted in runs.notes()}
        if home.shell.is_symlink() and str(home.shell.readlink()) != runs.program and runs.program:
            put_link(runs.program, home)

    def _earlier(self, noted: Noted) -> _Call:
        """Return a call that an earlier daemon decided."""
        client, begun = Client(noted.client, noted.since), self._runs.has_begun(noted.name)
        return _Call(client, noted.session, _digest(noted.command), main=True, noted=noted, begun=begun)

    def client_of(self, hook: int) -> Client | None:
        """Return the client of the process *hook*, where its shells ask us."""
        if not hook or not self._prefix or environment_of(hook, started(hook)).get(PREFIX) != self._prefix:
            return None
        pid = self._client_of_hook(hook)
        return Client(pid, started(pid)) if pid else None

    def decided(self, client: Client, caller: Caller, text: str, noted: Noted | None = None) -> None:
        """Remember that a call of *client* is to run *text*, and how, also for a later daemon; raises `OSError`."""
        if noted is not None:
            noted.client, noted.since, noted.session = client.pid, client.since, caller.session
            noted.command, noted.call_id = text, caller.call_id
            self._runs.note(noted)
        self.ended(caller)
        while len(self._calls) >= MAX_CALLS:
            plain = (name for name, call in self._calls.items() if call.noted is None)
            self._forget(next(plain, next(iter(self._calls))))
        main = caller.thread is not Thread.SUBAGENT
        self._calls[_name_of(caller)] = _Call(client, caller.session, _digest(text), main, noted)

    def ended(self, caller: Caller) -> None:
        """Forget the call of *caller*: its client says that it ended."""
        if _name_of(caller) in self._calls:
            self._forget(_name_of(caller))

    def idle(self, session: str) -> None:
        """Wait no more for the calls of the main thread of *session*: a person speaks to it, so they hardly come."""
        for call in self._calls.values():
            call.stale = call.stale or (call.main and call.session == session)

    def _forget(self, name: Name) -> None:
        call = self._calls.pop(name)
        if call.noted is not None and not (call.begun and self._runs.lives(call.noted.name)):
            self._runs.close(call.noted.name)

    def answer(self, body: bytes, pid: int) -> tuple[int, str]:
        """Return what the shell *pid* runs in place of the text *body*: 0 and that, 1: *body* itself, 2 and why not."""
        try:
            return self._answered(body, pid)
        except HeadgateError as error:
            return 2, str(error)
        except Exception as error:  # noqa: BLE001 the guard of this surface: it refuses
            return 2, str(HeadgateError("HG001", f"the gate failed ({error!r})", "report this message"))

    def _answered(self, body: bytes, pid: int) -> tuple[int, str]:
        client = self._client_above(pid)
        if client is None:
            return 1, ""
        if len(body) > MAX_TEXT:
            raise HeadgateError("HG102", f"the text has {len(body)} bytes", "put it in a script file")
        text = body.decode("utf-8", "surrogateescape")
        command = call_in(text)
        call = self._found(client, b"" if command is None else _digest(command))
        if call is None:
            return 1, ""
        call.begun = True
        if call.noted is None:
            return 1, ""
        return 0, self._wrapped(call.noted, text)

    def _wrapped(self, noted: Noted, text: str) -> str:
        if self._now() + noted.terms.seconds >= noted.expires:
            raise HeadgateError("HG401", "the leave for this call is over", "make the call again")
        self._runs.begin(noted.name)
        return self._runs.wrapped(text, noted.name, noted.terms, noted.before)

    def _found(self, client: Client, digest: bytes) -> _Call | None:
        """Return the call of *client* that runs this text: of two alike the main thread's, and the newer.

        `None`: it is none, and none is waited for: a person may type commands into their client. Raises `HeadgateError`
        HG717 where it could be a call that has to have a keeper, and nothing tells which.
        """
        mine = [call for call in self._calls.values() if call.client == client]
        alike = [call for call in mine if call.digest == digest]
        kept = [call for call in (alike or mine) if call.main and call.noted is not None and not call.stale]
        fresh = sorted((call for call in alike if not call.begun), key=lambda call: (call.main, not call.stale))
        if fresh and fresh[-1].main:
            return fresh[-1]
        if alike and kept:
            raise HeadgateError("HG717", "a shell runs this call already, or the same", _AGAIN)
        if not alike and any(not call.begun for call in kept):
            why = "this text is none of those that were decided, and a call is waited for"
            raise HeadgateError("HG717", why, _AGAIN)
        return fresh[-1] if fresh else None

    def _client_above(self, pid: int) -> Client | None:
        known = {call.client.pid: call.client for call in self._calls.values()}
        client = next((known[above] for above in ancestors(pid) if above in known), None)
        return client if client and alive(client.pid, client.since) else None


def _digest(text: str) -> bytes:
    """Return what stands for *text* as the client hands it on: `nul` is the null device to it (seen in 2.1.330)."""
    return sha256(_NUL.sub(r"\1/dev/null", text).strip().encode("utf-8", "surrogatepass")).digest()


def _name_of(caller: Caller) -> Name:
    return caller.session, caller.agent, caller.call_id


_NUL = re.compile(r"(>\s{0,8})nul(?=\s|$|[|&;)])", re.IGNORECASE)
_AGAIN = "make the call again when it has ended; where you typed this yourself, type a prompt first"


def call_in(text: str) -> str | None:
    """Return the command that *text* hands to `eval` at its end, as the client does for a call; `None`: it is no call.

    What the client puts in front of it, of its own or from files of a person's, may have an `eval` as well.
    """
    looked = 0
    for begin in _EVAL.finditer(text):
        found = word_at(text, begin.end())
        behind = _BEHIND.match(text, found[1]) if found is not None else None
        path = word_at(text, behind.end()) if behind is not None else None
        if found is not None and path is not None and not text[path[1] :].strip():
            return found[0]
        looked += _MISSED + (found[1] - begin.end() if found is not None else len(text))
        if looked > _MOST_LOOKED:
            return None
    return None


def word_at(text: str, at: int) -> tuple[str, int] | None:
    """Return the word of *text* that stands at *at*, and where it ends, as a shell quotes; `None`: there is no whole.

    Nothing is expanded: this is for words that a client quoted. A text may be long, so it is taken in large pieces.
    """
    begin, parts = at, []
    while part := _PART.match(text, at):
        single, double, escaped, plain = part.groups()
        parts.append(single or plain or escaped or _ESCAPED.sub(r"\1", double or ""))
        at = part.end()
    return ("".join(parts), at) if at > begin and (at == len(text) or text[at].isspace()) else None


_MISSED = 256
_MOST_LOOKED = 4 * MAX_TEXT
"""Characters that are looked at, and what each `eval` counts that is none of a call."""

_EVAL = re.compile(r"(?:\A|(?<=&& ))eval ")
_BEHIND = re.compile(r"(?: < /dev/null)? && pwd -P >\| ")
"""What the client has behind the command of a call (seen in 2.1.330)."""

_PART = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^\s'"\\]+)""", re.DOTALL)
_ESCAPED = re.compile(r"""\\([$`"\\\n])""")
