"""Gemini CLI's policy files: TOML rules with priorities, of which the first that matches decides."""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from headgate.configure.carry.commands import Words, literal, prefix, shell_words
from headgate.configure.carry.gemini_tools import SHELLS, texts_of, tools
from headgate.configure.carry.rules import (
    ALLOW,
    ANYTHING,
    CONFIRM,
    DENY,
    CarryError,
    Left,
    Place,
    Read,
    Rule,
    Speaks,
    left,
    on_commands,
    on_tools,
)
from headgate.decide.globs import may_fit
from headgate.decide.mistakes import Mistakes
from headgate.decide.names import HOLE
from headgate.decide.source import Path, Statement, statements
from headgate.model.decision import Strictness

CLIENT = "Gemini"

_DECISIONS = {"allow": ALLOW, "ask_user": CONFIRM, "deny": DENY}
_MODES = {"default", "autoEdit", "plan", "yolo"}
_KEYS = {"toolName", "mcpName", "commandPrefix", "decision", "priority", "denyMessage", "deny_message"}
_SAYS_NOTHING = {"name", "description"}
_WHY = {
    "commandRegex": "patterns here are no regular expressions",
    "argsPattern": "rules here see no arguments, and patterns are no regular expressions",
    "modes": "the approval mode of a client is no fact",
    "interactive": "whether a person sits in front of the client is no fact",
    "subagent": "rules here see that a subagent asks (`thread`), and not which one",
    "toolAnnotations": "what a server says of its tools is no fact",
    "allowRedirection": "a command and its redirections are not told apart in an allow rule",
    "allow_redirection": "a command and its redirections are not told apart in an allow rule",
}


class _Entry(msgspec.Struct, frozen=True):
    """A rule as it was read: what becomes of it, and where it may decide, for those that it goes before.

    *commands* is `None` for all, or where nobody can tell.
    """

    item: Rule | Left
    place: Place
    decision: Strictness | None
    priority: int
    tools: tuple[str, ...]
    commands: tuple[str, ...] | None


def read(texts: Sequence[tuple[str, str]]) -> Read:
    """Return what the policy files *texts* say, all of one tier."""
    entries: list[_Entry] = []
    mistakes: list[str] = []
    for name, text in texts:
        reader = Mistakes(name, text)
        document = reader.document()
        if document is not None:
            entries.extend(_File(name, text, reader).entries(document))
        mistakes.extend(reader.found)
    order = sorted(entries, key=lambda entry: -entry.priority)
    places = {id(entry): number for number, entry in enumerate(order)}
    return Read(tuple(_noted(entry, order[: places[id(entry)]]) for entry in entries), tuple(mistakes))


def _noted(entry: _Entry, before: Iterable[_Entry]) -> Rule | Left:
    """Return what becomes of *entry*, with a note where a milder rule of those *before* it may decide in Gemini."""
    if not isinstance(entry.item, Rule):
        return entry.item
    for other in before:
        if other.decision is not None and other.decision < entry.item.decision and _meet(entry, other):
            place = f"{other.place.file}:{other.place.line}"
            note = f"in Gemini the milder rule at {place} goes first where both match; here the stricter answer holds"
            return msgspec.structs.replace(entry.item, notes=(*entry.item.notes, note))
    return entry.item


def _meet(one: _Entry, other: _Entry) -> bool:
    """Whether some call may be one that both speak of."""
    if not _overlap(one.tools, other.tools):
        return False
    return one.commands is None or other.commands is None or _overlap(one.commands, other.commands)


def _overlap(ones: Iterable[str], others: Sequence[str]) -> bool:
    return any(may_fit(one, other.replace(ANYTHING, HOLE)) for one in ones for other in others)


class _File:
    """Reads one file."""

    def __init__(self, name: str, text: str, mistakes: Mistakes) -> None:
        self.name = name
        self.mistakes = mistakes
        self.lines = text.replace("\r\n", "\n").split("\n")
        self.statements: dict[Path, list[Statement]] = {}
        for item in statements(text):
            for length in (1, 2):
                self.statements.setdefault(item.path[:length], []).append(item)

    def entries(self, document: dict[str, object]) -> Iterator[_Entry]:
        for key, value in document.items():
            if key != "rule":
                place = self.place((key,))
                yield _behind(place, f"`{key}`: only rules are carried over, no checkers and no settings")
            elif not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
                line = self.place((key,)).line
                self.mistakes.found.append(f"{self.name}:{line}: rules are written as `[[rule]]`, each a table")
            else:
                for number, table in enumerate(value):
                    place = self.place((key, number))
                    yield from (entry(part, place) for part in parts(table))

    def place(self, path: Path) -> Place:
        """Return where what is at *path* stands; where it has no line of its own, what it is written with."""
        found = self.statements.get(path) or self.statements[path[:1]]
        first, last = found[0].first, max(item.last for item in found)
        return Place(self.name, first, "\n".join(self.lines[first - 1 : last]).strip())


