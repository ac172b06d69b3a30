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
    assert b'{"at":1.0,"call_id":"c","failed":true,"seconds":0.5,"session":"s","type":"call-ended"}' == encode(
        events.CallEnded(1.0, "s", "c", failed=True, seconds=0.5)
    )


def test_every_kind_has_a_name_of_its_own() -> None:
    assert len(EVENTS) == len({msgspec.json.decode(encode(event))["type"] for event in EVENTS})


@pytest.mark.parametrize("body", [b"", b"{}", b'{"type":"unheard-of"}', b'{"type":"daemon-stopped","at":"x","pid":1}'])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode(body)
