"""The facts of a decision as the journal keeps them: short, without secrets, and the same when they are read back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify import Inventory, Surroundings, classify
from headgate.decide.names import HOLE, Value
from headgate.decide.schema import FACTS, MEASURES, Kind, Situation, completed, values
from headgate.model.action import Caller, ShellAction, Thread
from headgate.record.events import Decided, decode, encode
from headgate.record.facts import recorded, restored
from headgate.record.redact import MARK, redact, secrets_in

USUAL: dict[str, Value] = {name: fact.usual for name, fact in FACTS.items()}
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
SECRETS = st.sampled_from(["DB_PASSWORD=hunter2 ./run", "vault login --token s.abc", "echo sk-ant-" + "a" * 30])


def value_of(name: str, words: st.SearchStrategy[str]) -> st.SearchStrategy[Value]:
    """Return the values that the fact *name* may have, unknown among them."""
    fact = FACTS[name]
    if fact.kind in MEASURES:
        some: st.SearchStrategy[Value] = st.integers(0, 2**40) | st.floats(0, 2**40) | st.just(0)
    else:
        word = st.sampled_from(fact.words) if fact.words else words
        kinds: dict[Kind, st.SearchStrategy[Value]] = {Kind.FLAG: st.booleans(), Kind.NAMES: st.lists(word).map(tuple)}
        some = kinds.get(fact.kind, word)
    return some if fact.sure else st.none() | some


def calls(words: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Value]]:
    """Return calls with any value of any fact; some of them are quiet but for a few facts."""
    every = {name: value_of(name, words) for name in FACTS}
    few = st.fixed_dictionaries({}, optional=every).map(lambda told: USUAL | told)
    return st.fixed_dictionaries(every) | few


@given(calls(WORDS.filter(lambda word: redact(word) == word)))
def test_what_is_recorded_is_restored(call: dict[str, Value]) -> None:
    told, masked = recorded(call)

    assert (call, ()) == (restored(told, USUAL), masked)


@given(calls(WORDS.filter(lambda word: redact(word) == word)))
def test_it_is_restored_from_the_bytes_of_the_journal(call: dict[str, Value]) -> None:
    event = decode(encode(decided(recorded(call)[0])))

    assert isinstance(event, Decided)
    assert call == restored(event.facts, USUAL)


def decided(told: dict[str, Value]) -> Decided:
    return Decided(
        at=1.0,
        caller=Caller("c", "s", Thread.MAIN, "1"),
        tool="shell",
        command="",
        action="",
        cwd="",
        decision="allow",
        then="",
        enforced="",
        workloads=(),
        machines=(),
        environment="local",
        reasons=(),
        evidence=(),
        rules=(),
        budget=None,
        policy="",
        facts=told,
    )


@given(calls(WORDS | SECRETS))
def test_secrets_are_masked_and_the_facts_that_had_one_are_named(call: dict[str, Value]) -> None:
    clean = {name: cleaned(value) for name, value in call.items()}

    told, masked = recorded(call)

    assert clean == restored(told, USUAL)
    assert [name for name, value in call.items() if clean[name] != value] == list(masked)
    assert "hunter2" not in msgspec.json.encode(told).decode()


def cleaned(value: Value) -> Value:
    if isinstance(value, tuple):
        return tuple(redact(item) for item in value)
    return redact(value) if isinstance(value, str) else value


OF_KINDS: dict[Kind, Value] = {Kind.FLAG: False, Kind.TEXT: "", Kind.CHOICE: "", Kind.NAMES: ()}
QUIET_CALL: dict[str, Value] = {name: OF_KINDS.get(fact.kind, 0) for name, fact in FACTS.items()} | {
    "client_rule": "none",
    "environment": "local",
    "tool": "shell",
}


@given(calls(WORDS))
def test_what_a_quiet_call_has_is_not_written_down_and_what_is_unknown_is(call: dict[str, Value]) -> None:
    assert [name for name, value in call.items() if value is None or value != QUIET_CALL[name]] == list(
        recorded(call)[0]
    )


def test_nothing_written_down_is_a_quiet_call() -> None:
    assert QUIET_CALL == restored({}, USUAL)


# -- by example -----------------------------------------------------------------------------------


ALWAYS = {"thread": "main", "date": USUAL["date"]}
"""What has no quiet value, and is told below where it is not the usual one."""

REMOTE = {"remote": True, "remote_calls_recent": 1}


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({}, {"hour": 12, "weekday": "monday", "estimate": None}),
        ({"hour": 0, "weekday": "friday", "estimate": 0.0}, {"weekday": "friday"}),
        ({"hour": 1, "weekday": "sunday", "estimate": 2.5}, {"hour": 1, "weekday": "sunday", "estimate": 2.5}),
    ],
)
def test_the_time_and_the_estimate_have_no_quiet_value_but_nought(
    facts: dict[str, Value], found: dict[str, Value]
) -> None:
    assert (ALWAYS | found, ()) == recorded(completed(facts))


@pytest.mark.parametrize(
    ("facts", "found"),
    [
        ({"environment": None, "remote": True}, REMOTE | {"environment": None}),
        ({"environment": "local", "tool": ""}, {"tool": ""}),
        ({"machines": None, "environment": "dev"}, REMOTE | {"machines": None, "environment": "dev"}),
        ({"programs": (HOLE,), "commands": ()}, {"programs": (HOLE,)}),
        ({"workload": ("opaque",)}, {"workload": ("opaque",), "heavy": True}),
        ({"client_rule": "ask", "pool": "gpu", "steps": 2}, {"client_rule": "ask", "pool": "gpu", "steps": 2}),
    ],
)
def test_a_record_holds_what_is_unusual(facts: dict[str, Value], found: dict[str, Value]) -> None:
    usual = {"hour": 12, "weekday": "monday", "estimate": None}

    assert (ALWAYS | usual | found, ()) == recorded(completed(facts))


@pytest.mark.parametrize(
    ("command", "masked", "kept"),
    [
        ("git status", (), "git status"),
        ("mysql --password=hunter2 -h db1", ("commands",), f"mysql --password={MARK} -h db1"),
        ("PGPASSWORD=hunter2 psql -h db1", (), "psql -h db1"),
        ("curl -H 'Authorization: Bearer hunter2hunter2' https://x.example", ("commands",), "curl"),
        ("echo x > /tmp/secret=hunter2", ("writes_files",), "echo x"),
    ],
)
def test_a_command_with_a_secret_is_kept_without_it(command: str, masked: tuple[str, ...], kept: str) -> None:
    facts = classify(ShellAction(command, "/repo"), Surroundings(), Inventory())

    told, found = recorded(values(facts, Situation(Thread.MAIN)))

    assert masked == found
    assert kept in str(told["commands"])
    assert "hunter2" not in msgspec.json.encode(told).decode()


def test_a_long_set_is_cut_and_told() -> None:
    told, masked = recorded(completed({"commands": tuple(f"{number:04} {'x' * 995}" for number in range(40))}))

    commands = told["commands"]
    assert isinstance(commands, tuple)
    assert (17, "\0", ("commands",)) == (len(commands), commands[-1], masked)


def test_of_a_call_with_very_many_secrets_no_name_is_kept() -> None:
    text = " ".join(f"TOKEN{number}=secret{number}" for number in range(200))
    told, masked = recorded(completed({"commands": (text,), "programs": ("x",)}), secrets_in(text))

    assert ({"commands": (MARK,), "programs": (MARK,)}, {"commands", "programs"}) == (
        {name: told[name] for name in ("commands", "programs")},
        set(masked),
    )
