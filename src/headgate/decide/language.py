"""Policy text to a policy, or every mistake in it with its place."""

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping

from headgate.decide.conditions import conditions
from headgate.decide.durations import duration
from headgate.decide.mistakes import Mistakes
from headgate.decide.policy import Policy, Rule, shortlists
from headgate.model.decision import NO_TERMS, Reason, Strictness, Terms
from headgate.model.errors import HeadgateError

_TOP = ("schema", "layer", "default", "settings", "inventory", "rule")
_RULE = ("id", "decision", "when", "unless", "with", "reason", "hint")
_WITH = ("budget", "max_run", "pool", "approvers")
_SETTINGS = ("comfort", "quick_wait")
_ENVIRONMENTS = ("prod", "staging", "dev")
_WORDS = {answer.word: answer for answer in Strictness}

__all__ = ["load"]


def load(text: str, name: str = "policy.toml") -> Policy:
    """Return the policy in *text* (TOML); *name* is the file's name in messages.

    Raises `HeadgateError` HG110 with every mistake, one a line, as `name:line: what, what to do`.
    """
    mistakes = Mistakes(name, text)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _wrong([f"{name}: {error}"]) from None
    policy = _policy(document, text, mistakes)
    if mistakes.found:
        raise _wrong(mistakes.found)
    return policy


def _wrong(lines: list[str]) -> HeadgateError:
    return HeadgateError("HG110", "the policy is wrong:\n" + "\n".join(lines), "nothing of it is used")


def _policy(document: dict[str, object], text: str, mistakes: Mistakes) -> Policy:
    mistakes.unknown_keys(document, _TOP, "the policy")
    if document.get("schema") != 1:
        mistakes.add(0, "schema", "`schema = 1` is required")
    settings = _table(document, "settings", mistakes)
    mistakes.unknown_keys(settings, _SETTINGS, "settings")
    rules = [_rule(table, number, mistakes) for number, table in enumerate(_rule_tables(document, mistakes))]
    _duplicates(rules, mistakes)
    default = _WORDS.get(str(document.get("default")))
    if default is None:
        mistakes.add(0, "default", "`default` must be allow, delegate, confirm or deny")
    ordered = tuple(sorted(rules, key=lambda rule: (-rule.answer, rule.id)))
    return Policy(
        rules=ordered,
        shortlists=shortlists(ordered),
        default=Strictness.DENY if default is None else default,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        inventory=_inventory(_table(document, "inventory", mistakes), mistakes),
        comfort=_seconds(settings, "comfort", 30.0, mistakes),
        quick_wait=_seconds(settings, "quick_wait", 3.0, mistakes),
    )


def _rule(table: dict[str, object], number: int, mistakes: Mistakes) -> Rule:
    mistakes.enter(number, str(table.get("id", "")))
    mistakes.unknown_keys(table, _RULE, "a rule")
    answer = _WORDS.get(str(table.get("decision")))
    if answer is None:
        mistakes.add_word("decision", str(table.get("decision")), _WORDS)
    if not re.fullmatch(r"[a-z][a-z0-9-]*", str(table.get("id", ""))):
        mistakes.add_here("id", "a rule needs an `id` of small letters, digits and dashes")
    if not table.get("reason"):
        mistakes.add_here("id", "a rule needs a `reason`")
    loosens = answer is Strictness.ALLOW
    terms = _table(table, "with", mistakes)
    mistakes.unknown_keys(terms, _WITH, "with")
    return Rule(
        id=str(table.get("id", "")),
        answer=Strictness.DENY if answer is None else answer,
        when=conditions(_table(table, "when", mistakes), mistakes, unknown=not loosens, loosens=loosens),
        unless=conditions(_table(table, "unless", mistakes), mistakes, unknown=loosens, loosens=not loosens),
        terms=_terms(terms, mistakes),
        said=Reason(str(table.get("id", "")), str(table.get("reason", "")), str(table.get("hint", ""))),
        line=mistakes.line,
        pools=tuple(_names(terms.get("pool"))),
    )


def _terms(table: dict[str, object], mistakes: Mistakes) -> Terms:
    if not table:
        return NO_TERMS
    limits: dict[str, float | None] = {}
    for key in ("budget", "max_run"):
        value = duration(table[key]) if key in table else None
        if key in table and value is None:
            mistakes.add_here(key, f"with.{key} needs a duration such as `30s`, not `{table[key]}`")
        limits[key] = value
    return Terms(budget=limits["budget"], max_run=limits["max_run"], approvers=tuple(_names(table.get("approvers"))))


def _inventory(table: dict[str, object], mistakes: Mistakes) -> tuple[tuple[str, str], ...]:
    mistakes.unknown_keys(table, _ENVIRONMENTS, "inventory")
    return tuple((name, pattern) for name in _ENVIRONMENTS for pattern in _names(table.get(name)))


def _seconds(table: Mapping[str, object], key: str, usual: float, mistakes: Mistakes) -> float:
    value = duration(table.get(key, usual))
    if value is None:
        mistakes.add(0, key, f"settings.{key} needs a duration such as `30s`")
        return usual
    return value


def _duplicates(rules: Iterable[Rule], mistakes: Mistakes) -> None:
    seen: dict[str, int] = {}
    for rule in rules:
        if rule.id in seen:
            mistakes.found.append(
                f"{mistakes.name}:{rule.line}: rule `{rule.id}`: the id is used on line {seen[rule.id]}"
            )
        seen[rule.id] = rule.line


def _rule_tables(document: dict[str, object], mistakes: Mistakes) -> list[dict[str, object]]:
    found = document.get("rule", [])
    if isinstance(found, list) and all(isinstance(table, dict) for table in found):
        return found
    mistakes.add(0, "rule", "rules are written as `[[rule]]`, each a table of its own")
    return []


def _table(holder: dict[str, object], key: str, mistakes: Mistakes) -> dict[str, object]:
    value = holder.get(key, {})
    if isinstance(value, dict):
        return value
    mistakes.add(mistakes.line, key, f"`{key}` is a table, not `{value}`")
    return {}


def _names(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [str(item) for item in value] if isinstance(value, list) else []
