"""What people and models see of a job."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.model.job import Job, JobState
from headgate.record.redact import MARK
from headgate.workers import digest

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
    waits = " It waits for a free place in the pool."

    receipt = digest.receipt(msgspec.structs.replace(JOB, workloads=(), machines=()), "hg").splitlines()

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
