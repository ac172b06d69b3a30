"""`headgate policy diff`."""

import json

import click

from headgate.decide.compare import changes
from headgate.decide.prove.atoms import TooManyError
from headgate.decide.prove.difference import Change, Difference, difference
from headgate.decide.prove.solver import GaveUpError
from headgate.model.errors import HeadgateError
from headgate.surfaces.cli.policy.options import as_json
from headgate.surfaces.policy_choice import unproved
from headgate.surfaces.policy_words import answer_words, call_form, call_in_words, decision_form


@click.command()
@click.argument("before")
@click.argument("after")
@as_json
def command(before: str, after: str, *, as_json: bool) -> int:
    """Show the calls that the policies BEFORE and AFTER decide differently, loosened and tightened apart.

    Each is a file, a profile, or `current`. The exit status is 0 where nothing is loosened, 1 where something is, 2
    where that cannot be told: for a check in CI.
    """
    old, new = unproved(before), unproved(after)
    try:
        found = difference(old, new)
    except (TooManyError, GaveUpError):
        raise HeadgateError("HG113", "the policies are too large to be compared", "use fewer inner `*`") from None
    rules = changes(old, new)
    if as_json:
        click.echo(json.dumps(_form(found, rules)))
    else:
        _tell(found, rules)
    return 1 if found.loosens else 0


def _tell(found: Difference, rules: list[str]) -> None:
    for line in rules:
        click.echo(line)
    for what, loosens in found.settings:
        click.echo(f"{'LOOSENED' if loosens else 'tightened'}  {what}")
    for change in found.calls:
        click.echo(f"{'LOOSENED' if change.loosens else 'tightened'}  {change.what}: {call_in_words(change.values)}")
        click.echo(f"           before {answer_words(change.before)} by {_rules(change.before.rules)}")
        click.echo(f"           after  {answer_words(change.after)} by {_rules(change.after.rules)}")
    loosened = sum(change.loosens for change in found.calls) + sum(loosens for _what, loosens in found.settings)
    tightened = len(found.calls) + len(found.settings) - loosened
    click.echo(f"{loosened} loosened, {tightened} tightened")


def _rules(names: tuple[str, ...]) -> str:
    return ", ".join(names) or "the default"


def _form(found: Difference, rules: list[str]) -> dict[str, object]:
    def calls(*, loosens: bool) -> list[dict[str, object]]:
        return [_change(change) for change in found.calls if change.loosens is loosens]

    return {
        "loosens": found.loosens,
        "rules": rules,
        "settings": [{"what": what, "loosens": loosens} for what, loosens in found.settings],
        "loosened": calls(loosens=True),
        "tightened": calls(loosens=False),
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "what": change.what,
        "call": call_form(change.values),
        "before": decision_form(change.before),
        "after": decision_form(change.after),
    }
