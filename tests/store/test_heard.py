"""Whoever listens to a store hears of what is durable, once, in order, and of nothing else."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from headgate.record.events import DaemonStopped, Event
from headgate.store.heard import HeardStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[HeardStore]:
    found = HeardStore(tmp_path / "headgate.db")
    yield found
    found.close()


def listened(store: HeardStore) -> list[tuple[str, Event, int, bool]]:
    """Return a list that fills with what is told: name, event, and how the store stood at that moment."""
    heard: list[tuple[str, Event, int, bool]] = []
    store.on_append(lambda name, event: heard.append((name, event, store.length(), store.database.in_transaction)))
    return heard


def event(number: int) -> DaemonStopped:
    return DaemonStopped(float(number), number)


def test_an_event_is_told_with_the_name_of_its_entry_once_it_is_durable(store: HeardStore) -> None:
    heard = listened(store)
    entry = store.append(event(1))

    assert [(entry.hash.hex()[:12], event(1), 1, False)] == heard


def test_what_becomes_durable_together_is_told_together_afterwards_in_order(store: HeardStore) -> None:
    heard = listened(store)
    with store.together():
        store.append(event(1))
        store.append(event(2))
        assert [] == heard
    store.append(event(3))

    assert [(1, 2, False), (2, 2, False), (3, 3, False)] == [
        (told.pid, length, open_) for _name, told, length, open_ in heard if isinstance(told, DaemonStopped)
    ]


def test_what_does_not_become_durable_is_not_told_then_or_later(store: HeardStore) -> None:
    heard = listened(store)
    with suppress(ZeroDivisionError), store.together():
        store.append(event(1))
        1 / 0  # noqa: B018 whatever goes wrong
    store.append(event(2))

    assert [event(2)] == [told for _name, told, _length, _open in heard]


def test_a_listener_may_look_into_the_store_and_add_to_it(store: HeardStore) -> None:
    heard: list[Event] = []

    def hears(_name: str, told: Event) -> None:
        heard.append(told)
        if len(heard) == 1:
            store.append(event(len(list(store.entries())) + 1))

    store.on_append(hears)
    store.append(event(1))

    assert [event(1), event(2)] == heard


def test_every_listener_hears(store: HeardStore) -> None:
    first, second = listened(store), listened(store)
    store.append(event(1))

    assert 1 == len(first) == len(second)
