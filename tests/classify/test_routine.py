"""What runs again under one name: quoting, white space and what varies make no difference; the work does."""

import shlex

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from headgate.classify.routine import normalised, routine
from headgate.classify.shell.parse import parse


def name(text: str) -> str:
    return normalised(parse(text))


def place(text: str, cwd: str = "/repo") -> str:
    return routine(parse(text), cwd)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("make test", "make test"),
        ("pytest -k foo -n 4 tests/unit", "pytest -k foo -n #1 tests/unit"),
        ("docker build -t web:1.2.3 .", "docker build -t web:# ."),
        ("docker build -t reg.example:5000/web:3f2a1bc .", "docker build -t reg.example:#4/web:# ."),
        ("git commit -m 'a message'", "git commit -m @text"),
        ("git commit -am short", "git commit -am @text"),
        ("gh pr create --title 'a b' --body=x", "gh pr create --title @text --body=@text"),
        ("python -m pytest", "python -m pytest"),
        ("pytest --basetemp=/tmp/run-123 x", "pytest --basetemp=@tmp x"),
        ("/tmp/a1b2/run.sh", "@tmp/run.sh"),
        ("ssh 10.0.0.5 uptime", "ssh 10.0.0.5 uptime"),
        ("ssh web1 uptime", "ssh web1 uptime"),
        ("aws s3 cp s3://b/2026-01-02/x .", "aws s3 cp s3://b/#/x ."),
        ("kill 123e4567-e89b-12d3-a456-426614174000", "kill #"),
        ("sleep 600", "sleep 600"),
        ("timeout 300 pytest -n 4", "timeout 300 pytest -n 4"),
        ("CI=1 npm test > /tmp/log 2>&1", "CI=#1 npm test"),
        ("a && b; c | d || (e)", "a;b;c|d;e"),
        ("for i in 1 2; do make $i; done", "for(#1 #1){make $i}"),
        ("make $(ls src) &", "make $(ls src)&"),
        ("psql < big.sql", "psql<big.sql"),
        ("make ${X:-all} $Y", "make ${X:-all}() $Y"),
        ("echo 'unclosed", ""),
        ("", ""),
    ],
)
def test_a_command_is_named_without_what_varies(text: str, found: str) -> None:
    assert found == name(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("git commit -m 'one'", "git commit -m 'another one'"),
        ("docker build -t a:1.9.0 .", "docker build -t a:1.10.1 ."),
        ("git checkout 3f2a1bc", "git checkout 99aa001122"),
        ("gh run view 4711", "gh run view 4712"),
        ("make test", "make  test;"),
        ("make test # again", "( make test )"),
        ("make test 2>&1 | tee /tmp/a", "make test 2>/dev/null | tee /tmp/b"),
        ("cd /repo && npm ci", "npm ci"),
        ("cd . ; npm ci", "npm ci"),
        ("pytest -k 'a and b'", 'pytest -k "a and b"'),
    ],
)
def test_runs_of_one_routine_have_one_name(one: str, other: str) -> None:
    assert ("", place(one)) != (place(one), place(other))
    assert place(one) == place(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("make test", "make build"),
        ("pytest tests/unit", "pytest tests/slow"),
        ("pytest -k 'a and b'", "pytest -k 'a or b'"),
        ("pytest -m 'not slow'", "pytest -m slow"),
        ("sleep 2", "sleep 600"),
        ("ab -n 100 http://localhost/", "ab -n 100000 http://localhost/"),
        ("bash -c 'make a'", "bash -c 'make b'"),
        ("bash <<X\nmake a\nX", "bash <<X\nmake b\nX"),
        ("make a | make b", "make a; make b"),
        ("make test &", "make test"),
        ("cd a && npm ci", "cd b && npm ci"),
        ("cd a || npm ci", "cd a && npm ci"),
        ("echo ';' a", "echo; a"),
        ("for i in a b; do make; done", "for i in a b c; do make; done"),
        ("ssh web1 uptime", "ssh web2 uptime"),
    ],
)
def test_other_work_has_another_name(one: str, other: str) -> None:
    assert place(one) != place(other)


def test_the_same_work_elsewhere_has_another_name() -> None:
    assert place("npm ci") == place("cd /repo && npm ci", "/elsewhere") != place("npm ci", "/elsewhere")


@pytest.mark.parametrize(("text", "cwd"), [("npm ci", ""), ("cd x && npm ci", ""), ("echo 'unclosed", "/repo")])
def test_what_runs_nobody_knows_where_has_no_name(text: str, cwd: str) -> None:
    assert "" == place(text, cwd)


WORDS = st.lists(st.text(st.sampled_from("abm/.-=:$;|&'\" \\019"), min_size=1, max_size=12), min_size=1, max_size=6)


def _double_quoted(word: str) -> str:
    return '"' + "".join("\\" + mark if mark in '\\"$`' else mark for mark in word) + '"'


@given(WORDS)
def test_quoting_and_white_space_make_no_difference(words: list[str]) -> None:
    assume("=" not in words[0])  # unquoted that is an assignment

    plain = " ".join(map(shlex.quote, words))
    other = "  \t ".join(map(_double_quoted, words)) + " "

    assert name(plain) == name(other)
    assert place(plain) == place(other)


@given(st.text(st.sampled_from("abf019 ;|&()<>{}$'\"`\n\\=-./"), max_size=60))
def test_every_text_has_a_name_of_one_length_or_none(text: str) -> None:
    assert len(place(text)) in {0, 32}
    assert place(text) == place(text)
