"""`[journal]`: what it says, and every mistake at its line."""

import pytest

from headgate.configure import joined, load
from headgate.configure.journal import SEGMENT, JournalTerms
from headgate.model.errors import HeadgateError


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("", None),
        ("[journal]", None),
        ("[journal]\nsegment = 5000", JournalTerms(5000)),
        ('[journal]\nkeep = "400d"', JournalTerms(SEGMENT, 400 * 86400.0)),
        ('[journal]\nwitness = "syslog"', JournalTerms(witness="syslog")),
        ('[journal]\nwitness = "/mnt/log/notes"', JournalTerms(witness="/mnt/log/notes")),
        (
            '[journal]\nwitness = ["ssh", "log@w1", "cat >> notes"]',
            JournalTerms(witness=("ssh", "log@w1", "cat >> notes")),
        ),
    ],
)
def test_what_it_says(lines: str, found: JournalTerms | None) -> None:
    assert found == load(f"schema = 1\n{lines}\n").journal


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("segment = 10", "a number of entries from 1000 to 1000000"),
        ("segment = true", "a number of entries"),
        ('keep = "long"', "a duration such as"),
        ("keep = 0", "a duration such as"),
        ('witness = "notes.txt"', "the absolute path of a file"),
        ("witness = []", "the words of a command"),
        ("witness = 3", '"syslog"'),
        ("wittness = 3", "did you mean `witness`?"),
    ],
)
def test_a_mistake_is_told_at_its_line(line: str, word: str) -> None:
    with pytest.raises(HeadgateError) as raised:
        load(f"schema = 1\n\n[journal]\n{line}\n")

    assert "HG111" == raised.value.code
    assert "headgate.toml:4: " in raised.value.message
    assert word in raised.value.message


def test_it_is_a_table() -> None:
    with pytest.raises(HeadgateError, match=r"headgate.toml:2: `journal` is a table"):
        load('schema = 1\njournal = "x"\n')


def test_the_first_file_that_says_something_counts() -> None:
    texts = ("schema = 1\n", "schema = 1\n[journal]\nsegment = 2000\n", "schema = 1\n[journal]\nsegment = 3000\n")

    assert JournalTerms(2000) == joined(load(text) for text in texts).journal
