"""What people granted, kept: the promises of each store, and those that only a sealed file can keep."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from headgate.host.keys import SigningKey
from headgate.model.action import Caller, Thread
from headgate.model.approval import Answer, Approval, ApprovalState, Granted, Needs
from headgate.model.override import Override, Scope, Standing
from headgate.model.person import Person
from headgate.model.steady import Steady
from headgate.ports import Store
from headgate.store.memory import MemoryStore
from headgate.store.sqlite import SqliteStore

ADA = Person("ada", "terminal", ("oncall",))


def sealed(folder: Path) -> SqliteStore:
    return SqliteStore(folder / "headgate.db", signer=SigningKey.open(folder / "gate.key"))


MAKERS: dict[str, Callable[[Path], Store]] = {"sqlite": sealed, "memory": lambda _folder: MemoryStore()}


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    found = MAKERS[request.param](tmp_path)
    yield found
    found.close()


def question(digest: str = "d", session: str = "s") -> Approval:
    caller = Caller("claude-code", session, Thread.MAIN, "c")
    needs = Needs(("oncall",), 2, others=True)
    return Approval(0, digest, caller, "eve", "f00", "what", "where", "why", Granted("allow"), needs, 1.0, 2.0)


def override(number: int) -> Override:
    return Override(number, Scope(rules=("r",)), "incident 4411", ADA, 1.0, 2.0, Steady("b", 9.0), 3)


def test_questions_have_numbers_and_come_back_as_they_were(store: Store) -> None:
    first, second = store.grants.ask(question("a")), store.grants.ask(question("b", "t"))

    assert (first.id, second.id) == (1, 2)
    assert store.grants.approval(1) == first
    assert store.grants.approval(3) is None
    assert store.grants.questions([ApprovalState.PENDING]) == [second, first]
    assert store.grants.questions([ApprovalState.PENDING], "t") == [second]
    assert store.grants.questions([ApprovalState.PENDING], limit=1) == [second]
    assert store.grants.questions([ApprovalState.USED]) == []


def test_the_last_question_of_a_digest_is_found(store: Store) -> None:
    store.grants.ask(question("a"))
    last = store.grants.ask(question("a"))
    store.grants.ask(question("b"))

    assert store.grants.latest("a") == last
    assert store.grants.latest("c") is None


def test_a_question_changes_only_from_the_state_it_is_in(store: Store) -> None:
    asked = store.grants.ask(question())
    said = (Answer(ADA, yes=True, at=1.5, reason="r"),)
    yes = msgspec.structs.replace(asked, state=ApprovalState.APPROVED, answers=said, told=False)
    used = msgspec.structs.replace(yes, state=ApprovalState.USED, told=True)

    assert store.grants.change(yes, ApprovalState.PENDING)
    assert not store.grants.change(yes, ApprovalState.PENDING)
    assert store.grants.untold("s") == [yes]
    assert store.grants.change(used, ApprovalState.APPROVED)
    assert not store.grants.change(used, ApprovalState.APPROVED)
    assert store.grants.untold("s") == []
    assert store.grants.approval(1) == used


def test_overrides_have_numbers_and_stand_until_they_are_ended(store: Store) -> None:
    assert store.grants.next_override() == 1
    store.grants.add_override(override(1), b"signature", "key")
    assert store.grants.next_override() == 2
    assert list(store.grants.standing()) == [Standing(override(1))]

    store.grants.change_override(Standing(override(1), used=1))
    assert list(store.grants.standing()) == [Standing(override(1), used=1)]
    store.grants.change_override(Standing(override(1), used=1, ended="ended"))
    assert list(store.grants.standing()) == []
    assert store.grants.signed() == [(Standing(override(1), 1, "ended"), b"signature", "key")]


def test_what_fails_together_is_not_kept(store: Store) -> None:
    def fail() -> None:
        with store.together():
            store.grants.ask(question())
            store.grants.add_override(override(1), b"s", "k")
            raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 our own
        fail()

    assert store.grants.questions(tuple(ApprovalState)) == []
    assert list(store.grants.standing()) == []


# -- the file ---------------------------------------------------------------------------------------


def test_it_survives_the_daemon(tmp_path: Path) -> None:
    first = sealed(tmp_path)
    asked = first.grants.ask(question())
    first.grants.add_override(override(1), b"s", "k")
    first.close()
    second = sealed(tmp_path)

    assert second.grants.approval(1) == asked
    assert list(second.grants.standing()) == [Standing(override(1))]
    second.close()


CHANGES = [
    "UPDATE approvals SET state = 'approved'",
    "UPDATE approvals SET state = 'approved', body = replace(CAST(body AS TEXT), '\"pending\"', '\"approved\"')",
    "UPDATE approvals SET digest = 'other'",
    "UPDATE approvals SET id = 9",
    "UPDATE approvals SET seal = x''",
    "UPDATE approvals SET body = CAST(body AS TEXT) || ' '",
    "INSERT INTO approvals SELECT 9, digest, session, state, told, body, seal FROM approvals",
]


@pytest.mark.parametrize("change", CHANGES)
def test_another_writers_row_is_no_question(tmp_path: Path, change: str) -> None:
    store = sealed(tmp_path)
    asked = store.grants.ask(question())
    with sqlite3.connect(tmp_path / "headgate.db") as other:
        other.execute(change)
    other.close()

    found = store.grants.questions(tuple(ApprovalState))
    assert found in ([], [asked])
    assert all(item.state is ApprovalState.PENDING for item in found)
    assert store.grants.approval(9) is None
    store.close()


def test_another_gates_rows_are_none_of_ours(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    store = sealed(tmp_path)
    store.grants.ask(question())
    store.close()
    other = SqliteStore(tmp_path / "headgate.db", signer=SigningKey.open(tmp_path / "other" / "gate.key"))

    assert other.grants.questions(tuple(ApprovalState)) == []
    other.close()
