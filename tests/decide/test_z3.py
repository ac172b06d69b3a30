"""The prover against z3, which gets the shipped policies in an encoding of its own: whatever one says, the other does.

Every call that z3 shows is decided by the engine, too, so that a fault of the encoding cannot hide.
"""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

import msgspec
import pytest
import z3
from reference import ANSWERS, regex

from headgate.decide.conditions import Condition, Operator
from headgate.decide.evaluate import decide_values
from headgate.decide.layers import Text, join, load
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.prove.findings import Kind as Found
from headgate.decide.prove.findings import findings
from headgate.decide.prove.invariants import proofs
from headgate.decide.prove.questions import Questions
from headgate.decide.rules import Invariant, Layer, Rule
from headgate.decide.schema import FACTS, MEASURES, Kind, Situation, completed, values
from headgate.model.action import Thread
from headgate.model.decision import Confirm, Strictness
from headgate.model.facts import Facts, History, Workload
from headgate.wiring import shipped_policy, shipped_texts


def rules(found: dict[str, str]) -> str:
    return "".join(f'[[rule]]\nid = "{name}"\nreason = "r"\n{rest}\n' for name, rest in found.items())


PLANTED = "schema = 1\n" + rules(
    {
        "no-interval": 'decision = "deny"\nwhen.steps.at_least = 5\nwhen.steps.below = 3',
        "light-deploy": 'decision = "deny"\nwhen.heavy = false\nwhen.workload.any = "deploy"',
        "maybe-local": 'decision = "deny"\nwhen.remote = true\nwhen.environment = "local"',
        "unknown-is-no-place": 'decision = "allow"\nwhen.environment = ["prod", "staging"]\nunless.remote = true',
        "more-now-than-lately": 'decision = "deny"\nwhen.probes.at_least = 3\nwhen.probes_recent.below = 2',
        "own-exception": 'decision = "confirm"\nwhen.thread = "main"\nunless.thread = ["main", "worker"]',
        "both": 'decision = "confirm"\nwhen.workload.only = ["deploy", "restart"]\nwhen.workload.none = "*e*"',
        "weaker": 'decision = "delegate"\nwhen.workload.any = "control-*"',
        "met": 'decision = "delegate"\nwhen.thread = "worker"\nwhen.heavy = true',
        "alive": 'decision = "confirm"\nwhen.estimate.at_least = "2m"\nunless.workload.only = "re*"',
        "half": 'decision = "deny"\nwhen.steps.at_least = 9\nwhen.override = true',
        "other-half": 'decision = "deny"\nwhen.steps.at_least = 9\nwhen.override = false',
        "both-halves": 'decision = "deny"\nwhen.steps.at_least = 10',
        "never-an-hour": 'decision = "deny"\nwhen.hour.at_least = 24',
        "heavy-by-nothing": 'decision = "deny"\nwhen.heavy = true\nwhen.workload.only = "remote-probe"',
    }
)  # fmt: skip
OWN = 'schema = 1\ndefault = "confirm"\n' + rules(
    {
        "near": 'decision = "allow"\nwhen.environment = ["dev", "local"]\nwhen.workload.none = ["d*", "opaque"]',
        "probes": 'decision = "allow"\nwhen.workload.only = "remote-probe"\nunless.environment = "prod"',
        "short": 'decision = "allow"\nwhen.estimate.below = 30\nwhen.remote = false',
        "away": 'decision = "delegate"\nwhen.heavy = true\nunless.environment = ["dev", "staging"]',
        "long": 'decision = "delegate"\nwhen.estimate.at_least = "2m"',
        "nowhere": 'decision = "confirm"\nunless.environment = ["prod", "staging", "dev", "local"]',
        "never": 'decision = "deny"\nwhen.destroys = true\nunless.override = true',
        "other-than-all": 'decision = "deny"\nwhen.environment = "prod"\nwhen.changes = true\nwhen.thread = "worker"',
    }
)
POLICIES = {
    "balanced": shipped_policy("balanced"),
    "strict": shipped_policy("strict"),
    "planted": join([*shipped_texts("strict"), Text(Layer.ORGANISATION, "o.toml", PLANTED)]),
    "own": load(OWN),
}
HEAVY = {*map(str, Workload)} - {"remote-probe"}
UNKNOWN = -1
"""The number of a choice that nobody knows."""


