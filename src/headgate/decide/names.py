"""Sets of names as rules see them: bounded, in one spelling, with holes for what nobody knows."""

from headgate.model.facts import Workload

MAX_NAMES = 256
"""Names in a set; a larger set is unknown, because no rule should reason over half a list."""

MAX_TEXT = 4096
"""Characters of a name or a text; in a longer one, what stands behind is not known."""

MAX_HOLES, MAX_HOLED = 16, 512
"""Names with holes in one set, and characters of each, that are looked at; beyond, more is unknown."""

HOLE = "\0"
"""In a name: a part that nobody knows. Alone: there may be more names in the set, or one that is not told."""

Value = bool | str | float | tuple[str, ...] | None
"""The value of a fact for one call; `None` is unknown."""

_OPAQUE = Workload.OPAQUE  # an enumeration is slow to ask for its members


def names(found: tuple[str, ...], workloads: tuple[Workload, ...]) -> Value:
    """Return a set of names: an opaque action may have more of them than the text shows."""
    if len(found) > MAX_NAMES:
        return None
    text = "".join(found)
    if len(text) > MAX_TEXT:
        found = tuple([_short(item) for item in found])
    if HOLE in text:
        found = _few_holes(found)
    return (*found, HOLE) if _OPAQUE in workloads else found


def _few_holes(found: tuple[str, ...]) -> tuple[str, ...]:
    """Return *found* with names that are partly unknown cut short, and a hole in place of all where there are many."""
    known = [name for name in found if HOLE not in name]
    if len(found) - len(known) > MAX_HOLES:
        return (*known, HOLE)
    return tuple([name if HOLE not in name or len(name) <= MAX_HOLED else name[:MAX_HOLED] + HOLE for name in found])


def machines(found: tuple[str, ...], unnamed: bool, workloads: tuple[Workload, ...]) -> Value:  # noqa: FBT001 as read
    """Return the names of machines in small letters; another one that is reached and not named is a hole."""
    if len(found) > MAX_NAMES:
        return None
    if found:
        found = tuple([_short(name).lower().rstrip(".") for name in found])
    return (*found, HOLE) if unnamed or _OPAQUE in workloads else found


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + HOLE
