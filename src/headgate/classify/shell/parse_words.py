"""Words of the grammar's tree to ours: quotes, expansions and substitutions, part by part."""

import re
from collections.abc import Callable
from typing import Protocol

import tree_sitter

from headgate.classify.shell.quoting import ansi_c, unescape, unescape_in_double_quotes
from headgate.classify.shell.syntax import (
    Assignment,
    Broken,
    Node,
    Part,
    Substitution,
    Text,
    Unknown,
    Variable,
    Word,
)

MAX_DEPTH = 60
"""Deeper nesting is not followed; a person writes fewer than ten levels."""

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-][A-Za-z0-9_@%+=:,./~-]*\Z")
_SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})


class Reader(Protocol):
    """What reading words needs from reading statements."""

    source: bytes

    def raw(self, node: tree_sitter.Node) -> str:
        """Return the text of *node*."""
        ...

    def block(self, children: list[tree_sitter.Node], depth: int) -> Node:
        """Read a list of statements and the separators between them."""
        ...


def assignment(reader: Reader, node: tree_sitter.Node, depth: int) -> Assignment:
    """Read `name=value`; an array, an index or `+=` has no value that we compute."""
    name = node.child_by_field_name("name")
    value = node.child_by_field_name("value")
    plain = name is not None and name.type == "variable_name" and node.children[1].type == "="
    key = reader.raw(name).partition("[")[0] if name is not None else ""
    if name is not None and name.type == "subscript":
        index = Word(name.start_byte, name.end_byte, None, (Unknown(bodies(reader, name, depth)),))
        return Assignment(key, None, (index, word(reader, value, depth)) if value is not None else (index,))
    if value is None:
        return Assignment(key, Word(node.end_byte, node.end_byte, "") if plain else None)
    if value.type == "array":
        return Assignment(key, None, tuple(word(reader, child, depth) for child in value.named_children))
    found = word(reader, value, depth)
    return Assignment(key, found) if plain else Assignment(key, None, (found,))


def word(reader: Reader, node: tree_sitter.Node, depth: int) -> Word:
    """Read one word; its value is known at once where its text alone tells it."""
    kind = node.type
    if kind in {"word", "number", "variable_name", "test_operator"}:
        text = reader.raw(node)
        if _PLAIN.match(text):
            return Word(node.start_byte, node.end_byte, text)
    elif kind == "raw_string":
        return Word(node.start_byte, node.end_byte, reader.raw(node)[1:-1])
    parts = _parts(reader, node, depth, quoted=False)
    if all(isinstance(part, Text) and part.quoted for part in parts):
        return Word(node.start_byte, node.end_byte, "".join(part.text for part in parts if isinstance(part, Text)))
    return Word(node.start_byte, node.end_byte, None, parts)


def _parts(reader: Reader, node: tree_sitter.Node, depth: int, *, quoted: bool) -> tuple[Part, ...]:
    read = _PARTS.get(node.type)
    if depth > MAX_DEPTH:
        return (Unknown((_too_deep(node),)),)
    if read is None:
        return (Unknown(bodies(reader, node, depth + 1)),)
    return read(reader, node, depth + 1, quoted)


def _plain(reader: Reader, node: tree_sitter.Node, _depth: int, _quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001 one table of readers
    raw = reader.raw(node)
    if "\\" not in raw:
        return (Text(raw, quoted=False),)
    return tuple(Text(text, quoted=escaped) for text, escaped in unescape(raw))


def _single(reader: Reader, node: tree_sitter.Node, _depth: int, _quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001
    return (Text(reader.raw(node)[1:-1], quoted=True),)


def _ansi(reader: Reader, node: tree_sitter.Node, _depth: int, _quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001
    return (Text(ansi_c(reader.raw(node)[2:-1]), quoted=True),)


def _double(reader: Reader, node: tree_sitter.Node, depth: int, _quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001
    """Read what stands between double quotes, the white space that the grammar drops included."""
    found: list[Part] = [Text("", quoted=True)]
    at = node.start_byte + reader.raw(node).index('"') + 1
    for child in node.named_children:
        if child.start_byte > at:
            found.append(_between(reader, at, child.start_byte))
        if child.type == "string_content":
            found.append(_between(reader, child.start_byte, child.end_byte))
        else:
            found.extend(_parts(reader, child, depth, quoted=True))
        at = child.end_byte
    if node.end_byte - 1 > at:
        found.append(_between(reader, at, node.end_byte - 1))
    return tuple(found)


def _between(reader: Reader, start: int, end: int) -> Text:
    return Text(unescape_in_double_quotes(reader.source[start:end].decode("utf-8", "replace")), quoted=True)


def _joined(reader: Reader, node: tree_sitter.Node, depth: int, quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001
    return tuple(part for child in node.children for part in _parts(reader, child, depth, quoted=quoted))


def _variable(reader: Reader, node: tree_sitter.Node, depth: int, quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001
    named = node.named_children
    if len(named) == 1 and named[0].type in {"variable_name", "special_variable_name"} and node.child_count <= 3:  # noqa: PLR2004 `${ name }`
        return (Variable(reader.raw(named[0]), quoted),)
    return (Unknown(bodies(reader, node, depth)),)


def _substitution(reader: Reader, node: tree_sitter.Node, depth: int, quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001
    body = reader.block(node.children, depth)
    return (Substitution(body, quoted),)


def _process(reader: Reader, node: tree_sitter.Node, depth: int, _quoted: bool) -> tuple[Part, ...]:  # noqa: FBT001
    return (Unknown((reader.block(node.children, depth),)),)


def bodies(
    reader: Reader, node: tree_sitter.Node, depth: int, skip: tree_sitter.Node | None = None
) -> tuple[Node, ...]:
    """Collect the substitutions anywhere below *node*, without recursion."""
    found: list[Node] = []
    stack = [child for child in node.children if child != skip]
    while stack:
        child = stack.pop()
        if child.type in _SUBSTITUTIONS:
            found.append(reader.block(child.children, depth) if depth <= MAX_DEPTH else _too_deep(child))
        else:
            stack.extend(child.children)
    return tuple(reversed(found))


def _too_deep(node: tree_sitter.Node) -> Node:
    return Broken(node.start_byte, node.end_byte, "nested too deep")


_PARTS: dict[str, Callable[[Reader, tree_sitter.Node, int, bool], tuple[Part, ...]]] = {
    "word": _plain,
    "number": _plain,
    "{": _plain,
    "}": _plain,
    "$": _plain,
    "extglob_pattern": _plain,
    "regex": _plain,
    "variable_name": _plain,
    "brace_expression": _plain,
    "test_operator": _plain,
    "raw_string": _single,
    "ansi_c_string": _ansi,
    "string": _double,
    "translated_string": _double,
    "concatenation": _joined,
    "command_name": _joined,
    "simple_expansion": _variable,
    "expansion": _variable,
    "command_substitution": _substitution,
    "process_substitution": _process,
}
