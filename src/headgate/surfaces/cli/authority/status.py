"""`headgate authority status`."""

import json

import click

from headgate.host.home import Home
from headgate.surfaces.client import ask


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def command(home: Home, *, as_json: bool) -> int:
    """Show the person's key, and what this shell is taken for.

    The exit status is 0 where a person could grant something from here, else 1.
    """
    told = ask(home, {"op": "authority"})
    able = not told["refused"] and bool(told["proved"] or told["protected"])
    if as_json:
        click.echo(json.dumps(told | {"able": able}, indent=2))
        return 0 if able else 1
    click.echo(f"key         {told['key'] or 'none yet: the first grant makes it'}")
    click.echo(f"passphrase  {'is needed for every grant' if told['protected'] else 'none is set'}")
    pinned = told["pinned"]
    if isinstance(pinned, list) and pinned:
        click.echo(f"pinned      by root: {', '.join(pinned)}")
    click.echo(f"you         {told['user']}, {_taken_for(told)}")
    return 0 if able else 1


def _taken_for(told: dict[str, object]) -> str:
    if told["refused"]:
        return f"surely no person: {told['refused']}"
    if told["proved"]:
        return f"a person: {told['proved']}"
    return f"perhaps a person: {'the passphrase proves it' if told['protected'] else 'nothing proves it'}"
