"""`headgate policy check`."""

import json

import click

from headgate.decide.policy import Policy
from headgate.decide.prove.atoms import TooManyError
from headgate.decide.prove.findings import Finding, Kind, findings
from headgate.decide.prove.solver import GaveUpError
from headgate.surfaces.cli.policy.options import as_json, layer, subject
from headgate.surfaces.policy_choice import checked, choose, located
from headgate.surfaces.policy_words import call_form, call_in_words, rule_words


@click.command()
@subject
@layer
@as_json
def command(policy: str | None, layer: str | None, *, as_json: bool) -> int:
    """Check POLICY (default: what is in force here): mistakes, examples, tests, invariants, and odd rules.

    The exit status is 0 where it can be used, 1 where it is wrong, 2 where it cannot be looked at.
    """
    choice = choose(policy, layer)
    found = checked(choice)
    odd = list(odd_rules(found.policy)) if found.policy else []
    if as_json:
        click.echo(json.dumps(_form(choice.name, found.policy, found.mistakes, odd)))
        return 0 if found.policy else 1
    for mistake in found.mistakes:
        click.echo(mistake)
    if found.policy is None:
        many = "1 mistake" if len(found.mistakes) == 1 else f"{len(found.mistakes)} mistakes"
        click.echo(f"{choice.name}: {many}; it would not be used")
        return 1
    for part in found.policy.parts:
        click.echo(f"{part.layer:<13} {part.file} ({part.digest[:12]})")
    for finding in odd:
        if finding.kind is not Kind.SHADOWED:
            click.echo(said(finding))
    if idle := [finding.rules[0].name for finding in odd if finding.kind is Kind.SHADOWED]:
        click.echo(
            f"note: {len(idle)} rules change no answer, they only add obligations or a reason: {', '.join(idle)}"
        )
    click.echo(summary(choice.name, found.policy))
    return 0


def odd_rules(policy: Policy) -> list[Finding]:
    """Return what the prover finds about *policy*; nothing where that is beyond it."""
    try:
        return list(findings(policy))
    except (TooManyError, GaveUpError):
        return []


def said(finding: Finding) -> str:
    """Return *finding* in words."""
    rules = ", ".join(map(rule_words, finding.rules))
    shown = f"; for example {call_in_words(finding.call.values)}" if finding.call else ""
    return f"{finding.kind}: {rules}: {finding.what}{shown}"


def finding_form(finding: Finding) -> dict[str, object]:
    """Return *finding* for programs."""
    return {
        "kind": finding.kind,
        "rules": [rule.name for rule in finding.rules],
        "sources": [rule.source for rule in finding.rules],
        "what": finding.what,
        "call": call_form(finding.call.values) if finding.call else None,
    }


def summary(name: str, policy: Policy) -> str:
    """Return how much of *policy* was looked at."""
    examples = sum(len(rule.match) + len(rule.not_match) for rule in policy.rules)
    return (
        f"{name}: {len(policy.rules)} rules; {examples} examples and {len(policy.tests)} tests hold; "
        f"{len(policy.invariants)} invariants proved; policy {policy.digest[:12]}"
    )


def _form(name: str, policy: Policy | None, mistakes: tuple[str, ...], odd: list[Finding]) -> dict[str, object]:
    found: dict[str, object] = {"name": name, "ok": policy is not None, "mistakes": located(mistakes)}
    if policy is not None:
        found |= {
            "digest": policy.digest,
            "mode": policy.mode,
            "profile": policy.profile,
            "parts": [{"layer": part.layer, "file": part.file, "sha256": part.digest} for part in policy.parts],
            "rules": len(policy.rules),
            "findings": [finding_form(finding) for finding in odd],
        }
    return found
