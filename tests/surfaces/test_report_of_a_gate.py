"""A report about what a real gate wrote: real hooks, a real daemon, a person who logged in, and jobs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import sshd
from conftest import Gate
from person import Person

DROP = "git push --force origin main"


@pytest.fixture
def person(gate: Gate, tmp_path: Path) -> Iterator[Person]:
    sshd.needed()
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.sshd(folder) as server:
        yield Person(gate, server)


def test_the_report_says_what_was_done(gate: Gate, person: Person) -> None:
    gate.propose("ls")
    gate.propose("headgate stop")
    gate.propose(DROP, cwd="/tmp")
    person("approve", "1", "--yes", "--reason", "agreed with Ada")
    gate.propose(DROP, cwd="/tmp")
    job = json.loads(gate("delegate", "--wait", "--json", "--", "true").splitlines()[-1])["job"]
    gate.run("approve", "1", "--yes")  # no person: whoever runs the tests is below an agent's client here

    found = json.loads(gate("report", "--since", "1h", "--format", "json"))
    events = gate.events("decided")
    approvals, heavy = found["approvals"], found["heavy"]

    assert len(events) == found["calls"]["all"]
    assert (0, 0, 0) == tuple(found["read"][key] for key in ("unknown", "newer", "unreadable"))
    assert (1, 1, 1, 0) == tuple(approvals[key] for key in ("asked", "approved", "used", "open"))
    assert [("terminal", 1, 0)] == [(one["how"], one["yes"], one["no"]) for one in approvals["people"]]
    assert (3, 3, 0, 1, 1, 1) == tuple(
        heavy[key] for key in ("calls", "off", "ran", "refused", "approved_job", "not_approved")
    )
    assert (1, {"succeeded": 1}) == (found["jobs"]["started"], found["jobs"]["ended"])
    assert [job] == [run["job"] for run in found["slowest"]]
    assert "true" == found["slowest"][0]["command"]
    assert len(gate.events("grant-refused")) == found["refused_grants"]["all"]


def test_an_override_and_what_it_changed_stand_in_the_report(gate: Gate, person: Person) -> None:
    gate.propose(DROP, cwd="/tmp")
    person(
        "override",
        "add",
        "--workload",
        "destructive",
        "--for",
        "10m",
        "--reason",
        "the history of main is rewritten tonight",
    )
    gate.propose(DROP, cwd="/tmp")

    found = json.loads(gate("report", "--since", "1h", "--format", "json"))
    (row,) = found["overrides"]

    assert ("the history of main is rewritten tonight", "workloads destructive", False) == (
        row["reason"], row["scope"], row["break_glass"],
    )  # fmt: skip
    used = [event for event in gate.events("decided") if event.get("override")]
    assert len(used) == row["used"] == 1
    assert {f"{used[0]['without']} → {used[0]['decision']}": 1} == row["changed"]
