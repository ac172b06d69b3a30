"""`headgate override list`."""

import json

import click
import msgspec

from headgate.host.home import Home
from headgate.model.override import Standing
from headgate.surfaces.client import ask
from headgate.surfaces.grant_asking import override_words


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that have ended, and how they did.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def command(home: Home, *, every: bool, as_json: bool) -> int:
    """List the exceptions that stand: what each covers, why, by whom, how often it was used, and until when."""
    found = ask(home, {"op": "override-list", "all": every})["overrides"]
    if as_json:
        for item in found:  # type: ignore[attr-defined]
            click.echo(json.dumps(item))
        return 0
    standing = msgspec.convert(found, list[Standing])
    for item in standing:
        click.echo("\n".join(override_words(item)))
    if not standing:
        click.echo("no override stands")
    return 0
