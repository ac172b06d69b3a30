"""Other agents' permission rules, carried over into one layer of a policy, with a report of what was left."""

from collections.abc import Callable, Sequence

from headgate.configure.carry.claude_code import read as read_claude_code
from headgate.configure.carry.codex import read as read_codex
from headgate.configure.carry.gemini import read as read_gemini
from headgate.configure.carry.rules import Carried, Kept, Left, Read
from headgate.configure.carry.writing import written
from headgate.decide.rules import Layer
from headgate.model.errors import HeadgateError

__all__ = ["SOURCES", "Carried", "Kept", "Left", "carry"]

SOURCES = ("codex", "gemini", "claude-code")
"""The agents whose rules are understood."""

_READERS: dict[str, Callable[[Sequence[tuple[str, str]]], Read]] = {
    "codex": read_codex,
    "gemini": read_gemini,
    "claude-code": read_claude_code,
}
_PREFIXES = {"codex": "codex", "gemini": "gemini", "claude-code": "claude"}


def carry(source: str, texts: Sequence[tuple[str, str]], layer: Layer) -> Carried:
    """Return the rules of *source* in *texts*, pairs of a file's name and its content, as one file of *layer*.

    What cannot be said there is in the report, with the reason. Raises `HeadgateError` HG112 with every place where a
    text cannot be read at all, one a line, as `name:line: what`; HG130 for a source or a layer that takes no rules.
    """
    if source not in SOURCES:
        raise HeadgateError("HG130", f"rules of `{source}` are not understood", f"choose one of {', '.join(SOURCES)}")
    if layer is Layer.SHIPPED:
        raise HeadgateError("HG130", "the shipped layer takes no rules", "choose organisation, user or project")
    found = _READERS[source]([(name, text.removeprefix("\ufeff")) for name, text in texts])
    if found.mistakes:
        message = "the rules cannot be read:\n" + "\n".join(found.mistakes)
        raise HeadgateError("HG112", message, "repair the files; nothing of them is carried over")
    return written(found.items, _PREFIXES[source], layer)
