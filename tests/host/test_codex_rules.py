"""Codex's own rules: one that could refuse or ask is seen, wherever the client would read it."""

from pathlib import Path

import pytest

from headgate.host.codex_rules import silent

ALLOWS = 'prefix_rule(pattern=["make"], decision="allow")\n'
FORBIDS = 'prefix_rule(pattern=["make"], decision="forbidden")\n'


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    (tmp_path / "repo" / "deep").mkdir(parents=True)
    return tmp_path / "repo" / "deep"


def silence(tmp_path: Path, cwd: Path) -> bool:
    return silent(str(tmp_path / "codex"), str(cwd), tmp_path / "etc")


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_without_rules_none_speaks(tmp_path: Path, cwd: Path) -> None:
    assert silence(tmp_path, cwd)


@pytest.mark.parametrize("place", ["codex/rules", "repo/.codex/rules", "repo/deep/.codex/rules", "etc/rules"])
def test_a_rule_that_forbids_or_asks_speaks_and_one_that_allows_does_not(tmp_path: Path, cwd: Path, place: str) -> None:
    write(tmp_path / place / "default.rules", ALLOWS)
    write(tmp_path / place / "headgate.rules", FORBIDS)  # ours
    allowed = silence(tmp_path, cwd)
    write(tmp_path / place / "mine.rules", FORBIDS)
    forbidden = silence(tmp_path, cwd)
    write(tmp_path / place / "mine.rules", FORBIDS.replace("forbidden", "prompt"))

    assert (True, False, False) == (allowed, forbidden, silence(tmp_path, cwd))


@pytest.mark.parametrize("name", ["requirements.toml", "managed_config.toml"])
def test_what_an_organisation_requires_speaks(tmp_path: Path, cwd: Path, name: str) -> None:
    write(tmp_path / "etc" / name, "")

    assert not silence(tmp_path, cwd)


def test_what_cannot_be_read_speaks(tmp_path: Path, cwd: Path) -> None:
    (tmp_path / "codex" / "rules" / "a.rules").mkdir(parents=True)

    assert not silence(tmp_path, cwd)
