"""`headgate uninstall CLIENT`."""

import click

from headgate.surfaces import claude_settings, codex_settings
from headgate.surfaces.cli.install import CLIENTS, file_of
from headgate.surfaces.system_install import system_uninstall


@click.command()
@click.argument("client", type=click.Choice(list(CLIENTS)), required=False)
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
@click.option("--system", is_flag=True, help="Take the installation of `install --system` out again. For root.")
@click.option("--user", default="", help="With --system: the user whose agents it is for.")
def command(client: str | None, scope: str, user: str, *, system: bool) -> int:
    """Take our hooks out of the settings of CLIENT; what was there before them comes back."""
    if system:
        return system_uninstall(user)
    if client is None or user:
        raise click.UsageError("name a client; `--user` belongs to `--system`")
    file = file_of(client, scope)
    done = codex_settings.uninstall(file.parent) if client == "codex" else claude_settings.uninstall(file)
    click.echo(f"{client}: {'restored' if done else 'nothing of ours in'} {file}")
    return 0
