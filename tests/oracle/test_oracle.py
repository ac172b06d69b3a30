"""Of the programs that really ran their marked command, the classifier shows every one."""

import tomllib
from functools import cache
from pathlib import Path

import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction
from oracle.judge import Verdict, judged
from oracle.programs import CORES, Layer, Program, programs
from oracle.sandbox import Sandbox
from oracle.templates import GROUP_OF, GROUPS

HERE = Path(__file__).parent
OPEN = frozenset(tomllib.loads((HERE / "open.toml").read_text())["templates"])
"""Templates that are known to hide a command; nothing else may."""

REGRESSIONS = [row["command"] for row in tomllib.loads((HERE / "regressions.toml").read_text())["miss"]]
PARTS = 4
SAMPLE = 200


def shown_or_open(program: Program, verdict: Verdict) -> bool:
    return verdict is not Verdict.MISSED or any(layer.template in OPEN for layer in program.layers)


def missed(verdicts: dict[Program, Verdict]) -> list[str]:
    return [program.text for program, verdict in verdicts.items() if not shown_or_open(program, verdict)]


@cache
def alone(part: int) -> list[Program]:
    names = list(GROUP_OF)[part::PARTS]
    return [Program(f"m{number}.invalid", CORES[0], (Layer(name, number),)) for number, name in enumerate(names)]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_template_alone_hides_a_command(part: int) -> None:
    made = alone(part)
    verdicts = judged(made)

    assert len(verdicts) > 0.9 * len(made)
    assert [] == missed(verdicts)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_random_program_hides_a_command(part: int) -> None:
    verdicts = judged(programs(seed=1, count=SAMPLE, first=part * SAMPLE))

    assert len(verdicts) > 0.8 * SAMPLE
    assert [] == missed(verdicts)


@pytest.mark.parametrize("command", REGRESSIONS)
def test_what_was_missed_once_is_shown(command: str) -> None:
    found = classify(ShellAction(command, "/home/user/repo"), Surroundings(home="/home/user"), Inventory())

    assert found.heavy or found.machines


def test_there_are_many_templates_and_none_twice() -> None:
    assert len(GROUP_OF) == sum(len(templates) for templates in GROUPS.values()) > 900


def test_the_same_seed_makes_the_same_programs() -> None:
    texts = [[program.text for program in programs(seed=7, count=20)] for _ in range(2)]

    assert texts[0] == texts[1]


def test_the_oracle_notices_what_the_classifier_is_blind_to() -> None:
    hidden = Program("m1.invalid", CORES[0], (Layer("quietly @B64@", 1),))
    plain = Program("m2.invalid", CORES[0], ())
    never = Program("m3.invalid", CORES[0], (Layer("false && @W@", 1),))

    verdicts = judged([hidden, plain, never], Sandbox({"quietly": '#!/bin/sh\necho "$1" | base64 -d | bash\n'}))

    assert {hidden: Verdict.MISSED, plain: Verdict.FOUND} == verdicts


def test_only_stand_ins_and_ordinary_tools_can_be_reached() -> None:
    with Sandbox() as sandbox:
        ran = sandbox.run(["command -v curl wget sftp-server su; ssh $(type -P curl rm kill ip) a; PATH= ssh b"])

    assert {("ssh", "a")} == ran
