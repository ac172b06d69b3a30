"""What all walks over one action share."""

from collections.abc import Callable

import msgspec

from headgate.classify.effect import HIDDEN
from headgate.classify.steps import Trace
from headgate.classify.surroundings import Surroundings

MAX_COMMANDS = 1500
"""More simple commands than this in one action are not followed; what is left is `opaque`."""


MAX_NESTED = 256 * 1024
"""Characters of texts in texts that are read in one action, and of words that programs hand on."""


class State(msgspec.Struct):
    """What all walks over one action share: the fuel, where it started, the files it has written, what it chose.

    *made* are the files that were read back as the text itself wrote them; *trace* collects the steps where somebody
    wants to see them; *commands_seen* are the words of every program, for the rules.
    """

    commands: int = MAX_COMMANDS
    characters: int = MAX_NESTED
    tree: str = ""
    written: dict[str, str | None] = {}
    rewritten: bool = False
    made: set[tuple[str, str]] = set()
    trace: Trace | None = None
    chosen: dict[tuple[str, str], str] = {}
    around: Surroundings = Surroundings()
    seen: dict[str, tuple[tuple[str, str], ...]] = {}
    commands_seen: list[str] = []

    def settings(self, pattern: str) -> tuple[tuple[str, str], ...]:
        """Return the paths and texts of the settings files that *pattern* names, read once for an action.

        `HIDDEN` stands for a text that the action itself changed; other programs that it runs leave them alone.
        """
        found = self.seen.get(pattern)
        if found is None or self.written:
            wild = "*" in pattern or "?" in pattern or "[" in pattern
            paths = self.around.matching(pattern) if wild else (pattern,)
            texts = [(path, self._setting(path)) for path in paths]
            found = self.seen[pattern] = tuple((path, text) for path, text in texts if text is not None)
        return found

    def _setting(self, path: str) -> str | None:
        if path not in self.written:
            return self.around.read(path)
        text = self.written[path]
        return HIDDEN if text is None else text

    def choose(self, machine: str, chosen: tuple[tuple[str, str], ...]) -> None:
        """Remember which machine the later calls of a tool mean, on *machine*."""
        self.chosen = self.chosen | {(machine, tool): name for tool, name in chosen}

    def doubt(self, before: dict[tuple[str, str], str]) -> None:
        """Make uncertain what was chosen since *before*: it may not have run."""
        self.chosen = {key: name if before.get(key) == name else HIDDEN for key, name in self.chosen.items()}

    def reader(self, read: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """Return *read* as it is after what the text itself wrote: known, or not known any more."""

        def after(path: str) -> str | None:
            if path in self.written:
                text = self.written[path]
                if text is not None:
                    self.made.add((path, text))
                return text
            return None if self.rewritten else read(path)

        return after
