"""The facts that a policy saw, as the journal keeps them: without what a quiet call has, and without secrets."""

from collections.abc import Mapping

from headgate.record.redact import without

Value = bool | str | float | tuple[str, ...] | None
"""A fact's value, as `decide/schema.py` has it; `None` is unknown."""

QUIET: Mapping[str, Value] = {"client_rule": "none", "environment": "local", "tool": "shell"}
"""What is not written down, beside false, 0, and what is empty."""


def recorded(values: Mapping[str, Value], secrets: tuple[str, ...] = ()) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Return *values* without those of a quiet call, and the facts from which a secret was taken.

    *secrets* are taken out wherever they stand, and whatever else looks like one.
    """
    told = {
        name: value
        for name, value in values.items()
        if value is None or (value != QUIET[name] if name in QUIET else value)
    }
    text = "\n".join([item for value in told.values() for item in _texts(value)])
    if without(text, secrets) == text:  # one look at all of it is enough for nearly every call
        return told, ()
    clean = {name: _clean(value, secrets) for name, value in told.items()}
    return clean, tuple(name for name, value in clean.items() if value != told[name])


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
