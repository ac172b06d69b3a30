"""A short run of the chaos harness on each store; `make chaos MINUTES=30` is a long one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from postgres import programs

HARNESS = Path(__file__).parents[2] / "bench" / "chaos.py"
MINUTES = "0.2"
SEED = "7"


@pytest.mark.timeout(660)
@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_nothing_is_lost_and_nothing_begins_twice_whatever_is_killed(store: str) -> None:
    if store == "postgres" and programs() is None:
        assert not os.environ.get("CI"), "there is no Postgres"
        pytest.skip("there is no Postgres here")
    command = [sys.executable, HARNESS, "--minutes", MINUTES, "--store", store, "--seed", SEED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr
    assert "acknowledged" in done.stdout
