"""`headgate job N --tree`: what lives of a job now, and what it started, as its supervisor saw it."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from headgate.host.home import Home
from headgate.surfaces.client import ask
from headgate.workers.digest import lasting
from headgate.workers.lines import narrow
from headgate.workers.living import Living

SHOWN = 100
"""Starts that are shown, the last ones; `--json` has all that is kept."""

_WIDTH = 160


class Seen(msgspec.Struct, frozen=True):
    """The *living* processes of a job, and its *starts*: pairs of a command and how often it was started.

    *total* counts all starts, those that were not kept too; 0 says that no supervisor looks at this job.
    """

    living: tuple[Living, ...] = ()
    starts: tuple[tuple[str, int], ...] = ()
    total: int = 0


def look(home: Home, number: int) -> Seen:
    """Return the tree of a job; raises `HeadgateError` HG402 where there is no such job."""
    return msgspec.convert(ask(home, {"op": "tree", "job": number})["tree"], Seen)


def page(number: int, seen: Seen) -> str:
    """Return the tree in words."""
    lines = [f"job {number}: {len(seen.living)} processes live now", *_branches(seen.living)]
    if seen.total:
        shown = seen.starts[-SHOWN:]
        left = len(seen.starts) - len(shown)
        lines.append(
            f"it started {seen.total} programs so far" + (f"; the last {SHOWN} kinds of them:" if left else ":")
        )
        lines += [f"  {f'{count}×':>6} {narrow(command, _WIDTH)}" for command, count in shown]
    else:
        lines.append("what it started before is not known: no exec gate stands around it")
    return "\n".join(lines)


def _branches(living: Sequence[Living]) -> Iterator[str]:
    children: dict[int, list[Living]] = {}
    known = {item.pid for item in living}
    for item in living:
        children.setdefault(item.parent if item.parent in known else 0, []).append(item)
    yield from _below(0, children, 1)


def _below(parent: int, children: Mapping[int, Sequence[Living]], depth: int) -> Iterator[str]:
    for item in children.get(parent, ()):
        yield f"{'  ' * depth}{item.pid} {narrow(item.command, _WIDTH)} ({lasting(item.seconds)})"
        if depth < 40:  # noqa: PLR2004 deeper than any screen
            yield from _below(item.pid, children, depth + 1)
