"""A worker of its own process: `worker_process.py URL PROCESS FOLDER TTL`.

Each body sets the start marker, writes one line to FOLDER/started, and gives signs of life until FOLDER/go-ID exists.
"""

import asyncio
import sys
from pathlib import Path

from headgate.model.work import LeaseState, Work
from headgate.workers.engines import open_engine


async def main(url: str, process: str, folder: Path, ttl: float) -> None:
    engine, board = open_engine(url, process)

    async def body(work: Work) -> None:
        while True:
            fence = await asyncio.to_thread(board.start, work.id, process, once=work.once, ttl=ttl)
            if fence is not None:
                break
            lease = await asyncio.to_thread(board.lease, work.id)
            if lease is None or lease.state in {LeaseState.ENDED, LeaseState.LOST}:
                return
            await asyncio.sleep(0.1)
        with (folder / "started").open("a") as log:
            log.write(f"{work.id} {process}\n")
        while not (folder / f"go-{work.id}").exists():
            if not await asyncio.to_thread(board.beat, work.id, fence):
                (folder / f"fenced-{process}").touch()
                return
            await asyncio.sleep(ttl / 10)
        await asyncio.to_thread(board.end, work.id, fence, {"by": process})

    await engine.run_worker(["local"], body, 4)
    (folder / f"ready-{process}").touch()
    await asyncio.Event().wait()


asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), float(sys.argv[4])))
