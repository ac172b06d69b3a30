"""The JSON schema of a policy file, for editors that complete and check TOML."""

from headgate.decide.conditions import ON, Operator
from headgate.decide.examples import BESIDE, EXPECT, TEST
from headgate.decide.rules import Layer, Mode
from headgate.decide.schema import FACTS, MEASURES, Fact, Kind
from headgate.decide.starting import AtStart, Connections, ExecGate
from headgate.decide.vocabulary import (
    COUNTED,
    ENVIRONMENTS,
    INVARIANT,
    LEASES,
    MOST_APPROVALS,
    PROFILES,
    RULE,
    WHAT,
    WINDOW,
    WITH,
    WORKERS,
)
from headgate.model.decision import Strictness

Node = dict[str, object]

_ANSWER: Node = {"enum": [answer.word for answer in Strictness]}
_DURATION: Node = {
    "oneOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)?$"}],
    "description": "seconds, or `500ms`, `30s`, `10m`, `2h`, `1d`",
}
_SOME_TIME: Node = {"$ref": "#/$defs/duration"}
_TESTS: Node = {"$ref": "#/$defs/conditions"}
_CALL: Node = {"$ref": "#/$defs/facts"}
_TEXT: Node = {"type": "string"}
_ID: Node = {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}
_DATE: Node = {"description": "a local date such as 2026-12-24"}


def json_schema() -> Node:
    """Return the schema: JSON Schema 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Headgate policy",
        "type": "object",
        "required": ["schema"],
        "additionalProperties": False,
        "$defs": {"duration": _DURATION, "conditions": _conditions(), "facts": _facts()},
        "properties": {
            "schema": {"const": 1, "description": "the version of the facts that the rules may test"},
            "layer": {"enum": [*map(str, Layer)]},
            "profile": {"enum": [*PROFILES], "description": "stand on this shipped profile"},
            "default": _ANSWER | {"description": "the answer where no allow rule speaks"},
            "settings": _table(
                {
                    "comfort": _SOME_TIME,
                    "session_budget": _SOME_TIME,
                    "approval": _SOME_TIME,
                    "override_max": _SOME_TIME,
                    "break_glass": {"type": "boolean"},
                    "exec_gate": {"enum": [*map(str, ExecGate)]},
                    "at_start": {"enum": [*map(str, AtStart)]},
                    "connections": {"enum": [*map(str, Connections)]},
                    "quick_wait": _SOME_TIME,
                    "mode": {"enum": [*map(str, Mode)]},
                }
            ),
            "sets": {"type": "object", "additionalProperties": {"type": "array", "items": _TEXT, "minItems": 1}},
            "inventory": _table({name: _words(_TEXT, least=0) for name in ENVIRONMENTS}),
            "window": {"type": "object", "additionalProperties": _window()},
            "rule": {"type": "array", "items": _rule()},
            "invariant": {"type": "array", "items": _invariant()},
            "test": {"type": "array", "items": _test()},
        },
    }


def _table(properties: Node, required: tuple[str, ...] = ()) -> Node:
    found: Node = {"type": "object", "additionalProperties": False, "properties": properties}
    return found | ({"required": list(required)} if required else {})


def _words(item: Node, *, least: int = 1) -> Node:
    return {"oneOf": [item, {"type": "array", "items": item, "minItems": least}]}


def _rule() -> Node:
    properties: Node = {key: {"description": WHAT[key]} for key in RULE}
    properties["id"] = _ID | {"description": WHAT["id"]}
    properties["decision"] = _ANSWER | {"description": WHAT["decision"]}
    properties["when"] = _TESTS | {"description": WHAT["when"]}
    properties["unless"] = _TESTS | {"description": WHAT["unless"]}
    properties["with"] = _table({key: _obligation(key) for key in WITH}) | {"description": WHAT["with"]}
    for key in ("reason", "hint"):
        properties[key] = _TEXT | {"description": WHAT[key]}
    for key in ("match", "not_match"):
        properties[key] = {"type": "array", "items": {"oneOf": [_TEXT, _CALL]}, "description": WHAT[key]}
    return _table(properties, ("id", "decision", "reason"))


def _obligation(key: str) -> Node:
    kinds: dict[str, Node] = {
        "budget": _SOME_TIME,
        "max_run": _SOME_TIME,
        "pool": _words(_TEXT),
        "approvers": _words(_TEXT),
        "approvals": {"type": "integer", "minimum": 1, "maximum": MOST_APPROVALS},
        "not_requester": {"type": "boolean"},
        "worker": _words({"enum": [*WORKERS]}),
        "lease": _words({"enum": [*LEASES]}),
    }
    return kinds[key] | {"description": WHAT[key]}


def _conditions() -> Node:
    """Return the tests on facts; a policy's own windows are facts too, so other names are numbers."""
    found = _table({name: _condition(fact) for name, fact in FACTS.items()})
    return found | {"additionalProperties": _measure(Kind.NUMBER)}


