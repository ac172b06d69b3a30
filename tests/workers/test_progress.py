"""How far a job has come, and how that reads."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.model.plan import Activity, PlanStep, Progress, Source
from headgate.record.redact import MARK
from headgate.workers.progress import LAST, Pulse, lines, progress

PLAN = (
    PlanStep("ssh web1 'systemctl restart app'", "web1", 60.0, "ssh"),
    PlanStep("git pull", "web1", None, "git", inside=True),
    PlanStep("ssh web2 'systemctl restart app'", "web2", 60.0, "ssh"),
    PlanStep("curl https://a/up", "", 1.0, "curl"),
)
PULSE = Pulse(now=140.0, started=100.0, last_output_at=128.0, output=2048)
SECOND = b"+headgate ssh web2 'systemctl restart app'\n"


def test_the_trace_tells_which_step_runs() -> None:
    found = progress(PLAN, SECOND, b"one\ntwo\n", PULSE)

    assert Progress(2, 3, 40.0, 121.0, 12.0, 2048, ("one", "two"), source=Source.TRACE) == found


def test_a_person_sees_one_line_and_the_latest_output() -> None:
    found = progress(PLAN, SECOND, b"one\ntwo\n", PULSE)

    assert [
        "step 2 of 3: ssh web2 'systemctl restart app' · 40 s of about 2.0 m · silent for 12 s · 2.0 kB",
        "  | one",
        "  | two",
    ] == lines(found, PLAN)


@pytest.mark.parametrize(
    ("log", "step", "source"),
    [
        (b"[1/3] build\n[2/3] push\n", 2, Source.OUTPUT),
        (b"Step 3 of 3: up\nlast\n", 3, Source.OUTPUT),
        (b"STEP 1/3 : FROM x\n", 1, Source.OUTPUT),
        (b"2/3 done\n", 2, Source.OUTPUT),
        (b"[2/7] of something else\n", None, Source.NONE),
        (b"2026-02-03 at 1/3/2026\n", None, Source.NONE),
        (b"[4/3]\n", None, Source.NONE),
        (b"", None, Source.NONE),
    ],
)
def test_without_a_trace_the_output_may_tell(log: bytes, step: int | None, source: Source) -> None:
    found = progress(PLAN, b"", log, PULSE)

    assert (step, source) == (found.step, found.source)


def test_the_trace_is_believed_before_the_output() -> None:
    assert (2, Source.TRACE) == ((found := progress(PLAN, SECOND, b"[1/3]\n", PULSE)).step, found.source)


def test_of_one_step_it_is_that_one() -> None:
    found = progress(PLAN[:2], b"", b"", PULSE)

    assert (1, 1, 60.0) == (found.step, found.of, found.expected)
    assert "ssh web1 'systemctl restart app' · 40 s of about 1 m" == lines(found, PLAN[:2])[0].partition(" · silent")[0]


def test_without_a_plan_there_is_still_the_time() -> None:
    found = progress((), b"", b"", PULSE)

    assert (None, 0, None) == (found.step, found.of, found.expected)
    assert ["40 s · silent for 12 s · 2.0 kB"] == lines(found, ())


def test_what_is_expected_of_the_whole_is_believed_before_the_sum() -> None:
    assert 7.0 == progress(PLAN, b"", b"", msgspec.structs.replace(PULSE, expected=7.0)).expected


def test_a_sum_with_a_gap_is_no_expectation() -> None:
    assert progress((*PLAN, PlanStep("make", program="make")), b"", b"", PULSE).expected is None


def test_an_unknown_step_a_state_and_an_error_are_said() -> None:
    pulse = Pulse(30.0, 10.0, 29.0, 0, None, Activity.WAITING, "error: x")

    assert ["one of 3 steps · 20 s of about 2.0 m · waiting for input · no output", "  first error: error: x"] == lines(
        progress(PLAN, b"", b"", pulse), PLAN
    )


def test_clocks_that_disagree_give_no_negative_times() -> None:
    found = progress(PLAN, b"", b"", Pulse(5.0, 10.0, 20.0))

    assert (0.0, 0.0) == (found.elapsed, found.silence)


def test_the_latest_lines_are_without_secrets_and_control_sequences() -> None:
    found = progress(PLAN, b"", b"a\nb\n\x1b[1mtoken=abc\x1b[0m\r\n\n10%\r20%", PULSE)

    assert (f"token={MARK}", "10%", "20%") == found.last


@given(st.binary(max_size=2000), st.binary(max_size=2000), st.text(max_size=500))
def test_what_a_person_sees_is_bounded(trace: bytes, log: bytes, error: str) -> None:
    found = progress(PLAN, b"+headgate " + trace, log * 20, msgspec.structs.replace(PULSE, first_error=error))
    shown = lines(found, PLAN)

    assert len(shown) <= 2 + LAST
    assert all(len(line) <= 400 for line in shown)
    assert found == msgspec.convert(msgspec.to_builtins(found), Progress)
