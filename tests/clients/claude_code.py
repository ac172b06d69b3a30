"""Finding the real Claude Code client and running it once, offline, in a throw-away home."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
SKIP_PERMISSIONS = "--dangerously-skip-permissions"


@dataclass(frozen=True)
class CompletedRun:
    """How one run of the client ended, and the result object it printed."""

    returncode: int
    stdout: str
    stderr: str
    json: Mapping[str, Any]


def find_claude() -> Path | None:
    """Return the client's program: the one named in HEADGATE_TEST_CLAUDE, the repository's own, or that on PATH."""
    named = os.environ.get("HEADGATE_TEST_CLAUDE")
    own = REPO / ".clients" / "node_modules" / ".bin" / "claude"
    for candidate in (named, str(own), "claude"):
        found = shutil.which(candidate) if candidate else None
        if found:
            return Path(found)
    return None


def make_repository(path: Path, settings: Mapping[str, Any]) -> Path:
    """Make an empty git repository whose project settings for the client are `settings`, and return it."""
    (path / ".claude").mkdir(parents=True)
    (path / ".claude" / "settings.json").write_text(json.dumps(settings, indent=2), encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(path)], check=True, stdin=subprocess.DEVNULL)
    return path


def trust(home: Path, repository: Path) -> None:
    """Make the client trust a repository, without which it ignores the `permissions.allow` of its project settings."""
    projects = {str(repository): {"hasTrustDialogAccepted": True}}
    home.mkdir(parents=True, exist_ok=True)
    (home / ".claude.json").write_text(json.dumps({"projects": projects}), encoding="utf-8")


def run_claude(  # noqa: PLR0913 - everything by keyword, one call per test
    claude_path: Path,
    prompt: str,
    *,
    cwd: Path,
    home: Path,
    model: str,
    env_extra: Mapping[str, str] | None = None,
    args_extra: Sequence[str] = (),
    timeout: float = 90,
) -> CompletedRun:
    """Run the client on one prompt against the model at URL `model`, and return how it ended.

    Permissions are the client's own unless `args_extra` says otherwise, for instance with SKIP_PERMISSIONS.
    The client sees only the environment made here. When it outlives `timeout` it is stopped with what it runs, and
    subprocess.TimeoutExpired is raised.
    """
    command = [str(claude_path), "-p", prompt, "--output-format", "json", *args_extra]
    with subprocess.Popen(
        command,
        cwd=cwd,
        env=client_environment(home, model) | dict(env_extra or {}),
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
    return CompletedRun(client.returncode, stdout, stderr, _object(stdout))


def _stop(client: subprocess.Popen[str]) -> None:
    """Stop the client: first asking, so that it stops its shells, which have sessions of their own, then for good."""
    os.killpg(client.pid, signal.SIGTERM)
    try:
        client.communicate(timeout=30)
    except subprocess.TimeoutExpired:
        os.killpg(client.pid, signal.SIGKILL)


def client_environment(home: Path, model: str) -> dict[str, str]:
    """Return the whole environment of a client that keeps to `home` and talks to nobody but `model`."""
    scratch = home / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "IS_SANDBOX": "1",
        "ANTHROPIC_BASE_URL": model,
        "ANTHROPIC_API_KEY": "sk-fake",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def _object(text: str) -> Mapping[str, Any]:
    """Return the JSON object in `text`, or an empty one when there is none."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
