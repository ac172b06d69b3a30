"""Our own reading of a text, by the shell's grammar: lists and pipelines (bash manual, 3.2)."""

import re

from headgate.classify.shell.cursor import Shared, UnsureError
from headgate.classify.shell.scan_compounds import CASE_ENDS, RESERVED, CompoundScan
from headgate.classify.shell.syntax import AndOr, Background, Broken, Node, Pipeline, Sequence, Word

_COMPOUND = re.compile(r"(?:\(|(?:\{|if|for|while|until|case|select|\[\[|!)(?=[ \t\n(;]))")
_NONE = frozenset[str]()
_ONLY_CLOSE = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})


class Reading:
    """What one scan of a text gave: the *tree*, *why* it is not sure (empty where it is), and what was *shared*."""

    def __init__(self, text: str) -> None:
        self.shared = Shared(again=2 * len(text) + 2048)
        scan = Scan(text, self.shared)
        self.why = ""
        try:
            self.tree = scan.block(_NONE)
        except UnsureError as error:
            self.why = error.why
            broken = Broken(error.at, len(text), f"the text does not parse: {error.why}")
            self.tree = Sequence((*scan.read, broken))


class Scan(CompoundScan):
    """Reads a whole text."""

    def __init__(self, text: str, shared: Shared, *, depth: int = 0, place: tuple[int, int] | None = None) -> None:
        super().__init__(text, shared, depth=depth, place=place)
        self.read: list[Node] = []

    def derived(self, text: str, start: int, end: int) -> Node:
        """Read *text*, which stands in another form between *start* and *end*."""
        self.deeper()
        place = self.where(start, end)
        self.shared.regions.append(place)
        body = Scan(text, self.shared, depth=self.depth, place=place).block(_NONE)
        self.depth -= 1
        return body

    def filled(self, body: str, start: int, end: int) -> Word:
        """Read the parts of a here-document's *body*, which stands between *start* and *end*."""
        place = self.where(start, end)
        self.shared.regions.append(place)
        return Scan(body, self.shared, depth=self.depth, place=place).document()

    # -- lists -------------------------------------------------------------------------------

    def block(self, closers: frozenset[str]) -> Node:
        """Read commands up to one of *closers*, which is left to read."""
        items = self.read if not self.depth else []
        while not self.closes(closers):
            items.append(self.and_or())
            self.blank()
            mark = self.peek()
            if mark == "&":
                self.at += 1
                items[-1] = Background(items[-1])
            elif mark == ";" and CASE_ENDS.match(self.text, self.at) is None:
                self.at += 1
            elif mark not in {"", "\n", ";", ")"} and not self.closes(closers):  # `done }` needs no separator
                raise self.unsure(f"`{mark}` stands where a command ends")
        return items[0] if len(items) == 1 else Sequence(tuple(items))

    def closes(self, closers: frozenset[str]) -> bool:
        """Whether one of *closers*, or the end where there is none, follows the line ends here."""
        self.lines()
        mark = self.peek()
        if not mark:
            if closers:
                raise self.unsure(f"`{min(closers)}` is missing")
            self.documents()
            return True
        if mark in ");" and (mark in closers or (mark == ";" and ";;" in closers)):
            return True
        word = RESERVED.match(self.text, self.at)
        if word is None:
            return False
        if word[0] in closers:
            return True
        if word[0] in _ONLY_CLOSE:
            raise self.unsure(f"`{word[0]}` closes nothing")
        return False

    def and_or(self) -> Node:
        """Read pipelines joined by `&&` and `||`."""
        items = [self.pipeline()]
        chained = True
        while True:
            self.blank()
            mark = self.text[self.at : self.at + 2]
            if mark not in {"&&", "||"}:
                return items[0] if len(items) == 1 else AndOr(tuple(items), chained)
            chained = chained and mark == "&&"
            self.at += 2
            self.lines()
            items.append(self.pipeline())

    def pipeline(self) -> Node:
        """Read commands joined by `|`."""
        stages = [self.stage()]
        while True:
            self.blank()
            if self.peek() != "|" or self.peek(1) == "|":
                return stages[0] if len(stages) == 1 else Pipeline(tuple(stages))
            self.at += 2 if self.peek(1) == "&" else 1
            self.lines()
            stages.append(self.stage())

    def stage(self) -> Node:
        """Read one command, and pass over what negates or times it."""
        while True:
            self.blank()
            word = RESERVED.match(self.text, self.at)
            if word is None or word[0] not in {"!", "time"}:
                return self.command()
            start, self.at = self.at, word.end()
            self.blank()
            if word[0] == "time" and _COMPOUND.match(self.text, self.at) is None:
                self.at = start
                return self.simple()  # the program of that name means the same
