"""The facts that a policy saw, as the journal keeps them: without what a quiet call has, and without secrets."""

from collections.abc import Mapping

from headgate.record.redact import redact

Value = bool | str | float | tuple[str, ...] | None
"""A fact's value, as `decide/schema.py` has it; `None` is unknown."""

QUIET: Mapping[str, Value] = {"client_rule": "none", "environment": "local", "tool": "shell"}
"""What is not written down, beside false, 0, and what is empty."""


def recorded(values: Mapping[str, Value]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """Return *values* without those of a quiet call and without secrets, and the facts that had a secret."""
    told: dict[str, Value] = {}
    masked: list[str] = []
    for name, value in values.items():
        if value is None or value != QUIET.get(name, quiet(value)):
            clean = _clean(value)
            told[name] = clean
            if clean != value:
                masked.append(name)
    return told, tuple(masked)


def quiet(value: Value) -> Value:
    """Return the value that a quiet call has in a fact of the kind of *value*."""
    match value:
        case bool():
            return False
        case str():
            return ""
        case tuple():
            return ()
        case _:
            return 0


def _clean(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple([redact(item) for item in value])
    return redact(value) if isinstance(value, str) else value


def restored(told: Mapping[str, Value], usual: Mapping[str, Value]) -> dict[str, Value]:
    """Return what `recorded` was given, for the facts that *usual* names with one value of the kind of each."""
    return {name: QUIET.get(name, quiet(value)) for name, value in usual.items()} | dict(told)
