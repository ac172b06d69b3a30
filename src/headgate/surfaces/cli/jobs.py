"""`headgate jobs`."""

import json

import click
import msgspec

from headgate.host.home import Home
from headgate.model.job import Job
from headgate.surfaces.client import ask
from headgate.workers.digest import one_line, status


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--limit", default=20, show_default=True, help="How many, the latest first.")
@click.pass_obj
def command(home: Home, *, as_json: bool, limit: int) -> int:
    """List the jobs, the latest first."""
    found = ask(home, {"op": "jobs", "limit": limit}).get("jobs")
    for item in found if isinstance(found, list) else []:
        if as_json:
            click.echo(json.dumps(item))
            continue
        job = msgspec.convert(item, Job)
        where = ", ".join(job.machines) or "this machine"
        click.echo(f"{status(job):<48} {where:<20} {one_line(job.command, 80)}")
    return 0
