"""`headgate approve ID`."""

import click

from headgate.host.home import Home
from headgate.surfaces.arguments import lasting, question_number
from headgate.surfaces.client import ask
from headgate.surfaces.grant_asking import ask_as_person, question_of, question_words


@click.command()
@click.argument("number", type=question_number)
@click.option("--reason", default="", help="Why, for the journal.")
@click.option("--for", "seconds", type=lasting, metavar="DURATION", help="An override: for a shorter time than asked.")
@click.option("--uses", type=click.IntRange(1), help="An override: for fewer uses than asked.")
@click.option("--yes", "sure", is_flag=True, help="Do not show the question and ask again before answering.")
@click.pass_obj
def command(  # noqa: PLR0913 click hands each option in
    home: Home, number: int, reason: str, seconds: float | None, uses: int | None, *, sure: bool
) -> int:
    """Say yes to a question: exactly what it shows may run, once, and nothing else.

    This is for a person, at a terminal that no agent holds. The exit status is 1 where others still have to agree.
    """
    if not sure:
        click.echo("\n".join(question_words(question_of(ask(home, {"op": "approval", "id": number})))))
        if not click.confirm("Approve exactly this?", default=False, err=True):
            click.echo("not answered: the question stays open")
            return 1
    request = {"op": "approve", "id": number, "reason": reason, "seconds": seconds, "uses": uses}
    question = question_of(ask_as_person(home, request))
    missing = question.missing()
    if missing:
        click.echo(f"question {number}: your yes is kept; still missing: {', '.join(missing)}")
        return 1
    done = "the override stands" if question.scope is not None else "the agent is told to make the same call again"
    click.echo(f"question {number} is approved; {done}")
    return 0
