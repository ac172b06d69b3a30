"""Spans and metrics to a collector, over OTLP/HTTP; the one file that knows the libraries of OpenTelemetry."""

import hashlib
import logging
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import certifi
import requests
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader, MetricExportResult
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Link, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from headgate import __version__
from headgate.configure.telemetry import TelemetryTerms
from headgate.model.errors import HeadgateError
from headgate.telemetry.measures import COUNTERS, DURATION, Measure
from headgate.telemetry.spans import Told

TIMEOUT = 3.0
"""Seconds that one request may take, with all that is tried again."""

MOST_HEADERS = 64 * 1024
"""Bytes of the file of headers."""

BUCKETS = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)
"""The bounds of the histogram, in seconds: those of the GenAI conventions."""

_WRONG, _BROKEN, _LATER = 400, 500, {408, 429}
_LATEST = 2**63 - 1
_USER_AGENT = f"headgate/{__version__}"


class Sender:
    """Sends to the collector that *terms* name; *gate* is the name of this gate among others.

    Raises `HeadgateError` HG523 where the file of headers, or that of certificates, cannot be used.
    """

    def __init__(self, terms: TelemetryTerms, gate: str) -> None:
        headers = read_headers(terms.headers_file)
        if terms.ca_file and not Path(terms.ca_file).is_file():
            raise _unusable(terms.ca_file, "it is no file")
        _hush()
        told = {"service.name": terms.service_name, "service.version": __version__, "service.instance.id": gate}
        resource = Resource.create(dict(told))
        self._ids = _Ids(gate)
        self._made = _Made()
        self._traces = TracerProvider(ALWAYS_ON, resource, shutdown_on_exit=False, id_generator=self._ids)
        self._traces.add_span_processor(self._made)
        self._tracer = self._traces.get_tracer("headgate", __version__)
        self._reader = InMemoryMetricReader()
        meters = MeterProvider([self._reader], resource, shutdown_on_exit=False)
        meter = meters.get_meter("headgate", __version__)
        self._counters = {name: meter.create_counter(name, unit, about) for name, (unit, about) in COUNTERS.items()}
        about = "How long calls took, as their client tells"
        self._duration = meter.create_histogram(DURATION, "s", about, explicit_bucket_boundaries_advisory=BUCKETS)
        self._session = _Session(headers)
        ca_file = terms.ca_file or certifi.where()
        self._spans = OTLPSpanExporter(
            f"{terms.endpoint}/v1/traces",
            certificate_file=ca_file,
            timeout=TIMEOUT,
            compression=Compression.Gzip,
            session=self._session,
        )
        self._metrics = OTLPMetricExporter(
            f"{terms.endpoint}/v1/metrics",
            certificate_file=ca_file,
            timeout=TIMEOUT,
            compression=Compression.Gzip,
            session=_Session(headers),
        )

    def span(self, told: Told) -> ReadableSpan | None:
        """Return *told* as a span that can be sent; `None` where the environment turns OpenTelemetry off."""
        self._ids.key = told.key
        span = self._tracer.start_span(
            told.name,
            Context(),
            SpanKind.INTERNAL,
            told.attributes | ({"error.type": told.error} if told.error else {}),
            [Link(self._ids.context(key)) for key in told.links],
            _nanoseconds(told.start),
            record_exception=False,
            set_status_on_exception=False,
        )
        for event in told.events:
            span.add_event(event.name, event.attributes, _nanoseconds(event.at))
        if told.error:
            span.set_status(Status(StatusCode.ERROR))
        span.end(_nanoseconds(told.end))
        return self._made.taken()

    def send(self, spans: Sequence[ReadableSpan]) -> bool:
        """Send *spans*, and say whether the collector took them; returns after `TIMEOUT` at the latest."""
        self._session.status = 0
        return not spans or self._spans.export(spans) is SpanExportResult.SUCCESS

    @property
    def refused(self) -> int:
        """The HTTP status by which the collector refused the spans that were sent last, for good; else 0."""
        status = self._session.status
        return status if _WRONG <= status < _BROKEN and status not in _LATER else 0

    def count(self, measures: Iterable[Measure]) -> None:
        """Add *measures* to the metrics."""
        for measure in measures:
            if measure.name == DURATION:
                self._duration.record(measure.value, measure.attributes)
            else:
                self._counters[measure.name].add(measure.value, measure.attributes)

    def send_metrics(self) -> bool:
        """Send the metrics as they stand, and say whether the collector took them."""
        data = self._reader.get_metrics_data()
        return data is None or self._metrics.export(data) is MetricExportResult.SUCCESS

    def close(self) -> None:
        """Give up what is being sent, and let go."""
        self._spans.shutdown()  # type: ignore[no-untyped-call]
        self._metrics.shutdown()


