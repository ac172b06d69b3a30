"""Where things stand in a TOML text, held to the standard library's parser, which reads but tells no places."""

import tomllib
from collections.abc import Iterator
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.decide.source import Path, statements
from headgate.wiring import shipped_texts


def line(number: int, *path: str | int, to: int = 0, head: str = "") -> tuple[Path, int, int, str]:
    return path, number, to or number, head


ODD = {
    "comments": (
        '# one = 1\n\n  # [two]\na = 1 # b = 2 ] "\n#\n[t] # [u]\n  # x\n  b = 2\n',
        [line(4, "a"), line(6, "t", head="["), line(8, "t", "b")],
    ),
    "CRLF": (
        'a = 1\r\n\r\n[t]\r\nb = """x\r\ny"""\r\nc = [\r\n1,\r\n]\r\nd = 2\r\n',
        [line(1, "a"), line(3, "t", head="["), line(4, "t", "b", to=5), line(6, "t", "c", to=8), line(9, "t", "d")],
    ),
    "strings of many lines": (
        (
            'a = """\nb = 1\n[c]\n# d\n\\"""\n"" "\n"""\nb = \'\'\'\nx = 1 \'\' \\\n\'\'\'\n'
            'c = """a"""""\nd = \'\'\'\'a\'\'\'\'\'\ne = """"""\nf = 1'
        ),
        [line(1, "a", to=7), line(8, "b", to=10), line(11, "c"), line(12, "d"), line(13, "e"), line(14, "f")],
    ),
    "brackets, hashes, quotes and signs in strings": (
        (
            'a = "[ # ] = { \\" } \\\\"\nb = \'[ # " = { \\\'\nc = "#"\nd = \'#\' # "\n'
            'e = ["]", \'[\', "#"]\nf = {"}" = "{", b = \'#\'}\ng = 1\n'
        ),
        [line(number, key) for number, key in enumerate("abcdefg", 1)],
    ),
    "arrays of many lines": (
        'a = [ # [\n  "]", # ]\n\n  [1, 2], [\n  ],\n  # "\n  {x = [\n    1]},\n]\nb = [[], [[]]]\nc = 1\n',
        [line(1, "a", to=9), line(10, "b"), line(11, "c")],
    ),
    "quoted and dotted keys": (
        '"a.b" = 1\n\'c # "d\' = 2\n"[e]".f = 3\ng . "h = i" . \'j\' = 4\n"" = 5\n1.2 = 6\n"é".-_- = 7\n',
        [
            line(1, "a.b"),
            line(2, 'c # "d'),
            line(3, "[e]", "f"),
            line(4, "g", "h = i", "j"),
            line(5, ""),
            line(6, "1", "2"),
            line(7, "é", "-_-"),
        ],
    ),
    "values of every kind": (
        "a = 1979-05-27 07:32:00 # :\nb = +1_000.5e-3\nc = -inf\nd = true\ne = 07:32:00\nf = 0xff\ng=1\n\th\t=\t2\n",
        [line(number, key) for number, key in enumerate("abcdefgh", 1)],
    ),
    "inline tables": (
        'a = { b = 1, "c.d" = [2, {e = "}"}] }\nf = {}\n[g]\nh.i = { j.k = 1 }\n',
        [line(1, "a"), line(2, "f"), line(3, "g", head="["), line(4, "g", "h", "i")],
    ),
    "tables in arrays of tables": (
        (
            "[[a.b]]\nx = 1\n[[a.b]]\n[a.b.c]\ny = 2\n[[a.b.d]]\n[[a.b.d]]\nz.w = 3\n"
            "[a]\nv = 4\n[[a.b]]\n[[a.b.d]]\nx = 5\n"
        ),
        [
            line(1, "a", "b", 0, head="[["),
            line(2, "a", "b", 0, "x"),
            line(3, "a", "b", 1, head="[["),
            line(4, "a", "b", 1, "c", head="["),
            line(5, "a", "b", 1, "c", "y"),
            line(6, "a", "b", 1, "d", 0, head="[["),
            line(7, "a", "b", 1, "d", 1, head="[["),
            line(8, "a", "b", 1, "d", 1, "z", "w"),
            line(9, "a", head="["),
            line(10, "a", "v"),
            line(11, "a", "b", 2, head="[["),
            line(12, "a", "b", 2, "d", 0, head="[["),
            line(13, "a", "b", 2, "d", 0, "x"),
        ],
    ),
    "heads with blanks and quotes": (
        " [ a . \"b.c\" ] # d\n[ 'e]' . f ]\n\t[[ \"g [h\" ]]\n[['g [h']]\n",
        [
            line(1, "a", "b.c", head="["),
            line(2, "e]", "f", head="["),
            line(3, "g [h", 0, head="[["),
            line(4, "g [h", 1, head="[["),
        ],
    ),
    "nothing": ("", []),
    "only comments": ("\n# a = 1\n \n#", []),
    "no line end": ("a = 1", [line(1, "a")]),
}


