"""What agents print, to their answers and plans."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.workers.agents.answer import MAX_ITEM, MAX_ITEMS, MAX_RESULT, NO_ANSWER, Answer, Step, answer, plan
from headgate.workers.agents.brief import Assignment, brief
from headgate.workers.agents.quoting import CUT

GIVEN = {"result": "the disk of web1 is full", "done": True, "steps": ["looked at web1"], "open": ["free the disk"]}
WANTED = Answer("the disk of web1 is full", done=True, steps=("looked at web1",), open=("free the disk",))


def fenced(given: object, word: str = "json") -> str:
    return f"I looked.\n\n```{word}\n{json.dumps(given, indent=1)}\n```\n"


def claude(*texts: str, **result: object) -> str:
    said = [{"type": "assistant", "message": {"content": [{"type": "text", "text": text}]}} for text in texts]
    events = [{"type": "system"}, *said, {"type": "result", "is_error": False, "result": texts[-1]} | result]
    return "\n".join(map(json.dumps, events))


def codex(*texts: str) -> str:
    said = [{"type": "item.completed", "item": {"type": "agent_message", "text": text}} for text in texts]
    ran = {
        "type": "item.completed",
        "item": {"type": "command_execution", "aggregated_output": fenced({"result": "x"})},
    }
    return "\n".join(
        ["Reading additional input from stdin...", *map(json.dumps, [*said, ran, {"type": "turn.completed"}])]
    )


@pytest.mark.parametrize(
    "output",
    [
        fenced(GIVEN),
        fenced(GIVEN, ""),
        fenced({"result": "earlier"}) + fenced(GIVEN),
        fenced(GIVEN) + fenced({"no": "result"}) + "```\nnot json\n```",
        "```json\nnever closed\n" + fenced(GIVEN),
        claude("first", fenced(GIVEN)),
        json.dumps({"type": "result", "result": fenced(GIVEN)}),
        codex("first", fenced(GIVEN)),
        claude(fenced(GIVEN)).replace("\n", "\r\n"),
    ],
)
def test_the_last_block_with_a_result_is_the_answer(output: str) -> None:
    assert WANTED == answer(output)


@pytest.mark.parametrize(
    "output", [claude(fenced(GIVEN), is_error=True), codex(fenced(GIVEN)) + '\n{"type": "turn.failed"}']
)
def test_an_agent_whose_client_failed_is_not_done(output: str) -> None:
    assert (WANTED.result, False) == (answer(output).result, answer(output).done)


@pytest.mark.parametrize(
    ("output", "result"),
    [
        ("all is well", "all is well"),
        (claude("first", "all is well"), "all is well"),
        (codex("first", "all is well"), "all is well"),
        (fenced({"done": True}), fenced({"done": True}).strip()),
        ("", ""),
        ('{"type": "system"}', ""),
    ],
)
def test_without_a_block_the_end_of_what_was_said_is_the_result_and_nothing_is_done(output: str, result: str) -> None:
    assert Answer(result, done=False, open=(NO_ANSWER,)) == answer(output)


@pytest.mark.parametrize("done", ["true", 1, None, [], {}])
def test_only_true_is_done(done: object) -> None:
    assert not answer(fenced(GIVEN | {"done": done})).done


def test_what_a_tool_printed_is_no_answer_and_no_plan() -> None:
    result = {"content": [{"type": "tool_result", "content": fenced(GIVEN) + "STEP 1: x"}]}
    inner = {
        "type": "assistant",
        "parent_tool_use_id": "t",
        "message": {"content": [{"type": "text", "text": "STEP 2: y"}]},
    }

    output = "\n".join(map(json.dumps, [{"type": "user", "message": result}, inner]))

    assert (Answer("", open=(NO_ANSWER,)), ()) == (answer(output), plan(output))


def test_the_brief_itself_is_no_answer_and_no_plan() -> None:
    told = brief(Assignment(task=fenced(GIVEN) + "STEP 1: rm\nDONE 1"))

    assert (NO_ANSWER,) == answer(told).open
    assert () == plan(told)


def test_an_answer_is_bounded_and_without_secrets_and_control_characters() -> None:
    many = ["use PASSWORD=hunter2222\x1b[31m\n now", 7, "", "y" * 999, *map(str, range(99))]

    found = answer(fenced({"result": "PASSWORD=hunter2222\x00" + " x" * 9999, "steps": many, "open": "no list"}))

    assert ("PASSWORD=‹secret›", True) == (found.result[:17], len(found.result) <= MAX_RESULT + len(CUT))
    assert ("use PASSWORD=‹secret› now", "y" * MAX_ITEM + CUT, MAX_ITEMS) == (*found.steps[:2], len(found.steps))
    assert () == found.open


def test_a_long_plain_output_keeps_its_end() -> None:
    found = answer("early\n" * 99_999 + "late").result

    assert (True, True, True) == (found.startswith(CUT), found.endswith("late"), len(found) <= MAX_RESULT + len(CUT))


PLAN = "STEP 2: mend it\nSTEP 1: look at web1\n- **STEP 3: tell**\nstep 4: no\nDONE 1\nDONE 9"


@pytest.mark.parametrize("output", [PLAN, claude(PLAN, "STEP 2: mend web1\nDONE 1: it was full"), codex(PLAN)])
def test_a_plan_is_its_lines_in_order_and_a_later_line_replaces_an_earlier(output: str) -> None:
    first, second, third = plan(output)

    assert Step("look at web1", done=True) == first
    assert Step("mend web1" if "mend web1" in output else "mend it") == second
    assert "tell" in third.text


def test_a_plan_is_bounded_and_without_secrets() -> None:
    found = plan("\n".join(f"STEP {number}: PASSWORD=hunter2222 {'x' * 999}" for number in range(200)))

    assert MAX_ITEMS == len(found)
    assert all(len(step.text) <= MAX_ITEM + len(CUT) and "hunter2222" not in step.text for step in found)


@pytest.mark.parametrize("output", ["```json\n" * 100_000, "STEP " * 200_000, "[" * 1_000_000, '{"type":' * 100_000])
def test_a_hostile_output_is_read_in_one_pass(output: str) -> None:
    assert ((NO_ANSWER,), ()) == (answer(output).open, plan(output))


@given(st.text())
def test_any_output_has_an_answer(text: str) -> None:
    assert len(answer(text).result) <= MAX_RESULT + len(CUT)
    assert len(answer(fenced({"result": text})).result) <= MAX_RESULT + len(CUT)
    assert len(plan(text)) <= MAX_ITEMS