def _condition(fact: Fact) -> Node:
    word: Node = {"enum": [*fact.words]} if fact.words and fact.kind is Kind.CHOICE else _TEXT
    if fact.kind is Kind.FLAG:
        return {"type": "boolean", "description": fact.meaning}
    if fact.kind is Kind.CHOICE:
        named: Node = {"oneOf": [word, {"type": "string", "pattern": r"^\$"}]}
        return _words(named) | {"description": fact.meaning}
    if fact.kind in MEASURES:
        return _measure(fact.kind) | {"description": fact.meaning}
    return _table({operator.value: _words(_TEXT) for operator in ON[fact.kind]}) | {"description": fact.meaning}


def _measure(kind: Kind) -> Node:
    bound: Node = {Kind.DURATION: _SOME_TIME, Kind.DATE: _DATE}.get(kind, {"type": "number"})
    return _table({operator.value: bound for operator in (Operator.AT_LEAST, Operator.BELOW)})


def _facts() -> Node:
    """Return a table that tells facts of a call."""
    told: Node = {name: _value(fact) | {"description": fact.meaning} for name, fact in FACTS.items()}
    beside: Node = dict(zip(BESIDE, (_TEXT, _words(_TEXT, least=0)), strict=True))
    return _table(told | beside) | {"additionalProperties": {"type": "number"}}


def _value(fact: Fact) -> Node:
    if fact.kind is Kind.NAMES:
        return _words({"enum": [*fact.words]} if fact.words else _TEXT, least=0)
    kinds: dict[Kind, Node] = {
        Kind.FLAG: {"type": "boolean"},
        Kind.CHOICE: {"enum": [*fact.words]},
        Kind.TEXT: _TEXT,
        Kind.NUMBER: {"type": "number"},
        Kind.DURATION: _SOME_TIME,
        Kind.DATE: _DATE,
    }
    return kinds[fact.kind]


def _window() -> Node:
    counts = ["calls", *(f"distinct {fact}" for fact in COUNTED)]
    return _table(dict(zip(WINDOW, ({"enum": counts}, _SOME_TIME, _TESTS), strict=True)), ("count", "over"))


def _invariant() -> Node:
    of = {"id": _ID, "given": _TESTS, "unless": _TESTS, "at_least": _ANSWER, "reason": _TEXT}
    then: Node = {
        "enum": ["allow", "delegate"],
        "description": "what a yes grants at least, where the answer is confirm",
    }
    return _table({key: of.get(key, then) for key in INVARIANT}, ("id", "at_least"))


def _test() -> Node:
    of: dict[str, Node] = {"decision": _ANSWER, "then": _ANSWER, "budget": _SOME_TIME, "max_run": _SOME_TIME}
    of["approvals"], of["not_requester"] = {"type": "integer"}, {"type": "boolean"}
    lists = {"rules", "without", "approvers", "lease"}
    expect = _table({key: of.get(key, _words(_TEXT, least=0) if key in lists else _TEXT) for key in EXPECT})
    found: dict[str, Node] = {"facts": _CALL, "expect": {"oneOf": [_ANSWER, expect]}}
    return _table({key: found.get(key, _TEXT) for key in TEST}, ("name", "expect"))
