"""What the exec gate costs: a start, whole builds and test runs, the beginning of a call, and an answer of the daemon.

    python bench/exec_gate.py [--quick] [--rounds 15] [--json FILE]

One process without a gate and one under each mode live for the whole run, and take turns at the same work, so that the
differences hold on a busy machine too. Each part is measured without a gate twice: the A/A row is the noise.
"""

import argparse
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from exec_gate_calls import calls
from exec_gate_worker import STARTS, Worker
from exec_gate_works import KINDS, WORKS, Works
from turns import Taken, turns

PARTS = ["starts", "works", "answers", "calls"]
PROGRAMS = Path(sys.executable).parent
AT_ONCE = 20
"""Starts of a turn: so few that what else the machine does hits all the ways alike."""
AT_ASKING = 5
MOST_PER_START = 200e-6
MOST_OF_MAKE, MOST_OF_OTHERS = 1.15, 1.05


def main() -> None:
    """Measure, and print a table; status 0 whether or not the targets are met, since a machine is no property."""
    given = _given()
    rounds = min(given.rounds, 4) if given.quick else given.rounds
    kept: dict[str, Taken] = {}
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder, ExitStack() as stack:
        place = Path(folder)
        headgate = [str(PROGRAMS / "headgate"), "--home", str(place / "home")]
        subprocess.run([*headgate, "status"], check=True, capture_output=True)
        stack.callback(subprocess.run, [*headgate, "stop"], capture_output=True, check=False)
        workers = _workers(headgate, stack)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, {rounds} rounds in turns; medians\n")
        if "starts" in given.only:
            kept |= _starts(workers, 400 if given.quick else 2000)
        if "works" in given.only:
            kept |= _works(workers, rounds, Works(place / "works"))
        if "answers" in given.only:
            kept |= _answers(workers, rounds, place / "programs")
        if "calls" in given.only:
            kept |= calls(place, rounds * 4)
    print(f"load at the end {os.getloadavg()[0]:.1f}")
    if given.json:
        given.json.write_text(json.dumps(kept, indent=1))


def _given() -> argparse.Namespace:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--quick", action="store_true", help="fewer rounds, fewer starts")
    words.add_argument("--rounds", type=int, default=15)
    words.add_argument("--only", choices=PARTS, nargs="*", default=PARTS)
    words.add_argument("--json", type=Path, help="write every measurement, in seconds, into this file")
    return words.parse_args()


def _workers(headgate: list[str], stack: ExitStack) -> dict[str, Worker]:
    guard = [*headgate, "guard"]
    ways = {"plain": [], "plain again (A/A)": [], "guard": [*guard, "--"], "portable": [*guard, "--portable", "--"]}
    return {name: stack.enter_context(Worker(words)) for name, words in ways.items()}


def _starts(workers: dict[str, Worker], count: int) -> dict[str, Taken]:
    """Measure one start of a program that the gate knows by now: made by posix_spawn(3), and by a shell's loop."""
    found = {}
    for name, what in STARTS.items():
        routes = {way: partial(_start, worker, what) for way, worker in workers.items()}
        taken = turns(routes, count // AT_ONCE)
        print(f"one start of /bin/true by {name}, {count} of them, {AT_ONCE} a turn; µs")
        _table(taken, 1e6, MOST_PER_START)
        found[f"start by {name}"] = taken
    return found


def _start(worker: Worker, what: str) -> float:
    return worker.take(what, AT_ONCE) / AT_ONCE


def _works(workers: dict[str, Worker], rounds: int, works: Works) -> dict[str, Taken]:
    """Measure whole works; the portable gate is left out, whose costs are those of the names that it stands for."""
    found = {}
    for name, text in WORKS.items():
        if (folder := works.prepared(name)) is None:
            print(f"{name}: left out, this machine has not all of it\n")
            continue
        most = MOST_OF_MAKE if name.startswith("make") else MOST_OF_OTHERS
        those = {way: worker for way, worker in workers.items() if way != "portable"}
        run = {"text": text, "where": str(folder)}
        taken = turns({way: partial(worker.take, "run", **run) for way, worker in those.items()}, rounds)
        print(f"{name}; ms")
        _table(taken, 1e3, ratio=most)
        found[name] = taken
    return found


def _answers(workers: dict[str, Worker], rounds: int, folder: Path) -> dict[str, Taken]:
    """Measure a start that has to be asked about, since nobody made it before, by the kind of its program."""
    found = {}
    numbers = itertools.count(1)
    for kind, words in KINDS.items():
        those = {way: workers[way] for way in ("plain", "plain again (A/A)", "guard")}
        routes = {way: partial(_asked, worker, words, numbers, folder) for way, worker in those.items()}
        taken = turns(routes, rounds * 4)
        print(f"one start that is asked about: {kind}; µs")
        _table(taken, 1e6)
        found[f"asked: {kind}"] = taken
    return found


def _asked(worker: Worker, words: list[str], numbers: Iterator[int], folder: Path) -> float:
    """Return the seconds of a start with words that were never there before."""
    those = list(itertools.islice(numbers, AT_ASKING))
    program = shutil.which(words[0])
    programs = [program or _copy(folder / str(number) / words[0]) for number in those]
    each = [[word.format(number) for word in words] for number in those]
    taken = worker.take("each", programs=programs, words=each) / AT_ASKING
    if program is None:
        shutil.rmtree(folder)
    return taken


def _copy(made: Path) -> str:
    made.parent.mkdir(parents=True)
    return str(shutil.copy("/bin/true", made))


def _table(taken: Taken, scale: float, most: float | None = None, ratio: float | None = None) -> None:
    """Print medians, and what each turn cost more than the plain one of the same turn: the median of that."""
    for way, seconds in taken.items():
        more, times = taken.against(way, "plain")
        line = f"  {way:<20} {taken.median(way) * scale:9.1f}   {times:5.2f} ×   {more * scale:+9.1f}"
        line += f"   best {min(seconds) * scale:8.1f}   {(min(seconds) - min(taken['plain'])) * scale:+8.1f}"
        if way == "guard" and most is not None:
            line += f"   target ≤ +{most * scale:.0f}: {'met' if more <= most else 'missed'}"
        if way == "guard" and ratio is not None:
            line += f"   target ≤ {ratio} ×: {'met' if times <= ratio else 'missed'}"
        print(line)
    print()


if __name__ == "__main__":
    main()
