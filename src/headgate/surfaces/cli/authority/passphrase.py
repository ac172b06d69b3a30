"""`headgate authority passphrase`."""

import os

import click

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.surfaces.client import ask


@click.command()
@click.option("--remove", is_flag=True, help="Need none any more.")
@click.pass_obj
def command(home: Home, *, remove: bool) -> int:
    """Set or change the passphrase that every grant then needs; it is typed at the terminal, and nowhere else.

    The first one is set from a shell that is proved to be a person's; see `headgate authority status`.
    """
    _at_a_terminal()
    protected = ask(home, {"op": "authority"})["protected"]
    old = _typed("Passphrase now") if protected else ""
    if remove and not protected:
        click.echo("there is none")
        return 0
    new = "" if remove else _typed("New passphrase")
    if not remove and _typed("The same again") != new:
        raise HeadgateError("HG608", "the two are not the same; nothing was changed", "type them again")
    done = ask(home, {"op": "passphrase", "passphrase": old, "new": new})
    click.echo(
        f"the key {done['key']} {'needs its passphrase' if done['protected'] else 'needs no passphrase'} from now on"
    )
    return 0


def _typed(prompt: str) -> str:
    return str(click.prompt(prompt, hide_input=True, err=True))


def _at_a_terminal() -> None:
    if not os.isatty(0):
        raise HeadgateError("HG608", "a passphrase is typed at a terminal", "run this in a shell of your own")
