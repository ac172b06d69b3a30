"""The forms of a report: what stands on a terminal, in JSON, and what the command refuses."""

import json
import re
import stat
from pathlib import Path

import jsonschema
import msgspec
import pytest
from report_journal import T, decided, granted, report, whole_day

from conftest import Gate
from headgate.model.errors import HeadgateError
from headgate.model.override import Scope
from headgate.store.memory import MemoryStore
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.report.model import Report
from headgate.surfaces.report.period import period
from headgate.surfaces.report.terminal import WIDTH, lines

DOCS = Path(__file__).parents[2] / "docs"
DAY = ("--since", "2026-09-21", "--until", "2026-09-23")


@pytest.fixture
def home(gate: Gate) -> Gate:
    """A gate without a daemon, whose journal has a day with something of everything."""
    gate.home.mkdir()
    store = SqliteStore(gate.home / "headgate.db")
    whole_day(store)
    store.close()
    return gate


def text(store: MemoryStore) -> str:
    return "\n".join(lines(report(store)))


# -- periods --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [
        ("7d", None, (T - 604_800, T)),
        ("36h", "12h", (T - 129_600, T - 43_200)),
        ("2026-09-21", "2026-09-21T12:00", (1_789_948_800.0, 1_789_992_000.0)),
        ("2026-09-21T02:00:00+02:00", "2026-09-21T00:00:01Z", (1_789_948_800.0, 1_789_948_801.0)),
        ("20260921", None, (1_789_948_800.0, T)),
    ],
)
def test_a_period_is_durations_or_times(since: str, until: str | None, found: tuple[float, float]) -> None:
    made = period(since, until, None, T)

    assert found == (made.since, made.until)


@pytest.mark.parametrize(
    ("since", "until"), [("yesterday", None), ("7", None), ("1d", "2d"), ("", None), ("7d", "0001-01-01T00:00+23:00")]
)
def test_anything_else_is_refused(since: str, until: str | None) -> None:
    with pytest.raises(HeadgateError, match="HG130"):
        period(since, until, None, T)


# -- terminal -------------------------------------------------------------------------------------


def test_the_terminal_says_what_was_counted() -> None:
    store = MemoryStore()
    whole_day(store)
    said = text(store)

    for part in (
        "all times are UTC",
        "OBSERVE: NOTHING WAS ENFORCED for 1 of 7 calls",
        "60.0 % stayed off it (3 of 5 calls)",
        "override 3",
        "alice (terminal): the deploy of tonight",
        "1 of 2: 1 deny → allow",
        "MAIN THREAD HELD  48 s by 2 calls",
        "kubectl apply -f app.yaml",
        "made again within 10 m: 2, of these let go: 1",
        "inside a governed process tree",
        "1 used, 1 expired",
    ):
        assert part in said, said
    assert [] == [line for line in said.splitlines() if len(line) > WIDTH]


def test_break_glass_stands_before_everything_else() -> None:
    store = MemoryStore()
    whole_day(store)
    store.append(granted(90, 4, Scope(everything=True), reason="the cluster is down"))

    assert text(store).splitlines()[2].startswith("!! BREAK-GLASS: override 4 lifts EVERYTHING")


def test_no_text_steers_the_terminal_or_leaves_its_line() -> None:
    store = MemoryStore()
    store.append(decided(1, command="a\x1b[31mb\r\nc\u202ed" + "x" * 4000, workloads=("deploy",), session="s\x07\n2"))
    store.append(granted(2, 1, Scope(rules=("r",)), reason="one\ntwo\x1b]0;title\x07" + "y" * 4000))
    said = text(store)

    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)
    assert max(map(len, said.splitlines())) <= WIDTH


# -- JSON -----------------------------------------------------------------------------------------


def test_the_json_form_fits_its_schema_and_says_the_same() -> None:
    store = MemoryStore()
    whole_day(store)
    found = report(store)
    document = json.loads(msgspec.json.encode(found))

    jsonschema.validate(document, msgspec.json.schema(Report))
    assert found == msgspec.convert(document, Report)


def keys() -> set[str]:
    """Return every key of the JSON form, with the part that it stands in."""
    _root, parts = msgspec.json.schema_components([Report])
    return {f"{name}.{key}" for name, part in parts.items() for key in part["properties"]}


def test_the_page_lists_every_key_and_no_other() -> None:
    whole = (DOCS / "report.md").read_text().partition("## JSON")[2]
    found = set()
    for part, rows in re.findall(r"^### `(\w+)`.*?\n(.*?)(?=^###|^## |\Z)", whole, re.DOTALL | re.MULTILINE):
        found |= {
            f"{part}.{key}"
            for row in re.findall(r"^\| (`.*?) \|", rows, re.MULTILINE)
            for key in re.findall(r"`(\w+)`", row)
        }

    assert sorted(keys()) == sorted(found)


# -- the command ----------------------------------------------------------------------------------


def test_the_command_reads_the_journal_without_a_daemon(home: Gate) -> None:
    said = home("report", *DAY)

    assert said.startswith("Headgate report, 2026-09-21 00:00 to 2026-09-23 00:00 UTC\n")
    assert not (home.home / "daemon.sock").exists()


def test_the_command_writes_json_of_one_session(home: Gate) -> None:
    found = json.loads(home("report", *DAY, "--format", "json", "--session", "s-2"))

    assert (1, 1, "s-2", 1) == (found["schema"], found["calls"]["all"], found["session"], found["calls"]["observed"])


def test_a_file_is_written_whole_and_for_its_owner(home: Gate, tmp_path: Path) -> None:
    path = tmp_path / "out.html"
    path.write_text("before")

    assert "" == home("report", *DAY, "--format", "html", "--output", str(path))
    assert path.read_text().startswith("<!DOCTYPE html>\n<html")
    assert 0o600 == stat.S_IMODE(path.stat().st_mode)
    assert [path] == list(tmp_path.iterdir())


def test_what_cannot_be_written_is_said_and_leaves_nothing(home: Gate, tmp_path: Path) -> None:
    done = home.run("report", *DAY, "--output", str(tmp_path / "none" / "x.html"))

    assert (2, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("HG520 headgate: the report cannot be written to ")


def test_a_home_without_a_journal_is_said(gate: Gate) -> None:
    done = gate.run("report")

    assert 2 == done.returncode
    assert done.stderr.startswith("HG501 headgate: ")


@pytest.mark.parametrize("words", [("--since", "soon"), ("--since", "1d", "--until", "2d")])
def test_a_wrong_period_is_said(home: Gate, words: tuple[str, ...]) -> None:
    done = home.run("report", *words)

    assert 2 == done.returncode
    assert done.stderr.startswith("HG130 headgate: ")
