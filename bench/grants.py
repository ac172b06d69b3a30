"""What people cost: decisions while overrides stand, that one changed, that ask, and that use a yes.

    python bench/grants.py [--rounds 500]

Everything goes through the whole pipeline, into a real sealed store, interleaved in one run, so the ratios to a plain
decision hold on a busy machine too. Each commit waits for the disk.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from headgate.host.clock import SystemClock
from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.host.world import HostWorld
from headgate.model.action import Caller, ShellAction, Thread
from headgate.model.override import Scope
from headgate.model.person import Person
from headgate.pipeline import Asked, Ports, handle
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.approvals import Approvals
from headgate.surfaces.overrides import Overrides, Wish
from headgate.wiring import shipped_policy

ADA = Person("ada", "terminal")
LIGHT = ShellAction("git status --short", "/repo")
RESTART = ShellAction("ssh staging-1 'systemctl restart app'", "/repo")
LIFTED = Scope(workloads=("restart", "remote-session"), machines=("staging-*",))
OTHER = Scope(workloads=("deploy",), machines=("nowhere-*",))


class Bench:
    """One gate without its daemon."""

    def __init__(self, folder: Path, scopes: list[Scope]) -> None:
        self.store = SqliteStore(folder / "headgate.db", signer=SigningKey.open(folder / "gate.key"))
        clock = SystemClock()
        self.policy = shipped_policy()
        self.approvals = Approvals(self.store, clock)
        overrides, key = Overrides(self.store, clock, lambda: self.policy), SigningKey.open(folder / "authority.key")
        for scope in scopes:
            with self.store.together():
                overrides.grant(Wish(scope, "a measurement", 3600.0), ADA, key)
        self.ports = Ports(clock, HostWorld(Home(folder)), self.store)
        self.calls = itertools.count()

    def propose(self, action: ShellAction) -> None:
        """Decide *action* as the main thread's."""
        caller = Caller("claude-code", f"s{next(self.calls) % 50}", Thread.MAIN, f"c{next(self.calls)}")
        handle(action, caller, self.policy, self.ports, Asked(requester="eve"))

    def newest(self) -> int:
        """Return the number of the last question."""
        return self.approvals.latest(1)[0].id


def main() -> None:
    """Measure, and print medians with their ratio to a plain light decision."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--rounds", type=int, default=500)
    rounds = words.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        taken = _interleaved(_routes(Path(folder)), rounds)
    base = statistics.median(taken["light, no override stands"])
    print(f"one decision through the pipeline, sealed and signed, {rounds} interleaved rounds; ms")
    for name, seconds in taken.items():
        cuts = statistics.quantiles(seconds, n=100)
        print(f"  {name:<44} p50 {cuts[49] * 1e3:6.3f}   p99 {cuts[98] * 1e3:6.3f}   {cuts[49] / base:5.2f} ×")


def _routes(folder: Path) -> dict[str, Callable[[], None]]:
    made = {}
    for name, scopes in {"plain": [], "others": [OTHER] * 100, "lifted": [LIFTED], "asked": []}.items():
        (folder / name).mkdir()
        made[name] = Bench(folder / name, scopes)
    asked, numbers = made["asked"], itertools.count()

    def wipe(number: int) -> ShellAction:
        return ShellAction(f"rm -rf /srv/data-{number}", "/repo")

    def answered() -> None:
        asked.approvals.answer(asked.newest(), ADA, yes=True)

    def new() -> None:
        asked.propose(wipe(next(numbers)))
        asked.approvals.answer(asked.newest(), ADA, yes=False)

    same = Caller("claude-code", "same", Thread.MAIN, "c")

    def use() -> None:
        handle(wipe(-1), same, asked.policy, asked.ports, Asked(requester="eve"))
        answered()
        handle(wipe(-1), same, asked.policy, asked.ports, Asked(requester="eve"))

    return {
        "light, no override stands": lambda: made["plain"].propose(LIGHT),
        "light, again (A/A)": lambda: made["plain"].propose(LIGHT),
        "light, 100 overrides of other work stand": lambda: made["others"].propose(LIGHT),
        "restart by ssh, delegated": lambda: made["plain"].propose(RESTART),
        "restart by ssh, lifted by an override": lambda: made["lifted"].propose(RESTART),
        "a question is put, and refused": new,
        "put, approved, and its yes used": use,
    }


def _interleaved(routes: dict[str, Callable[[], None]], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, route in routes.items():
            began = time.perf_counter()
            route()
            taken[name].append(time.perf_counter() - began)
    return taken


if __name__ == "__main__":
    main()
