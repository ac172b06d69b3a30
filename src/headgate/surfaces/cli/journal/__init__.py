"""`headgate journal`: how the journal is kept."""

import click

from headgate.surfaces.lazy_commands import LazyCommands

COMMANDS = {
    "rotate": "move older entries to a segment now, and delete what is kept no longer",
}


@click.group(cls=LazyCommands, package=__name__, table=COMMANDS)
def command() -> None:
    """Keep the journal; `headgate log`, `why`, `verify` and `export` read it."""
