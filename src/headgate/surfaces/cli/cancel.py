"""`headgate cancel N`."""

import time

import click
import msgspec

from headgate.host.home import Home
from headgate.model.job import Job
from headgate.surfaces.arguments import job_number
from headgate.surfaces.client import ask
from headgate.surfaces.job_output import ask_on
from headgate.workers.digest import status

_PATIENCE = 30.0
_POLL = 0.05


@click.command()
@click.argument("number", type=job_number)
@click.pass_obj
def command(home: Home, number: int) -> int:
    """End a job with all its processes: asked first (TERM), killed three seconds later; on other machines too.

    Waits up to 30 s. Where the job had started something over ssh, `confirmed` says that this has ended too, and
    `remote unconfirmed` that nobody knows. The exit status is 1 where the job has not ended yet.
    """
    ask(home, {"op": "cancel", "job": number})
    deadline = time.monotonic() + _PATIENCE
    while True:
        job = msgspec.convert(ask_on(home, {"op": "job", "job": number})["job"], Job)
        if job.state.ended or time.monotonic() > deadline:
            break
        time.sleep(_POLL)
    asked = "" if job.state.ended else f"; it was asked to end, see `headgate job {number}`"
    click.echo(f"{status(job)}{asked}")
    return 0 if job.state.ended else 1
