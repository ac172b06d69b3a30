"""Of random programs that bash really runs, count how many the classifier does not show.

    python bench/oracle.py [--programs 50000] [--seed 1] [--jobs 2] [--report FILE]

A program runs only stand-ins and ordinary tools, in a folder of its own, and names machines that cannot exist.
"""

import argparse
import json
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from oracle.judge import Verdict, judged
from oracle.programs import CORES, Layer, Program, programs, simpler
from oracle.templates import GROUP_OF

BATCH = 250
ALLOWED = 0.001


def main() -> None:
    """Run, count, make the misses small, and fail when there are too many."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--programs", type=int, default=50_000)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--each", action="store_true", help="every template alone, in place of random programs")
    words.add_argument("--report", type=Path)
    given = words.parse_args()
    made = _each() if given.each else programs(given.seed, given.programs)
    began = time.monotonic()
    verdicts: dict[Program, Verdict] = {}
    for number, found in enumerate(_judged(made, given.jobs), 1):
        verdicts |= found
        if sys.stderr.isatty() or number % 20 == 0:
            print(f"{min(number * BATCH, len(made))} of {len(made)} programs", file=sys.stderr, flush=True)
    missed = [program for program, verdict in verdicts.items() if verdict is Verdict.MISSED]
    small = _smallest(missed, given.jobs)
    report = _report(len(made), verdicts, small) | {"seed": given.seed, "seconds": round(time.monotonic() - began)}
    _print(report)
    if given.report:
        given.report.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    sys.exit(len(missed) > ALLOWED * len(verdicts))


def _each() -> list[Program]:
    """Return every template around some of the commands, alone."""
    cases = [(template, core) for template in GROUP_OF for core in CORES[:3]]
    return [
        Program(f"m{number}.invalid", core, (Layer(template, number),)) for number, (template, core) in enumerate(cases)
    ]


def _judged(made: list[Program], jobs: int) -> Iterator[dict[Program, Verdict]]:
    batches = [made[start : start + BATCH] for start in range(0, len(made), BATCH)]
    with multiprocessing.Pool(jobs) as pool:
        yield from pool.imap_unordered(judged, batches)


def _smallest(missed: list[Program], jobs: int) -> dict[Program, Program]:
    """Return for each missed program a smaller one that is missed too, as far as leaving things out leads."""
    small = {program: program for program in missed}
    growing = list(missed)
    number = 0
    while growing:
        tries: dict[Program, Program] = {}
        for program in growing:
            for other in simpler(small[program]):
                number += 1
                tries[replace(other, machine=f"x{number}.invalid")] = program
        found: dict[Program, Program] = {}
        for verdicts in _judged(list(tries), jobs):
            found |= {tries[other]: other for other, verdict in verdicts.items() if verdict is Verdict.MISSED}
        small |= found
        growing = list(found)
    return small


def _report(count: int, verdicts: dict[Program, Verdict], small: dict[Program, Program]) -> dict[str, object]:
    causes: dict[str, list[str]] = {}
    for program in small.values():
        causes.setdefault(" ⊂ ".join(layer.template for layer in program.layers), []).append(program.text)
    opaque = Counter(
        layer.template for program, verdict in verdicts.items() if verdict is Verdict.OPAQUE for layer in program.layers
    )
    of_all = Counter(layer.template for program in verdicts for layer in program.layers)
    return {
        "programs": count,
        "ran": len(verdicts),
        "verdicts": {str(verdict): sum(found is verdict for found in verdicts.values()) for verdict in Verdict},
        "missed": {cause: {"count": len(texts), "shortest": min(texts, key=len)} for cause, texts in causes.items()},
        "opaque": {name: f"{hits} of {of_all[name]}" for name, hits in opaque.most_common(40)},
    }


def _print(report: dict[str, object]) -> None:
    verdicts, missed, ran = report["verdicts"], report["missed"], report["ran"]
    assert isinstance(verdicts, dict)
    assert isinstance(missed, dict)
    assert isinstance(ran, int)
    print(f"{report['programs']} programs, {ran} ran their marked command, {report['seconds']} s")
    for name, hits in verdicts.items():
        print(f"  {name:<26} {hits:6}  {hits / max(1, ran):8.3%}")
    for cause, found in sorted(missed.items(), key=lambda item: -item[1]["count"]):
        print(f"missed {found['count']} times: {cause!r}\n    {found['shortest']!r}")


if __name__ == "__main__":
    main()