# -- facts ----------------------------------------------------------------------------------------


def facts() -> dict[str, Any]:
    """Return the variables of a call: a number for a choice or a measure, a truth for a flag or a word of a set."""
    found: dict[str, Any] = {}
    for name, fact in FACTS.items():
        if fact.kind is Kind.FLAG:
            found[name] = z3.Bool(name)
        elif fact.kind is Kind.CHOICE:
            found[name] = z3.Int(name)
        elif fact.kind in MEASURES:
            found[name] = z3.Real(name) if fact.kind is Kind.DURATION else z3.Int(name)
            found[name, "known"] = z3.BoolVal(val=True) if fact.sure else z3.Bool(f"{name} is known")
        elif fact.kind is Kind.NAMES and fact.words:
            found |= {(name, word): z3.Bool(f"{name} has {word}") for word in fact.words}
            found[name, "hole"] = z3.BoolVal(val=False) if fact.sure else z3.Bool(f"{name} has a hole")
    return found


F = facts()


def choice(name: str, word: str) -> Any:
    return F[name] == FACTS[name].words.index(word)


def has(word: str) -> Any:
    return F["workload", word]


def axioms() -> list[Any]:
    """Return what is true of every call, by what the facts mean."""
    found = [F[name] >= 0 for name in F if isinstance(name, str) and FACTS[name].kind in MEASURES]
    for name, fact in FACTS.items():
        if fact.kind is Kind.CHOICE:
            found += [F[name] >= (0 if fact.sure else UNKNOWN), F[name] < len(fact.words)]
    return [
        *found,
        F["hour"] <= 23,
        F["date"] >= 1,
        F["heavy"] == z3.Or([has(word) for word in sorted(HEAVY)]),
        z3.Implies(has("destructive"), F["destroys"]),
        z3.Implies(has("log-tail"), F["follows"]),
        F["remote"] == z3.Not(choice("environment", "local")),
        F["probes_recent"] >= F["probes"],
        z3.Implies(F["remote"], F["remote_calls_recent"] >= 1),
        z3.Implies(has("restart"), F["restarts_recent"] >= 1),
        z3.Implies(has("log-tail"), F["log_reads_recent"] >= 1),
    ]


def holds(item: Condition, *, may: bool) -> Any:
    fact = FACTS[item.fact]
    if fact.kind is Kind.FLAG:
        return F[item.fact] == z3.BoolVal(item.words == ("true",))
    if fact.kind is Kind.CHOICE:
        return z3.Or([choice(item.fact, word) for word in item.words] + [F[item.fact] == UNKNOWN] * may)
    if fact.kind in MEASURES:
        bound = z3.RealVal(item.bound)
        known = F[item.fact] >= bound if item.operator is Operator.AT_LEAST else F[item.fact] < bound
        return z3.If(F[item.fact, "known"], known, z3.BoolVal(may))
    return of_set(item, may=may)


def of_set(item: Condition, *, may: bool) -> Any:
    """Return the meaning of `any`, `only` and `none`: by a word that fits, another word, and a hole."""
    fitting = [word for word in FACTS[item.fact].words if any(regex(pattern).match(word) for pattern in item.words)]
    some = z3.Or([F[item.fact, word] for word in fitting])
    other = z3.Or([F[item.fact, word] for word in FACTS[item.fact].words if word not in fitting])
    hole = F[item.fact, "hole"]
    match item.operator, may:
        case Operator.ANY, _:
            return z3.Or(some, hole) if may else some
        case Operator.ONLY, True:
            return z3.And(z3.Not(other), z3.Or(some, hole))
        case Operator.ONLY, False:
            return z3.And(z3.Not(other), some, z3.Not(hole))
        case _:
            return z3.Not(some) if may else z3.Not(z3.Or(some, hole))


def given(conditions: Iterable[Condition], unless: Sequence[Condition] = ()) -> Any:
    surely = [holds(item, may=False) for item in conditions]
    return z3.And([*surely, *([z3.Not(given(unless))] if unless else [])])


# -- a policy -------------------------------------------------------------------------------------


