"""How the classifier's answers agree with labels made by hand, over lines of a file that is not ours to copy.

python bench/sample.py FILE [--labels docs/tldr-sample.tsv] [--all] [--page docs/classifier-scores.md]
"""

import argparse
import csv
import hashlib
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from headgate.classify import Inventory, Surroundings, classify
from headgate.decide.evaluate import decide
from headgate.decide.policy import Policy
from headgate.decide.schema import Situation
from headgate.model.action import ShellAction, Thread
from headgate.model.facts import HEAVY_WORKLOADS, Facts, Workload
from headgate.wiring import shipped_policy

ROUNDS = 3
MOST_SECONDS = 0.005
MOST_OPAQUE = 0.03
BEGIN, END = "<!-- scores: written by bench/sample.py -->", "<!-- end of the scores -->"
LABELS = Path(__file__).parents[1] / "docs" / "tldr-sample.tsv"
AROUND = Surroundings(
    home="/home/user",
    protected=("/home/user/.local/state/headgate",),
    protected_suffixes=("/.claude/settings.json",),
)


class Row(msgspec.Struct, frozen=True):
    """One labelled line: what its label says, and what was found."""

    line: int
    program: str
    classes: frozenset[str]
    decision: str
    found_classes: frozenset[str]
    found_decision: str


