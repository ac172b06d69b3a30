"""`headgate job N`."""

import json
import os
import sys
import time
from pathlib import Path

import click
import msgspec

from headgate.host.home import Home
from headgate.model.job import Job
from headgate.surfaces.client import ask
from headgate.workers.digest import clean, excerpt, lasting, one_line, status

_POLL = 0.1
_MAX_LOG = 1 << 20


@click.command()
@click.argument("number", type=int)
@click.option("--follow", is_flag=True, help="Print the output as it comes, until the job ends.")
@click.option("--log", "whole", is_flag=True, help="Print the output (its last mebibyte).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, number: int, *, follow: bool, whole: bool, as_json: bool) -> int:
    """Show one job: its state, what it runs and the telling part of its output."""
    job, log = _job(home, number)
    if follow:
        return _follow(home, job, log)
    text = _tail(log)
    if as_json:
        click.echo(json.dumps(_plain(job, text)))
    elif whole:
        click.echo("\n".join(clean(text)))
    else:
        _show(job, text)
    return 0


def _job(home: Home, number: int) -> tuple[Job, Path]:
    answer = ask(home, {"op": "job", "job": number})
    return msgspec.convert(answer["job"], Job), Path(str(answer["folder"])) / "out.log"


def _plain(job: Job, text: str) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(job)
    return plain | {"seconds": job.seconds, "digest": [line.strip() for line in excerpt(text)]}


def _show(job: Job, text: str) -> None:
    click.echo(status(job))
    click.echo(f"  plan      {one_line(job.command)}")
    click.echo(f"  machines  {', '.join(job.machines) or 'this machine'}; pool {job.pool}")
    click.echo(f"  in        {job.cwd}")
    if not job.state.ended and job.started:
        limit = f", at most {lasting(job.max_run)}" if job.max_run else ""
        click.echo(f"  running   for {lasting(time.time() - job.started)}{limit}")
    for line in excerpt(text):
        click.echo(line)


def _follow(home: Home, job: Job, log: Path) -> int:
    """Print the output until the job ends; return its exit status."""
    at = 0
    while True:
        ended = job.state.ended
        at = _relay(log, at)
        if ended:
            click.echo(f"headgate: {status(job)}", err=True)
            return 0 if job.exit_code is None else job.exit_code
        time.sleep(_POLL)
        job, log = _job(home, job.id)


def _relay(log: Path, at: int) -> int:
    try:
        with log.open("rb") as file:
            file.seek(at)
            while chunk := file.read(65536):
                sys.stdout.buffer.write(chunk)
            sys.stdout.flush()
            return file.tell()
    except FileNotFoundError:
        return at


def _tail(log: Path) -> str:
    try:
        with log.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - _MAX_LOG))
            return file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
