"""What is different between two policies, rule by rule, in words."""

from collections.abc import Iterator, Mapping

from headgate.decide.canonical import condition_text, plain, rule_form
from headgate.decide.conditions import Condition
from headgate.decide.policy import Policy
from headgate.decide.rules import Rule

MOST = 100
"""Lines that are told; a policy that is replaced as a whole has more."""


def changes(before: Policy, after: Policy) -> list[str]:
    """Return the differences that matter to decisions, a line each; at most a hundred."""
    found = [*_settings(before, after), *_rules(before, after)]
    return found if len(found) <= MOST else [*found[:MOST], f"… and {len(found) - MOST} more"]


def _settings(before: Policy, after: Policy) -> Iterator[str]:
    pairs = (
        ("default", before.default.word, after.default.word),
        ("mode", before.mode, after.mode),
        ("profile", before.profile, after.profile),
        ("comfort", before.comfort, after.comfort),
        ("session_budget", before.session_budget, after.session_budget),
        ("approval", before.approval, after.approval),
        ("override_max", before.override_max, after.override_max),
        ("break_glass", before.break_glass, after.break_glass),
        ("exec_gate", before.exec_gate, after.exec_gate),
        ("at_start", before.at_start, after.at_start),
        ("connections", before.connections, after.connections),
        ("quick_wait", before.quick_wait, after.quick_wait),
        ("inventory", before.inventory, after.inventory),
        (
            "windows",
            [(item.key, item.over) for item in before.windows],
            [(item.key, item.over) for item in after.windows],
        ),
    )
    for name, old, new in pairs:
        if old != new:
            yield f"changed {name}" if isinstance(old, tuple | list) else f"changed {name}: {old} → {new}"


def _rules(before: Policy, after: Policy) -> Iterator[str]:
    old, new = _by_name(before), _by_name(after)
    yield from (f"removed {rule.answer.word} {name} ({rule.source})" for name, rule in old.items() if name not in new)
    yield from (f"added {rule.answer.word} {name} ({rule.source})" for name, rule in new.items() if name not in old)
    for name, rule in new.items():
        if name in old and rule_form(old[name]) != rule_form(rule):
            yield f"changed {name}: {'; '.join(_differences(old[name], rule))}"


def _meant(item: Condition) -> tuple[object, ...]:
    """Return what tells *item* from another test, however its words are ordered."""
    return item.fact, item.operator, frozenset(item.words), item.bound


def _windows(policy: Policy) -> list[tuple[str, float]]:
    return [(item.key, item.over) for item in policy.windows]


def _by_name(policy: Policy) -> Mapping[str, Rule]:
    return {rule.name: rule for rule in policy.rules}


def _differences(old: Rule, new: Rule) -> Iterator[str]:
    if old.answer is not new.answer:
        yield f"{old.answer.word} → {new.answer.word}"
    for place in ("when", "unless"):
        before, after = ({_meant(item): condition_text(item) for item in getattr(rule, place)} for rule in (old, new))
        yield from (f"no longer {place} {before[item]}" for item in before if item not in after)
        yield from (f"now {place} {after[item]}" for item in after if item not in before)
    if (old.terms, old.pools, old.workers) != (new.terms, new.pools, new.workers):
        yield f"with {plain(old)} → {plain(new)}"
    if (old.reason, old.hint) != (new.reason, new.hint):
        yield "says it in other words"
