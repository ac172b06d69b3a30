"""`headgate uninstall CLIENT`."""

import click

from headgate.surfaces import claude_settings, codex_settings
from headgate.surfaces.cli.install import CLIENTS, file_of


@click.command()
@click.argument("client", type=click.Choice(list(CLIENTS)))
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
def command(client: str, scope: str) -> int:
    """Take our hooks out of the settings of CLIENT; what was there before them comes back."""
    file = file_of(client, scope)
    done = codex_settings.uninstall(file.parent) if client == "codex" else claude_settings.uninstall(file)
    click.echo(f"{client}: {'restored' if done else 'nothing of ours in'} {file}")
    return 0
