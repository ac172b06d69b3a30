"""`headgate approvals`."""

import json

import click
import msgspec

from headgate.host.home import Home
from headgate.model.approval import Approval
from headgate.surfaces.client import ask
from headgate.surfaces.grant_asking import question_words


@click.command()
@click.option("--all", "every", is_flag=True, help="Also those that are closed: the last 200.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def command(home: Home, *, every: bool, as_json: bool) -> int:
    """List the questions that wait for a person: what would run, where, why, what a yes grants, and until when."""
    found = ask(home, {"op": "approvals", "all": every})["approvals"]
    if as_json:
        for item in found:  # type: ignore[attr-defined]
            click.echo(json.dumps(item))
        return 0
    questions = msgspec.convert(found, list[Approval])
    for question in questions:
        click.echo("\n".join(question_words(question)))
    if not questions:
        click.echo("no question waits for a person")
    return 0
