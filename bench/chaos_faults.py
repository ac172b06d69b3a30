"""The harm that the chaos harness does, at random moments that a seed gives."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chaos_load import Load
from chaos_site import Process, Site

BETWEEN = (0.2, 2.0)
"""Seconds between two faults."""


class Faults:
    """Harms *site* for a time; what was taken away comes back by itself."""

    def __init__(self, site: Site, load: Load, seed: int) -> None:
        """Prepare; nothing is harmed yet."""
        self.done: Counter[str] = Counter()
        self._site, self._load, self._dice = site, load, random.Random(f"faults {seed}")
        self._busy = {name: threading.Lock() for name in ("daemon", "database", *site.workers)}
        self._underway: list[threading.Thread] = []

    def run(self, seconds: float) -> None:
        """Do harm for so long, then return once all of it is over."""
        kinds, weights = zip(*self._kinds(), strict=True)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            time.sleep(self._dice.uniform(*BETWEEN))
            kind = self._dice.choices(kinds, weights)[0]
            thread = threading.Thread(target=kind, args=(random.Random(self._dice.random()),))
            thread.start()
            self._underway = [one for one in self._underway if one.is_alive()] + [thread]
        for thread in self._underway:
            thread.join()

    def _kinds(self) -> list[tuple[Callable[[random.Random], None], int]]:
        near: list[tuple[Callable[[random.Random], None], int]] = [
            (self._kill_daemon, 4),
            (self._pause_daemon, 3),
            (self._kill_keeper, 3),
            (self._kill_enqueuer, 3),
            (self._cancel, 2),
        ]
        if not self._site.workers:
            return near
        return [*near, (self._kill_worker, 5), (self._pause_worker, 4), (self._restart_worker, 2), (self._crash, 3)]

    # -- what is taken away and comes back ---------------------------------------------------

    def _gone(self, dice: random.Random) -> float:
        """Return for how long something is away: often for less than a lease, sometimes for more."""
        ttl = self._site.times.ttl
        return dice.choice([0.0, 0.0, dice.uniform(0, ttl), dice.uniform(ttl, 2 * ttl)])

    def _kill_daemon(self, dice: random.Random) -> None:
        self._away("daemon", dice, signal.SIGKILL, self._site.start_daemon)

    def _pause_daemon(self, dice: random.Random) -> None:
        self._away("daemon", dice, signal.SIGSTOP)

    def _kill_worker(self, dice: random.Random) -> None:
        worker = dice.choice(self._site.workers)
        self._away(worker, dice, signal.SIGKILL, lambda: self._site.start_worker(worker))

    def _pause_worker(self, dice: random.Random) -> None:
        self._away(dice.choice(self._site.workers), dice, signal.SIGSTOP)

    def _restart_worker(self, dice: random.Random) -> None:
        worker = dice.choice(self._site.workers)
        self._away(worker, dice, signal.SIGTERM, lambda: self._site.start_worker(worker))

    def _away(self, name: str, dice: random.Random, number: int, back: Callable[[], None] | None = None) -> None:
        kind = "daemon" if name == "daemon" else "worker"
        if not self._busy[name].acquire(blocking=False):
            return
        with self._busy_until_done(name):
            there = self._site.processes(kind, "" if kind == "daemon" else name)
            self._site.signal(number, there)
            self._count(f"{signal.Signals(number).name} {kind}", there)
            self._over(number, there)
            time.sleep(self._gone(dice))
            self._site.signal(signal.SIGCONT, there)
            if back is not None:
                back()

    def _over(self, number: int, there: list[Process]) -> None:
        """Wait until what was told to end is gone: two of one home would not both start."""
        while number in {signal.SIGTERM, signal.SIGKILL} and any(
            Path(f"/proc/{one.pid}/cmdline").exists() and one in self._site.processes(one.kind) for one in there
        ):
            time.sleep(0.05)

    def _crash(self, dice: random.Random) -> None:
        if self._site.server is None or not self._busy["database"].acquire(blocking=False):
            return
        with self._busy_until_done("database"):
            self._site.server.stop()
            self.done["immediate stop database"] += 1
            time.sleep(self._gone(dice))
            self._site.start_server()

    def _busy_until_done(self, name: str) -> "_Held":
        return _Held(self._busy[name])

    # -- what does not come back -------------------------------------------------------------

    def _kill_keeper(self, dice: random.Random) -> None:
        there = self._site.processes("keeper")
        if there:
            one = dice.choice(there)
            self._site.killed.add(Path(one.part).name)
            self._site.signal(signal.SIGKILL, [one])
            self.done["SIGKILL keeper"] += 1

    def _kill_enqueuer(self, dice: random.Random) -> None:
        there = self._site.processes("enqueuer")
        if there:
            self._site.signal(signal.SIGKILL, [dice.choice(there)])
            self.done["SIGKILL enqueuer"] += 1

    def _cancel(self, dice: random.Random) -> None:
        late = [one for one in self._load.handed[-30:] if one.job and not one.cancelled]
        if late:
            self._load.cancel(dice.choice(late))
            self.done["cancel"] += 1

    def _count(self, what: str, there: list[Process]) -> None:
        if there:
            self.done[what] += 1


class _Held:
    """A lock that is held, and let go at the end."""

    def __init__(self, lock: threading.Lock) -> None:
        self._lock = lock

    def __enter__(self) -> None:
        """Hold it, as before."""

    def __exit__(self, *_error: object) -> None:
        with suppress(RuntimeError):
            self._lock.release()
