"""What is different between two policies, in words; and that the words of a condition are the condition."""

from datetime import date
from itertools import islice, permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import ANSWERS, loaded, some_rule

from headgate.decide.canonical import condition_text, lasting, obligations
from headgate.decide.compare import changes
from headgate.decide.conditions import ON, Condition, Operator
from headgate.decide.durations import duration
from headgate.decide.evaluate import decide_values
from headgate.decide.layers import Text, join, load
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer
from headgate.decide.schema import FACTS, MEASURES, Kind, completed
from headgate.model.decision import Terms
from headgate.model.errors import HeadgateError

HEAD = 'schema = 1\ndefault = "deny"\n'
RULE = '[[rule]]\nid = "a"\ndecision = "confirm"\nreason = "r"\n'
WINDOW = '[window.w]\ncount = "calls"\nover = "10m"\n'


def differences(before: str, after: str) -> list[str]:
    return changes(load(HEAD + before, "p.toml"), load(HEAD + after, "p.toml"))


# -- every kind of change -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("", "", []),
        ("", RULE, ["added confirm a (organisation p.toml:3)"]),
        (RULE, "", ["removed confirm a (organisation p.toml:3)"]),
        (
            RULE,
            "\n\n" + RULE.replace('"a"', '"b"').replace("confirm", "allow"),
            ["removed confirm a (organisation p.toml:3)", "added allow b (organisation p.toml:5)"],
        ),
        (RULE, RULE.replace("confirm", "delegate"), ["changed a: confirm → delegate"]),
        (RULE, RULE + "when.heavy = true", ["changed a: now when heavy = true"]),
        (RULE + "when.heavy = true", RULE, ["changed a: no longer when heavy = true"]),
        (RULE, RULE + "unless.steps.below = 3", ["changed a: now unless steps.below = 3"]),
        (RULE + 'unless.tool.glob = "x*"', RULE, ['changed a: no longer unless tool.glob = "x*"']),
        (
            RULE + "when.steps.at_least = 3",
            RULE + "when.steps.at_least = 4",
            ["changed a: no longer when steps.at_least = 3; now when steps.at_least = 4"],
        ),
        (
            RULE + "when.heavy = true",
            RULE + "unless.heavy = true",
            ["changed a: no longer when heavy = true; now unless heavy = true"],
        ),
        (RULE, RULE + 'with.budget = "90s"', ["changed a: with nothing → budget 90s"]),
        (
            RULE + 'with = {max_run = "2h", approvers = ["b", "a"]}',
            RULE + 'with = {max_run = "1d", lease = "machine"}',
            ["changed a: with max_run 2h, approvers a, b → max_run 1d, lease machine"],
        ),
        (RULE + 'with.pool = "x"', RULE + 'with.pool = ["x", "y"]', ["changed a: with pool x → pool x, y"]),
        (RULE + 'with.worker = "agent"', RULE, ["changed a: with worker agent → nothing"]),
        (RULE, RULE.replace('"r"', '"other"'), ["changed a: says it in other words"]),
        (RULE, RULE + 'hint = "h"', ["changed a: says it in other words"]),
        (
            RULE,
            RULE.replace("confirm", "deny").replace('"r"', '"s"') + "with.budget = 30\nwhen.heavy = false",
            ["changed a: confirm → deny; now when heavy = false; with nothing → budget 30s; says it in other words"],
        ),
        (
            "",
            '[settings]\ncomfort = "1m"\nquick_wait = 2\n',
            ["changed comfort: 30.0 → 60.0", "changed quick_wait: 3.0 → 2.0"],
        ),
        ("", '[settings]\nmode = "observe"\n', ["changed mode: enforce → observe"]),
        ("", '[inventory]\nprod = "p*"\n', ["changed inventory"]),
        ('[inventory]\nprod = "p*"\n', '[inventory]\ndev = "p*"\n', ["changed inventory"]),
        ("", WINDOW, ["changed windows"]),
        (WINDOW, WINDOW.replace("calls", "distinct machines"), ["changed windows"]),
        (WINDOW, WINDOW + "where.heavy = true\n", ["changed windows"]),
        (WINDOW, WINDOW.replace("[window.w]", "[window.v]"), ["changed windows"]),
    ],
)
def test_each_kind_of_change_is_told(before: str, after: str, found: list[str]) -> None:
    assert found == differences(before, after)
    assert bool(found) is bool(differences(after, before))


