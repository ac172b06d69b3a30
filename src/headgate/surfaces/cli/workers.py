"""`headgate workers`."""

import json

import click
import msgspec

from headgate.host.home import Home
from headgate.surfaces.client import ask
from headgate.surfaces.fleet_words import Found, worker_line


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def command(home: Home, *, as_json: bool) -> int:
    """List the workers that registered, this gate among them, with the pools that they serve."""
    for worker in Found.of(ask(home, {"op": "pools"})).workers:
        if as_json:
            click.echo(json.dumps(msgspec.to_builtins(worker)))
        else:
            click.echo(f"{worker_line(worker)}; pools {', '.join(worker.pools)}; version {worker.version}")
    return 0
