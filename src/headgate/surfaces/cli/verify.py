"""`headgate verify`."""

import sys
from pathlib import Path

import click
import msgspec

from headgate.host.home import Home
from headgate.host.keys import SigningKey, verify
from headgate.model.errors import HeadgateError
from headgate.record.notes import parts, read
from headgate.surfaces.journal_check import Check, Verdict
from headgate.surfaces.journal_marks import BrokenError, Trust
from headgate.surfaces.journal_notes import NoteFile
from headgate.wiring import journal

_KEY = 32
"""Bytes of a public key."""


@click.command()
@click.option(
    "--checkpoint",
    "kept",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path),
    help="Hold the journal against checkpoints that were kept elsewhere, too; `-` reads them from standard input.",
)
@click.option(
    "--key", "keys", multiple=True, metavar="HEX", help="Trust this public key alone; may come several times."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, *, kept: Path | None, keys: tuple[str, ...], as_json: bool) -> int:
    """Prove that the journal is whole: every entry there, in order, unchanged, its end and its checkpoints signed.

    Exit status 1 where it is not. It can run while a daemon writes.
    """
    own = b"" if keys or not home.gate_key.exists() else SigningKey.open(home.gate_key).public
    trust = Trust(verify, tuple(_public(key) for key in keys), own)
    lists = {"of the home": NoteFile(home.checkpoints).texts()} | ({"from elsewhere": _kept(kept)} if kept else {})
    broken: BrokenError | None = None
    verdict = Verdict()
    try:
        verdict = Check(journal(home), trust, lists).run()
    except BrokenError as error:
        broken = error
    click.echo(_json(verdict, broken) if as_json else _words(verdict, broken), err=broken is not None and not as_json)
    return 0 if broken is None else 1


def _public(key: str) -> bytes:
    try:
        found = bytes.fromhex(key)
    except ValueError:
        found = b""
    if len(found) != _KEY:
        raise HeadgateError("HG130", "a public key has 64 hexadecimal digits", "`headgate status` shows that of a gate")
    return found


def _kept(path: Path) -> list[str]:
    """Return the checkpoints in a file from elsewhere, the smallest first."""
    lines = sys.stdin.readlines() if str(path) == "-" else path.read_text("utf-8", "replace").splitlines(keepends=True)
    found = list(parts(lines))
    if not found:
        raise HeadgateError("HG130", f"there is no checkpoint in `{path}`", "name a file that has some")
    return sorted(found, key=_size)


def _size(text: str) -> int:
    """Return the size that a checkpoint tells; what is none comes first, and is told."""
    try:
        return read(text).size
    except ValueError:
        return -1


def _json(verdict: Verdict, broken: BrokenError | None) -> str:
    found: dict[str, object] = {"whole": broken is None, "break": None}
    if broken is not None:
        found["break"] = {"code": broken.code, "seq": broken.seq, "why": broken.why}
    else:
        found |= msgspec.to_builtins(verdict)
    return msgspec.json.encode(found).decode()


def _words(verdict: Verdict, broken: BrokenError | None) -> str:
    if broken is not None:
        return str(broken)
    lines = [f"the journal is whole: {verdict.entries} entries, head {verdict.head[:16]}"]
    if verdict.signed:
        lines.append(f"signed       its end and {verdict.checkpoints} checkpoints, by {', '.join(verdict.keys)}")
    else:
        lines.append("NOT SIGNED   an earlier version wrote it: that nothing was cut off is not proved")
    if len(verdict.keys) > 1:
        lines.append("SEVERAL KEYS the gate's key was replaced; if that was not you, trust one with --key")
    if verdict.segments:
        text = f", of {verdict.forgotten} entries only the hashes" if verdict.forgotten else ""
        lines.append(f"segments     {verdict.segments}{text}")
    return "\n".join(lines)
