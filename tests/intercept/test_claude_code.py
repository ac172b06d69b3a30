"""Claude Code's messages: every recorded payload reads to its event, every outcome to its exact answer."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.intercept import claude_code
from headgate.intercept.event import CallFinished, CallProposed, Event, Noticed
from headgate.model.action import Action, Caller, ShellAction, Thread, ToolAction, WriteAction
from headgate.model.errors import HeadgateError
from headgate.model.job import Ticket
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run

PAYLOADS = Path(__file__).parents[1] / "clients" / "payloads"
CWD = "/home/user/repo"
MAIN = Caller("claude-code", "s-1", Thread.MAIN, "toolu_01")
SUBAGENT = Caller("claude-code", "s-1", Thread.SUBAGENT, "toolu_01", "agent-1")


def ended(name: str, *, cut: bool = False) -> CallFinished:
    return CallFinished(MAIN, name, name == "PostToolUseFailure", 0.1, cut)


def noticed(name: str, *, hears: bool = False) -> Noticed:
    return Noticed("s-1", name, hears)


def given(name: str) -> dict[str, Any]:
    return json.loads((PAYLOADS / f"{name}.json").read_bytes())["tool_input"]  # type: ignore[no-any-return]


def mode(name: str) -> str:
    return json.loads((PAYLOADS / f"{name}.json").read_bytes())["permission_mode"]  # type: ignore[no-any-return]


TRANSCRIPT = "/home/user/.claude/projects/-home-user-repo/s-1.jsonl"


def tool(name: str, payload: str) -> ToolAction:
    return ToolAction(name, given(payload), CWD)


ACTIONS: dict[str, tuple[Caller, str, Action]] = {
    "pre-tool-use-bash": (MAIN, "Bash", ShellAction("echo hi", CWD, budget=5.0)),
    "pre-tool-use-bash-plain": (MAIN, "Bash", ShellAction("echo err >&2; echo out; exit 0", CWD)),
    "pre-tool-use-bash-default-mode": (MAIN, "Bash", ShellAction("python3 -c \"print('ORIG')\"", CWD)),
    "pre-tool-use-bash-background": (MAIN, "Bash", ShellAction("sleep 3; echo bgdone", CWD, detached=True)),
    "pre-tool-use-bash-subagent": (SUBAGENT, "Bash", ShellAction("echo sub", CWD)),
    "pre-tool-use-monitor": (
        MAIN,
        "Monitor",
        ShellAction("for i in 1 2; do echo ev$i; sleep 1; done", CWD, detached=True),
    ),
    "pre-tool-use-write": (MAIN, "Write", WriteAction("/home/user/repo/a.txt", CWD)),
    "pre-tool-use-edit": (MAIN, "Edit", WriteAction("/home/user/repo/a.txt", CWD)),
    "pre-tool-use-read": (MAIN, "Read", tool("Read", "pre-tool-use-read")),
    "pre-tool-use-agent": (MAIN, "Agent", tool("Agent", "pre-tool-use-agent")),
    "pre-tool-use-agent-background": (MAIN, "Agent", tool("Agent", "pre-tool-use-agent-background")),
    "pre-tool-use-agent-subagent": (SUBAGENT, "Agent", tool("Agent", "pre-tool-use-agent-subagent")),
    "pre-tool-use-task-stop": (MAIN, "TaskStop", tool("TaskStop", "pre-tool-use-task-stop")),
    "pre-tool-use-tool-search": (MAIN, "ToolSearch", tool("ToolSearch", "pre-tool-use-tool-search")),
}
EVENTS: dict[str, Event] = {
    **{
        name: CallProposed(action, caller, word, given(name), mode(name) == "bypassPermissions", TRANSCRIPT)
        for name, (caller, word, action) in ACTIONS.items()
    },
    **dict.fromkeys(
        (
            "post-tool-use-agent",
            "post-tool-use-agent-background",
            "post-tool-use-bash",
            "post-tool-use-bash-rewritten",
            "post-tool-use-bash-stderr",
            "post-tool-use-bash-timed-out",
            "post-tool-use-edit",
            "post-tool-use-monitor",
            "post-tool-use-read",
            "post-tool-use-write",
        ),
        ended("PostToolUse"),
    ),
    "post-tool-use-bash-background": ended("PostToolUse", cut=True),
    "post-tool-use-failure-bash": ended("PostToolUseFailure"),
    "post-tool-use-failure-bash-timed-out": ended("PostToolUseFailure"),
    "session-start": noticed("SessionStart", hears=True),
    "user-prompt-submit": noticed("UserPromptSubmit", hears=True),
    "user-prompt-submit-task-notification": noticed("UserPromptSubmit", hears=True),
    "session-end": noticed("SessionEnd"),
    "stop": noticed("Stop"),
    "stop-background-shell": noticed("Stop"),
    "stop-background-subagent": noticed("Stop"),
    "subagent-start": noticed("SubagentStart"),
    "subagent-stop": noticed("SubagentStop"),
    "subagent-stop-background": noticed("SubagentStop"),
}
UNKNOWN = {"permission-denied-bash", "permission-request-bash"}
"""Events that we do not register for."""


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_recorded_payload_reads_to_its_event(name: str) -> None:
    assert EVENTS[name] == claude_code.read((PAYLOADS / f"{name}.json").read_bytes())


def test_every_recorded_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == UNKNOWN | EVENTS.keys()


@pytest.mark.parametrize(
    ("fields", "cut"),
    [
        ({}, False),
        ({"is_interrupt": True}, True),
        ({"is_interrupt": False}, False),
        ({"tool_response": {"interrupted": True}}, True),
        ({"tool_response": {"backgroundTaskId": "b1"}}, True),
        ({"tool_response": {"backgroundTaskId": "b1", "timedOutAfterMs": 30000}}, False),
        ({"tool_response": "text"}, False),
        ({"tool_response": [1]}, False),
        ({"tool_response": {"interrupted": "words"}}, False),
        ({"tool_response": None}, False),
    ],
)
def test_a_call_that_was_ended_or_left_early_is_known(fields: dict[str, object], cut: bool) -> None:  # noqa: FBT001
    message = {"hook_event_name": "PostToolUse", "session_id": "s-1", "tool_use_id": "toolu_01", "duration_ms": 100}

    assert ended("PostToolUse", cut=cut) == claude_code.read(json.dumps(message | fields).encode())


def refused(payload: object) -> str:
    with pytest.raises(HeadgateError) as raised:
        claude_code.read(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    return raised.value.code


def proposed(**fields: object) -> dict[str, object]:
    return {
        "hook_event_name": "PreToolUse",
        "session_id": "s",
        "tool_name": "Bash",
        "tool_use_id": "t",
        "tool_input": {"command": "ls"},
    } | fields


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "HG101"),
        (b"{", "HG101"),
        (b"[]", "HG101"),
        (b"null", "HG101"),
        (b"\xff\xfe", "HG101"),
        (b'{"hook_event_name":"PreToolUse","session_id":"\xff"}', "HG101"),
        ({}, "HG101"),
        (proposed(session_id=""), "HG101"),
        (proposed(session_id=None), "HG101"),
        (proposed(tool_name=""), "HG101"),
        (proposed(tool_use_id=""), "HG101"),
        (proposed(tool_input=None), "HG101"),
        (proposed(tool_input=[]), "HG101"),
        (proposed(tool_input={}), "HG101"),
        (proposed(tool_input={"command": None}), "HG101"),
        (proposed(tool_input={"command": ["ls"]}), "HG101"),
        (proposed(tool_name="Monitor", tool_input={"command": 1}), "HG101"),
        (proposed(agent_id=3), "HG101"),
        (proposed(tool_input={"command": "x" * 1_000_000}), "HG102"),
        (proposed(hook_event_name="PermissionRequest"), "HG103"),
        (proposed(hook_event_name=""), "HG103"),
    ],
)
def test_what_says_nothing_we_can_trust_is_refused(payload: object, code: str) -> None:
    assert code == refused(payload)


@pytest.mark.parametrize("name", sorted(UNKNOWN))
def test_an_event_we_did_not_ask_for_is_refused(name: str) -> None:
    assert "HG103" == refused((PAYLOADS / f"{name}.json").read_bytes())


@pytest.mark.parametrize(("agent", "thread"), [(None, Thread.MAIN), ("", Thread.MAIN), ("a-1", Thread.SUBAGENT)])
def test_the_agents_id_places_the_caller(agent: str | None, thread: Thread) -> None:
    found = claude_code.read(json.dumps(proposed(agent_id=agent)).encode())

    assert isinstance(found, CallProposed)
    assert Caller("claude-code", "s", thread, "t", agent or "") == found.caller


@pytest.mark.parametrize(
    ("name", "args", "found"),
    [
        ("Bash", {"command": "ls", "timeout": 1500}, ShellAction("ls", "/r", budget=1.5)),
        ("Bash", {"command": "ls", "timeout": "x"}, ShellAction("ls", "/r")),
        ("Bash", {"command": "ls", "timeout": -1}, ShellAction("ls", "/r")),
        ("Bash", {"command": "ls", "run_in_background": "yes"}, ShellAction("ls", "/r")),
        ("Bash", {"command": "x" * claude_code.MAX_COMMAND}, ShellAction("x" * claude_code.MAX_COMMAND, "/r")),
        ("NotebookEdit", {"notebook_path": "/n"}, WriteAction("/n", "/r")),
        ("MultiEdit", {"file_path": "/n"}, WriteAction("/n", "/r")),
        ("Write", {"file_path": 1}, ToolAction("Write", {"file_path": 1}, "/r")),
        ("Monitor", {"ws": "x"}, ToolAction("Monitor", {"ws": "x"}, "/r")),
        ("mcp__x__y", {"command": "ls"}, ToolAction("mcp__x__y", {"command": "ls"}, "/r")),
    ],
)
def test_a_tool_is_its_action(name: str, args: dict[str, object], found: Action) -> None:
    assert found == claude_code.tool_action(name, args, "/r")


# -- answers --------------------------------------------------------------------------------------

TICKET = Ticket("tk_1", "s", "t", "d", "ssh web1 reboot", "/r", 1.0)
ATTACH = "/hg attach TICKET --home /h"


def answer(outcome: Outcome, news: str = "", name: str = "Bash", **args: object) -> Any:
    args = args or {"command": "ls", "description": "d"}
    asked = CallProposed(claude_code.tool_action(name, args, "/r"), MAIN, name, args)
    found = claude_code.answer(outcome, asked, ATTACH, news)
    return json.loads(found)["hookSpecificOutput"] if found else b""


def said(**fields: object) -> dict[str, object]:
    return {"hookEventName": "PreToolUse"} | fields


@pytest.mark.parametrize(
    ("budget", "asked", "timeout"),
    [(30.0, None, 30_000), (30.0, 5000, 5000), (30.0, 600_000, 30_000), (0.0005, None, 0)],
)
def test_an_allowed_command_runs_within_the_smaller_of_budget_and_wish_and_no_permission_is_given(
    budget: float, asked: int | None, timeout: int
) -> None:
    wish = {} if asked is None else {"timeout": asked}

    found = answer(Run(budget), command="ls", description="d", **wish)

    assert said(updatedInput={"command": "ls", "description": "d", "timeout": timeout}) == found


@pytest.mark.parametrize("outcome", [Run(None), Run(30.0)])
def test_an_allowed_tool_without_a_time_out_gets_no_answer(outcome: Run) -> None:
    assert b"" == answer(outcome, name="Read", file_path="/x")


def test_leave_without_a_budget_changes_nothing() -> None:
    assert b"" == answer(Run(None))


def test_a_delegated_command_becomes_its_ticket() -> None:
    found = answer(Rewrite(TICKET, "note"), command="x", description="d", timeout=5, run_in_background=True)

    assert said(
        permissionDecision="allow",
        permissionDecisionReason="note",
        updatedInput={"description": "d", "command": "/hg attach tk_1 --home /h", "timeout": 30_000},
        additionalContext="note\nnews",
    ) == found | answer(Rewrite(TICKET, "note"), "news", command="x", description="d")


def test_a_delegated_monitor_keeps_its_own_time_out() -> None:
    found = answer(Rewrite(TICKET, "n"), name="Monitor", command="x", timeout_ms=5000)

    assert {"timeout_ms": 5000, "command": "/hg attach tk_1 --home /h"} == found["updatedInput"]


@pytest.mark.parametrize(
    ("then", "rest"),
    [
        (Run(None), {}),
        (Run(2.0), {"updatedInput": {"command": "ls", "description": "d", "timeout": 2000}}),
        (
            Rewrite(TICKET, "n"),
            {"updatedInput": {"description": "d", "command": "/hg attach tk_1 --home /h", "timeout": 30_000}},
        ),
    ],
)
def test_a_question_carries_what_a_yes_grants(then: Run | Rewrite, rest: dict[str, object]) -> None:
    assert said(permissionDecision="ask", permissionDecisionReason="sure?", **rest) == answer(Ask("sure?", then))


def test_a_refusal_denies_with_its_words() -> None:
    assert said(permissionDecision="deny", permissionDecisionReason="no") == answer(Refuse("no"))


@pytest.mark.parametrize(
    "outcome", [Run(None), Run(1.0), Rewrite(TICKET, "note"), Ask("q", Run(None)), Refuse("no")], ids=repr
)
def test_news_come_with_every_answer(outcome: Outcome) -> None:
    assert "news" == answer(outcome, "news")["additionalContext"].splitlines()[-1]


@pytest.mark.parametrize(
    ("news", "found"),
    [("", b""), ("x", b'{"hookSpecificOutput":{"hookEventName":"SessionStart","additionalContext":"x"}}')],
)
def test_a_notice_is_empty_without_news(news: str, found: bytes) -> None:
    assert found == claude_code.notice("SessionStart", news)
