"""The usual form of a policy file: another look, the same meaning, and no comment is lost."""

import re
import tomllib
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import ANSWERS, some_rule, text
from test_source import documents

from headgate.decide.format import comments, formatted
from headgate.decide.layers import load
from headgate.decide.source import statements
from headgate.model.errors import HeadgateError
from headgate.wiring import shipped_texts

SEEDS = st.integers(0, 2**48)
RULE = ["id", "decision", "when", "unless", "with", "reason", "hint", "match", "not_match"]
ORDERS = {
    "[[rule]]": RULE,
    "[[invariant]]": ["id", "given", "unless", "at_least", "then", "reason"],
    "[[test]]": ["name", "facts", "command", "expect"],
    "[window.w]": ["count", "over", "where"],
    "[settings]": ["quick_wait", "comfort"],
}
SHIPPED = {item.file: item.text for profile in ("strict", "observe", "lockdown") for item in shipped_texts(profile)}


def untidy(random: Random) -> str:
    """Return a policy whose rules have their keys in any order, with comments and blank lines anywhere."""
    rules = [some_rule(random) for _ in range(random.randint(0, 6))]
    blocks = re.split(r"(?=^\[\[)", text(rules, random.choice(ANSWERS)), flags=re.MULTILINE)
    lines = []
    for number, block in enumerate(blocks):
        head, *keys = block.strip("\n").split("\n") if number else ["", *block.strip("\n").split("\n")]
        for line in (head, *random.sample(keys, len(keys))):
            lines += random.choices(["", f"# {len(lines)}", f"  ## {len(lines)} = [", "\t"], k=random.randint(0, 3))
            lines.append(spread(random, line) + random.choice(["", "", "  # ] and so on"]) if line else "")
    return random.choice(["\n", "\r\n"]).join([*lines, *random.choices(["", "# end"], k=random.randint(0, 4))])


def spread(random: Random, line: str) -> str:
    """Return *line* with other blanks around its dots, brackets and signs, where they say nothing."""
    if line.startswith("["):
        return random.choice(["", "  "]) + line
    key, value = line.split(" = ", 1)
    return (
        random.choice(["", "\t"]) + key.replace(".", random.choice([".", " . "])) + random.choice(["=", "  = "]) + value
    )


def squeezed(words: str) -> list[str]:
    """Return the lines of a text without their blanks, in no order: comments are among them."""
    return sorted(filter(None, (re.sub(r"\s", "", line) for line in words.split("\n"))))


# -- laws -----------------------------------------------------------------------------------------


@given(SEEDS)
def test_a_formatted_policy_is_the_same_policy(seed: int) -> None:
    before = untidy(Random(seed))

    after = formatted(before, "p.toml")

    assert tomllib.loads(before) == tomllib.loads(after)
    assert load(before).digest == load(after).digest


@given(SEEDS)
def test_every_line_and_every_comment_is_kept(seed: int) -> None:
    before = untidy(Random(seed))

    assert squeezed(before) == squeezed(formatted(before, "p.toml"))


@given(SEEDS)
def test_doing_it_twice_changes_nothing_more(seed: int) -> None:
    once = formatted(untidy(Random(seed)), "p.toml")

    assert once == formatted(once, "p.toml")


@given(documents())
def test_any_toml_keeps_its_meaning_and_its_comments_and_has_one_form(drawn: tuple[str, list[int]]) -> None:
    before = drawn[0]

    after = formatted(before, "p.toml")

    assert tomllib.loads(before) == tomllib.loads(after)
    assert squeezed(before) == squeezed(after)
    assert after == formatted(after, "p.toml")


@given(SEEDS)
def test_the_keys_of_a_rule_stand_in_one_order(seed: int) -> None:
    found: dict[int, list[str]] = {}
    for item in statements(formatted(untidy(Random(seed)), "p.toml")):
        if item.path[0] == "rule" and not item.head:
            found.setdefault(int(item.path[1]), []).append(str(item.path[2]))

    assert all(keys == sorted(keys, key=RULE.index) for keys in found.values())


@given(SEEDS)
def test_the_usual_form_has_no_blank_at_the_end_of_a_line_and_no_two_blank_lines(seed: int) -> None:
    found = formatted(untidy(Random(seed)), "p.toml")

    assert None is re.search(r"[ \t\r]\n|\n\n\n|\A\n|\n\n\Z|[^\n]\Z", found)


# -- by example -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_files_are_in_the_usual_form(name: str) -> None:
    assert SHIPPED[name] == formatted(SHIPPED[name], name)


