"""`headgate override add`."""

from pathlib import Path

import click
import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.model.override import Override, Standing
from headgate.surfaces.grant_asking import ask_as_person, override_words
from headgate.surfaces.scope_options import scope_options


@click.command()
@scope_options
@click.option("--everything", is_flag=True, help="Break-glass: lift all that can be lifted, where policy allows it.")
@click.pass_obj
def command(home: Home, /, **asked: object) -> int:
    """Grant an exception: rules that say so are lifted for what it covers, until it ends; `--for` is needed.

    This is for a person, at a terminal that no agent holds. Each use is written down, shown, and told in the report.
    """
    if asked["seconds"] is None:
        raise HeadgateError("HG604", "an override needs an end", "say for how long: `--for 20m`")
    asked["projects"] = [str(Path(str(item)).absolute()) for item in asked["projects"]]  # type: ignore[attr-defined]
    override = msgspec.convert(ask_as_person(home, {"op": "override-add", **asked})["override"], Override)
    click.echo("\n".join(override_words(Standing(override))))
    return 0
