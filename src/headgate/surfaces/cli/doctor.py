"""`headgate doctor CLIENT`."""

from pathlib import Path

import click

from headgate.decide.rules import Mode
from headgate.host.home import Home
from headgate.host.policies import parts_of
from headgate.model.errors import HeadgateError
from headgate.surfaces import canary
from headgate.surfaces.claude_client import find_client
from headgate.surfaces.cli.install import CLIENTS, file_of
from headgate.surfaces.in_force import OBSERVES
from headgate.surfaces.live_canary import live as live_canary
from headgate.wiring import policies, world


@click.command()
@click.argument("client", type=click.Choice(list(CLIENTS)))
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
@click.option("--client-program", type=click.Path(path_type=Path), help="The client to try (default: on PATH).")
@click.option("--live/--no-live", default=True, help="Drive the real client, with a scripted model on loopback.")
@click.pass_obj
def command(home: Home, client: str, scope: str, client_program: Path | None, *, live: bool) -> int:
    """Prove that the boundary holds in CLIENT: nothing is assumed, every line is something that was tried.

    The exit status is 0 where every proof held, else 1.
    """
    proofs = [_configuration(home), _policy(), *canary.proofs(client, file_of(client, scope), home)]
    program = find_client(client_program, CLIENTS[client])
    if live and program is not None and all(proof.holds for proof in proofs):
        proofs.append(live_canary(client, program))
    for proof in proofs:
        click.echo(f"{'holds ' if proof.holds else 'BROKEN'}  {proof.claim}")
        if proof.detail and not proof.holds:
            click.echo(f"        {proof.detail}")
    if live and program is None:
        click.echo("skipped  the live canary: the client was not found")
    broken = sum(not proof.holds for proof in proofs)
    click.echo(f"{client}: {f'{broken} broken' if broken else 'the boundary holds'}")
    return 1 if broken else 0


def _policy() -> canary.Proof:
    """Return the proof that the policy in force here is the one that the files say, and that it is enforced."""
    files = policies()
    reading = files.reading(files.folders([str(Path.cwd())]))
    if reading.mistakes:
        return canary.Proof("the policy is right", holds=False, detail=reading.mistakes)
    parts = ", ".join(f"{layer} {file}" for layer, file, _digest in parts_of(reading.policy))
    enforced = reading.policy.mode is Mode.ENFORCE
    return canary.Proof(f"the policy is right, and enforced ({parts})", holds=enforced, detail=OBSERVES)


def _configuration(home: Home) -> canary.Proof:
    """Return the proof that the operator's configuration, where there is one, can be used."""
    claim = "the configuration is right"
    try:
        files = ", ".join(path for path, _ in world(home).reading().files)
    except HeadgateError as error:
        return canary.Proof(claim, holds=False, detail=str(error))
    return canary.Proof(f"{claim} ({files or 'no file'})", holds=True)
