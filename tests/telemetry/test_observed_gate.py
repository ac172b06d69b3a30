"""A whole gate with a collector beside it: the real daemon, hook and commands."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from collector import Collector, attributes, collector, until

from conftest import Gate


@pytest.fixture
def received() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture
def configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "config" / "headgate" / "headgate.toml"
    path.parent.mkdir(parents=True)
    return path


def configured(path: Path, url: str) -> None:
    path.write_text(f'schema = 1\n[telemetry]\nendpoint = "{url}"\n')


def status(gate: Gate) -> dict[str, object]:
    found: dict[str, object] = json.loads(gate("status", "--json"))["telemetry"]
    return found


def test_decisions_and_jobs_reach_the_collector(gate: Gate, received: Collector, configuration: Path) -> None:
    configured(configuration, received.url)
    gate.propose("headgate stop")
    job = json.loads(gate("delegate", "--wait", "--json", "--", "true").splitlines()[-1])["job"]
    until(lambda: [span for span in received.spans if span.name == "headgate.job"])
    gate("stop")  # a call that a person handed in has no end that anybody tells
    until(lambda: received.metric("headgate.jobs") and received.metric("headgate.decisions"))  # they are sent last
    spans = {(link.trace_id, link.span_id) for link in received.span("headgate.job", job=job).links}

    assert "deny" == attributes(received.span("execute_tool shell", decision="deny").attributes)["headgate.decision"]
    assert spans <= {(span.trace_id, span.span_id) for span in received.spans if span.name == "execute_tool shell"}
    assert 1 == len(spans)


def test_telemetry_starts_and_ends_with_the_file(gate: Gate, received: Collector, configuration: Path) -> None:
    assert "" == status(gate)["endpoint"]
    assert "telemetry" not in gate("status")
    configured(configuration, received.url)
    assert received.url == status(gate)["endpoint"]
    gate.propose("headgate stop")
    until(lambda: received.spans)
    assert f"telemetry  {received.url}: " in gate("status")
    configuration.unlink()
    assert "" == status(gate)["endpoint"]


def test_a_dead_collector_changes_no_answer_and_no_end(gate: Gate, configuration: Path) -> None:
    before = gate.propose("headgate stop")["permissionDecision"]
    configured(configuration, "http://127.0.0.1:9")
    after = gate.propose("headgate stop")["permissionDecision"]
    pid = int(json.loads(gate("status", "--json"))["pid"])
    until(lambda: status(gate)["code"])

    assert "deny" == before == after
    assert "HG522 the collector at http://127.0.0.1:9 does not answer; decisions go on" in gate("status")
    gate("stop")
    until(lambda: not Path(f"/proc/{pid}").exists())
