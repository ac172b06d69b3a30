"""`headgate drain [WORKER]`."""

import click

from headgate.host.home import Home
from headgate.surfaces.client import ask


@click.command()
@click.argument("worker", default="")
@click.option("--undo", is_flag=True, help="Take work again.")
@click.pass_obj
def command(home: Home, worker: str, *, undo: bool) -> int:
    """Have WORKER take no more work (default: this gate itself); what runs goes on to its end."""
    answer = ask(home, {"op": "drain", "worker": worker, "undo": undo})
    who = f"worker {worker}" if worker else "this gate"
    if undo:
        click.echo(f"{who} takes work again")
    else:
        here = f"; {answer['running']} of its jobs still run" if not worker else "; see `headgate workers`"
        click.echo(f"{who} takes no more work{here}")
    return 0