def test_a_change_of_the_default_and_of_the_profile_is_told() -> None:
    before = load('schema = 1\ndefault = "deny"')
    after = load('schema = 1\ndefault = "confirm"\nprofile = "strict"')

    assert ["changed default: deny → confirm", "changed profile:  → strict"] == changes(before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RULE + "when.heavy = true\nwhen.remote = true", RULE + "when.remote = true\nwhen.heavy = true"),
        (RULE + 'when.thread = ["main", "worker"]', RULE + 'when.thread = ["worker", "main"]'),
        (RULE + 'when.estimate.at_least = "2m"', RULE + "when.estimate.at_least = 120.0"),
        (RULE, "# a comment\n\n" + RULE + "match = [{ heavy = true }]\n"),
        (RULE + 'when.thread = "$t"', RULE + 'when.thread = "main"\n'),
        (RULE + RULE.replace('"a"', '"b"'), RULE.replace('"a"', '"b"') + RULE),
    ],
)
def test_what_decides_the_same_is_no_change(before: str, after: str) -> None:
    sets = '[sets]\nt = ["main"]\n'

    assert [] == differences(sets + before, sets + after)


def test_rules_of_layers_are_told_by_layer_and_name() -> None:
    top = Text(Layer.ORGANISATION, "o.toml", HEAD + RULE)
    one, other = (Text(Layer.PROJECT, "p.toml", f"schema = 1\n{RULE}when.heavy = {word}") for word in ("true", "false"))

    assert ["added confirm project:a (project p.toml:2)"] == changes(join([top]), join([top, one]))
    assert ["changed project:a: no longer when heavy = true; now when heavy = false"] == changes(
        join([top, one]), join([top, other])
    )


@pytest.mark.parametrize(
    ("many", "told", "last"),
    [(99, 99, "added"), (100, 100, "added"), (101, 101, "… and 1 more"), (250, 101, "… and 150 more")],
)
def test_at_most_a_hundred_differences_are_told(many: int, told: int, last: str) -> None:
    found = differences("", "".join(RULE.replace('"a"', f'"a{number}"') for number in range(many)))

    assert told == len(found)
    assert found[-1].startswith(last)


@given(st.integers(0, 2**48))
def test_there_is_a_difference_where_the_digest_is_another(seed: int) -> None:
    random = Random(seed)
    rules, default = [some_rule(random) for _ in range(random.randint(1, 5))], random.choice(ANSWERS)
    before = loaded(rules, default)
    if random.random() < 0.7:
        rules[random.randrange(len(rules))] = some_rule(random)
    after = loaded(random.sample(rules, len(rules)) if random.random() < 0.3 else rules, default)
    names = {rule.name for rule in before.rules}

    found = changes(before, after)

    assert (before.digest != after.digest) is bool(found)
    assert all(any(f" {name}: " in line for name in names) for line in found)


def test_a_window_that_looks_back_less_far_is_a_difference() -> None:
    assert ["changed windows"] == differences(WINDOW, WINDOW.replace("10m", "1m"))


def test_words_in_another_order_are_no_part_of_a_change() -> None:
    one, other = (RULE + f"when.thread = {words}\n" for words in ('["main", "worker"]', '["worker", "main"]'))

    assert ["changed a: now when heavy = true"] == differences(one, other + "when.heavy = true")


# -- a condition as it stands in a policy ---------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "found"),
    [
        (Condition("heavy", Operator.IS, ("false",)), "heavy = false"),
        (Condition("thread", Operator.IS, ("main",)), 'thread = "main"'),
        (Condition("thread", Operator.IS, ("main", "worker")), 'thread = ["main", "worker"]'),
        (Condition("machines", Operator.ONLY, ("*.prod",)), 'machines.only = "*.prod"'),
        (Condition("commands", Operator.ANY, ('echo "\\"',)), 'commands.any = "echo \\"\\\\\\""'),
        (Condition("cwd", Operator.GLOB, ("/a*", "/b")), 'cwd.glob = ["/a*", "/b"]'),
        (Condition("steps", Operator.BELOW, bound=2.5), "steps.below = 2.5"),
        (Condition("estimate", Operator.AT_LEAST, bound=5400.0), 'estimate.at_least = "90m"'),
        (Condition("date", Operator.BELOW, bound=float(date(2027, 1, 2).toordinal())), "date.below = 2027-01-02"),
        (Condition("a_window", Operator.AT_LEAST, bound=3.0), "a_window.at_least = 3"),
    ],
)
def test_a_condition_is_written_as_people_write_it(item: Condition, found: str) -> None:
    assert found == condition_text(item)


WORDS = st.text(st.characters(exclude_categories=("C", "Z", "Lu", "Lt")), min_size=1, max_size=8).filter(
    lambda word: word[0] != "$" and word == word.lower()
)
BOUNDS = {
    Kind.NUMBER: st.integers(0, 999_999).map(float) | st.integers(0, 99_999).map(lambda number: number / 100),
    Kind.DURATION: st.integers(0, 999_999).map(float)
    | st.integers(1, 9999).map(lambda days: days * 86400.0)
    | st.integers(0, 99_999).map(lambda number: number / 100),
    Kind.DATE: st.dates().map(lambda day: float(day.toordinal())),
}


