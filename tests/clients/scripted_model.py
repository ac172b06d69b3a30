"""A model server on loopback that plays a script, so that a real client can be driven without a model.

It speaks the streamed Anthropic Messages API. A script gives one list of turns per thread of the client: `"main"`,
and `"sub:<mark>"` for the sub-agent whose spawn prompt contains `<mark>`. Every request is kept, so a test can ask
what the model was told:

    script = {"main": [use("Bash", {"command": "echo hi"}), say("done")]}
    with ScriptedModel(script) as model:
        run_claude(..., model=model.url)
    assert model.tool_results("main")[0].text == "hi"
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

MAIN = "main"
SUB = "sub:"
HOUSEKEEPING = "housekeeping"
OVER = "The script is over."

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Text:
    """A piece of plain text the model says."""

    text: str


@dataclass(frozen=True)
class ToolUse:
    """One tool call the model asks for."""

    name: str
    input: Json


@dataclass(frozen=True)
class Turn:
    """One answer of the model; `before` runs in the server just before the answer is sent."""

    blocks: tuple[Text | ToolUse, ...]
    before: Callable[[], object] | None = None

    def after(self, before: Callable[[], object]) -> "Turn":
        """Return this turn with `before` to be run ahead of it."""
        return replace(self, before=before)


Planned = Turn | Callable[[Sequence[Json]], Turn]
"""A turn, or a function that makes it from the messages received."""

Script = Mapping[str, Sequence[Planned]]


def say(text: str) -> Turn:
    """Return the turn that says `text`, which ends the thread's turn."""
    return Turn((Text(text),))


def use(name: str, tool_input: Json) -> Turn:
    """Return the turn that asks for one tool call."""
    return Turn((ToolUse(name, tool_input),))


def batch(*turns: Turn) -> Turn:
    """Return one turn that asks for everything the given turns ask for, as parallel calls."""
    return Turn(tuple(block for turn in turns for block in turn.blocks))


@dataclass(frozen=True)
class ToolResult:
    """What the model was told a tool call came to."""

    tool_use_id: str
    text: str
    is_error: bool


@dataclass(frozen=True)
class Request:
    """One request the client made, and the thread it belongs to."""

    thread: str
    body: Json

    @property
    def messages(self) -> Sequence[Json]:
        """The conversation sent, system messages in it included."""
        messages: Sequence[Json] = self.body.get("messages", [])
        return messages

    @property
    def tools(self) -> Mapping[str, Json]:
        """The tools offered to the model, by name."""
        return {tool["name"]: tool for tool in self.body.get("tools") or []}

    @property
    def system(self) -> str:
        """The system prompt, flattened."""
        return flatten(self.body.get("system", ""))


def flatten(content: object) -> str:
    """Return all the text in a message's content, tool results not included."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(block["text"] for block in blocks if block.get("type") == "text")


def thread_of(body: Json, marks: Sequence[str]) -> str:
    """Return the thread a request belongs to, by the mark in its first user message."""
    if not body.get("tools"):
        return HOUSEKEEPING
    prompt = next((flatten(message["content"]) for message in body["messages"] if message["role"] == "user"), "")
    return next((SUB + mark for mark in marks if mark in prompt), MAIN)


def results_in(messages: Sequence[Json]) -> Iterator[ToolResult]:
    """Yield the tool results in a conversation, in order."""
    for message in messages:
        content = message["content"]
        for block in content if isinstance(content, list) else []:
            if block.get("type") == "tool_result":
                text = flatten(block.get("content", ""))
                yield ToolResult(block["tool_use_id"], text, bool(block.get("is_error", False)))


def contexts_in(messages: Sequence[Json]) -> Iterator[str]:
    """Yield the texts the client itself put into a conversation: its system messages and its reminders."""
    for message in messages:
        if message["role"] == "system":
            yield flatten(message["content"])
        elif message["role"] == "user":
            yield from (text for text in _texts(message["content"]) if "<system-reminder>" in text)


def _texts(content: object) -> Iterator[str]:
    """Yield the texts of a message's content one by one, those inside tool results included."""
    if isinstance(content, str):
        yield content
        return
    for block in content if isinstance(content, list) else []:
        if block.get("type") == "text":
            yield block["text"]
        elif block.get("type") == "tool_result":
            yield from _texts(block.get("content", ""))


@dataclass
class _Thread:
    """How far one thread of the script has been played."""

    turns: Sequence[Planned]
    played: int = 0
    calls: int = 0


@dataclass
class _Record:
    """What has happened so far, guarded by `changed`."""

    requests: list[Request] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)
    overruns: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)


