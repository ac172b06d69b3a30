"""`headgate check --batch`: JSON lines in, JSON lines out, nothing run."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from headgate.host.home import Home
from headgate.host.world import HostWorld
from headgate.model.action import ShellAction, Thread
from headgate.surfaces.rehearsal import Rehearsal, batch
from headgate.wiring import shipped_policy


@pytest.fixture
def rehearsal(tmp_path: Path) -> Rehearsal:
    return Rehearsal(shipped_policy(), HostWorld(Home(tmp_path)))


def answers(rehearsal: Rehearsal, *lines: object) -> tuple[int, list[dict[str, Any]]]:
    given = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    out = io.BytesIO()
    status = batch(rehearsal, io.BytesIO(given), out)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def decisions(rehearsal: Rehearsal, *lines: object) -> list[tuple[object, str]]:
    return [(answer["id"], answer["decision"]) for answer in answers(rehearsal, *lines)[1]]


def probe(name: object, **more: object) -> dict[str, object]:
    return {"id": name, "command": "ssh web1 uptime", "session": "s"} | more


def test_an_answer_says_everything_about_its_line(rehearsal: Rehearsal) -> None:
    status, [found] = answers(rehearsal, {"id": "a", "command": "é; ssh web1 reboot"})

    reasons = [(item["code"], item["span"]) for item in found.pop("reasons")]
    assert 0 == status
    assert {
        "id": "a",
        "decision": "delegate",
        "workloads": ["remote-session", "restart"],
        "machines": ["web1"],
        "environment": "unknown",
        "estimate": None,
        "estimate_from": "",
        "budget": 30.0,
    } == found
    assert [
        ("main-remote-session", None),
        ("main-restart", None),
        ("other-heavy-in-main", None),
        ("HG205", [3, 18]),
        ("HG201", [3, 18]),
    ] == sorted(reasons, key=lambda item: item[1] is not None)


def test_answers_keep_the_order_and_the_ids_of_their_lines(rehearsal: Rehearsal) -> None:
    lines = [{"id": name, "command": "ls"} for name in ("b", 7, "a", "b")]

    assert [("b", "allow"), (7, "allow"), ("a", "allow"), ("b", "allow")] == decisions(rehearsal, *lines)


def test_lines_of_one_session_share_its_history(rehearsal: Rehearsal) -> None:
    lines = [
        *(probe(number) for number in range(4)),
        probe(4, session="other"),
        {"id": 5, "command": "ssh web1 uptime"},
    ]

    assert [(0, "allow"), (1, "allow"), (2, "allow"), (3, "delegate"), (4, "allow"), (5, "allow")] == decisions(
        rehearsal, *lines
    )


@pytest.mark.parametrize(("at", "found"), [(600.0, "delegate"), (600.5, "allow"), (9999.0, "allow")])
def test_lines_without_a_time_are_one_second_apart(rehearsal: Rehearsal, at: float, found: str) -> None:
    lines = [probe("now", at=0.0), probe("at 1"), probe("at 2"), probe("then", at=at)]
    lines[0]["at"] = 0.5

    assert found == decisions(rehearsal, *lines)[-1][1]


def test_a_thread_has_its_rules(rehearsal: Rehearsal) -> None:
    line = {"id": 1, "command": "ssh web1 reboot"}

    assert ["delegate", "delegate", "allow", "allow"] == [
        decisions(rehearsal, line | {"thread": thread})[0][1] for thread in ("main", "background", "subagent", "worker")
    ]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ({"tool": "Bash", "args": {"command": "ssh web1 reboot"}}, "delegate"),
        ({"tool": "Bash", "args": {"command": "ls", "run_in_background": True}}, "delegate"),
        ({"tool": "Read", "args": {"file_path": "/x"}}, "allow"),
        ({"tool": "Write", "args": {"file_path": "/x/.claude/settings.json"}}, "deny"),
        ({"tool": "Write", "args": {"file_path": "a.txt"}, "cwd": "/repo"}, "allow"),
        ({"tool": "mcp__x__destroy_all"}, "delegate"),
        ({"command": "rm -rf /srv/x", "tool": "Read"}, "confirm"),
    ],
)
def test_a_tool_is_read_as_its_client_would_send_it(rehearsal: Rehearsal, line: dict[str, object], found: str) -> None:
    assert [(1, found)] == decisions(rehearsal, {"id": 1} | line)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (b"{", None),
        (b"[]", None),
        (b"\xff", None),
        ({"command": "ls"}, None),
        ({"id": "x"}, "x"),
        ({"id": "x", "command": 1}, "x"),
        ({"id": "x", "command": "ls", "thread": "king"}, "x"),
        ({"id": "x", "tool": "Bash"}, "x"),
    ],
)
def test_a_wrong_line_is_denied_in_its_place_and_makes_the_status_2(
    rehearsal: Rehearsal, line: object, name: str | None
) -> None:
    status, found = answers(rehearsal, {"id": 1, "command": "ls"}, line, {"id": 3, "command": "ls"})

    assert (2, [(1, "allow"), (name, "deny"), (3, "allow")]) == (
        status,
        [(item["id"], item["decision"]) for item in found],
    )
    assert ("HG131", "line 2:") == (found[1]["reasons"][0]["code"], found[1]["reasons"][0]["message"][:7])


def test_empty_lines_are_passed_over(rehearsal: Rehearsal) -> None:
    assert (0, []) == answers(rehearsal, b"", b"   ")


def test_one_command_is_a_session_of_its_own(rehearsal: Rehearsal) -> None:
    action = ShellAction("ssh web1 uptime", "/repo")

    assert {"allow"} == {rehearsal.shell(action, Thread.MAIN).decision.strictness.word for _ in range(6)}
