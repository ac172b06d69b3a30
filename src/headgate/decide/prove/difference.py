"""What another policy would decide differently: concrete calls, those that are loosened apart from those tightened."""

from collections.abc import Iterator
from itertools import chain, product

import msgspec

from headgate.decide.answers import places
from headgate.decide.canonical import lasting, rule_form
from headgate.decide.evaluate import decide_values
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.prove.literals import Clause
from headgate.decide.prove.questions import Questions, conditions_of, parting
from headgate.decide.prove.solver import State, solve, witness
from headgate.decide.prove.space import Space
from headgate.decide.rules import Mode, Rule
from headgate.model.decision import NO_TERMS, Confirm, Decision, Strictness, Terms


class Change(msgspec.Struct, frozen=True):
    """A call that two policies decide differently; *what* is different, and whether that *loosens*."""

    values: dict[str, Value]
    before: Decision
    after: Decision
    what: str
    loosens: bool


class Difference(msgspec.Struct, frozen=True):
    """All that was found: *calls*, and what is different beside rules (*settings*), with whether that loosens."""

    calls: tuple[Change, ...]
    settings: tuple[tuple[str, bool], ...]

    @property
    def loosens(self) -> bool:
        """Whether the new policy lets something go that the old one did not."""
        return any(change.loosens for change in self.calls) or any(loosens for _what, loosens in self.settings)


def difference(before: Policy, after: Policy) -> Difference:
    """Return how *after* decides differently from *before*: a call for each kind of change, and for each changed rule.

    Where there is no call of a kind, there is none at all: that is proved. Raises `TooManyError` or `GaveUpError`.
    """
    space = Space(chain(conditions_of(before), conditions_of(after)), {**before.schema, **after.schema})
    pair = Questions(before, space=space), Questions(after, space=space)
    found: dict[tuple[object, ...], Change] = {}
    for values in chain(_by_answer(*pair), _by_grant(*pair), _by_rule(*pair)):
        for change in compared(values, before, after):
            found.setdefault((change.what, change.before.rules, change.after.rules), change)
    return Difference(tuple(sorted(found.values(), key=_order)), tuple(_settings(before, after)))


def _order(change: Change) -> tuple[bool, int, int, str]:
    return (not change.loosens, -change.before.strictness, change.after.strictness, change.what)


def compared(values: dict[str, Value], before: Policy, after: Policy) -> Iterator[Change]:
    """Yield what is different about the call with these *values*."""
    old, new = decide_values(values, before), decide_values(values, after)
    if old.strictness is not new.strictness:
        what = f"{old.strictness.word} → {new.strictness.word}"
        yield Change(values, old, new, what, new.strictness < old.strictness)
        return
    if isinstance(old, Confirm) and isinstance(new, Confirm) and old.then.strictness is not new.then.strictness:
        what = f"a yes grants {old.then.strictness.word} → {new.then.strictness.word}"
        yield Change(values, old, new, what, new.then.strictness < old.then.strictness)
    for what, loosens in _terms(old.terms, new.terms) if old.strictness is not Strictness.DENY else ():
        yield Change(values, old, new, f"{old.strictness.word}: {what}", loosens)


def _terms(old: Terms, new: Terms) -> Iterator[tuple[str, bool]]:
    for name in ("budget", "max_run"):
        first, second = getattr(old, name), getattr(new, name)
        if first != second:
            more = second is None or (first is not None and second > first)
            yield f"{name} {_seconds(first)} → {_seconds(second)}", more
    for name in ("approvers", "lease"):
        gone = set(getattr(old, name)) - set(getattr(new, name))
        if getattr(old, name) != getattr(new, name):
            yield f"{name} {_named(getattr(old, name))} → {_named(getattr(new, name))}", bool(gone)
    for name in ("approvals", "not_requester", "pool", "worker"):
        first, second = getattr(old, name), getattr(new, name)
        if first != second:
            yield f"{name} {first} → {second}", second < first if name in _PEOPLE else second == "agent"


_PEOPLE = frozenset({"approvals", "not_requester"})
"""Terms of which less is looser."""


def _seconds(value: float | None) -> str:
    return "no limit" if value is None else lasting(value)


