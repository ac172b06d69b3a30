"""What the prover finds by itself: rules that never match, rules that change no decision, rules whose pools part."""

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from headgate.decide.answers import places
from headgate.decide.policy import Policy
from headgate.decide.prove.literals import Clause
from headgate.decide.prove.questions import Call, Questions, parting
from headgate.decide.prove.solver import MOST_STEPS
from headgate.decide.rules import Rule
from headgate.model.decision import NO_TERMS, Strictness


class Kind(StrEnum):
    """What was found: `dead` and `conflict` are mistakes, `shadowed` is only worth knowing."""

    DEAD = "dead"
    SHADOWED = "shadowed"
    CONFLICT = "conflict"


class Finding(msgspec.Struct, frozen=True):
    """One finding about *rules*, with a *call* that shows it where there is one."""

    kind: Kind
    rules: tuple[Rule, ...]
    what: str
    call: Call | None = None


def findings(policy: Policy) -> Iterator[Finding]:
    """Yield what is odd about the rules of *policy*, by name; raises `TooManyError` or `GaveUpError`."""
    questions = Questions(policy)
    for rule in sorted(policy.rules, key=lambda rule: rule.name):
        questions.fuel[0] = MOST_STEPS
        call = questions.find(questions.space.matched(rule))
        if call is None:
            yield Finding(Kind.DEAD, (rule,), "no call can match it")
        elif not _decides(questions, rule) and not _grants(questions, rule):
            yield Finding(Kind.SHADOWED, (rule,), _shadow(rule, call), call)
    yield from _conflicts(questions)


def _decides(questions: Questions, rule: Rule) -> bool:
    """Whether some call would get another answer without *rule*."""
    if not rule.tightens:
        return _lowers(questions, rule)
    others = [other for other in questions.tightening if other is not rule and other.answer >= rule.answer]
    clauses = [*questions.speaks(rule), *(questions.silent(other) for other in others)]
    if questions.policy.default >= rule.answer:
        clauses.append(questions.some_allow())
    return _gets(questions, clauses, rule.answer)


def _lowers(questions: Questions, rule: Rule) -> bool:
    default = questions.policy.default
    if default is Strictness.ALLOW:
        return False
    clauses = [*questions.space.matched(rule)]
    clauses += [questions.space.unmatched(other) for other in questions.allowing if other is not rule]
    clauses += [questions.silent(other) for other in questions.tightening if other.answer >= default]
    return questions.find(clauses, below=default) is not None


def _gets(questions: Questions, clauses: list[Clause], answer: Strictness) -> bool:
    below = None if answer is Strictness.DENY else Strictness(answer + 1)
    return questions.find(clauses, below=below) is not None


def _grants(questions: Questions, rule: Rule) -> bool:
    """Whether *rule* changes what a yes to some question grants: a job, or a run."""
    by_default = questions.policy.default is Strictness.DELEGATE
    if places(rule):
        clauses = [*questions.sends(rule), *questions.grants_runs(apart_from=rule)]
    elif rule.answer is Strictness.ALLOW and by_default:
        others = [questions.space.unmatched(other) for other in questions.allowing if other is not rule]
        clauses = [*questions.space.matched(rule), *others, *questions.grants_runs()]
    else:
        return False
    return any(True for _rule, _call in questions.deciding(Strictness.CONFIRM, clauses))


def _shadow(rule: Rule, call: Call) -> str:
    adds = "obligations and a reason" if _has_terms(rule) else "a reason"
    others = ", ".join(name for name in call.decision.rules if name != rule.name)
    return f"it changes no answer, only adds {adds}{f' (here beside {others})' if others else ''}"


def _has_terms(rule: Rule) -> bool:
    return bool(rule.terms is not NO_TERMS or rule.pools or rule.workers)


def _conflicts(questions: Questions) -> Iterator[Finding]:
    """Yield groups of rules that can match together and that no worker can serve."""
    denying = [questions.silent(rule) for rule in questions.tightening if rule.answer is Strictness.DENY]
    if questions.policy.default is Strictness.DENY:
        denying.append(questions.some_allow())
    for group in parting(questions.policy):
        clauses = [clause for rule in group for clause in questions.space.matched(rule)]
        if call := questions.find([*clauses, *denying]):
            what = "no pool or kind of worker is accepted by all of them, so a call that they share is denied"
            yield Finding(Kind.CONFLICT, group, what, call)
