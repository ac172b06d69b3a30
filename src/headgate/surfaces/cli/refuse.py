"""`headgate refuse ID`."""

import click

from headgate.host.home import Home
from headgate.surfaces.arguments import question_number
from headgate.surfaces.grant_asking import ask_as_person


@click.command()
@click.argument("number", type=question_number)
@click.option("--reason", default="", help="Why: the model is told.")
@click.pass_obj
def command(home: Home, number: int, reason: str) -> int:
    """Say no to a question: nothing runs, and the model is told the reason."""
    ask_as_person(home, {"op": "refuse", "id": number, "reason": reason})
    click.echo(f"question {number} is refused")
    return 0
