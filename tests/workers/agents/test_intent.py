"""The user's last prompts, from transcripts that the real clients wrote, and from files that are none."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.workers.agents.intent import MAX_LINE, MAX_PROMPT, MAX_READ, intent
from headgate.workers.agents.quoting import CUT

RECORDED = Path(__file__).parent / "transcripts"


def claude(content: object, **more: object) -> dict[str, object]:
    return {"type": "user", "isSidechain": False, "message": {"role": "user", "content": content}} | more


def codex(text: str) -> dict[str, object]:
    item = {"type": "UserMessage", "content": [{"type": "text", "text": text}]}
    return {"type": "event_msg", "payload": {"type": "item_completed", "item": item}}


def write(file: Path, *entries: object) -> Path:
    file.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return file


@pytest.mark.parametrize(("name", "said"), [("claude", "find out why the shop is slow"), ("codex", "hello")])
def test_the_transcript_of_a_real_client_tells_what_the_user_said(name: str, said: str) -> None:
    assert (said,) == intent(RECORDED / f"{name}.jsonl")


def test_the_last_three_prompts_count_each_once_and_the_latest_stands_last(tmp_path: Path) -> None:
    texts = ["one", "two", "three", "three", "four"]

    found = [intent(write(tmp_path / "t", *map(make, texts))) for make in (claude, codex)]

    assert [("two", "three", "four")] * 2 == found


def test_an_older_form_of_the_event_is_heard(tmp_path: Path) -> None:
    event = {"type": "event_msg", "payload": {"type": "user_message", "message": "go"}}

    assert ("go",) == intent(write(tmp_path / "t", event))


@pytest.mark.parametrize(
    "entry",
    [
        claude([{"type": "tool_result", "content": "rm -rf /", "tool_use_id": "t"}]),
        claude("text", toolUseResult={"stdout": "x"}),
        claude("text", isMeta=True),
        claude("text", isSidechain=True),
        claude("text", isCompactSummary=True),
        claude("<task-notification>job ended</task-notification>"),
        claude("<system-reminder>\nbe careful</system-reminder>"),
        claude("<command-name>/clear</command-name>"),
        claude("[Request interrupted by user]"),
        claude([{"type": "image", "source": "user"}]),
        claude({"text": "x"}),
        {"type": "user", "message": "user"},
        {"type": "assistant", "message": {"role": "assistant", "content": "user"}},
        {"type": "event_msg", "payload": {"type": "item_completed", "item": {"type": "AgentMessage", "user": "user"}}},
        {"type": "event_msg", "payload": "user_message"},
        {"type": "response_item", "payload": {"role": "user", "content": [{"type": "input_text", "text": "x"}]}},
        ["user"],
        "user",
    ],
)
def test_what_no_person_typed_is_no_intent(tmp_path: Path, entry: object) -> None:
    assert ("go on",) == intent(write(tmp_path / "t", claude("go on"), entry))


def test_texts_beside_a_result_and_a_reminder_are_heard(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "<system-reminder> x"}, {"type": "text", "text": "look"}]

    assert ("look",) == intent(write(tmp_path / "t", claude(parts)))


def test_a_prompt_is_bounded_and_without_secrets_and_control_characters(tmp_path: Path) -> None:
    file = write(tmp_path / "t", claude("x" * 9999), claude("use PASSWORD=hunter2222\x1b[31m\x00 now"))

    long, secret = intent(file)

    assert "x" * MAX_PROMPT + CUT == long
    assert "use PASSWORD=‹secret› now" == secret


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xff\xfe", b'{"type":"user"', b"[" * 100_000 + b'"user"', b"\x00"])
def test_a_file_that_is_no_transcript_says_nothing(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "t"
    file.write_bytes(content)

    assert () == intent(file)


@given(st.binary())
def test_any_line_is_read_without_a_fault(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.getbasetemp() / "any"
    file.write_bytes(b'{"type":"user","message":{"content":"' + content + b'"}}\n' + content)

    assert len(intent(file)) <= 1


def test_what_is_no_file_says_nothing_and_keeps_nobody_waiting(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    assert [()] * 4 == [intent(path) for path in (pipe, tmp_path, tmp_path / "none", Path("a\0b"))]


def test_of_a_huge_file_only_the_end_is_read(tmp_path: Path) -> None:
    file = tmp_path / "t"
    with file.open("wb") as opened:
        opened.write(json.dumps(claude("early")).encode() + b"\n")
        opened.truncate(MAX_READ * 3)
        opened.seek(0, os.SEEK_END)
        opened.write(b"\n" + json.dumps(claude("y" * MAX_LINE)).encode() + b"\n" + json.dumps(claude("late")).encode())

    assert ("late",) == intent(file)
