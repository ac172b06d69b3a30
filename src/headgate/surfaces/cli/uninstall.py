"""`headgate uninstall CLIENT`."""

from pathlib import Path

import click

from headgate.surfaces.claude_settings import settings_file, uninstall


@click.command()
@click.argument("client", type=click.Choice(["claude-code"]))
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
def command(client: str, scope: str) -> int:
    """Take our hooks out of the settings of CLIENT; what was there before them comes back."""
    file = settings_file(scope, Path.home(), Path.cwd())
    done = uninstall(file)
    click.echo(f"{client}: {'restored' if done else 'nothing of ours in'} {file}")
    return 0
