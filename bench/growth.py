"""How the time to classify grows with the text: a table, and a plot where the extra `bench` is installed.

    python bench/growth.py [--plot docs/images/growth.svg] [--kinds words lines …]

Every measurement is a process of its own, with a limit of time and memory: the best of three, without imports.
"""

import argparse
import multiprocessing
import resource
import signal
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from headgate.classify.shell.parse import MAX_CHARACTERS
from oracle.inputs import facts
from oracle.large import KINDS

SIZES = (100, 400, 1_600, 6_400, 25_600, 64_000, 1_000_000)
ALLOWED = 1.0
"""Seconds that any of these texts may take."""

SECONDS = 10
BYTES = 1 << 30
ROUNDS = 3
PLOTTED = (
    "words",
    "lines",
    "remote lines",
    "pipeline",
    "double quotes",
    "substitutions",
    "nested substitutions",
    "backticks",
    "brace expansion",
    "here-document",
    "base64",
)


def main() -> None:
    """Measure, print, plot, and fail when a text takes longer than allowed."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--plot", type=Path)
    words.add_argument("--kinds", nargs="*", default=sorted(KINDS))
    given = words.parse_args()
    print(f"{'ms by the size of the text':<30}" + "".join(f"{size:>10}" for size in SIZES))
    table = {}
    for kind in given.kinds:
        table[kind] = [_measured(kind, size) for size in SIZES]
        print(f"{kind:<30}" + "".join(_cell(seconds) for seconds in table[kind]), flush=True)
    slow = [kind for kind, row in table.items() if any(seconds > ALLOWED for seconds in row)]
    print(f"{len(slow)} kinds over {ALLOWED:g} s: {', '.join(slow)}" if slow else f"none over {ALLOWED:g} s")
    if given.plot:
        _plot({kind: table[kind] for kind in PLOTTED if kind in table}, given.plot)
    sys.exit(bool(slow))


def _cell(seconds: float) -> str:
    return f"{'—':>10}" if seconds == float("inf") else f"{seconds * 1e3:>10.2f}"


def _measured(kind: str, size: int) -> float:
    """Return the best processor seconds of some rounds; infinite where a limit was hit."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(target=_classify, args=(kind, size, theirs))
    process.start()
    theirs.close()
    try:
        best: float = ours.recv()
    except EOFError:
        best = float("inf")
    process.join()
    return best


def _classify(kind: str, size: int, answer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    text = KINDS[kind](size)
    best = float("inf")
    try:
        for _ in range(ROUNDS):
            began = time.thread_time()
            facts(text)
            best = min(best, time.thread_time() - began)
            signal.alarm(SECONDS)
    except MemoryError:
        return
    answer.send(best)


def _plot(table: dict[str, list[float]], path: Path) -> None:
    import matplotlib as mpl  # noqa: PLC0415 only the plot needs it

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "growth"
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(8, 5))
    for kind, row in table.items():
        axes.plot(SIZES, [seconds * 1e3 for seconds in row], marker="o", markersize=3, linewidth=1, label=kind)
    axes.axvline(MAX_CHARACTERS, color="grey", linewidth=0.8, linestyle=":")
    axes.annotate("longer texts are opaque", (MAX_CHARACTERS, 1), xytext=(4, 4), textcoords="offset points", fontsize=7)
    axes.set(xscale="log", yscale="log", xlabel="size of the text, characters", ylabel="time to classify, ms")
    axes.grid(linewidth=0.3)
    axes.legend(fontsize=7, ncols=2)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None}, bbox_inches="tight")
    print(f"plotted in {path}")


if __name__ == "__main__":
    main()