def words_of(name: str) -> st.SearchStrategy[tuple[str, ...]]:
    fact = FACTS[name]
    word = st.sampled_from(fact.words) if fact.words else WORDS | WORDS.map(lambda text: f"{text} *")
    if fact.words and fact.kind is Kind.NAMES:
        word |= st.sampled_from(["*", "re*", "*-*"])
    if name == "machines":
        word = word.filter(lambda text: not set(text) & set("?["))
    return st.lists(word, min_size=1, max_size=3, unique=True).map(tuple)


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    name = draw(st.sampled_from(sorted(FACTS)))
    kind = FACTS[name].kind
    operator = draw(st.sampled_from(ON[kind]))
    if kind is Kind.FLAG:
        return Condition(name, operator, (draw(st.sampled_from(["true", "false"])),))
    if kind in MEASURES:
        return Condition(name, operator, bound=draw(BOUNDS[kind]))
    return Condition(name, operator, draw(words_of(name)))


def read(text: str) -> Policy:
    return load(f"{HEAD}{RULE}{text}", "p.toml")


@given(st.lists(conditions(), max_size=6, unique_by=lambda item: (item.fact, item.operator)))
def test_a_condition_reads_back_as_what_it_was_written_from(items: list[Condition]) -> None:
    found = read("\n".join(f"when.{condition_text(item)}" for item in items)).rules[0].when

    assert sorted(items, key=repr) == sorted(found, key=repr)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("steps.at_least = 1234567", id="more than six digits"),
        pytest.param("steps.below = 0.1234567", id="more than six digits behind the point"),
        pytest.param("estimate.at_least = 100001.5", id="more than six digits of seconds"),
        pytest.param("estimate.at_least = 0.00001", id="a small duration"),
        pytest.param('estimate.at_least = "1000000d"', id="a large duration"),
        pytest.param('commands.any = "a\\nb"', id="a line end"),
        pytest.param('commands.any = "a\\u007Fb"', id="a control character"),
    ],
)
def test_a_condition_of_unusual_words_or_numbers_reads_back_too(written: str) -> None:
    [item] = read(f"when.{written}").rules[0].when

    assert (item,) == read(f"when.{condition_text(item)}").rules[0].when


@pytest.mark.parametrize(
    "written",
    [
        pytest.param("when.steps.at_least = nan", id="no number"),
        pytest.param("when.estimate.below = nan", id="no duration"),
        pytest.param("when.estimate.at_least = -5", id="a negative duration"),
        pytest.param("with.budget = nan", id="no budget"),
        pytest.param(f"when.steps.at_least = 1{'0' * 400}", id="more than a float holds"),
    ],
)
def test_what_is_no_bound_is_refused(written: str) -> None:
    with pytest.raises(HeadgateError, match="needs"):
        read(written)


def test_no_bound_of_a_lower_layer_takes_away_what_a_higher_one_denies() -> None:
    every = islice(permutations(("nan", "9", "24", "35", "nan", "59", "38"), 5), 0, None, 16)

    assert {("deny",) * 4} >= {denied(bounds) for bounds in every}


def denied(bounds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the answers that the steps which the organisation denies get above a project with these *bounds*."""
    deny = f"{HEAD}{RULE}when.steps.at_least = 5".replace('"deny"', '"allow"').replace("confirm", "deny")
    rules = [f"{RULE}when.steps.at_least = {bound}\n" for bound in bounds]
    lower = "schema = 1\n" + "".join(rule.replace('"a"', f'"a{place}"') for place, rule in enumerate(rules))
    try:
        policy = join([Text(Layer.ORGANISATION, "o.toml", deny), Text(Layer.PROJECT, "p.toml", lower)], prove=False)
    except HeadgateError:
        return ("deny",) * 4  # what is refused cannot loosen
    decide_values(completed({"steps": 4}), policy)  # what is looked up once is remembered
    return tuple(decide_values(completed({"steps": steps}), policy).strictness.word for steps in (6, 8, 30, 70))


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (0.0, "0s"),
        (0.5, "0.5s"),
        (30.0, "30s"),
        (60.0, "1m"),
        (90.0, "90s"),
        (3600.0, "1h"),
        (5400.0, "90m"),
        (172800.0, "2d"),
    ],
)
def test_a_duration_is_in_the_largest_unit_that_divides_it(seconds: float, found: str) -> None:
    assert (found, seconds) == (lasting(seconds), duration(found))


def test_obligations_are_told_in_one_order() -> None:
    terms = Terms(budget=30.0, max_run=60.0, approvers=("a", "b"), lease=("machine",))

    assert "budget 30s, max_run 1m, pool x, y, worker agent, lease machine, approvers a, b" == obligations(
        terms, ("x", "y"), ("agent",)
    )
