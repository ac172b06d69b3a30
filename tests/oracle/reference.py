"""Which commands another parser finds: `shfmt`, through its typed JSON (shfmt(1), `--to-json`)."""

import codecs
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from headgate.classify.shell.parse import parse
from headgate.classify.shell.syntax import Broken, Simple

SHFMT = Path(sys.executable).parent / "shfmt"
UNKNOWN = "…"
"""Stands for a name that only running the text tells."""

_BACKSLASH = re.compile(r"\\(\n?)(.?)", re.DOTALL)
_KEYWORDS = frozenset({"time", "coproc"})
"""Words that we keep in front of the command they are said of."""


def reference(text: str) -> Counter[str] | None:
    """Return the names of the commands that `shfmt` finds in *text*, `None` where it cannot read it."""
    done = subprocess.run(
        [SHFMT, "-ln", "bash", "--to-json"], input=text.encode(), capture_output=True, timeout=60, check=False
    )
    if done.returncode:
        return None
    return Counter(_name(node["Args"][0]) for node in _nodes(json.loads(done.stdout)) if _is_call(node))


def own(text: str) -> tuple[Counter[str], bool]:
    """Return the names that our tree holds, and whether it says that something could not be read."""
    names: Counter[str] = Counter()
    broken = False
    stack: list[object] = [parse(text)]
    while stack:
        node = stack.pop()
        broken = broken or isinstance(node, Broken)
        if isinstance(node, Simple):
            names.update(_own_names(node))
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, msgspec.Struct):
            stack.extend(getattr(node, field) for field in node.__struct_fields__)
    return names, broken


def lacking(text: str) -> Counter[str]:
    """Return the names that `shfmt` finds in *text* and our tree neither has nor doubts."""
    theirs = reference(text)
    ours, broken = own(text)
    return Counter() if theirs is None or broken else theirs - ours


def _own_names(node: Simple) -> Iterator[str]:
    for word in node.words:
        yield UNKNOWN if word.literal is None or "{" in word.literal else word.literal
        if word.literal not in _KEYWORDS and not (word.literal or "").startswith("-"):
            return


def _is_call(node: dict[str, Any]) -> bool:
    return node.get("Type") == "CallExpr" and bool(node.get("Args"))


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            yield node
            stack.extend(node.values())
        elif isinstance(node, list):
            stack.extend(node)


def _name(word: dict[str, Any]) -> str:
    parts = [_part(part) for part in word["Parts"]]
    return UNKNOWN if UNKNOWN in parts else "".join(parts)


def _part(part: dict[str, Any]) -> str:
    """Return the characters that a part stands for."""
    match part["Type"]:
        case "Lit" if "{" not in part["Value"]:
            return _BACKSLASH.sub(lambda match: "" if match[1] else match[2], part["Value"])
        case "SglQuoted":
            value: str = part.get("Value", "")
            return codecs.decode(value, "unicode_escape") if part.get("Dollar") else value
        case "DblQuoted" if all(
            inner["Type"] == "Lit" and "\\" not in inner["Value"] for inner in part.get("Parts", ())
        ):
            return "".join(inner["Value"] for inner in part.get("Parts", ()))
        case _:
            return UNKNOWN
