"""`headgate doctor` without a client: what it says of a route is what the route does."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Gate
from headgate.host.reach import Subject, changes, reads

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it")

STRANGER = Subject("stranger", 54321, 54321, (54321,), "/nonexistent")
OWNER = Subject("owner", os.geteuid(), os.getegid(), (os.getegid(),), "/nonexistent")


def test_every_route_gets_a_verdict_that_was_tried(gate: Gate) -> None:
    done = gate.run("doctor", "--json")
    found = {item["route"]: item for item in json.loads(done.stdout)["routes"]}

    assert {item["verdict"] for item in found.values()} <= {"stopped", "by text only", "open"}
    assert all(item["seen"] for item in found.values())
    assert all(item["remedy"] for item in found.values() if item["verdict"] != "stopped")
    assert done.returncode == (1 if any(item["verdict"] == "open" for item in found.values()) else 0)
    for route in (
        "the command line, the socket",
        "the socket, by a program below",
        "the socket, by a program that got",
    ):
        said = [item for name, item in found.items() if name.startswith(route)]
        assert {item["verdict"] for item in said} == {"stopped"}, said
    user = found["the user that the gate runs as"]
    assert user["verdict"] == ("open" if os.geteuid() == 0 else "by text only")
    assert "stopped" not in {found["the database and the gate's key"]["verdict"], found["the person's key"]["verdict"]}


def test_people_read_a_table(gate: Gate) -> None:
    shown = gate.run("doctor").stdout
    assert "How an agent could reach" in shown
    assert "remedy:" in shown


def test_a_user_who_is_not_there_is_a_clear_error(gate: Gate) -> None:
    assert "HG130" in gate.run("doctor", "--user", "nobody-of-this-name").stderr


@pytest.fixture
def inner() -> Iterator[Path]:
    """A folder that everybody reaches."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        (Path(folder) / "inner").mkdir(mode=0o755)
        yield Path(folder) / "inner"


def test_what_others_may_change_is_found_wherever_it_is(inner: Path) -> None:
    file = inner / "policy.toml"
    file.touch(0o644)
    assert changes(OWNER, file) == file
    assert changes(STRANGER, file) is None
    file.chmod(0o666)
    assert changes(STRANGER, file) == file
    file.chmod(0o600)
    inner.chmod(0o777)
    assert changes(STRANGER, file) == inner, "who may write a folder may put another file there"
    inner.chmod(0o1777)
    assert changes(STRANGER, file) is None, "a sticky folder keeps what others own"
    assert changes(STRANGER, inner / "not-there-yet") == inner
    inner.chmod(0o755)
    link = inner.parent / "link"
    link.symlink_to(file)
    assert changes(STRANGER, link) is None


def test_nobody_reads_through_a_closed_folder(inner: Path) -> None:
    file = inner / "gate.key"
    file.touch(0o644)
    assert reads(STRANGER, file)
    file.chmod(0o600)
    assert not reads(STRANGER, file)
    file.chmod(0o644)
    inner.chmod(0o700)
    assert not reads(STRANGER, file)