class Oracle:
    """What *policy* answers, as formulas over a call."""

    def __init__(self, policy: Policy) -> None:
        assert not any(rule.pools or rule.workers for rule in policy.rules)
        self.policy = policy
        self.matches = {rule.name: matches(rule) for rule in policy.rules}
        worker = choice("thread", "worker")
        self.counts = {
            rule.name: z3.And(self.matches[rule.name], z3.Not(worker))
            if rule.answer is Strictness.DELEGATE
            else self.matches[rule.name]
            for rule in policy.rules
        }
        self.answer: Any = z3.If(self.some(Strictness.ALLOW), 0, int(policy.default))
        for answer in (Strictness.DELEGATE, Strictness.CONFIRM, Strictness.DENY):
            self.answer = z3.If(z3.And(self.some(answer), self.answer < int(answer)), int(answer), self.answer)
        self.grant: Any = z3.If(self.answer == 2, z3.If(self.some(Strictness.DELEGATE), 1, 0), UNKNOWN)
        self.solver = z3.Solver()
        self.solver.add(axioms())

    def some(self, answer: Strictness) -> Any:
        return z3.Or([self.counts[rule.name] for rule in self.policy.rules if rule.answer is answer])

    def possible(self, *wanted: Any) -> bool:
        """Whether some call fulfils all that is *wanted*; the engine decides that call as the formulas do."""
        self.solver.push()
        self.solver.add(*wanted)
        answer = self.solver.check()
        model = self.solver.model() if answer == z3.sat else None
        self.solver.pop()
        assert answer != z3.unknown
        if model is not None:
            decision = decide_values(call(model), self.policy)
            grant = int(decision.then.strictness) if isinstance(decision, Confirm) else UNKNOWN
            assert [decision.strictness, grant] == [number(model, self.answer), number(model, self.grant)], call(model)
        return model is not None

    def broken(self, invariant: Invariant) -> bool:
        less = z3.And(self.answer == 2, self.grant < int(invariant.then))
        breaks = z3.Or(self.answer < int(invariant.at_least), less)
        return self.possible(given(invariant.given, invariant.unless), breaks)


def matches(rule: Rule) -> Any:
    may = rule.answer is not Strictness.ALLOW
    when = z3.And([holds(item, may=may) for item in rule.when])
    return z3.And(when, z3.Not(z3.And([holds(item, may=not may) for item in rule.unless]))) if rule.unless else when


def call(model: Any) -> dict[str, Value]:
    """Return the call that *model* is; the facts that z3 does not know are quiet."""
    found: dict[str, Value] = completed({})
    for name, fact in FACTS.items():
        if fact.kind is Kind.FLAG:
            found[name] = truth(model, F[name])
        elif fact.kind is Kind.CHOICE:
            place = number(model, F[name])
            found[name] = None if place == UNKNOWN else fact.words[int(place)]
        elif fact.kind in MEASURES:
            found[name] = number(model, F[name]) if truth(model, F[name, "known"]) else None
        elif (name, "hole") in F:
            found[name] = tuple(word for word in fact.words if truth(model, F[name, word]))
    return found


def number(model: Any, term: Any) -> float:
    found = model.eval(term, model_completion=True)
    return int(found.as_long()) if z3.is_int_value(found) else float(found.as_fraction())


def truth(model: Any, term: Any) -> bool:
    return bool(z3.is_true(model.eval(term, model_completion=True)))


ORACLES = {name: Oracle(policy) for name, policy in POLICIES.items()}
EVERY = pytest.mark.parametrize("name", POLICIES)
SHIPPED = pytest.mark.parametrize("name", [name for name in POLICIES if name != "own"])


# -- the encoding itself --------------------------------------------------------------------------


def some_values(random: Random) -> dict[str, Value]:
    """Return the values of a call as the gate makes them."""
    remote = random.random() < 0.5
    workloads = tuple(random.sample(list(Workload), random.choice((0, 1, 1, 2, 3))))
    action = Facts(
        workloads=workloads,
        environment=random.choice(("prod", "staging", "dev", "unknown")) if remote else "local",
        remote=remote,
        steps=random.randint(0, 12),
        probes=random.randint(0, 5),
        changes=random.random() < 0.5,
        destroys=Workload.DESTRUCTIVE in workloads or random.random() < 0.2,
        follows=Workload.LOG_TAIL in workloads or random.random() < 0.2,
        estimate=random.choice((None, 0.5, 120.0, 4000.0)),
    )
    rule = random.choice(("none", "none", "ask", "deny"))
    history = History(probes_recent=random.randint(0, 5), restarts_recent=random.randint(0, 2))
    return values(action, Situation(random.choice(list(Thread)), history, rule, override=random.random() < 0.3))


