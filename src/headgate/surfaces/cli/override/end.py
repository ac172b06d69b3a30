"""`headgate override end ID`."""

import click

from headgate.host.home import Home
from headgate.surfaces.arguments import override_number
from headgate.surfaces.grant_asking import ask_as_person


@click.command()
@click.argument("number", type=override_number)
@click.pass_obj
def command(home: Home, number: int) -> int:
    """End an exception now: from the next call on it covers nothing."""
    ask_as_person(home, {"op": "override-end", "id": number})
    click.echo(f"override {number} has ended")
    return 0
