"""The facts that a policy saw, as the journal keeps them: without what a quiet call has, and without secrets."""

from collections.abc import Mapping

from headgate.record.redact import MARK, MOST, without

Value = bool | str | float | tuple[str, ...] | None
"""A fact's value, as `decide/schema.py` has it; `None` is unknown."""

QUIET: Mapping[str, Value] = {"client_rule": "none", "environment": "local", "tool": "shell"}
"""What is not written down, beside false, 0, and what is empty."""


_TEXTS = frozenset({"commands", "machines", "opaque_because", "programs", "writes_files"})
"""The sets of names that a text gives."""


KEPT = 16_000
"""Characters of one set of names that are kept."""

MORE = "\0"
"""In a set: more names, which are not kept."""


def recorded(values: Mapping[str, Value], secrets: tuple[str, ...] = ()) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Return *values* without those of a quiet call, and the names of facts of which less is kept than was seen.

    *secrets* are taken out wherever they stand, and whatever else looks like one.
    """
    told = {
        name: value
        for name, value in values.items()
        if value is None or (value != QUIET[name] if name in QUIET else value)
    }
    if len(secrets) >= MOST:  # too many to be looked for one by one: no name is kept
        told |= dict.fromkeys(told.keys() & _TEXTS, (MARK,))
        return told, tuple(name for name in told if name in _TEXTS)
    kept = {name: _bounded(value) for name, value in told.items()}
    text = "\n".join([item for value in kept.values() for item in _texts(value)])
    if without(text, secrets) != text:  # one look at all of it is enough for nearly every call
        kept = {name: _clean(value, secrets) for name, value in kept.items()}
    return kept, tuple(name for name, value in kept.items() if value != told[name])


def _bounded(value: Value) -> Value:
    """Return *value*, a long set of names cut where the journal would grow by it, with a hole for the rest."""
    if not isinstance(value, tuple) or sum(map(len, value)) <= KEPT:
        return value
    kept: list[str] = []
    left = KEPT
    for item in value:
        left -= len(item)
        if left < 0:
            break
        kept.append(item)
    return (*kept, MORE)


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    return (value,) if isinstance(value, str) else ()


def quiet(value: Value) -> Value:
    """Return the value that a quiet call has in a fact of the kind of *value*."""
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        return ""
    return () if isinstance(value, tuple) else 0


def _clean(value: Value, secrets: tuple[str, ...]) -> Value:
    if isinstance(value, tuple):
        return tuple([without(item, secrets) for item in value])
    return without(value, secrets) if isinstance(value, str) else value


def restored(told: Mapping[str, Value], usual: Mapping[str, Value]) -> dict[str, Value]:
    """Return what `recorded` was given, for the facts that *usual* names with one value of the kind of each."""
    return {name: QUIET.get(name, quiet(value)) for name, value in usual.items()} | dict(told)
