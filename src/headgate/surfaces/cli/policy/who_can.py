"""`headgate policy who-can`."""

import json
import tomllib
from collections.abc import Iterable

import click

from headgate.decide.conditions import Condition, Reader
from headgate.decide.mistakes import Mistakes
from headgate.decide.policy import Policy
from headgate.decide.prove.atoms import TooManyError
from headgate.decide.prove.questions import Questions
from headgate.decide.prove.solver import GaveUpError
from headgate.decide.vocabulary import ANSWERS
from headgate.model.errors import HeadgateError
from headgate.surfaces.cli.policy.options import as_json, of_policy
from headgate.surfaces.policy_choice import unproved
from headgate.surfaces.policy_words import (
    answer_words,
    call_form,
    call_in_words,
    decision_form,
    rule_words,
    terms_words,
)


@click.command()
@click.argument("answer", type=click.Choice([*ANSWERS]))
@click.argument("given", nargs=-1, metavar="[FACT=VALUE]...")
@of_policy
@as_json
def command(answer: str, given: tuple[str, ...], policy: str | None, *, as_json: bool) -> int:
    """Show by which rules some call gets exactly ANSWER, each with such a call; nothing means that none can.

    FACT=VALUE narrows the calls, in the words of the policy: thread=main, heavy=true, machines.any=*.prod,
    steps.at_least=3; several words are joined by commas.

    The exit status is 0 where some call gets the answer, 1 where it is proved that none does.
    """
    rules = unproved(policy)
    conditions = parsed(given, rules)
    try:
        questions = Questions(rules, conditions)
        found = list(questions.deciding(ANSWERS[answer], questions.given(conditions)))
    except (TooManyError, GaveUpError):
        raise HeadgateError(
            "HG113", "the policy is too large for this question", "narrow it, or use fewer inner `*`"
        ) from None
    if as_json:
        form = [
            {"rule": rule.name if rule else "default", "call": call_form(call.values), **decision_form(call.decision)}
            for rule, call in found
        ]
        click.echo(json.dumps({"answer": answer, "ways": form}))
        return 0 if found else 1
    for rule, call in found:
        by = rule_words(rule) if rule else "the default"
        click.echo("; ".join([f"{answer_words(call.decision)} by {by}", *terms_words(call.decision.terms)]))
        click.echo(f"  for example {call_in_words(call.values)}")
    if not found:
        click.echo(f"nobody: it is proved that no such call gets {answer}")
    return 0 if found else 1


def parsed(given: Iterable[str], policy: Policy) -> tuple[Condition, ...]:
    """Return the conditions in *given*; raises `HeadgateError` HG130 with every mistake."""
    table: dict[str, object] = {}
    for word in given:
        name, separator, value = word.partition("=")
        if not separator or not name:
            raise HeadgateError("HG130", f"`{word}` is not FACT=VALUE", "for example thread=main, or steps.at_least=3")
        fact, _, operator = name.partition(".")
        inner = table.setdefault(fact, {}) if operator else table
        if isinstance(inner, dict):
            inner[operator or fact] = _value(value)
    mistakes = Mistakes("given", "", "question")
    found = Reader(mistakes, {}, policy.schema).conditions(table, "given")
    if mistakes.found:
        raise HeadgateError(
            "HG130", "; ".join(line.split(": ", 2)[2] for line in mistakes.found), "see docs/policy-reference.md"
        )
    return found


def _value(text: str) -> object:
    """Return *text* as TOML has it; a plain word, or several joined by commas, are words."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except tomllib.TOMLDecodeError:
        return text.split(",") if "," in text else text
