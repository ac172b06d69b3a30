"""Calls that must not get through, tried on a real installation: each proof is something that was run."""

import json
import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.surfaces.claude_settings import read_settings, registered

HEAVY = "ssh headgate-canary.invalid 'systemctl restart canary'"
"""Heavy by its text and harmless in fact: no host can have this name (RFC 2606)."""

_RECEIPT = "headgate: delegated"
_PATIENCE = 90.0


class Proof(msgspec.Struct, frozen=True):
    """One claim, whether it held when it was tried, and what was seen where it did not."""

    claim: str
    holds: bool
    detail: str = ""


def proofs(file: Path, home: Home) -> Iterator[Proof]:
    """Yield the proofs that need no client: what is registered in *file*, and what it answers."""
    try:
        settings = read_settings(file)
    except HeadgateError as error:
        yield Proof(f"{file} can be read", holds=False, detail=str(error))
        return
    handlers = registered(settings)
    decide = handlers[0] if handlers and "decide" in str(handlers[0].get("args")) else None
    yield Proof(f"the hook is registered in {file}", decide is not None, "run `headgate install claude-code`")
    yield Proof("hooks are not switched off", not settings.get("disableAllHooks"), "`disableAllHooks` is set")
    if decide is None:
        return
    command = [str(decide.get("command")), *map(str, decide.get("args", []))]  # type: ignore[call-overload]
    program = Path(command[0])
    yield Proof(f"{program} can be run", program.is_absolute() and os.access(program, os.X_OK), "install again")
    yield Proof("it serves this home", str(home.path) in command, f"it is registered for {command[2:3]}")
    yield from _answers(command)


def _answers(command: list[str]) -> Iterator[Proof]:
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
        lost = _run([command[0], "--home", f"{file.name}/none", *command[3:]], b"{}")
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


# -- the real client ------------------------------------------------------------------------------


def live(program: Path) -> Proof:
    """Drive the real client with a model that asks for heavy work, and see what the model gets back."""
    claim = "the real client hands heavy work to a worker"
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    results: list[str] = []
    server.results = results  # type: ignore[attr-defined] # the handler's only way to its run
    threading.Thread(target=server.serve_forever, daemon=True).start()
    environment = os.environ | {
        "ANTHROPIC_BASE_URL": f"http://127.0.0.1:{server.server_address[1]}",
        "ANTHROPIC_API_KEY": "sk-headgate-canary",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    try:
        done = subprocess.run(  # noqa: S603 the operator's own client
            [str(program), "-p", "headgate canary", "--allowedTools", "Bash"],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        said = (done.stdout + done.stderr)[-300:]
    except (OSError, subprocess.TimeoutExpired) as error:
        said = str(error)
    finally:
        server.shutdown()
        server.server_close()
    seen = results[0] if results else ""
    return Proof(claim, _RECEIPT in seen, f"the model got {seen[:300]!r}; the client said {said!r}")


class _Model(BaseHTTPRequestHandler):
    """A model that asks for the canary once, then ends (Messages API, streamed)."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class names it
        """Say nothing."""

    def do_GET(self) -> None:
        """Answer anything else the client looks for."""
        self._send(b"{}", "application/json")

    def do_POST(self) -> None:
        """Answer one turn."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        if not self.path.startswith("/v1/messages") or "count_tokens" in self.path:
            self._send(b'{"input_tokens": 1}', "application/json")
            return
        results = _tool_results(body)
        if body.get("tools") and results:
            self.server.results.extend(results)  # type: ignore[attr-defined]
        asks = bool(body.get("tools")) and not results
        self._send(_stream(asks=asks), "text/event-stream")

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _tool_results(body: dict[str, object]) -> list[str]:
    """Return the texts of the tool results in a request."""
    messages = body.get("messages")
    blocks = [
        block
        for message in (messages if isinstance(messages, list) else [])
        for block in (message["content"] if isinstance(message.get("content"), list) else [])
    ]
    return [
        json.dumps(block.get("content"), ensure_ascii=False) for block in blocks if block.get("type") == "tool_result"
    ]


def _stream(*, asks: bool) -> bytes:
    """Return the events of one turn: the canary, or the end."""
    block = (
        {"type": "tool_use", "id": "toolu_canary", "name": "Bash", "input": {}}
        if asks
        else {"type": "text", "text": ""}
    )
    delta = (
        {"type": "input_json_delta", "partial_json": json.dumps({"command": HEAVY, "description": "canary"})}
        if asks
        else {"type": "text_delta", "text": "done"}
    )
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {
        "id": "msg_canary",
        "type": "message",
        "role": "assistant",
        "model": "canary",
        "content": [],
        "usage": usage,
    }
    events: list[dict[str, object]] = [
        {"type": "message_start", "message": message | {"stop_reason": None, "stop_sequence": None}},
        {"type": "content_block_start", "index": 0, "content_block": block},
        {"type": "content_block_delta", "index": 0, "delta": delta},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "tool_use" if asks else "end_turn"}, "usage": usage},
        {"type": "message_stop"},
    ]
    return b"".join(
        b"event: %s\ndata: %s\n\n" % (str(event["type"]).encode(), json.dumps(event).encode()) for event in events
    )
