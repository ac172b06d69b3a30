"""Codex's messages: every recorded payload reads to its event, every outcome to its exact answer."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from headgate.intercept import DIALECTS, claude_code, codex
from headgate.intercept.event import CallFinished, CallProposed, Event, Noticed
from headgate.model.action import Action, Caller, ShellAction, Thread, ToolAction
from headgate.model.errors import HeadgateError
from headgate.model.job import Ticket
from headgate.model.outcome import Ask, Outcome, Refuse, Rewrite, Run

PAYLOADS = Path(__file__).parents[1] / "clients" / "payloads" / "codex"
CWD = "/home/user/repo"
MAIN = Caller("codex", "s-1", Thread.MAIN, "call_01")
SUBAGENT = Caller("codex", "s-1", Thread.SUBAGENT, "call_01", "agent-1")


def proposed(name: str, tool: str, action: Action, caller: Caller = MAIN) -> CallProposed:
    given: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_bytes())["tool_input"]
    return CallProposed(action, caller, tool, given, unasked=True)


def noticed(name: str, *, hears: bool = False) -> Noticed:
    return Noticed("s-1", name, hears)


FINISHED = CallFinished(MAIN, "PostToolUse", failed=False, seconds=None)
SPAWN = ToolAction("spawn_agent", {"message": "mark-seven: do it"}, CWD)
WAIT = ToolAction("wait_agent", {"targets": ["agent-1"]}, CWD)
EVENTS: dict[str, Event] = {
    "pre-tool-use-bash": proposed("pre-tool-use-bash", "Bash", ShellAction("echo hi; exit 3", CWD)),
    "pre-tool-use-bash-subagent": proposed(
        "pre-tool-use-bash-subagent", "Bash", ShellAction("echo main", CWD), SUBAGENT
    ),
    "pre-tool-use-spawn-agent": proposed("pre-tool-use-spawn-agent", "spawn_agent", SPAWN),
    "pre-tool-use-wait-agent": proposed("pre-tool-use-wait-agent", "multi_agent_v1wait_agent", WAIT),
    "post-tool-use-bash": FINISHED,
    "post-tool-use-bash-subagent": CallFinished(SUBAGENT, "PostToolUse", failed=False, seconds=None),
    "post-tool-use-spawn-agent": FINISHED,
    "post-tool-use-wait-agent": FINISHED,
    "session-start": noticed("SessionStart", hears=True),
    "session-end": noticed("SessionEnd"),
    "stop": noticed("Stop"),
    "subagent-start": noticed("SubagentStart"),
    "subagent-stop": noticed("SubagentStop"),
    "user-prompt-submit": noticed("UserPromptSubmit", hears=True),
    "user-prompt-submit-subagent": noticed("UserPromptSubmit"),
}


@pytest.mark.parametrize("name", sorted(EVENTS))
def test_a_recorded_payload_reads_to_its_event(name: str) -> None:
    assert EVENTS[name] == codex.read((PAYLOADS / f"{name}.json").read_bytes())


def test_every_recorded_payload_has_its_row() -> None:
    assert {path.stem for path in PAYLOADS.glob("*.json")} == EVENTS.keys()


def call(**fields: object) -> dict[str, object]:
    usual = {"session_id": "s", "tool_name": "Bash", "tool_use_id": "t", "tool_input": {"command": "ls"}, "cwd": "/r"}
    return {"hook_event_name": "PreToolUse"} | usual | fields


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "HG101"),
        (b"{", "HG101"),
        (b"[]", "HG101"),
        (b"\xff\xfe", "HG101"),
        ({}, "HG101"),
        (call(session_id=""), "HG101"),
        (call(tool_name=""), "HG101"),
        (call(tool_use_id=""), "HG101"),
        (call(tool_input=None), "HG101"),
        (call(tool_input=[]), "HG101"),
        (call(tool_input={}), "HG101"),
        (call(tool_input="ls"), "HG101"),
        (call(tool_input={"command": ["ls"]}), "HG101"),
        (call(agent_id=3), "HG101"),
        (call(tool_input={"command": "x" * 1_000_000}), "HG102"),
        (call(hook_event_name="PermissionRequest"), "HG103"),
        (call(hook_event_name="PreModelRequest"), "HG103"),
    ],
)
def test_what_says_nothing_we_can_trust_is_refused(payload: object, code: str) -> None:
    with pytest.raises(HeadgateError) as raised:
        codex.read(payload if isinstance(payload, bytes) else json.dumps(payload).encode())

    assert code == raised.value.code


@pytest.mark.parametrize(
    ("name", "given", "found"),
    [
        ("Bash", {"command": "ls"}, ShellAction("ls", "/r")),
        (
            "apply_patch",
            {"command": "*** Begin Patch"},
            ToolAction("apply_patch", {"command": "*** Begin Patch"}, "/r"),
        ),
        ("apply_patch", "*** Begin Patch", ToolAction("apply_patch", {"input": "*** Begin Patch"}, "/r")),
        ("mcp__x__y", {"command": "ls"}, ToolAction("mcp__x__y", {"command": "ls"}, "/r")),
        ("multi_agent_v1send_input", {"message": "go"}, ToolAction("spawn_agent", {"message": "go"}, "/r")),
        ("update_goal", {"status": "done"}, ToolAction("update_plan", {"status": "done"}, "/r")),
    ],
)
def test_a_tool_is_its_action(name: str, given: object, found: Action) -> None:
    read = codex.read(json.dumps(call(tool_name=name, tool_input=given)).encode())

    assert isinstance(read, CallProposed)
    assert found == read.action


@pytest.mark.parametrize(("mode", "unasked"), [("bypassPermissions", True), ("default", False), ("dontAsk", False)])
def test_one_mode_alone_says_that_the_client_asks_about_nothing(mode: str, *, unasked: bool) -> None:
    read = codex.read(json.dumps(call(permission_mode=mode)).encode())

    assert isinstance(read, CallProposed)
    assert unasked is read.unasked


PATCH = "*** Begin Patch\n*** Add File: a.txt\n+hi\n*** End Patch"


@pytest.mark.parametrize(
    ("command", "patch"),
    [
        (f"apply_patch <<'EOF'\n{PATCH}\nEOF", True),
        (f'\napply_patch << "X"\n{PATCH}\nX\n', True),
        (f"apply_patch <<EOF\n{PATCH}\nEOF", False),
        (f"apply_patch <<'EOF'\n{PATCH}\nEOF\nssh web1 reboot", False),
        (f"apply_patch <<'EOF'\n{PATCH}\nEOF\nssh web1 reboot\nEOF", False),
        (f"apply_patch <<'EOF' && ssh web1 reboot\n{PATCH}\nEOF", False),
        (f"ssh web1; apply_patch <<'EOF'\n{PATCH}\nEOF", False),
    ],
)
def test_a_patch_that_the_client_applies_by_itself_is_its_tool_and_nothing_hides_behind_it(
    command: str,
    patch: bool,  # noqa: FBT001
) -> None:
    read = codex.read(json.dumps(call(tool_input={"command": command})).encode())

    assert isinstance(read, CallProposed)
    expected = ToolAction("apply_patch", {"command": PATCH}, "/r") if patch else ShellAction(command, "/r")
    assert expected == read.action


@pytest.mark.parametrize(("agent", "thread"), [(None, Thread.MAIN), ("", Thread.MAIN), ("a-1", Thread.SUBAGENT)])
def test_the_agents_id_places_the_caller(agent: str | None, thread: Thread) -> None:
    read = codex.read(json.dumps(call(agent_id=agent)).encode())

    assert isinstance(read, CallProposed)
    assert Caller("codex", "s", thread, "t", agent or "") == read.caller


# -- answers --------------------------------------------------------------------------------------

TICKET = Ticket("tk_1", "s", "t", "d", "ssh web1 reboot", "/r", 1.0)
ATTACH = "/hg attach TICKET --home /h"
ASKED = CallProposed(ShellAction("ls", "/r"), MAIN, "Bash", {"command": "ls"})


def answer(outcome: Outcome, news: str = "") -> bytes:
    return codex.answer(outcome, ASKED, ATTACH, news)


def said_of(**fields: object) -> dict[str, object]:
    return {"hookEventName": "PreToolUse"} | fields


def test_an_allowed_call_gets_no_answer() -> None:
    assert [b"", b"", b""] == [answer(Run(None)), answer(Run(30.0)), answer(Run(30.0, wrapped=""))]


def test_a_note_on_an_allowed_call_gives_no_permission() -> None:
    assert {"hookSpecificOutput": said_of(additionalContext="note\nnews"), "systemMessage": "note"} == json.loads(
        answer(Run(30.0, note="note"), "news")
    )


@pytest.mark.parametrize("shell", ["bash", "sh", "zsh"])
@pytest.mark.parametrize(("home", "said"), [("{here}", "wrapped 3"), ("{here}/none", "it's as it is 4")])
def test_a_wrapped_call_runs_the_wrapper_and_in_the_clients_sandbox_the_call_as_it_is(
    tmp_path: Path, home: str, said: str, shell: str
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    asked = CallProposed(ShellAction("x"), MAIN, "Bash", {"command": 'echo "it\'s as it is"\nexit 4', "more": 1})
    attach = f"/hg attach TICKET --home {home.format(here=tmp_path)}"

    wrapped = '[ -n "${BASH_VERSION-}${ZSH_VERSION-}" ] && echo wrapped\n(exit 3)'
    inner = json.loads(codex.answer(Run(30.0, wrapped=wrapped), asked, attach, ""))["hookSpecificOutput"]

    given = inner.pop("updatedInput")
    assert (said_of(permissionDecision="allow"), 1) == (inner, given.pop("more"))
    done = subprocess.run([shell, "-c", given["command"]], capture_output=True, text=True, timeout=60, check=False)
    assert said == f"{done.stdout.strip()} {done.returncode}"


def test_a_command_that_is_too_long_for_a_keeper_is_refused() -> None:
    asked = CallProposed(ShellAction("x"), MAIN, "Bash", {"command": "#" * 70_000})
    found = codex.answer(Run(30.0, wrapped="#" * 70_000), asked, ATTACH, "")

    assert found.startswith(b"HG102")
    assert codex.denies(found)


def test_a_delegated_command_becomes_its_ticket() -> None:
    given = {"command": "/hg attach tk_1 --home /h"}
    expected = said_of(permissionDecision="allow", updatedInput=given, additionalContext="note\nnews")

    assert {"hookSpecificOutput": expected, "systemMessage": "note"} == json.loads(
        answer(Rewrite(TICKET, "note"), "news")
    )


@pytest.mark.parametrize("then", [Run(None), Rewrite(TICKET, "n")])
def test_a_question_is_a_denial_that_tells_the_agent_to_go_to_the_user(then: Run | Rewrite) -> None:
    first, second, third = answer(Ask("sure?", then), "news").decode().splitlines()

    assert ("sure?", True, "news") == (first, "Tell the user" in second, third)


def test_a_refusal_is_its_words() -> None:
    assert (b"no", b"no\nnews") == (answer(Refuse("no")), answer(Refuse("no"), "news"))


@pytest.mark.parametrize("words", ["", "  \n", '{"permissionDecision": "allow"}', ' {"a": 1}'])
def test_a_refusal_never_looks_like_json_and_is_never_empty(words: str) -> None:
    found = codex.refusal(words)

    assert (True, True) == (found.startswith(b"headgate: denied."), codex.denies(found))


OUTCOMES = [
    *(Run(None), Run(1.0, note="n"), Run(1.0, wrapped="w"), Rewrite(TICKET, "note")),
    *(Ask("q", Run(None)), Refuse("no"), Refuse("{}")),
]


@pytest.mark.parametrize("news", ["", "news"])
@pytest.mark.parametrize("outcome", OUTCOMES, ids=repr)
def test_what_denies_is_text_and_all_else_keeps_to_the_fields_that_the_client_knows(
    outcome: Outcome, news: str
) -> None:
    found = answer(outcome, news)

    assert isinstance(outcome, Ask | Refuse) == codex.denies(found)
    if found and not codex.denies(found):
        whole = json.loads(found)
        inner = whole.pop("hookSpecificOutput")
        assert whole.keys() <= {"systemMessage"}
        assert inner.keys() <= {"hookEventName", "permissionDecision", "updatedInput", "additionalContext"}
        assert ("permissionDecision" in inner) == ("updatedInput" in inner)  # `allow` alone lets the call run anyway


@pytest.mark.parametrize("event", ["SessionStart", "UserPromptSubmit", "PostToolUse"])
def test_a_notice_tells_the_news(event: str) -> None:
    expected = {"hookSpecificOutput": {"hookEventName": event, "additionalContext": "x"}}

    assert (b"", expected) == (codex.notice(event, ""), json.loads(codex.notice(event, "x")))


def test_an_event_that_takes_no_context_gets_none() -> None:
    assert b"" == codex.notice("Stop", "x")


# -- every dialect --------------------------------------------------------------------------------


def test_dialects_are_known_by_the_names_of_their_clients() -> None:
    assert {"claude-code": claude_code, "codex": codex} == DIALECTS


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_every_dialect_tells_its_denials_from_what_lets_a_call_run(name: str) -> None:
    dialect = DIALECTS[name]

    denials = [dialect.refusal("no", "news"), dialect.answer(Refuse("no"), ASKED, ATTACH, "news")]
    passes = [dialect.answer(Run(None), ASKED, ATTACH, news) for news in ("", '"permissionDecision":"deny"')]
    assert ([True, True], [False, False]) == (list(map(dialect.denies, denials)), list(map(dialect.denies, passes)))