class _Made(SpanProcessor):
    """Holds the span that was made last."""

    def __init__(self) -> None:
        self._span: ReadableSpan | None = None

    def on_end(self, span: ReadableSpan) -> None:
        """Hold *span*."""
        self._span = span

    def taken(self) -> ReadableSpan | None:
        """Return the span, once."""
        span, self._span = self._span, None
        return span


class _Ids(IdGenerator):
    """Numbers of traces and spans that follow from what they tell of, so that links hold over a restart."""

    def __init__(self, gate: str) -> None:
        self._gate = gate
        self.key = ""

    def generate_trace_id(self) -> int:
        """Return the number of the trace of the present key."""
        return self.context(self.key).trace_id

    def generate_span_id(self) -> int:
        """Return the number of the span of the present key."""
        return self.context(self.key).span_id

    def context(self, key: str) -> SpanContext:
        """Return where the span of *key* stands."""
        digest = hashlib.sha256(f"{self._gate}\0{key}".encode()).digest()
        trace, span = int.from_bytes(digest[:16]), int.from_bytes(digest[16:24])
        return SpanContext(trace, span, is_remote=False, trace_flags=TraceFlags(TraceFlags.SAMPLED))


class _Session(requests.Session):
    """Sends our headers and nobody else's: no proxy, no `.netrc`, and none of `OTEL_EXPORTER_OTLP_HEADERS`."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        super().__init__()
        self.trust_env = False
        self.status = 0
        self.headers.clear()
        self._only = {
            "User-Agent": _USER_AGENT,
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "gzip",
            **headers,
        }

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """Return *request* with the headers of this session."""
        request.headers = dict(self._only)
        return super().prepare_request(request)

    def send(self, request: requests.PreparedRequest, **more: Any) -> requests.Response:  # noqa: ANN401 the library's own
        """Send *request*, and keep how it was answered."""
        self.status = 0
        response = super().send(request, **more)
        self.status = response.status_code
        return response


def read_headers(path: str) -> dict[str, str]:
    """Return the headers in the file at *path*, one a line as `name: value`; raises `HeadgateError` HG523."""
    if not path:
        return {}
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            mode = os.fstat(descriptor).st_mode
            content = file.read(MOST_HEADERS + 1) if stat.S_ISREG(mode) else b""
    except OSError as error:
        raise _unusable(path, str(error.strerror)) from None
    if not stat.S_ISREG(mode) or len(content) > MOST_HEADERS:
        raise _unusable(path, f"it is no file, or one of more than {MOST_HEADERS} bytes")
    if mode & stat.S_IRWXO:
        raise _unusable(path, "others than its owner and group may use it; `chmod o= FILE`")
    lines = [line for line in content.decode("latin-1").splitlines() if line.strip() and not line.startswith("#")]
    pairs = [line.partition(":") for line in lines]
    if not all(name.strip().isascii() and name.strip() and colon for name, colon, _value in pairs):
        raise _unusable(path, "each line is `name: value`")
    return {name.strip(): value.strip() for name, _colon, value in pairs}


def _unusable(path: str, why: str) -> HeadgateError:
    return HeadgateError("HG523", f"`{path}` of `[telemetry]` cannot be used ({why})", "repair it; nothing is sent")


def _nanoseconds(at: float) -> int:
    return min(max(int(at * 1e9), 0), _LATEST)


def _hush() -> None:
    """Keep the libraries from writing into the daemon's log: what goes wrong is counted, and told by `status`."""
    log = logging.getLogger("opentelemetry")
    log.addHandler(logging.NullHandler())
    log.propagate = False