def _named(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "none"


# -- where to look --------------------------------------------------------------------------------

Way = list[Clause]


def _by_answer(old: Questions, new: Questions) -> Iterator[dict[str, Value]]:
    """Yield a call for every two answers that differ, where there is one."""
    for first, second in product(Strictness, Strictness):
        if first is not second:
            yield from _first(old, new, product(_exactly(old, first), _exactly(new, second)), (first, second))


def _by_grant(old: Questions, new: Questions) -> Iterator[dict[str, Value]]:
    """Yield a call whose question grants a job by one policy, and a run by the other."""
    asks = [*_exactly(old, Strictness.CONFIRM)], [*_exactly(new, Strictness.CONFIRM)]
    for one, other in ((old, new), (new, old)):
        quiet = other.grants_runs()
        jobs = [one.sends(rule) for rule in one.tightening if places(rule)]
        if one.policy.default is Strictness.DELEGATE:
            jobs.append([one.space.unmatched(rule) for rule in one.allowing])
        for job in jobs:
            ways = product([[*way, *job, *quiet] for way in asks[0]], asks[1])
            yield from _first(old, new, ways, (Strictness.CONFIRM, Strictness.CONFIRM))


def _first(
    old: Questions, new: Questions, ways: Iterator[tuple[Way, Way]], answers: tuple[Strictness, Strictness]
) -> Iterator[dict[str, Value]]:
    """Yield the first call that gets these *answers* in one of the *ways*."""
    for one, other in ways:
        clauses = [*one, *other]
        while (state := solve(old.space, clauses)) is not None:
            values = witness(new.space, state)
            found = decide_values(values, old.policy), decide_values(values, new.policy)
            if (found[0].strictness, found[1].strictness) == answers:
                yield values
                return
            parted = [clause for clause in (old.parted(values), new.parted(values)) if clause is not None]
            if not parted:
                raise AssertionError(f"the prover and the engine disagree about {values}")
            clauses += parted


def _exactly(questions: Questions, answer: Strictness) -> Iterator[Way]:
    """Yield the ways to get exactly *answer*: by some rule, by the default, or by rules whose pools part."""
    limit = questions.at_most(answer)
    if answer is Strictness.ALLOW:
        yield limit
        return
    ways = [rule for rule in questions.tightening if rule.answer is answer]
    if ways:
        yield [*limit, tuple(option for rule in ways for option in questions.space.product(questions.speaks(rule)))]
    if questions.policy.default is answer:
        yield [*limit, *(questions.space.unmatched(rule) for rule in questions.allowing)]
    if answer is Strictness.DENY:
        for group in parting(questions.policy):
            yield [clause for rule in group for clause in questions.space.matched(rule)]


def _by_rule(old: Questions, new: Questions) -> Iterator[dict[str, Value]]:
    """Yield a call that each rule matches which one of the policies has and the other has not."""
    for mine, other in ((old, new), (new, old)):
        known = {rule.name: rule for rule in other.policy.rules}
        for rule in mine.policy.rules:
            if rule.name not in known or rule_form(known[rule.name]) != rule_form(rule):
                yield from _calls_of(mine, other, rule)


def _calls_of(mine: Questions, other: Questions, rule: Rule) -> Iterator[dict[str, Value]]:
    """Yield a call that *rule* matches, and one in which it decides."""
    state = solve(mine.space, mine.space.matched(rule))
    if state is not None:
        yield witness(other.space, state)
    yield from (witness(other.space, found) for found in (_deciding(mine, rule), _alone(mine, other, rule)) if found)


def _deciding(mine: Questions, rule: Rule) -> State | None:
    return solve(mine.space, [*mine.speaks(rule), *mine.at_most(rule.answer)])


def _alone(mine: Questions, other: Questions, rule: Rule) -> State | None:
    """Return a call at which the obligations of *rule* meet those of as few other rules as can be."""
    clauses = list(mine.space.matched(rule))
    demanding = [found for found in (*mine.policy.rules, *other.policy.rules) if found.terms != NO_TERMS]
    for found in [found for found in demanding if found.name != rule.name][:MOST_APART]:
        wanted = [*clauses, mine.space.unmatched(found)]
        if solve(mine.space, wanted) is not None:
            clauses = wanted
    return solve(mine.space, clauses)


MOST_APART = 60
"""Rules that a changed rule is looked at without."""


def _settings(before: Policy, after: Policy) -> Iterator[tuple[str, bool]]:
    if before.mode is not after.mode:
        yield f"mode {before.mode} → {after.mode}", after.mode is Mode.OBSERVE
    if before.comfort != after.comfort:
        yield f"comfort {lasting(before.comfort)} → {lasting(after.comfort)}", after.comfort > before.comfort
    if before.quick_wait != after.quick_wait:
        yield f"quick_wait {lasting(before.quick_wait)} → {lasting(after.quick_wait)}", False
    if before.inventory != after.inventory:
        yield "the inventory: machines may be of other environments", True
    for name in sorted({window.name for window in (*before.windows, *after.windows)}):
        keys = [[(item.key, item.over) for item in policy.windows if item.name == name] for policy in (before, after)]
        if all(keys) and keys[0] != keys[1]:
            yield f"what the window `{name}` counts", True
