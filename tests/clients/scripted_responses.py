"""A scripted model for clients that speak the Responses API, such as Codex.

Scripts and questions are those of `scripted_model`; a tool inside of a namespace is `"NAMESPACE/NAME"`.

    script = {"main": [use("exec_command", {"cmd": "echo hi"}), say("done")]}
    with ScriptedResponses(script) as model:
        run_codex(..., model=model.url)
    assert "hi" in model.tool_results("main")[0].text
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from scripted_model import (
    HOUSEKEEPING,
    MAIN,
    SUB,
    Json,
    Request,
    Script,
    ScriptedModel,
    Text,
    ToolUse,
    _Handler,
    flatten,
)


class ScriptedResponses(ScriptedModel):
    """Serve a script over the Responses API while the context is open, and keep what the client sent."""

    def __init__(self, script: Script) -> None:
        super().__init__(script)
        self._server.RequestHandlerClass = _ResponsesHandler

    def answer(self, body: Json) -> bytes:
        """Record a request and return the event stream that answers it."""
        said = conversation(body)
        request = Request(self._thread_of(said), said)
        turn = self._made(self._next(request), request)
        ids = iter(()) if request.thread == HOUSEKEEPING else self._ids(request.thread)
        return _stream(turn.blocks, ids)

    def _thread_of(self, said: Json) -> str:
        """Return the thread a request belongs to, by the mark in any user message: the client puts its own in front."""
        if not said["tools"]:
            return HOUSEKEEPING
        texts = [flatten(message["content"]) for message in said["messages"] if message["role"] == "user"]
        return next((SUB + mark for mark in self._marks if any(mark in text for text in texts)), MAIN)


class _ResponsesHandler(_Handler):
    """One connection of the client; each serves one request."""

    def do_POST(self) -> None:  # noqa: N802 - the base class's name
        """Answer a request for a response with the next turn, and the rest with nothing."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if urlsplit(self.path).path == "/v1/responses":
            self._send("text/event-stream", self.server.model.answer(json.loads(body)))
        else:
            self._send("application/json", b"{}")

    def do_GET(self) -> None:  # noqa: N802 - the base class's name
        """Answer the question for models with none, and anything else with nothing."""
        self._send("application/json", b'{"object": "list", "data": [], "models": []}')


def conversation(body: Json) -> dict[str, Any]:
    """Return a request in the form of `scripted_model`: messages, tools by name, and the system's text."""
    tools = [tool for tool in body.get("tools") or [] if "name" in tool]
    messages = [message for item in body.get("input") or [] for message in _messages(item)]
    return {"tools": tools, "messages": messages, "system": body.get("instructions") or "", "raw": body}


def _messages(item: Json) -> Iterator[dict[str, Any]]:
    """Yield one item of the input as a message; what is neither text nor a result is left out."""
    if item.get("type") == "message":
        role = "system" if item["role"] == "developer" else item["role"]
        yield {"role": role, "content": _texts(item["content"])}
    elif item.get("type") in {"function_call_output", "custom_tool_call_output"}:
        result = {"type": "tool_result", "tool_use_id": item["call_id"], "content": _texts(item["output"])}
        yield {"role": "user", "content": [result]}


def _texts(content: object) -> list[dict[str, Any]]:
    """Return the texts of a content, which is a text itself or a list of parts."""
    parts: Sequence[Mapping[str, Any]] = content if isinstance(content, list) else [{"text": str(content)}]
    return [{"type": "text", "text": part["text"]} for part in parts if "text" in part]


def _stream(blocks: Sequence[Text | ToolUse], ids: Iterator[str]) -> bytes:
    """Return the whole event stream of one response."""
    items = [_item(number, block, ids) for number, block in enumerate(blocks)]
    response: dict[str, Any] = {"id": "resp_scripted", "object": "response", "status": "in_progress", "output": []}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": response}]
    for index, item in enumerate(items):
        events += [
            {"type": "response.output_item.added", "output_index": index, "item": item},
            {"type": "response.output_item.done", "output_index": index, "item": item},
        ]
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2} | details
    ended = response | {"status": "completed", "output": items, "usage": usage}
    events.append({"type": "response.completed", "response": ended})
    return "".join(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events).encode()


def _item(number: int, block: Text | ToolUse, ids: Iterator[str]) -> dict[str, Any]:
    """Return one block of a turn as an item of the output."""
    if isinstance(block, Text):
        part = {"type": "output_text", "text": block.text, "annotations": []}
        return {"type": "message", "id": f"msg_{number}", "role": "assistant", "status": "completed", "content": [part]}
    call_id = next(ids)
    namespace, _, name = block.name.rpartition("/")
    call = {"type": "function_call", "id": f"fc_{call_id}", "call_id": call_id, "name": name, "status": "completed"}
    inside = {"namespace": namespace} if namespace else {}
    return call | inside | {"arguments": json.dumps(dict(block.input))}
