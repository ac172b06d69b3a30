"""How long an action will take: its own text, earlier runs, then the table; and what that makes of it."""

import pytest

from headgate.classify import Inventory, Surroundings, classify, with_runs
from headgate.classify.typical import typical
from headgate.model.action import ShellAction, ToolAction, WriteAction
from headgate.model.facts import Facts, Workload
from headgate.model.runs import KEPT, Sample, sample


def facts(text: str) -> Facts:
    return classify(ShellAction(text, "/repo"), Surroundings(), Inventory())


@pytest.mark.parametrize(
    ("durations", "found"),
    [
        ([], None),
        ([1.0, 2.0], None),
        ([3.0, 1.0, 2.0], Sample(3.0, 3)),
        ([float(number) for number in range(10, 0, -1)], Sample(9.0, 10)),
        ([float(number) for number in range(1, 13)], Sample(11.0, 12)),
        ([*[1.0] * 19, 90.0, 90.0], Sample(1.0, 21)),
        ([float(number) for number in range(1, KEPT + 1)], Sample(45.0, KEPT)),
    ],
)
def test_nine_of_ten_runs_took_this_long_or_less(durations: list[float], found: Sample | None) -> None:
    assert found == sample(durations)


@pytest.mark.parametrize(
    ("text", "seconds", "source"),
    [
        ("pytest -q", None, ""),
        ("make test", None, ""),
        ("npm run build", None, ""),
        ("npm ci", 30.0, "table"),
        ("npm ci --help", None, ""),
        ("cargo build", 60.0, "table"),
        ("cargo build --release", 120.0, "table"),
        ("sudo apt-get install -y nginx", 60.0, "table"),
        ("docker build -t x . && docker push x", 150.0, "table"),
        ("ssh web1 'docker build .'", 120.0, "table"),
        ("timeout 20 npm ci", 20.0, "table"),
        ("for i in 1 2 3; do npm ci; done", 90.0, "table"),
        ("yarn", 30.0, "table"),
        ("yarn dev", None, ""),
        ("sleep 600", 600.0, "known wait"),
        ("sleep 40; npm ci", 40.0, "known wait"),
        ("ls", None, ""),
    ],
)
def test_an_estimate_says_where_it_comes_from(text: str, seconds: float | None, source: str) -> None:
    found = facts(text)

    assert (seconds, source) == (found.estimate, found.estimate_from)


def test_the_table_gives_no_class() -> None:
    assert ((), 30.0) == (facts("npm ci").workloads, facts("npm ci").estimate)


@pytest.mark.parametrize(
    ("program", "words", "found"),
    [
        ("docker", ("build", "."), 120.0),
        ("docker", ("compose", "build"), 120.0),
        ("docker", ("ps",), 0.0),
        ("npm", ("test",), 0.0),
        ("yarn", (), 30.0),
        ("nobody", ("build",), 0.0),
    ],
)
def test_the_table_is_read_by_program_and_subcommand(program: str, words: tuple[str, ...], found: float) -> None:
    assert found == typical(program, words)


@pytest.mark.parametrize(
    ("text", "ran", "found"),
    [
        ("make test", None, (None, "", ())),
        ("make test", Sample(12.0, 5), (12.0, "history: p90 of 5 runs", ())),
        ("make test", Sample(29.9, 5), (29.9, "history: p90 of 5 runs", ())),
        ("make test", Sample(30.0, 5), (30.0, "history: p90 of 5 runs", ("long-running",))),
        ("npm ci", Sample(8.0, 3), (8.0, "history: p90 of 3 runs", ())),
        ("docker build .", Sample(8.0, 3), (8.0, "history: p90 of 3 runs", ("long-running",))),
        ("sleep 600", Sample(0.1, 50), (600.0, "known wait", ("long-running",))),
        ("sleep 5; make test", Sample(9.0, 50), (9.0, "history: p90 of 50 runs", ())),
        ("ssh web1 uptime", Sample(99.0, 3), (99.0, "history: p90 of 3 runs", ("remote-probe", "long-running"))),
    ],
)
def test_earlier_runs_replace_the_estimate_and_only_add_a_class(
    text: str, ran: Sample | None, found: tuple[float | None, str, tuple[str, ...]]
) -> None:
    made = with_runs(facts(text), ran, 30.0)

    assert found == (made.estimate, made.estimate_from, tuple(map(str, made.workloads)))


def test_the_evidence_says_how_many_runs_there_were() -> None:
    [found] = with_runs(facts("make test"), Sample(95.2, 12), 30.0).evidence

    assert (Workload.LONG_RUNNING, "HG210") == (found.workload, found.code)
    assert "took 95.2 s or less in 9 of 10 earlier runs here (12 runs)" == found.message


def test_only_shell_commands_are_routines() -> None:
    actions = [WriteAction("/repo/a"), ToolAction("mcp__x__y"), ShellAction("make test", "/repo")]

    assert [False, False, True] == [bool(classify(action, Surroundings(), Inventory()).routine) for action in actions]
