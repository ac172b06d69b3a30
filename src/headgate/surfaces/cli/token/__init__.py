"""`headgate token`: who may answer over the network."""

import click

from headgate.surfaces.lazy_commands import LazyCommands

COMMANDS = {"new": "print a fresh token, and what to write into headgate.toml"}


@click.group(cls=LazyCommands, package=__name__, table=COMMANDS)
def command() -> None:
    """Tokens of the network API."""
