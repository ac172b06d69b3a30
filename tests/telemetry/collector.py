"""A real receiver of OTLP over HTTP on loopback, which decodes what it gets."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

Plain = str | bool | int | float | list["Plain"] | None


def plain(value: AnyValue) -> Plain:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [plain(item) for item in value.array_value.values]
    return getattr(value, kind) if kind else None


def attributes(pairs: "Iterator[KeyValue]") -> dict[str, Plain]:
    return {pair.key: plain(pair.value) for pair in pairs}


class Collector:
    """What was received so far; *status* is how requests are answered."""

    def __init__(self) -> None:
        self.status = 200
        self.url = ""
        self.headers: list[dict[str, str]] = []
        self.traces: list[ExportTraceServiceRequest] = []
        self.metrics: list[ExportMetricsServiceRequest] = []

    @property
    def spans(self) -> list[Span]:
        found = [part for request in self.traces for part in request.resource_spans]
        return [span for part in found for scope in part.scope_spans for span in scope.spans]

    def span(self, name: str, **told: Plain) -> Span:
        """Return the one span of this name and these attributes (`_` for `.`, `headgate.` in front)."""
        wanted = {f"headgate.{key.replace('_', '.')}": value for key, value in told.items()}
        (found,) = [s for s in self.spans if s.name == name and wanted.items() <= attributes(s.attributes).items()]
        return found

    def metric(self, name: str) -> Metric | None:
        """Return the latest metric of this name, where there is one."""
        parts = [part for request in self.metrics for part in request.resource_metrics]
        found = [metric for part in parts for scope in part.scope_metrics for metric in scope.metrics]
        return next((metric for metric in reversed(found) if metric.name == name), None)

    def points(self, name: str) -> dict[tuple[tuple[str, Plain], ...], float]:
        """Return the values of a counter by their attributes."""
        found = self.metric(name)
        points = found.sum.data_points if found else ()
        return {tuple(sorted(attributes(p.attributes).items())): p.as_double or p.as_int for p in points}

    @property
    def resource(self) -> dict[str, Plain]:
        return attributes(self.traces[0].resource_spans[0].resource.attributes)


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextmanager
def collector(port: int = 0) -> Iterator[Collector]:
    """Yield a collector that listens."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            body = gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body
            found.headers.append(dict(self.headers.items()))
            if found.status == 200:
                kind = {"/v1/traces": ExportTraceServiceRequest, "/v1/metrics": ExportMetricsServiceRequest}[self.path]
                request = kind.FromString(body)
                (found.traces if self.path == "/v1/traces" else found.metrics).append(request)
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
