"""The real Codex, with keeper and exec gate around its allowed calls where it would neither ask nor refuse."""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from scripted_model import Json, Turn, use
from test_codex import Drive, bash, codex, results
from test_gated_calls import made

from conftest import Gate

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

__all__ = ["codex"]

GATED = "grep Seccomp_filters /proc/self/status | sort | cut -f2"


def test_a_call_looks_as_it_would_alone_and_has_the_gate_around_it(codex: Path, gate: Gate, tmp_path: Path) -> None:
    model = Drive(codex, gate, tmp_path)([bash(f'{GATED}; echo "it\'s" >&2; exit 7'), bash(GATED, tty=True)])
    first, second = results(model)

    assert "Process exited with code 7" in first
    assert "Output:\n1\nit's\n" in first
    assert "1" in second.split("Output:")[1]


def test_what_a_call_starts_is_decided(codex: Path, gate: Gate, tmp_path: Path) -> None:
    project, _user, mark = made(tmp_path / "made")
    drive = Drive(codex, gate, tmp_path)
    drive.variables["PATH"] = f"{tmp_path / 'made' / 'bin'}:{drive.variables['PATH']}"
    model = drive([bash("make check", workdir=str(project))])
    (result,) = results(model)
    gate.until(1, "succeeded")

    assert "as job 1" in result
    assert "after the suite" not in result
    assert "Seccomp_filters:\t0\n" == mark.read_text()


def test_a_call_that_the_client_left_to_itself_goes_on(codex: Path, gate: Gate, tmp_path: Path) -> None:
    drive = Drive(codex, gate, tmp_path)
    go = drive.project / "go"
    os.mkfifo(go)

    def look(messages: Sequence[Json]) -> Turn:
        """Look into the session that the last result names, once the command may go on."""
        go.write_text("")
        told = re.search(r"session ID (\d+)", str(messages[-1]))
        assert told is not None, messages[-1]
        return use("write_stdin", {"session_id": int(told[1]), "chars": "", "yield_time_ms": 30_000})

    left = use("exec_command", {"cmd": "echo begun; sort go; echo over; exit 3", "yield_time_ms": 1000})
    model = drive([left, look])
    first, second = results(model)

    assert "begun" in first
    assert "Process exited with code 3" in second
    assert "over" in second


def test_a_rule_of_the_clients_own_stays_in_force(codex: Path, gate: Gate, tmp_path: Path) -> None:
    drive = Drive(codex, gate, tmp_path)

    def forbid() -> None:
        (drive.home / "rules").mkdir(exist_ok=True)
        rule = 'prefix_rule(pattern=["sort"], decision="forbidden", justification="no sorting here")\n'
        (drive.home / "rules" / "mine.rules").write_text(rule)

    model = drive([bash("sort /dev/null"), bash(GATED.replace("sort", "tee"))], before=forbid)
    first, second = results(model)

    assert "Process exited with code 0" not in first
    assert "Output:\n0\n" in second  # nothing is wrapped
