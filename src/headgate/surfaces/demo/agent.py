"""A client and its model, without the model: each tool call goes through the real hook, and the answer is obeyed."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import msgspec

CLIENT_TIMEOUT = 120.0
"""Seconds that a client gives a call which names no time-out of its own."""


class Result(msgspec.Struct, frozen=True):
    """What the model gets back from a call: how it was *decided*, the *text*, the *seconds* it held the thread."""

    decided: str
    text: str
    seconds: float
    heard: str = ""


class Agent:
    """Acts as a client would: it asks the registered hook before each call, and runs what that allows."""

    def __init__(self, hook: Path, home: Path, project: Path, path: str) -> None:
        self.command = [str(hook), "--home", str(home), "claude-code"]
        self.project = project
        self.environment = os.environ | {"PATH": path, "HEADGATE_HOME": str(home)}
        self.calls = 0

    def bash(self, command: str, thread: str = "main") -> Result:
        """Make one Bash call from *thread*."""
        began = time.monotonic()
        self.calls += 1
        message = {
            "hook_event_name": "PreToolUse",
            "session_id": "demo",
            "cwd": str(self.project),
            "tool_name": "Bash",
            "tool_use_id": f"toolu_{self.calls}",
            "tool_input": {"command": command},
        }
        if thread != "main":
            message |= {"agent_id": thread}
        asked = self._hook("decide", message)
        result = self._obey(asked, command)
        return msgspec.structs.replace(result, seconds=time.monotonic() - began)

    def hear(self) -> str:
        """Return the news that the client would give the main thread with the user's next message."""
        message = {"hook_event_name": "UserPromptSubmit", "session_id": "demo", "cwd": str(self.project)}
        return str(self._hook("observe", message)[1].get("additionalContext", ""))

    def _hook(self, mode: str, message: Mapping[str, object]) -> tuple[int, dict[str, object]]:
        done = subprocess.run(  # noqa: S603 our own hook
            [*self.command, mode],
            input=json.dumps(message).encode(),
            capture_output=True,
            check=False,
            env=self.environment,
        )
        answer = json.loads(done.stdout) if done.stdout.startswith(b"{") else {}
        output = answer.get("hookSpecificOutput", {})
        if done.returncode not in {0, 1}:
            output = {"permissionDecision": "deny", "permissionDecisionReason": done.stderr.decode()} | output
        return done.returncode, output

    def _obey(self, asked: tuple[int, dict[str, object]], command: str) -> Result:
        output = asked[1]
        heard = str(output.get("additionalContext", ""))
        decision = str(output.get("permissionDecision", ""))
        if decision in {"deny", "ask"}:
            return Result(
                "confirm" if decision == "ask" else "deny", str(output.get("permissionDecisionReason")), 0, heard
            )
        given = output.get("updatedInput")
        changed = given if isinstance(given, dict) else {"command": command}
        text = self._run(str(changed["command"]), float(changed.get("timeout", CLIENT_TIMEOUT * 1000)) / 1000)
        return Result("delegate" if decision == "allow" else "allow", text, 0, heard)

    def _run(self, command: str, limit: float) -> str:
        """Run *command* in the client's shell; a client ends what outlives its time-out."""
        try:
            done = subprocess.run(  # noqa: S603 what the gate allowed
                ["/bin/bash", "-c", f"eval {_quoted(command)} < /dev/null"],
                cwd=self.project,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=limit,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"timed out after {limit:g} s"
        return done.stdout.decode("utf-8", "replace").rstrip()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\"'\"'") + "'"
