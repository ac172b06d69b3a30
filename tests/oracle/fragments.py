"""Pieces of shell text, and the ways a piece is written into a larger one."""

import base64
import codecs
import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field

_FIELD = re.compile(r"@([A-Z][a-z0-9]*)@")
_PLAIN_NAME = re.compile(r"[a-z][a-z-]*\Z")
_PLAIN_WORD = re.compile(r"[\w./:=-]+\Z")


@dataclass(frozen=True)
class Fragment:
    """Text that runs the marked command; *program* where it is one external program with its words on one line."""

    text: str
    program: bool = False

    @property
    def open_ended(self) -> bool:
        """Whether nothing may follow on its last line (a comment, a here-document, a job)."""
        return any(mark in self.text for mark in "\n#&")


@dataclass
class Filling:
    """One use of a template: the same field of it is filled the same way each time."""

    rng: random.Random
    inner: Fragment
    level: int
    known: dict[str, str] = field(default_factory=dict)
    before: str = ""

    def fill(self, template: str, *, program: bool) -> Fragment:
        """Return *template* with every `@Field@` replaced."""
        text = _FIELD.sub(lambda match: self.value(match[1]), template)
        return Fragment(self.before + text, program and not self.before)

    def value(self, name: str) -> str:
        if name not in self.known:
            self.known[name] = FIELDS[name](self)
        return self.known[name]

    def closed(self) -> str:
        """Return the text so that a closing bracket may follow."""
        return self.inner.text + ("\n" if self.inner.open_ended else "")

    def ended(self) -> str:
        """Return the text so that another command may follow."""
        return self.inner.text + ("\n" if self.inner.open_ended else self.rng.choice(("; ", ";", "\n")))

    def grouped(self) -> str:
        """Return the text as one command."""
        if self.inner.program:
            return self.inner.text
        return self.rng.choice((f"{{ {self.ended()}}}", f"( {self.closed()} )"))

    @property
    def text(self) -> str:
        return self.inner.text

    def words(self) -> str:
        """Return the text as one external program."""
        if self.inner.program:
            return self.inner.text
        return f"{self.rng.choice(_SHELLS)} {self.quoted(self.text)}"

    def name_and_rest(self) -> tuple[str, str]:
        """Return the program's plain name, and the words behind it as they are written."""
        name, _, rest = self.words().partition(" ")
        if not _PLAIN_NAME.match(name):
            return "bash", f"-c {self.quoted(self.text)}"
        return name, rest

    def plain_words(self) -> list[str]:
        """Return the words where each stands for itself: of a script, written *before*, where they do not."""
        words = self.text.split(" ")
        if self.inner.program and all(_PLAIN_WORD.match(word) for word in words):
            return words
        script = f"p{self.level}.sh"
        self.before = f"cat > {script} <<'SCRIPT{self.level}'\n{self.text}\nSCRIPT{self.level}\n"
        return ["bash", script]

    # -- quoting -----------------------------------------------------------------------------

    def quoted(self, text: str) -> str:
        """Return *text* as one word, quoted in one of the ways there are."""
        return self.rng.choice((single, single, double, ansi, mixed))(text)


_SHELLS = ("bash -c", "bash -c", "bash -ec", "bash --norc -c", "bash +e -c", "bash -o errexit -c")


def single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def double(text: str) -> str:
    return '"' + inside_double(text) + '"'