def told(found: dict[str, Value]) -> list[Any]:
    """Return what makes a call the one with these values."""
    same = []
    for name, value in found.items():
        kind = FACTS[name].kind
        if kind is Kind.FLAG:
            same.append(F[name] == z3.BoolVal(value))
        elif kind is Kind.CHOICE:
            same.append(F[name] == UNKNOWN if value is None else choice(name, str(value)))
        elif kind in MEASURES:
            same.append(z3.Not(F[name, "known"]) if value is None else z3.And(F[name, "known"], F[name] == value))
        elif isinstance(value, tuple) and (name, "hole") in F:
            same += [F[name, word] == z3.BoolVal(word in value) for word in FACTS[name].words]
    return same


@EVERY
def test_every_call_is_one_of_the_oracles_and_has_its_answer(name: str) -> None:
    random = Random(1)
    for _ in range(60):
        found = some_values(random)
        decision = decide_values(found, POLICIES[name])

        assert ORACLES[name].possible(*told(found), ORACLES[name].answer == int(decision.strictness)), found


# -- invariants -----------------------------------------------------------------------------------


@EVERY
def test_the_invariants_of_the_policy_hold_by_both(name: str) -> None:
    found = [(proof.invariant.id, proof.holds) for proof in proofs(POLICIES[name])]

    assert [(item.id, True) for item in POLICIES[name].invariants] == found
    assert found == [(item.id, not ORACLES[name].broken(item)) for item in POLICIES[name].invariants]


def is_(fact: str, *words: str) -> Condition:
    return Condition(fact, Operator.IS, words)


def any_(*words: str) -> Condition:
    return Condition("workload", Operator.ANY, words)


HELD = is_("thread", "main", "background")
NOT_LIFTED = is_("override", "false")
INVARIANTS = {
    "an override lifts heavy work": (Invariant("i", (HELD, is_("heavy", "true")), Strictness.DELEGATE), False),
    "that is the only way": (
        Invariant("i", (HELD, is_("heavy", "true")), Strictness.DELEGATE, (is_("override", "true"),)),
        True,
    ),
    "destruction is denied": (Invariant("i", (any_("destructive"), NOT_LIFTED), Strictness.DENY), False),
    "destruction is asked": (Invariant("i", (any_("destr*"), NOT_LIFTED), Strictness.CONFIRM), True),
    "a yes to it grants a job": (
        Invariant("i", (any_("destructive"), NOT_LIFTED), Strictness.CONFIRM, then=Strictness.DELEGATE),
        False,
    ),
    "a yes to it in main grants a job": (
        Invariant("i", (HELD, any_("destructive"), NOT_LIFTED), Strictness.CONFIRM, then=Strictness.DELEGATE),
        True,
    ),
    "a yes to the client's question grants a job": (
        Invariant("i", (HELD, is_("client_rule", "ask")), Strictness.ALLOW, then=Strictness.DELEGATE),
        False,
    ),
    "deploys are asked": (Invariant("i", (any_("deploy"), NOT_LIFTED), Strictness.CONFIRM), False),
    "workers deploy what is no production": (
        Invariant(
            "i",
            (is_("thread", "worker"), any_("deploy"), NOT_LIFTED),
            Strictness.CONFIRM,
            (is_("environment", "staging", "dev", "local"),),
        ),
        True,
    ),
    "probes are delegated": (Invariant("i", (HELD, any_("remote-probe"), NOT_LIFTED), Strictness.DELEGATE), False),
    "the fifth probe is delegated": (
        Invariant(
            "i",
            (HELD, any_("remote-probe"), NOT_LIFTED, Condition("probes", Operator.AT_LEAST, bound=5.0)),
            Strictness.DELEGATE,
        ),
        True,
    ),
    "nothing is light and heavy": (
        Invariant("i", (is_("heavy", "false"), any_("deploy", "restart")), Strictness.DENY),
        True,
    ),
    "everything is denied": (Invariant("i", (), Strictness.DENY), False),
    "nothing needs to be": (Invariant("i", (), Strictness.ALLOW), True),
}


