"""Two lanes on a terminal: what the main thread typed and got, and what the workers really did."""

import shutil
import sys
import textwrap
import threading
from typing import TextIO

_RESET, _DIM, _BOLD = "\x1b[0m", "\x1b[2m", "\x1b[1m"
_COLOURS = {
    "allow": "\x1b[32m",
    "delegate": "\x1b[36m",
    "confirm": "\x1b[33m",
    "deny": "\x1b[31m",
    "worker": "\x1b[35m",
}


class Stage:
    """Prints whole lines, one at a time, from any thread; *plain* is for logs: no colours, lanes by name."""

    def __init__(self, *, plain: bool, out: TextIO | None = None) -> None:
        self.out = out or sys.stdout
        self.plain = plain or not self.out.isatty()
        self.width = 120 if self.plain else max(80, min(160, shutil.get_terminal_size((120, 40)).columns))
        self._lock = threading.Lock()

    def title(self, text: str) -> None:
        """Start an act."""
        self._print("")
        self._print(f"── {text} ".ljust(self.width - 1, "─") if self.plain else f"{_BOLD}── {text} {_RESET}")

    def aside(self, text: str) -> None:
        """Say something to the audience."""
        for line in textwrap.wrap(text, self.width - 4):
            self._print(f"  {line}" if self.plain else f"  {_DIM}{line}{_RESET}")

    def main(self, text: str, kind: str = "") -> None:
        """Say something in the main thread's lane."""
        for line in _wrapped(text, self.width - 10 if self.plain else self.width * 3 // 5 - 10):
            self._print(f"main   | {line}" if self.plain else f"{_COLOURS.get(kind, '')}main │ {line}{_RESET}")

    def worker(self, text: str) -> None:
        """Say something in the workers' lane."""
        half = self.width * 3 // 5
        for line in _wrapped(text, self.width - 10 if self.plain else self.width - half - 10):
            shown = f"worker | {line}" if self.plain else f"{' ' * half}{_COLOURS['worker']}worker │ {line}{_RESET}"
            self._print(shown)

    def _print(self, line: str) -> None:
        with self._lock:
            print(line, file=self.out, flush=True)


def _wrapped(text: str, width: int) -> list[str]:
    return [
        part for line in text.splitlines() for part in (textwrap.wrap(line, width, subsequent_indent="    ") or [""])
    ]
