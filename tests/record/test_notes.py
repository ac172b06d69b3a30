"""A checkpoint is a signed note in the published form, and nothing else is read as one."""

import base64
import hashlib

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from headgate.record.notes import Note, in_a_line, key_id, parts, read, signed

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes_raw()
ROOT = hashlib.sha256(b"root").digest()


def verifies(public: bytes, signature: bytes, data: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except InvalidSignature:
        return False
    return True


def note(size: int = 7) -> Note:
    return signed("ab12", size, ROOT, PUBLIC, KEY.sign)


def test_a_note_is_read_as_it_was_written_and_holds_under_its_key_alone() -> None:
    found = read(str(note()))

    assert note() == found
    assert (True, False) == (found.signed_by(PUBLIC, verifies), found.signed_by(OTHER, verifies))


def test_the_form_is_the_published_one() -> None:
    origin, size, root, gap, line, end = str(note()).split("\n")
    dash, name, found = line.split(" ")

    assert ("headgate/ab12", "7", base64.b64encode(ROOT).decode(), "", "—", "headgate/ab12", "") == (
        origin,
        size,
        root,
        gap,
        dash,
        name,
        end,
    )
    decoded = base64.b64decode(found)
    assert hashlib.sha256(b"headgate/ab12\n\x01" + PUBLIC).digest()[:4] == decoded[:4]
    Ed25519PublicKey.from_public_bytes(PUBLIC).verify(decoded[4:], f"{origin}\n{size}\n{root}\n".encode())


def test_the_id_of_a_key_is_that_of_the_published_example() -> None:
    """The key of Go's checksum database, as every Go program carries it."""
    name, hint, key = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8".split("+", 2)
    decoded = base64.b64decode(key)

    assert (1, hint) == (decoded[0], key_id(name, decoded[1:]).hex())


@given(st.data())
def test_a_note_of_which_a_byte_was_changed_is_none_or_does_not_hold(data: st.DataObject) -> None:
    text = str(note()).encode()
    at, bit = data.draw(st.integers(0, len(text) - 1)), data.draw(st.integers(0, 7))
    spoiled = text[:at] + bytes([text[at] ^ 1 << bit]) + text[at + 1 :]
    try:
        found = read(spoiled.decode())
    except ValueError:
        return

    assert not found.signed_by(PUBLIC, verifies)


@given(st.integers(0, 400))
def test_a_note_that_was_cut_is_none(at: int) -> None:
    text = str(note())
    if at < len(text):
        with pytest.raises(ValueError, match=r"."):
            read(text[:at])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n",
        "x\n1\n",
        str(note()) + "\n",
        str(note()).replace("\n7\n", "\n07\n"),
        str(note()).replace("\n7\n", "\n-7\n"),
        str(note()).replace("—", "-"),
        str(note()).replace("\n", "\r\n"),
        str(note()).replace("=\n\n", "\n\n"),
    ],
)
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read(text)


def test_a_file_of_notes_is_told_apart() -> None:
    notes = [str(note(size)) for size in (1, 2, 3)]

    assert notes == list(parts("".join(notes).splitlines(keepends=True)))
    assert [*notes, "torn"] == list(parts([*"".join(notes).splitlines(keepends=True), "torn"]))


def test_a_log_of_lines_is_read_too() -> None:
    lines = [f"Nov 28 06:00:00 web1 headgate[12]: {in_a_line(note(size))}\n" for size in (1, 2)]

    assert [str(note(1)), str(note(2))] == list(parts(lines))
    assert ["{not json}"] == list(parts(["headgate[12]: checkpoint {not json}"]))


def test_a_note_may_have_more_lines_and_more_signatures() -> None:
    """A witness adds its own signature; the format lets a log say more."""
    found = note()
    cosigned = f"{found}— witness.example {base64.b64encode(b'1234' + bytes(64)).decode()}\n"

    assert read(cosigned).signed_by(PUBLIC, verifies)
    assert not read(cosigned.replace("\n\n", "\nmore\n\n", 1)).signed_by(PUBLIC, verifies)
