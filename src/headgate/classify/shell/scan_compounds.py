"""Compound commands: loops, choices, groups, functions and tests (bash manual, 3.2.5)."""

import re
from collections.abc import Callable

from headgate.classify.shell.scan_commands import CommandScan
from headgate.classify.shell.scan_expansions import bodies_of
from headgate.classify.shell.syntax import (
    Background,
    Choice,
    For,
    Function,
    Node,
    Redirected,
    Sequence,
    Subshell,
    Test,
    Text,
    Variable,
    While,
    Word,
)

RESERVED = re.compile(
    r"(?:if|then|elif|else|fi|for|while|until|select|do|done|case|esac|function|time|coproc|\{|\}|!|\[\[)"
    r"(?=[ \t\n;&|<>()]|\Z)"
)
CASE_ENDS = re.compile(r";;&|;;|;&")
_NAME = re.compile(r"[^\s;&|<>()'\"\\`$]+")
_COPROC = re.compile(r"(?:[A-Za-z_][A-Za-z0-9_]*[ \t]+)?(?=\(|(?:\{|if|for|while|until|case|select)[ \t\n(;])")
_IN = re.compile(r"in(?=[ \t\n;])")
_BRACKETS = re.compile(r"[ \t]*\([ \t]*\)")
_IN_TEST = re.compile(r"[^ \t\n$`'\"\\<>\]]+")
_TEST_END = re.compile(r"[ \t\n]\]\](?=[ \t\n;&|<>()]|\Z)")
_DO = frozenset({"do"})
_DONE = frozenset({"done"})
_THEN = frozenset({"then"})
_FI = frozenset({"elif", "else", "fi"})
_ESAC = frozenset({"esac", ";;"})
_CLOSE_BRACE = frozenset({"}"})
_CLOSE_PAREN = frozenset({")"})


_INDEXED = re.compile(r"\w\[.*?(?:\$\(|`)", re.DOTALL)


def indexes(text: str) -> bool:
    """Whether *text* names a variable with an index that holds commands.

    Where it is evaluated they run, whatever quotes it (bash manual, 6.5).
    """
    return "[" in text and ("$(" in text or "`" in text) and _INDEXED.search(text) is not None


