"""The journal as other programs read it."""

import csv
import io
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.model.action import Caller, Thread
from headgate.record.chain import Entry, first_break
from headgate.record.events import DaemonStopped, Decided, Refused, encode
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.cli.export import command

DECIDED = Decided(
    at=1_700_000_000.5,
    caller=Caller("claude-code", "s1", Thread.MAIN, "c"),
    tool="shell",
    command='=cmd "x", é\nssh web1',
    action="00",
    cwd="/srv",
    decision="deny",
    then="",
    enforced="refuse",
    workloads=("restart", "deploy"),
    machines=("web1",),
    environment="prod",
    reasons=(),
    evidence=(),
    rules=("main-restart",),
    budget=30.0,
    policy="ff",
)


class Later(msgspec.Struct, tag="of-a-later-version"):
    at: float
    v: int = 7


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    store = SqliteStore(home.database, signer=SigningKey.open(home.gate_key))
    store.append(Refused(1_600_000_000.0, "claude-code", "HG101", "why"))
    store.append(DECIDED)
    store.append(Later(1_700_000_100.0))  # type: ignore[arg-type]
    store.append(DaemonStopped(1_800_000_000.0, 12))
    store.close()
    return home


def run(home: Home, *words: str) -> Result:
    return CliRunner().invoke(command, words, obj=home, standalone_mode=False)


def test_json_lines_are_the_chain_itself(home: Home) -> None:
    lines = [json.loads(line) for line in run(home).output.splitlines()]
    entries = [
        Entry(
            line["seq"],
            bytes.fromhex(line["prev"]),
            bytes.fromhex(line["hash"]),
            msgspec.json.encode(line["event"], order="sorted"),
        )
        for line in lines
    ]

    assert None is first_break(entries)
    assert encode(DECIDED) == entries[1].body
    assert ["refused", "decided", "of-a-later-version", "daemon-stopped"] == [line["event"]["type"] for line in lines]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--since", "2023-01-01"], [2, 3, 4]),
        (["--until", "2023-11-14T22:13:20.5"], [1]),
        (["--since", "2023-11-14T22:13:20.5", "--until", "2024-01-01"], [2, 3]),
    ],
)
def test_a_period_is_from_its_first_moment_to_before_its_last(home: Home, words: list[str], found: list[int]) -> None:
    assert found == [json.loads(line)["seq"] for line in run(home, *words).output.splitlines()]


def test_otlp_is_what_a_collector_takes(home: Home) -> None:
    (line,) = run(home, "--format", "otlp").output.splitlines()
    request = json_format.Parse(line, ExportLogsServiceRequest())
    (resource,) = request.resource_logs
    records = list(resource.scope_logs[0].log_records)
    attributes = {item.key: item.value for item in records[1].attributes}

    assert {"service.name", "service.instance.id"} == {item.key for item in resource.resource.attributes}
    assert [1_600_000_000 * 10**9, 1_700_000_000_500_000_000] == [item.time_unix_nano for item in records[:2]]
    assert ["headgate.refused", "headgate.decided", "headgate.of-a-later-version", "headgate.daemon-stopped"] == [
        item.event_name for item in records
    ]
    assert ("WARN", 13, "INFO") == (records[1].severity_text, records[1].severity_number, records[3].severity_text)
    assert ("s1", 2, 30.0, ["restart", "deploy"]) == (
        attributes["headgate.session"].string_value,
        attributes["headgate.seq"].int_value,
        attributes["headgate.budget"].double_value,
        [item.string_value for item in attributes["headgate.workloads"].array_value.values],
    )


def test_a_long_journal_is_several_requests(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    store = SqliteStore(home.database)
    with store.together():
        for number in range(450):
            store.append(DaemonStopped(float(number), number))
    store.close()
    requests = [
        json_format.Parse(line, ExportLogsServiceRequest())
        for line in run(home, "--format", "otlp").output.splitlines()
    ]

    assert [200, 200, 50] == [len(item.resource_logs[0].scope_logs[0].log_records) for item in requests]


def test_csv_has_the_decisions_and_no_formulas(home: Home) -> None:
    (row,) = csv.DictReader(io.StringIO(run(home, "--format", "csv").output, newline=""))

    assert {
        "seq": "2",
        "time": "2023-11-14T22:13:20.500000+00:00",
        "session": "s1",
        "thread": "main",
        "command": "'" + DECIDED.command,
        "decision": "deny",
        "workloads": "restart deploy",
        "budget": "30.0",
        "estimate": "",
    }.items() <= row.items()


def test_it_is_written_to_a_new_file_for_its_owner(home: Home, tmp_path: Path) -> None:
    file = tmp_path / "out.jsonl"
    run(home, "--output", str(file))
    again = run(home, "--output", str(file))

    assert (4, 0o600) == (len(file.read_text().splitlines()), file.stat().st_mode & 0o777)
    assert "HG509" == getattr(again.exception, "code", "")
