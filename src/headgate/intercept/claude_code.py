"""Claude Code's hook messages, read and answered (contract as shipped in 2.1.330)."""

import msgspec

from headgate.intercept.event import CallFinished, CallProposed, Event, Noticed
from headgate.model.action import Action, Caller, ShellAction, Thread, ToolAction, WriteAction
from headgate.model.errors import HeadgateError
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run

NAME = "claude-code"

MAX_COMMAND = 120 * 1024
"""Bytes of a command; a longer one is denied unread, for no job could be given it (Linux: 128 KiB an argument)."""

_SHELLS = frozenset({"Bash", "Monitor"})
_WRITERS = {"Write": "file_path", "Edit": "file_path", "MultiEdit": "file_path", "NotebookEdit": "notebook_path"}
_HEARS = frozenset({"UserPromptSubmit", "SessionStart"})
_SILENT = frozenset(
    {"SessionEnd", "SubagentStart", "SubagentStop", "Stop", "Notification", "PreCompact", "PostCompact"}
)
_ENDED = frozenset({"PostToolUse", "PostToolUseFailure"})


class _Payload(msgspec.Struct):
    """The fields of a hook message that we read; a client may send more."""

    hook_event_name: str
    session_id: str
    cwd: str = ""
    tool_name: str = ""
    tool_input: dict[str, object] | None = None
    tool_use_id: str = ""
    agent_id: str | None = None
    permission_mode: str = ""
    transcript_path: str | None = None
    duration_ms: float | None = None
    is_interrupt: bool | None = None
    tool_response: msgspec.Raw = msgspec.Raw()


class _Ran(msgspec.Struct):
    """The fields of a shell tool's response that we read."""

    interrupted: bool | None = None
    backgroundTaskId: str | None = None  # noqa: N815 the client's name
    timedOutAfterMs: float | None = None  # noqa: N815 the client's name


_DECODER = msgspec.json.Decoder(_Payload)
_RAN = msgspec.json.Decoder(_Ran)


def read(payload: bytes) -> Event:
    """Return what the message says; raises `HeadgateError` HG101 to HG103 where it says nothing we can trust."""
    try:
        message = _DECODER.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HeadgateError("HG101", f"the client's message is not valid ({error})", _VERSIONS) from None
    if not message.session_id:
        raise HeadgateError("HG101", "the client's message names no session", _VERSIONS)
    event = message.hook_event_name
    if event == "PreToolUse":
        return _proposed(message)
    if event in _ENDED:
        seconds = None if message.duration_ms is None else message.duration_ms / 1000
        return CallFinished(_caller(message), event, event == "PostToolUseFailure", seconds, _cut(message))
    if event in _HEARS or event in _SILENT:
        return Noticed(message.session_id, event, event in _HEARS)
    raise HeadgateError("HG103", f"the event `{event[:80]}` is not known", _VERSIONS)


def _cut(message: _Payload) -> bool:
    """Whether the call was interrupted, or left running, before it had run to its end or its time-out."""
    if message.is_interrupt:
        return True
    try:
        ran = _RAN.decode(message.tool_response)
    except msgspec.DecodeError:
        return False
    return bool(ran.interrupted or (ran.backgroundTaskId and not ran.timedOutAfterMs))


_VERSIONS = "check that this version of the client is supported, then run `headgate doctor claude-code`"


def _proposed(message: _Payload) -> CallProposed:
    if not message.tool_name or message.tool_input is None or not message.tool_use_id:
        raise HeadgateError("HG101", "the client's message lacks the tool's name, input or id", _VERSIONS)
    action = tool_action(message.tool_name, message.tool_input, message.cwd)
    unasked = message.permission_mode == "bypassPermissions"
    return CallProposed(
        action, _caller(message), message.tool_name, message.tool_input, unasked, message.transcript_path or ""
    )


def _caller(message: _Payload) -> Caller:
    """Place the caller: no `agent_id` is the main thread, and so is an empty one (integrations reference, 1.3)."""
    thread = Thread.SUBAGENT if message.agent_id else Thread.MAIN
    return Caller(NAME, message.session_id, thread, message.tool_use_id, message.agent_id or "")