class CompoundScan(CommandScan):
    """Reads compound commands; each method starts behind the word that begins one, which stands at *start*."""

    def command(self) -> Node:
        """Read one command of any kind, with its redirections."""
        if self.peek() == "(":
            node = self.parenthesis()
        else:
            word = RESERVED.match(self.text, self.at)
            read = _COMPOUNDS.get(word[0]) if word else None
            if word is None or (read is None and word[0] in {"time", "!"}):
                return self.simple()
            if read is None:
                raise self.unsure(f"`{word[0]}` stands where a command begins")
            self.deeper()
            start, self.at = self.at, word.end()
            node = read(self, start)
            self.depth -= 1
            if isinstance(node, Function):
                return node
        redirects = self.redirects()
        return Redirected(node, redirects) if redirects else node

    def parenthesis(self) -> Node:
        """Read `( … )`, or `(( … ))` where it is one."""
        start = self.at
        if self.peek(1) == "(":
            found = self.arithmetic(2)
            if found is not None:
                return Test(found.bodies, self.text[start : self.at])
        self.at += 1
        return Subshell(self.closed(_CLOSE_PAREN))

    def group(self, _start: int) -> Node:
        """Read `{ … }`."""
        return self.until(_CLOSE_BRACE)

    def until(self, closers: frozenset[str]) -> Node:
        """Read commands up to one of *closers*, and pass over it."""
        body = self.block(closers)
        word = RESERVED.match(self.text, self.at)
        self.at = word.end() if word else self.at
        return body

    def choice(self, _start: int) -> Node:
        """Read `if … then … elif … else … fi`."""
        branches: list[Node] = []
        while True:
            condition = self.until(_THEN)
            branches.append(_together(condition, self.block(_FI)))
            word = self.keyword()
            if word == "else":
                branches.append(self.until(frozenset({"fi"})))
            if word != "elif":
                return Choice(tuple(branches))

    def keyword(self) -> str:
        """Pass over the reserved word here, and return it."""
        word = RESERVED.match(self.text, self.at)
        self.at = word.end() if word else self.at
        return word[0] if word else ""

    def loop(self, start: int) -> Node:
        """Read `while` or `until`."""
        until = self.text.startswith("until", start)
        condition = self.until(_DO)
        body = self.until(_DONE)
        return While(*self.where(start, self.at), condition, body, until)

    def for_each(self, start: int) -> Node:
        """Read `for name in words`, `select`, or the form of C."""
        self.blank()
        if self.text.startswith("((", self.at):
            return self.c_for(start)
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise self.unsure("a loop has no name")
        self.at = name.end()
        self.lines()
        items: tuple[Word, ...] = (Word(*self.where(self.at, self.at), None, (Variable("@", quoted=True),)),)
        if _IN.match(self.text, self.at):
            self.at += 2
            items = self.items()
        elif self.peek() == "(":
            raise self.unsure("a loop is written as only zsh does")
        self.end_of_header()
        body = self.loop_body()
        return For(*self.where(start, self.at), name[0], items, body)

    def items(self) -> tuple[Word, ...]:
        """Read the words that a loop goes over."""
        found: list[Word] = []
        self.blank()
        while self.peek() not in {"", "\n", ";"}:
            found.append(self.word())
            self.blank()
        return tuple(found)

    def end_of_header(self) -> None:
        """Pass over what separates a loop's header from its body."""
        self.blank()
        if self.peek() == ";":
            self.at += 1
        self.lines()

    def loop_body(self) -> Node:
        """Read `do … done`, or the braces that stand for it."""
        word = self.keyword()
        if word == "{":
            return self.until(_CLOSE_BRACE)
        if word != "do":
            raise self.unsure("a loop has no body")
        return self.until(_DONE)

    def c_for(self, start: int) -> Node:
        """Read `for ((…; …; …))`."""
        found = self.arithmetic(2)
        if found is None:
            raise self.unsure("the header of a loop is not closed")
        header = self.text[start : self.at]
        self.end_of_header()
        body = self.loop_body()
        loop = For(*self.where(start, self.at), "", None, body, header)
        return Sequence((*found.bodies, loop)) if found.bodies else loop

    def case(self, _start: int) -> Node:
        """Read `case word in … esac`."""
        self.blank()
        words = [self.word()]
        self.lines()
        if not self.text.startswith("in", self.at):
            raise self.unsure("`in` is missing")
        self.at += 2
        branches: list[Node] = []
        self.lines()
        while (word := RESERVED.match(self.text, self.at)) is None or word[0] != "esac":
            self.patterns(words)
            branches.append(self.block(_ESAC))
            ended = CASE_ENDS.match(self.text, self.at)
            self.at = ended.end() if ended else self.at
            self.lines()
        self.at = word.end()
        return Choice(tuple(branches), tuple(words))

    def patterns(self, words: list[Word]) -> None:
        """Read the patterns of one branch up to `)`."""
        self.at += self.peek() == "("
        while True:
            self.blank()
            words.append(self.word())
            self.blank()
            mark = self.peek()
            self.at += 1
            if mark == ")":
                return
            if mark != "|":
                raise self.unsure("a pattern is not closed")

    def named_function(self, _start: int) -> Node:
        """Read `function name [()] body`."""
        self.blank()
        name = _NAME.match(self.text, self.at)
        if name is None:
            raise self.unsure("a function has no name")
        self.at = name.end()
        brackets = _BRACKETS.match(self.text, self.at)
        self.at = brackets.end() if brackets else self.at
        self.lines()
        return Function(name[0], self.command())

    def test(self, start: int) -> Node:
        """Read `[[ … ]]`."""
        bodies: list[Node] = []
        while _TEST_END.match(self.text, self.at) is None:
            match = _IN_TEST.match(self.text, self.at)
            if match:
                self.at = match.end()
                continue
            if not self.peek():
                raise self.unsure("`]]` is missing")
            at = self.at
            parts = self.piece(self.peek(), quoted=False)
            bodies.extend(bodies_of(parts))
            for part in parts:
                if isinstance(part, Text) and part.quoted and indexes(part.text):
                    bodies.extend(bodies_of(self.filled(part.text, at, self.at).parts))
        self.at += 3
        return Test(tuple(bodies), self.text[start : self.at])

    def coproc(self, start: int) -> Node:
        """Read `coproc [name] body`; in front of a simple command it is like a program that runs it."""
        self.blank()
        match = _COPROC.match(self.text, self.at)
        if match is None:
            self.at = start
            return self.simple()
        self.at = match.end()
        return Background(self.command())


_COMPOUNDS: dict[str, Callable[[CompoundScan, int], Node]] = {
    "{": CompoundScan.group,
    "if": CompoundScan.choice,
    "while": CompoundScan.loop,
    "until": CompoundScan.loop,
    "for": CompoundScan.for_each,
    "select": CompoundScan.for_each,
    "case": CompoundScan.case,
    "function": CompoundScan.named_function,
    "[[": CompoundScan.test,
    "coproc": CompoundScan.coproc,
}


def _together(*nodes: Node) -> Node:
    """Return *nodes* as one list."""
    items = [item for node in nodes for item in (node.items if isinstance(node, Sequence) else (node,))]
    return items[0] if len(items) == 1 else Sequence(tuple(items))
