"""`headgate job N`."""

import json
import re
import sys

import click
import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.surfaces import job_output, job_tree
from headgate.surfaces.arguments import job_number, pattern
from headgate.surfaces.job_page import as_plain, look, page
from headgate.workers.digest import status


@click.command()
@click.argument("number", type=job_number)
@click.option("--follow", is_flag=True, help="Print the raw output as it comes, until the job ends; see --since.")
@click.option("--log", "whole", is_flag=True, help="Print the output without secrets: its last mebibyte.")
@click.option(
    "--since",
    type=click.IntRange(min=0),
    metavar="BYTES",
    help="Print it from this byte on; stderr says where to go on.",
)
@click.option("--grep", "wanted", type=pattern, metavar="REGEX", help="Print only the lines of it that match.")
@click.option("--lines", "count", type=click.IntRange(min=1), metavar="N", help="Print only the last N lines of it.")
@click.option("--tree", is_flag=True, help="Show the processes that live now, and what it started so far.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with all of the job.")
@click.pass_obj
def command(home: Home, /, number: int, *, follow: bool, tree: bool, as_json: bool, **cuts: object) -> int:
    """Show one job: its plan and the step that runs, how far it is, and the telling part of its output.

    With --log, --since, --grep or --lines: the output itself, a mebibyte at most. With --follow the exit status is that
    of the job.
    """
    cut = _Cut(**cuts)  # type: ignore[arg-type]
    alone = as_json and not tree
    if follow + tree + alone + (cut.asked or ((alone or tree) and cut.since is not None)) > 1:
        raise HeadgateError("HG130", "these options do not go together", "see `headgate job --help`")
    if tree:
        seen_tree = job_tree.look(home, number)
        click.echo(json.dumps(msgspec.to_builtins(seen_tree)) if as_json else job_tree.page(number, seen_tree))
        return 0
    if follow:
        return _follow(home, number, cut.since or 0)
    if cut.asked or cut.since is not None:
        return _log(home, number, cut)
    seen = look(home, number)
    click.echo(json.dumps(as_plain(seen)) if as_json else page(seen))
    return 0


class _Cut(msgspec.Struct, frozen=True):
    """Which part of the output is asked for."""

    whole: bool
    since: int | None
    wanted: re.Pattern[str] | None
    count: int | None

    @property
    def asked(self) -> bool:
        return self.whole or self.wanted is not None or self.count is not None


def _follow(home: Home, number: int, since: int) -> int:
    """Print the output until the job ends; return its exit status."""

    def write(data: bytes) -> None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    job_output.follow(home, number, since, write)
    job = look(home, number).job
    click.echo(f"headgate: {status(job)}", err=True)
    return job.exit_status


def _log(home: Home, number: int, cut: _Cut) -> int:
    """Print a part of the output, and say what was left out of it."""
    since = cut.since
    found = job_output.tail(home, number) if since is None else job_output.since(home, number, since)
    lines = [line for line in found.lines if cut.wanted is None or cut.wanted.search(line)]
    for line in lines[-cut.count :] if cut.count is not None else lines:
        click.echo(line)
    if since is not None:
        click.echo(f"headgate: next --since {found.end} of {found.size} bytes", err=True)
    elif found.start:
        click.echo(f"headgate: the first {found.start} bytes are left out; read them with --since 0", err=True)
    return 0