def tool_action(name: str, given: dict[str, object], cwd: str) -> Action:
    """Return what the tool *name* with the input *given* asks for; raises `HeadgateError` HG101 or HG102."""
    command = given.get("command")
    if name in _SHELLS and (name == "Bash" or command is not None):
        if not isinstance(command, str):
            raise HeadgateError("HG101", f"`{name}` without a command", _VERSIONS)
        length = len(command.encode("utf-8", "surrogatepass"))
        if length > MAX_COMMAND:
            raise HeadgateError("HG102", f"the command has {length} bytes", "put it in a script file, or split it")
        detached = name == "Monitor" or given.get("run_in_background") is True
        return ShellAction(command, cwd, detached, _seconds(given.get("timeout")))
    if name in _WRITERS and isinstance(given.get(_WRITERS[name]), str):
        return WriteAction(str(given[_WRITERS[name]]), cwd)
    return ToolAction(name, given, cwd)


def _seconds(milliseconds: object) -> float | None:
    return milliseconds / 1000 if isinstance(milliseconds, int | float) and milliseconds > 0 else None


# -- answers --------------------------------------------------------------------------------------


def answer(outcome: Outcome, asked: CallProposed, attach: str, news: str) -> bytes:
    """Return the hook's answer; *attach* is the command that redeems a ticket, *news* is for the main thread.

    An allowed call gets no `permissionDecision`, so the client's own prompts stay in force.
    """
    match outcome:
        case Run(note=note):
            return _encode(_run(outcome, asked), "\n".join(filter(None, (note, news))), said=note)
        case Rewrite(note=note):
            fields = {"permissionDecision": "allow", "permissionDecisionReason": note}
            return _encode(fields | _redeemed(outcome, asked, attach), "\n".join(filter(None, (note, news))))
        case Ask(question, then):
            fields = {"permissionDecision": "ask", "permissionDecisionReason": question}
            rest = _redeemed(then, asked, attach) if isinstance(then, Rewrite) else _within(then, asked)
            return _encode(fields | rest, news)
        case Refuse(words):
            return refusal(words, news)


def refusal(words: str, news: str = "") -> bytes:
    """Return the answer that blocks a call."""
    return _encode({"permissionDecision": "deny", "permissionDecisionReason": words}, news)


def notice(event: str, news: str) -> bytes:
    """Return the answer to *event* that tells the main thread *news*."""
    return _encode({}, news, event) if news else b""


def denies(answer: bytes) -> bool:
    """Say whether *answer* blocks the call: its hook has to exit with status 2, and with 0 for any other."""
    return b'"permissionDecision":"deny"' in answer[:200]


def _run(run: Run, asked: CallProposed) -> dict[str, object]:
    """Return the input of an allowed call; one that is wrapped ends by itself, well before the client's own time-out.

    A wrapped command is not what the client's own allow rules match, so it comes with leave: the caller has seen to it
    that the client would not have asked.
    """
    if not run.wrapped or run.budget is None:
        return _within(run, asked)
    given = asked.input | {"command": run.wrapped, "timeout": round((run.budget + WRAPPED_LONGER) * 1000)}
    return {"permissionDecision": "allow", "permissionDecisionReason": "allowed", "updatedInput": given}


WRAPPED_LONGER = 30.0
"""Seconds that the client waits for a wrapped command beyond its budget: for the hand-over itself."""


def _within(run: Run, asked: CallProposed) -> dict[str, object]:
    """Return the input with the client's own time-out at the budget, where the tool has one."""
    if run.budget is None or asked.tool != "Bash" or not isinstance(asked.action, ShellAction):
        return {}
    wanted = asked.action.budget
    limit = run.budget if wanted is None else min(run.budget, wanted)
    limit += WRAPPED_LONGER if run.by_shell else 0.0
    return {"updatedInput": asked.input | {"timeout": round(limit * 1000)}}


def _redeemed(rewrite: Rewrite, asked: CallProposed, attach: str) -> dict[str, object]:
    command = attach.replace("TICKET", rewrite.ticket.id)
    given = {key: value for key, value in asked.input.items() if key not in {"run_in_background", "timeout"}}
    if asked.tool == "Monitor":
        return {"updatedInput": given | {"command": command, "timeout_ms": asked.input.get("timeout_ms", 30_000)}}
    return {"updatedInput": given | {"command": command, "timeout": 30_000}}


def _encode(fields: dict[str, object], news: str, event: str = "PreToolUse", said: str = "") -> bytes:
    """Return the answer with *fields*; the model hears *news*, and the client shows the user what is *said*."""
    if news:
        fields = fields | {"additionalContext": news}
    if not fields:
        return b""
    answer: dict[str, object] = {"hookSpecificOutput": {"hookEventName": event} | fields}
    return msgspec.json.encode(answer | ({"systemMessage": said} if said else {}))
