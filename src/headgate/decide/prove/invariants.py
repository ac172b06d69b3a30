"""Invariants of a policy, proved when it is loaded: each holds of every call, or there is a call that breaks it."""

from collections.abc import Iterator

import msgspec

from headgate.decide.policy import Policy
from headgate.decide.prove.atoms import TooManyError
from headgate.decide.prove.questions import Call, Questions
from headgate.decide.prove.solver import GaveUpError
from headgate.decide.prove.words import call_in_words
from headgate.decide.rules import Invariant
from headgate.model.decision import Confirm, Strictness


class Proof(msgspec.Struct, frozen=True):
    """One invariant: proved where there is no *counterexample* and nothing that was *beyond* the prover."""

    invariant: Invariant
    counterexample: Call | None = None
    beyond: str = ""

    @property
    def holds(self) -> bool:
        """Whether it is proved."""
        return self.counterexample is None and not self.beyond


def proofs(policy: Policy) -> Iterator[Proof]:
    """Yield the proof of each invariant of *policy*, or what breaks it."""
    if not policy.invariants:
        return
    also = [item for invariant in policy.invariants for item in (*invariant.given, *invariant.unless)]
    try:
        questions = Questions(policy, also)
    except TooManyError:
        yield from (Proof(invariant, beyond=_PATTERNS) for invariant in policy.invariants)
        return
    for invariant in policy.invariants:
        try:
            yield Proof(invariant, counterexample(questions, invariant))
        except GaveUpError:
            yield Proof(invariant, beyond=_SEARCH)


_PATTERNS = "its patterns tell too many kinds of names apart: use fewer patterns with `*` at both ends"
_SEARCH = "the search took too long: use fewer rules that part on the same facts"


def counterexample(questions: Questions, invariant: Invariant) -> Call | None:
    """Return a call that breaks *invariant*; `None` is a proof that there is none."""
    given = questions.given(invariant.given, invariant.unless)
    if invariant.at_least is not Strictness.ALLOW:
        below = Strictness(invariant.at_least - 1)
        found = questions.find([*given, *questions.at_most(below)], below=invariant.at_least)
        if found is not None:
            return found
    return questions.grants_less(given, invariant.then)


def broken(policy: Policy) -> Iterator[str]:
    """Yield every invariant of *policy* that does not hold, or is not proved, as `file:line: what`.

    What is proved of the files above holds with every file below them, for those can only tighten (policy.md, section
    6): each invariant is proved where it stands. One about what a yes grants is proved for the whole, unless no call
    that it speaks of can be allowed.
    """
    if policy.above is not None:
        yield from broken(policy.above)
    last = policy.parts[-1].file if policy.parts else ""
    own = tuple(item for item in policy.invariants if item.file == last or not _inherited(item))
    for proof in proofs(msgspec.structs.replace(policy, invariants=own)):
        if not proof.holds:
            yield f"{proof.invariant.file}:{proof.invariant.line}: invariant `{proof.invariant.id}`: {why(proof)}"


def _inherited(invariant: Invariant) -> bool:
    return invariant.then is Strictness.ALLOW or invariant.at_least is not Strictness.ALLOW


def why(proof: Proof) -> str:
    """Return why *proof* does not hold, with the call that breaks it."""
    call = proof.counterexample
    if call is None:
        return f"it cannot be proved: {proof.beyond}"
    decision = call.decision
    grants = f" (a yes grants {decision.then.strictness.word})" if isinstance(decision, Confirm) else ""
    rules = ", ".join(decision.rules) or "the default"
    return (
        f"it does not hold: {decision.strictness.word}{grants} by {rules}, for a call with {call_in_words(call.values)}"
    )
