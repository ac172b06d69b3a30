"""`headgate rerun N`."""

import click

from headgate.host.home import Home
from headgate.surfaces.arguments import job_number
from headgate.surfaces.hand_in import hand_in, moment


@click.command()
@click.argument("number", type=job_number)
@click.option("--confirm", is_flag=True, help="Also where it changes something, and would do so a second time.")
@click.option("--wait", is_flag=True, help="Wait for the end; the exit status is that of the job.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on one line, and nothing else.")
@click.pass_obj
def command(home: Home, number: int, *, confirm: bool, wait: bool, as_json: bool) -> int:
    """Run once more what an ended job ran, as a new job: in its directory, with the environment of this shell.

    What only reads is run again at once; what may change something needs `--confirm`. It is decided again.
    """
    request = {"op": "rerun", "job": number, "confirmed": confirm, "wait": wait, **moment()}
    return hand_in(home, request, as_json=as_json)
