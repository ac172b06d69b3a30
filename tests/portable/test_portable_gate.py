"""Portable mode with the real daemon: the same decisions, the same journal, the same workers."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from conftest import HEADGATE, Gate

SSH = """\
#!/bin/sh
echo "real ${0##*/} $* ${HEADGATE_CALL-no call} ${BASH_ENV-no file}"
cat
exit 43
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A PATH with programs that tell that they ran, and what they saw."""
    real = tmp_path / "real"
    real.mkdir()
    for name in ("ssh", "systemctl", "kubectl"):
        (real / name).write_text(SSH)
        (real / name).chmod(0o755)
    return {**os.environ, "PATH": f"{real}:{HEADGATE.parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}


def guarded(gate: Gate, environment: dict[str, str], text: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    return gate.run(
        "guard",
        "--portable",
        "--",
        shell,
        "-c",
        text,
        env=environment,
        cwd=environment["HOME"],
        stdin=subprocess.DEVNULL,
    )


def test_what_is_light_runs_here(gate: Gate, environment: dict[str, str]) -> None:
    done = guarded(gate, environment, "ssh -V")

    assert 43 == done.returncode, done
    assert f"real ssh -V {gate.home}/runs/" in done.stdout
    assert "weaker" in done.stderr


def test_what_is_heavy_is_done_by_a_worker_with_its_streams_and_its_status(
    gate: Gate, environment: dict[str, str]
) -> None:
    done = guarded(gate, environment, "echo fed | systemctl restart web; echo status $?")

    assert "real systemctl restart web no call no file\nfed\nstatus 43\n" == done.stdout, done
    assert ["systemctl restart web"] == [event["command"] for event in gate.events("decided")][-1:]
    assert "exit status 43" in gate("jobs")


def test_a_whole_path_in_a_script_of_bash_is_a_workers_too(gate: Gate, environment: dict[str, str]) -> None:
    path = environment["PATH"].partition(":")[0]
    done = guarded(gate, environment, f"{path}/systemctl restart web", "bash")

    assert (43, "real systemctl restart web no call no file\n") == (done.returncode, done.stdout), done


def test_what_touches_the_gate_is_denied(gate: Gate, environment: dict[str, str]) -> None:
    done = guarded(gate, environment, f"headgate --home {gate.home} stop; echo status $?")

    assert "status 77\n" == done.stdout, done
    assert "headgate denied this" in done.stderr
    gate("status")


def test_what_destroys_waits_for_a_person(gate: Gate, environment: dict[str, str]) -> None:
    words = [str(gate.program), "--home", str(gate.home), "guard", "--portable", "--", "ssh", "web1", "rm -rf /data"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while "question" not in gate.run("approvals").stdout and time.monotonic() < deadline:
            time.sleep(0.05)
        waited = process.poll() is None
        process.kill()
        assert process.stdout is not None
        out = process.stdout.read()

    assert (True, b"") == (waited, out)


SAID = ("real systemctl restart web no call", "status 43", "headgate: delegated.", "status 75", "the call was ended.")
ENDS = {
    "relay": (0, SAID[:2]),
    "receipt": (0, SAID[2:4]),
    "end": (143, (SAID[2], SAID[4])),
    "move": (143, (SAID[2], SAID[4])),
}
"""What becomes of an allowed call that starts heavy work, by the policy's `at_start`: its status, and what is said."""


@pytest.fixture(params=ENDS)
def settled(
    request: pytest.FixtureRequest, gate: Gate, environment: dict[str, str], tmp_path: Path
) -> tuple[Gate, str]:
    """A gate whose organisation wants portable mode, and one of the ways to go on."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("only root, where namespaces are allowed, can give a gate another /etc")
    etc = tmp_path / "etc"
    shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("ssl", "alternatives"))
    (etc / "headgate").mkdir(exist_ok=True)
    settings = f'[settings]\nexec_gate = "portable"\nat_start = "{request.param}"\n'
    (etc / "headgate" / "policy.toml").write_text(f'schema = 1\nprofile = "balanced"\n{settings}')
    begin = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(etc)]
    subprocess.run(
        [*begin, str(HEADGATE), "--home", str(gate.home), "status"], env=environment, check=True, capture_output=True
    )
    return gate, request.param


def test_an_allowed_call_of_a_client_is_under_it(
    settled: tuple[Gate, str], environment: dict[str, str], tmp_path: Path
) -> None:
    gate, how = settled
    script = tmp_path / "Makefile"
    script.write_text("all:\n\t@echo light\n")
    given = gate.propose("make", cwd=str(tmp_path), permission_mode="bypassPermissions")["updatedInput"]
    script.write_text("all:\n\t@systemctl restart web; echo status $$?\n")
    assert isinstance(given, dict)
    words = ["/bin/bash", "-c", given["command"]]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)

    assert ENDS[how] == (done.returncode, tuple(text for text in SAID if text in done.stdout)), done
