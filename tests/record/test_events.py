"""Events to bytes and back."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.model.action import Caller, Thread
from headgate.model.decision import Reason
from headgate.model.facts import Evidence, Workload
from headgate.model.span import Span
from headgate.record import events
from headgate.record.events import Event, decode, encode
from headgate.record.reading import Unread, read

DECIDED = events.Decided(
    at=1.5,
    caller=Caller("claude-code", "s", Thread.MAIN, "c"),
    tool="shell",
    command="ssh é",
    action="00",
    cwd="/",
    decision="delegate",
    then="",
    enforced="rewrite",
    workloads=("restart",),
    machines=("web1",),
    environment="prod",
    reasons=(Reason("main-restart", "why", "hint", Span(0, 3)),),
    evidence=(Evidence(Workload.RESTART, "HG205", "restarts", Span(0, 3)),),
    rules=("main-restart",),
    budget=30.0,
    policy="ff",
    scripts=(("/a", "00"),),
)
EVENTS: list[Event] = [
    DECIDED,
    events.DaemonStarted(1.0, 2, "0.1", "ff"),
    events.DaemonStopped(1.0, 2),
    events.Refused(1.0, "claude-code", "HG101", "why"),
    events.CallEnded(1.0, "s", "c", failed=True, seconds=0.5),
    events.JobStarted(1.0, 1, "s", "d"),
    events.JobEnded(1.0, 1, "failed", 3, 2.0, "00"),
    events.JobCancelled(1.0, 1, "command"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    assert event == decode(encode(event))


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_comes_back_as_it_was(at: float, text: str) -> None:
    event = events.Refused(at, text, text, text)

    assert event == decode(encode(event))


def test_the_bytes_are_canonical() -> None:
    assert b'{"at":1.0,"call_id":"c","failed":true,"seconds":0.5,"session":"s","type":"call-ended","v":1}' == encode(
        events.CallEnded(1.0, "s", "c", failed=True, seconds=0.5)
    )


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(EVENTS) == len({msgspec.json.decode(encode(event))["type"] for event in EVENTS})


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type":"unheard-of"}', b'{"type":"daemon-stopped","at":"x","pid":1}'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(body)


def test_an_entry_of_before_there_were_versions_is_of_the_first() -> None:
    body = b'{"at":1.0,"call_id":"c","failed":true,"seconds":0.5,"session":"s","type":"call-ended"}'

    assert events.CallEnded(1.0, "s", "c", failed=True, seconds=0.5) == read(body)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_what_a_later_version_writes_is_told_and_not_read(event: Event) -> None:
    later = msgspec.json.encode(msgspec.json.decode(encode(event)) | {"v": 2, "more": 1})
    found = read(later)

    assert isinstance(found, Unread)
    assert (event.at, msgspec.json.decode(later)["type"], 2) == (found.at, found.kind, found.v)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_field_that_is_not_known_yet_is_passed_over(event: Event) -> None:
    assert event == read(msgspec.json.encode(msgspec.json.decode(encode(event)) | {"more": 1}))


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b"", (0.0, "", 0)),
        (b"\xff\xfe", (0.0, "", 0)),
        (b"[1]", (0.0, "", 0)),
        (b"[" * 100_000, (0.0, "", 0)),
        (b"{}", (0.0, "", 1)),
        (b'{"type":"unheard-of","at":3}', (3.0, "unheard-of", 1)),
        (b'{"type":"daemon-stopped","at":1.5,"pid":"x"}', (1.5, "daemon-stopped", 1)),
        (b'{"type":"daemon-stopped","at":"x","pid":1}', (0.0, "", 0)),
    ],
)
def test_what_is_no_event_is_told(body: bytes, found: tuple[object, ...]) -> None:
    unread = read(body)

    assert isinstance(unread, Unread)
    assert found == (unread.at, unread.kind, unread.v)
    assert unread.why


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_nothing_that_stands_in_a_journal_raises(body: bytes) -> None:
    assert isinstance(read(body), Unread)
