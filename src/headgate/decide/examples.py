"""Calls that a policy tells itself: examples of a rule, and tests; read here, and tried where facts are told."""

from collections.abc import Iterator, Mapping

from headgate.decide.conditions import Schema, measure
from headgate.decide.durations import duration
from headgate.decide.mistakes import Mistakes
from headgate.decide.names import Value
from headgate.decide.rules import Example, Expected, Layer, Test
from headgate.decide.schema import MEASURES, Kind
from headgate.model.decision import Strictness

TEST = ("name", "facts", "command", "expect")
_PEOPLE = ("approvers", "approvals", "not_requester")
EXPECT = ("decision", "then", "rules", "without", *_PEOPLE, "lease", "budget", "max_run", "pool", "worker")
BESIDE = ("command", "unknown")
"""What an example may tell beside facts."""

LONGEST = 1000
"""Characters of an example's command: every load classifies it."""

_LISTS = ("rules", "without", "approvers", "lease")
_DURATIONS = ("budget", "max_run")
_ANSWERS = ("decision", "then")
_COUNTS = {"approvals": int, "not_requester": bool}
_WORDS = [answer.word for answer in Strictness]


def example(item: object, place: str, mistakes: Mistakes, schema: Schema) -> Example:
    """Return the call that *item* tells: a command, or a table of facts, `command` and `unknown` facts among them."""
    item = {"command": item} if isinstance(item, str) else item
    if not isinstance(item, dict):
        mistakes.add_here(place, f'`{place}` holds commands, or tables of facts such as `{{ workload = ["deploy"] }}`')
        return Example()
    facts: dict[str, Value] = {}
    for name in [name for name in item if name not in BESIDE]:
        if name not in schema:
            mistakes.add_word(place, name, [*schema, *BESIDE])
        else:
            facts.update(_told(name, item[name], mistakes, schema))
    command = item.get("command", "")
    if not isinstance(command, str) or len(command) > LONGEST:
        mistakes.add_here("command", f"`command` is a text for the shell, of at most {LONGEST} characters")
    return Example(facts, str(command), _unknown(item.get("unknown", []), mistakes, schema), mistakes.line)


def _unknown(given: object, mistakes: Mistakes, schema: Schema) -> tuple[str, ...]:
    names = _words(given)
    if names is None:
        mistakes.add_here("unknown", "`unknown` is a list of facts")
        return ()
    for name in names:
        if name not in schema:
            mistakes.add_word("unknown", name, schema)
    return tuple(names)


def _words(given: object) -> list[str] | None:
    """Return a word or a list of words as a list; `None` for anything else."""
    words = [given] if isinstance(given, str) else given
    return list(words) if isinstance(words, list) and all(isinstance(word, str) for word in words) else None


def _told(name: str, given: object, mistakes: Mistakes, schema: Schema) -> Iterator[tuple[str, Value]]:
    """Yield the fact *name* with its value, typed; nothing, and a mistake, where it has none."""
    fact = schema[name]
    value: Value = None
    if (fact.kind is Kind.FLAG and isinstance(given, bool)) or (
        fact.kind in {Kind.CHOICE, Kind.TEXT} and isinstance(given, str)
    ):
        value = given
    elif fact.kind is Kind.NAMES:
        words = _words(given)
        value = None if words is None else tuple(word.lower() if fact.folds else word for word in words)
    elif fact.kind in MEASURES:
        value = measure(fact.kind, given)
    if value is None:
        mistakes.add_here(name, f"`{name}` is {fact.kind.value}, not `{given}`")
        return
    for word in value if isinstance(value, tuple) else (value,):
        if fact.words and word not in fact.words:
            mistakes.add_word(name, str(word), fact.words)
    yield name, value


def test(table: Mapping[str, object], mistakes: Mistakes, schema: Schema, layer: Layer) -> Test:
    """Return the `[[test]]` in *table*."""
    mistakes.unknown_keys(table, TEST, "a test")
    if not isinstance(table.get("name"), str) or not table["name"]:
        mistakes.add_here("name", "a test needs a `name`")
    facts = table.get("facts", {})
    if not isinstance(facts, dict):
        mistakes.add_here("facts", "`facts` is a table of facts")
        facts = {}
    command = {"command": table["command"]} if "command" in table else {}
    told = example({**facts, **command}, "facts", mistakes, schema)
    if not facts and not command:
        mistakes.add_here("name", "a test needs `facts` or a `command`")
    line, file = mistakes.line, mistakes.name
    return Test(str(table.get("name", "")), told, _expected(table.get("expect"), mistakes), layer, file, line)


def _expected(given: object, mistakes: Mistakes) -> Expected:
    table = {"decision": given} if isinstance(given, str) else given
    if not isinstance(table, dict) or not table:
        mistakes.add_here("expect", "a test needs `expect`: a decision, or a table with `decision`, `rules`, …")
        return Expected()
    mistakes.unknown_keys(table, EXPECT, "expect")
    found: dict[str, object] = {}
    for key in EXPECT:
        if key in table:
            found[key] = _expectation(key, table[key], mistakes)
    return Expected(**found)  # type: ignore[arg-type]


def _counted(key: str, given: object, mistakes: Mistakes) -> object:
    if type(given) is not _COUNTS[key]:
        mistakes.add_here(key, f"`expect.{key}` is {'a number' if _COUNTS[key] is int else 'true or false'}")
    return given


def _expectation(key: str, given: object, mistakes: Mistakes) -> object:
    """Return what is expected of *key*, typed; `None`, and a mistake, where it says nothing."""
    if key in _LISTS:
        names = _words(given)
        if names is None:
            mistakes.add_here(key, f"`expect.{key}` is a list of names")
        return None if names is None else tuple(names)
    if key in _DURATIONS:
        seconds = duration(given)
        if seconds is None:
            mistakes.add_here(key, f"`expect.{key}` needs a duration such as `30s`, not `{given}`")
        return seconds
    if key in _COUNTS:
        return _counted(key, given, mistakes)
    if key in _ANSWERS and given not in _WORDS:
        mistakes.add_word(key, str(given), _WORDS)
    if not isinstance(given, str):
        mistakes.add_here(key, f"`expect.{key}` is a name")
    return str(given)
