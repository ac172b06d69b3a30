"""Every call over a few facts, one by one: what the prover's answers are held to."""

from collections.abc import Iterator
from itertools import chain, combinations, product
from random import Random
from typing import Any

from reference import CLASSES, HOLE, Drawn, some_rule, some_test

from headgate.decide.names import Value
from headgate.decide.prove.atoms import walked
from headgate.decide.schema import completed
from headgate.model.facts import HEAVY_WORKLOADS

MACHINES = ("web*", "*.prod", "lab")
SMALL = ("override", "environment", "heavy", "workload", "machines", "steps", "tool")


def small_rules(random: Random, facts: tuple[str, ...]) -> list[Drawn]:
    """Return a few rules that test *facts* only."""
    rules = [some_rule(random) for _ in range(random.randint(1, 6))]
    for rule in rules:
        rule.when = [few(random, test) for test in rule.when if test[0] in facts]
        rule.unless = [few(random, test) for test in rule.unless if test[0] in facts]
    return rules


def few(random: Random, test: tuple[str, str, Any]) -> tuple[str, str, Any]:
    """Return *test* with patterns that tell few kinds of machines apart, so that every set of them can be tried."""
    fact, operator, wanted = test
    return (
        (fact, operator, random.sample(MACHINES, random.randint(1, 2)))
        if fact == "machines"
        else (fact, operator, wanted)
    )


def some_given(random: Random, facts: tuple[str, ...]) -> list[tuple[str, str, Any]]:
    tests = [some_test(random, loosens=False) for _ in range(3)]
    return [few(random, test) for test in tests if test[0] in facts][:1]


def calls(facts: tuple[str, ...]) -> Iterator[dict[str, Value]]:
    """Yield every call that *facts* can tell apart and that can be, all other facts quiet."""
    kinds: dict[str, list[Any]] = {
        "thread": ["main", "subagent", "worker", "background"],
        "override": [False, True],
        "environment": ["prod", "staging", "dev", "local", None],
        "heavy": [False, True],
        "workload": [found for found in subsets([*CLASSES, "log-tail"]) if len(found) <= 3],
        "machines": list(subsets([*names(MACHINES), HOLE], most=4)),
        "steps": [0, 1, 2, 3, 4],
        "tool": ["shell", "write", "mcp__x", "e", "q"],
    }
    pools = ["", "a", "b", "c", "d"] if "thread" in facts else [""]
    for found in product(*(kinds[fact] for fact in facts), pools):
        told = dict(zip((*facts, "pool"), found, strict=True))
        if told["pool"] and told.get("thread") != "worker":
            continue
        call = completed(told)
        if possible(call, told):
            yield call


def names(patterns: tuple[str, ...]) -> list[str]:
    found: dict[int, str] = {}
    for bits, name in walked(patterns, "q"):
        found.setdefault(bits, name)
    return list(found.values())


def subsets(items: list[str], most: int = 9) -> Iterator[tuple[str, ...]]:
    return chain.from_iterable(combinations(items, size) for size in range(min(len(items), most) + 1))


def possible(call: dict[str, Value], told: dict[str, Any]) -> bool:
    workload, machines = call["workload"], call["machines"]
    assert isinstance(workload, tuple)
    assert isinstance(machines, tuple)
    heavy = not HEAVY_WORKLOADS.isdisjoint(workload)
    if "workload" in told and call["heavy"] != heavy:
        return False
    if "environment" in told and (call["environment"] == "local") != (not call["remote"]):
        return False
    if set(machines) - {HOLE} and not call["remote"]:
        return False
    return not ("opaque" in workload and "machines" in told and HOLE not in machines)
