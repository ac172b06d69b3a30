"""What redirections feed a command, and which files they write."""

from typing import TYPE_CHECKING

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.paths import absolute
from headgate.classify.shell.expansion import expand
from headgate.classify.shell.guard import guarded_write
from headgate.classify.shell.parse import parse
from headgate.classify.shell.syntax import Node, Redirect, Simple
from headgate.classify.shell.words import fields
from headgate.model.facts import Workload

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk


class Stdin(msgspec.Struct, frozen=True):
    """What feeds a command: *text* where it is known, *piped* where another command writes it."""

    fed: bool = False
    text: str | None = None
    piped: bool = False


NO_STDIN = Stdin()

_WRITES = frozenset({">", ">>", ">|", "&>", "&>>", "<>"})
_HARMLESS = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/")
_DISKS = ("/dev/sd", "/dev/nvme", "/dev/vd", "/dev/hd", "/dev/xvd", "/dev/disk", "/dev/mapper/", "/dev/mmcblk")


def redirected(walk: "Walk", body: Node, redirects: tuple[Redirect, ...], stdin: Stdin) -> Effect:
    """Return the effect of *body* with its *redirects*."""
    inner: list[Effect] = []
    for redirect in redirects:
        if redirect.target is None and redirect.body is not None:
            stdin = _heredoc(walk, redirect, inner)
        elif redirect.op in {"<<<", "<"}:
            stdin = _input(walk, redirect, inner)
        elif redirect.op in _WRITES:
            inner.append(_output(walk, redirect, inner))
        elif redirect.target is not None:
            expand(walk, (redirect.target,), inner)
    done = walk.node(body, stdin)
    _remember(walk, redirects, inner, done.output)
    hides = any(redirect.op in _WRITES for redirect in redirects)
    if not inner and not hides:
        return done
    return change(join([*inner, done]), output=None if hides else done.output, rounds=max(done.rounds, 1))


def _remember(walk: "Walk", redirects: tuple[Redirect, ...], inner: list[Effect], output: str | None) -> None:
    """Keep what the text itself writes into files, so that a script it runs later is judged by that."""
    fresh = any(redirect.op in {">", ">|"} for redirect in redirects)
    for path in (path for effect in inner for path in effect.writes):
        walk.state.written[path] = output if fresh else None


def _heredoc(walk: "Walk", redirect: Redirect, inner: list[Effect]) -> Stdin:
    text = redirect.body or ""
    if not redirect.expands or not any(mark in text for mark in "$`\\"):
        return Stdin(fed=True, text=text)
    inner.extend(_substitutions(walk, text))
    return Stdin(fed=True, text=_fill(walk, text))


def _substitutions(walk: "Walk", text: str) -> list[Effect]:
    """Return the effects of the substitutions in the body of an unquoted here-document."""
    if "$(" not in text and "`" not in text:
        return []
    quoted = '"' + text.replace('"', '\\"') + '"'
    return [walk.node(parse(f": {quoted}"))]


def _fill(walk: "Walk", text: str) -> str:
    """Return the body with the variables that are known, and marks for the rest."""
    tree = parse('X="' + text.replace('"', '\\"') + '"')
    value = tree.assignments[0].value if isinstance(tree, Simple) and tree.assignments else None
    return HIDDEN if value is None else "".join(fields(value, walk.scope, lambda _body: None))


def _input(walk: "Walk", redirect: Redirect, inner: list[Effect]) -> Stdin:
    words = expand(walk, (redirect.target,), inner) if redirect.target is not None else ()
    text = " ".join(words)
    if redirect.op == "<<<":
        return Stdin(fed=True, text=None if HIDDEN in text else text + "\n")
    if text == "/dev/null":
        return Stdin(fed=True, text="")
    where = absolute(text, walk.cwd, walk.around.home)
    content = walk.around.read(where) if where and not walk.machine else None
    return Stdin(fed=True, text=content)


def _output(walk: "Walk", redirect: Redirect, inner: list[Effect]) -> Effect:
    words = expand(walk, (redirect.target,), inner) if redirect.target is not None else ()
    path = words[0] if words else ""
    if not path or path.isdigit() or path == "-" or path.startswith(_HARMLESS):
        return EMPTY
    span = walk.span(redirect.target.start, redirect.target.end) if redirect.target else None
    where = absolute(path, walk.cwd, walk.around.home) if HIDDEN not in path else ""
    found = list(guarded_write(walk.around, where or path, span)) if not walk.machine else []
    if path.startswith(_DISKS):
        found.append(fx.evidence(Workload.DESTRUCTIVE, f"writes over the disk `{path}`", span))
    elif redirect.op == ">" and where.startswith("/var/log/"):
        found.append(fx.evidence(Workload.DESTRUCTIVE, f"empties the log `{path}`", span))
    destroys = fx.DESTROYS if any(item.workload is Workload.DESTRUCTIVE for item in found) else 0
    return Effect(fx.CHANGES | destroys, tuple(found), writes=(where or path,))
