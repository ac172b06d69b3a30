"""A connection as a supervisor tells of it."""

import pytest

from headgate.intercept.connections import connection_of
from headgate.intercept.starts import Frame
from headgate.model.connection import Connection
from headgate.model.errors import HeadgateError

GOOD = (b"tcp", b"10.0.0.1", b"22", b"/usr/bin/python3", b"python3\0x.py\0", b"17 16 l")


def test_a_frame_becomes_a_connection() -> None:
    found = connection_of(Frame("N", 1, GOOD))

    assert Connection("tcp", "10.0.0.1", 22, "/usr/bin/python3", ("python3", "x.py"), 17, 16, here=True) == found


@pytest.mark.parametrize(
    "fields", [(), GOOD[:5], (b"sctp", *GOOD[1:]), (b"tcp", b"", *GOOD[2:]), (*GOOD[:2], b"ssh", *GOOD[3:])]
)
def test_a_frame_in_no_known_form_is_refused(fields: tuple[bytes, ...]) -> None:
    with pytest.raises(HeadgateError, match="HG705"):
        connection_of(Frame("N", 1, fields))
