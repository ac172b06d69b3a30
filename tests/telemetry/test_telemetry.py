"""What a real receiver gets of what a real store appends, and that nobody else ever hears of telemetry."""

import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from collector import Collector, attributes, collector, until

from headgate.configure.telemetry import TelemetryTerms
from headgate.model.action import Caller, Thread
from headgate.model.approval import Granted, Needs
from headgate.model.override import Override, Scope
from headgate.model.person import Person
from headgate.record import events
from headgate.record.chain import Entry
from headgate.store.heard import HeardStore
from headgate.telemetry import observer, sender
from headgate.telemetry.observer import Telemetry
from headgate.telemetry.spans import Begun

T = 1_790_000_000.0


class Site:
    """A store that is observed; *terms* is what the configuration says."""

    def __init__(self, folder: Path) -> None:
        self.store = HeardStore(folder / "headgate.db")
        self.terms: TelemetryTerms | None = None
        self.running: dict[int, Begun] = {}
        self.telemetry = Telemetry(self.store.gate, lambda: self.terms, lambda: self.running)
        self.store.on_append(self.telemetry.heard)

    def follow(self, terms: TelemetryTerms | None) -> None:
        self.terms = terms
        self.store.append(events.ConfigurationRead(T, ()))

    def stop(self) -> None:
        self.store.append(events.DaemonStopped(T, 1))

    def sent(self, number: int) -> None:
        """Wait until so many spans have been sent."""
        until(lambda: self.telemetry.status().sent >= number)


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "EVERY", 0.02)
    monkeypatch.setattr(observer, "METRICS_EVERY", 0.02)
    monkeypatch.setattr(observer, "FAREWELL", 60.0)
    monkeypatch.setattr(sender, "TIMEOUT", 30.0)  # where a collector is there, a request is never sent twice


@pytest.fixture
def received() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture
def site(tmp_path: Path, received: Collector) -> Iterator[Site]:
    """A site that ends before its collector does."""
    assert received.url
    found = Site(tmp_path)
    yield found
    found.follow(None)
    found.store.close()
    for thread in threading.enumerate():
        if thread.name == "headgate-telemetry":
            thread.join(60)


def decided(at: float, call: str, **more: object) -> events.Decided:
    usual: dict[str, object] = {
        "at": T + at,
        "caller": Caller("claude-code", "s-1", Thread.MAIN, call, "agent-7"),
        "tool": "shell",
        "command": "ssh web1 'systemctl restart app' --password=‹secret›",
        "action": "a" * 64,
        "cwd": "/srv",
        "decision": "delegate",
        "then": "",
        "enforced": "rewrite",
        "workloads": ("remote-session", "restart"),
        "machines": ("web1",),
        "environment": "prod",
        "reasons": (),
        "evidence": (),
        "rules": ("heavy-main",),
        "budget": None,
        "policy": "p" * 64,
    }
    return events.Decided(**(usual | more))  # type: ignore[arg-type]


def refused(at: float, call: str, **more: object) -> events.Decided:
    return decided(at, call, **({"decision": "deny", "enforced": "refuse"} | more))


def name(entry: Entry) -> str:
    return entry.hash.hex()[:12]


# -- what arrives ---------------------------------------------------------------------------------


def test_a_call_is_a_span_by_the_conventions(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url, service_name="headgate-test"))
    entry = site.store.append(decided(1, "c-1"))
    site.store.append(events.CallEnded(T + 4, "s-1", "c-1", failed=True, seconds=2.5))
    site.sent(1)
    span = received.span("execute_tool shell")

    assert {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "shell",
        "gen_ai.tool.type": "function",
        "gen_ai.tool.call.id": "c-1",
        "gen_ai.conversation.id": "s-1",
        "gen_ai.agent.id": "agent-7",
        "error.type": "tool_error",
        "headgate.client": "claude-code",
        "headgate.thread": "main",
        "headgate.decision": "delegate",
        "headgate.decision.id": name(entry),
        "headgate.enforced": "rewrite",
        "headgate.mode": "enforce",
        "headgate.rules": ["heavy-main"],
        "headgate.workloads": ["remote-session", "restart"],
        "headgate.machines": ["web1"],
        "headgate.environment": "prod",
        "headgate.policy": "p" * 12,
        "headgate.main_thread.held": 2.5,
    } == attributes(span.attributes)
    assert (span.SPAN_KIND_INTERNAL, T + 1, T + 4) == (
        span.kind, span.start_time_unix_nano / 1e9, span.end_time_unix_nano / 1e9,
    )  # fmt: skip
    assert ["headgate.decision"] == [event.name for event in span.events]
    assert ("headgate-test", site.store.gate) == (
        received.resource["service.name"], received.resource["service.instance.id"],
    )  # fmt: skip