def _behind(place: Place, why: str) -> _Entry:
    return _Entry(left(place, why), place, None, 0, (), ())


def parts(table: dict[str, object]) -> Iterator[dict[str, object]]:
    """Yield *table*; where only some names of its list can be said here: it with those, then with each other one."""
    key = "commandPrefix" if "commandPrefix" in table else "toolName"
    names = table.get(key)
    good = [name for name in names if _sayable({**table, key: [name]})] if isinstance(names, list) else []
    yield {**table, key: good} if good else table
    if isinstance(names, list) and good:
        yield from ({**table, key: [name]} for name in names if name not in good)


def _sayable(table: dict[str, object]) -> bool:
    try:
        return bool(prefixes(table, DENY) or tools(table)) and not unsaid(table, DENY)
    except CarryError:
        return False


def entry(table: dict[str, object], place: Place) -> _Entry:
    """Return what the rule *table* at *place* says."""
    given = table.get("priority", 0)
    decision = _DECISIONS.get(str(table.get("decision")))
    priority = given if isinstance(given, int) else 0
    names, commands = _reach(table)
    try:
        item: Rule | Left = rule(table, place)
    except CarryError as error:
        item = left(place, str(error))
    return _Entry(item, place, decision, priority, names, commands)


def _reach(table: dict[str, object]) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return the tools and commands that *table* may speak of, whatever else it depends on; too many, never too few."""
    try:
        found = prefixes(table, ALLOW)
        if found is not None:
            return ("shell",), found.when[0].words
        return tools(table).patterns, None
    except CarryError:
        return ("shell" if "commandPrefix" in table else ANYTHING,), None


def rule(table: dict[str, object], place: Place) -> Rule:
    """Return the rule *table* in our words; raises `CarryError` where there are none for it."""
    decision = _DECISIONS.get(word := str(table.get("decision")))
    if decision is None:
        raise CarryError(f"Gemini knows no decision `{word}`: allow, deny or ask_user")
    if not isinstance(table.get("priority", 0), int):
        raise CarryError("Gemini itself refuses it: `priority` is a whole number")
    if why := unsaid(table, decision):
        raise CarryError(why)
    speaks = prefixes(table, decision) or _on_tools(table, decision)
    message = table.get("denyMessage", table.get("deny_message", ""))
    return Rule(
        place,
        decision,
        speaks.when,
        CLIENT,
        _label(table),
        message.strip() if isinstance(message, str) else "",
        wider=speaks.wider,
        notes=speaks.notes,
    )


def unsaid(table: dict[str, object], decision: Strictness) -> str:
    """Return every key on which *table* depends and that has no counterpart here, with the reason."""
    found = []
    for key, value in table.items():
        if key in _WHY and not _idle(key, value, decision):
            found.append(f"`{key}`: {_WHY[key]}")
        elif key not in _WHY and key not in _KEYS | _SAYS_NOTHING:
            found.append(f"`{key}`: this key is not known")
    return "; ".join(found)


def _idle(key: str, value: object, decision: Strictness) -> bool:
    """Whether *key* with this *value* changes nothing about a rule."""
    if key == "modes":
        return isinstance(value, list) and (not value or {str(mode) for mode in value} >= _MODES)
    return key in {"allowRedirection", "allow_redirection"} and (decision is not ALLOW or value is False)


def prefixes(table: dict[str, object], decision: Strictness) -> Speaks | None:
    """Return the commands that *table* speaks of; `None` where it names no prefix."""
    if "commandPrefix" not in table:
        return None
    if table.get("toolName", "run_shell_command") not in SHELLS or "mcpName" in table:
        raise CarryError("Gemini itself refuses it: a `commandPrefix` goes with the tool `run_shell_command` alone")
    given = texts_of(table, "commandPrefix")
    found = [_words(text) for text in given]
    patterns = tuple(dict.fromkeys(pattern for words in found for pattern in prefix(words)))
    return on_commands(patterns, decision, tuple(dict.fromkeys(why for words in found for why in words.wider)))


def _words(text: str) -> Words:
    try:
        return literal(shell_words(text))
    except CarryError as error:
        raise CarryError(f"`{text}`: {error}") from None


def _on_tools(table: dict[str, object], decision: Strictness) -> Speaks:
    found = tools(table)
    speaks = on_tools(found.patterns, decision, found.wider)
    return msgspec.structs.replace(speaks, notes=(*speaks.notes, *found.notes))


def _label(table: dict[str, object]) -> str:
    """Return in short what *table* is about."""
    if "commandPrefix" in table:
        return "|".join(texts_of(table, "commandPrefix"))
    names = "|".join(texts_of(table, "toolName")) if "toolName" in table else ANYTHING
    return f"{table['mcpName']} {names}" if "mcpName" in table else names
