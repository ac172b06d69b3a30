"""Paths in the manner of gitignore, as patterns for the fact `writes_files`."""

from itertools import product

import msgspec

from headgate.configure.carry.rules import ANYTHING, CarryError

_MARKS = frozenset("?[]\\")
_MOST_DEEP = 4
"""`/**/` in one path: each doubles the patterns."""

_DEEP, _BELOW = "/**/", "/**"


class Paths(msgspec.Struct, frozen=True):
    """Patterns of absolute paths; *wider* says which paths they fit that the original does not."""

    patterns: tuple[str, ...]
    wider: tuple[str, ...] = ()


def paths(text: str) -> Paths:
    """Return the patterns for *text*, in which `//x` is absolute, `~/x`, `/x` and `x` are below folders not known here.

    A star here fits a slash too. Raises `CarryError` where no pattern says at least as much.
    """
    if not text or not _MARKS.isdisjoint(text):
        raise CarryError("it holds `?`, `[…]` or a backslash, or nothing: only `*` is a pattern here")
    if text.startswith(("!", "#")):
        raise CarryError("it is a negation or a comment: a path here says what a rule is about")
    rest, fixed = _rest(text)
    if ".." in rest.split("/"):
        raise CarryError("it goes up a folder (`..`): paths are seen without that here")
    inner = rest.removesuffix("/").removesuffix(_BELOW).strip("/")
    inner = inner if fixed else inner.removeprefix("**/")
    if inner in {"", "*", "**"}:
        return _all(text, fixed=fixed)
    found = tuple(pattern for path in _flat(inner) for pattern in _with_below(("/" if fixed else "*/") + path))
    wider = () if fixed else (f"holds for `{inner}` in any folder",)
    if "*" in inner.replace(_DEEP, "/").removeprefix("**/"):
        wider = (*wider, "its star also fits folders in between")
    return Paths(tuple(dict.fromkeys(found)), wider)


def _all(text: str, *, fixed: bool) -> Paths:
    """Return the pattern for all that *text* stands for."""
    if fixed:
        return Paths(("/*",))
    if text.startswith(("~", "/")):
        raise CarryError("it is all of a folder that is not known here")
    return Paths((ANYTHING,), ("holds in any folder",))


def _rest(text: str) -> tuple[str, bool]:
    """Return *text* without its anchor, and whether that is the root of the file system."""
    if text.startswith("//"):
        return text[2:], True
    for anchor in ("~/", "./", "/"):
        if text.startswith(anchor):
            return text[len(anchor) :], False
    if text.startswith("~"):
        raise CarryError("it names the home of another user, which is not known here")
    return text, False


def _flat(inner: str) -> list[str]:
    """Return *inner* with and without folders at each `**`."""
    head, *rest = inner.split(_DEEP)
    if len(rest) > _MOST_DEEP:
        raise CarryError(f"it holds `/**/` more than {_MOST_DEEP} times")
    heads = [head.removeprefix("**/"), "*/" + head.removeprefix("**/")] if head.startswith("**/") else [head]
    found = []
    for first, *joins in product(heads, *[("/", "/*/")] * len(rest)):
        path = first + "".join(join + part for join, part in zip(joins, rest, strict=True))
        found.append(path.replace("**", "*"))
    return found


def _with_below(path: str) -> tuple[str, ...]:
    """Return the pattern *path*, and that of everything in it where it is a folder."""
    return (path,) if path.endswith("*") else (path, f"{path}/*")
