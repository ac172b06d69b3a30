"""The real Claude Code, with the exec gate around its allowed calls: what these start by themselves is decided."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from claude_code import SKIP_PERMISSIONS, make_repository, run_claude
from scripted_model import ScriptedModel, say
from test_claude_code import bash, claude

from conftest import HEADGATE, HOOK, Gate

pytestmark = [pytest.mark.client, pytest.mark.timeout(400)]

__all__ = ["claude"]

SOURCE = """\
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void)
{
    int status;
    printf("tests begin\\n");
    fflush(stdout);
    if (fork() == 0) {
        execl(PROGRAM, "ssh", "web1", "systemctl restart app", (char *)NULL);
        _exit(9);
    }
    wait(&status);
    printf("tests go on with %d\\n", WEXITSTATUS(status));
    return 0;
}
"""

STAND_IN = """\
#!/bin/sh
grep Seccomp_filters /proc/self/status >>"{mark}"
echo restarted
"""


def made(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Return a project whose tests restart a server, a user's home, and where the server's stand-in leaves its mark."""
    project, user, mark = make_repository(tmp_path / "project", {}), tmp_path / "user", tmp_path / "mark"
    (project / "Makefile").write_text("check:\n\t@./suite\n\t@echo after the suite\n")
    (tmp_path / "suite.c").write_text(SOURCE)
    subprocess.run(["cc", f'-DPROGRAM="{tmp_path}/bin/ssh"', "-o", project / "suite", tmp_path / "suite.c"], check=True)
    for folder in (user, tmp_path / "bin"):
        folder.mkdir()
    (tmp_path / "bin" / "ssh").write_text(STAND_IN.format(mark=mark))
    (tmp_path / "bin" / "ssh").chmod(0o755)
    return project, user, mark


@pytest.mark.parametrize("hooks", [True, False], ids=["with hooks", "without"])
def test_a_client_under_guard_has_its_heavy_starts_done_by_workers(
    claude: Path, gate: Gate, tmp_path: Path, *, hooks: bool
) -> None:
    project, user, mark = made(tmp_path)
    if hooks:
        gate("install", "claude-code", "--scope", "project", "--client-program", str(claude), cwd=project)
    guarded = tmp_path / "bin" / "claude"
    guarded.write_text(f'#!/bin/sh\nexec {HEADGATE} --home {gate.home} guard -- {claude} "$@"\n')
    guarded.chmod(0o755)
    path = f"{HOOK.parent}:{tmp_path / 'bin'}:/usr/bin:/bin:{claude.parent}:{sys.exec_prefix}/bin"

    with ScriptedModel({"main": [bash("make check"), say("done")]}) as model:
        run_claude(
            guarded,
            "go on",
            cwd=project,
            home=user,
            model=model.url,
            env_extra={"PATH": path, "SHELL": "/bin/bash"},
            args_extra=[SKIP_PERMISSIONS],
            timeout=180,
        )
        (first,) = (result.text for result in model.tool_results("main"))
    gate.until(1, "succeeded")

    assert "restarted\ntests go on with 0\nafter the suite" in first
    assert mark.read_text() == "Seccomp_filters:\t0\n"


def test_a_test_program_that_restarts_a_server_does_not_do_it_in_the_main_thread(
    claude: Path, gate: Gate, tmp_path: Path
) -> None:
    project, user, mark = made(tmp_path)
    gate("install", "claude-code", "--scope", "project", "--client-program", str(claude), cwd=project)
    path = f"{HOOK.parent}:{tmp_path / 'bin'}:/usr/bin:/bin:{claude.parent}:{sys.exec_prefix}/bin"

    with ScriptedModel({"main": [bash("make check"), bash("echo next"), say("done")]}) as model:
        run_claude(
            claude,
            "go on",
            cwd=project,
            home=user,
            model=model.url,
            env_extra={"PATH": path, "SHELL": "/bin/bash"},
            args_extra=[SKIP_PERMISSIONS],
            timeout=180,
        )
        first, second = (result.text for result in model.tool_results("main"))
    gate.until(1, "succeeded")

    assert "tests begin" in first
    assert "as job 1" in first
    assert "the rest of the call was ended" in first
    assert "tests go on" not in first
    assert "after the suite" not in first
    assert "next" in second
    assert mark.read_text() == "Seccomp_filters:\t0\n"
    assert [event["moved"] for event in gate.events("call-stopped")] == [False]
    deadline = time.monotonic() + 60
    while "make check" not in str(gate.events("programs-started")):  # its supervisor tells when all of it has ended
        assert time.monotonic() < deadline
        time.sleep(0.1)
