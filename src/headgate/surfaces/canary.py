"""Calls that must not get through, tried on a real installation: each proof is something that was run."""

import json
import os
import subprocess
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.surfaces.hooks_file import argv, decides, program, read_settings, registered

HEAVY = "ssh headgate-canary.invalid 'systemctl restart canary'"
"""Heavy by its text and harmless in fact: no host can have this name (RFC 2606)."""


class Proof(msgspec.Struct, frozen=True):
    """One claim, whether it held when it was tried, and what was seen where it did not."""

    claim: str
    holds: bool
    detail: str = ""


def proofs(client: str, file: Path, home: Home) -> Iterator[Proof]:
    """Yield the proofs that need no client: what is registered in *file* for *client*, and what it answers."""
    try:
        settings = read_settings(file)
    except HeadgateError as error:
        yield Proof(f"{file} can be read", holds=False, detail=str(error))
        return
    decide = next(filter(decides, registered(settings)), None)
    yield Proof(f"the hook is registered in {file}", decide is not None, f"run `headgate install {client}`")
    yield Proof("hooks are not switched off", *_switched_on(client, file, settings))
    if decide is None:
        return
    found = program(decide)
    yield Proof(f"{found} can be run", found.is_absolute() and os.access(found, os.X_OK), "install again")
    command = argv(decide)
    serves = any(str(home.path) in word for word in command)
    yield Proof("it serves this home", serves, f"it is registered as {command}")
    yield from _answers(command, home)


def asked_shells(found: str, wanted: str) -> Proof:
    """Return the proof that the client's shells ask the gate, by the prefix *found* in its settings."""
    claim = "the client's shells are to ask the gate what to run"
    if found and found != wanted:
        return Proof(claim, holds=False, detail=f"`{found}` runs the client's texts: take it out, and install again")
    said = _run([wanted, "eval 'echo canary' < /dev/null && pwd -P >| /dev/null"], b"") if found else (-1, "")
    return Proof(
        claim,
        said == (0, "canary\n"),
        f"it printed {said[1]!r}" if found else "run `headgate install claude-code` again",
    )


def _switched_on(client: str, file: Path, settings: dict[str, object]) -> tuple[bool, str]:
    """Return whether the client runs hooks at all, and what is set where it does not."""
    if client != "codex":
        return not settings.get("disableAllHooks"), "`disableAllHooks` is set"
    config = file.with_name("config.toml")
    try:
        features = tomllib.loads(config.read_text("utf-8")).get("features", {})
    except FileNotFoundError:
        return True, ""
    except (OSError, ValueError) as error:
        return False, f"{config} cannot be read ({error})"
    off = [name for name in ("hooks", "codex_hooks") if isinstance(features, dict) and features.get(name) is False]
    return not off, f"`{''.join(off[:1])} = false` is set in {config}"


def _answers(command: list[str], home: Home) -> Iterator[Proof]:
    """Yield what the registered program answers to canaries."""
    heavy = _call(command, HEAVY)
    yield Proof("heavy work in the main thread is delegated", "attach tk_" in heavy[1], f"it answered {heavy}")
    own = _call(command, "headgate stop")
    yield Proof("the gate cannot be stopped by the agent", own[0] == 2, f"it answered {own}")  # noqa: PLR2004 exit status
    light = _call(command, "git status")
    yield Proof("light work goes through", light[0] == 0 and '"deny"' not in light[1], f"it answered {light}")
    junk = _run(command, b"\x00not json")
    yield Proof("a broken message is denied", junk[0] == 2, f"it answered {junk}")  # noqa: PLR2004
    with tempfile.NamedTemporaryFile() as file:
        elsewhere = [word.replace(str(home.path), f"{file.name}/none") for word in command]
        lost = _run(elsewhere, b"{}")
    yield Proof("without a daemon everything is denied", lost[0] == 2, f"it answered {lost}")  # noqa: PLR2004


def _call(command: list[str], text: str) -> tuple[int, str]:
    message = {
        "hook_event_name": "PreToolUse",
        "session_id": "headgate-doctor",
        "cwd": tempfile.gettempdir(),
        "tool_name": "Bash",
        "tool_input": {"command": text},
        "tool_use_id": "canary",
    }
    return _run(command, json.dumps(message).encode())


def _run(command: list[str], message: bytes) -> tuple[int, str]:
    try:
        done = subprocess.run(command, input=message, capture_output=True, timeout=30, check=False)  # noqa: S603 as registered
    except (OSError, subprocess.TimeoutExpired) as error:
        return -1, str(error)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")
