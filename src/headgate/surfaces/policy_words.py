"""Decisions and calls about policies, for people and for programs."""

from collections.abc import Iterator, Mapping

import msgspec

from headgate.decide.canonical import lasting
from headgate.decide.names import Value
from headgate.decide.prove.invariants import Proof, why
from headgate.decide.prove.words import call_in_words, telling
from headgate.decide.rules import Rule
from headgate.model.decision import Confirm, Decision, Terms


def decision_form(decision: Decision) -> dict[str, object]:
    """Return *decision* for programs."""
    return {
        "decision": decision.strictness.word,
        "then": decision.then.strictness.word if isinstance(decision, Confirm) else None,
        "rules": list(decision.rules),
        "terms": msgspec.to_builtins(decision.terms),
        "reasons": [{"rule": item.code, "message": item.message, "source": item.source} for item in decision.reasons],
    }


def call_form(values: Mapping[str, Value]) -> dict[str, object]:
    """Return what is unusual about a call, for programs; a hole is `…`."""
    found = {"thread": values["thread"]} | telling(values)
    return {name: msgspec.to_builtins(_shown(value)) for name, value in found.items()}


def _shown(value: Value) -> Value:
    return tuple(name.replace("\0", "…") for name in value) if isinstance(value, tuple) else value


def proof_form(proof: Proof) -> dict[str, object]:
    """Return *proof* for programs."""
    call = proof.counterexample
    return {
        "invariant": proof.invariant.id,
        "file": proof.invariant.file,
        "line": proof.invariant.line,
        "proved": proof.holds,
        "why": "" if proof.holds else why(proof),
        "counterexample": call_form(call.values) if call else None,
    }


def rule_words(rule: Rule) -> str:
    """Return *rule* with its place."""
    return f"{rule.name} ({rule.source})"


def terms_words(terms: Terms) -> Iterator[str]:
    """Yield the obligations of a decision, those that it has."""
    if terms.budget is not None:
        yield f"budget {lasting(terms.budget)}"
    if terms.max_run is not None:
        yield f"max_run {lasting(terms.max_run)}"
    if terms.pool != "local":
        yield f"pool {terms.pool}"
    if terms.worker != "command":
        yield f"worker {terms.worker}"
    if terms.lease:
        yield f"lease {', '.join(terms.lease)}"
    yield from _people_words(terms)


def _people_words(terms: Terms) -> Iterator[str]:
    if terms.approvers:
        yield f"approvers {', '.join(terms.approvers)}"
    if terms.approvals > 1:
        yield f"approvals {terms.approvals}"
    if terms.not_requester:
        yield "not by who asks"


def answer_words(decision: Decision) -> str:
    """Return the answer with what a yes grants."""
    then = f" (a yes grants {decision.then.strictness.word})" if isinstance(decision, Confirm) else ""
    return decision.strictness.word + then


__all__ = ["answer_words", "call_form", "call_in_words", "decision_form", "proof_form", "rule_words", "terms_words"]
