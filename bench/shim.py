"""What a keeper costs: a short command under one against the same alone, and in C against its twin; a shell that asks.

    python bench/shim.py [--rounds 1000] [--jobs 100]

Everything is interleaved in one run, so the differences hold on a busy machine too.
"""

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from headgate.host.home import Home
from headgate.surfaces.client_shells import prefix, put_link
from headgate.workers import shim
from headgate.workers.hand_over import TEXT

PROGRAM = Path(sys.executable).parent / "headgate-shim"
SHELLS = {"bash": ["bash", "-c"], "zsh": ["zsh", "-fc"]}


def main() -> None:
    """Measure, and print milliseconds."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--rounds", type=int, default=1000)
    words.add_argument("--jobs", type=int, default=100)
    given = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        for name, shell in SHELLS.items():
            if shutil.which(name):
                _calls(name, shell, Path(folder, name), given.rounds)
        _asking(Home(Path(folder, "home")), given.rounds)
        _jobs(Path(folder, "jobs"), given.jobs)


def _calls(name: str, shell: list[str], place: Path, rounds: int) -> None:
    texts = iter([_prepared(place / str(number)) for number in range(rounds)])
    taken = _interleaved(
        {
            f"{name}: true": lambda: _run([*shell, "true"]),
            f"{name}: true again (A/A)": lambda: _run([*shell, "true"]),
            f"{name}: true under a keeper": lambda: _run([*shell, next(texts)]),
        },
        rounds,
    )
    _print(taken, f"{name}, {rounds} interleaved rounds; ms")
    alone, kept = (statistics.median(taken[f"{name}: true{kind}"]) * 1e3 for kind in ("", " under a keeper"))
    print(f"  overhead: {kept - alone:.2f} ms, {kept / alone:.1f} ×")


def _asking(home: Home, rounds: int) -> None:
    """Time a client's shell that asks the daemon what to run against one that does not, and a hook by the same way."""
    headgate = [sys.executable, "-m", "headgate", "--home", str(home.path)]
    _run([*headgate, "serve", "--background"])
    asks, frame = prefix(str(PROGRAM), home), "eval 'true' < /dev/null && pwd -P >| /dev/null"
    put_link(str(PROGRAM), home)
    try:
        taken = _interleaved(
            {
                "bash: eval true": lambda: _run(["bash", "-c", frame]),
                "bash: asked for": lambda: _run(["bash", "-c", f"{asks} {shlex.quote(frame)}"]),
                "sh: a hook": lambda: _run(["sh", "-c", "true"]),
                "sh: by the keeper": lambda: _run(["sh", "-c", f"{asks} true"]),
            },
            rounds,
        )
    finally:
        _run([*headgate, "stop"])
    _print(taken, f"the shells of a client, {rounds} interleaved rounds; ms")


def _prepared(folder: Path) -> str:
    folder.mkdir(mode=0o700, parents=True)
    for name in ("up", "down", "go"):
        os.mkfifo(folder / name, 0o600)
    return TEXT.format(
        folder=shlex.quote(str(folder)),
        program=shlex.quote(str(PROGRAM)),
        command=shlex.quote("true"),
        seconds=30,
        max_run=3600,
        socket="/nowhere",
    )


def _jobs(place: Path, rounds: int) -> None:
    """Time from the keeper's start until the end of `true` is durable and it has gone."""
    folders = (place / str(number) for number in range(2 * rounds))
    twin = [sys.executable, "-I", "-S", shim.__file__]
    taken = _interleaved(
        {
            "a job's keeper in C": lambda: _run([str(PROGRAM), "job", _start(next(folders))]),
            "its Python twin": lambda: _run([*twin, "job", _start(next(folders))]),
        },
        rounds,
    )
    _print(taken, f"one job, start to durable end, {rounds} interleaved rounds; ms")


def _start(folder: Path) -> str:
    folder.mkdir(mode=0o700, parents=True)
    fields = ["headgate-shim/1", "/", "22", "", "0", "0", "0", "1", shutil.which("true") or "/bin/true", "PATH=/bin"]
    (folder / "start").write_text("".join(f"{field}\0" for field in fields))
    return str(folder)


def _interleaved(routes: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, run in routes.items():
            began = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - began)
    return taken


def _print(taken: dict[str, list[float]], title: str) -> None:
    print(title)
    for name, seconds in taken.items():
        cuts = statistics.quantiles(seconds, n=100)
        print(f"  {name:<28} p50 {cuts[49] * 1e3:7.2f}   p99 {cuts[98] * 1e3:7.2f}")


def _run(command: list[str]) -> None:
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)


if __name__ == "__main__":
    main()
