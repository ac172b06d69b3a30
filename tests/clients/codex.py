"""Finding the real Codex client and running it once, offline, in a throw-away home."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from claude_code import REPO, _stop

NAMED = os.environ.get("HEADGATE_TEST_CODEX")  # read here: tests run without the variables of the developer's gate
UNASKED = "--dangerously-bypass-approvals-and-sandbox"
SANDBOXED = ("--sandbox", "read-only")
TRUST_HOOKS = "--dangerously-bypass-hook-trust"


@dataclass(frozen=True)
class CompletedRun:
    """How one run of the client ended."""

    returncode: int
    stdout: str
    stderr: str


def find_codex() -> Path | None:
    """Return the client's program: the one named in HEADGATE_TEST_CODEX, the repository's own, or that on PATH."""
    own = REPO / ".clients" / "node_modules" / ".bin" / "codex"
    for candidate in (NAMED, str(own), "codex"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return Path(found)
    return None


def make_home(path: Path, *, model: str) -> Path:
    """Make a folder of the client's own (CODEX_HOME) whose model is at URL `model`, and return it."""
    path.mkdir(parents=True, exist_ok=True)
    settings = [
        'model = "scripted"',
        'model_provider = "scripted"',
        "[model_providers.scripted]",
        'name = "scripted"',
        f'base_url = "{model}/v1"',
        'wire_api = "responses"',
        'env_key = "SCRIPTED_KEY"',
        "",
    ]
    (path / "config.toml").write_text("\n".join(settings), encoding="utf-8")
    return path


def client_environment(home: Path) -> dict[str, str]:
    """Return the whole environment of a client that keeps to `home`."""
    scratch = home / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    own = {"HOME": str(home), "CODEX_HOME": str(home), "TMPDIR": str(scratch), "SCRIPTED_KEY": "none"}
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"} | own


def run_codex(  # noqa: PLR0913 - everything by keyword, one call per test
    codex_path: Path,
    prompt: str,
    *,
    cwd: Path,
    home: Path,
    env_extra: Mapping[str, str] | None = None,
    args_extra: Sequence[str] = (UNASKED, TRUST_HOOKS),
    timeout: float = 90,
) -> CompletedRun:
    """Run the client on one prompt in the home that `make_home` made, and return how it ended.

    When it outlives `timeout` it is stopped with what it runs, and subprocess.TimeoutExpired is raised.
    """
    with subprocess.Popen(
        [str(codex_path), "exec", "--skip-git-repo-check", *args_extra, prompt],
        cwd=cwd,
        env=client_environment(home) | dict(env_extra or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as client:
        try:
            stdout, stderr = client.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            _stop(client)
            raise
    return CompletedRun(client.returncode, stdout, stderr)


def trust_hooks(codex_path: Path, home: Path, cwd: Path) -> list[str]:
    """Trust every hook that the client sees, as a person does under /hooks, and return their commands."""
    hooks = _hooks(codex_path, home, cwd)
    with (home / "config.toml").open("a", encoding="utf-8") as settings:
        for hook in hooks:
            settings.write(
                f"[hooks.state.{json.dumps(hook['key'])}]\ntrusted_hash = {json.dumps(hook['currentHash'])}\n"
            )
    assert {"trusted"} == {hook["trustStatus"] for hook in _hooks(codex_path, home, cwd)}
    return [hook["command"] for hook in hooks]


def _hooks(codex_path: Path, home: Path, cwd: Path) -> list[dict[str, str]]:
    """Return the hooks that the client sees, as its app server lists them."""
    requests = [
        {"id": 1, "method": "initialize", "params": {"clientInfo": {"name": "t", "title": "t", "version": "1"}}},
        {"method": "initialized"},
        {"id": 2, "method": "hooks/list", "params": {"cwds": [str(cwd)]}},
    ]
    with subprocess.Popen(
        [str(codex_path), "app-server"],
        cwd=cwd,
        env=client_environment(home),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write("".join(json.dumps(request) + "\n" for request in requests))
        server.stdin.flush()
        answer = next(found for line in server.stdout if (found := json.loads(line)).get("id") == 2)
        server.stdin.close()
        server.wait(60)
    return [hook for entry in answer["result"]["data"] for hook in entry["hooks"]]
