"""A call in the words of the policy language: only what is unusual about it."""

from collections.abc import Mapping
from datetime import date

from headgate.decide.names import HOLE, Value
from headgate.decide.schema import FACTS, Kind, completed

_PLACES = {name: place for place, name in enumerate(FACTS)}


def telling(values: Mapping[str, Value]) -> dict[str, Value]:
    """Return the facts that tell a call with these *values* from a quiet one, and do not follow from the others."""
    found: dict[str, Value] = {}
    for name, value in sorted(values.items(), key=lambda item: _PLACES.get(item[0], len(FACTS))):
        usual = completed(found).get(name, 0.0)
        if value != usual and not (value is None and usual is None):
            found[name] = value
    return found


def call_in_words(values: Mapping[str, Value]) -> str:
    """Return the call with these *values* on one line."""
    found = telling(values)
    said = {"thread": values["thread"]} | found
    return ", ".join(
        f"{name} {'unknown' if value is None else '= ' + in_toml(name, value)}" for name, value in said.items()
    )


def in_toml(name: str, value: Value) -> str:
    """Return *value* of the fact *name* as it stands in a policy; a hole is `…`."""
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return "[" + ", ".join(_quoted("…" if item == HOLE else item.replace(HOLE, "…")) for item in value) + "]"
        case str():
            return _quoted(value)
        case None:
            return '"unknown"'
        case _:
            return _measure(name, value)


def _measure(name: str, value: float) -> str:
    kind = FACTS[name].kind if name in FACTS else Kind.NUMBER
    if kind is Kind.DATE:
        return date.fromordinal(int(value)).isoformat()
    return f'"{value:g}s"' if kind is Kind.DURATION else f"{value:g}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
