"""`headgate export`."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from math import inf
from pathlib import Path

import click

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.journal_export import during, jsonl, otlp, table
from headgate.surfaces.report.period import period
from headgate.wiring import journal


@click.command()
@click.option("--format", "form", type=click.Choice(["jsonl", "otlp", "csv"]), default="jsonl", show_default=True)
@click.option("--since", default="1970-01-01", help="From here on: `7d`, `12h`, or an ISO date or time (default: all).")
@click.option("--until", help="Up to here (default: the end).")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it to this new file.")
@click.pass_obj
def command(home: Home, form: str, since: str, until: str | None, output: Path | None) -> int:
    """Write the journal for other programs: JSON lines, OTLP logs in JSON, or the decisions as CSV.

    It is read while it is written out; a daemon may run.
    """
    asked = period(since, until, None, time.time())
    with closing(journal(home)) as store:
        lines = _lines(store, form, (asked.since, asked.until if until else inf))
        if output is None:
            for line in lines:
                sys.stdout.write(line)
        else:
            _write(output, lines)
    return 0


def _lines(store: SqliteStore, form: str, asked: tuple[float, float]) -> Iterator[str]:
    said = during(store.entries(), *asked)
    match form:
        case "otlp":
            return otlp(said, store.gate)
        case "csv":
            return table(said)
        case _:
            return jsonl(said)


def _write(path: Path, lines: Iterator[str]) -> None:
    """Put *lines* into a new file at *path*, for its owner's eyes."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.writelines(lines)
    except OSError as error:
        what = f"the export cannot be written to `{path}` ({error.strerror})"
        raise HeadgateError("HG509", what, "name a new file in a folder of yours") from None
