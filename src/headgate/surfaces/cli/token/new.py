"""`headgate token new`."""

import json
import re

import click

from headgate.configure.groups import PERSON
from headgate.model.errors import HeadgateError
from headgate.surfaces.network.tokens import digest, new_token

_BARE = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")


@click.command()
@click.option("--person", required=True, help="Whose token it is: the name that the rules know them by.")
@click.option("--name", default="", help="What the token is called in headgate.toml (default: the person).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(person: str, name: str, *, as_json: bool) -> int:
    """Print a fresh token, once, and the lines for headgate.toml that make it count; changes nothing itself."""
    if not PERSON.match(person):
        raise HeadgateError("HG130", f"`{person[:80]}` is no name of a person", "use letters, digits and `_.@+-`")
    name = name or re.sub(r"[^A-Za-z0-9_-]", "-", person)
    if not _BARE.match(name):
        raise HeadgateError("HG130", f"`{name[:80]}` is no name of a token", "use letters, digits, `_` and `-`")
    token = new_token()
    lines = f'[api.tokens.{name}]\nsha256 = "{digest(token)}"\nperson = "{person}"'
    if as_json:
        click.echo(json.dumps({"token": token, "sha256": digest(token), "name": name, "person": person}))
        return 0
    click.echo(f"{token}\n")
    click.echo("That is the token. It is shown this once; give it to nobody but its person. For headgate.toml:\n")
    click.echo(lines)
    return 0
