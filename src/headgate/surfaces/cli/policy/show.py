"""`headgate policy show`."""

import json

import click

from headgate.decide.canonical import condition_text, obligations, plain
from headgate.decide.policy import Policy
from headgate.decide.rules import Mode, Rule
from headgate.decide.trials import shown
from headgate.model.errors import HeadgateError
from headgate.surfaces.cli.policy.options import as_json, of_policy
from headgate.surfaces.policy_choice import choose, unproved


@click.command()
@click.argument("rule", required=False)
@of_policy
@click.option("--source", is_flag=True, help="Print the files themselves.")
@as_json
def command(rule: str | None, policy: str | None, *, source: bool, as_json: bool) -> int:
    """List the rules in force here (or of a policy), strictest first, each with its layer; or show RULE whole."""
    if source:
        for text in choose(policy).texts:
            click.echo(f"# ── {text.layer} {text.file}\n{text.text}")
        return 0
    found = unproved(policy)
    rules = [item for item in found.rules if rule in {None, item.name, item.id}]
    if not rules and rule is not None:
        raise HeadgateError("HG130", f"there is no rule `{rule}`", "`headgate policy show` lists them")
    if as_json:
        click.echo(json.dumps(_form(found, rules)))
    elif rule is not None:
        click.echo("\n\n".join(map(whole, rules)))
    else:
        _list(found)
    return 0


def _list(policy: Policy) -> None:
    if policy.mode is Mode.OBSERVE:
        click.echo("OBSERVE: this policy decides and records, and enforces NOTHING")
    for part in policy.parts:
        click.echo(f"{part.layer:<13} {part.file} ({part.digest[:12]})")
    click.echo(f"default {policy.default.word}; policy {policy.digest[:12]}; profile {policy.profile or 'none'}\n")
    for rule in policy.rules:
        when = ", ".join(map(condition_text, rule.when)) or "always"
        unless = f" unless {' and '.join(map(condition_text, rule.unless))}" if rule.unless else ""
        click.echo(f"{rule.answer.word:<8} {rule.name:<24} {when}{unless}")
    for invariant in policy.invariants:
        given = ", ".join(map(condition_text, invariant.given)) or "every call"
        click.echo(f"proved   {invariant.id:<24} {given} ⇒ at least {invariant.at_least.word}")


def whole(rule: Rule) -> str:
    """Return all of *rule*, several lines long."""
    lines = [f"{rule.answer.word} {rule.name} ({rule.source})", f"  reason  {rule.reason}"]
    lines += [f"  hint    {rule.hint}"] if rule.hint else []
    lines += [f"  when    {condition_text(item)}" for item in rule.when] or ["  when    always"]
    lines += [f"  unless  {condition_text(item)}" for item in rule.unless]
    lines += [f"  with    {plain(rule)}"] if obligations(rule.terms, rule.pools, rule.workers) else []
    lines += [f"  match   {shown(item)}" for item in rule.match]
    lines += [f"  not     {shown(item)}" for item in rule.not_match]
    return "\n".join(lines)


def rule_form(rule: Rule) -> dict[str, object]:
    """Return *rule* for programs."""
    return {
        "name": rule.name,
        "layer": rule.layer,
        "file": rule.file,
        "line": rule.line,
        "decision": rule.answer.word,
        "when": [condition_text(item) for item in rule.when],
        "unless": [condition_text(item) for item in rule.unless],
        "with": obligations(rule.terms, rule.pools, rule.workers),
        "reason": rule.reason,
        "hint": rule.hint,
    }


def _form(policy: Policy, rules: list[Rule]) -> dict[str, object]:
    return {
        "digest": policy.digest,
        "default": policy.default.word,
        "mode": policy.mode,
        "profile": policy.profile,
        "comfort": policy.comfort,
        "parts": [{"layer": part.layer, "file": part.file, "sha256": part.digest} for part in policy.parts],
        "rules": [rule_form(rule) for rule in rules],
        "invariants": [
            {
                "id": item.id,
                "given": [condition_text(test) for test in item.given],
                "at_least": item.at_least.word,
                "then": item.then.word,
            }
            for item in policy.invariants
        ],
    }
