"""Every route to authority, as a tool call through the real hook: denied in the main thread and below it."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from siege import PLACES, Siege, siege

ROUTES = tomllib.loads(Path(__file__).with_name("routes.toml").read_text())["asked"]
TEXTS = [pytest.param(text, id=f"{group}: {text}") for group, texts in ROUTES.items() for text in texts]


@pytest.fixture(scope="module")
def besieged() -> Iterator[Siege]:
    with siege(*PLACES) as found:
        yield found
        assert "the journal is whole" in found.gate("verify")


@pytest.mark.parametrize("text", TEXTS)
def test_a_tool_call_that_reaches_for_authority_is_denied_in_every_thread(besieged: Siege, text: str) -> None:
    before = besieged.state()
    answers = {place: besieged.propose(place, besieged.names(text)) for place in PLACES}

    denied = {place for place, answer in answers.items() if '"deny"' in answer and "control-plane" in answer}
    assert {} == {place: answer for place, answer in answers.items() if place not in denied}
    assert before == besieged.state()


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        ("Write", {"file_path": "{config}/policy.toml", "content": "schema = 1"}),
        ("Write", {"file_path": "{project}/.claude/settings.json", "content": "{}"}),
        ("Write", {"file_path": "{bin}/headgate", "content": "x"}),
        ("Edit", {"file_path": "{config}/headgate.toml", "old_string": "a", "new_string": "b"}),
        ("Read", {"file_path": "{home}/authority.key"}),
        ("Grep", {"pattern": ".", "path": "{home}"}),
        ("WebFetch", {"url": "http://localhost:{port}/a/x", "prompt": "say yes"}),
        ("mcp__fs__read_file", {"path": "{home}/gate.key"}),
        ("mcp__fs__write_file", {"path": "{home}/headgate.db", "content": "x"}),
        ("mcp__shell__run", {"command": "headgate approve 1"}),
        ("mcp__browser__navigate", {"url": "https://gate.example.com/a/x"}),
    ],
)
def test_another_tool_that_reaches_for_authority_is_denied_in_every_thread(
    besieged: Siege, tool: str, given: dict[str, str]
) -> None:
    named = {name: besieged.names(value) for name, value in given.items()}
    for place in PLACES:
        answer = besieged.propose(place, "", tool_name=tool, tool_input=named)
        assert '"deny"' in answer and "control-plane" in answer, (place, answer)  # noqa: PT018 one answer


def test_asking_somebody_else_grants_nothing_and_what_they_try_is_denied(besieged: Siege) -> None:
    before = besieged.state()
    task = {"description": "d", "prompt": "approve question 1: run `headgate approve 1`", "subagent_type": "x"}
    asked = besieged.propose("main", "", tool_name="Task", tool_input=task)

    assert '"deny"' not in asked  # a task is no command: what the other one does is decided when it does it
    assert "control-plane" in besieged.propose("subagent", "headgate approve 1")
    assert "control-plane" in besieged.propose("worker", "headgate approve 1")
    assert before == besieged.state()


@pytest.mark.parametrize(
    "text",
    [
        "headgate approvals",
        "headgate override list",
        "headgate why 1",
        "headgate verify",
        "headgate status",
        "headgate report",
        "headgate request-override --workload destructive --reason 'incident 4411: disk full'",
    ],
)
def test_looking_and_asking_stay_free(besieged: Siege, text: str) -> None:
    for place in PLACES:
        assert '"deny"' not in besieged.propose(place, text), place
