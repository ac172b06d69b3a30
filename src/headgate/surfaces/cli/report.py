"""`headgate report`."""

import os
import time
from contextlib import closing, suppress
from pathlib import Path

import click
import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.surfaces.report.counting import counted
from headgate.surfaces.report.page import page
from headgate.surfaces.report.period import USUAL, period
from headgate.surfaces.report.terminal import lines
from headgate.wiring import journal


@click.command()
@click.option("--since", default=USUAL, show_default=True, help="From here on: `7d`, `12h`, or an ISO date or time.")
@click.option("--until", help="Up to here (default: now).")
@click.option("--session", help="Only what one session did.")
@click.option("--format", "form", type=click.Choice(["text", "html", "json"]), default="text", show_default=True)
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this file.")
@click.pass_obj
def command(  # noqa: PLR0913, PLR0917 one for each option
    home: Home, since: str, until: str | None, session: str | None, form: str, output: Path | None
) -> int:
    """Say what was decided, delegated, lifted and approved in a period, and how long the main thread was held.

    Times are UTC; a date is its first moment. Reads the journal only, and needs no daemon.
    """
    now = time.time()
    asked = period(since, until, session, now)
    with closing(journal(home)) as store:
        found = counted(store.entries(), asked, now)
    match form:
        case "html":
            text = page(found)
        case "json":
            text = msgspec.json.encode(found).decode() + "\n"
        case _:
            text = "\n".join(lines(found)) + "\n"
    if output is None:
        click.echo(text, nl=False)
    else:
        _write(output, text)
    return 0


def _write(path: Path, text: str) -> None:
    """Put *text* at *path*, whole or not at all, for its owner's eyes."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise HeadgateError(
            "HG520", f"the report cannot be written to `{path}` ({error.strerror})", "name a file in a folder of yours"
        ) from None
