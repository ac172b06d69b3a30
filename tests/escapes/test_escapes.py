"""Every way for a light-looking command to start a marked program is run; the program itself tells where it ran."""

import re
from collections import Counter
from pathlib import Path

import pytest
from escape_runs import Outcome, course
from stands import ways

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "escape-suite.md"
ALL = ways()
HERE_NOW = [way for way in ALL if not way.missing]
ABSENT = [way for way in ALL if way.missing]
FEWER = HERE_NOW[::12]
"""Ways that are tried under the other settings as well."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled programs are kept for all processes of one run of the tests."""
    return tmp_path_factory.getbasetemp().parent / "escapes"


def told(outcomes: list[Outcome]) -> str:
    """Return a summary: what caught the ways, by the words of the answer."""
    counts = Counter(outcome.fence for outcome in outcomes)
    absent = ", ".join(f"{way.id} ({', '.join(way.missing)})" for way in ABSENT)
    return f"{len(outcomes)} ways: {dict(counts.most_common())}; {len(ABSENT)} absent: {absent or 'none'}"


def names(outcomes: list[Outcome]) -> list[str]:
    return [outcome.way.id for outcome in outcomes if outcome.leaked]


def test_a_way_has_a_name_of_its_own() -> None:
    assert [] == [name for name, count in Counter(way.id for way in ALL).items() if count > 1]


def test_there_are_enough_ways_on_this_machine() -> None:
    assert len(HERE_NOW) >= 200, told([])


def test_without_a_gate_every_way_runs_the_marked_program(cache: Path) -> None:
    with course(cache) as made:
        outcomes = made.run(HERE_NOW)

    assert [] == [(outcome.way.id, outcome.status, outcome.output) for outcome in outcomes if not outcome.marks]


def test_the_page_counts_the_ways() -> None:
    found = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE)

    assert {**Counter(way.family for way in ALL)} == {family: int(count) for family, count in found}
