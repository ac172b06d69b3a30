"""Codex CLI's hook messages, read and answered (contract as embedded in 0.169.0).

The client lets a call run wherever it does not understand an answer: a denial in JSON beside exit status 2, a field too
many, `ask`, `allow` without a rewrite. So a denial is plain text, for standard error, and there is no other JSON than a
rewrite and context.
"""

import re

import msgspec

from headgate.intercept.claude_code import MAX_COMMAND
from headgate.intercept.event import CallFinished, CallProposed, Event, Noticed
from headgate.model.action import Action, Caller, ShellAction, Thread, ToolAction
from headgate.model.errors import HeadgateError
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run

NAME = "codex"

SHELL = "Bash"
"""What hooks call the client's `exec_command`; they see nothing of it but the command, and where it starts."""

_HEARS = frozenset({"UserPromptSubmit", "SessionStart"})
_SILENT = frozenset({"SessionEnd", "SubagentStart", "SubagentStop", "Stop", "PreCompact", "PostCompact", "Interrupt"})
_TOLD = _HEARS | {"PreToolUse", "PostToolUse"}
_KNOWN_AS = {
    "multi_agent_v1wait_agent": "wait_agent",
    "multi_agent_v1close_agent": "close_agent",
    "multi_agent_v1spawn_agent": "spawn_agent",
    "multi_agent_v1resume_agent": "spawn_agent",
    "multi_agent_v1send_input": "spawn_agent",
    "create_goal": "update_plan",
    "update_goal": "update_plan",
}
"""The client's own tools that run nothing, to names of the map of tools; what its agents do passes the gate as well."""

_PATCH = re.compile(r"\s*apply_patch\s*<<\s*(['\"])(\w{1,32})\1[ \t]*\n(.*)\n\2\s*", re.DOTALL)
"""A command that the client does not run: it applies the patch in it by itself, as its tool of that name does."""

_NO_PROMPT = (
    "Codex asks nobody before a call, so it does not run now: a person answers the question elsewhere. Tell the user "
    "what you wanted to do and why, and the number of the question."
)
MAX_WRAPPED = 126 * 1024
"""Bytes of a text that has a keeper in it; Linux takes 128 KiB an argument."""

_TOO_LONG = "the command is too long to have a keeper around it"
_VERSIONS = "check that this version of the client is supported, then run `headgate doctor codex`"


class _Payload(msgspec.Struct):
    """The fields of a hook message that we read; a client may send more."""

    hook_event_name: str
    session_id: str
    cwd: str = ""
    tool_name: str = ""
    tool_input: dict[str, object] | str | None = None
    tool_use_id: str = ""
    agent_id: str | None = None
    permission_mode: str = ""


_DECODER = msgspec.json.Decoder(_Payload)


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
    if event == "PostToolUse":
        return CallFinished(_caller(message), event, failed=False, seconds=None)
    if event in _HEARS or event in _SILENT:
        return Noticed(message.session_id, event, event in _HEARS and not message.agent_id)
    raise HeadgateError("HG103", f"the event `{event[:80]}` is not known", _VERSIONS)


def _proposed(message: _Payload) -> CallProposed:
    given = message.tool_input
    if isinstance(given, str):
        given = {"input": given}
    if not message.tool_name or given is None or not message.tool_use_id:
        raise HeadgateError("HG101", "the client's message lacks the tool's name, input or id", _VERSIONS)
    action, unasked = _action(message.tool_name, given, message.cwd), message.permission_mode == "bypassPermissions"
    return CallProposed(action, _caller(message), message.tool_name, given, unasked)


def _caller(message: _Payload) -> Caller:
    """Place the caller: an `agent_id` is a subagent's, whose session is that of its main thread."""
    thread = Thread.SUBAGENT if message.agent_id else Thread.MAIN
    return Caller(NAME, message.session_id, thread, message.tool_use_id, message.agent_id or "")


