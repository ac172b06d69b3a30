"""`headgate doctor CLIENT`."""

import json
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

import headgate
from headgate.decide.rules import Mode
from headgate.host import exec_gate, reach
from headgate.host.home import Home
from headgate.host.operator import places as operator_places
from headgate.host.policies import ORGANISATION, parts_of, user_file
from headgate.host.system import USERS
from headgate.model.errors import HeadgateError
from headgate.surfaces import canary, claude_settings, client_shells
from headgate.surfaces.claude_client import find_client
from headgate.surfaces.cli.install import CLIENTS, file_of, settings_of
from headgate.surfaces.cli.status import telemetry_lines
from headgate.surfaces.client import ask
from headgate.surfaces.gate_words import exec_gate_lines
from headgate.surfaces.hooks_file import read_settings
from headgate.surfaces.in_force import OBSERVES
from headgate.surfaces.live_canary import live as live_canary
from headgate.surfaces.route_trials import trials
from headgate.surfaces.routes import Place, Route, Verdict, looks
from headgate.surfaces.system_install import MANAGED
from headgate.wiring import hook_program, policies, program, shim, world


@click.command()
@click.argument("client", type=click.Choice(list(CLIENTS)), required=False)
@click.option("--scope", type=click.Choice(["user", "project"]), default="user", show_default=True)
@click.option("--client-program", type=click.Path(path_type=Path), help="The client to try (default: on PATH).")
@click.option("--live/--no-live", default=True, help="Drive the real client, with a scripted model on loopback.")
@click.option("--user", default="", help="The user that agents run as (default: who asks).")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.pass_obj
def command(home: Home, /, client: str | None, scope: str, **more: Any) -> int:  # noqa: ANN401 options by name
    """Say which routes to a person's authority this installation really stops; with CLIENT, prove its boundary too.

    Nothing is assumed: every line is something that was tried, or looked at, now. The exit status is 0 where every
    proof for CLIENT held, or, without one, where no route is open; else 1.
    """
    proofs = _proofs(home, client, scope, more["client_program"], live=more["live"]) if client else []
    try:
        found = routes(home, more["user"])
        telemetry: Any = ask(home, {"op": "status"})["telemetry"]
    except KeyError:
        raise HeadgateError("HG130", f"there is no user `{more['user']}`", "name one of this machine") from None
    except HeadgateError as error:  # no daemon: what was proved of the client is said all the same
        if not client:
            raise
        found, telemetry = [], None
        proofs.append(canary.Proof("the daemon answers", holds=False, detail=str(error)))
    if more["as_json"]:
        plain = {"proofs": [msgspec.to_builtins(item) for item in proofs], "routes": msgspec.to_builtins(found)}
        gate = msgspec.to_builtins(exec_gate.available(shim().program))
        click.echo(json.dumps(plain | {"telemetry": telemetry, "exec_gate": gate}, indent=2))
    else:
        _say(client, proofs, found)
        click.echo("".join(f"{line}\n" for line in exec_gate_lines(exec_gate.available(shim().program))), nl=False)
        click.echo("".join(f"{line}\n" for line in telemetry_lines(telemetry or _SILENT)), nl=False)
    if client:
        return 0 if all(item.holds for item in proofs) else 1
    return 0 if all(item.verdict is not Verdict.OPEN for item in found) else 1


_SILENT: dict[str, object] = {"endpoint": "", "code": ""}
"""What a daemon that does not answer tells of telemetry."""


def _proofs(home: Home, client: str, scope: str, named: Path | None, *, live: bool) -> list[canary.Proof]:
    file = file_of(client, scope)
    proofs = [_configuration(home), _policy(), *canary.proofs(client, file, home)]
    shells = _shells(client, file, home)  # behind the hooks, which start the daemon
    proofs += shells
    program = find_client(named, CLIENTS[client])
    if live and program is not None and all(proof.holds for proof in proofs):
        gated = bool(shells) and exec_gate.available(shim().program).mode is exec_gate.Gate.STRONG
        proofs += live_canary(client, program, gated=gated)
    if live and program is None:
        click.echo("skipped  the live canary: the client was not found", err=True)
    return proofs


def _say(client: str | None, proofs: list[canary.Proof], found: list[Route]) -> None:
    for proof in proofs:
        click.echo(f"{'holds ' if proof.holds else 'BROKEN'}  {proof.claim}")
        if proof.detail and not proof.holds:
            click.echo(f"        {proof.detail}")
    broken = sum(not proof.holds for proof in proofs)
    if client:
        click.echo(f"{client}: {f'{broken} broken' if broken else 'the boundary holds'}\n")
    if found:
        click.echo("How an agent could reach what only a person may do, and what stops it here:")
    for route in found:
        click.echo(f"{route.verdict:<13} {route.route}\n              {route.seen}")
        if route.remedy and route.verdict is not Verdict.STOPPED:
            click.echo(f"              remedy: {route.remedy}")


def routes(home: Home, user: str) -> list[Route]:
    """Return every route, tried or looked at now for the agents of *user*; raises `KeyError` where there is none."""
    who = reach.subject(user)
    ask(home, {"op": "status"})  # starts the daemon, as the first hook would
    owner = home.socket.stat().st_uid
    policy = (ORGANISATION, user_file(who.home), *operator_places(who.home))
    settings = [settings_of(name, "user", Path(who.home)) for name in CLIENTS]
    if owner != who.uid and (USERS / who.name).is_dir():
        folder = USERS / who.name / "headgate"
        policy, settings = (ORGANISATION, folder / "policy.toml", folder / "headgate.toml"), [MANAGED]
    place = Place(
        home,
        who,
        owner,
        (Path(program()), hook_program(), Path(sys.executable), Path(headgate.__file__).parent),
        policy,
        tuple(settings),
    )
    hook = [str(hook_program()), "--home", str(home.path), "claude-code", "decide"]
    hook += ["--owner", str(owner)] if owner not in {0, who.uid} else []
    return [*trials(place, hook), *looks(place)]


def _shells(client: str, file: Path, home: Home) -> list[canary.Proof]:
    """Return the proof that the client's shells ask the gate, where they can."""
    keeper = shim()
    wanted = client_shells.prefix(keeper.program, home) if "shell" in keeper.can and client == "claude-code" else ""
    try:
        found = claude_settings.prefix_in(read_settings(file)) if wanted else ""
    except HeadgateError:  # another proof says so
        return []
    return [canary.asked_shells(found, wanted)] if wanted else []


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