@pytest.mark.parametrize(("text", "found"), ODD.values(), ids=ODD)
def test_odd_but_valid_text_has_its_statements_on_their_lines(
    text: str, found: list[tuple[Path, int, int, str]]
) -> None:
    assert not wrong(text)
    assert found == [(item.path, item.first, item.last, item.head) for item in statements(text)]


def test_a_value_is_its_text_without_the_blanks_around_it() -> None:
    assert ['"b"', "[\n  1,\n]", "{ d = 2 }", ""] == [
        item.value for item in statements('a =  "b" \nc = [\n  1,\n]\ne = { d = 2 }\n[f]')
    ]


def test_an_escape_in_a_key_is_the_character_it_stands_for() -> None:
    text = '"a\\u0062" = 1\n[["c\\"d"]]\n'

    assert [("ab",), ('c"d', 0)] == [item.path for item in statements(text)]


@pytest.mark.parametrize("profile", ["strict", "observe", "lockdown"])
def test_every_shipped_policy_has_its_statements_on_their_lines(profile: str) -> None:
    assert [] == [fault for text in shipped_texts(profile) for fault in wrong(text.text)]


# -- the law: what stands before a statement does not hold it, and what ends with it does ---------


def wrong(text: str) -> list[str]:
    """Return what `statements` says of *text* that `tomllib` contradicts, reading the lines up to some line."""
    found = statements(text)
    lines = text.replace("\r\n", "\n").split("\n")
    faults = []
    for item in found:
        before, after = read(lines[: item.first - 1]), read(lines[: item.last])
        if before is None or after is None or at(after, item.path) is MISSING:
            faults.append(f"{item}: not there")
        elif item.head != "[" and at(before, item.path) is not MISSING:
            faults.append(f"{item}: there before")
        elif not item.head and at(after, item.path) != tomllib.loads(f"x = {item.value}")["x"]:
            faults.append(f"{item}: another value")
    heads, pairs = ({item.path for item in found if bool(item.head) is whole} for whole in (True, False))
    told = [leaf for leaf in leaves(tomllib.loads(text), ()) if leaf not in heads]
    return faults + [f"{leaf}: no statement" for leaf in told if leaf and not prefixes(leaf) & pairs]


MISSING = object()


def read(lines: list[str]) -> dict[str, object] | None:
    try:
        return tomllib.loads("\n".join(lines))
    except tomllib.TOMLDecodeError:
        return None


def at(document: object, path: Path) -> object:
    for part in path:
        known = (
            document if isinstance(document, dict) else dict(enumerate(document if isinstance(document, list) else []))
        )
        if part not in known:
            return MISSING
        document = known[part]
    return document


def leaves(value: object, path: Path) -> Iterator[Path]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not children:
        yield path
    for key, child in children:
        yield from leaves(child, (*path, key))


def prefixes(path: Path) -> set[Path]:
    return {path[:size] for size in range(len(path) + 1)}