def main() -> None:
    """Score the sample, and with `--all` walk over the whole file; status 1 where a bound of `--all` is broken."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("file", type=Path)
    words.add_argument("--labels", type=Path, default=LABELS)
    words.add_argument("--all", action="store_true", help="every line: crashes, slow lines, the opaque share")
    words.add_argument("--page", type=Path, help="write the scores into this page, between its two marks")
    given = words.parse_args()
    lines = given.file.read_text().splitlines()
    policy = shipped_policy()
    parts = [_scores(_rows(lines, given.labels, policy))]
    whole = _whole(lines, policy) if given.all else None
    if whole is not None:
        parts.append(whole.text)
    text = "\n\n".join(parts)
    print(text)
    if given.page is not None:
        _write(given.page, text)
    sys.exit(whole is not None and not whole.holds)


def _answer(command: str, policy: Policy) -> tuple[Facts, str]:
    facts = classify(ShellAction(command, "/home/user/repo"), AROUND, Inventory(policy.inventory))
    return facts, decide(facts, Situation(Thread.MAIN), policy).strictness.word


def _rows(lines: list[str], labels: Path, policy: Policy) -> list[Row]:
    """Return the labelled lines with their answers; a line that is not the one that was labelled ends the run."""
    rows = []
    with labels.open(newline="") as file:
        for label in csv.DictReader(file, delimiter="\t"):
            number = int(label["line"])
            text = lines[number - 1] if number <= len(lines) else ""
            if hashlib.sha256(text.encode()).hexdigest()[:8] != label["sha256"]:
                sys.exit(f"line {number} is not the line that was labelled")
            facts, decision = _answer(text, policy)
            classes = frozenset(label["classes"].split(",")) - {"-"}
            found = frozenset(str(name) for name in facts.workloads)
            rows.append(Row(number, label["program"], classes, label["decision"], found, decision))
    return rows


# -- the sample -----------------------------------------------------------------------------------


def _scores(rows: list[Row]) -> str:
    """Return the scores of the sample and every difference, as text of a page."""
    decided = sum(row.decision == row.found_decision for row in rows)
    classed = sum(row.classes == row.found_classes for row in rows)
    heavy = sum(row.decision != "allow" for row in rows)
    silent = sum(row.decision != "allow" and row.found_decision == "allow" for row in rows)
    alarms = sum(row.decision == "allow" and row.found_decision != "allow" for row in rows)
    totals = [
        ("lines", len(rows)),
        ("the decision is the labelled one", _share(decided, len(rows))),
        ("the set of classes is the labelled one", _share(classed, len(rows))),
        ("silent passes: labelled heavy, allowed", _share(silent, heavy)),
        ("false alarms: labelled light, not allowed", _share(alarms, len(rows) - heavy)),
    ]
    differ = [row for row in rows if (row.decision, row.classes) != (row.found_decision, row.found_classes)]
    return "\n\n".join(
        (
            "### The sample",
            _table(("what", "how many"), totals),
            _table(("class", "labelled", "found", "both", "precision", "recall"), _classes(rows)),
            "### Where label and answer differ",
            _table(("line", "program", "label", "answer"), [_difference(row) for row in differ]),
        )
    )


def _classes(rows: list[Row]) -> list[tuple[object, ...]]:
    """Return precision and recall of every class that was labelled or found."""
    found = []
    for name in map(str, Workload):
        labelled = sum(name in row.classes for row in rows)
        answered = sum(name in row.found_classes for row in rows)
        both = sum(name in row.classes & row.found_classes for row in rows)
        if labelled or answered:
            found.append((f"`{name}`", labelled, answered, both, _part(both, answered), _part(both, labelled)))
    return found


def _difference(row: Row) -> tuple[object, ...]:
    sides = ((row.classes, row.decision), (row.found_classes, row.found_decision))
    return row.line, f"`{row.program}`", *(f"{', '.join(sorted(names)) or 'light'}: {word}" for names, word in sides)


# -- the whole file -------------------------------------------------------------------------------


class Whole(msgspec.Struct, frozen=True):
    """What a walk over every line showed, and whether its bounds hold."""

    text: str
    holds: bool


def _whole(lines: list[str], policy: Policy) -> Whole:
    """Answer every line; the slow ones are taken again later, so that one interruption is not their fault."""
    crashed: list[int] = []
    slow: list[int] = []
    answers: Counter[str] = Counter()
    for number, line in enumerate(lines, start=1):
        try:
            seconds, facts, decision = _timed(line, policy)
        except Exception:  # noqa: BLE001 a crash is what is looked for
            crashed.append(number)
            continue
        answers.update([decision, *map(str, facts.workloads)])
        if seconds > MOST_SECONDS:
            slow.append(number)
    for _ in range(ROUNDS - 1):
        slow = [number for number in slow if _timed(lines[number - 1], policy)[0] > MOST_SECONDS]
    holds = not crashed and not slow and answers["opaque"] < MOST_OPAQUE * len(lines)
    totals = [
        ("lines", len(lines)),
        ("crashes", _listed(crashed)),
        (f"over {MOST_SECONDS * 1e3:.0f} ms, best of {ROUNDS}", _listed(slow)),
        (f"`opaque` (bound: {MOST_OPAQUE:.0%})", _share(answers["opaque"], len(lines))),
        *((name, _share(answers[name], len(lines))) for name in ("allow", "delegate", "confirm", "deny")),
        *((f"`{name}`", _share(answers[name], len(lines))) for name in sorted(HEAVY_WORKLOADS - {Workload.OPAQUE})),
    ]
    return Whole("### The whole file\n\n" + _table(("what", "how many"), totals), holds)


def _timed(line: str, policy: Policy) -> tuple[float, Facts, str]:
    began = time.perf_counter()
    facts, decision = _answer(line, policy)
    return time.perf_counter() - began, facts, decision


# -- text -----------------------------------------------------------------------------------------


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    ruled = [head, ("---",) * len(head), *rows]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in ruled)


def _share(count: int, of: int) -> str:
    return f"{count} of {of} ({count / of:.1%})" if of else f"{count} of 0"


def _part(count: int, of: int) -> str:
    return f"{count / of:.2f}" if of else ""


def _listed(numbers: list[int]) -> str:
    return f"{len(numbers)}" + (f": lines {', '.join(map(str, numbers[:20]))}" if numbers else "")


def _write(page: Path, text: str) -> None:
    """Put *text* between the marks of *page*."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{page} has not both marks")
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


if __name__ == "__main__":
    main()
