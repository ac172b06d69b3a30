"""What redirections feed a command, and which files they write."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from headgate.classify import effect as fx
from headgate.classify.addresses import names_api
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.paths import absolute
from headgate.classify.shell.expansion import expand
from headgate.classify.shell.guard import guarded_write, private
from headgate.classify.shell.syntax import Node, Redirect, Sequence, Simple
from headgate.classify.shell.ways import steers
from headgate.model.facts import Workload
from headgate.model.span import Span

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk


class Stdin(msgspec.Struct, frozen=True):
    """What feeds a command: *text* where it is known, *piped* where another command writes it."""

    fed: bool = False
    text: str | None = None
    piped: bool = False


NO_STDIN = Stdin()

_WRITES = frozenset({">", ">>", ">|", "&>", "&>>", ">&", "<>"})
_SILENT = {(), (":",), ("true",), ("cat", "/dev/null"), ("echo", "-n"), ("printf", "")}
_HARMLESS = ("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty", "/dev/fd/")
_DISKS = ("/dev/sd", "/dev/nvme", "/dev/vd", "/dev/hd", "/dev/xvd", "/dev/disk", "/dev/mapper/", "/dev/mmcblk")


def redirected(walk: "Walk", body: Node, redirects: tuple[Redirect, ...], stdin: Stdin) -> Effect:
    """Return the effect of *body* with its *redirects*."""
    inner: list[Effect] = []
    for redirect in redirects:
        if redirect.op in _WRITES:
            inner.append(_output(walk, redirect, inner))
        else:
            stdin = _fed(walk, redirect, inner, stdin)
    done = walk.node(body, stdin)
    if _silent(body):
        inner.extend(_emptied(walk, redirect) for redirect in redirects if redirect.op in {">", ">|"})
    _remember(walk, redirects, inner, done.output)
    inner.extend(_later(walk, inner, done.output))
    hides = any(redirect.op in _WRITES for redirect in redirects)
    if not inner and not hides:
        return done
    return change(join([*inner, done]), output=None if hides else done.output, rounds=max(done.rounds, 1))


def _fed(walk: "Walk", redirect: Redirect, inner: list[Effect], stdin: Stdin) -> Stdin:
    """Return what feeds the command behind *redirect*, where *stdin* did before."""
    match redirect:
        case Redirect(target=None):
            return _heredoc(walk, redirect, inner)
        case Redirect(op="<&"):
            return _duplicate(walk, redirect, inner, stdin)
        case _:
            return _input(walk, redirect, inner)


def _silent(body: Node) -> bool:
    """Whether *body* surely prints nothing, so that the file behind `>` is empty afterwards."""
    match body:
        case Sequence(()):
            return True
        case Simple(words=words):
            return tuple(word.literal for word in words) in _SILENT
        case _:
            return False


def _emptied(walk: "Walk", redirect: Redirect) -> Effect:
    """Return the effect of emptying a file by a redirection: the same as with the program for that."""
    paths = expand(walk, (redirect.target,), []) if redirect.target is not None else ()
    if not paths or paths[0].startswith(_HARMLESS) or redirect.target is None:
        return EMPTY
    effect = walk.command(("truncate", "-s", "0", paths[0]), walk.span(redirect.target.start, redirect.target.end))
    return Effect(effect.does, effect.evidence)


def _remember(walk: "Walk", redirects: tuple[Redirect, ...], inner: list[Effect], output: str | None) -> None:
    """Keep what the text itself writes into files, so that a script it runs later is judged by that."""
    fresh = any(redirect.op in {">", ">|"} for redirect in redirects)
    for path in (path for effect in inner for path in effect.writes):
        walk.state.written[path] = output if fresh else None


_RUN_LATER = re.compile(
    r"/\.git/hooks/[^/]+\Z|/\.husky/[^/]+\Z|/\.(?:bashrc|bash_profile|bash_login|bash_aliases|profile|zshrc|zshenv|zprofile)\Z"
)
"""Files that something else runs by itself."""


def _later(walk: "Walk", inner: list[Effect], output: str | None) -> Iterator[Effect]:
    """Yield the effect of writing a command that steers the gate into a file that something runs by itself."""
    if walk.machine or not output or "eadgate" not in output or not steers(output):
        return
    for path in (path for effect in inner for path in effect.writes if _RUN_LATER.search(path)):
        why = f"writes a command that steers the gate into `{path}`, which is run by itself"
        yield Effect(fx.CHANGES, (fx.evidence(Workload.CONTROL_PLANE, why, walk.origin),))


def _heredoc(walk: "Walk", redirect: Redirect, inner: list[Effect]) -> Stdin:
    if redirect.filled is None:
        return Stdin(fed=True, text=redirect.body or "")
    return Stdin(fed=True, text="".join(expand(walk, (redirect.filled,), inner)))


def _input(walk: "Walk", redirect: Redirect, inner: list[Effect]) -> Stdin:
    words = expand(walk, (redirect.target,), inner) if redirect.target is not None else ()
    text = " ".join(words)
    if redirect.op == "<<<":
        return Stdin(fed=True, text=None if HIDDEN in text else text + "\n")
    if text == "/dev/null":
        return Stdin(fed=True, text="")
    where = absolute(text, walk.cwd, walk.around.home)
    span = walk.span(redirect.target.start, redirect.target.end) if redirect.target else None
    inner.extend(_read(walk, text, where, span))
    content = walk.around.read(where) if where and not walk.machine else None
    return Stdin(fed=True, text=content)


def _read(walk: "Walk", text: str, where: str, span: Span | None) -> Iterator[Effect]:
    """Yield the effect of reading *where*, which may be private, or a connection to the gate (bash manual, 3.6)."""
    if walk.machine:
        return
    owned = private(walk.around, where) if where else ""
    if owned:
        yield Effect(fx.READS, (fx.evidence(Workload.CONTROL_PLANE, f"reads `{owned}`, the gate's own", span),))
    if text.startswith("/dev/tcp/") and names_api(text, walk.around):
        yield Effect(fx.READS, (fx.evidence(Workload.CONTROL_PLANE, "speaks with the gate's API", span),))


def _duplicate(walk: "Walk", redirect: Redirect, inner: list[Effect], stdin: Stdin) -> Stdin:
    """Return what another descriptor feeds: nobody follows those, and `-` closes."""
    words = expand(walk, (redirect.target,), inner) if redirect.target is not None else ()
    if words[:1] == ("0",):
        return stdin
    return Stdin(fed=True, text="" if words[:1] == ("-",) else None)


def _output(walk: "Walk", redirect: Redirect, inner: list[Effect]) -> Effect:
    words = expand(walk, (redirect.target,), inner) if redirect.target is not None else ()
    path = words[0] if words else ""
    if not path or path.isdigit() or path == "-" or path.startswith(_HARMLESS):
        return EMPTY
    span = walk.span(redirect.target.start, redirect.target.end) if redirect.target else None
    where = absolute(path, walk.cwd, walk.around.home) if HIDDEN not in path else ""
    found = list(guarded_write(walk.around, where or path, span)) if not walk.machine else []
    if path.startswith("/dev/tcp/") and not walk.machine and names_api(path, walk.around):
        found.append(fx.evidence(Workload.CONTROL_PLANE, "speaks with the gate's API", span))
    if path.startswith(_DISKS):
        found.append(fx.evidence(Workload.DESTRUCTIVE, f"writes over the disk `{path}`", span))
    elif redirect.op == ">" and where.startswith("/var/log/"):
        found.append(fx.evidence(Workload.DESTRUCTIVE, f"empties the log `{path}`", span))
    destroys = fx.DESTROYS if any(item.workload is Workload.DESTRUCTIVE for item in found) else 0
    return Effect(fx.CHANGES | destroys, tuple(found), writes=(where or path,))
