"""The canonical form of a policy, its digest, and its parts in the words of the language."""

import hashlib
import json
from datetime import date
from decimal import Decimal

import msgspec

from headgate.decide.conditions import Condition, Operator
from headgate.decide.policy import Policy
from headgate.decide.rules import Rule, Window
from headgate.decide.schema import FACTS, Kind
from headgate.model.decision import Terms


def digest(policy: Policy) -> str:
    """Return the SHA-256 of the canonical form of all in *policy* that decides or is said."""
    form = {
        "schema": 1,
        "default": policy.default.word,
        "settings": [policy.comfort, policy.session_budget, policy.quick_wait, policy.mode],
        "people": [policy.approval, policy.override_max, policy.break_glass],
        "starts": [policy.exec_gate, policy.at_start, policy.connections],
        "inventory": policy.inventory,
        "windows": [_window(window) for window in policy.windows],
        "rules": [rule_form(rule) for rule in policy.rules],
    }
    return hashlib.sha256(msgspec.json.encode(form, order="sorted")).hexdigest()


def rule_form(rule: Rule) -> dict[str, object]:
    """Return what makes *rule* another rule than any that reads differently."""
    return {
        "name": rule.name,
        "decision": rule.answer.word,
        "when": sorted(map(_condition, rule.when)),
        "unless": sorted(map(_condition, rule.unless)),
        "with": [rule.terms, rule.pools, rule.workers],
        "says": [rule.reason, rule.hint],
    }


def _window(window: Window) -> list[object]:
    return [window.name, window.fact, window.over, sorted(map(_condition, window.where))]


def _condition(item: Condition) -> list[object]:
    return [item.fact, item.operator.value, sorted(item.words), item.bound]


def condition_text(item: Condition) -> str:
    """Return *item* as it stands in a policy."""
    if item.operator is Operator.IS:
        words = item.words
        if FACTS[item.fact].kind is Kind.FLAG:
            return f"{item.fact} = {words[0]}"
        return f"{item.fact} = {quoted(words)}"
    if item.operator in {Operator.AT_LEAST, Operator.BELOW}:
        return f"{item.fact}.{item.operator} = {_bound(item)}"
    return f"{item.fact}.{item.operator} = {quoted(item.words)}"


def _bound(item: Condition) -> str:
    kind = FACTS[item.fact].kind if item.fact in FACTS else Kind.NUMBER
    if kind is Kind.DATE:
        return date.fromordinal(int(item.bound)).isoformat()
    return f'"{lasting(item.bound)}"' if kind is Kind.DURATION else _plainly(item.bound)


def quoted(words: tuple[str, ...]) -> str:
    """Return one word, or a list of words, in TOML."""
    texts = [json.dumps(word, ensure_ascii=False).replace("\x7f", "\\u007f") for word in words]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def lasting(seconds: float) -> str:
    """Return *seconds* as a duration of the language, in the largest unit that divides it."""
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{_plainly(seconds / size)}{unit}"
    return f"{_plainly(seconds)}s"


def _plainly(number: float) -> str:
    """Return *number* with all its digits and no exponent, as it reads back."""
    return str(int(number)) if number == int(number) else format(Decimal(repr(number)), "f")


def plain(rule: Rule) -> str:
    """Return the obligations of *rule*; `nothing` where it has none."""
    return obligations(rule.terms, rule.pools, rule.workers) or "nothing"


def obligations(terms: Terms, pools: tuple[str, ...], workers: tuple[str, ...]) -> str:
    """Return obligations on one line."""
    found = [
        f"budget {lasting(terms.budget)}" if terms.budget is not None else "",
        f"max_run {lasting(terms.max_run)}" if terms.max_run is not None else "",
        f"pool {', '.join(pools)}" if pools else "",
        f"worker {', '.join(workers)}" if workers else "",
        f"lease {', '.join(terms.lease)}" if terms.lease else "",
        f"approvers {', '.join(terms.approvers)}" if terms.approvers else "",
        f"approvals {terms.approvals}" if terms.approvals > 1 else "",
        "not_requester" if terms.not_requester else "",
    ]
    return ", ".join(filter(None, found))
