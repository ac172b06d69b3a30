"""What telemetry costs a decision: with none, with a collector that takes all, and with one that is dead.

    python bench/telemetry.py [--calls 3000]

Measured are the store's appends, which is where telemetry listens, and the whole gate behind its socket, from outside.
"""

import argparse
import gzip
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from headgate.configure.telemetry import TelemetryTerms
from headgate.record.events import ConfigurationRead, DaemonStopped, Refused
from headgate.telemetry.observer import Telemetry

PROGRAMS = Path(sys.executable).parent
DEAD = "http://127.0.0.1:9"


@contextmanager
def collector() -> Iterator[str]:
    """Yield the address of a collector that takes everything, in a thread of this process."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take what comes."""
            gzip.decompress(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


def row(name: str, seconds: list[float], unit: str = "ms") -> None:
    """Print the median, the 99th part and the longest of times."""
    cuts, scale = statistics.quantiles(seconds, n=100, method="inclusive"), {"ms": 1e3, "µs": 1e6}[unit]
    said = [
        f"{name} {value * scale:8.2f} {unit}"
        for name, value in (("p50", cuts[49]), ("p99", cuts[98]), ("max", max(seconds)))
    ]
    print(f"  {name:<34} {'   '.join(said)}", flush=True)


def listening(url: str, number: int) -> list[float]:
    """Return how long the listener held whoever appends, for each of so many events."""
    terms = TelemetryTerms(url)
    telemetry = Telemetry("bench", lambda: terms, dict)
    telemetry.heard("", ConfigurationRead(0.0, ()))
    taken = []
    for at in range(number):
        began = time.perf_counter()
        telemetry.heard("0" * 12, Refused(float(at), "c", "HG101", "x"))
        taken.append(time.perf_counter() - began)
        time.sleep(0.0005)
    telemetry.heard("", DaemonStopped(0.0, 0))
    return taken


@contextmanager
def gate(url: str) -> Iterator[Path]:
    """Yield the home of a gate whose daemon runs, and end it."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        home, file = Path(folder) / "home", Path(folder) / "config" / "headgate" / "headgate.toml"
        file.parent.mkdir(parents=True)
        file.write_text("schema = 1\n" + (f'[telemetry]\nendpoint = "{url}"\n' if url else ""))
        environment = os.environ | {"XDG_CONFIG_HOME": str(file.parent.parent)}
        command = [PROGRAMS / "headgate", "--home", home]
        subprocess.run([*command, "status"], check=True, capture_output=True, env=environment)
        yield home
        done = subprocess.run([*command, "status", "--json"], check=True, capture_output=True, env=environment)
        status = json.loads(done.stdout)
        told, pid = status["telemetry"], status["pid"]
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        counts = f"{told['sent']} spans sent, {told['dropped']} dropped, {told['waiting']} wait {told['code']}"
        print(f"    {counts}; memory of the daemon {int(found[1]) >> 10 if found else 0} MiB", flush=True)
        os.kill(pid, signal.SIGTERM)  # this process is a client to the daemon, and a client may not stop it
        while Path(f"/proc/{pid}").exists():
            time.sleep(0.05)


def answers(home: Path, number: int) -> list[float]:
    """Return how long each of so many decisions took, from the socket's opening to its answer."""
    taken = []
    for at in range(number):
        message = {
            "hook_event_name": "PreToolUse",
            "session_id": f"s-{at % 7}",
            "cwd": "/tmp",
            "tool_name": "Bash",
            "tool_use_id": f"t-{at}",
            "tool_input": {"command": f"rg -n x{at} src | head"},
            "agent_id": f"a-{at % 3}",  # of a subagent's call nobody tells the end: its span is sent at once
        }
        began = time.perf_counter()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(home / "daemon.sock"))
            connection.sendall(b"headgate-hook/1 claude-code decide\n" + json.dumps(message).encode())
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass
        taken.append(time.perf_counter() - began)
        time.sleep(0.002)
    return taken[number // 10 :]


def main() -> None:
    """Measure all three."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=3000)
    asked = parser.parse_args()
    print(f"telemetry, {asked.calls} calls each; load of this machine {os.getloadavg()[0]:.1f}\n")
    with collector() as url:
        row("listening, collector there", listening(url, asked.calls), "µs")
        row("listening, collector dead", listening(DEAD, asked.calls), "µs")
        for name, where in (("no telemetry", ""), ("collector there", url), ("collector dead", DEAD)):
            with gate(where) as home:
                row(f"decision, {name}", answers(home, asked.calls))


if __name__ == "__main__":
    main()
