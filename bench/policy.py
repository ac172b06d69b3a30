"""Facts to decision, with its reasons and obligations: our engine and its peers in one run, in µs and as ratios.

    python bench/policy.py [--rounds 10] [--sizes 10,100,1000] [--quick]

Every engine has the same rules and a process of its own; rounds are interleaved, and the best one counts. Before, the
matching rules of each are compared with a slow interpreter; a difference stops the run. What a call costs begins with
our facts in Python and ends, for ours, with the whole decision, and for the peers with the ids of all matching rules:
to make a decision of them is not counted, nor what an engine cannot do itself (`engines/cedar.py`).
Half of the calls of a round have a command (and most of these a machine) that no call named before.
The proofs of the shipped policy's invariants, and its load, are timed in the same run, in ms.
"""

import argparse
import time
from collections.abc import Callable
from importlib.resources import files

from engines.worker import CALLS, CHECKED, OURS, PEERS, Worker
from headgate.decide.layers import load
from headgate.decide.policy import Policy
from headgate.decide.prove.invariants import proofs

MOST = {10: 3e-6, 1000: 8e-6}
"""Seconds that a decision of ours may take, by the number of rules."""

TIMES = 20
"""How many times slower the fastest peer is, at least."""

REPEATS = 20

PROVED = 10e-3
"""Seconds in which the invariants are proved."""

SAMPLE = """
[[invariant]]
id       = "no-deploy-in-main"
given    = { thread = "main", workload.any = ["deploy"] }
at_least = "delegate"

[[invariant]]
id       = "control-plane-is-denied"
given    = { workload.any = ["control-plane"] }
at_least = "deny"

[[invariant]]
id       = "destruction-is-asked"
given    = { workload.any = ["destructive"] }
at_least = "confirm"
"""
"""Invariants for a shipped policy that has none."""


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--rounds", type=int, default=10)
    words.add_argument("--sizes", default="10,100,1000")
    words.add_argument("--quick", action="store_true", help="two rounds, and no 1,000 rules")
    given = words.parse_args()
    rounds = 2 if given.quick else given.rounds
    sizes = [10, 100] if given.quick else [int(size) for size in given.sizes.split(",")]
    print(f"facts to decision, µs, best of {rounds} interleaved rounds of {CALLS} calls, half of them with new names")
    for peer in PEERS:
        if not peer.installed:
            print(f"  {peer.title}: not installed, skipped")
    workers = [Worker(peer) for peer in (OURS, *PEERS) if peer.installed]
    try:
        for size in sizes:
            _size(workers, size, rounds)
    finally:
        for worker in workers:
            worker.end()
    _shipped()


def _size(workers: list[Worker], size: int, rounds: int) -> None:
    held = [worker.ask("hold", size) for worker in workers]
    taken = [[worker.ask("round", number) for worker in workers] for number in range(1, rounds + 1)]
    best = [{name: min(row[place][name] for row in taken) for name in taken[0][place]} for place in range(len(workers))]
    ours, mine = best[0], held[0]
    print(f"{size} rules, {mine['matched']:.1f} match a call; {CHECKED} calls checked against the interpreter")
    for worker, found, loaded in zip(workers, best, held, strict=True):
        line = f"  {worker.peer.title:<40} {found['mean'] * 1e6:9.2f}   {found['mean'] / ours['mean']:7.1f} × ours"
        print(line if worker is not workers[0] else _mine(line, ours, loaded))
    if size in MOST:
        _target(f"ours ≤ {MOST[size] * 1e6:.0f} µs", ours["mean"] <= MOST[size])
    if len(best) > 1:
        ratio = min(found["mean"] for found in best[1:]) / ours["mean"]
        _target(f"≥ {TIMES} × faster than the fastest peer", ratio >= TIMES, f"{ratio:.1f} ×")


def _mine(line: str, found: dict[str, float], loaded: dict[str, float]) -> str:
    more = (
        f"p50 {found['p50'] * 1e6:.2f}, p99 {found['p99'] * 1e6:.2f}",
        f"all seen before {found['seen'] * 1e6:.2f}, all new {found['new'] * 1e6:.2f}",
        f"load {loaded['load'] * 1e3:.1f} ms",
    )
    return f"{line}\n    {'; '.join(more)}"


def _target(what: str, holds: bool, found: str = "") -> None:  # noqa: FBT001 the outcome
    print(f"  target {what}: {'holds' if holds else 'MISSED'}{', ' if found else ''}{found}")


def _shipped() -> None:
    """Time the load and the proofs of the policy that is shipped."""
    text = files("headgate").joinpath("policies/default.toml").read_text()
    policy, whose = _policy(), "its own"
    if not policy.invariants:
        policy, whose = load(text + SAMPLE), "it has none; the bench's"
    proving = _best(lambda: list(proofs(policy)))
    print(f"shipped policy, {len(policy.rules)} rules, best of {REPEATS}; ms")
    print(f"  {'load, proofs included':<40} {_best(lambda: load(text)) * 1e3:9.2f}")
    held = sum(proof.holds for proof in proofs(policy))
    what = f"proofs of {len(policy.invariants)} invariants ({whose})"
    print(f"  {what:<40} {proving * 1e3:9.2f}   {held} proved")
    _target(f"proofs ≤ {PROVED * 1e3:.0f} ms", proving <= PROVED)


def _policy() -> Policy:
    try:
        from headgate.wiring import shipped_policy  # noqa: PLC0415 the engine is measured even where wiring is broken
    except ImportError:
        return load(files("headgate").joinpath("policies/default.toml").read_text(), "default.toml")
    return shipped_policy()


def _best(run: Callable[[], object]) -> float:
    taken = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        run()
        taken.append(time.perf_counter() - began)
    return min(taken)


if __name__ == "__main__":
    main()
