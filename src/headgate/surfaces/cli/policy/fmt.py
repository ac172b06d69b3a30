"""`headgate policy fmt`."""

import errno
import json
import os
import sys
import tempfile
from pathlib import Path

import click

from headgate.decide.format import formatted
from headgate.model.errors import HeadgateError
from headgate.surfaces.cli.policy.options import as_json


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; say which files are not in the usual form.")
@as_json
def command(files: tuple[str, ...], *, check: bool, as_json: bool) -> int:
    """Write policy files in their usual form; comments and the order of rules stay. `-` is standard input to output.

    The exit status is 0, with --check 1 where some file is not in that form, and 2 where one is no TOML.
    """
    changed: list[str] = []
    for name in files:
        text = sys.stdin.read() if name == "-" else _text(Path(name))
        after = formatted(text, name)
        if after != text:
            changed.append(name)
        if name == "-" and not check:
            click.echo(after, nl=False)
        elif after != text and not check:
            _replace(Path(name), after)
    if as_json:
        click.echo(json.dumps({"changed": changed, "checked_only": check}))
    elif "-" not in files or check:
        for name in changed:
            click.echo(f"{name}: {'not in the usual form' if check else 'written anew'}")
    return 1 if check and changed else 0


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise HeadgateError("HG130", f"`{path}` cannot be read ({error})", "name a policy file") from None


def _replace(path: Path, text: str) -> None:
    """Put *text* in the place of the file at once: its mode and owner stay, and half of it is never there."""
    name = ""
    try:
        found = path.resolve().stat()
        if not os.access(path, os.W_OK) or not found.st_mode & 0o222:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        descriptor, name = tempfile.mkstemp(prefix=".policy-", dir=path.resolve().parent)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            os.fchmod(file.fileno(), found.st_mode & 0o7777)
            os.fchown(file.fileno(), found.st_uid, found.st_gid)
        Path(name).replace(path.resolve())
    except OSError as error:
        if name:
            Path(name).unlink(missing_ok=True)
        raise HeadgateError("HG130", f"`{path}` cannot be written ({error.strerror})", "check its folder") from None
