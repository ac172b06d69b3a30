"""`headgate pools`."""

import json
import shlex

import click

from headgate.host.home import Home
from headgate.surfaces.client import ask
from headgate.surfaces.fleet_words import Found, worker_line


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, *, as_json: bool) -> int:
    """List the pools, the workers that serve them, and what running jobs have for themselves.

    What a lost job had stays taken until a person gives it back with `headgate release`: the job may still be at it.
    """
    answer = ask(home, {"op": "pools"})
    if as_json:
        click.echo(json.dumps(answer))
        return 0
    found = Found.of(answer)
    for pool in found.pools:
        click.echo(f"pool {pool.name}: {f'at {pool.store}' if pool.store else f'served here, {pool.places} places'}")
        workers = [worker for worker in found.workers if pool.name in worker.pools]
        for worker in workers:
            click.echo(f"  {worker_line(worker)}")
        if pool.store in found.away:
            click.echo(f"  AWAY: {found.away[pool.store]}")
        elif not workers:
            click.echo("  no worker serves it: its jobs wait")
    for slot in found.slots:
        holder = f"job {slot.job}" if slot.job else f"a job of another gate ({slot.work[:8]})"
        click.echo(f"{slot.kind} {slot.shown}: taken by {holder}{', which is LOST' if slot.quarantined else ''}")
        if slot.quarantined:
            click.echo(f"  once you have looked: headgate release {slot.kind} {shlex.quote(slot.name)}")
    return 0
