"""What a policy means, said a second time: the reference in ten obvious lines, and random policies for the engine."""

import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

from headgate.decide.layers import Text, join
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer
from headgate.decide.schema import FACTS

ANSWERS = ("allow", "delegate", "confirm", "deny")
HOLE = "\0"


@dataclass
class Drawn:
    """A rule as it was drawn: tests are (fact, operator, words or bound)."""

    answer: str
    when: list[tuple[str, str, Any]]
    unless: list[tuple[str, str, Any]] = field(default_factory=list)
    pools: tuple[str, ...] = ()


# -- the reference --------------------------------------------------------------------------------


def decided(rules: list[Drawn], default: str, call: dict[str, Value]) -> tuple[str, list[int]]:
    """Return the answer, and the numbers of the rules that match."""
    matching = [number for number, rule in enumerate(rules) if matches(rule, call)]
    worker = call["thread"] == "worker"
    asking = [r for r in (rules[n] for n in matching) if not (worker and r.answer == "delegate" and met(r, call))]
    base = "allow" if any(rule.answer == "allow" for rule in asking) else default
    pools = [set(rules[number].pools) for number in matching if rules[number].pools]
    parted = bool(pools) and not set.intersection(*pools)
    return ("deny" if parted else max([base, *(rule.answer for rule in asking)], key=ANSWERS.index)), matching


def matches(rule: Drawn, call: dict[str, Value]) -> bool:
    may = rule.answer != "allow"
    met_ = all(holds(test, call, may=may) for test in rule.when)
    return met_ and not (rule.unless and all(holds(test, call, may=not may) for test in rule.unless))


def met(rule: Drawn, call: dict[str, Value]) -> bool:
    return not rule.pools or call["pool"] in rule.pools


def holds(test: tuple[str, str, Any], call: dict[str, Value], *, may: bool) -> bool:
    fact, operator, wanted = test
    value = call[fact]
    if value is None:
        return may
    if operator == "is":
        return value in wanted
    if operator in {"at_least", "below"}:
        assert isinstance(value, int | float)
        return value >= wanted if operator == "at_least" else value < wanted
    names = value if isinstance(value, tuple) else (value,)
    if operator in {"any", "glob"}:
        return any(fits(wanted, name, may=may) for name in names)
    if operator == "only":
        return bool(names) and all(fits(wanted, name, may=may) for name in names)
    return not any(fits(wanted, name, may=not may) for name in names)


def fits(patterns: list[str], name: Any, *, may: bool) -> bool:
    if name == HOLE:  # a name that nobody knows, or none at all
        return may
    return any(common(pattern, name) if may else regex(pattern).match(name) for pattern in patterns)


def regex(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))) + r"\Z", re.DOTALL)


def common(pattern: str, name: str) -> bool:
    """Whether a word fits both *pattern* and *name*, whose holes stand for any text: by the textbook."""
    if not pattern and not name:
        return True
    if pattern[:1] == "*":
        return common(pattern[1:], name) or bool(name and common(pattern, name[1:]))
    if name[:1] == HOLE:
        return common(pattern, name[1:]) or bool(pattern and common(pattern[1:], name))
    return bool(pattern and name and pattern[0] == name[0] and common(pattern[1:], name[1:]))


# -- random policies and calls --------------------------------------------------------------------

HOSTS = ("web1.prod", "web2.prod", "db.stage", "db.prod.eu", "lab")
PATTERNS = ("web1.prod", "*.prod", "web*", "*b.*", "db*prod*", "*", "lab", "d*", "*.stage")
CLASSES = ("deploy", "restart", "opaque", "remote-probe")
TOOLS = ("shell", "write", "mcp__x__y", "Read")
FACTS_USED: dict[str, Any] = {
    "thread": ("is", ("main", "worker", "subagent")),
    "environment": ("is", ("prod", "staging", "local")),
    "heavy": ("is", (True, False)),
    "override": ("is", (True, False)),
    "workload": ("set", CLASSES),
    "machines": ("set", PATTERNS),
    "tool": ("glob", ("shell", "mcp__*", "*e*", "write")),
    "steps": ("measure", (0, 1, 2, 3)),
    "estimate": ("measure", (1, 30, 60)),
    "probes_recent": ("measure", (1, 4)),
}


