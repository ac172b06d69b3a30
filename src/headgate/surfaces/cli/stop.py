"""`headgate stop`."""

import time

import click

from headgate.host.home import Home
from headgate.host.processes import alive, started
from headgate.model.errors import HeadgateError
from headgate.surfaces.client import ask

_PATIENCE = 30.0


@click.command()
@click.pass_obj
def command(home: Home) -> int:
    """Stop the daemon; running jobs go on, and the next daemon takes them up."""
    try:
        answer = ask(home, {"op": "stop"}, start=False)
    except HeadgateError as error:
        if error.code != "HG010":
            raise
        click.echo("no daemon runs")
        return 0
    pid = answer.get("stopping")
    if isinstance(pid, int):
        since, deadline = started(pid), time.monotonic() + _PATIENCE
        while alive(pid, since) and time.monotonic() < deadline:
            time.sleep(0.02)
    click.echo("stopped")
    return 0
