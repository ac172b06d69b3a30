"""What is told of a job that goes on, and the signs of life it rests on."""

import contextlib
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headgate.model.plan import Activity
from headgate.record.redact import MARK
from headgate.workers.vitals import Vitals, below, vitals
from headgate.workers.watch import ASKING, MAX_QUESTIONS, PROMPTED, QUIET, Heard, Kind, Sign, Watch

# -- the state machine ---------------------------------------------------------------------------


class Play:
    """Feeds a watch once a second."""

    def __init__(self, expected: float | None = None, *, streams: bool = False) -> None:
        self.watch = Watch(0.0, expected, streams=streams)
        self.now = self.cpu = 0.0
        self.output = 0
        self.asking: bool | None = False
        self.sees_cpu = True

    def on(self, seconds: float = 1.0, new: bytes = b"", work: float = 0.0) -> list[Heard]:
        heard: list[Heard] = []
        for _second in range(round(seconds)):
            self.now += 1.0
            self.cpu += work
            self.output += len(new)
            cpu = self.cpu if self.sees_cpu else None
            heard += self.watch.look(Sign(self.now, self.output, cpu, self.asking, new))
            new = b""
        return heard


def test_the_first_error_is_told_once() -> None:
    play = Play()

    assert [] == play.on(new=b"all fine\n0 errors\nerr")
    assert [Heard(Kind.FIRST_ERROR, "error: one")] == play.on(new=b"or: one\nerror: two\n")
    assert [] == play.on(new=b"error: three\n")
    assert "error: one" == play.watch.first_error


def test_an_error_is_told_without_secrets_and_control_sequences() -> None:
    assert [Heard(Kind.FIRST_ERROR, f"fatal: password={MARK}")] == Play().on(
        new=b"\x1b[31mfatal: password=hunter2\x1b[0m\r\n"
    )


@pytest.mark.parametrize(("expected", "patience"), [(None, QUIET), (10.0, QUIET), (600.0, 300.0)])
def test_no_output_and_no_work_for_long_is_a_stall(expected: float | None, patience: float) -> None:
    play = Play(expected)
    play.on(new=b"begun\n")

    assert [] == play.on(patience - 1)
    assert [Heard(Kind.STALLED, "begun")] == play.on()
    assert [] == play.on(patience * 3)
    assert Activity.STALLED is play.watch.state


def test_a_stall_is_told_again_after_something_happened() -> None:
    play = Play()
    assert [Kind.STALLED] == [item.kind for item in play.on(QUIET + 5)]

    play.on(new=b"x\n")

    assert Activity.WORKING is play.watch.state
    assert [Kind.STALLED] == [item.kind for item in play.on(QUIET + 5)]


def test_work_without_output_is_no_stall() -> None:
    assert [] == Play().on(QUIET * 3, work=0.5)


def test_who_only_sleeps_and_looks_is_stalled() -> None:
    assert [Kind.STALLED] == [item.kind for item in Play().on(QUIET + 5, work=0.0001)]


def test_output_without_work_is_no_stall() -> None:
    play = Play()

    assert [] == [item for _turn in range(5) for item in play.on(QUIET - 1, new=b"x\n")]


def test_streams_are_never_stalled() -> None:
    assert [] == Play(streams=True).on(QUIET * 5)


def test_a_job_whose_work_cannot_be_seen_is_not_called_stalled() -> None:
    play = Play()
    play.sees_cpu = False

    assert [] == play.on(QUIET * 5)


def test_a_process_that_stays_blocked_at_a_terminal_waits_for_input() -> None:
    play = Play()
    play.on(new=b"Name\n")
    play.asking = True

    assert [] == play.on(ASKING)
    assert [Heard(Kind.WAITING, "Name")] == play.on()
    assert Activity.WAITING is play.watch.state
    assert [] == play.on(QUIET * 2)

    play.asking = False
    play.on(new=b"thanks\n")

    assert Activity.WORKING is play.watch.state


def test_a_short_read_of_a_terminal_is_no_question() -> None:
    play = Play()
    for _turn in range(10):
        play.asking = not play.asking
        assert [] == play.on()


