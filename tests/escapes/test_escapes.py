"""Every way for a light-looking command to start a marked program is run; the program itself tells where it ran."""

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from escape_runs import Outcome, course
from stands import Way, present, ways

from conftest import HEADGATE
from headgate.host.exec_gate import Gate, available

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "escape-suite.md"
WHOLE = os.environ.get("HEADGATE_TEST_ESCAPES") == "all"
"""Whether all ways are tried where a part of them does, as `make escapes` does."""

LISTED = [line for line in (HERE / "portable-leaks.txt").read_text().splitlines() if not line.startswith("#")]
RECEIPT = 'at_start = "receipt"\napproval = "1s"'
TRIES = 3
"""How often a way is tried that did not do it: those that race, or type into a terminal, may be too slow for it."""

AS_ROOT = os.geteuid() == 0 and shutil.which("unshare") is not None
"""Whether the daemon can be given an organisation's settings here; else those of the shipped policy hold."""

as_root = pytest.mark.skipif(
    not AS_ROOT, reason="only root, where namespaces are allowed, can give a gate another /etc"
)
strong = pytest.mark.skipif(
    available(str(HEADGATE.with_name("headgate-shim"))).mode is not Gate.STRONG, reason="no strong gate works here"
)
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled programs are kept for all processes of one run of the tests."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "escapes"


def some(step: int) -> tuple[Way, ...]:
    """Return every way of *step*; all of them where the whole suite is run."""
    return present() if WHOLE else present()[::step]


def told(outcomes: list[Outcome]) -> str:
    """Return a summary: what was caught first, and which ways this machine does not have."""
    counts = Counter(outcome.caught or "nothing was asked about" for outcome in outcomes)
    absent = [f"{way.id} ({', '.join(way.missing)})" for way in ways() if way.missing]
    worked = sum(outcome.worked for outcome in outcomes)
    shown = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    return f"{len(outcomes)} ways, {worked} done by a worker. Caught: {shown}. Absent: {len(absent)} {absent}"


def worked(outcomes: list[Outcome]) -> set[str]:
    return {outcome.way.id for outcome in outcomes if outcome.worked}


def leaks(outcomes: list[Outcome]) -> list[str]:
    return [outcome.way.id for outcome in outcomes if outcome.leaked]


def test_a_way_has_a_name_of_its_own() -> None:
    assert [] == [name for name, count in Counter(way.id for way in ways()).items() if count > 1]


def test_there_are_enough_ways_on_this_machine() -> None:
    assert len(present()) >= 200, told([])


def test_without_a_gate_every_way_runs_the_marked_program(cache: Path) -> None:
    silent = list(some(10))
    for _ in range(TRIES):
        with course(cache) as made:
            outcomes = made.run(silent)
        silent = [outcome.way for outcome in outcomes if not outcome.marks]
        if not silent:
            break

    assert [] == [(outcome.way.id, outcome.output) for outcome in outcomes if not outcome.marks]


@strong
def test_no_way_leaks_in_strong_mode(cache: Path) -> None:
    with course(cache, settings=RECEIPT if AS_ROOT else "", guard=()) as made:
        outcomes = made.run(present())
    print(told(outcomes))

    assert ([], []) == (leaks(outcomes), made.strays)
    unasked = [outcome.way.id for outcome in outcomes if not outcome.caught]  # the filter itself ends some of them
    assert len(unasked) <= len(outcomes) // 20, unasked
    assert sum(outcome.caught != "its text" for outcome in outcomes) >= 150


@strong
@as_root
@pytest.mark.parametrize("setting", ["end", "move"])
def test_no_way_leaks_whatever_becomes_of_its_start(cache: Path, setting: str) -> None:
    with course(cache, settings=f'at_start = "{setting}"\napproval = "1s"', guard=()) as made:
        outcomes = made.run(present()[::50])
    print(told(outcomes))

    assert ([], []) == (leaks(outcomes), made.strays)
    assert any(outcome.worked for outcome in outcomes)


@strong
@as_root
def test_a_way_whose_work_is_relayed_ends_as_it_would_alone(cache: Path) -> None:
    tried = present()[::32]
    with course(cache) as made:
        alone = made.run(tried)
    with course(cache, settings='at_start = "relay"\napproval = "1s"', guard=()) as made:
        relayed = made.run(tried)

    assert ([], []) == (leaks(relayed), made.strays)
    assert sum(outcome.worked for outcome in relayed) > len(tried) // 2
    assert {outcome.way.id: outcome.status for outcome in alone if outcome.way.id in worked(relayed)} == {
        outcome.way.id: outcome.status for outcome in relayed if outcome.worked
    }


def test_the_leaks_of_portable_mode_are_those_that_are_listed(cache: Path) -> None:
    tried = [way for way in present() if way in some(20) or way.id in LISTED]
    left, found = tried, set[str]()
    for _ in range(TRIES):
        with course(cache, settings=RECEIPT if AS_ROOT else "", guard=("--portable",)) as made:
            outcomes = made.run(left)
        print(told(outcomes))
        found.update(leaks(outcomes))
        left = [way for way in tried if way.id in LISTED and way.id not in found]
        if not left:
            break

    assert [] == [name for name in LISTED if name not in {way.id for way in ways()}]
    assert sorted(name for name in LISTED if name in {way.id for way in tried}) == sorted(found)


def test_the_page_counts_the_ways() -> None:
    found = re.findall(r"^\| `(\w+)` \| (\d+) \|", PAGE.read_text(), re.MULTILINE)

    assert {**Counter(way.family for way in ways())} == {family: int(count) for family, count in found}
