"""`headgate worker`."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable

import click

from headgate.host.home import Home
from headgate.host.lock import lock


@click.command()
@click.option("--pool", "pools", multiple=True, required=True, help="A pool to take work of; may be given again.")
@click.option(
    "--store",
    envvar="HEADGATE_STORE",
    required=True,
    help="Address of the database shared with the gates (postgresql://…); from the environment it shows in no list.",
)
@click.option("--label", "labels", multiple=True, help="A word that people know this worker by.")
@click.option("--reaches", multiple=True, help="Pattern of machines that it reaches, such as `web*` (default: all).")
@click.option("--places", default=4, show_default=True, type=click.IntRange(1, 1024), help="Jobs that it runs at once.")
@click.pass_obj
def command(  # noqa: PLR0913 each is an option
    home: Home, *, pools: tuple[str, ...], store: str, labels: tuple[str, ...], reaches: tuple[str, ...], places: int
) -> int:
    """Run jobs of a pool on this machine until told to stop; what runs then goes on, and is taken up by the next.

    It connects to the database, and nobody connects to it. A folder `worker` in the gate's home keeps its jobs.
    """
    own = Home(home.path / "worker")
    home.make()
    own.path.mkdir(mode=0o700, exist_ok=True)
    descriptor = lock(own)
    from headgate.wiring import shim  # noqa: PLC0415 whoever finds the place taken needs none of it
    from headgate.workers.fleet import FleetWorker, Offer  # noqa: PLC0415

    worker = FleetWorker(own, Offer(store, pools, labels, reaches, places), shim().program, _say)
    try:
        asyncio.run(_run(worker.run))
    finally:
        os.close(descriptor)
    return 0


async def _run(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await work(stopping)


def _say(line: str) -> None:
    click.echo(line)