def _action(name: str, given: dict[str, object], cwd: str) -> Action:
    if name != SHELL:
        return ToolAction(_KNOWN_AS.get(name, name), given, cwd)
    command = given.get("command")
    if not isinstance(command, str):
        raise HeadgateError("HG101", f"`{name}` without a command", _VERSIONS)
    length = len(command.encode("utf-8", "surrogatepass"))
    if length > MAX_COMMAND:
        raise HeadgateError("HG102", f"the command has {length} bytes", "put it in a script file, or split it")
    patch = _PATCH.fullmatch(command)
    if patch and patch[2] not in patch[3].split("\n"):
        return ToolAction("apply_patch", {"command": patch[3]}, cwd)
    return ShellAction(command, cwd)


# -- answers --------------------------------------------------------------------------------------


def answer(outcome: Outcome, asked: CallProposed, attach: str, news: str) -> bytes:
    """Return the hook's answer; *attach* is the command that redeems a ticket, *news* is for the main thread.

    An allowed call that runs as it is gets none, so the client's own approvals and sandbox stay in force.
    """
    match outcome:
        case Run(note=note, wrapped=wrapped):
            text = _unless_confined(wrapped, asked, attach)
            length = len(text.encode("utf-8", "surrogatepass"))
            if length > MAX_WRAPPED:
                return refusal(str(HeadgateError("HG102", _TOO_LONG, "put it in a script file, or split it")), news)
            return _encode(_instead(text, asked), news, note)
        case Rewrite(ticket, note):
            return _encode(_instead(attach.replace("TICKET", ticket.id), asked), news, note)
        case Ask(question):
            return refusal(f"{question}\n{_NO_PROMPT}", news)
        case Refuse(words):
            return refusal(words, news)


def refusal(words: str, news: str = "") -> bytes:
    """Return the text that blocks a call where its hook prints it to standard error and exits with status 2."""
    text = "\n".join(filter(None, (words.strip(), news)))
    return (text if text and not text.startswith("{") else f"headgate: denied. {text}").encode("utf-8", "replace")


def notice(event: str, news: str) -> bytes:
    """Return the answer to *event* that tells the main thread *news*, where the client takes one."""
    return _encode({}, news, event=event) if event in _TOLD else b""


def denies(answer: bytes) -> bool:
    """Say whether *answer* blocks the call: its hook has to exit with status 2, and with 0 for any other."""
    return bool(answer) and not answer.startswith(b"{")


def _unless_confined(wrapped: str, asked: CallProposed, attach: str) -> str:
    """Return what runs *wrapped* where the gate's folder can be written; in the client's sandbox, the call as it is.

    The client takes the user's shell, or one that the model names: one that is neither bash nor zsh becomes bash.
    """
    if not wrapped:
        return ""
    home = attach.partition(" --home ")[2]
    return (
        f"__hgw={_quoted(wrapped)}\n"
        f"if ! [ -w {home} ]; then eval {_quoted(str(asked.input.get('command', '')))}\n"
        'elif [ -n "${BASH_VERSION-}${ZSH_VERSION-}" ]; then eval "$__hgw"\n'
        'else exec bash -c "$__hgw"; fi'
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _instead(command: str, asked: CallProposed) -> dict[str, object]:
    """Return what makes the client run *command* in place of the call."""
    return {"permissionDecision": "allow", "updatedInput": asked.input | {"command": command}} if command else {}


def _encode(fields: dict[str, object], news: str, note: str = "", event: str = "PreToolUse") -> bytes:
    """Return the answer with *fields*; the model hears *note* and *news*, the user is shown the *note*."""
    if context := "\n".join(filter(None, (note, news))):
        fields = fields | {"additionalContext": context}
    if not fields:
        return b""
    whole: dict[str, object] = {"hookSpecificOutput": {"hookEventName": event} | fields}
    return msgspec.json.encode(whole | ({"systemMessage": note} if note else {}))
