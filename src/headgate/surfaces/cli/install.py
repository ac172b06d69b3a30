"""`headgate install CLIENT`."""

from pathlib import Path
from typing import Any

import click

from headgate.host.home import Home
from headgate.surfaces import claude_settings, client_shells, codex_settings
from headgate.surfaces.claude_client import find_client, installed_version
from headgate.surfaces.claude_settings import BLOCKS_SINCE, REWAKES_SINCE
from headgate.surfaces.system_install import system_install
from headgate.wiring import hook_program, program, shim

CLIENTS = {"claude-code": "claude", "codex": "codex"}
"""Each client that we can be installed into, and the name of its program."""


def file_of(client: str, scope: str) -> Path:
    """Return the file in which *client* finds hooks in a *scope*: `user` or `project`."""
    return settings_of(client, scope, Path.home())


def settings_of(client: str, scope: str, user: Path) -> Path:
    """Return the same for the user whose home directory is *user*."""
    project = Path.cwd()
    if client == "codex":
        return codex_settings.hooks_of(codex_settings.folder(scope, user, project))
    return claude_settings.settings_file(scope, user, project)


@click.command()
@click.argument("client", type=click.Choice(list(CLIENTS)), required=False)
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
@click.option(
    "--client-program", type=click.Path(path_type=Path), help="The client to register with (default: on PATH)."
)
@click.option("--with-rules", is_flag=True, help="Codex: also rules that ask a person where the hook did not run.")
@click.option("--system", is_flag=True, help="Give the gate a user of its own, for Claude Code of --user. For root.")
@click.option("--user", default="", help="With --system: the user whose agents the gate decides about.")
@click.option("--dry-run", is_flag=True, help="With --system: only say what would be done.")
@click.pass_obj
def command(home: Home, /, client: str | None, scope: str, **more: Any) -> int:  # noqa: ANN401 options by name
    """Register fail-closed hooks in the settings of CLIENT; everything else in them stays as it is."""
    if more["system"]:
        return system_install(more["user"], more["client_program"], dry=more["dry_run"])
    if client is None or more["user"] or more["dry_run"]:
        raise click.UsageError("name a client; `--user` and `--dry-run` belong to `--system`")
    home.make()
    file = file_of(client, scope)
    if client == "codex":
        changed, notes = _codex(home, file, scope, lock=more["with_rules"])
    elif more["with_rules"]:
        raise click.UsageError("`--with-rules` is for codex")
    else:
        changed, notes = _claude(home, file, find_client(more["client_program"]))
    click.echo(f"{client}: {'registered in' if changed else 'already registered in'} {file}")
    for note in notes:
        click.echo(note)
    click.echo(f"prove it with: headgate doctor {client}")
    return 0


def _claude(home: Home, file: Path, found: Path | None) -> tuple[bool, list[str]]:
    """Install into *file*; return whether it changed, and what the operator has to know."""
    version = installed_version(found) if found else ()
    blocks, rewakes = version >= BLOCKS_SINCE, version >= REWAKES_SINCE
    keeper = shim()
    prefix = client_shells.prefix(keeper.program if "shell" in keeper.can else "", home)
    wanted = claude_settings.Installation(str(hook_program()), str(home.path), blocks, rewakes, prefix=prefix)
    if prefix:
        client_shells.put_link(keeper.program, home)
    changed = claude_settings.install(file, wanted)
    return changed, [*_blocking(found, version), *_prefixed(file, prefix)]


def _blocking(found: Path | None, version: tuple[int, ...]) -> list[str]:
    """Return what the operator has to know where the client cannot be made to block what its hook fails on."""
    if not found:
        return ["the client was not found, so `onFailure: block` was left out; install again once it is there"]
    if version >= BLOCKS_SINCE:
        return []
    shown = ".".join(map(str, version)) or "unknown"
    return [f"version {shown} does not know `onFailure: block`; the hook itself still denies when it fails"]


def _prefixed(file: Path, prefix: str) -> list[str]:
    """Return what the operator has to know where another program than ours stands in front of the client's texts."""
    there = claude_settings.prefix_in(claude_settings.read_settings(file))
    if not prefix or there == prefix:
        return []
    left = f"`{claude_settings.PREFIX}` is `{there}` already, and stays" if there else "its `env` is left as it is"
    return [f"{left}: calls that the client asks about have no exec gate"]


def _codex(home: Home, file: Path, scope: str, *, lock: bool) -> tuple[bool, list[str]]:
    """Install beside *file*; return whether anything changed, and what the operator has to know."""
    wanted = codex_settings.Installation(str(hook_program()), program(), str(home.path), lock)
    changed = codex_settings.install(file.parent, wanted)
    trust = "the client runs no hook before a person trusts it: start `codex`, look under /hooks, and trust ours"
    project = ["it reads a project's files only where that project is trusted"] if scope == "project" else []
    return changed, [trust, *project]
