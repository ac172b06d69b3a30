"""Patterns against regular expressions and the textbook, the index against the patterns one by one."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference import common, regex

from headgate.decide.globs import Index, fits, may_fit, sum_of
from headgate.decide.names import HOLE

PATTERNS = st.text("ab*", max_size=7) | st.lists(st.text("ab", max_size=2), min_size=1, max_size=4).map("*".join)
NAMES = st.text("ab\n", max_size=8)
HOLED = st.text("ab" + HOLE, max_size=7)
MARKS = st.lists(st.tuples(PATTERNS, st.integers(0, 2**12 - 1)), max_size=12)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("", "", True),
        ("", "a", False),
        ("*", "", True),
        ("**", "a", True),
        ("a", "a", True),
        ("a", "A", False),
        ("a*a", "a", False),
        ("a*a", "aa", True),
        ("ab*ba", "aba", False),
        ("*.prod", "web1.prod", True),
        ("*.prod", "web1.prod.eu", False),
        ("*ab*", "aab", True),
        ("*ab*b", "ab", False),
        ("a*b*c", "abcbc", True),
        ("*a*", "b\na\nb", True),
        ("a?[b].c", "a?[b].c", True),
        ("a.c", "abc", False),
        ("*", HOLE, True),
        ("web*", f"web{HOLE}", True),
        ("web*.prod", f"web{HOLE}", False),
        ("", HOLE, False),
    ],
)
def test_a_pattern_fits_all_of_a_text_and_every_sign_but_the_star_stands_for_itself(
    pattern: str,
    text: str,
    found: bool,  # noqa: FBT001 a table
) -> None:
    assert found is fits(pattern, text)


@given(PATTERNS, NAMES)
def test_a_pattern_fits_what_its_regular_expression_matches(pattern: str, text: str) -> None:
    assert (regex(pattern).match(text) is not None) is fits(pattern, text)


@given(st.text(max_size=6), st.text(max_size=6))
def test_without_a_star_only_the_same_text_fits(pattern: str, text: str) -> None:
    assert fits(pattern.replace("*", ""), pattern.replace("*", ""))
    assert (pattern.replace("*", "") == text) is fits(pattern.replace("*", ""), text)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("web1", HOLE, True),
        ("", HOLE, True),
        ("", f"a{HOLE}", False),
        ("web1.prod", f"web{HOLE}", True),
        ("db1.prod", f"web{HOLE}", False),
        ("*.prod", f"web{HOLE}", True),
        ("*.prod", f"{HOLE}.stage", False),
        ("a*b", f"{HOLE}c{HOLE}", True),
        ("ab", f"{HOLE}c{HOLE}", False),
        ("aba", f"ab{HOLE}ba", False),
        ("abba", f"ab{HOLE}ba", True),
        ("git push *", f"git {HOLE}", True),
        ("git push *", f"git pull {HOLE}", False),
    ],
)
def test_a_hole_may_be_any_text(pattern: str, text: str, found: bool) -> None:  # noqa: FBT001 a table
    assert found is may_fit(pattern, text)


@given(PATTERNS, HOLED)
@example("a*a", f"{HOLE}a")
def test_a_pattern_may_fit_what_has_a_word_in_common_with_it(pattern: str, text: str) -> None:
    assert common(pattern, text) is may_fit(pattern, text)


@given(PATTERNS, NAMES)
def test_what_has_no_hole_may_fit_where_it_fits(pattern: str, text: str) -> None:
    assert fits(pattern, text) is may_fit(pattern, text)


@given(PATTERNS, HOLED, st.lists(st.text("ab", max_size=4), min_size=8, max_size=8))
def test_whatever_a_hole_turns_out_to_be_a_pattern_that_then_fits_might_have(
    pattern: str, text: str, told: list[str]
) -> None:
    words = iter(told)
    whole = re.sub(HOLE, lambda _hole: next(words), text)

    assert may_fit(pattern, text) or not fits(pattern, whole)
    assert fits(pattern, whole) or not fits(pattern, text)


def test_a_star_in_a_name_is_no_hole() -> None:
    assert [False, True] == [may_fit("ab", f"a*{HOLE}"), may_fit("a*", f"a*{HOLE}")]


# -- the index ------------------------------------------------------------------------------------


@given(MARKS, st.lists(NAMES | HOLED, max_size=8), st.sampled_from(["", "a", "b", "ab", HOLE]))
def test_the_index_finds_what_fits_one_by_one(marks: list[tuple[str, int]], texts: list[str], filler: str) -> None:
    index = Index(marks)

    for text in (*texts, *(pattern.replace("*", filler) for pattern, _bits in marks)):
        assert sum_of(bits for pattern, bits in marks if fits(pattern, text)) == index.find(text)


@given(MARKS, st.lists(NAMES | HOLED, max_size=8))
def test_the_index_finds_what_may_fit_one_by_one(marks: list[tuple[str, int]], texts: list[str]) -> None:
    index = Index(marks)

    for text in texts:
        assert sum_of(bits for pattern, bits in marks if may_fit(pattern, text)) == index.may(text)


@given(MARKS, st.lists(NAMES, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_the_order_of_patterns_never_matters(marks: list[tuple[str, int]], texts: list[str], random: object) -> None:
    shuffled = list(marks)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = Index(marks), Index(shuffled)

    assert [one.find(text) for text in texts] == [other.find(text) for text in texts]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("web1.prod", 0b0100_0111),
        ("web1", 0b0000_1010),
        ("web", 0b0000_0010),
        ("we", 0b0001_0000),
        ("wed", 0b0100_0000),
        ("web1.pd", 0b0100_0011),
        ("db.prod", 0b0000_0100),
        ("x.prod.eu", 0b0010_0000),
        ("", 0),
    ],
)
def test_beginnings_inside_one_another_are_all_found(text: str, found: int) -> None:
    patterns = ("web1.p*d", "web*", "*.prod", "web1", "we", "*.prod.*", "w*d")

    assert found == Index((pattern, 1 << place) for place, pattern in enumerate(patterns)).find(text)


def test_an_empty_index_finds_nothing() -> None:
    assert (0, 0) == (Index([]).find("a"), Index([]).may(HOLE))


# -- growth: were these not in proportion to the text, they would not end ------------------------

LONG = 100_000


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a*a*a*b", "a" * LONG),
        ("*a" * 1000 + "*b", "a" * LONG),
        ("*ab*ab*c", "ab" * LONG),
        ("*" * 1000 + "b", "a" * LONG),
    ],
)
def test_no_pattern_is_tried_again_and_again(pattern: str, text: str) -> None:
    assert (False, True, 0, 1) == (
        fits(pattern, text),
        fits(pattern, text + pattern[-1]),
        Index([(pattern, 1)]).find(text),
        Index([(pattern, 1)]).find(text + pattern[-1]),
    )


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [("ab*", "a" * LONG + HOLE, False), ("a*b", "a" * LONG + HOLE, True), ("a*b", HOLE + "a" * LONG, False)],
)
def test_a_long_text_with_a_hole_is_read_once(pattern: str, text: str, found: bool) -> None:  # noqa: FBT001 a table
    assert found is may_fit(pattern, text)


@pytest.mark.timeout(60)
def test_several_stars_read_a_long_text_with_a_hole_a_few_times() -> None:
    assert may_fit("*a*a*a*b", "a" * LONG + HOLE)