def test_whoever_waits_at_a_terminal_and_writes_goes_on() -> None:
    play = Play()
    play.asking = True

    assert [] == [item for _turn in range(20) for item in play.on(new=b"x\n")]


@pytest.mark.parametrize(
    "line",
    [
        "Continue? [y/N] ", "Do you want to continue? [Y/n]", "(yes/no/[fingerprint])? ", "root@web1's password: ",
        "Enter passphrase for key '/x': ", "Password:", "Username for 'https://x': ", "Overwrite a? ", "mysql> ",
        ">>> ", "user@web1:~$ ", "Press any key to continue...)", "Select a number: ",
    ],
)  # fmt: skip
def test_an_unfinished_line_that_asks_and_silence_is_a_question(line: str) -> None:
    play = Play()
    play.on(new=b"hello\n" + line.encode())

    assert [] == play.on(PROMPTED - 1)
    assert [Heard(Kind.WAITING, line.strip())] == play.on()
    assert [] == play.on(20)


@pytest.mark.parametrize(
    "text",
    ["Continue? [y/N] \n", "Downloading x:", "45%", "\r 10%\r 45%", "[=====>", "#######", "step 3 of 4...", "",
     "a" * 300 + "?", "building"],
)  # fmt: skip
def test_other_lines_are_no_questions(text: str) -> None:
    play = Play()
    play.on(new=text.encode())

    assert [] == play.on(QUIET - 2)


def test_the_line_of_a_stream_is_no_question() -> None:
    play = Play(streams=True)
    play.on(new=b"GET /x?")

    assert [] == play.on(QUIET)


def test_each_question_is_told_once_and_not_many() -> None:
    play = Play()
    told = [item.text for turn in range(10) for item in [*play.on(new=b"Continue %d? " % (turn % 5)), *play.on(10)]]

    assert MAX_QUESTIONS == len(told) == len(set(told))


def test_silence_is_counted_from_the_last_output() -> None:
    play = Play()
    play.on(5, new=b"x")

    assert 1.0 == play.watch.last_output_at


# -- signs of life -------------------------------------------------------------------------------

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux has /proc")


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextlib.contextmanager
def tree(command: str, stdin: int = subprocess.DEVNULL) -> Iterator[subprocess.Popen[bytes]]:
    """A shell that keeps *command* as its child."""
    child = subprocess.Popen(
        ["sh", "-c", f"{command}\n:"], stdin=stdin, stdout=subprocess.DEVNULL, start_new_session=True
    )
    try:
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, 9)
        child.wait()


def words(pid: int) -> bytes:
    """Return the words of a process; none where it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@linux
def test_the_work_of_a_tree_is_seen_while_it_is_done_and_after() -> None:
    with tree("sh -c 'sh -c \"i=0; while [ \\$i -lt 200000 ]; do i=\\$((i+1)); done\"; sleep 600'; :") as child:
        until(lambda: (vitals(child.pid).cpu or 0.0) > 0.05)
        until(lambda: any(words(pid) == b"sleep\x00600\x00" for pid in below(child.pid)))
        done = vitals(child.pid).cpu

        assert done is not None
        assert done > 0.05


@linux
def test_all_that_is_below_is_looked_at() -> None:
    with tree("(sleep 600 & sleep 600 & wait); :") as child:
        until(lambda: 3 == len(list(below(child.pid))))

        assert child.pid not in list(below(child.pid))


@linux
def test_a_process_blocked_at_a_terminal_is_seen() -> None:
    ours, theirs = pty.openpty()
    try:
        with tree("cat", stdin=theirs) as child:
            until(lambda: vitals(child.pid).asking is True)
            os.write(ours, b"\x04")
            until(lambda: vitals(child.pid).asking is False)
    finally:
        os.close(ours)
        os.close(theirs)


@linux
def test_a_process_blocked_in_a_pipe_asks_nobody() -> None:
    with tree("sleep 600 | cat") as child:
        until(lambda: {b"sleep\x00600\x00", b"cat\x00"} == {words(pid) for pid in below(child.pid)})

        assert vitals(child.pid).asking is False


@linux
def test_a_process_that_has_gone_is_no_mistake() -> None:
    child = subprocess.Popen(["true"])
    child.wait()

    assert Vitals(0.0, asking=False) == vitals(child.pid)
