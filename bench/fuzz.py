"""Random texts for the classifier: it never raises, never hangs, and says the same of the same text.

    python bench/fuzz.py [--count 10000000] [--jobs 2] [--seed 1]
    python bench/fuzz.py --atheris SECONDS      led by coverage (extra `bench`)

Texts are programs of the execution oracle and the tables' commands, damaged, and words in any order. None is run.
"""

import argparse
import multiprocessing
import resource
import signal
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from types import FrameType

import msgspec

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from oracle.inputs import facts, texts

BATCH = 20_000
HANG = 1.0
"""Seconds of processor time that no text of this length (at most 4,000 characters) may take."""

GIVEN_UP = 10
MEGABYTES = 500
MOST_SHOWN = 1000
AGAIN = 10
"""One text in so many is classified twice."""


class Found(msgspec.Struct):
    """What one batch showed."""

    count: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_text: str = ""
    megabytes: float = 0.0
    findings: list[str] = []


def main() -> None:
    """Run the batches, with a line of progress each, and fail when something was found."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--count", type=int, default=10_000_000)
    words.add_argument("--jobs", type=int, default=2)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--atheris", type=int, metavar="SECONDS")
    given = words.parse_args()
    if given.atheris:
        guided = Path(__file__).with_name("fuzz_guided.py")
        sys.exit(subprocess.run([sys.executable, guided, f"-max_total_time={given.atheris}"], check=False).returncode)
    began = time.monotonic()
    whole = Found()
    batches = [(given.seed, number, min(BATCH, given.count - start)) for number, start in _starts(given.count)]
    with multiprocessing.Pool(given.jobs) as pool:
        for found in pool.imap_unordered(_batch, batches):
            _add(whole, found)
            rate = whole.count / (time.monotonic() - began)
            line = f"{whole.count} texts, {rate:.0f} a second, slowest {whole.slowest * 1e3:.1f} ms"
            print(f"{line}, {whole.megabytes:.0f} MB, {len(whole.findings)} findings", file=sys.stderr, flush=True)
    _print(whole, time.monotonic() - began)
    sys.exit(bool(whole.findings))


def _starts(count: int) -> list[tuple[int, int]]:
    return list(enumerate(range(0, count, BATCH)))


def _batch(batch: tuple[int, int, int]) -> Found:
    """Classify one batch of texts."""
    seed, number, count = batch
    found = Found()
    signal.signal(signal.SIGALRM, _give_up)
    for place, text in enumerate(islice(texts(seed * 1_000_003 + number), count)):
        seconds = _one(text, found, twice=place % AGAIN == 0)
        found.count += 1
        found.seconds += seconds
        if seconds > found.slowest:
            found.slowest, found.slowest_text = seconds, text
    found.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if found.megabytes > MEGABYTES:
        found.findings.append(f"{found.megabytes:.0f} MB after batch {number} of seed {seed}")
    return found


def _one(text: str, found: Found, *, twice: bool) -> float:
    """Classify *text*, note what is wrong, and return the processor's seconds it took."""
    signal.alarm(GIVEN_UP)
    began = time.thread_time()
    try:
        first = facts(text)
        seconds = time.thread_time() - began
        if twice and facts(text) != first:
            found.findings.append(f"differs from itself: {text!r}")
    except Exception as error:  # noqa: BLE001 whatever it raises is a finding
        found.findings.append(f"{type(error).__name__} {error}: {text!r}")
        seconds = time.thread_time() - began
    finally:
        signal.alarm(0)
    if seconds > HANG and _best(text) > HANG:
        found.findings.append(f"{seconds:.1f} s: {text!r}")
    return seconds


def _best(text: str) -> float:
    """Return the best time of three: a busy machine is not the text's fault."""
    times = []
    for _ in range(3):
        signal.alarm(GIVEN_UP)
        began = time.thread_time()
        try:
            facts(text)
        except Exception:  # noqa: BLE001 it is noted already
            pass
        finally:
            signal.alarm(0)
        times.append(time.thread_time() - began)
    return min(times)


def _give_up(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"no answer after {GIVEN_UP} s")


def _add(whole: Found, found: Found) -> None:
    whole.count += found.count
    whole.seconds += found.seconds
    whole.findings += found.findings
    for finding in found.findings:
        print(finding[:MOST_SHOWN], file=sys.stderr, flush=True)
    whole.megabytes = max(whole.megabytes, found.megabytes)
    if found.slowest > whole.slowest:
        whole.slowest, whole.slowest_text = found.slowest, found.slowest_text


def _print(whole: Found, elapsed: float) -> None:
    print(
        f"{whole.count} texts in {elapsed:.0f} s, {whole.seconds / max(1, whole.count) * 1e6:.0f} µs each, on average"
    )
    print(f"slowest {whole.slowest * 1e3:.1f} ms: {whole.slowest_text!r}")
    print(f"largest process {whole.megabytes:.0f} MB; {len(whole.findings)} findings")
    for finding in whole.findings:
        print(f"  {finding}")


if __name__ == "__main__":
    main()
