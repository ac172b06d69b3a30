"""What all walks over one action share."""

from collections.abc import Callable

import msgspec

from headgate.classify.steps import Trace

MAX_COMMANDS = 1500
"""More simple commands than this in one action are not followed; what is left is `opaque`."""


class State(msgspec.Struct):
    """What all walks over one action share: the fuel, where it started, and the files it has written so far.

    *made* are the files that were read back as the text itself wrote them; *trace* collects the steps where somebody
    wants to see them.
    """

    commands: int = MAX_COMMANDS
    tree: str = ""
    written: dict[str, str | None] = {}
    rewritten: bool = False
    made: set[tuple[str, str]] = set()
    trace: Trace | None = None

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
