"""Whatever the text, there is an answer, and it is the same answer again."""

from itertools import islice

import pytest

from headgate.model.facts import Facts, Workload
from oracle.inputs import commands, facts, texts
from oracle.large import KINDS

COUNT = 1500
MEGABYTE = 1_000_000
SMALL = 1_000
OF_FIXED_SIZE = {"doubling calls", "doubling aliases"}
OPEN = {"doubling variables"}
"""What a kilobyte of still takes too long."""


@pytest.mark.parametrize("seed", [1, 2])
def test_random_texts_are_answered_and_alike_each_time(seed: int) -> None:
    for text in islice(texts(seed), COUNT):
        assert facts(text) == facts(text), text


def test_random_texts_are_many_and_hold_every_kind() -> None:
    made = list(islice(texts(3), COUNT))

    assert len(set(made)) > 0.9 * COUNT
    assert not set(made).isdisjoint(commands())
    assert any(facts(text).workloads == () for text in made)
    assert any(Workload.REMOTE_SESSION in facts(text).workloads for text in made)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - OF_FIXED_SIZE))
def test_a_megabyte_of_anything_is_opaque(kind: str) -> None:
    assert (Workload.OPAQUE,) == facts(KINDS[kind](MEGABYTE)).workloads


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - OPEN))
def test_a_kilobyte_of_anything_is_answered(kind: str) -> None:
    assert isinstance(facts(KINDS[kind](SMALL)), Facts)
