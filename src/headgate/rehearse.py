"""A policy's own examples, run through classification and decision before the policy is trusted."""

from collections.abc import Iterator, Mapping

from headgate.classify import Inventory, Surroundings, classify
from headgate.decide.names import Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Example
from headgate.decide.schema import Situation, values
from headgate.decide.trials import Told, failures
from headgate.model.action import ShellAction, Thread

NOWHERE = "/repo"
"""The directory that examples run in: there are no files in it, so an example means the same everywhere."""


def rehearsed(policy: Policy) -> Iterator[str]:
    """Yield every example and test of *policy* that does not hold, those with a command included."""
    yield from failures(policy, teller(policy))


def teller(policy: Policy) -> Told:
    """Return what gives the facts of an example with a command, with the inventory and the settings of *policy*."""
    inventory = Inventory(policy.inventory)
    around = Surroundings(home="/home/user", comfort=policy.comfort, inventory=policy.inventory)

    def told(example: Example) -> Mapping[str, Value]:
        where = example.facts.get("cwd")
        action = ShellAction(example.command, where if isinstance(where, str) else NOWHERE)
        return values(classify(action, around, inventory), Situation(Thread.MAIN))

    return told
