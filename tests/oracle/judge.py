"""Does the classifier show what ran?"""

from enum import StrEnum

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction
from headgate.model.facts import HEAVY_WORKLOADS, Facts, Workload
from oracle.programs import Program
from oracle.sandbox import Sandbox

_AROUND = Surroundings(home="/home/user")
_INVENTORY = Inventory()


class Verdict(StrEnum):
    """What the facts say of a program that ran its marked command."""

    FOUND = "found"
    OPAQUE = "opaque"
    OTHER = "heavy for another reason"
    MISSED = "missed"


def facts(text: str) -> Facts:
    return classify(ShellAction(text, "/home/user/repo"), _AROUND, _INVENTORY)


def verdict(program: Program) -> Verdict:
    """Return how the classifier shows the marked command of *program*."""
    seen = facts(program.text)
    wanted = facts(program.core.format(m=program.machine))
    heavy = HEAVY_WORKLOADS.intersection(seen.workloads)
    if (seen.remote and wanted.remote) or heavy & set(wanted.workloads):
        return Verdict.FOUND
    if any(program.machine in name for name in seen.machines):
        return Verdict.FOUND
    if Workload.OPAQUE in heavy:
        return Verdict.OPAQUE
    return Verdict.OTHER if heavy else Verdict.MISSED


def judged(programs: list[Program], sandbox: Sandbox | None = None) -> dict[Program, Verdict]:
    """Run *programs*; return the verdict on each that really ran its marked command."""
    with sandbox or Sandbox() as place:
        ran = place.run(program.text for program in programs)
    return {program: verdict(program) for program in programs if program.words in ran}
