"""Our own programs, as the clients of calls have to start them: these starts are let, and nothing else of them is."""

import os

import msgspec

from headgate.host.home import Home
from headgate.model.start import Start
from headgate.surfaces.client_shells import word_at
from headgate.surfaces.guarded import Guarded

_SHELLS = frozenset({"bash", "zsh", "sh"})
_QUOTE = "'\"'\"'"
"""How a single quote stands in a text that a client quotes for `eval`."""

_PREFIXED = 4096
"""Characters at the beginning of a text in which our path stands, where it has us in front."""

MOST_EXPECTED = 63
"""Texts of calls under way that are waited for in shells."""


class OwnStarts:
    """Our own programs, as a client under `headgate guard` starts them for its calls."""

    def __init__(self, home: Home) -> None:
        self._home, self._shell = str(home.path), str(home.shell)
        self._expected: list[str] = []
        self.programs: dict[str, str] = {}

    def expect(self, text: str) -> None:
        """Let a shell of a client under `headgate guard` run *text*, which a decision put into its call, once."""
        self._expected = [*self._expected[-MOST_EXPECTED:], text]

    def unprefixed(self, call: Guarded, start: Start) -> tuple[Start, bool]:
        """Return *start*, and whether it is the shell of a client that puts us in front of its text: now without us."""
        text = start.words[-1] if start.words else ""
        if call.whole or start.path.rpartition("/")[2] not in _SHELLS or self._shell not in text[:_PREFIXED]:
            return start, False
        program = word_at(text, 0)
        inner = word_at(text, program[1] + 1) if program is not None and program[0] == self._shell else None
        if inner is None or inner[1] != len(text) or self.programs.get(os.path.realpath(self._shell)) != "shim":
            return start, False
        return msgspec.structs.replace(start, words=(*start.words[:-1], inner[0])), True

    def _is_expected(self, start: Start, *, again: bool) -> bool:
        """Whether *start* is the shell in which a client runs what was put into its call; used up unless *again*."""
        if start.path.rpartition("/")[2] not in _SHELLS or "-c" not in start.words:
            return False
        said = "\n".join(start.words).replace(_QUOTE, "'")
        found = next((text for text in self._expected if text in said), None)
        if found is None:
            return False
        if not again:
            self._expected.remove(found)
        return True

    def lets(self, call: Guarded, start: Start, *, again: bool = False) -> bool:
        """Whether *start* is one of our programs, doing what a client has to start it for, and nothing else.

        *again* says that a shell of the same text is still to come.
        """
        if not call.whole and self._expected and self._is_expected(start, again=again):
            return True
        match self.programs.get(start.real), start.words[1:]:
            case ("hook", _):
                return not call.whole
            case ("headgate", ("attach", _, "--home", home)):
                return not call.whole and home == self._home
            case ("shim", ("keep" | "front", folder, *_)):
                return not call.whole and folder.startswith(f"{self._home}/runs/")
            case ("shim", (_,)):
                return not call.whole and start.path == self._shell
            case _:
                return False