@SHIPPED
@pytest.mark.parametrize(("invariant", "held"), INVARIANTS.values(), ids=INVARIANTS)
def test_what_is_true_and_what_is_false_is_so_by_both(name: str, invariant: Invariant, held: bool) -> None:  # noqa: FBT001 a table
    policy = msgspec.structs.replace(POLICIES[name], invariants=(invariant,))

    assert [held] == [proof.holds for proof in proofs(policy)]
    assert held is not ORACLES[name].broken(invariant)


def some_condition(random: Random) -> Condition:
    name = random.choice("thread environment client_rule heavy remote override workload probes_recent".split())
    fact = FACTS[name]
    if fact.kind is Kind.FLAG:
        return is_(name, random.choice(("true", "false")))
    if fact.kind in MEASURES:
        return Condition(name, random.choice((Operator.AT_LEAST, Operator.BELOW)), bound=float(random.randint(1, 6)))
    operator = Operator.IS if fact.kind is Kind.CHOICE else random.choice((Operator.ANY, Operator.ONLY, Operator.NONE))
    return Condition(name, operator, tuple(random.sample(fact.words, random.randint(1, 2))))


@EVERY
def test_random_invariants_are_proved_where_z3_finds_no_call_that_breaks_them(name: str) -> None:
    random = Random(2)
    invariants = tuple(
        Invariant(
            f"i{number}",
            tuple(some_condition(random) for _ in range(random.randint(1, 4))),
            random.choice(list(Strictness)[1:]),
            tuple(some_condition(random) for _ in range(random.choice((0, 0, 1, 2)))),
            random.choice((Strictness.ALLOW, Strictness.DELEGATE)),
        )
        for number in range(60)
    )

    found = [proof.holds for proof in proofs(msgspec.structs.replace(POLICIES[name], invariants=invariants))]

    assert {True, False} == set(found)
    assert [not ORACLES[name].broken(item) for item in invariants] == found


# -- findings and deciding rules ------------------------------------------------------------------


@EVERY
def test_dead_rules_are_those_that_no_call_matches(name: str) -> None:
    oracle = ORACLES[name]

    found = {item.rules[0].name for item in findings(POLICIES[name]) if item.kind is Found.DEAD}

    assert found == {rule for rule, matched in oracle.matches.items() if not oracle.possible(matched)}
    assert found == set([*DEAD, "heavy-by-nothing"] if name == "planted" else ())


DEAD = "no-interval light-deploy unknown-is-no-place more-now-than-lately own-exception both never-an-hour".split()


@EVERY
def test_shadowed_rules_are_those_without_which_no_answer_changes(name: str) -> None:
    policy, oracle = POLICIES[name], ORACLES[name]
    found = {item.rules[0].name: item.kind for item in findings(policy)}
    for rule in policy.rules:
        others = tuple(other for other in policy.rules if other is not rule)
        without = Oracle(msgspec.structs.replace(policy, rules=others).ready())
        changes = oracle.possible(z3.Or(oracle.answer != without.answer, oracle.grant != without.grant))

        assert changes is (rule.name not in found), rule.name
    assert set(found.values()) <= {Found.DEAD, Found.SHADOWED}


GIVEN = {"any call": (), "heavy work in main": (is_("thread", "main"), is_("heavy", "true"), NOT_LIFTED)}


@EVERY
@pytest.mark.parametrize("conditions", GIVEN.values(), ids=GIVEN)
@pytest.mark.parametrize("answer", list(Strictness), ids=ANSWERS)
def test_the_rules_that_decide_are_those_that_z3_finds(
    name: str, answer: Strictness, conditions: tuple[Condition, ...]
) -> None:
    policy, oracle = POLICIES[name], ORACLES[name]
    questions = Questions(policy, conditions)
    exactly = (given(conditions), oracle.answer == int(answer))
    nobody = z3.Not(z3.Or(oracle.some(answer), oracle.some(Strictness.ALLOW)))
    speaking = {rule.name: oracle.counts[rule.name] for rule in policy.rules if rule.answer is answer}
    ways = speaking | {"default": nobody}

    deciding = questions.deciding(answer, questions.given(conditions))
    found = {rule.name if rule else "default" for rule, _call in deciding}

    assert found == {way for way, speaks in ways.items() if oracle.possible(*exactly, speaks)}
    assert bool(found) is oracle.possible(*exactly)
