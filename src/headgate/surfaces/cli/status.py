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
    _policy(found["rules"], str(found["policy"]))  # type: ignore[arg-type]
    configuration = found["configuration"]
    click.echo(f"config   {', '.join(configuration['files']) or 'no file'}")  # type: ignore[index]
    for line in str(configuration["mistakes"]).splitlines():  # type: ignore[index]
        click.echo(f"         WRONG, so an older version is in force: {line}")
    click.echo(f"journal  {found['journal']['entries']} entries")  # type: ignore[index]
    counts = {state.replace("_", " "): count for state, count in found["jobs"].items() if count}  # type: ignore[attr-defined]
    click.echo(f"jobs     {', '.join(f'{count} {state}' for state, count in counts.items()) or 'none'}")
    click.echo(f"open     {found['open']}")
    return 0


def _policy(rules: dict[str, object], digest: str) -> None:
    """Say which policy is in force, and, loudly, where it is not the one that the files say, or not enforced."""
    if rules["mode"] == "observe":
        click.echo("OBSERVE  the policy decides and records, and NOTHING IS ENFORCED")
    click.echo(f"policy   {digest[:12]}, profile {rules['profile'] or 'none'}")
    for layer, file, sha256 in rules["parts"]:  # type: ignore[attr-defined]
        click.echo(f"         {layer} {file} ({sha256[:12]})")
    for line in str(rules["mistakes"]).splitlines():
        click.echo(f"         WRONG, so an older policy, or one that only lets read, is in force: {line}")
