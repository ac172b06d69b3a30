"""`headgate status`."""

import json
from typing import Any

import click
import msgspec

from headgate.host.home import Home
from headgate.model.override import Standing
from headgate.surfaces.client import ask
from headgate.surfaces.grant_asking import override_words
from headgate.surfaces.journal_words import keeping_words
from headgate.surfaces.network.words import network_lines


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
    for line in keeping_words(found["keeping"]):  # type: ignore[arg-type]
        click.echo(line)
    counts = {state.replace("_", " "): count for state, count in found["jobs"].items() if count}  # type: ignore[attr-defined]
    click.echo(f"jobs     {', '.join(f'{count} {state}' for state, count in counts.items()) or 'none'}")
    click.echo(f"open     {found['open']}")
    for line in telemetry_lines(found["telemetry"]):  # type: ignore[arg-type]
        click.echo(line)
    for line in _granted(found["grants"]):  # type: ignore[arg-type]
        click.echo(line)
    for line in network_lines(found["network"]):  # type: ignore[arg-type]
        click.echo(line)
    return 0


def _granted(told: dict[str, Any]) -> list[str]:
    """Return what people are asked and what they granted, a line each; break-glass is loud."""
    pending, approved = told["pending"], told["approved"]
    lines = [f"people   {pending} question{' waits' if pending == 1 else 's wait'} for a person"] if pending else []
    lines += [f"people   {approved} yes not used yet"] if approved else []
    for item in msgspec.convert(told["overrides"], list[Standing]):
        loud = "BREAK-GLASS: " if item.override.scope.everything else ""
        first, covers, *_ = override_words(item)
        lines.append(f"granted  {loud}{first}, {covers.strip()}, by {item.override.by.name}: {item.override.reason}")
    return lines


def _policy(rules: dict[str, object], digest: str) -> None:
    """Say which policy is in force, and, loudly, where it is not the one that the files say, or not enforced."""
    if rules["mode"] == "observe":
        click.echo("OBSERVE  the policy decides and records, and NOTHING IS ENFORCED")
    click.echo(f"policy   {digest[:12]}, profile {rules['profile'] or 'none'}")
    for layer, file, sha256 in rules["parts"]:  # type: ignore[attr-defined]
        click.echo(f"         {layer} {file} ({sha256[:12]})")
    for line in str(rules["mistakes"]).splitlines():
        click.echo(f"         WRONG, so an older policy, or one that only lets read, is in force: {line}")


def telemetry_lines(told: dict[str, object]) -> list[str]:
    """Return what is said of telemetry: nothing where none is configured."""
    lines = []
    if told["endpoint"]:
        counts = f"{told['sent']} spans sent, {told['dropped']} dropped, {told['waiting']} wait"
        lines.append(f"telemetry  {told['endpoint']}: {counts}")
    if told["code"]:
        lines.append(f"           {told['code']} {told['fault']}; decisions go on")
    return lines