UNTIDY = """

# of the file


schema=1
  default   =   "deny"   # when nobody speaks
[settings]
comfort="30s"
quick_wait = "3s" # short
# a window
[window . busy]
where.heavy=true
over = "10m"
count = "calls"
# about the rule


# right above it
[[rule]] # first
match = [
    "ls",   # light
]
reason = "Because."
unless.override = true
with . max_run = "2h"
when.thread = [
  "main" ]
decision= "delegate"
  # its name
id ="a"
hint = "h"
when . heavy = true

[[invariant]]
at_least = "delegate"
given = {thread = "main"}
id = "i"
# the end


# the very end
"""
TIDY = """\
# of the file

schema  = 1
default = "deny"   # when nobody speaks

[settings]
comfort    = "30s"
quick_wait = "3s" # short

# a window
[window . busy]
count    = "calls"
over     = "10m"
where.heavy = true

# about the rule

# right above it
[[rule]] # first
# its name
id       = "a"
decision = "delegate"
when.thread = [
  "main" ]
when.heavy = true
unless.override = true
with.max_run = "2h"
reason   = "Because."
hint     = "h"
match = [
    "ls",   # light
]

[[invariant]]
id       = "i"
given    = {thread = "main"}
at_least = "delegate"
# the end

# the very end
"""


def test_keys_come_in_order_and_in_line_with_their_comments() -> None:
    assert TIDY == formatted(UNTIDY, "p.toml")


@pytest.mark.parametrize(("head", "order"), ORDERS.items(), ids=ORDERS)
def test_the_keys_of_each_table_have_their_order(head: str, order: list[str]) -> None:
    keys = order if head == "[settings]" else order[::-1]  # of settings it stays

    found = formatted("\n".join([head, *(f"{key} = 1" for key in keys), "other = 1"]), "p.toml")

    assert [head, *order, "other"] == [line.split(" ")[0] for line in found.splitlines()]


@pytest.mark.parametrize(
    "value",
    [
        '"""\n  a\n\n# no comment\n   [b]\n"""',
        "'''a\n\tb = 1'''",
        '"""a \\\n    b"""',
        '"""a  \n\n\n\nb"""',
        "'''\n \n'''",
    ],
)
def test_a_string_of_many_lines_is_untouched(value: str) -> None:
    before = f'[[rule]]\nreason = {value}\nid = "a"\n'

    after = formatted(before, "p.toml")

    assert value in after
    assert after == formatted(after, "p.toml")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "\n"),
        ("\n\n# a\n\n\n\n# b", "# a\n\n# b\n"),
        ("a=1", "a = 1\n"),
        ("[[rule]]\n\n\n[[rule]]\n", "[[rule]]\n\n[[rule]]\n"),
        ('"a b"=1\nc = 2', '"a b" = 1\nc     = 2\n'),
        ("[sets]\nab = []\n'c.d' . e= 1\nabcd=[\n 1 ]", "[sets]\nab      = []\n'c.d'.e = 1\nabcd = [\n 1 ]\n"),
        ("a = 1\r\n[t]\r\nb = 2\r\n", "a = 1\n\n[t]\nb = 2\n"),
    ],
)
def test_the_form_of_small_texts(before: str, after: str) -> None:
    assert after == formatted(before, "p.toml")


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ("a b", "p.toml:1: this is not TOML: Expected '=' after a key in a key/value pair"),
        ("a = 1\n\n[t", "p.toml:3: this is not TOML: Expected ']' at the end of a table declaration"),
        ("a = 1\na = 2", "p.toml:2: this is not TOML: Cannot overwrite a value"),
    ],
)
def test_what_is_no_toml_is_refused_with_its_line(before: str, found: str) -> None:
    with pytest.raises(HeadgateError) as raised:
        formatted(before, "p.toml")

    assert ("HG110", f"the file is no policy:\n{found}") == (raised.value.code, raised.value.message)


# -- comments above tables ------------------------------------------------------------------------


def test_the_comment_right_above_a_head_is_told_by_the_line_of_the_head() -> None:
    words = (
        "# of the file\nschema = 1\n# of the key\na = 1\n\n# far\n\n#  one\n  # two\n[t]\n"
        "\n[u] # beside\n# inside\nb = 1\n#\n# three\n[[rule]]\nc = '''\n# text\n'''\n[[rule]]\n# last\n"
    )

    assert {10: "one\ntwo", 17: "\nthree"} == comments(words)


def test_every_rule_of_the_shipped_files_keeps_its_comment_when_its_lines_move() -> None:
    for words in SHIPPED.values():
        assert list(comments(words).values()) == list(comments("\n\n\n" + words.replace("\n", "\r\n")).values())