def some_test(random: Random, *, loosens: bool) -> tuple[str, str, Any]:
    fact = random.choice(list(FACTS_USED))
    kind, words = FACTS_USED[fact]
    if kind == "is":
        return fact, "is", random.sample(words, 1 if isinstance(words[0], bool) else random.randint(1, 2))
    if kind == "measure":
        return fact, random.choice(("at_least", "below")), random.choice(words)
    operator = "glob" if kind == "glob" else random.choice(("only", "none") if loosens else ("any", "only", "none"))
    return fact, operator, random.sample(words, random.randint(1, 2))


def some_rule(random: Random, answers: tuple[str, ...] = ANSWERS, *, pools: bool = True) -> Drawn:
    answer = random.choice(answers)
    when = distinct(some_test(random, loosens=answer == "allow") for _ in range(random.randint(0, 3)))
    many = random.randint(1, 2) if random.random() < 0.4 else 0
    unless = distinct(some_test(random, loosens=answer != "allow") for _ in range(many))
    named = (
        tuple(sorted(random.sample(("a", "b", "c"), random.randint(1, 2))))
        if pools and answer != "allow" and random.random() < 0.2
        else ()
    )
    return Drawn(answer, when, unless, named)


def distinct(tests: Any) -> list[tuple[str, str, Any]]:
    """One test for each fact and operator, as a TOML table can hold, and no other beside `is`."""
    found = {(fact, operator): (fact, operator, wanted) for fact, operator, wanted in tests}
    return list(found.values())


def some_call(random: Random) -> dict[str, Value]:
    call: dict[str, Value] = {name: fact.usual for name, fact in FACTS.items()}
    call["thread"] = random.choice(("main", "worker", "subagent", "background"))
    call["pool"] = random.choice(("a", "b", "local")) if call["thread"] == "worker" else ""
    call["environment"] = random.choice(("prod", "staging", "dev", "local", None))
    call["heavy"], call["override"] = random.random() < 0.5, random.random() < 0.2
    call["workload"] = tuple(random.sample(CLASSES, random.randint(0, 3)))
    call["machines"] = some_names(random)
    call["tool"] = random.choice(TOOLS)
    call["steps"] = random.randint(0, 4)
    call["estimate"] = random.choice((None, 0.5, 1.0, 29.0, 30.0, 61.0))
    call["probes_recent"] = random.randint(0, 5)
    return call


def some_names(random: Random) -> tuple[str, ...] | None:
    if random.random() < 0.1:
        return None
    names = random.sample(HOSTS, random.randint(0, 3))
    if random.random() < 0.2:
        names.append(random.choice((HOLE, f"web{HOLE}", f"{HOLE}.prod", f"d{HOLE}prod")))
    return tuple(names)


def written(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int) else f'"{value}"'


def text(rules: list[Drawn], default: str | None, prefix: str = "r") -> str:
    """Return the rules as a policy; a rule's id is its number."""
    lines = ["schema = 1", *([f'default = "{default}"'] if default else [])]
    for number, rule in enumerate(rules):
        lines += ["[[rule]]", f'id = "{prefix}{number}"', f'decision = "{rule.answer}"', 'reason = "r"']
        for place, tests in (("when", rule.when), ("unless", rule.unless)):
            for fact, operator, wanted in tests:
                if operator == "is":
                    lines.append(f"{place}.{fact} = {written(wanted[0] if isinstance(wanted[0], bool) else wanted)}")
                else:
                    lines.append(f"{place}.{fact}.{operator} = {written(wanted)}")
        if rule.pools:
            lines.append(f"with.pool = {written(rule.pools)}")
    return "\n".join(lines)


def loaded(rules: list[Drawn], default: str, lower: list[Drawn] | None = None) -> Policy:
    texts = [Text(Layer.ORGANISATION, "org.toml", text(rules, default))]
    if lower is not None:
        texts.append(Text(Layer.PROJECT, "project.toml", text(lower, None)))
    return join(texts, prove=False)
