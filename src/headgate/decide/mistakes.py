"""Collecting every mistake in a policy or a configuration, each with its line and a suggestion."""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping

from headgate.decide.source import Path, Statement, statements

_LINE = re.compile(r"\s*\(at (?:line (\d+), column \d+|end of document)\)")


MOST = 100
"""Mistakes of one file that are told."""

MOST_PARTS = 32
"""Parts of a dotted key: reading one takes time that grows with their square."""

_PART = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')"
_DEEP = re.compile(rf"(?:{_PART}\s*\.\s*){{{MOST_PARTS}}}")


class Mistakes:
    """The mistakes *found* so far, as `name:line: what`; *line* is that of the rule (or other *part*) being read."""

    def __init__(self, name: str, text: str, part: str = "rule") -> None:
        self.name = name
        self.part = part
        self.text = text
        self.lines = text.split("\n")
        self.found: list[str] = []
        self.line = 0
        self.rule = ""
        self._statements: tuple[Statement, ...] = ()
        self._heads: dict[Path, int] = {}

    def document(self) -> dict[str, object] | None:
        """Return the text as TOML; `None`, and one mistake, where it is none."""
        if deep := _DEEP.search(self.text):
            line = self.text.count("\n", 0, deep.start()) + 1
            self.found.append(f"{self.name}:{line}: a key of more than {MOST_PARTS} parts is not read")
            return None
        try:
            found = tomllib.loads(self.text)
        except (ValueError, RecursionError) as error:  # a number of too many digits is no TOML error
            place = _LINE.search(str(error))
            line = int(place[1]) if place and place[1] else max(len(self.lines), 1)
            self.found.append(f"{self.name}:{line}: this is not TOML: {_LINE.sub('', str(error)).strip()}")
            return None
        self._statements = statements(self.text)
        self._heads = {item.path: item.first for item in self._statements if item.head}
        return found

    def enter(self, number: int, rule: str, part: str = "") -> None:
        """Start with the *part* of this *number* (from 0) in the file, known as *rule*."""
        self.part = part or self.part
        self.rule = rule
        head = (self.part, number)
        self.line = self._heads.get(head, 0)

    def enter_table(self, part: str, rule: str) -> None:
        """Start with the table `[part.rule]`."""
        self.part, self.rule = part, rule
        self.line = next((item.first for item in self._statements if item.path[:2] == (part, rule)), 0)

    def enter_at(self, path: Path, part: str, rule: str) -> None:
        """Start with the table or the key at *path*, which is told as the *part* known as *rule*."""
        self.part, self.rule = part, rule
        self.line = next((item.first for item in self._statements if item.path[: len(path)] == path), 0)

    def add(self, line: int, word: str, what: str) -> None:
        """Add a mistake about *word*, in the table that stands at *line*; 0 is the whole text."""
        if len(self.found) < MOST:
            self.found.append(f"{self.name}:{self._place(line, word)}: {what}")

    def add_here(self, word: str, what: str) -> None:
        """Add a mistake about *word* in the rule being read."""
        self.add(self.line, word, f"{self.part} `{self.rule}`: {what}")

    def add_word(self, key: str, word: str, known: Collection[str]) -> None:
        """Add that *word* is no value of *key*, with the nearest of the *known* ones."""
        names = [str(item) for item in known]
        near = difflib.get_close_matches(word, names, n=1)
        few = len(names) <= _FEW
        hint = f" (did you mean `{near[0]}`?)" if near else f" ({', '.join(names)})" if few else ""
        self.add_here(word, f"`{word}` is not a value of `{key}`{hint}")

    def unknown_keys(self, table: Mapping[str, object], known: Collection[str], where: str) -> None:
        """Add every key of *table* that is not *known* in *where*."""
        inside = where in {f"a {self.part}", f"an {self.part}"} or where in _INSIDE
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, list(known), n=1)
                hint = f" (did you mean `{near[0]}`?)" if near else ""
                prefix = f"{self.part} `{self.rule}`: " if inside else ""
                self.add(self.line if prefix else 0, key, f"{prefix}unknown key `{key}` in {where}{hint}")

    def _place(self, line: int, word: str) -> int:
        """Return the line that *word* stands on: as a key first, then in a value, but in no comment."""
        if not line and (top := next((item for item in self._statements if item.path == (word,)), None)):
            return top.first
        inside = [item for item in self._statements if line <= item.first and not item.head]
        if line:
            heads = [item.first for item in self._statements if item.head and item.first > line]
            inside = [item for item in inside if item.first < min(heads, default=len(self.lines) + 1)]
        if found := next((item for item in inside if word in item.path[2 if line else 0 :]), None):
            return found.first
        whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        for item in inside:
            for number in range(item.first, item.last + 1):
                if whole.search(self.lines[number - 1].partition(" #")[0]):
                    return number
        heads = [item.first for item in self._statements if item.head and word in item.path]
        return max(line, heads[0] if heads and not line else 1)


_FEW = 20
_INSIDE = frozenset({"with", "expect", "given", "facts"})
