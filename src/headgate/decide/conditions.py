"""Conditions of a rule to tests on values, typed against the schema."""

from fnmatch import fnmatchcase

from headgate.decide.durations import duration
from headgate.decide.mistakes import Mistakes
from headgate.decide.policy import Test
from headgate.decide.schema import CHOICES, PLACES, SCHEMA, WORKLOADS, Kind


def conditions(
    table: dict[str, object], mistakes: Mistakes, *, unknown: bool, loosens: bool
) -> tuple[tuple[int, Test], ...]:
    """Return the tests of a `when` or `unless` *table*; *unknown* is their answer for an unknown value.

    `any` on a set is refused where it *loosens*: a compound command carries several names.
    """
    found: list[tuple[int, Test]] = []
    for fact, wanted in table.items():
        kind = SCHEMA.get(fact)
        if kind is None:
            mistakes.add_word("when", fact, SCHEMA)
            continue
        tests = _TESTS[kind](fact, wanted, mistakes, loosens)
        found.extend((PLACES[fact], _or_unknown(test, unknown=unknown)) for test in tests)
    return tuple(found)


def _or_unknown(test: Test, *, unknown: bool) -> Test:
    return lambda value: unknown if value is None else test(value)


def _flag(fact: str, wanted: object, mistakes: Mistakes, _loosens: bool) -> list[Test]:  # noqa: FBT001 one table of readers
    if not isinstance(wanted, bool):
        mistakes.add_here(fact, f"`{fact}` is true or false, not `{wanted}`")
        return []
    return [lambda value: value is wanted]


def _choice(fact: str, wanted: object, mistakes: Mistakes, _loosens: bool) -> list[Test]:  # noqa: FBT001
    words = [str(word) for word in wanted] if isinstance(wanted, list) else [str(wanted)]
    for word in words:
        if word not in CHOICES[fact]:
            mistakes.add_word(fact, word, CHOICES[fact])
    accepted = frozenset(words)
    return [lambda value: value in accepted]


def _names(fact: str, wanted: object, mistakes: Mistakes, loosens: bool) -> list[Test]:  # noqa: FBT001
    if not isinstance(wanted, dict):
        mistakes.add_here(fact, f"`{fact}` is a set: test it with `.any`, `.only` or `.none`")
        return []
    tests: list[Test] = []
    for operator, patterns in wanted.items():
        words = [str(word) for word in patterns] if isinstance(patterns, list) else [str(patterns)]
        if operator not in _SETS:
            mistakes.add_here(fact, f"`{fact}.{operator}` is no test on a set: any, only or none")
        elif operator == "any" and loosens:
            mistakes.add_here(fact, f"`{fact}.any` cannot loosen: use `.only`, a call carries several names")
        else:
            _check_names(fact, words, mistakes)
            tests.append(_SETS[operator](words))
    return tests


def _check_names(fact: str, words: list[str], mistakes: Mistakes) -> None:
    if fact == "workload":
        for word in words:
            if word not in WORKLOADS:
                mistakes.add_word(fact, word, WORKLOADS)


def _measure(fact: str, wanted: object, mistakes: Mistakes, _loosens: bool) -> list[Test]:  # noqa: FBT001
    if not isinstance(wanted, dict):
        mistakes.add_here(fact, f"`{fact}` is {SCHEMA[fact].value}: test it with `.at_least` or `.below`")
        return []
    tests: list[Test] = []
    for operator, bound in wanted.items():
        number = duration(bound) if SCHEMA[fact] is Kind.DURATION or not isinstance(bound, str) else None
        if operator not in {"at_least", "below"} or number is None:
            mistakes.add_here(
                fact, f"`{fact}.{operator}` needs `at_least` or `below` with {SCHEMA[fact].value}, not `{bound}`"
            )
        else:
            tests.append(_at_least(number) if operator == "at_least" else _below(number))
    return tests


def _at_least(bound: float) -> Test:
    return lambda value: isinstance(value, int | float) and value >= bound


def _below(bound: float) -> Test:
    return lambda value: isinstance(value, int | float) and value < bound


def _any(patterns: list[str]) -> Test:
    fits = _fits(patterns)
    return lambda value: isinstance(value, tuple) and any(map(fits, value))


def _only(patterns: list[str]) -> Test:
    fits = _fits(patterns)
    return lambda value: isinstance(value, tuple) and bool(value) and all(map(fits, value))


def _none(patterns: list[str]) -> Test:
    fits = _fits(patterns)
    return lambda value: isinstance(value, tuple) and not any(map(fits, value))


def _fits(patterns: list[str]) -> Test:
    exact = frozenset(pattern for pattern in patterns if not any(mark in pattern for mark in "*?["))
    globs = [pattern for pattern in patterns if pattern not in exact]
    if not globs:
        return exact.__contains__
    return lambda name: name in exact or any(fnmatchcase(str(name), pattern) for pattern in globs)


_SETS = {"any": _any, "only": _only, "none": _none}
_TESTS = {
    Kind.FLAG: _flag,
    Kind.CHOICE: _choice,
    Kind.NAMES: _names,
    Kind.NUMBER: _measure,
    Kind.DURATION: _measure,
}
