"""Text to decision in this process: p50 and p99 over a file of commands, one a line.

python bench/decide.py FILE [--most 5000]
"""

import argparse
import random
import statistics
import time
from pathlib import Path

from headgate.classify import Inventory, Surroundings, classify
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
    stages: dict[str, list[float]] = {"classify": [], "decide": [], "text to decision": []}
    answers: dict[str, int] = {}
    for command in commands:
        word, classified, decided = _measured(command, around, policy)
        stages["classify"].append(classified)
        stages["decide"].append(decided)
        stages["text to decision"].append(classified + decided)
        answers[word] = answers.get(word, 0) + 1
    print(f"{len(commands)} commands of {given.file.name}, best of {ROUNDS}, warm; µs")
    for name, seconds in stages.items():
        cuts = statistics.quantiles(seconds, n=100)
        print(f"  {name:<18} p50 {cuts[49] * 1e6:7.1f}   p99 {cuts[98] * 1e6:7.1f}   max {max(seconds) * 1e6:8.1f}")
    print("  " + ", ".join(f"{word} {count}" for word, count in sorted(answers.items())))


def _measured(command: str, around: Surroundings, policy: Policy) -> tuple[str, float, float]:
    """Return the decision, and the best seconds to classify and to decide."""
    inventory = Inventory(policy.inventory)
    classified = decided = float("inf")
    word = ""
    for _ in range(ROUNDS):
        began = time.perf_counter()
        facts = classify(ShellAction(command, "/home/user/repo"), around, inventory)
        between = time.perf_counter()
        decision = decide(facts, Situation(Thread.MAIN), policy)
        ended = time.perf_counter()
        word = decision.strictness.word
        classified, decided = min(classified, between - began), min(decided, ended - between)
    return word, classified, decided


if __name__ == "__main__":
    main()
