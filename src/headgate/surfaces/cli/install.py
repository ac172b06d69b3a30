"""`headgate install CLIENT`."""

from pathlib import Path

import click

from headgate.host.home import Home
from headgate.surfaces.claude_client import find_client, installed_version
from headgate.surfaces.claude_settings import BLOCKS_SINCE, Installation, install, settings_file
from headgate.wiring import hook_program


@click.command()
@click.argument("client", type=click.Choice(["claude-code"]))
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
@click.option(
    "--client-program", type=click.Path(path_type=Path), help="The client to register with (default: on PATH)."
)
@click.pass_obj
def command(home: Home, client: str, scope: str, client_program: Path | None) -> int:
    """Register fail-closed hooks in the settings of CLIENT; everything else in them stays as it is."""
    home.make()
    found = find_client(client_program)
    version = installed_version(found) if found else ()
    file = settings_file(scope, Path.home(), Path.cwd())
    wanted = Installation(str(hook_program()), str(home.path), blocks=version >= BLOCKS_SINCE)
    changed = install(file, wanted)
    click.echo(f"{client}: {'registered in' if changed else 'already registered in'} {file}")
    if not found:
        click.echo("the client was not found, so `onFailure: block` was left out; install again once it is there")
    elif not wanted.blocks:
        shown = ".".join(map(str, version)) or "unknown"
        click.echo(f"version {shown} does not know `onFailure: block`; the hook itself still denies when it fails")
    click.echo(f"prove it with: headgate doctor {client}")
    return 0
