"""The gate as a user of its own, for real: users, capabilities and files in a namespace of mounts that goes away."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import HEADGATE, once

ROOT = Path(__file__).parents[2]

_TOOLS = ("unshare", "useradd", "setpriv", "script", "ps")
_ABLE = sys.platform == "linux" and os.geteuid() == 0 and all(map(shutil.which, _TOOLS))
_MOUNTS = _ABLE and not subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode

needs_root = pytest.mark.skipif(not _MOUNTS, reason="it takes root, a namespace of mounts, useradd and setpriv")

SCRIPT = Path(__file__).with_name("system_install.sh")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what each part of the script printed, by its name; it runs once for all the processes of this run."""
    python = Path("/usr/bin/python3")
    if not python.exists() or sys.version_info[:2] != _version(python):
        pytest.skip("the system's Python is another one than ours")
    words = [
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "/bin/bash",
        str(SCRIPT),
        str(ROOT),
        str(HEADGATE.parent),
    ]
    packages = next(path for path in sys.path if path.endswith("site-packages"))

    def make(folder: Path) -> None:
        (folder / "work").mkdir(exist_ok=True)
        asked = [*words, packages, str(folder / "work")]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=110, check=False)
        assert done.stdout.count("\n== ") > 10, done.stdout + done.stderr
        (folder / "told").write_text(done.stdout)

    said = (once(tmp_path_factory, "system", make) / "told").read_text()
    return {name: text for name, _, text in (part.partition("\n") for part in said.split("\n== ")[1:])}


def _version(python: Path) -> tuple[int, int]:
    words = [python, "-c", "import sys; print(*sys.version_info[:2])"]
    major, minor = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    return int(major), int(minor)


@needs_root
def test_a_job_runs_as_the_agents_user_with_her_environment(told: dict[str, str]) -> None:
    assert "uid=" in told["job"]
    assert "(alice)" in told["job"]
    assert "MARK=alices HOME=/home/alice" in told["job"]
    assert "CapPrm:\t0000000000000000" in told["job"], "a job has no right of the daemon's"
    assert "CapAmb:\t0000000000000000" in told["job"]


@needs_root
def test_a_light_call_goes_through_and_a_script_of_the_user_is_read(told: dict[str, str]) -> None:
    assert "status 0" in told["light"]
    assert '"deny"' not in told["light"]
    assert "status 2" in told["read"] or '"deny"' in told["read"], "what only she may read was read, and judged"


@needs_root
def test_another_user_reads_kills_and_changes_nothing(told: dict[str, str]) -> None:
    tried = told["tries"]
    assert 3 == tried.count("Permission denied"), tried
    assert "not permitted" in tried
    assert "LEAKED" not in tried
    assert "HG607" in told["stop"]
    assert "nothing leaked" in told["link"]


@needs_root
def test_a_job_of_hers_is_ended_by_the_daemon(told: dict[str, str]) -> None:
    assert "cancelled" in told["cancel"]
    assert "0 left" in told["cancel"]


@needs_root
def test_the_hook_trusts_the_owner_that_it_was_given_alone(told: dict[str, str]) -> None:
    assert "HG013" in told["owner"]
    assert "status 2" in told["owner"]


@needs_root
def test_root_is_a_person_and_she_needs_the_passphrase(told: dict[str, str]) -> None:
    assert "a person: it is root's" in told["root"]
    assert "perhaps a person: nothing proves it" in told["her"] or "surely no person" in told["her"]


@needs_root
def test_strangers_get_no_answer(told: dict[str, str]) -> None:
    assert told["stranger"].count("HG019") == 2


@needs_root
def test_the_doctor_finds_no_open_route(told: dict[str, str]) -> None:
    found = {item["route"]: item["verdict"] for item in json.loads(told["doctor"])["routes"]}
    assert "open" not in found.values(), found
    for route in ("the database and the gate's key", "the policy and the operator's settings", "the person's key"):
        assert found[route] == "stopped"
    assert found["the daemon's process: to end it, to trace it, to read its memory"] == "stopped"


@needs_root
def test_it_is_said_before_and_undone_after(told: dict[str, str]) -> None:
    assert "would write" in told["dry"]
    assert "nothing there" in told["dry"]
    assert "restored" in told["uninstall"]


@pytest.mark.parametrize("user", ["", "root", "nobody-of-this-name"])
def test_a_user_who_cannot_be_kept_apart_is_refused(user: str) -> None:
    words = [HEADGATE, "install", "--system", *(["--user", user] if user else []), "--dry-run"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "HG632" in done.stderr or "HG631" in done.stderr


@needs_root
def test_programs_that_the_user_may_change_are_refused() -> None:
    done = subprocess.run(
        [HEADGATE, "install", "--system", "--user", "nobody", "--dry-run"], capture_output=True, text=True, check=False
    )
    home = HEADGATE.resolve().parents[2]
    if done.returncode == 0:
        pytest.skip(f"{home} is one that everybody reads and nobody changes")
    assert "HG633" in done.stderr
