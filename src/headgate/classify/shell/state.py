"""What all walks over one action share."""

from collections.abc import Callable

import msgspec

MAX_COMMANDS = 1500
"""More simple commands than this in one action are not followed; what is left is `opaque`."""


class State(msgspec.Struct):
    """What all walks over one action share: the fuel, where it started, and the files it has written so far."""

    commands: int = MAX_COMMANDS
    tree: str = ""
    written: dict[str, str | None] = {}
    rewritten: bool = False

    def reader(self, read: Callable[[str], str | None]) -> Callable[[str], str | None]:
        """Return *read* as it is after what the text itself wrote: known, or not known any more."""

        def after(path: str) -> str | None:
            if path in self.written:
                return self.written[path]
            return None if self.rewritten else read(path)

        return after
