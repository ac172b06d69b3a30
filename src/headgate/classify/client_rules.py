"""The client's own deny and ask rules, read against the original command: a rewrite would hide it from them.

The grammar is Claude Code's: `Bash`, `Bash(exact words)`, `Bash(prefix:*)`, `Bash(words * words)`; a rule for
another tool names it. A compound command is matched command by command.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

import msgspec

from headgate.classify.shell.parse import parse
from headgate.classify.shell.syntax import Simple
from headgate.model.action import Action, ShellAction, WriteAction

_RULE = re.compile(r"([A-Za-z_][\w*]*)(?:\((.*)\))?\Z", re.DOTALL)


class ClientRules(msgspec.Struct, frozen=True):
    """The rules as they stand in the client's settings."""

    deny: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()


def client_rule(action: Action, rules: ClientRules) -> str:
    """Return `deny`, `ask` or `none`: what *rules* say of *action*; an unreadable rule says nothing."""
    if not rules.deny and not rules.ask:
        return "none"
    if isinstance(action, WriteAction):
        return "none"  # the client matches its own paths, and nothing was rewritten
    name, commands = ("Bash", _all_commands(action.command)) if isinstance(action, ShellAction) else (action.name, ())
    if any(_matches(rule, name, commands) for rule in rules.deny):
        return "deny"
    return "ask" if any(_matches(rule, name, commands) for rule in rules.ask) else "none"


def client_allows(action: Action, rules: ClientRules) -> bool:
    """Whether *rules* certainly let the shell *action* run without a prompt: each of its commands is allowed as it is.

    What the client looks at more closely than at words (redirections, substitutions, variables in front) is never
    certain here; then the client asks, or not, by itself.
    """
    if not isinstance(action, ShellAction) or not rules.allow or _CLOSER.search(action.command):
        return False
    commands = tuple(_commands(action.command))
    return bool(commands) and all(
        any(_matches(rule, "Bash", (command,)) for rule in rules.allow) for command in commands
    )


_CLOSER = re.compile(r"[`$<>\n\\]|(?:^|[;&|(]|\s)\s*[A-Za-z_]\w*=")


def _all_commands(text: str) -> tuple[str, ...]:
    """Return the whole *text*, and the text of every simple command in it."""
    return (text.strip(), *_commands(text))


def _commands(text: str) -> Iterator[str]:
    """Yield the text of every simple command in *text*."""
    stack: list[object] = [parse(text)]
    while stack:
        node = stack.pop()
        if isinstance(node, Simple):
            yield text[node.start : node.end].strip()
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, msgspec.Struct):
            stack.extend(getattr(node, field) for field in node.__struct_fields__)


def _matches(rule: str, name: str, commands: tuple[str, ...]) -> bool:
    parsed = _RULE.match(rule.strip())
    if parsed is None or parsed[1] != name:
        return False
    pattern = parsed[2]
    if not pattern or pattern == "*":
        return True
    return any(_pattern(pattern).match(command) for command in commands)


@lru_cache(maxsize=512)
def _pattern(pattern: str) -> re.Pattern[str]:
    if pattern.endswith(":*"):
        return re.compile(re.escape(pattern[:-2]) + r"(?:\s.*)?\Z", re.DOTALL)
    if pattern.endswith(" *") and pattern.count("*") == 1:
        return re.compile(re.escape(pattern[:-2]) + r"(?:\s.*)?\Z", re.DOTALL)
    return re.compile(".*".join(re.escape(piece) for piece in pattern.split("*")) + r"\Z", re.DOTALL)