def test_a_refused_call_is_told_at_once_and_an_override_is_in_it(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    site.store.append(refused(1, "c-1"))
    other = Caller("codex", "s-2", Thread.SUBAGENT, "c-2")
    lifted = decided(2, "c-2", caller=other, override=4, without="deny", lifted=("no-deploy",), approval=9)
    site.store.append(lifted)
    site.sent(2)

    assert "deny" == attributes(received.span("execute_tool shell", thread="main").attributes)["headgate.decision"]
    told = attributes(received.span("execute_tool shell", thread="subagent").attributes)
    assert (4, "deny", ["no-deploy"], 9) == (
        told["headgate.override"], told["headgate.override.without"], told["headgate.override.lifted"],
        told["headgate.approval"],
    )  # fmt: skip


def test_a_job_is_linked_to_its_decision(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    entry = site.store.append(refused(1, "c-1"))
    site.store.append(events.JobStarted(T + 2, 12, "s-1", name(entry)))
    site.store.append(events.JobEnded(T + 9, 12, "failed", 3, 7.0, remote="confirmed"))
    site.sent(2)
    job, call = received.span("headgate.job"), received.span("execute_tool shell")

    assert [(call.trace_id, call.span_id)] == [(link.trace_id, link.span_id) for link in job.links]
    assert (T + 2, T + 9) == (job.start_time_unix_nano / 1e9, job.end_time_unix_nano / 1e9)
    told = attributes(job.attributes)
    assert (12, "failed", 3, "s-1", "failed") == (
        told["headgate.job"], told["headgate.job.state"], told["process.exit.code"], told["gen_ai.conversation.id"],
        told["error.type"],
    )  # fmt: skip


def test_a_job_that_ran_before_the_daemon_started_is_linked_too(site: Site, received: Collector) -> None:
    site.running = {12: Begun(T - 100, "s-1", "0123456789ab")}
    site.follow(TelemetryTerms(received.url))
    site.store.append(events.JobEnded(T + 9, 12, "succeeded", 0, 109.0))
    site.sent(1)
    job = received.span("headgate.job")

    assert (T - 100, 1, "0123456789ab") == (
        job.start_time_unix_nano / 1e9, len(job.links), attributes(job.attributes)["headgate.decision.id"],
    )  # fmt: skip


def test_a_question_is_a_span_from_asking_to_the_answer(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    asked = events.ApprovalAsked(T, 5, "d" * 12, "s-1", "main", "carol", "e" * 64, Granted("delegate"),
                                 Needs(("oncall",), 2), T + 900)  # fmt: skip
    alice, bob = Person("alice", "terminal"), Person("bob", "api")
    site.store.append(asked)
    site.store.append(events.ApprovalAnswered(T + 20, 5, alice, yes=True, state="pending"))
    site.store.append(events.ApprovalAnswered(T + 60, 5, bob, yes=True, state="approved", reason="it is agreed"))
    site.sent(1)
    span = received.span("headgate.approval")
    told = attributes(span.attributes)

    assert (T, T + 60) == (span.start_time_unix_nano / 1e9, span.end_time_unix_nano / 1e9)
    assert (5, "approved", "delegate", 2, ["oncall"], "carol") == tuple(
        told[f"headgate.{key}"]
        for key in (
            "approval",
            "approval.state",
            "approval.grants",
            "approval.needed",
            "approval.approvers",
            "requester",
        )
    )
    assert [("alice", "terminal", True), ("bob", "api", True)] == [
        tuple(attributes(event.attributes)[f"headgate.{key}"] for key in ("person", "how", "yes"))
        for event in span.events
    ]


def test_overrides_and_refused_grants_are_told_at_once(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    given = Override(3, Scope(everything=True), "the cluster is down", Person("alice", "terminal"), T, T + 600, uses=2)
    site.store.append(events.OverrideGranted(T, given, "00", "k"))
    site.store.append(events.OverrideEnded(T + 60, 3, "ended", "alice"))
    site.store.append(events.GrantRefused(T + 70, "approve", 1000, 4711, "no terminal"))
    site.sent(3)
    told = attributes(received.span("headgate.override.granted").attributes)

    assert (True, 600.0, 2, "alice", "the cluster is down") == tuple(
        told[f"headgate.{key}"]
        for key in ("override.everything", "override.seconds", "override.uses", "person", "reason")
    )
    assert "ended" == attributes(received.span("headgate.override.ended").attributes)["headgate.override.end"]
    refusal = received.span("headgate.grant.refused")
    assert (refusal.status.STATUS_CODE_ERROR, 4711) == (
        refusal.status.code, attributes(refusal.attributes)["process.pid"],
    )  # fmt: skip


def test_commands_are_sent_only_where_the_operator_wants_them(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    site.store.append(refused(1, "c-1"))
    site.sent(1)
    site.follow(TelemetryTerms(received.url, arguments=True))
    site.store.append(refused(2, "c-2"))
    site.sent(1)
    quiet, loud = (attributes(span.attributes) for span in received.spans)

    assert "systemctl" not in str(quiet)
    assert '{"command":"ssh web1 \'systemctl restart app\' --password=‹secret›"}' == loud["gen_ai.tool.call.arguments"]


def test_metrics_add_up(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    site.store.append(decided(1, "c-1"))
    site.store.append(decided(2, "c-2", workloads=(), decision="allow", enforced="run", override=1, without="deny"))
    site.store.append(refused(3, "c-3"))
    site.store.append(events.CallEnded(T + 4, "s-1", "c-1", failed=False, seconds=2.5))
    site.store.append(events.CallEnded(T + 5, "s-1", "c-2", failed=True, seconds=0.25))
    site.store.append(events.JobStarted(T + 5, 1, "s-1", ""))
    site.store.append(events.JobEnded(T + 6, 1, "succeeded", 0, 1.0))
    site.store.append(events.ApprovalExpired(T + 7, 8))
    site.stop()
    decisions = {
        tuple(value for _key, value in key): count for key, count in received.points("headgate.decisions").items()
    }

    assert {
        ("delegate", "enforce", "main", "remote-session,restart"): 1,
        ("deny", "enforce", "main", "remote-session,restart"): 1,
        ("allow", "enforce", "main", "light"): 1,
    } == decisions
    assert {(): 2.75} == received.points("headgate.main_thread.held")
    assert {"started": 1, "succeeded": 1} == {key[0][1]: n for key, n in received.points("headgate.jobs").items()}
    assert {"used": 1} == {key[0][1]: n for key, n in received.points("headgate.overrides").items()}
    assert {"expired": 1} == {key[0][1]: n for key, n in received.points("headgate.approvals").items()}
    duration = received.metric("gen_ai.execute_tool.duration")
    assert duration is not None
    assert ("s", {(2.5, None), (0.25, "tool_error")}) == (
        duration.unit,
        {(p.sum, attributes(p.attributes).get("error.type")) for p in duration.histogram.data_points},
    )
    assert 81.92 == duration.histogram.data_points[0].explicit_bounds[-1]


def test_the_end_of_the_daemon_sends_what_is_left(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    site.store.append(decided(1, "c-1"))  # its end is never heard of
    site.stop()

    assert 1 == len(received.spans)
    assert "" == site.telemetry.status().endpoint


# -- nobody hears of it ---------------------------------------------------------------------------


def test_nothing_is_sent_of_what_was_not_durable(site: Site, received: Collector) -> None:
    site.follow(TelemetryTerms(received.url))
    with suppress(ZeroDivisionError), site.store.together():
        site.store.append(refused(1, "c-1"))
        1 / 0  # noqa: B018 whatever goes wrong
    site.store.append(refused(2, "c-2"))
    site.stop()

    assert ["c-2"] == [attributes(span.attributes)["gen_ai.tool.call.id"] for span in received.spans]


@contextmanager
def closed_port() -> Iterator[int]:
    """Hold a port at which nobody listens: a server of ours can still be bound to it, and no other program is."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])


def test_a_dead_collector_costs_only_its_own_spans(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "MOST", 50)
    monkeypatch.setattr(sender, "TIMEOUT", 0.5)
    with closed_port() as port:
        site.follow(TelemetryTerms(f"http://127.0.0.1:{port}"))
        for number in range(200):
            site.store.append(refused(number, f"c-{number}"))
        until(lambda: site.telemetry.status().code)
        for number in range(200):
            site.store.append(refused(number, f"c-{number}"))
        status = site.telemetry.status()

    assert ("HG522", 0) == (status.code, status.sent)
    assert "does not answer" in status.fault
    assert status.dropped > 0
    assert status.waiting <= 100  # as many events, and as many spans, as there is room for
    assert 401 == site.store.length()


def test_a_collector_that_comes_back_gets_what_waited(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observer, "SLOWEST", 0.1)
    monkeypatch.setattr(sender, "TIMEOUT", 2.0)
    with closed_port() as port:
        site.follow(TelemetryTerms(f"http://127.0.0.1:{port}"))
        site.store.append(refused(1, "c-1"))
        until(lambda: site.telemetry.status().code == "HG522")
        with collector(port) as received:
            site.sent(1)
            until(lambda: site.telemetry.status().code == "")
            assert ["c-1"] == [attributes(span.attributes)["gen_ai.tool.call.id"] for span in received.spans]


def test_what_a_collector_refuses_is_not_sent_for_ever(site: Site, received: Collector) -> None:
    received.status = 400
    site.follow(TelemetryTerms(received.url))
    site.store.append(refused(1, "c-1"))
    until(lambda: site.telemetry.status().dropped == 1)
    assert "refuses what is sent (HTTP 400)" in site.telemetry.status().fault
    received.status = 200
    site.store.append(refused(2, "c-2"))
    site.sent(1)

    assert ["c-2"] == [attributes(span.attributes)["gen_ai.tool.call.id"] for span in received.spans]


def test_without_the_extra_that_is_said(site: Site, received: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "headgate.telemetry.sender", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.context", None)
    site.follow(TelemetryTerms(received.url))
    site.store.append(refused(1, "c-1"))
    until(lambda: site.telemetry.status().code)

    assert "HG521" == site.telemetry.status().code
    assert "the extra `otel` is not installed" in site.telemetry.status().fault


# -- headers --------------------------------------------------------------------------------------


def headers(folder: Path, text: str, mode: int = 0o600) -> str:
    path = folder / "headers"
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def test_headers_come_from_the_file_and_from_nowhere_else(
    site: Site, received: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-somebody-elses=key")
    with closed_port() as port:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{port}")
        site.follow(TelemetryTerms(received.url, headers(tmp_path, "# ours\nAuthorization: Bearer abc:def\n\n")))
        site.store.append(refused(1, "c-1"))
        site.sent(1)
    got = {key.lower(): value for key, value in received.headers[0].items()}

    assert ("Bearer abc:def", "application/x-protobuf", "gzip") == (
        got["authorization"], got["content-type"], got["content-encoding"],
    )  # fmt: skip
    assert "x-somebody-elses" not in got
    assert got["user-agent"].startswith("headgate/")


def fifo(folder: Path) -> str:
    os.mkfifo(folder / "fifo", 0o600)
    return str(folder / "fifo")


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda folder: str(folder / "none"), "No such file"),
        (lambda folder: headers(folder, "Authorization: x", 0o644), "others than its owner"),
        (lambda folder: headers(folder, "no colon here"), "each line is"),
        (lambda folder: headers(folder, "x: y\n" * 20_000), "more than"),
        (fifo, "it is no file"),
    ],
)
def test_a_file_of_headers_that_cannot_be_used_is_said(
    site: Site, received: Collector, tmp_path: Path, make: Callable[[Path], str], why: str
) -> None:
    site.follow(TelemetryTerms(received.url, make(tmp_path)))
    site.store.append(refused(1, "c-1"))
    until(lambda: site.telemetry.status().code)

    assert "HG523" == site.telemetry.status().code
    assert why in site.telemetry.status().fault
    assert [] == received.headers
