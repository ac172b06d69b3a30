"""Another parser reads the same texts: ours has every command that it finds, or says that it is in doubt."""

import tomllib
from pathlib import Path

import pytest

from oracle.programs import CORES, Layer, Program, programs
from oracle.reference import SHFMT, lacking, own, reference
from oracle.templates import GROUP_OF

NASTY: list[str] = tomllib.loads((Path(__file__).parent / "nasty.toml").read_text())["texts"]
PARTS = 2
SAMPLE = 250


@pytest.mark.parametrize("text", NASTY)
def test_no_command_of_a_nasty_text_is_lacking(text: str) -> None:
    assert not lacking(text)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_command_of_a_template_is_lacking(part: int) -> None:
    texts = [Program("m1.invalid", CORES[0], (Layer(name, 1),)).text for name in list(GROUP_OF)[part::PARTS]]

    assert {} == {text: names for text in texts if (names := lacking(text))}


@pytest.mark.parametrize("part", range(PARTS))
def test_no_command_of_a_random_program_is_lacking(part: int) -> None:
    texts = [program.text for program in programs(seed=2, count=SAMPLE, first=part * SAMPLE)]

    assert {} == {text: names for text in texts if (names := lacking(text))}


def test_most_texts_are_read_by_both() -> None:
    texts = [program.text for program in programs(seed=4, count=100)]

    assert sum(reference(text) is not None and not own(text)[1] for text in texts) > 80


def test_the_reference_is_there_and_finds_what_is_hidden() -> None:
    assert SHFMT.exists()
    assert {"echo": 1, "ssh": 1} == reference("echo ${a:-$(s\\sh h)}")
