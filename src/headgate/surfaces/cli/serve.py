"""`headgate serve`."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable

import click

from headgate.host.acting import serve_for
from headgate.host.harden import harden
from headgate.host.home import Home
from headgate.host.lock import lock
from headgate.host.reach import subject
from headgate.model.errors import HeadgateError

_PATIENCE = 20.0
"""Seconds a daemon in the background waits for an ending one to let the home go."""


@click.command()
@click.option("--background", is_flag=True, help="Return once the daemon is ready, and leave it running.")
@click.option("--for", "user", default="", help="Serve the agents of this user; for the unit of `install --system`.")
@click.pass_obj
def command(home: Home, *, background: bool, user: str) -> int:
    """Run the daemon of this home until it is told to stop; hooks and commands start it by themselves."""
    if user:
        _serve_for(user)
    home.make()
    if background:
        return _in_background(home)
    _serve(home, lambda: click.echo(f"headgate serves {home.path}"))
    return 0


def _serve_for(user: str) -> None:
    try:
        who = subject(user)
    except KeyError:
        raise HeadgateError("HG632", f"there is no user `{user}`", "name one of this machine") from None
    if who.uid in {0, os.geteuid()}:
        raise HeadgateError("HG632", f"`{user}` is no user apart from this one, and from root", "leave `--for` out")
    serve_for(who)


def _serve(home: Home, ready: Callable[[], None], patience: float = 0.0) -> None:
    harden()
    descriptor = lock(home, patience)  # first, so that of many who start at once all but one end cheaply
    from headgate.surfaces.daemon import Daemon  # noqa: PLC0415 the parent of a background daemon needs none of it
    from headgate.surfaces.gate import Gate  # noqa: PLC0415
    from headgate.surfaces.journal_keeping import Keeping  # noqa: PLC0415
    from headgate.wiring import adapters  # noqa: PLC0415

    def opened(where: Home) -> tuple[Gate, Keeping]:
        found = adapters(where)
        return Gate(where, found), Keeping(where, found)

    try:
        asyncio.run(Daemon(home, opened).serve(ready))
    finally:
        os.close(descriptor)


def _in_background(home: Home) -> int:
    """Fork a daemon of its own session; return once it is ready, or another one serves this home."""
    read, write = os.pipe()
    if os.fork() == 0:
        os.close(read)
        _daemonize(home, write)
    os.close(write)
    said = b""
    while chunk := os.read(read, 4096):
        said += chunk
    if said == b"ready":
        return 0
    click.echo(said.decode("utf-8", "replace") or "HG010 headgate: the daemon ended at once; see its log", err=True)
    return 2


def _daemonize(home: Home, tell: int) -> None:
    """Become the daemon; says `ready`, or what is wrong, through *tell*. Never returns."""
    try:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        os.chdir("/")
        log = os.open(home.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        null = os.open("/dev/null", os.O_RDONLY)
        for target, source in ((0, null), (1, log), (2, log)):
            os.dup2(source, target)

        def ready() -> None:
            os.write(tell, b"ready")
            os.close(tell)

        _serve(home, ready, _PATIENCE)
    except HeadgateError as error:
        with contextlib.suppress(OSError):
            os.write(tell, b"ready" if error.code == "HG018" else str(error).encode())
        os._exit(2)
    except BaseException as error:  # noqa: BLE001 a forked daemon has nobody to raise to
        with contextlib.suppress(OSError):
            os.write(tell, f"HG001 headgate: the daemon failed ({error!r}); see {home.log}".encode())
        print(repr(error), file=sys.stderr, flush=True)  # noqa: T201 the daemon's log
        os._exit(2)
    os._exit(0)
