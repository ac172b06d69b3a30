"""`headgate policy prove`."""

import json
import time

import click

from headgate.decide.prove.findings import Finding, Kind
from headgate.decide.prove.invariants import Proof, proofs, why
from headgate.surfaces.cli.policy.check import finding_form, odd_rules, said
from headgate.surfaces.cli.policy.options import as_json, layer, subject
from headgate.surfaces.policy_choice import unproved
from headgate.surfaces.policy_words import proof_form


@click.command()
@subject
@layer
@as_json
def command(policy: str | None, layer: str | None, *, as_json: bool) -> int:
    """Prove the invariants of POLICY (default: what is in force here), or show a call that breaks each.

    Then the rules that no call can match, those that change no decision, and those whose pools part. The exit status
    is 0 where every invariant is proved and no rule is dead or in conflict, else 1.
    """
    found = unproved(policy, layer)
    began = time.perf_counter()
    proved = list(proofs(found))
    odd = odd_rules(found)
    seconds = time.perf_counter() - began
    wrong = any(not proof.holds for proof in proved) or any(finding.kind is not Kind.SHADOWED for finding in odd)
    if as_json:
        form = {"ok": not wrong, "proofs": list(map(proof_form, proved)), "findings": list(map(finding_form, odd))}
        click.echo(json.dumps(form))
    else:
        _tell(proved, odd, seconds)
    return 1 if wrong else 0


def _tell(proved: list[Proof], odd: list[Finding], seconds: float) -> None:
    for proof in proved:
        place = f"{proof.invariant.file}:{proof.invariant.line}"
        if proof.holds:
            click.echo(f"proved    {proof.invariant.id} ({place})")
        else:
            click.echo(f"BROKEN    {proof.invariant.id} ({place}): {why(proof)}")
    for finding in odd:
        click.echo(said(finding))
    holding = sum(proof.holds for proof in proved)
    click.echo(f"{holding} of {len(proved)} invariants proved, {len(odd)} findings, in {seconds * 1000:.0f} ms")
