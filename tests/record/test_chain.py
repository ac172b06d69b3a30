"""Any change of the journal shows, at the entry where it was made."""

from hypothesis import given
from hypothesis import strategies as st

from headgate.record.chain import GENESIS, Break, Entry, first_break, link

BODIES = st.lists(st.binary(max_size=20), min_size=1, max_size=8)
GAP, UNLINKED, CHANGED = (
    "an entry is missing",
    "it does not follow the entry before it",
    "its content was changed",
)


def chain(bodies: list[bytes]) -> list[Entry]:
    entries: list[Entry] = []
    for seq, body in enumerate(bodies, start=1):
        prev = entries[-1].hash if entries else GENESIS
        entries.append(Entry(seq, prev, link(prev, body), body))
    return entries


@given(BODIES)
def test_what_was_written_is_whole(bodies: list[bytes]) -> None:
    assert None is first_break(chain(bodies))


def test_an_empty_journal_is_whole() -> None:
    assert None is first_break([])


@given(BODIES, st.data(), st.binary(max_size=20))
def test_an_edited_entry_breaks_at_its_place(bodies: list[bytes], data: st.DataObject, other: bytes) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(bodies) - 1))
    edited = other if other != bodies[at] else other + b"!"
    entries[at] = Entry(at + 1, entries[at].prev, entries[at].hash, edited)

    assert Break(at + 1, CHANGED) == first_break(entries)


@given(BODIES.filter(lambda bodies: len(bodies) > 1), st.data())
def test_an_edit_with_its_hash_recomputed_breaks_at_the_next(bodies: list[bytes], data: st.DataObject) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(bodies) - 2))
    body = bodies[at] + b"!"
    entries[at] = Entry(at + 1, entries[at].prev, link(entries[at].prev, body), body)

    assert Break(at + 2, UNLINKED) == first_break(entries)


@given(BODIES.filter(lambda bodies: len(bodies) > 1), st.data())
def test_a_dropped_entry_breaks_at_its_place(bodies: list[bytes], data: st.DataObject) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(bodies) - 2))
    del entries[at]

    assert Break(at + 1, GAP) == first_break(entries)


@given(BODIES.filter(lambda bodies: len(bodies) > 1), st.data())
def test_a_dropped_entry_with_numbers_closed_up_breaks_at_its_place(bodies: list[bytes], data: st.DataObject) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(bodies) - 2))
    del entries[at]
    closed = [Entry(seq, item.prev, item.hash, item.body) for seq, item in enumerate(entries, start=1)]

    assert Break(at + 1, UNLINKED) == first_break(closed)


@given(BODIES.filter(lambda bodies: len(bodies) > 1), st.data())
def test_swapped_entries_break_at_the_first(bodies: list[bytes], data: st.DataObject) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(bodies) - 2))
    entries[at], entries[at + 1] = entries[at + 1], entries[at]

    assert Break(at + 1, GAP) == first_break(entries)


@given(BODIES, st.data())
def test_an_inserted_entry_breaks_behind_it(bodies: list[bytes], data: st.DataObject) -> None:
    entries = chain(bodies)
    at = data.draw(st.integers(0, len(bodies) - 1))
    prev = entries[at].prev
    entries.insert(at, Entry(at + 1, prev, link(prev, b"new"), b"new"))

    assert Break(at + 2, GAP) == first_break(entries)


@given(BODIES)
def test_another_beginning_breaks_at_the_first(bodies: list[bytes]) -> None:
    assert Break(1, GAP) == first_break([Entry(0, GENESIS, GENESIS, b""), *chain(bodies)])
