"""The wire of the exec gate: what is written is read, and what is no frame is an error with a code."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.intercept.starts import Frame, frame_of, frames, relayed, start_of, told, written
from headgate.model.errors import HeadgateError
from headgate.model.start import Input, Reply, Verdict

FIELDS = [b"/bin/x", b"/usr/bin/x", b"x\0a b\0\xff\0", b"/w", b"PATH\0DOCKER_HOST=ssh://p\0", b"7 6 5:9 psx"]


@given(st.lists(st.binary(max_size=50), max_size=6), st.integers(0, 2**64 - 1), st.integers(1, 60))
def test_frames_come_out_as_they_went_in_however_they_are_cut(fields: list[bytes], number: int, cut: int) -> None:
    data = frame_of("S", number, fields) + frame_of("E", 0, [])
    heard, found = bytearray(), []
    for at in range(0, len(data), cut):
        heard += data[at : at + cut]
        found += frames(heard)
    assert found == [Frame("S", number, tuple(fields)), Frame("E", 0)]
    assert not heard


def test_a_start_is_told_whole() -> None:
    start = start_of(Frame("S", 3, tuple(FIELDS)))
    assert (start.path, start.real, start.words, start.cwd) == ("/bin/x", "/usr/bin/x", ("x", "a b", "\udcff"), "/w")
    assert start.variables == (("PATH", None), ("DOCKER_HOST", "ssh://p"))
    assert (start.thread, start.parent, start.file) == (7, 6, "/proc/5/fd/9")
    assert (start.input, start.fed, start.loses_rights, start.script, start.cut) == (
        Input.PIPE,
        True,
        True,
        True,
        False,
    )


@pytest.mark.parametrize(
    "note", [b"", b"x", b"7 6 5:9 ", b"7 6 5 n", b"7 6 five:9 n", b"7 6 5:9 q", b"\xff \xff \xff \xff"]
)
def test_a_start_in_another_form_is_an_error(note: bytes) -> None:
    with pytest.raises(HeadgateError, match="HG705"):
        start_of(Frame("S", 3, (*FIELDS[:5], note)))
    with pytest.raises(HeadgateError, match="HG705"):
        start_of(Frame("S", 3))


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<IBQ", 1 << 30, 83, 1),
        struct.pack("<IBQ", 3, 83, 1),
        struct.pack("<IBQ", 13, 83, 1) + b"\x09\x00\x00\x00",
        struct.pack("<IBQ", 11, 83, 1) + b"\x01\x00",
    ],
    ids=["too large", "too small", "a field past the end", "half a length"],
)
def test_what_is_no_frame_is_an_error(data: bytes) -> None:
    with pytest.raises(HeadgateError, match="HG705"):
        frames(bytearray(data))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        for frame in frames(bytearray(data)):
            start_of(frame)
    except HeadgateError as error:
        assert error.code == "HG705"  # noqa: PT017 there may be none


def test_answers_have_their_fields() -> None:
    (found,) = frames(bytearray(written(5, Reply(Verdict.REFUSE, "no\n", 77))))
    assert found == Frame("D", 5, (b"no\n", b"77"))
    (found,) = frames(bytearray(written(5, Reply(Verdict.RELAY, ticket="tk_1"))))
    assert found == Frame("R", 5, (b"tk_1",))
    (found,) = frames(bytearray(written(5, Reply(Verdict.GO))))
    assert found == Frame("C", 5)
    (found,) = frames(bytearray(told("bye", 3)))
    assert found == Frame("T", 0, (b"bye", b"3"))


def test_the_moment_of_a_stub_is_read() -> None:
    moment = relayed(Frame("J", 0, (b"/w", b"22", b"A=1\0B=\0C\0", b"s.7")))
    assert (moment.cwd, moment.umask, moment.environment, moment.streams) == ("/w", 0o22, {"A": "1", "B": ""}, "s.7")
    with pytest.raises(HeadgateError, match="HG705"):
        relayed(Frame("J", 0, (b"/w", b"rw", b"", b"")))
