"""What a report costs: the time and the memory for a journal of many events.

    python bench/report.py [--events 1000000] [--keep FILE]

The journal is made first, of real events in the proportions of an agent's day, through the store that a gate uses. With
`--keep` it is kept, and used again where it is there.
"""

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from headgate.model.action import Caller, Thread
from headgate.model.decision import Reason, Terms
from headgate.model.facts import Evidence, Workload
from headgate.record import events
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.report.counting import counted
from headgate.surfaces.report.page import page
from headgate.surfaces.report.period import Period
from headgate.surfaces.report.terminal import lines

DAY = 86_400.0
BATCH = 20_000


def made(number: int, since: float) -> Iterator[events.Event]:
    """Yield *number* events of a week: of ten, six decisions, three ends of calls, a job's start or end."""
    for at in range(number):
        now, call = since + at * 7 * DAY / number, at // 10
        kind = at % 10
        if kind in {0, 2, 4, 6, 8, 9}:
            yield decision(now, call, kind)
        elif kind in {1, 3, 5}:
            yield events.CallEnded(
                now, f"s-{call % 50}", f"c-{call}-{kind - 1}", failed=call % 9 == 0, seconds=kind * 0.7
            )
        elif call % 2:
            yield events.JobStarted(now, call, f"s-{call % 50}", "000000000000")
        else:
            yield events.JobEnded(now, call - 1, "succeeded", 0, 31.5)


def decision(now: float, call: int, kind: int) -> events.Decided:
    """Return a decision: heavy where *kind* is 8 or 9."""
    heavy = kind >= 8
    command = (
        f"ssh web{call % 40} 'systemctl restart app-{call % 7}'" if heavy else f"rg -n 'def x{call}' src | head -{kind}"
    )
    return events.Decided(
        at=now,
        caller=Caller(
            "claude-code", f"s-{call % 50}", Thread.MAIN if call % 5 else Thread.SUBAGENT, f"c-{call}-{kind}"
        ),
        tool="shell",
        command=command,
        action=f"{call % 1000:064x}",
        cwd="/srv/project",
        decision="deny" if kind == 9 else "delegate" if heavy else "allow",
        then="",
        enforced="refuse" if kind == 9 else "rewrite" if heavy else "run",
        workloads=("remote-session", "restart") if heavy else (),
        machines=(f"web{call % 40}",) if heavy else (),
        environment="prod" if heavy else "local",
        reasons=(
            Reason("heavy-main", "Heavy work does not run in the main thread.", source="shipped default.toml:40"),
        ),
        evidence=(Evidence(Workload.RESTART, "HG205", "restarts a service"),) if heavy else (),
        rules=("heavy-main",) if heavy else ("light",),
        budget=None if heavy else 30.0,
        policy="0" * 64,
        facts={"programs": ("ssh", "systemctl"), "remote": True, "steps": 1.0}
        if heavy
        else {"programs": ("rg", "head")},
        terms=Terms(pool="local"),
    )


def main() -> None:
    """Make a journal, and measure a report of all of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hg-") as folder:
        path = asked.keep or Path(folder) / "headgate.db"
        since = 1_760_000_000.0
        fill(path, asked.events, since)
        store = SqliteStore(path, writable=False)
        before, began, cpu = memory(), time.perf_counter(), time.process_time()
        told = counted(store.entries(), Period(since, since + 8 * DAY), since + 8 * DAY)
        counting = time.perf_counter() - began
        print(f"  {told.read.entries} entries, {path.stat().st_size >> 20} MiB: counted in {counting:.1f} s")
        print(f"  of these {time.process_time() - cpu:.1f} s of a core; load of this machine {os.getloadavg()[0]:.1f}")
        print(f"  {told.read.entries / counting / 1000:.0f} thousand entries a second, {memory() - before} MiB more")
        for name, form in (("terminal", lambda: "\n".join(lines(told))), ("page", lambda: page(told))):
            began = time.perf_counter()
            size = len(form())
            print(f"  {name}: {size >> 10} KiB in {(time.perf_counter() - began) * 1e3:.0f} ms")


def fill(path: Path, number: int, since: float) -> None:
    """Make the journal at *path*, where there is none yet."""
    if path.exists():
        return
    store = SqliteStore(path)
    began, pending = time.perf_counter(), made(number, since)
    for _ in range(0, number, BATCH):
        with store.together():
            for _event, event in zip(range(BATCH), pending, strict=False):
                store.append(event)
    store.close()
    print(f"  made in {time.perf_counter() - began:.0f} s", file=sys.stderr)


def memory() -> int:
    """Return the most memory that this process had so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


if __name__ == "__main__":
    main()
