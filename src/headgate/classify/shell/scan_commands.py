"""Simple commands: assignments, words, redirections and here-documents."""

import re

import msgspec

from headgate.classify.shell.cursor import Pending
from headgate.classify.shell.scan_words import WordScan
from headgate.classify.shell.syntax import (
    Assignment,
    Function,
    Node,
    Redirect,
    Redirected,
    Sequence,
    Simple,
    Unknown,
    Word,
)

_ASSIGNED = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?=|\[)")
_BEHIND_INDEX = re.compile(r"\+?=")
_REDIRECT = re.compile(r"(?:[0-9]+|\{[A-Za-z_][A-Za-z0-9_]*\})?(<<<|<<-|<<|<&|<>|<(?!\()|>>|>&|>\||>(?!\()|&>>|&>)")
_FUNCTION = re.compile(r"[ \t]*\([ \t]*\)")
_DECLARES = frozenset({"declare", "typeset", "local", "export", "readonly"})
_ZSH_PREFIXES = frozenset({"-", "noglob", "nocorrect", "repeat", "foreach", "autoload", "zmodload", "zle", "sched"})
_STOPS = frozenset("\n;|)")
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)


class CommandScan(WordScan):
    """Reads simple commands and what is redirected."""

    def command(self) -> Node:
        """Read one command of any kind."""
        raise NotImplementedError

    def simple(self) -> Node:
        """Read a simple command, or the definition of a function."""
        words: list[Word] = []
        assignments: list[Assignment] = []
        redirects: list[Redirect] = []
        start = end = self.at
        declares = False
        while not self.ends_command():
            found = self.redirect()
            if found is not None:
                redirects.append(found)
                continue
            given = self.assignment() if not words or declares else None
            if given is not None:
                assignments.append(given)
            else:
                words.append(self.word())
                declares = words[0].literal in _DECLARES
            if not words and not assignments:
                continue
            start = start if len(words) + len(assignments) > 1 else self.begins(words, assignments, start)
            end = self.at
            if len(words) == 1 and not assignments and not redirects and self.peek() in " \t(" and self.peek():
                function = self.function(words[0])
                if function is not None:
                    return function
        return self.gathered(words, assignments, redirects, (start, end), declares=declares)

    def begins(self, words: list[Word], assignments: list[Assignment], start: int) -> int:
        """Return where the command's own text begins: behind the redirections before it."""
        if words and not self.place:
            return words[0].start
        return start if assignments else self.at

    def gathered(
        self,
        words: list[Word],
        assignments: list[Assignment],
        redirects: list[Redirect],
        span: tuple[int, int],
        *,
        declares: bool,
    ) -> Node:
        """Return the node of all that was read."""
        if words:
            self.shared.starts.add(words[0].start)
            if words[0].literal in _ZSH_PREFIXES or _global_alias(words):
                self.only_zsh(f"`{words[0].literal}` means something of its own in zsh")
        if not words and not assignments:
            if not redirects:
                raise self.unsure("a command is missing")
            return Redirected(Sequence(()), tuple(redirects))
        simple = Simple(*self.where(*span), tuple(words), tuple(assignments), declares)
        return Redirected(simple, tuple(redirects)) if redirects else simple

    def ends_command(self) -> bool:
        """Whether nothing more of a simple command follows the blanks here."""
        self.blank()
        mark = self.peek()
        return not mark or mark in _STOPS or (mark == "&" and self.peek(1) != ">")

    def function(self, name: Word) -> Node | None:
        """Read `() body` behind a *name*; `None` where that does not follow."""
        match = _FUNCTION.match(self.text, self.at)
        if match is None:
            if self.peek() == "(":
                raise self.unsure("a parenthesis stands where a word ends")
            return None
        self.at = match.end()
        self.lines()
        return Function(name.literal or self.text[name.start : name.end], self.command())

    def lines(self) -> None:
        """Pass over blanks, comments and line ends."""
        self.blank()
        while self.peek() == "\n":
            self.at += 1
            self.documents()
            self.blank()

    # -- assignments -------------------------------------------------------------------------

    def assignment(self) -> Assignment | None:
        """Read `name=value`, `name+=value`, `name[index]=value` or an array; `None` where no such thing stands here."""
        match = _ASSIGNED.match(self.text, self.at)
        if match is None:
            return None
        start, self.at = self.at, match.end()
        if match[2] == "[":
            return self.element(match[1], start)
        appends = match[2] == "+="
        if self.peek() == "(":
            return Assignment(match[1], None, self.array(), array=True, appends=appends)
        value = self.value()
        return Assignment(match[1], value, appends=appends)

    def value(self) -> Word:
        """Read the value behind `=`, which may be empty."""
        mark = self.peek()
        if not mark or mark in " \t\n;&|)" or (mark in "<>" and self.peek(1) != "("):
            return Word(*self.where(self.at, self.at), "")
        return self.word()

    def element(self, name: str, start: int) -> Assignment | None:
        """Read `index]=value`."""
        index = self.at - 1
        if "]" not in self.text[self.at : self.at + 200]:
            self.at = start
            return None
        inside = self.region(0, "]", quotes=True)
        match = _BEHIND_INDEX.match(self.text, self.at)
        if match is None:
            self.at = start
            return None
        key = Word(*self.where(index, self.at), None, (inside,) if inside.bodies else (Unknown(),))
        self.at = match.end()
        return Assignment(name, None, (key, self.value()))

    def array(self) -> tuple[Word, ...]:
        """Read the words of an array between its parentheses."""
        self.at += 1
        words: list[Word] = []
        self.lines()
        while self.peek() != ")":
            if self.peek() in "&;|<>" and self.peek(1) != "(":
                raise self.unsure("an array is not closed")
            words.append(self.word())
            self.lines()
        self.at += 1
        return tuple(words)

    # -- redirections ------------------------------------------------------------------------

    def redirect(self) -> Redirect | None:
        """Read a redirection; `None` where none stands here."""
        if self.at >= self.size or self.text[self.at] not in "<>&{0123456789":
            return None
        match = _REDIRECT.match(self.text, self.at)
        if match is None:
            return None
        self.at = match.end()
        self.blank()
        if match[1] in {"<<", "<<-"}:
            return self.document_mark(strips=match[1] == "<<-")
        return Redirect(match[1], self.word())

    def redirects(self) -> tuple[Redirect, ...]:
        """Read all the redirections here."""
        found: list[Redirect] = []
        self.blank()
        while (redirect := self.redirect()) is not None:
            found.append(redirect)
            self.blank()
        return tuple(found)

    def document_mark(self, *, strips: bool) -> Redirect:
        """Read the mark of a here-document, whose body follows the line."""
        start = self.at
        word = self.word()
        raw = self.text[start : self.at]
        if word.literal is None and any(mark in raw for mark in "$`"):
            raise self.unsure("the mark of a here-document is not plain")
        mark = word.literal if word.literal is not None else raw
        quoted = any(quote in raw for quote in "'\"\\")
        redirect = Redirect("<<", None, "")
        self.pending.append(Pending(redirect, mark, quoted, strips))
        return redirect

    def documents(self) -> None:
        """Read the bodies of the here-documents that the line before began."""
        for pending in self.pending:
            start = self.at
            body = self.body(pending)
            msgspec.structs.force_setattr(pending.redirect, "body", body)
            if not pending.quoted and any(mark in body for mark in "$`\\"):
                filled = self.filled(body, start, self.at)
                msgspec.structs.force_setattr(pending.redirect, "filled", filled)
        self.pending.clear()

    def body(self, pending: Pending) -> str:
        """Read lines up to the mark; without it the rest of the text is the body, as the shell takes it."""
        lines: list[str] = []
        while self.at < self.size:
            end = self.logical_line(joined=not pending.quoted)
            line = self.text[self.at : end]
            self.at = min(end + 1, self.size)
            plain = line if pending.quoted else line.replace("\\\n", "")
            if (plain.lstrip("\t") if pending.strips else plain) == pending.mark:
                break
            lines.append(line + "\n")
        else:
            if self.depth:
                raise self.unsure("a here-document does not end")
        body = "".join(lines)
        return _LEADING_TABS.sub("", body) if pending.strips else body

    def logical_line(self, *, joined: bool) -> int:
        """Return where the line here ends; *joined*, a backslash before its end takes the next one in."""
        end = self.text.find("\n", self.at)
        while joined and end > self.at and _odd_backslashes(self.text, end):
            end = self.text.find("\n", end + 1)
        return self.size if end < 0 else end

    def filled(self, body: str, start: int, end: int) -> Word:
        """Read the parts of a here-document's *body*, which stands between *start* and *end*."""
        raise NotImplementedError


def _global_alias(words: list[Word]) -> bool:
    """Whether an alias is defined that stands for more than a command's name."""
    return words[0].literal == "alias" and any(word.literal in {"-g", "-s", "+g"} for word in words[1:])


def _odd_backslashes(text: str, end: int) -> bool:
    count = 0
    while end - count > 0 and text[end - count - 1] == "\\":
        count += 1
    return count % 2 == 1