def inside_double(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", text)


def ansi(text: str) -> str:
    """Return *text* as `$'…'`, every third letter as a code."""
    made = []
    for place, character in enumerate(text):
        if character in "\\'":
            made.append("\\" + character)
        elif character == "\n":
            made.append("\\n")
        elif place % 3 == 1 and character.isascii() and character.isalpha():
            made.append(f"\\x{ord(character):02x}")
        else:
            made.append(character)
    return "$'" + "".join(made) + "'"


def mixed(text: str) -> str:
    """Return *text* in pieces that are quoted differently."""
    half = len(text) // 2
    return single(text[:half]) + double(text[half:])


def inside_backticks(text: str) -> str:
    return re.sub(r"([\\`])", r"\\\1", text)


def inside_here_document(text: str) -> str:
    return re.sub(r"([\\$`])", r"\\\1", text)


def braces(words: list[str]) -> str:
    return "{" + ",".join(words) + "}" if len(words) > 1 else words[0]


def escapes(text: str, form: str) -> str:
    return "".join(form.format(ord(character)) for character in text)


FIELDS: dict[str, Callable[[Filling], str]] = {
    # the whole text
    "X": Filling.closed,
    "L": Filling.ended,
    "G": Filling.grouped,
    "Raw": lambda fill: fill.text,
    "Q": lambda fill: fill.quoted(fill.text),
    "S": lambda fill: single(fill.text),
    "D": lambda fill: inside_double(fill.text),
    "B": lambda fill: inside_backticks(fill.closed()),
    "Bb": lambda fill: inside_backticks(inside_backticks(fill.closed())),
    "Bd": lambda fill: inside_backticks(inside_double(fill.text)),
    "H": lambda fill: inside_here_document(fill.text),
    "Json": lambda fill: json.dumps(fill.text),
    "Tabbed": lambda fill: "\t" + fill.text,
    # as a program
    "W": Filling.words,
    "Wq": lambda fill: fill.quoted(fill.words()),
    "Ws": lambda fill: single(fill.words()),
    "Wj": lambda fill: json.dumps(fill.words()),
    "N": lambda fill: fill.name_and_rest()[0],
    "R": lambda fill: fill.name_and_rest()[1],
    "Na": lambda fill: fill.value("N")[:1],
    "Nb": lambda fill: fill.value("N")[1:],
    "Nupper": lambda fill: fill.value("N").upper(),
    "Nrev": lambda fill: fill.value("N")[::-1],
    "Nhex": lambda fill: escapes(fill.value("N"), "\\x{:02x}"),
    "Noct": lambda fill: escapes(fill.value("N"), "\\{:03o}"),
    "Nuni": lambda fill: escapes(fill.value("N"), "\\u{:04x}"),
    "Nback": lambda fill: escapes(fill.value("N"), "\\{:c}"),
    "Nstar": lambda fill: fill.value("N")[:-1] + "?",
    "P": lambda fill: " ".join(fill.plain_words()),
    "Pcolon": lambda fill: ":".join(fill.plain_words()),
    "Pcomma": lambda fill: ",".join(fill.plain_words()),
    "Plines": lambda fill: "\n".join(fill.plain_words()),
    "Pansi": lambda fill: "$'" + "\\n".join(fill.plain_words()) + "'",
    "Pbrace": lambda fill: braces(fill.plain_words()),
    "Phead": lambda fill: fill.plain_words()[0],
    "Prest": lambda fill: " ".join(fill.plain_words()[1:]),
    "Plist": lambda fill: json.dumps(fill.plain_words()),
    # coded
    "B64": lambda fill: base64.b64encode((fill.text + "\n").encode()).decode(),
    "B32": lambda fill: base64.b32encode((fill.text + "\n").encode()).decode(),
    "Hex": lambda fill: (fill.text + "\n").encode().hex(),
    "Xesc": lambda fill: "".join(f"\\x{byte:02x}" for byte in fill.text.encode()),
    "Oesc": lambda fill: "".join(f"\\0{byte:03o}" for byte in fill.text.encode()),
    "Pesc": lambda fill: "".join(f"\\{byte:03o}" for byte in fill.text.encode()),
    "Rev": lambda fill: single("\n".join(line[::-1] for line in fill.text.split("\n"))),
    "Rot": lambda fill: single(codecs.encode(fill.text, "rot13")),
    "Marked": lambda fill: single(fill.text.replace("s", "%%")),
    # names that nothing else has
    "E": lambda fill: f"END{fill.level}",
    "E2": lambda fill: f"STOP{fill.level}",
    "F": lambda fill: f"f{fill.level}.sh",
    "F2": lambda fill: f"g{fill.level}.sh",
    "V": lambda fill: f"v{fill.level}",
    "V2": lambda fill: f"w{fill.level}",
    "Fn": lambda fill: f"go{fill.level}",
}
