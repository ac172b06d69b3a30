"""`headgate request-override`."""

import json
from pathlib import Path

import click

from headgate.host.home import Home
from headgate.surfaces.client import ask
from headgate.surfaces.grant_asking import question_of
from headgate.surfaces.scope_options import scope_options


@click.command()
@click.option("--decision", default="", help="Ask for what this decision was about, once, in place of a scope.")
@scope_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, /, *, as_json: bool, **asked: object) -> int:
    """Ask a person for an exception; nothing is granted by asking. An agent may do this, with a good reason.

    The exit status is 0 once the question is put; `headgate approvals` shows it, and the session is told the answer.
    """
    asked["projects"] = [str(Path(str(item)).absolute()) for item in asked["projects"]]  # type: ignore[attr-defined]
    answer = ask(home, {"op": "request-override", **asked})
    if as_json:
        click.echo(json.dumps(answer["approval"]))
        return 0
    question = question_of(answer)
    click.echo(
        f"a person is asked: question {question.id}, {question.what}, {question.where}. Nothing is granted yet; "
        "you are told when they have answered."
    )
    return 0
