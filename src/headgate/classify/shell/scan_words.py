"""Words: quotes, escapes and expansions, part by part."""

import re
from collections.abc import Callable

from headgate.classify.shell.quoting import unescape_in_document, unescape_in_double_quotes
from headgate.classify.shell.scan_expansions import ExpansionScan
from headgate.classify.shell.syntax import Part, Text, Unknown, Word

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./^~*?\[\]!#-]+")
_RUN = re.compile(r"[^ \t\n;&|<>()'\"\\`$]+")
_IN_QUOTES = re.compile(r"(?:[^\"\\`$]|\\.)+", re.DOTALL)
_IN_DOCUMENT = re.compile(r"(?:[^\\`$]|\\.)+", re.DOTALL)
_ENDS = frozenset(" \t\n;&|)")
_EXTENDED = frozenset("?*+@!")
_CLOSE_PAREN = frozenset({")"})


class WordScan(ExpansionScan):
    """Reads words; a word ends before a blank or an operator that is not quoted."""

    def word(self) -> Word:
        """Read one word; its value is known at once where its text alone tells it."""
        start = self.at
        plain = _PLAIN.match(self.text, start)
        if plain:
            end = plain.end()
            if end == self.size or self.text[end] in _ENDS:
                self.at = end
                if plain[0][0] == "=" and plain[0].strip("="):
                    self.only_zsh("a word that begins with `=` is a program's path in zsh")
                return Word(*self.where(start, end), plain[0])
        parts = self.parts()
        if self.at == start:
            raise self.unsure("a word is missing")
        if self.text[start] == "=":
            self.only_zsh("a word that begins with `=` is a program's path in zsh")
        where = self.where(start, self.at)
        if all(isinstance(part, Text) and (part.quoted or "{" not in part.text) for part in parts):
            return Word(*where, "".join(part.text for part in parts if isinstance(part, Text)))
        return Word(*where, None, parts)

    def parts(self) -> tuple[Part, ...]:
        """Read the parts of one word."""
        found: list[Part] = []
        while self.at < self.size:
            match = _RUN.match(self.text, self.at)
            if match:
                found.append(Text(match[0], quoted=False))
                self.at = match.end()
                continue
            mark = self.text[self.at]
            if mark == "(" and found and _ends_extended(found[-1]):
                found.append(self.pattern())
            elif mark in " \t\n;&|()" or (mark in "<>" and self.peek(1) != "("):
                break
            else:
                found.extend(self.piece(mark, quoted=False))
        return tuple(found)

    def piece(self, mark: str, *, quoted: bool) -> tuple[Part, ...]:
        """Read what *mark* begins inside a word; a mark without a meaning is a character."""
        found: tuple[Part, ...]
        match mark:
            case "$":
                found = (self.dollar(quoted=quoted),)
            case "`":
                found = (self.backticks(quoted=quoted),)
            case "\\":
                found = self.escaped(quoted=quoted)
            case "'":
                found = (self.single(),)
            case '"':
                found = self.double()
            case "<" | ">" if self.peek(1) == "(" and not quoted:
                self.at += 2
                found = (Unknown((self.closed(_CLOSE_PAREN),)),)
            case _:
                self.at += 1
                found = (Text(mark, quoted),)
        return found

    def escaped(self, *, quoted: bool) -> tuple[Part, ...]:
        """Read a backslash and what it protects; with a line's end both vanish."""
        following = self.peek(1)
        self.at = min(self.at + 2, self.size)
        if following == "\n":
            return ()
        if quoted and following not in '$`"\\}':
            return (Text("\\" + following, quoted=True),)
        return (Text(following or "\\", quoted=True),)

    def single(self) -> Part:
        """Read `'…'`."""
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise self.unsure("a quote is not closed")
        start, self.at = self.at, end + 1
        return Text(self.text[start + 1 : end], quoted=True)

    def double(self) -> tuple[Part, ...]:
        """Read `"…"`."""
        self.at += 1
        parts = (Text("", quoted=True), *self.quoted(_IN_QUOTES, '"', unescape_in_double_quotes))
        if self.peek() != '"':
            raise self.unsure("a quote is not closed")
        self.at += 1
        return parts

    def quoted(self, run: re.Pattern[str], closing: str, unescape: Callable[[str], str]) -> list[Part]:
        """Read what expands as between double quotes, up to the *closing* mark."""
        found: list[Part] = []
        while self.at < self.size:
            match = run.match(self.text, self.at)
            if match:
                found.append(Text(unescape(match[0]), quoted=True))
                self.at = match.end()
                continue
            mark = self.text[self.at]
            if mark == closing:
                break
            if mark == "\\":  # the text ends behind it
                self.at += 1
                found.append(Text("\\", quoted=True))
            else:
                found.extend(self.piece(mark, quoted=True))
        return found

    def document(self) -> Word:
        """Read all of the text as the body of a here-document that expands."""
        parts = tuple(self.quoted(_IN_DOCUMENT, "", unescape_in_document))
        return Word(*self.where(0, self.size), None, (Text("", quoted=True), *parts))

    def pattern(self) -> Part:
        """Read the choices of an extended pattern, such as `@(a|b)`; in zsh they are conditions that may run."""
        self.only_zsh("a pattern with parentheses is zsh's own")
        return self.region(1, ")", quotes=True)


def _ends_extended(part: Part) -> bool:
    return isinstance(part, Text) and not part.quoted and part.text[-1:] in _EXTENDED
