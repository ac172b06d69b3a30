"""What stands behind a dollar sign or in backticks: values, and commands that run on the way."""

import re
from collections.abc import Callable

from headgate.classify.shell.cursor import LEAST_READ_AGAIN, Cursor, UnsureError
from headgate.classify.shell.quoting import ansi_c
from headgate.classify.shell.syntax import Expansion, Node, Part, Substitution, Text, Unknown, Variable

_NAMED = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-]")
_FLAGGED = re.compile(r"[~=^+][A-Za-z_]")
_PARAMETER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[@*#?$!-]")
_OPERATOR = re.compile(r":?[-=?+]|##?|%%?|//|/[#%]|/|\^\^?|,,?|@[A-Za-z]|:")
_BACKTICKS = re.compile(r"`((?:[^`\\]|\\.)*)`", re.DOTALL)
_ESCAPES = re.compile(r"\\([$`\\])")
_ESCAPES_QUOTED = re.compile(r'\\([$`\\"])')
_ANSI = re.compile(r"\$'((?:[^'\\]|\\.)*)'", re.DOTALL)
_IN_ARITHMETIC = re.compile(r"[^()\[\]{}$`\\\"']+")
_IN_OPERAND = re.compile(r"[^\\'\"`$}/:<>]+")
_CLOSE_PAREN = frozenset({")"})
_CLOSE_BRACE = frozenset({"}"})
_PATTERNS = ("#", "%", "/", "^", ",")


class ExpansionScan(Cursor):
    """Reads expansions; each method starts at the first character of one and ends behind it."""

    def dollar(self, *, quoted: bool) -> Part:
        """Read what a dollar sign begins; alone it is a character."""
        following = self.peek(1)
        if following in _OPENS and following:
            return _OPENS[following](self, quoted)
        name = _NAMED.match(self.text, self.at + 1)
        if name:
            self.at = name.end()
            return Variable(name[0], quoted)
        if following == "'" and not quoted:
            return self.ansi()
        self.at += 1
        if _FLAGGED.match(self.text, self.at):
            self.only_zsh("it expands a variable as only zsh does")
        if following == '"' and not quoted:
            return Text("", quoted=True)  # the quotes follow
        return Text("$", quoted)

    def ansi(self) -> Part:
        """Read `$'…'`."""
        match = _ANSI.match(self.text, self.at)
        if match is None:
            raise self.unsure("a quote is not closed")
        self.at = match.end()
        return Text(ansi_c(match[1]), quoted=True)

    def parenthesised(self, quoted: bool) -> Part:  # noqa: FBT001 one table of readers
        """Read `$(…)`, or `$((…))` where it is one."""
        if self.peek(2) == "(":
            found = self.arithmetic(3)
            if found is not None:
                return found
        self.at += 2
        return Substitution(self.closed(_CLOSE_PAREN), quoted)

    def old_arithmetic(self, _quoted: bool) -> Part:  # noqa: FBT001
        """Read `$[…]`."""
        return self.region(2, "]")

    def closed(self, closers: frozenset[str]) -> Node:
        """Read commands up to the character of *closers*, and pass over that."""
        self.deeper()
        outer, self.pending = self.pending, []
        body = self.block(closers)
        if self.pending:
            raise self.unsure("a here-document starts where its line does not end")
        self.pending = outer
        self.depth -= 1
        self.at += 1
        return body

    def arithmetic(self, opening: int) -> Unknown | None:
        """Read an arithmetic text that *opening* characters begin and `))` ends; `None` where it is a subshell."""
        start = self.at
        if self.shared.again < 0:
            raise self.unsure("it holds more arithmetic than is followed")
        depth, pending = self.depth, list(self.pending)
        try:
            found = self.region(opening, ")")
        except UnsureError:
            found = None
        if found is not None and self.peek() == ")":
            self.at += 1
            return found
        self.shared.again -= max(self.at - start, LEAST_READ_AGAIN)
        self.at, self.depth, self.pending = start, depth, pending
        return None

    def region(self, opening: int, closing: str, *, quotes: bool = False) -> Unknown:
        """Read up to the *closing* character that nothing inside opened; what runs inside is kept.

        With *quotes*, a closing character between quotes closes nothing.
        """
        self.at += opening
        bodies: list[Node] = []
        opened = {")": "(", "]": "[", "}": "{"}[closing]
        depth = 0
        while True:
            match = _IN_ARITHMETIC.match(self.text, self.at)
            if match:
                self.at = match.end()
            mark = self.peek()
            if not mark:
                raise self.unsure(f"`{closing}` is missing")
            if mark == closing and depth == 0:
                self.at += 1
                return Unknown(tuple(bodies))
            depth += (mark == opened) - (mark == closing)
            if mark in "$`" or (quotes and mark in "'\""):
                bodies.extend(bodies_of(self.piece(mark, quoted=not quotes)))
            else:
                self.at += 2 if mark == "\\" else 1

    def backticks(self, *, quoted: bool) -> Part:
        """Read `` `…` ``: one level of backslashes goes, then it is a text of its own."""
        match = _BACKTICKS.match(self.text, self.at)
        if match is None:
            raise self.unsure("a backtick is not closed")
        start, self.at = self.at, match.end()
        text = (_ESCAPES_QUOTED if quoted else _ESCAPES).sub(r"\1", match[1])
        return Substitution(self.derived(text, start, self.at), quoted)

    # -- ${ … } ------------------------------------------------------------------------------

    def braced(self, quoted: bool) -> Part:  # noqa: FBT001
        """Read `${…}`."""
        self.at += 2
        if self.peek() in " \t\n|" and self.peek():  # commands whose output stands here (bash 5.3)
            self.at += self.peek() == "|"
            return Substitution(self.closed(_CLOSE_BRACE), quoted)
        before = ""
        if self.peek() in "#!" and self.peek(1) not in "}:-=?+#%/" and self.peek(1):
            before = self.peek()
            self.at += 1
        name = _PARAMETER.match(self.text, self.at)
        if name is None:
            return self.foreign()
        self.at = name.end()
        return self.modified(before, name[0], quoted=quoted)

    def foreign(self) -> Part:
        """Read a form that only another shell knows."""
        self.only_zsh("it expands a variable as only zsh does")
        return self.region(0, "}", quotes=True)

    def modified(self, before: str, name: str, *, quoted: bool) -> Part:
        """Read the index, the operator and the operands behind a parameter's *name*."""
        start = self.at
        bodies = list(self.region(1, "]", quotes=True).bodies) if self.peek() == "[" else []
        index = self.text[start + 1 : self.at - 1]
        if index not in {"", "@", "*"}:
            self.only_zsh("zsh counts the elements of an array from one")
        operator = _OPERATOR.match(self.text, self.at)
        op = operator[0] if operator else ""
        self.at += len(op)
        operands = self.operands(op, quoted=quoted) if op else ()
        if self.peek() != "}":
            return self.foreign()
        self.at += 1
        if not (before or index or op):
            return Variable(name, quoted)
        bodies.extend(body for parts in operands for body in bodies_of(parts))
        return Expansion(name, quoted, before, index, op, operands, tuple(bodies))

    def operands(self, op: str, *, quoted: bool) -> tuple[tuple[Part, ...], ...]:
        """Read what stands behind the operator: two operands at most, and none closes before `}`."""
        separator = op[0] if op == ":" or op[0] == "/" else ""
        found = [self.operand(separator, op, quoted=quoted)]
        if separator and self.peek() == separator:
            self.at += 1
            found.append(self.operand("", op, quoted=quoted))
        return tuple(found)

    def operand(self, separator: str, op: str, *, quoted: bool) -> tuple[Part, ...]:
        """Read up to `}` or *separator*; between double quotes a single quote is a character, but in patterns."""
        parts: list[Part] = []
        literal_quotes = quoted and not op.startswith(_PATTERNS)
        while True:
            match = _IN_OPERAND.match(self.text, self.at)
            if match:
                parts.append(Text(match[0], quoted))
                self.at = match.end()
            mark = self.peek()
            if not mark or mark in {"}", separator}:
                return tuple(parts)
            if mark == "'" and literal_quotes:
                parts.append(Text(mark, quoted))
                self.at += 1
            else:
                parts.extend(self.piece(mark, quoted=quoted))

    def piece(self, mark: str, *, quoted: bool) -> tuple[Part, ...]:
        """Read what *mark* begins inside a word; a mark without a meaning is a character."""
        raise NotImplementedError


_OPENS: dict[str, Callable[[ExpansionScan, bool], Part]] = {
    "(": ExpansionScan.parenthesised,
    "{": ExpansionScan.braced,
    "[": ExpansionScan.old_arithmetic,
}


def bodies_of(parts: tuple[Part, ...]) -> tuple[Node, ...]:
    """Return the commands that run while *parts* get their value."""
    found: list[Node] = []
    for part in parts:
        if isinstance(part, Substitution):
            found.append(part.body)
        elif isinstance(part, Unknown | Expansion):
            found.extend(part.bodies)
    return tuple(found)
