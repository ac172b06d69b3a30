"""`headgate journal rotate`."""

import json

import click

from headgate.host.home import Home
from headgate.surfaces.client import ask


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, *, as_json: bool) -> int:
    """Move all entries but the last to segments, and delete what `[journal] keep` keeps no longer.

    The daemon does the same by itself, once an hour, with segments that are full.
    """
    found = ask(home, {"op": "rotate"})
    if as_json:
        click.echo(json.dumps(found))
    else:
        click.echo(f"sealed {found['sealed']} segments; deleted what {found['forgotten']} of them said")
    return 0
