"""`[groups]`: who is in which group, and every mistake at its line."""

import pytest

from headgate.configure import joined, load
from headgate.model.errors import HeadgateError

GOOD = """\
schema = 1
[groups]
oncall = ["alice", "bob", "alice"]
dba = ["carol@example.com"]
"""

WRONG = """\
schema = 1
[groups]
empty = []
text = "alice"
numbers = [1]
"no name" = ["alice"]
badly = ["alice", "bob smith"]
alice = ["bob"]
"""


def test_groups_have_persons_each_once() -> None:
    assert load(GOOD).groups == {"oncall": ("alice", "bob"), "dba": ("carol@example.com",)}


def test_without_a_table_there_is_no_group() -> None:
    assert load("schema = 1\n").groups == {}


def test_every_mistake_stands_at_its_line() -> None:
    with pytest.raises(HeadgateError) as raised:
        load(WRONG, "h.toml")

    places = [line.partition(": ")[0] for line in raised.value.message.splitlines()[1:]]
    assert raised.value.code == "HG111"
    assert places == ["h.toml:3", "h.toml:4", "h.toml:5", "h.toml:6", "h.toml:7", "h.toml:8"]


@pytest.mark.parametrize("text", ["groups = 3", "groups = ['a']"])
def test_groups_are_a_table(text: str) -> None:
    with pytest.raises(HeadgateError, match="`groups` is a table"):
        load(f"schema = 1\n{text}\n")


def test_of_two_files_that_name_a_group_the_first_counts_as_a_whole() -> None:
    machine, user = load(GOOD), load('schema = 1\n[groups]\noncall = ["mallory"]\nmine = ["eve"]\n')

    found = joined([machine, user]).groups

    assert found == {"oncall": ("alice", "bob"), "dba": ("carol@example.com",), "mine": ("eve",)}
