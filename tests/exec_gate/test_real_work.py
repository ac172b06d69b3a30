"""Real work is untouched: what is done under the gate gives the same files, the same output and the same status."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_work import Ground, Work, works

from conftest import Gate
from sshd import needed, sshd

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

    assert plain.status != "late"
    differences = plain.differences(guarded)
    assert not differences, "\n".join(differences)


OVER_SSH = """
export GIT_SSH_COMMAND="ssh -F CONFIG"
git clone -q ssh://far$PWD/far.git copy && cd copy && echo 2 >>a && git commit -q -am 2 && git push -q; echo pushed $?
cd ../other && git fetch -q && git merge -q --ff-only origin/main && cat a
"""


def test_git_reaches_another_machine_as_it_does_without_the_gate(ground: Ground, tmp_path: Path) -> None:
    needed()
    setup = (
        "git init -q --bare -b main far.git && git init -q -b main other && cd other && echo 1 >a && git add a"
        " && git commit -q -m 1 && git remote add origin ssh://far$PWD/../far.git && git push -q ../far.git main"
        " && git config branch.main.remote origin && git config branch.main.merge refs/heads/main"
    )
    with sshd(tmp_path) as there:
        run = OVER_SSH.replace("CONFIG", str(there.config_path))
        work = Work(id="git-over-ssh", run=run, setup=setup, ignore=("*index", "*/logs/*", "*FETCH_HEAD"))
        ground.prepare(work)
        plain = ground.do(work, guard=False)
        guarded = ground.do(work, guard=True)

    assert "pushed 0" in plain.said
    differences = plain.differences(guarded)
    assert not differences, "\n".join(differences)
