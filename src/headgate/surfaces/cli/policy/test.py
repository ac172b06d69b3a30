"""`headgate policy test`."""

import json

import click

from headgate.rehearse import rehearsed
from headgate.surfaces.cli.policy.options import as_json, layer, subject
from headgate.surfaces.policy_choice import located, unproved


@click.command()
@subject
@layer
@as_json
def command(policy: str | None, layer: str | None, *, as_json: bool) -> int:
    """Try the examples and tests of POLICY (default: what is in force here).

    The exit status is 0 where all hold, else 1.
    """
    found = unproved(policy, layer)
    failed = list(rehearsed(found))
    tried = sum(len(rule.match) + len(rule.not_match) for rule in found.rules) + len(found.tests)
    if as_json:
        click.echo(json.dumps({"ok": not failed, "tried": tried, "failures": located(failed)}))
        return 1 if failed else 0
    for failure in failed:
        click.echo(failure)
    click.echo(f"{tried - len(failed)} of {tried} examples and tests hold")
    return 1 if failed else 0
