"""`headgate cancel N`."""

import time

import click
import msgspec

from headgate.host.home import Home
from headgate.model.job import Job
from headgate.surfaces.client import ask
from headgate.workers.digest import status

_PATIENCE = 15.0


@click.command()
@click.argument("number", type=int)
@click.pass_obj
def command(home: Home, number: int) -> int:
    """End a job with all its processes: asked first (TERM), killed three seconds later."""
    ask(home, {"op": "cancel", "job": number})
    deadline = time.monotonic() + _PATIENCE
    while True:
        job = msgspec.convert(ask(home, {"op": "job", "job": number})["job"], Job)
        if job.state.ended or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    click.echo(status(job))
    return 0 if job.state.ended else 1
