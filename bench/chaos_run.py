"""Runs `headgate` with shorter leases, for the chaos harness: `chaos_run.py TTL BEAT GRACE WORDS…`, in seconds.

How long a lease lasts is a constant of the program, and nothing that an agent could set. This process changes it for
itself, and has the daemon that a command starts run in the same way.
"""

import subprocess
import sys
from pathlib import Path

from headgate.host.home import Home
from headgate.surfaces import client, hand_in
from headgate.surfaces.cli import run
from headgate.workers import carrier, exchange

TIMES = 3


def prefix(times: list[float]) -> list[str]:
    """Return the words in front of those of `headgate`, for leases of these *times*."""
    return [sys.executable, str(Path(__file__).resolve()), *(f"{time:g}" for time in times)]


def main() -> int:
    """Run the command line with other times."""
    times = [float(word) for word in sys.argv[1 : 1 + TIMES]]
    carrier.TTL, carrier.BEAT = exchange.TTL, exchange.BEAT = times[:2]
    exchange.GRACE = times[2]

    def start_daemon(home: Home) -> None:
        words = [*prefix(times), "--home", str(home.path), "serve", "--background"]
        subprocess.run(words, capture_output=True, check=False, stdin=subprocess.DEVNULL)

    client.start_daemon = start_daemon
    hand_in.start_daemon = start_daemon
    return run(sys.argv[1 + TIMES :])


if __name__ == "__main__":
    sys.exit(main())
