"""Collecting every mistake in a policy or a configuration, each with its line and a suggestion."""

import difflib
import re
from collections.abc import Collection, Mapping


class Mistakes:
    """The mistakes *found* so far, as `name:line: what`; *line* is that of the rule (or other *part*) being read."""

    def __init__(self, name: str, text: str, part: str = "rule") -> None:
        self.name = name
        self.part = part
        self.lines = text.splitlines()
        self.found: list[str] = []
        self.line = 0
        self.rule = ""
        self._heads = [number for number, line in enumerate(self.lines, start=1) if line.strip() == f"[[{part}]]"]

    def enter(self, number: int, rule: str) -> None:
        """Start with the rule of this *number* (from 0) in the file."""
        self.line = self._heads[number] if number < len(self._heads) else 0
        self.rule = rule

    def add(self, line: int, word: str, what: str) -> None:
        """Add a mistake about *word*, looked for from *line* on."""
        self.found.append(f"{self.name}:{self._place(line, word)}: {what}")

    def add_here(self, word: str, what: str) -> None:
        """Add a mistake about *word* in the rule being read."""
        self.add(self.line, word, f"{self.part} `{self.rule}`: {what}")

    def add_word(self, key: str, word: str, known: Collection[str]) -> None:
        """Add that *word* is no value of *key*, with the nearest of the *known* ones."""
        near = difflib.get_close_matches(word, [str(item) for item in known], n=1)
        hint = f" (did you mean `{near[0]}`?)" if near else f" ({', '.join(known)})"
        self.add_here(word, f"`{word}` is not a value of `{key}`{hint}")

    def unknown_keys(self, table: Mapping[str, object], known: Collection[str], where: str) -> None:
        """Add every key of *table* that is not *known* in *where*."""
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, list(known), n=1)
                hint = f" (did you mean `{near[0]}`?)" if near else ""
                prefix = f"{self.part} `{self.rule}`: " if where in {f"a {self.part}", "with"} else ""
                self.add(self.line if prefix else 0, key, f"{prefix}unknown key `{key}` in {where}{hint}")

    def _place(self, line: int, word: str) -> int:
        """Return the first line from *line* on that holds *word*, within the rule that starts there."""
        whole = re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")
        for number in range(max(line, 1), len(self.lines) + 1):
            text = self.lines[number - 1]
            if number > line > 0 and text.strip().startswith("[["):
                break
            if whole.search(text):
                return number
        return max(line, 1)
