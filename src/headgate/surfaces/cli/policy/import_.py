"""`headgate policy import`."""

import json
import os
from pathlib import Path

import click

from headgate.configure.carry import SOURCES, Carried, carry
from headgate.decide.rules import Layer
from headgate.model.errors import HeadgateError
from headgate.surfaces.cli.policy.options import LAYERS, as_json


@click.command()
@click.argument("source", type=click.Choice(SOURCES))
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--layer", type=click.Choice(LAYERS), default="user", show_default=True, help="The layer to write for.")
@click.option("-o", "--output", metavar="OUT", help="Write the policy to this new file (default: standard output).")
@as_json
def command(source: str, files: tuple[str, ...], layer: str, output: str | None, *, as_json: bool) -> int:
    """Carry the rules in FILE of another client into a policy; what could not be carried is told on standard error.

    The exit status is 0 where everything was carried, 1 where something was left, 2 where a file cannot be read.
    """
    found = carry(source, [(name, _text(name)) for name in files], Layer(layer))
    if output is not None:
        _write(Path(output), found.text)
    if as_json:
        click.echo(json.dumps(_form(found)))
    elif output is None:
        click.echo(found.text, nl=False)
    if not as_json:
        _report(found, output)
    return 1 if found.left else 0


def _report(found: Carried, output: str | None) -> None:
    for kept in found.kept:
        if kept.note:
            click.echo(f"{kept.file}:{kept.line}: note on {kept.id}: {kept.note}", err=True)
    for left in found.left:
        click.echo(f"{left.file}:{left.line}: not carried: {left.rule}: {left.why}", err=True)
    where = f" to {output}" if output else ""
    click.echo(f"{len(found.kept)} rules carried{where}, {len(found.left)} left", err=True)


def _form(found: Carried) -> dict[str, object]:
    return {
        "policy": found.text,
        "kept": [
            {"file": item.file, "line": item.line, "rule": item.rule, "id": item.id, "note": item.note}
            for item in found.kept
        ],
        "left": [{"file": item.file, "line": item.line, "rule": item.rule, "why": item.why} for item in found.left],
    }


def _text(name: str) -> str:
    try:
        return Path(name).read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise HeadgateError("HG130", f"`{name}` cannot be read ({error})", "name a file of rules") from None


def _write(path: Path, text: str) -> None:
    """Write a file that was not there: nobody's policy is overwritten."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise HeadgateError("HG130", f"`{path}` is there already", "choose a new name, or merge by hand") from None
    except OSError as error:
        raise HeadgateError("HG130", f"`{path}` cannot be written ({error.strerror})", "check its folder") from None