def on_lines(items: list[str]) -> str:
    return "\n".join(["[ # [ '", *(f"  {item}, # ]" for item in items), "]"])


def table(items: list[str]) -> str:
    return "{" + ", ".join(f"k{place}.'}}' = {item}" for place, item in enumerate(items)) + "}"


TEXTS = st.text("ab #[]{}=.,'é", max_size=6)
VALUES = st.recursive(
    st.one_of(
        st.sampled_from(["1", "-0.5e3", "true", "inf", "2026-01-05", "2026-01-05T07:32:00Z", "07:32:00", "[]", "{}"]),
        TEXTS.map(lambda text: '"' + text.replace("b", '\\"') + '"'),
        TEXTS.map(lambda text: "'" + text.replace("'", '"') + "'"),
        TEXTS.map(lambda text: '"""' + text.replace("a", "\n").replace("b", '\\"') + '"x"""'),
        TEXTS.map(lambda text: "'''" + text.replace("a", "\n").replace("'", '"') + "'''"),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(inner, max_size=3).map(on_lines),
        st.lists(inner, max_size=3).map(table),
    ),
    max_leaves=6,
)  # fmt: skip
KEYS = ("k{}", '"k{} # ["', "'k{} \"'", "k{}.a", 'k{} . "b.c" . d', "\"k{}=\" .\t''")
GAPS = st.sampled_from(["", "", "\n", "# a = 1\n", "  # [x]\n\n", "\t\n"])
HEADS = ("[t{}]", ' [ t{} . "a.b" ]  # x', "[[t{}]]", '[[t{} . "]]"]]\n[[t{}."]]"]]', "[[t{}]]\n[[t{}.u]]\n[t{}.u.v]")


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, list[int]]:
    """Return a document, and the lines that its top-level keys begin on, as they were written."""
    text, lines = "", []
    ends = draw(st.sampled_from(["\n", "\r\n"]))
    for number in range(draw(st.integers(0, 4))):
        text += draw(GAPS)
        lines.append(text.count("\n") + 1)
        text += draw(st.sampled_from(KEYS)).replace("{}", str(number)) + draw(st.sampled_from([" = ", "=", "\t=\t"]))
        text += draw(VALUES) + draw(st.sampled_from(["\n", " # ] = '\n"]))
    for number in range(draw(st.integers(0, 3))):
        text += draw(GAPS) + draw(st.sampled_from(HEADS)).replace("{}", str(number)) + "\n"
        text += "".join(f"{draw(GAPS)}k{place} = {draw(VALUES)}\n" for place in range(draw(st.integers(0, 2))))
    return text.replace("\n", ends), lines


@given(documents())
def test_every_top_level_key_stands_where_it_was_written(drawn: tuple[str, list[int]]) -> None:
    text, lines = drawn

    found = statements(text)[: len(lines)]

    assert lines == [item.first for item in found]
    assert list(tomllib.loads(text))[: len(lines)] == [item.path[0] for item in found]


@given(documents())
def test_every_statement_stands_on_the_lines_that_make_it(drawn: tuple[str, list[int]]) -> None:
    assert [] == wrong(drawn[0])


PIECES = (
    "\n",
    "\r\n",
    " ",
    '"',
    "'",
    '"""',
    "'''",
    "#",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    "=",
    ".",
    "a",
    "1",
    "x = ",
)


@given(documents(), st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(PIECES)), max_size=3))
def test_what_the_parser_accepts_the_scanner_reads(
    drawn: tuple[str, list[int]], edits: list[tuple[int, int, str]]
) -> None:
    text = drawn[0]
    for place, size, piece in edits:
        text = text[: place % (len(text) + 1)] + piece + text[place % (len(text) + 1) + size :]
    if read([text]) is None:
        return

    found = statements(text)

    assert [item.first for item in found] == sorted(item.first for item in found)
    assert all(item.first <= item.last for item in found)
    assert any("\\" in str(part) for part in chain.from_iterable(item.path for item in found)) or [] == wrong(text)
