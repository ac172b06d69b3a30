"""A push that names no branch pushes the one that is checked out."""

import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction
from headgate.model.facts import Workload

CWD = "/home/user/repo"
PUSHES = [
    "git push --force-with-lease",
    "git push --force-with-lease origin HEAD",
    f"git -C {CWD} push --force-with-lease",
]


def _destroys(command: str, head: str) -> bool:
    around = Surroundings(home="/home/user", read={f"{CWD}/.git/HEAD": head}.get)
    return Workload.DESTRUCTIVE in classify(ShellAction(command, cwd=CWD), around, Inventory(())).workloads


@pytest.mark.parametrize("command", PUSHES)
def test_force_with_lease_on_a_topic_branch_is_light(command: str) -> None:
    assert not _destroys(command, "ref: refs/heads/feature/x\n")


@pytest.mark.parametrize("command", PUSHES)
@pytest.mark.parametrize("head", ["ref: refs/heads/main\n", "ref: refs/heads/release/1\n", "0123abc\n"])
def test_force_with_lease_on_a_main_branch_or_on_none_is_destructive(command: str, head: str) -> None:
    assert _destroys(command, head)
