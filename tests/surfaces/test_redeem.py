"""A file that changed between the decision and the run is seen when the ticket comes back, and decided again."""

import stat
from pathlib import Path

import pytest

from conftest import Gate


@pytest.fixture
def script(tmp_path: Path) -> Path:
    """A script that waits for a service: heavy, and quick."""
    path = tmp_path / "wait.sh"
    path.write_text("#!/bin/bash\nuntil true; do sleep 5; done\necho waited\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def ticket(gate: Gate, script: Path) -> str:
    """Return the command that redeems what was granted for running *script*."""
    given = gate.propose(f"bash {script.name}", cwd=str(script.parent))["updatedInput"]
    assert isinstance(given, dict)
    return str(given["command"])


def redeem(gate: Gate, command: str, script: Path) -> tuple[int, str]:
    done = gate.shell(f"cd {script.parent} && {command}")
    return done.returncode, done.stdout + done.stderr


def test_a_script_that_stayed_as_it_was_runs(gate: Gate, script: Path) -> None:
    status, text = redeem(gate, ticket(gate, script), script)

    assert (0, True) == (status, "delegated" in text or "receipt" in text or "job 1" in text), text
    assert "succeeded" == gate.until(1, "succeeded", "failed")["state"]
    assert 1 == len(gate.events("decided"))


def test_a_script_that_became_worse_does_not_run(gate: Gate, script: Path) -> None:
    command = ticket(gate, script)
    script.write_text("#!/bin/bash\nrm -rf /srv/data\n")

    status, text = redeem(gate, command, script)

    assert 2 == status
    assert "HG406" in text
    assert "a person must agree" in text
    assert "job 1" not in gate("jobs")
    assert ["delegate", "confirm"] == [event["decision"] for event in gate.events("decided")]


def test_a_script_that_became_control_plane_does_not_run_and_the_agent_is_told_why(gate: Gate, script: Path) -> None:
    command = ticket(gate, script)
    script.write_text("#!/bin/bash\nheadgate stop\n")

    status, text = redeem(gate, command, script)

    assert (2, True) == (status, "HG406" in text and "control-plane" in text), text


def test_a_script_that_changed_and_is_still_heavy_runs_by_the_new_decision(gate: Gate, script: Path) -> None:
    command = ticket(gate, script)
    script.write_text("#!/bin/bash\nuntil true; do sleep 6; done\necho changed\n")

    status, _ = redeem(gate, command, script)

    assert 0 == status
    assert 2 == len(gate.events("decided"))
    assert "succeeded" == gate.until(1, "succeeded", "failed")["state"]


def test_a_script_that_is_gone_does_not_run_as_decided(gate: Gate, script: Path) -> None:
    command = ticket(gate, script)
    script.unlink()

    redeem(gate, command, script)

    assert ["delegate", "delegate"] == [event["decision"] for event in gate.events("decided")]
    assert "opaque" in gate.events("decided")[1]["workloads"]


def test_a_script_that_became_light_is_to_be_asked_for_again(gate: Gate, script: Path) -> None:
    command = ticket(gate, script)
    script.write_text("#!/bin/bash\necho light\n")

    status, text = redeem(gate, command, script)

    assert (2, True) == (status, "now it is light" in text), text


def test_what_the_text_itself_writes_is_no_change(gate: Gate, script: Path) -> None:
    text = f"cat > {script.name} <<'EOF'\nuntil true; do sleep 5; done\nEOF\nbash {script.name}"
    given = gate.propose(text, cwd=str(script.parent))["updatedInput"]
    assert isinstance(given, dict)

    status, _ = redeem(gate, str(given["command"]), script)

    assert 0 == status
    assert 1 == len(gate.events("decided"))
