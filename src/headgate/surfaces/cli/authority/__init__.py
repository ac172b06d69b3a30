"""`headgate authority`: who counts as a person, and the key that signs for them."""

import click

from headgate.surfaces.lazy_commands import LazyCommands

COMMANDS = {
    "passphrase": "set, change or remove the passphrase of the person's key",
    "status": "show the key, and what the shell that asks is taken for, and why",
}


@click.group(cls=LazyCommands, package=__name__, table=COMMANDS)
def command() -> None:
    """Look at, and change, what a person needs to grant something."""
