"""Text to decision in this process, each stage apart: p50 and p99 over a file of commands, one a line.

python bench/decide.py FILE [--most 5000]
"""

import argparse
import random
import statistics
import time
from pathlib import Path

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.shell.parse import parse
from headgate.decide.evaluate import decide
from headgate.decide.policy import Policy
from headgate.decide.schema import Situation
from headgate.model.action import ShellAction, Thread
from headgate.wiring import shipped_policy

ROUNDS = 3


def main() -> None:
    """Measure each command several times and keep its best, so that one interruption is not the command's fault."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("file", type=Path)
    words.add_argument("--most", type=int, default=5000)
    given = words.parse_args()
    lines = [line for line in given.file.read_text().splitlines() if line.strip()]
    commands = random.Random(1).sample(lines, min(given.most, len(lines)))
    policy = shipped_policy()
    around = Surroundings(
        home="/home/user",
        protected=("/home/user/.local/state/headgate",),
        protected_suffixes=("/.claude/settings.json",),
    )
    stages: dict[str, list[float]] = {"parse": [], "classify, parsing apart": [], "decide": [], "text to decision": []}
    answers: dict[str, int] = {}
    for command in commands:
        word, *taken = _measured(command, around, policy)
        for name, seconds in zip(stages, (*taken, sum(taken)), strict=True):
            stages[name].append(seconds)
        answers[word] = answers.get(word, 0) + 1
    print(f"{len(commands)} commands of {given.file.name}, best of {ROUNDS}, warm; µs")
    for name, seconds in stages.items():
        cuts = statistics.quantiles(seconds, n=100)
        print(f"  {name:<24} p50 {cuts[49] * 1e6:7.1f}   p99 {cuts[98] * 1e6:7.1f}   max {max(seconds) * 1e6:8.1f}")
    print("  " + ", ".join(f"{word} {count}" for word, count in sorted(answers.items())))


def _measured(command: str, around: Surroundings, policy: Policy) -> tuple[str, float, float, float]:
    """Return the decision, and the best seconds to parse, to classify what was parsed, and to decide.

    Classifying parses: the second is the difference. Texts inside the text are parsed in it.
    """
    inventory = Inventory(policy.inventory)
    parsed = classified = decided = float("inf")
    word = ""
    for _ in range(ROUNDS):
        first = time.perf_counter()
        parse(command)
        began = time.perf_counter()
        facts = classify(ShellAction(command, "/home/user/repo"), around, inventory)
        between = time.perf_counter()
        decision = decide(facts, Situation(Thread.MAIN), policy)
        ended = time.perf_counter()
        word = decision.strictness.word
        parsed, classified = min(parsed, began - first), min(classified, between - began)
        decided = min(decided, ended - between)
    return word, parsed, max(0.0, classified - parsed), decided


if __name__ == "__main__":
    main()
