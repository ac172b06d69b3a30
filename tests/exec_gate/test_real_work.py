"""Real work is untouched: what is done under the gate gives the same files, the same output and the same status."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_work import Ground, Work, works

from conftest import Gate

WHOLE = os.environ.get("HEADGATE_TEST_REAL_WORK") == "all"
"""Whether the works that take long are done as well."""


@pytest.fixture(scope="module")
def ground() -> Iterator[Ground]:
    """A ground with one daemon for all works."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        gate = Gate(Path(folder) / "home")
        gate("status")
        yield Ground(Path(folder) / "w", gate.home)
        gate.end()


@pytest.mark.parametrize("work", [pytest.param(work, id=work.id) for work in works()])
def test_real_work_is_untouched(work: Work, ground: Ground) -> None:
    if work.missing:
        pytest.skip(f"no {', '.join(work.missing)} on this machine")
    if work.heavy and not WHOLE:
        pytest.skip("takes long: HEADGATE_TEST_REAL_WORK=all does it")
    ground.prepare(work)

    plain = ground.do(work, guard=False)
    guarded = ground.do(work, guard=True)

    differences = plain.differences(guarded)
    assert not differences, "\n".join(differences)
