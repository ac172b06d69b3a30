"""`headgate install --system`: the gate as a user of its own, and its hooks where no agent can write."""

import os
import pwd
import sys
from pathlib import Path

import click

import headgate
from headgate.host import system
from headgate.host.home import SYSTEM
from headgate.host.reach import Subject, subject
from headgate.model.errors import HeadgateError
from headgate.surfaces import claude_settings
from headgate.surfaces.claude_client import find_client, installed_version
from headgate.surfaces.claude_settings import BLOCKS_SINCE, REWAKES_SINCE
from headgate.wiring import hook_program, program

MANAGED = Path("/etc/claude-code/managed-settings.json")
"""Claude Code's settings for the whole machine: a user's own cannot take anything away from them."""


def system_install(user: str, client: Path | None, *, dry: bool) -> int:
    """Make the installation for the agents of *user*, or say what would be done; raises `HeadgateError` HG631-HG634."""
    who = _subject(user)
    system.check(who, (Path(program()), hook_program(), Path(sys.executable), Path(headgate.__file__).parent))
    plan = system.steps(who, program())
    plan.append(system.Step(f"register the hooks in {MANAGED}", lambda: _register(who, find_client(client))))
    for step in plan:
        click.echo(f"{'would ' if dry else ''}{step.words}")
        if not dry:
            try:
                step.act()
            except OSError as error:
                raise HeadgateError("HG634", f"a step failed ({error})", "mend that, and install again") from None
    if dry:
        return 0
    left = system.start(who)
    click.echo(left or f"headgate@{who.name} runs")
    click.echo(f"set the passphrase:  headgate --home {SYSTEM / who.name} authority passphrase")
    click.echo(f"prove it with:       headgate --home {SYSTEM / who.name} doctor --user {who.name}")
    return 0


def system_uninstall(user: str) -> int:
    """Take the hooks and the service for the agents of *user* out again; the journal and the keys stay."""
    who = _subject(user)
    if os.geteuid() != 0:
        raise HeadgateError("HG631", "only root can take this installation out", "run it with sudo")
    system.stop(who)
    done = claude_settings.uninstall(MANAGED)
    click.echo(f"{'restored' if done else 'nothing of ours in'} {MANAGED}")
    click.echo(f"the journal and the keys stay in {SYSTEM / who.name}")
    return 0


def _subject(user: str) -> Subject:
    try:
        return subject(user or "root")
    except KeyError:
        raise HeadgateError("HG632", f"there is no user `{user}`", "name one of this machine with `--user`") from None


def _register(who: Subject, client: Path | None) -> None:
    MANAGED.parent.mkdir(mode=0o755, exist_ok=True)
    version = installed_version(client) if client else ()
    claude_settings.install(
        MANAGED,
        claude_settings.Installation(
            str(hook_program()),
            str(SYSTEM / who.name),
            blocks=version >= BLOCKS_SINCE,
            rewakes=version >= REWAKES_SINCE,
            owner=pwd.getpwnam(system.USER).pw_uid,
        ),
    )
    MANAGED.chmod(0o644)
