"""`headgate policy explain`."""

import json
from pathlib import Path

import click
import msgspec

from headgate.decide.canonical import condition_text
from headgate.decide.evaluate import decide_values, matching_rules
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Mode, Rule
from headgate.host.home import Home
from headgate.model.action import ShellAction, Thread
from headgate.model.decision import Decision, Strictness
from headgate.pipeline import values_of
from headgate.surfaces.cli.policy.options import as_json, of_policy
from headgate.surfaces.cli.policy.show import rule_form
from headgate.surfaces.policy_choice import unproved
from headgate.surfaces.policy_words import answer_words, call_form, call_in_words, decision_form, terms_words
from headgate.surfaces.rehearsal import Rehearsal
from headgate.wiring import world


class Story(msgspec.Struct, frozen=True):
    """A decision with the rules that speak, and the `allow` rule that is nearest to speaking."""

    values: dict[str, Value]
    decision: Decision
    matching: list[Rule]
    nearest: tuple[Rule, list[str]] | None


@click.command()
@click.argument("command_text", metavar="COMMAND", nargs=-1, required=True)
@click.option("--thread", type=click.Choice([str(thread) for thread in Thread]), default="main", show_default=True)
@of_policy
@as_json
@click.pass_obj
def command(home: Home, command_text: tuple[str, ...], thread: str, policy: str | None, *, as_json: bool) -> int:
    """Tell which rules speak about COMMAND, from which layer, and what each adds; runs nothing.

    Where the answer is not allow, the last lines say which `allow` rule is nearest, and what it fails on.
    """
    rules = unproved(policy)
    text = command_text[0] if len(command_text) == 1 else " ".join(command_text)
    judged = Rehearsal(rules, world(home)).judged(ShellAction(text, cwd=str(Path.cwd())), Thread(thread))
    found = story(values_of(judged, rules), rules)
    if as_json:
        click.echo(json.dumps(_form(found, rules)))
    else:
        _tell(found, rules)
    return 0


def story(values: dict[str, Value], policy: Policy) -> Story:
    """Return why a call with these *values* is decided as it is."""
    matching = matching_rules(values, policy)
    return Story(values, decide_values(values, policy), matching, _nearest(values, policy, matching))


def _nearest(values: dict[str, Value], policy: Policy, matching: list[Rule]) -> tuple[Rule, list[str]] | None:
    """Return the `allow` rule with the fewest tests that fail, and those tests; `None` where one speaks."""
    if any(not rule.tightens for rule in matching):
        return None
    found = [(rule, failing(rule, values)) for rule in policy.rules if not rule.tightens]
    return min(found, key=lambda pair: (len(pair[1]), pair[0].name), default=None)


def failing(rule: Rule, values: dict[str, Value]) -> list[str]:
    """Return the tests of *rule* that keep it from matching."""
    found = [condition_text(item) for item in rule.when if not item.holds(values[item.fact], may=rule.tightens)]
    return found or [f"unless {' and '.join(map(condition_text, rule.unless))}"]


def _tell(found: Story, policy: Policy) -> None:
    if policy.mode is Mode.OBSERVE:
        click.echo("OBSERVE: this policy enforces NOTHING; this is what it would decide")
    click.echo(answer_words(found.decision) + "".join(f"; {term}" for term in terms_words(found.decision.terms)))
    for reason in found.decision.reasons:
        click.echo(f"  because {reason.message}")
        if reason.hint:
            click.echo(f"  instead {reason.hint}")
    click.echo(f"  facts   {call_in_words(found.values)}")
    for rule in found.matching:
        tests = ", ".join(map(condition_text, rule.when)) or "always"
        click.echo(f"  {rule.answer.word:<8} {rule.name} ({rule.source}): {tests}")
    if not any(not rule.tightens for rule in found.matching):
        click.echo(f"  default  {policy.default.word}")
    if found.nearest is not None:
        rule, fails_on = found.nearest
        click.echo(f"  nearest allow rule: {rule.name} ({rule.source}), fails on {'; '.join(fails_on)}")
    elif found.decision.strictness is not Strictness.ALLOW:
        click.echo("  an allow rule speaks, and stricter ones win")


def _form(found: Story, policy: Policy) -> dict[str, object]:
    nearest = found.nearest
    return {
        "mode": policy.mode,
        "policy": policy.digest,
        "facts": call_form(found.values),
        "matching": [rule_form(rule) for rule in found.matching],
        "nearest_allow": {"rule": nearest[0].name, "fails_on": nearest[1]} if nearest else None,
        **decision_form(found.decision),
    }
