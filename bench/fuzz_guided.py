"""Texts made by libFuzzer, led by the coverage of the classifier; `bench/fuzz.py --atheris` starts it."""

import sys
import tempfile
from itertools import islice
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

with atheris.instrument_imports(include=["headgate.classify"]):
    from oracle.inputs import commands, facts, texts


def one(data: bytes) -> None:
    """Classify *data* twice: whatever it raises, or a difference, ends the run with the text."""
    text = data.decode("utf-8", "surrogateescape")
    if facts(text) != facts(text):
        raise AssertionError(f"differs from itself: {text!r}")


def main() -> None:
    """Start from the tables' commands and some of the oracle's programs."""
    with tempfile.TemporaryDirectory(prefix="hg-fuzz-") as folder:
        for number, text in enumerate((*commands(), *islice(texts(1), 2000))):
            (Path(folder) / f"{number}").write_bytes(text.encode("utf-8", "surrogatepass"))
        atheris.Setup([*sys.argv, "-timeout=10", "-max_len=4000", "-rss_limit_mb=1024", folder], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
