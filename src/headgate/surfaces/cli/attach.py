"""`headgate attach`: in the list of commands; `__main__` redeems tickets before this is loaded."""

import click

from headgate.host.home import Home
from headgate.surfaces.attach import attach


@click.command(hidden=True)
@click.argument("ticket")
@click.pass_obj
def command(home: Home, ticket: str) -> int:
    """Redeem a ticket; only the gate itself writes this command."""
    return attach(ticket, str(home.socket))
