"""What runs again and again under one name: a command without what varies from run to run, and where it runs.

Kept: programs, subcommands, the names of options, of targets and of files. Replaced: numbers (by how many digits they
have, for ten runs are not ten thousand), versions, dates, hashes, temporary paths, messages. A quoted text with blanks
may be a program or a choice of tests, so it stands for itself, by its hash. Quotes and white space make no difference.
"""

import re
from hashlib import blake2b

from headgate.classify.paths import absolute
from headgate.classify.shell.syntax import (
    AndOr,
    Background,
    Broken,
    Choice,
    Expansion,
    For,
    Function,
    Node,
    Part,
    Pipeline,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Substitution,
    Test,
    Text,
    Unknown,
    Variable,
    While,
    Word,
)

_VARIES = re.compile(
    r"(?<![0-9A-Za-z.])(?:"
    r"(?P<number>\d+)(?![\w.-])"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])"  # a UUID
    r"|\d{4}-\d\d-\d\d(?:[T_]?[\d:.]+Z?)?(?!\w)"  # a date
    r"|(?!(?:\d+\.){3}\d+(?![\w.]))v?\d+(?:\.\d+)+(?:[-+][\w.-]+)?(?!\w)"  # a version, and no address
    r"|(?=[a-f]*\d)[0-9a-f]{7,64}(?!\w)"  # a hash
    r"|\d{4,}(?![a-zA-Z])"  # a number in a name: of a build, of a process
    r")"
)
_TEMPORARY = ("/tmp/", "/var/tmp/", "/private/tmp/", "/var/folders/", "/dev/shm/")  # noqa: S108 names, nothing is made
_SAME = re.compile(r"[A-Za-z_.:=@%+,~^*?-][A-Za-z_.:=@%+,~^*?/-]*\Z").match
"""Whether a word has nothing in it that varies, or could be taken for structure."""

_STRUCTURE = re.compile(r"[\s;|&(){}<>]")
_MESSAGES = frozenset({"--message", "--title", "--body", "--notes", "--description", "--comment"})
_WRITERS = frozenset({"git", "hg", "jj", "svn"})
_COUNTERS = frozenset({"sleep", "usleep", "timeout", "seq", "watch"})
"""Programs whose numbers are their work: `sleep 1` says nothing of `sleep 600`."""


