"""`headgate status`."""

import json

import click

from headgate.host.home import Home
from headgate.surfaces.client import ask


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, *, as_json: bool) -> int:
    """Say what runs, where."""
    found = ask(home, {"op": "status"})
    if as_json:
        click.echo(json.dumps(found))
        return 0
    click.echo(f"daemon   pid {found['pid']}, version {found['version']}")
    click.echo(f"home     {found['home']}")
    click.echo(f"policy   {str(found['policy'])[:12]}")
    configuration = found["configuration"]
    click.echo(f"config   {', '.join(configuration['files']) or 'no file'}")  # type: ignore[index]
    for line in str(configuration["mistakes"]).splitlines():  # type: ignore[index]
        click.echo(f"         WRONG, so an older version is in force: {line}")
    click.echo(f"journal  {found['journal']['entries']} entries")  # type: ignore[index]
    click.echo(f"jobs     {found['jobs']['running']} running, {found['jobs']['queued']} queued")  # type: ignore[index]
    return 0
