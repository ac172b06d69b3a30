"""Variables that a text sets, and the programs that they make other programs run."""

import re
from typing import TYPE_CHECKING

from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.variables import judged, judges
from headgate.classify.shell.syntax import Assignment, Simple, Variable

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk

_TOOLCHAIN = re.compile(r"(?:HOME|BIN|BINDIR|ROOT|PREFIX|PATH|ENV|SDK|DIR)\Z")
"""Names that hold a folder of a toolchain (`$PNPM_HOME`, `$NVM_BIN`): what they are set to is not told."""


def started(walk: "Walk", node: Simple, words: tuple[str, ...]) -> list[Effect]:
    """Return the effects of the variables that *node* sets: for the program of *words*, or for all that follow."""
    pairs = [(item.name, _value(walk, item)) for item in node.assignments if judges(item.name)]
    if node.exports:
        given = (word.partition("=") for word in words[1:])
        pairs += [(name, value) for name, equals, value in given if equals and judges(name)]
    return [_judged(walk, node, name, value, words) for name, value in pairs]


def _value(walk: "Walk", item: Assignment) -> str | None:
    """Return the value that is set; for `PATH` with the names of what is not known, which tell a toolchain."""
    if item.name == "PATH" and item.value is not None:
        return _path(walk, item)
    values = walk.scope.variables if walk.prefix is None else walk.prefix
    return values.get(item.name)


def _path(walk: "Walk", item: Assignment) -> str | None:
    value = item.value
    if value is None or value.literal is not None:
        return None if value is None else value.literal
    return "".join(_part(walk, part) for part in value.parts)


def _part(walk: "Walk", part: object) -> str:
    if isinstance(part, Variable):
        known = walk.scope.variables.get(part.name)
        if known is not None and part.name != "PATH":
            return known
        toolchain = HIDDEN + "/bin" if _TOOLCHAIN.search(part.name) else HIDDEN + "?"
        return HIDDEN if part.name == "PATH" else toolchain
    return getattr(part, "text", HIDDEN + "/bin")


def _judged(walk: "Walk", node: Simple, name: str, value: str | None, words: tuple[str, ...]) -> Effect:
    call = Call(
        "env",
        (),
        walk.span(node.start, node.end),
        walk.shell,
        walk.around,
        walk.cwd,
        walk.machine,
        tree=walk.state.tree,
    )
    return judged(call, name, value, words[0] if words else "")
