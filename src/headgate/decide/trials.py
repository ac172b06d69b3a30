"""Tries the examples and tests of a policy: those that tell facts here, those with a command where it is classified."""

from collections.abc import Callable, Iterator, Mapping

from headgate.decide.evaluate import decide_values, matching_rules
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Example, Expected, Rule, Test
from headgate.decide.schema import completed
from headgate.model.decision import Confirm, Decision

Told = Callable[[Example], Mapping[str, Value]]
"""Gives the values of all facts of an example."""


def failures(policy: Policy, told: Told | None = None) -> Iterator[str]:
    """Yield what does not hold, as `file:line: what`: examples and tests without a command, or, with *told*, all.

    *told* gives the values of an example with a command.
    """
    for rule in policy.rules:
        for wanted, examples in ((True, rule.match), (False, rule.not_match)):
            for example in examples:
                values = _values(example, policy, told)
                if values is not None and _speaks(rule, values, policy) is not wanted:
                    yield f"{rule.file}:{rule.line}: rule `{rule.id}`: {_unlike(rule, example, values, wanted=wanted)}"
    for test in policy.tests:
        stage = stage_of(policy, test.file)
        values = _values(test.example, stage, told)
        if values is not None:
            for what in unexpected(test, decide_values(values, stage)):
                yield f"{test.file}:{test.line}: test `{test.name}`: {what}"


def stage_of(policy: Policy, file: str) -> Policy:
    """Return the policy that the tests in *file* speak about: it and the files above, for a lower one may tighten."""
    stage = policy
    while stage.above is not None and stage.parts[-1].file != file:
        stage = stage.above
    return stage


def _speaks(rule: Rule, values: Mapping[str, Value], policy: Policy) -> bool:
    return any(found is rule for found in matching_rules(values, policy))


def _values(example: Example, policy: Policy, told: Told | None) -> Mapping[str, Value] | None:
    """Return the values of *example*; `None` where nobody can tell what its command does."""
    if not example.command:
        return filled(example.facts, example, policy)
    return None if told is None else filled({**told(example), **example.facts}, example, policy)


def filled(given: Mapping[str, Value], example: Example, policy: Policy) -> dict[str, Value]:
    """Return the values of all facts of *policy*, where *given* tells some and *example* says which are unknown."""
    found = dict.fromkeys((window.name for window in policy.windows), 0.0) | completed(given)
    return found | dict.fromkeys(example.unknown)


def shown(example: Example) -> str:
    """Return *example* for people."""
    facts = ", ".join(f"{name} = {_shown(value)}" for name, value in example.facts.items())
    facts += "".join(f", {name} unknown" for name in example.unknown)
    return f"`{example.command}`" + (f" with {facts}" if facts else "") if example.command else facts or "a quiet call"


def _shown(value: Value) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(value) + "]"
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def _unlike(rule: Rule, example: Example, values: Mapping[str, Value], *, wanted: bool) -> str:
    if not wanted:
        return f"`not_match` example: the rule matches {shown(example)}"
    failing = [item.fact for item in rule.when if not item.holds(values[item.fact], may=rule.tightens)]
    why = f"it fails on {', '.join(f'`{name}`' for name in dict.fromkeys(failing))}" if failing else "`unless` holds"
    return f"`match` example: the rule does not match {shown(example)} ({why})"


def unexpected(test: Test, decision: Decision) -> Iterator[str]:
    """Yield how *decision* differs from what *test* expects."""
    expect = test.expect
    then = decision.then.strictness.word if isinstance(decision, Confirm) else None
    terms = decision.terms
    pairs: list[tuple[str, object, object]] = [
        ("decision", expect.decision, decision.strictness.word),
        ("then", expect.then, then),
        ("approvers", expect.approvers and tuple(sorted(expect.approvers)), terms.approvers),
        ("approvals", expect.approvals, terms.approvals),
        ("not_requester", expect.not_requester, terms.not_requester),
        ("lease", expect.lease and tuple(sorted(expect.lease)), terms.lease),
        ("budget", expect.budget, terms.budget),
        ("max_run", expect.max_run, terms.max_run),
        ("pool", expect.pool, terms.pool),
        ("worker", expect.worker, terms.worker),
    ]
    rules = ", ".join(decision.rules) or "none"
    for name, wanted, found in pairs:
        if wanted is not None and wanted != found:
            yield f"expected {name} {_plain(wanted)}, got {_plain(found)} (rules that match: {rules})"
    yield from _rules(expect, decision.rules)


def _rules(expect: Expected, found: tuple[str, ...]) -> Iterator[str]:
    for name in expect.rules or ():
        if name not in found:
            yield f"expected the rule `{name}` to match (rules that match: {', '.join(found) or 'none'})"
    for name in expect.without or ():
        if name in found:
            yield f"expected the rule `{name}` not to match"


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) or "none" if isinstance(value, tuple) else str(value)