def routine(node: Node, cwd: str) -> str:
    """Return the name of what *node* does where it does it; empty where it cannot be read, or where nobody knows where.

    A `cd` at its beginning counts as where it runs.
    """
    place, node = _entered(node, cwd)
    text = normalised(node)
    if not text or not place:
        return ""
    return blake2b(f"{place}\0{text}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _entered(node: Node, cwd: str) -> tuple[str, Node]:
    """Return the directory that a `cd` at the beginning leads to, and what is left to do there."""
    while (isinstance(node, Sequence) or (isinstance(node, AndOr) and node.chained)) and len(node.items) > 1:
        first = node.items[0]
        words = tuple(word.literal for word in first.words) if isinstance(first, Simple) else ()
        if len(words) != 2 or words[0] != "cd" or not words[1] or words[1].startswith(("-", "~")):  # noqa: PLR2004
            break
        cwd, node = absolute(words[1], cwd, ""), Sequence(node.items[1:])
    return cwd, node


def normalised(node: Node) -> str:
    """Return the text of *node* without what varies; empty where some of it cannot be read."""
    try:
        return _node(node)
    except (_Unreadable, RecursionError):
        return ""


class _Unreadable(Exception):  # noqa: N818 it never leaves this file
    """Some of the text is no command we know the words of."""


def _node(node: Node) -> str:
    match node:
        case Simple():
            return _simple(node)
        case Sequence(items) | AndOr(items):
            return ";".join(map(_node, items))
        case Pipeline(stages):
            return "|".join(map(_node, stages))
        case Subshell(body):
            return _node(body)
        case Redirected(body, redirects):
            return _node(body) + "".join(_redirect(item.op, item.target, item.body) for item in redirects)
        case Broken():
            raise _Unreadable
        case _:
            return _compound(node)


def _compound(node: Node) -> str:
    match node:
        case Background(body):
            return f"{_node(body)}&"
        case Choice(branches, words):
            return f"if({' '.join(map(_word, words))}){{{';'.join(map(_node, branches))}}}"
        case While(condition=condition, body=body):
            return f"while({_node(condition)}){{{_node(body)}}}"
        case For(items=items, body=body, header=header):
            over = _digest(header) if items is None else " ".join(map(_word, items))
            return f"for({over}){{{_node(body)}}}"
        case Function(name, body):
            return f"{name}(){{{_node(body)}}}"
        case Test(parts):
            return f"test({';'.join(map(_node, parts))})"
        case _:
            raise _Unreadable


def _redirect(op: str, target: Word | None, body: str | None) -> str:
    """Return what is fed to a command; where its output goes makes no difference."""
    if body is not None:
        return f"<{_digest(body)}"
    return f"<{_word(target)}" if op.startswith("<") and target is not None else ""


def _simple(node: Simple) -> str:
    said = [f"{item.name}={_value(item.value)}" for item in node.assignments]
    texts = [word.literal for word in node.words]
    exact = not _COUNTERS.isdisjoint(texts)
    program = texts[0] if texts else None
    message = False
    for place, text in enumerate(texts):
        if message:
            said.append("@text")
            message = False
        elif text is None:
            said.append(_parts(node.words[place].parts))
        elif text.isalpha():
            said.append(text)
        elif place == 0:
            said.append(_program(text))
        else:
            message, shown = _argument(text, program, exact=exact)
            said.append(shown)
    return " ".join(said)


def _argument(text: str, program: str | None, *, exact: bool) -> tuple[bool, str]:
    """Return whether the next word is a message, and what stands for this one."""
    if text.startswith("-"):
        name, equals, value = text.partition("=")
        if name in _MESSAGES:
            return not equals, f"{name}=@text" if equals else name
        if program in _WRITERS and name[1:2] != "-" and name[1:].isalpha() and name.endswith("m"):
            return True, name
        if equals:
            return False, f"{_literal(name)}={value if exact else _literal(value)}"
    return False, text if exact and not _STRUCTURE.search(text) else _literal(text)


def _program(text: str) -> str:
    return f"@tmp/{_literal(text.rpartition('/')[2])}" if text.startswith(_TEMPORARY) else _plain(text)


def _literal(text: str) -> str:
    if _SAME(text):
        return text
    if text.startswith(_TEMPORARY):
        return "@tmp"
    return _plain(_VARIES.sub(_masked, text))


def _plain(text: str) -> str:
    """Return *text*, or its hash where it could be taken for several words or for structure."""
    return _digest(text) if not text or _STRUCTURE.search(text) else text


def _masked(found: re.Match[str]) -> str:
    return f"#{len(number)}" if (number := found["number"]) else "#"


def _digest(text: str) -> str:
    return "@" + blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def _word(word: Word) -> str:
    return _parts(word.parts) if word.literal is None else _literal(word.literal)


def _value(word: Word | None) -> str:
    return "" if word is None else _word(word)


def _parts(parts: tuple[Part, ...]) -> str:
    return "".join(map(_part, parts))


def _part(part: Part) -> str:
    match part:
        case Text(text):
            return _literal(text) if text else ""
        case Variable(name):
            return f"${name}"
        case Substitution(body):
            return f"$({_node(body)})"
        case Expansion(name, before=before, index=index, op=op, operands=operands, bodies=bodies):
            more = "/".join(map(_parts, operands))
            return f"${{{before}{name}{index}{op}{more}}}({';'.join(map(_node, bodies))})"
        case Unknown(bodies):
            return f"$?({';'.join(map(_node, bodies))})"
        case _:
            raise _Unreadable
