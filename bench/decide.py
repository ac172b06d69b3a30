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
    inventory = Inventory(policy.inventory)
    around = Surroundings(
        home="/home/user",
        protected=("/home/user/.local/state/headgate",),
        protected_suffixes=("/.claude/settings.json",),
    )
    situation = Situation(Thread.MAIN)
    stages: dict[str, list[float]] = {"classify": [], "decide": [], "text to decision": []}
    answers: dict[str, int] = {}
    for command in commands:
        best_classify = best_decide = float("inf")
        for _ in range(ROUNDS):
            began = time.perf_counter()
            facts = classify(ShellAction(command, "/home/user/repo"), around, inventory)
            between = time.perf_counter()
            decision = decide(facts, situation, policy)
            ended = time.perf_counter()
            best_classify, best_decide = min(best_classify, between - began), min(best_decide, ended - between)
        stages["classify"].append(best_classify)
        stages["decide"].append(best_decide)
        stages["text to decision"].append(best_classify + best_decide)
        answers[decision.strictness.word] = answers.get(decision.strictness.word, 0) + 1
    print(f"{len(commands)} commands of {given.file.name}, best of {ROUNDS}, warm; µs")
    for name, seconds in stages.items():
        cuts = statistics.quantiles(seconds, n=100)
        print(f"  {name:<18} p50 {cuts[49] * 1e6:7.1f}   p99 {cuts[98] * 1e6:7.1f}   max {max(seconds) * 1e6:8.1f}")
    print("  " + ", ".join(f"{word} {count}" for word, count in sorted(answers.items())))


if __name__ == "__main__":
    main()
