"""What is said of the exec gate, and which programs it watches by their names."""

import json
import tomllib
from pathlib import Path

import pytest

from conftest import Gate
from headgate.classify import programs
from headgate.classify.programs.watched import watched
from headgate.host import exec_gate
from headgate.surfaces.gate_words import exec_gate_lines

TABLES = Path(__file__).parents[1] / "programs"
ENOUGH = "remote-session multi-host deploy restart transfer cross-machine remediation-loop destructive control-plane"
"""Classes that are reason enough to stop at a start inside an allowed action."""

RUN_OTHERS = """
    awk builtins environments interpreters manifests powershell python script_runtimes sed setups shells terminals
    wrappers xargs builds catalogue_lines catalogue_runners catalogue_servers catalogue_screens editors
"""
"""Families whose programs are heavy by what they run, which searches PATH again."""

ORDINARY = "apply_patch archives catalogue_devices catalogue_scans files finders git logs readers versions"
"""Families of ordinary work on files and versions, and looks."""


def probe(folder: Path, said: str) -> exec_gate.Probe:
    program = folder / "headgate-shim"
    program.write_text(f"#!/bin/sh\n[ $1 = gate-probe ] && echo {said}\n")
    program.chmod(0o755)
    return exec_gate.available(str(program))


def test_a_weaker_gate_is_said_to_be_weaker_with_what_it_misses(tmp_path: Path) -> None:
    said = "\n".join(exec_gate_lines(probe(tmp_path, "none the kernel has no user notification")))

    assert said.startswith("exec gate     PORTABLE, which is weaker: the kernel has no user notification\n")
    assert 5 == said.count("misses")


def test_a_strong_gate_is_said_with_what_it_takes_away(tmp_path: Path) -> None:
    first, second = exec_gate_lines(probe(tmp_path, "strong"))

    assert "strong" in first
    assert "setuid" in second


def test_no_gate_is_said_loudly() -> None:
    assert "NONE" in exec_gate_lines(exec_gate.available(""))[0]


def test_the_doctor_says_which_gate_there_is(gate: Gate) -> None:
    lines = gate.run("doctor").stdout
    found = json.loads(gate.run("doctor", "--json").stdout)["exec_gate"]

    assert "exec gate " in lines
    assert found["mode"] in {"strong", "portable", "none"}


# -- the names --------------------------------------------------------------------------------------


FAMILIES = {
    name: file.stem for file in TABLES.glob("*.toml") for name in getattr(vars(programs).get(file.stem), "PROGRAMS", {})
}


def test_every_program_that_is_heavy_by_itself_is_watched() -> None:
    """The tables of the classifier's tests name, for each program, what it may do."""
    passed, seen = set(f"{RUN_OTHERS} {ORDINARY}".split()), watched()
    heavy: set[str] = set()
    for file in sorted(TABLES.glob("*.toml")):
        for row in tomllib.loads(file.read_text()).get("example", ()):
            name = row["command"].strip().partition(" ")[0].rpartition("/")[2]
            if not set(ENOUGH.split()).isdisjoint(row.get("workloads", ())) and name in FAMILIES:
                heavy.add(name)

    assert {"arch", "dep", "net", "pgrep", "sc"} == {n for n in heavy - seen if FAMILIES[n] not in passed}
    assert len(heavy) > 500


@pytest.mark.parametrize(
    "name", ["ssh", "scp", "rsync", "kubectl", "helm", "systemctl", "terraform", "docker", "psql", "sudo", "headgate"]
)
def test_what_reaches_other_machines_is_watched(name: str) -> None:
    assert name in watched()


@pytest.mark.parametrize("name", ["git", "make", "gcc", "python3", "bash", "ls", "vim", "timeout", "date", "cat"])
def test_what_every_build_starts_is_not(name: str) -> None:
    assert name not in watched()
