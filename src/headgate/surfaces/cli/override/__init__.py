"""`headgate override`: a person's standing exceptions."""

import click

from headgate.surfaces.lazy_commands import LazyCommands

COMMANDS = {
    "add": "grant an exception, with a scope, a reason and an end",
    "end": "end an exception now",
    "list": "list the exceptions that stand",
}


@click.group(cls=LazyCommands, package=__name__, table=COMMANDS)
def command() -> None:
    """Grant exceptions from the rules that say they can be lifted, list them, and end them."""
