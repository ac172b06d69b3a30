"""What an override covers: every part that it names, and nothing by being silent."""

import pytest

from headgate.decide.exceptions import Asking, uncovered
from headgate.model.action import Caller, Thread
from headgate.model.facts import Facts, Workload
from headgate.model.override import Scope

ASKING = Asking(Caller("claude-code", "s", Thread.MAIN, "c"), lambda: "digest")
RESTART = Facts(workloads=(Workload.RESTART,), machines=("Web1",), environment="prod", remote=True, cwd="/srv/shop")


@pytest.mark.parametrize(
    ("scope", "facts", "missing"),
    [
        (Scope(workloads=("restart",)), RESTART, []),
        (Scope(workloads=("deploy",)), RESTART, ["the class restart"]),
        (Scope(workloads=("restart",)), Facts(), ["work of no class"]),
        (Scope(machines=("web*",)), RESTART, []),
        (Scope(machines=("db*",)), RESTART, ["the machine Web1"]),
        (Scope(machines=("*",)), Facts(), ["a machine that the call does not name"]),
        (Scope(machines=("*",)), Facts(machines=("a",), unnamed=True), ["a machine that the call does not name"]),
        (Scope(environments=("staging",)), RESTART, ["the environment prod"]),
        (Scope(sessions=("t",)), RESTART, ["this session"]),
        (Scope(projects=("/srv/shop",)), RESTART, []),
        (Scope(projects=("/srv/sho",)), RESTART, ["the directory /srv/shop"]),
        (Scope(actions=("other",)), RESTART, ["this action"]),
        (Scope(actions=("digest",)), RESTART, []),
    ],
)
def test_every_part_that_is_named_has_to_fit(scope: Scope, facts: Facts, missing: list[str]) -> None:
    assert missing == list(uncovered(scope, facts, ASKING))
