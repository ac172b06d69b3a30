"""What several suites need: a home of its own, and the command line."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

HEADGATE = Path(sys.executable).parent / "headgate"
HOOK = Path(sys.executable).parent / "headgate-hook"


class Gate:
    """A gate of its own: `gate("jobs")` runs the command line on it."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *words: str, expect: int = 0, **options: object) -> str:
        done = self.run(*words, **options)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def run(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [str(HEADGATE), "--home", str(self.home), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def gate() -> Iterator[Gate]:
    """A gate with a short path (a socket's path is bounded), stopped and gone at the end."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        found = Gate(Path(folder) / "home")
        yield found
        for number in (line.split()[1] for line in found.run("jobs").stdout.splitlines() if "is running" in line):
            found.run("cancel", number)
        found.run("stop")


@pytest.fixture(autouse=True)
def _no_gate_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own gate and settings out of every test."""
    for name in [name for name in os.environ if name.startswith("HEADGATE_") and name != "HEADGATE_TEST_CLAUDE"]:
        monkeypatch.delenv(name)