class ScriptedModel:
    """Serve a script to a client while the context is open, and keep what the client sent."""

    def __init__(self, script: Script) -> None:
        self._threads = {name: _Thread(turns) for name, turns in script.items()}
        self._marks = [name.removeprefix(SUB) for name in script if name.startswith(SUB)]
        self._record = _Record()
        self._server = _Server(self)
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._serving.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop serving, and raise the first fault of a scripted callable unless the block itself failed."""
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()
        if error is None and self._record.faults:
            raise self._record.faults[0]

    @property
    def url(self) -> str:
        """The base URL to give the client."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def overruns(self) -> Sequence[str]:
        """The threads that asked for a turn after their script was over, once per such request."""
        return tuple(self._record.overruns)

    def requests(self, thread: str = MAIN) -> Sequence[Request]:
        """Return the requests of a thread so far, in order."""
        with self._record.changed:
            return tuple(request for request in self._record.requests if request.thread == thread)

    def tool_results(self, thread: str = MAIN) -> Sequence[ToolResult]:
        """Return each tool result a thread's model was given, once, in the order it first saw them."""
        seen: dict[str, ToolResult] = {}
        for request in self.requests(thread):
            for result in results_in(request.messages):
                seen.setdefault(result.tool_use_id, result)
        return tuple(seen.values())

    def contexts(self, thread: str = MAIN) -> Sequence[str]:
        """Return each distinct text the client itself added for a thread's model, in the order it first came."""
        return tuple(dict.fromkeys(text for r in self.requests(thread) for text in contexts_in(r.messages)))

    def wait_for(self, thread: str, count: int, timeout: float = 90) -> Sequence[Request]:
        """Wait until a thread has made `count` requests and return them, or raise TimeoutError."""
        with self._record.changed:
            if not self._record.changed.wait_for(lambda: len(self.requests(thread)) >= count, timeout):
                raise TimeoutError(f"{thread} made {len(self.requests(thread))} of {count} requests in {timeout} s")
            return self.requests(thread)

    def answer(self, body: Json) -> bytes:
        """Record a request and return the event stream that answers it."""
        request = Request(thread_of(body, self._marks), body)
        planned = self._next(request)
        turn = self._made(planned, request)
        return _stream(turn.blocks, str(body.get("model", "")), self._ids(request.thread))

    def _next(self, request: Request) -> Planned:
        """Record a request and return the turn it is to be answered with."""
        with self._record.changed:
            self._record.requests.append(request)
            self._record.changed.notify_all()
            if request.thread == HOUSEKEEPING:
                return say("ok")
            thread = self._threads.setdefault(request.thread, _Thread(()))
            if thread.played == len(thread.turns):
                self._record.overruns.append(request.thread)
                return say(OVER)
            thread.played += 1
            return thread.turns[thread.played - 1]

    def _made(self, planned: Planned, request: Request) -> Turn:
        """Return the turn itself once its `before` has run; a fault in the script ends the thread's turn."""
        try:
            turn = planned if isinstance(planned, Turn) else planned(request.messages)
            if turn.before is not None:
                turn.before()
        except Exception as fault:  # noqa: BLE001 - kept, and raised when the context closes
            self._record.faults.append(fault)
            return say(f"The script failed: {fault!r}")
        return turn

    def _ids(self, name: str) -> Iterator[str]:
        """Yield the ids of a thread's tool calls, the same on every run: `toolu_main_01` and so on."""
        stem = "".join(char if char.isalnum() else "_" for char in name)
        while True:
            with self._record.changed:
                thread = self._threads[name]
                thread.calls += 1
                count = thread.calls
            yield f"toolu_{stem}_{count:02}"


class _Server(ThreadingHTTPServer):
    """The listening side of a scripted model."""

    def __init__(self, model: ScriptedModel) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a client hangs up, which it does when it is stopped."""


class _Handler(BaseHTTPRequestHandler):
    """One connection of the client; each serves one request."""

    server: _Server
    timeout = 120

    def do_POST(self) -> None:
        """Answer a Messages request with the next turn, a token count with a number, and the rest with nothing."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        if path == "/v1/messages":
            self._send("text/event-stream", self.server.model.answer(json.loads(body)))
        elif path == "/v1/messages/count_tokens":
            self._send("application/json", b'{"input_tokens": 1}')
        else:
            self._send("application/json", b"{}")

    def do_GET(self) -> None:
        """Answer anything with nothing."""
        self._send("application/json", b"{}")

    def do_HEAD(self) -> None:
        """Answer the client's reachability probe."""
        self._send("application/json", b"")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Keep the test output clean."""

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _stream(blocks: Sequence[Text | ToolUse], model: str, ids: Iterator[str]) -> bytes:
    """Return the whole event stream of one assistant message."""
    wants_tools = any(isinstance(block, ToolUse) for block in blocks)
    usage = {"input_tokens": 1, "output_tokens": 1}
    message: dict[str, Any] = {"id": "msg_scripted", "type": "message", "role": "assistant", "model": model}
    message |= {"content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    stop = {"stop_reason": "tool_use" if wants_tools else "end_turn", "stop_sequence": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}]
    for index, block in enumerate(blocks):
        events += _block_events(index, block, ids)
    events += [{"type": "message_delta", "delta": stop, "usage": usage}, {"type": "message_stop"}]
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _block_events(index: int, block: Text | ToolUse, ids: Iterator[str]) -> list[dict[str, Any]]:
    """Return the events that stream one content block."""
    if isinstance(block, Text):
        start: dict[str, Any] = {"type": "text", "text": ""}
        delta = {"type": "text_delta", "text": block.text}
    else:
        start = {"type": "tool_use", "id": next(ids), "name": block.name, "input": {}}
        delta = {"type": "input_json_delta", "partial_json": json.dumps(dict(block.input))}
    return [
        {"type": "content_block_start", "index": index, "content_block": start},
        {"type": "content_block_delta", "index": index, "delta": delta},
        {"type": "content_block_stop", "index": index},
    ]
