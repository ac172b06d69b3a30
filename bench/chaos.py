"""Kills, stops and crashes everything at random while jobs are handed over, then looks whether the promises held.

    python bench/chaos.py [--minutes 1] [--store sqlite] [--store postgres] [--seed 1]

Enqueuers hand over jobs that leave marks: `once` jobs write a line when they begin and when they are over, and exit
with a status of their own. Meanwhile the daemon, fleet workers, keepers and enqueuers are killed (SIGKILL), the daemon
and workers stopped for longer than a lease (SIGSTOP), and Postgres stopped at once. Then everything may settle, and
must: a table says what was done and what did not hold. The exit status is 1 where anything did not; the ids of those
jobs and the seed are printed, and the folder stays.
"""

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chaos_check import Found, check, never_kept, settle
from chaos_faults import Faults
from chaos_load import Load
from chaos_site import Site, Times, running

ROOT = Path(__file__).resolve().parent.parent
MOST = 24
"""Jobs that run at once, about."""


@contextmanager
def database(store: str) -> Iterator[Any | None]:
    """Yield a throw-away Postgres, where the *store* is one."""
    if store == "sqlite":
        yield None
        return
    sys.path.insert(0, str(ROOT / "tests" / "workers" / "engines"))
    from postgres import postgres  # noqa: PLC0415 a part of the tests

    with postgres() as server:
        yield server


def chaos(store: str, seconds: float, seed: int, folder: Path) -> bool:
    """Do harm for so long, print what came of it, and say whether everything held."""
    with database(store) as server, running(Site(folder, Times(), server)) as site:
        load = Load(site, seed, MOST)
        faults = Faults(site, load, seed)
        load.start()
        try:
            faults.run(seconds)
        finally:
            load.stop()
        site.heal()
        found = check(site, load, settle(site, load))
        found.unkept = sum(
            never_kept(one, found.jobs[one.key], site, found) for one in load.handed if one.key in found.jobs
        )
        report(store, seconds, seed, load, faults, found)
        return not any(found.wrong.values())


def report(store: str, seconds: float, seed: int, load: Load, faults: Faults, found: Found) -> None:  # noqa: PLR0913, PLR0917 all of one run
    """Print the table of one run."""
    acked = [one for one in load.handed if one.job]
    states = Counter(found.jobs[one.key].state.value for one in acked if one.key in found.jobs)
    late = sum(job.late for job in found.jobs.values())
    rows = [
        ("tried to hand over", len(load.handed)),
        ("acknowledged", len(acked)),
        *((f"  {state}", count) for state, count in sorted(states.items())),
        ("  of these told late", late),
        ("  of these lost before there was a keeper", found.unkept),
        *((f"answered with {code}", count) for code, count in sorted(load.refused.items())),
        *((f"fault: {kind}", count) for kind, count in sorted(faults.done.items())),
        *((name, len(what)) for name, what in found.wrong.items()),
        ("seconds until all had settled", round(found.took, 1)),
    ]
    print(f"\nchaos on {store}, {seconds:g} s, seed {seed}\n")
    for name, count in rows:
        print(f"  {name:<44} {count:>8}")
    for name, what in found.wrong.items():
        for line in what:
            print(f"VIOLATED {name}: {line}")
    sys.stdout.flush()


def main() -> int:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=1.0, help="for each store")
    parser.add_argument("--store", action="append", choices=["sqlite", "postgres"])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder of each run")
    asked = parser.parse_args()
    whole = True
    for store in asked.store or ["sqlite", "postgres"]:
        folder = Path(tempfile.mkdtemp(prefix="hg-chaos-", dir="/tmp"))  # the path of a socket is short
        held = chaos(store, asked.minutes * 60, asked.seed, folder)
        if held and not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"the folder is {folder}")
        whole = whole and held
    return 0 if whole else 1


if __name__ == "__main__":
    sys.exit(main())
