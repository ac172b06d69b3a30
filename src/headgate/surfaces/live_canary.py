"""The real client, driven once by a model on loopback that asks for heavy work: what comes back is the proof."""

import json
import os
import re
import subprocess
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from headgate.surfaces.canary import HEAVY, Proof

_RECEIPT = "headgate: delegated"
_PATIENCE = 90.0


PROBE = "sort /proc/self/status | grep Seccomp_filters"
"""Light, and no quick command to the gate, so that it is wrapped; it prints how many filters are on it (proc(5))."""


def live(client: str, program: Path, *, gated: bool) -> list[Proof]:
    """Drive the real client with a model that asks for heavy work, and see what the model gets back.

    Where its calls are to be *gated*, it asks for light work as well, in the mode in which the client asks a person.
    """
    commands = (HEAVY, PROBE) if gated else (HEAVY,)
    results, said = _driven(client, program, commands)
    seen, probed = (*results, "", "")[:2]
    hint = "; start `codex` and look under /hooks whether ours are trusted" if client == "codex" else ""
    detail = f"the model got {seen[:300]!r}; the client said {said!r}{hint}"
    handed = Proof("the real client hands heavy work to a worker", _RECEIPT in seen, detail)
    if not gated:
        return [handed]
    around = _filters(probed) > _filters(Path("/proc/self/status").read_text("utf-8"))
    claim = "what the real client runs has the exec gate around it, where it asks a person too"
    return [handed, Proof(claim, around, f"`{PROBE}` printed {probed[:300]!r}")]


def _filters(text: str) -> int:
    found = re.search(r"Seccomp_filters:\s*(\d+)", text)
    return int(found[1]) if found else -1


def _driven(client: str, program: Path, commands: tuple[str, ...]) -> tuple[list[str], str]:
    """Have a model ask the client for *commands*; return what the model got for each, and the end of what it said."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Responses if client == "codex" else _Messages)
    results: list[str] = []
    server.results, server.commands = results, commands  # type: ignore[attr-defined] # the handler's only way to its run
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"
    words, variables = _codex(program, address) if client == "codex" else _claude(program, address)
    try:
        said = _run(words, variables)
    finally:
        server.shutdown()
        server.server_close()
    return results, said


def _run(words: list[str], variables: Mapping[str, str]) -> str:
    """Return the end of what the client says."""
    try:
        done = subprocess.run(  # noqa: S603 the operator's own client
            words,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return (done.stdout + done.stderr)[-300:]


def _claude(program: Path, address: str) -> tuple[list[str], dict[str, str]]:
    return [str(program), "-p", "headgate canary", "--allowedTools", "Bash"], {
        "ANTHROPIC_BASE_URL": address,
        "ANTHROPIC_API_KEY": "sk-headgate-canary",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }


def _codex(program: Path, address: str) -> tuple[list[str], dict[str, str]]:
    """Return the call of the client: its own settings, but for the model; its hooks only where they are trusted."""
    provider = f'{{name="canary", base_url="{address}/v1", wire_api="responses", env_key="HEADGATE_CANARY_KEY"}}'
    settings = ['model="canary"', 'model_provider="headgate_canary"', f"model_providers.headgate_canary={provider}"]
    options = [word for setting in settings for word in ("-c", setting)]
    words = [str(program), "exec", "--skip-git-repo-check", "--sandbox", "workspace-write", *options, "headgate canary"]
    return words, {"HEADGATE_CANARY_KEY": "none"}


class _Model(BaseHTTPRequestHandler):
    """A model that asks for each of its server's commands once, then ends."""

    path_of_turns = ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer anything else the client looks for."""
        self._send(b'{"data": [], "models": []}', "application/json")

    def do_POST(self) -> None:
        """Answer one turn."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if self.path.partition("?")[0] != self.path_of_turns:
            self._send(b'{"input_tokens": 1}', "application/json")
            return
        results = self.results(body)
        if body.get("tools"):
            self.server.results[:] = results  # type: ignore[attr-defined]
        left = self.server.commands[len(results) :] if body.get("tools") else ()  # type: ignore[attr-defined]
        events = self.turn(left[0] if left else "", len(results))
        self._send(
            b"".join(b"event: %s\ndata: %s\n\n" % (str(e["type"]).encode(), json.dumps(e).encode()) for e in events),
            "text/event-stream",
        )

    def results(self, body: dict[str, object]) -> list[str]:
        """Return the texts of the tool results in a request."""
        raise NotImplementedError

    def turn(self, command: str, number: int) -> list[dict[str, object]]:
        """Return the events of one turn: *command* as the call *number*, or the end where it is empty."""
        raise NotImplementedError

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class _Messages(_Model):
    """The model of Claude Code (Messages API, streamed)."""

    path_of_turns = "/v1/messages"

    def results(self, body: dict[str, object]) -> list[str]:
        """Return the texts of the tool results in a request."""
        messages = body.get("messages")
        blocks = [
            block
            for message in (messages if isinstance(messages, list) else [])
            for block in (message["content"] if isinstance(message.get("content"), list) else [])
        ]
        return [_text(block.get("content")) for block in blocks if block.get("type") == "tool_result"]

    def turn(self, command: str, number: int) -> list[dict[str, object]]:
        """Return the events of one turn: *command* as the call *number*, or the end where it is empty."""
        block = (
            {"type": "tool_use", "id": f"toolu_canary_{number}", "name": "Bash", "input": {}}
            if command
            else {"type": "text", "text": ""}
        )
        delta = (
            {"type": "input_json_delta", "partial_json": json.dumps({"command": command, "description": "canary"})}
            if command
            else {"type": "text_delta", "text": "done"}
        )
        usage = {"input_tokens": 1, "output_tokens": 1}
        message = {
            "id": f"msg_canary_{number}",
            "type": "message",
            "role": "assistant",
            "model": "canary",
            "content": [],
        }
        return [
            {
                "type": "message_start",
                "message": message | {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage},
            },
            {"type": "content_block_start", "index": 0, "content_block": block},
            {"type": "content_block_delta", "index": 0, "delta": delta},
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use" if command else "end_turn"}, "usage": usage},
            {"type": "message_stop"},
        ]


class _Responses(_Model):
    """The model of Codex (Responses API, streamed)."""

    path_of_turns = "/v1/responses"

    def results(self, body: dict[str, object]) -> list[str]:
        """Return the texts of the tool results in a request."""
        items = body.get("input")
        found = [item for item in (items if isinstance(items, list) else []) if isinstance(item, dict)]
        return [_text(item.get("output")) for item in found if item.get("type") == "function_call_output"]

    def turn(self, command: str, number: int) -> list[dict[str, object]]:
        """Return the events of one turn: *command* as the call *number*, or the end where it is empty."""
        text = {"type": "output_text", "text": "done", "annotations": []}
        call = {"name": "exec_command", "call_id": f"call_canary_{number}", "arguments": json.dumps({"cmd": command})}
        item: dict[str, object] = (
            {"type": "function_call", "id": "fc_canary", "status": "completed", **call}
            if command
            else {"type": "message", "id": "msg_canary", "role": "assistant", "status": "completed", "content": [text]}
        )
        response: dict[str, object] = {"id": "resp_canary", "object": "response", "status": "in_progress", "output": []}
        usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
        return [
            {"type": "response.created", "response": response},
            {"type": "response.output_item.added", "output_index": 0, "item": item},
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": response | {"output": [item], "usage": usage}},
        ]


def _text(content: object) -> str:
    return content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
