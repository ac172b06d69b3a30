"""`headgate release KIND NAME`."""

import click

from headgate.host.home import Home
from headgate.surfaces.client import ask


@click.command()
@click.argument("kind", type=click.Choice(["machine", "environment"]))
@click.argument("name")
@click.pass_obj
def command(home: Home, kind: str, name: str) -> int:
    """Give back what a lost job still has for itself, so that others may have it; look at NAME first.

    `headgate pools` lists what is taken. This is for a person: nobody else knows whether the lost job has ended.
    """
    ask(home, {"op": "release", "kind": kind, "name": name})
    click.echo(f"the {kind} {name} is free again")
    return 0
