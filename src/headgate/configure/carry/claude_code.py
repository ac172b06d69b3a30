"""Claude Code's settings: the lists `deny`, `ask` and `allow` of rules such as `Bash(git push:*)`."""

import json
import re
from collections.abc import Iterator, Sequence

from headgate.configure.carry.claude_tools import WRITERS, names
from headgate.configure.carry.commands import Words, literal, prefix, shell_words
from headgate.configure.carry.paths import paths
from headgate.configure.carry.places import Path, parsed
from headgate.configure.carry.rules import (
    ALLOW,
    ANYTHING,
    CONFIRM,
    DENY,
    WRITE,
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
from headgate.decide.conditions import Condition, Operator
from headgate.model.decision import Strictness

CLIENT = "Claude Code"

_LISTS = {"deny": DENY, "ask": CONFIRM, "allow": ALLOW}
_SETTINGS = {
    "defaultMode": "the mode of a client is its own",
    "additionalDirectories": "where a client may work is its own affair; rules about paths name them",
}
_BESIDE = {
    "hooks": "hooks are programs, not rules",
    "disableAllHooks": "whether hooks run is the client's own setting",
    "sandbox": "the sandbox is the client's own",
    "enabledMcpjsonServers": "which servers start is the client's own setting; rules about tools name them",
    "disabledMcpjsonServers": "which servers start is the client's own setting; rules about tools name them",
}
_INPUTS = {
    "Read": "what is read is no fact",
    "WebFetch": "the host of a page is no fact",
    "Agent": "which subagent is started is no fact",
    "Skill": "which skill is used is no fact",
}
_CALL = re.compile(r"([^()]+)\((.*)\)\Z", re.DOTALL)
_LONGEST = 80


def read(texts: Sequence[tuple[str, str]]) -> Read:
    """Return what the settings files *texts* say."""
    items: list[Rule | Left] = []
    mistakes: list[str] = []
    for name, text in texts:
        try:
            document, lines = parsed(text)
        except json.JSONDecodeError as error:
            mistakes.append(f"{name}:{error.lineno}: this is not JSON: {error.msg}")
        except (ValueError, RecursionError):
            mistakes.append(f"{name}:1: this is not JSON that can be read: it nests too deep, or holds a huge number")
        else:
            items.extend(_File(name, lines, mistakes).items(document))
    return Read(tuple(items), tuple(mistakes))


class _File:
    """Reads one file; *lines* has the line of each path."""

    def __init__(self, name: str, lines: dict[Path, int], mistakes: list[str]) -> None:
        self.name = name
        self.lines = lines
        self.mistakes = mistakes

    def items(self, document: object) -> Iterator[Rule | Left]:
        if not isinstance(document, dict):
            self.wrong((), "the settings are an object")
            return
        for key, value in document.items():
            if key == "permissions":
                yield from self.permissions(value)
            elif key in _BESIDE:
                yield self.setting((key,), value, _BESIDE[key])

    def permissions(self, table: object) -> Iterator[Rule | Left]:
        if not isinstance(table, dict):
            self.wrong(("permissions",), "`permissions` is an object")
            return
        for key, value in table.items():
            if key not in _LISTS:
                yield self.setting(("permissions", key), value, _SETTINGS.get(key, "it is a setting, not a rule"))
            elif isinstance(value, list):
                yield from self.rules(key, value)
            else:
                self.wrong(("permissions", key), f"`permissions.{key}` is a list of rules")

    def rules(self, key: str, given: list[object]) -> Iterator[Rule | Left]:
        for number, item in enumerate(given):
            line = self.lines.get(("permissions", key, number), self.lines.get(("permissions", key), 1))
            if not isinstance(item, str):
                yield Left(self.name, line, _brief(item), "a rule is a text")
                continue
            place = Place(self.name, line, item)
            try:
                yield rule(item.strip(), _LISTS[key], place)
            except CarryError as error:
                yield left(place, str(error))

    def setting(self, path: Path, value: object, why: str) -> Left:
        return Left(self.name, self.lines.get(path, 1), f"{path[-1]}: {_brief(value)}", why)

    def wrong(self, path: Path, what: str) -> None:
        self.mistakes.append(f"{self.name}:{self.lines.get(path, 1)}: {what}")


def _brief(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def rule(text: str, decision: Strictness, place: Place) -> Rule:
    """Return the rule *text* in our words; raises `CarryError` where there are none for it."""
    call = _CALL.match(text)
    if call is None and ("(" in text or ")" in text or not text):
        raise CarryError("it is not of the form `Tool` or `Tool(content)`")
    name, content = (call[1].strip(), call[2]) if call else (text, "")
    speaks = on_content(name, content, decision) if content not in {"", ANYTHING} else on_name(name, decision)
    return Rule(place, decision, speaks.when, CLIENT, text, wider=speaks.wider, notes=speaks.notes)


def on_name(name: str, decision: Strictness) -> Speaks:
    """Return the calls of the tools that a rule without content is about."""
    found = names(name, loosens=decision is ALLOW)
    return on_tools(found.patterns, decision, found.wider)


def on_content(name: str, content: str, decision: Strictness) -> Speaks:
    """Return the calls that a rule about the *content* given to the tool *name* is about."""
    if name == "Bash":
        return on_shell(content, decision)
    if name in WRITERS:
        return on_files(name, content, decision)
    if name.startswith("mcp__"):
        raise CarryError("rules about tools of a server take no content in Claude Code either")
    name = "Agent" if name == "Task" else name
    raise CarryError(
        f"{_INPUTS.get(name, 'what a tool is given is no fact')}; only rules about all of `{name}` are carried over"
    )


def on_shell(content: str, decision: Strictness) -> Speaks:
    """Return the calls with a command that the *content* of a `Bash` rule fits."""
    words: Words
    if content.endswith(":*"):
        words = literal(shell_words(content[:-2]))
        patterns: tuple[str, ...] = prefix(words)
    elif content.endswith(" *") and content.count(ANYTHING) == 1:
        words = shell_words(content[:-2])
        patterns = prefix(words)
    else:
        words = shell_words(content)
        patterns = (words.text,)
    if "**" in content:
        raise CarryError("it holds `**`, which stands for folders there and for any text here")
    return on_commands(patterns, decision, words.wider)


def on_files(name: str, content: str, decision: Strictness) -> Speaks:
    """Return the calls that write a file which the *content* of an `Edit` rule fits.

    An allow rule is only about files that the client writes itself; the others hold for commands too.
    """
    found = paths(content)
    wider = found.wider
    if name != "Edit":
        wider = (*wider, f"Claude Code itself matches no path of `{name}(…)`, only of `Edit(…)`")
    if decision is not ALLOW:
        return Speaks((Condition("writes_files", Operator.ANY, found.patterns),), wider)
    tool = Condition("tool", Operator.GLOB, (WRITE,))
    return Speaks((tool, Condition("writes_files", Operator.ONLY, found.patterns)), wider)
