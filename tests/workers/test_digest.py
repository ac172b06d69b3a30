"""What people and models see of a job."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.model.job import Job, JobKind, JobState
from headgate.model.plan import PlanStep
from headgate.record.redact import MARK
from headgate.workers import digest
from headgate.workers.summary import Digest

JOB = Job(7, "s", "d", "ssh web1\n  reboot", "/", 1.0, workloads=("restart",), machines=("web1",))
DONE = msgspec.structs.replace(JOB, state=JobState.SUCCEEDED, started=10.0, ended=13.5, exit_code=0)
FAILED = msgspec.structs.replace(DONE, state=JobState.FAILED, exit_code=2, note="why")


def test_a_receipt_says_what_where_how_long_and_how_to_follow() -> None:
    job = msgspec.structs.replace(JOB, state=JobState.RUNNING, max_run=7200.0, estimate=90.0)

    assert (
        "headgate: delegated. This runs in a worker as job 7, not in the main thread.\n"
        "  plan      ssh web1 reboot (restart)\n"
        "  machines  web1; pool local\n"
        "  time      expected 90 s; it is ended after 2 h\n"
        "  follow    headgate job 7\n"
        "  cancel    headgate cancel 7\n"
        "You will be told in two lines when it ends. Do not run it again; tell the user, or go on with other work."
        == digest.receipt(job, "headgate")
    )


def test_a_receipt_admits_what_is_not_known_and_that_it_waits() -> None:
    waits = " It waits for a free place."

    receipt = digest.receipt(
        msgspec.structs.replace(JOB, workloads=(), machines=(), note="it waits for a free place"), "hg"
    ).splitlines()

    assert [
        f"headgate: delegated. This runs in a worker as job 7, not in the main thread.{waits}",
        "  plan      ssh web1 reboot",
        "  machines  this machine; pool local",
        "  time      expected not known",
    ] == receipt[:4]


@pytest.mark.parametrize(
    ("job", "found"),
    [
        (JOB, "job 7 is queued"),
        (msgspec.structs.replace(JOB, state=JobState.RUNNING), "job 7 is running"),
        (DONE, "job 7 succeeded after 3.5 s, exit status 0"),
        (FAILED, "job 7 failed after 3.5 s, exit status 2 (why)"),
        (msgspec.structs.replace(JOB, state=JobState.LOST), "job 7 lost after 0.0 s"),
    ],
)
def test_a_status_is_one_clause(job: Job, found: str) -> None:
    assert found == digest.status(job)


def test_a_result_is_the_status_and_the_output() -> None:
    assert "headgate: job 7 succeeded after 3.5 s, exit status 0\n  a\n  b" == digest.result(DONE, "a\nb\n")


@pytest.mark.parametrize(
    ("job", "log", "found"),
    [
        (DONE, "a\nerror: x\nlast\n\n", "last"),
        (FAILED, "a\nerror: x\nlast\n", "error: x"),
        (FAILED, "a\nlast\n", "last"),
        (FAILED, "", "no output"),
    ],
)
def test_news_are_two_lines_with_the_most_telling_one(job: Job, log: str, found: str) -> None:
    first, second = digest.news(job, log, "headgate").splitlines()

    assert (f"headgate: {digest.status(job)}: ssh web1 reboot", f"  {found} · more: headgate job 7 --log") == (
        first,
        second,
    )


def test_a_short_log_is_shown_whole() -> None:
    assert [f"  {number}" for number in range(12)] == digest.excerpt("\n".join(map(str, range(12))))


def test_a_long_log_shows_its_ends_and_its_first_errors() -> None:
    lines = [f"line {number}" for number in range(100)]
    for number in (20, 30, 40, 50):
        lines[number] = f"connection refused {number}"

    expected = ["line 0", "line 1", *(f"connection refused {number}" for number in (20, 30, 40)), "… 88 more lines …"]

    assert [f"  {line}" for line in (*expected, *lines[-7:])] == digest.excerpt("\n".join(lines))


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("\x1b[31mred\x1b[0m\x1b]0;title\x07!", ["red!"]),
        ("10%\r20%\r\ndone", ["10%", "20%", "done"]),
        ("a\x00\x07b", ["ab"]),
        ("PASSWORD=hunter2", [f"PASSWORD={MARK}"]),
        ("x" * 300, ["x" * 240 + " …"]),
        ("", []),
    ],
)
def test_output_is_cleaned_of_control_sequences_secrets_and_length(log: str, found: list[str]) -> None:
    assert found == digest.clean(log)


@given(st.text(max_size=5000))
def test_a_digest_is_bounded(log: str) -> None:
    shown = digest.excerpt(log)

    assert len(shown) <= digest.MAX_LINES + 1
    assert all(len(line) <= digest.MAX_LINE + 4 for line in shown)


@pytest.mark.parametrize(
    ("seconds", "found"),
    [
        (None, "not known"),
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (10.0, "10 s"),
        (60.0, "1 m"),
        (90.0, "90 s"),
        (120.0, "2 m"),
        (150.0, "2.5 m"),
        (3600.0, "1 h"),
        (86400.0, "1 d"),
        (172800.0, "2 d"),
    ],
)
def test_a_duration_reads_as_people_write_it(seconds: float | None, found: str) -> None:
    assert found == digest.lasting(seconds)


@pytest.mark.parametrize(
    ("text", "found"), [("a\n b\t c", "a b c"), ("x" * 201, "x" * 199 + "…"), ("x" * 200, "x" * 200)]
)
def test_a_command_is_shown_on_one_line(text: str, found: str) -> None:
    assert found == digest.one_line(text)


# -- receipts ------------------------------------------------------------------------------------

STEPS = (
    PlanStep("ssh web1 'git pull; make'", "web1", 90.0, "ssh"),
    PlanStep("git pull", "web1", None, "git", inside=True),
    PlanStep("make", "web1", None, "make", inside=True),
    PlanStep("sleep 5", "", 5.0, "sleep"),
)


def test_a_receipt_of_several_steps_shows_each_with_its_time() -> None:
    lines = digest.receipt(msgspec.structs.replace(JOB, plan=STEPS), "headgate").splitlines()

    assert [
        "            1. ssh web1 'git pull; make' · 90 s",
        "              - git pull on web1",
        "              - make on web1",
        "            2. sleep 5 · 5 s",
    ] == lines[2:6]


def test_a_receipt_shows_six_lines_of_steps_at_most() -> None:
    plan = tuple(PlanStep(f"sleep {number}", "", 1.0, "sleep") for number in range(20))

    lines = digest.receipt(msgspec.structs.replace(JOB, plan=plan), "headgate").splitlines()

    assert ["            5. sleep 4 · 1 s", "            … 15 more"] == lines[6:8]
    assert lines[8].startswith("  machines")


def test_a_plan_of_one_step_says_no_more_than_the_command() -> None:
    assert digest.receipt(JOB, "hg") == digest.receipt(msgspec.structs.replace(JOB, plan=STEPS[:1]), "hg")


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        (1234, "  output    1234 bytes of output are above; the rest: headgate job 7 --log --since 1234"),
        (0, "  output    none yet; the rest: headgate job 7 --log --since 0"),
    ],
)
def test_a_receipt_of_a_hand_over_says_what_was_seen_and_how_to_read_on(shown: int, found: str) -> None:
    job = msgspec.structs.replace(JOB, kind=JobKind.HANDED_OVER, state=JobState.RUNNING, shown=shown)

    lines = digest.receipt(job, "headgate").splitlines()

    assert (
        "headgate: handed over. It is still running: it goes on in a worker as job 7, and nothing is lost." == lines[0]
    )
    assert found in lines


# -- news ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "first", "second"),
    [
        ({"state": JobState.TIMED_OUT, "note": "its time was over"},
         "job 7 timed out after 3.5 s (its time was over)", "last"),
        ({"state": JobState.CANCELLED, "remote": "confirmed"}, "job 7 cancelled (confirmed) after 3.5 s", "last"),
        ({"state": JobState.CANCELLED, "remote": "remote unconfirmed"},
         "job 7 cancelled (remote unconfirmed) after 3.5 s", "what it had started on web1 may still run there"),
        ({"state": JobState.LOST}, "job 7 lost after 3.5 s",
         "nobody knows whether it finished; look at web1 before anything is run again"),
        ({"state": JobState.FAILED, "exit_code": 1, "late": True},
         "job 7 failed after 3.5 s, exit status 1 (told late)", "last"),
        ({"state": JobState.REFUSED, "note": "HG411 no such pool"},
         "job 7 refused after 3.5 s (HG411 no such pool)", "last"),
    ],
)  # fmt: skip
def test_news_say_how_it_ended_and_what_that_means(fields: dict[str, object], first: str, second: str) -> None:
    job = msgspec.structs.replace(DONE, **{"exit_code": None, **fields})

    assert [f"headgate: {first}: ssh web1 reboot", f"  {second} · more: headgate job 7 --log"] == digest.news(
        job, "a\nlast\n", "headgate"
    ).splitlines()


def test_news_of_a_job_whose_output_is_elsewhere_come_from_its_digest() -> None:
    kept = Digest(10, 3, 1, wrong=((2, "error: disk full"),), first=("a", "error: disk full", "end"))
    job = msgspec.structs.replace(FAILED, digest=kept.plain())

    assert "  error: disk full · more:" in digest.news(job, "", "headgate")
    assert "  end · more:" in digest.news(msgspec.structs.replace(job, state=JobState.SUCCEEDED), "", "headgate")


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("first error", "job 7 has its first error: ssh web1 reboot", "x · more: hg job 7"),
        ("stalled", "job 7 is stalled: no output, and no work: ssh web1 reboot", "x · end it: hg cancel 7"),
        ("waiting for input", "job 7 waits for input, and nobody can type it: ssh web1 reboot",
         "x · end it: hg cancel 7, and run it so that it does not ask"),
        ("handed over", "job 7 was handed over, and goes on: ssh web1 reboot", "x · more: hg job 7"),
    ],
)  # fmt: skip
def test_what_happens_to_a_job_that_goes_on_is_told_in_two_lines(kind: str, first: str, last: str) -> None:
    assert [f"headgate: {first}", f"  {last}"] == digest.event(JOB, kind, "\n\x1b[1mx\n", "hg").splitlines()


@pytest.mark.parametrize("state", [state for state in JobState if state.ended])
def test_news_are_two_bounded_lines_without_secrets(state: JobState) -> None:
    job = msgspec.structs.replace(
        DONE, state=state, command="x " * 500, note="n\n" * 500, machines=tuple(f"web{number}" for number in range(99))
    )
    log = "password=hunter2 " * 100

    for text in (digest.news(job, log, "headgate"), digest.event(job, "stalled", log, "headgate")):
        assert 2 == len(text.splitlines())
        assert len(text) <= digest.MAX_NEWS
        assert "hunter2" not in text
        assert text.endswith((" --log", "cancel 7"))


def test_a_result_with_a_long_output_shows_the_digest(tmp_path: Path) -> None:
    log = "".join(f"line {number}\n" for number in range(500))
    (tmp_path / "log").write_text(log)
    job = msgspec.structs.replace(DONE, digest=digest.summarise(tmp_path / "log").plain())

    lines = digest.result(job, log[-100:]).splitlines()

    assert [
        "headgate: job 7 succeeded after 3.5 s, exit status 0",
        "  output    4.4 kB, 500 lines",
        "  | line 0",
    ] == lines[:3]
    assert "  | line 499" == lines[-1]
