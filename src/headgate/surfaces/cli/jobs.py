"""`headgate jobs`."""

import json

import click

from headgate.host.home import Home
from headgate.surfaces.arguments import job_state, lasting
from headgate.surfaces.job_list import Wanted, as_line, plain, select, watch


@click.command()
@click.option("--state", "states", type=job_state, metavar="STATE", multiple=True, help="Only those; may come again.")
@click.option("--session", default="", help="Only those of one session.")
@click.option("--machine", default="", help="Only those on machines that fit this pattern.")
@click.option("--pool", default="", help="Only those of one pool.")
@click.option("--since", type=lasting, metavar="DURATION", help="Only those that came in the last 30s, 10m, 2h, 1d.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many, the latest first."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option("--watch", "watched", is_flag=True, help="Stay, and look every second; Ctrl-C ends it.")
@click.option("--until-idle", is_flag=True, help="Watch until all of these jobs have ended.")
@click.pass_obj
def command(home: Home, /, *, as_json: bool, watched: bool, until_idle: bool, **wanted: object) -> int:
    """List the jobs, the latest first.

    With --watch the list is drawn anew on a terminal; elsewhere each job is printed again when it changes.
    """
    found = Wanted(**wanted)  # type: ignore[arg-type]
    if watched or until_idle:
        return watch(home, found, as_json=as_json, until_idle=until_idle)
    for job in select(home, found):
        click.echo(json.dumps(plain(job)) if as_json else as_line(job))
    return 0
