"""The registry of programs: whole, without doubles, and with a table for every family."""

import importlib
import pkgutil
from collections import Counter
from pathlib import Path

import headgate.classify.programs as registry

TABLES = Path(__file__).parent / "programs"
FAMILIES = {
    module.name: found.PROGRAMS
    for module in pkgutil.iter_modules(registry.__path__)
    if hasattr(found := importlib.import_module(f"{registry.__name__}.{module.name}"), "PROGRAMS")
}


def test_every_family_is_registered() -> None:
    missing = {
        family: sorted(name for name in programs if registry.PROGRAMS.get(name) is not programs[name])
        for family, programs in FAMILIES.items()
    }

    assert {family: names for family, names in missing.items() if names} == {}


def test_a_program_belongs_to_one_family() -> None:
    counts = Counter(name for programs in FAMILIES.values() for name in programs)

    assert {name: count for name, count in counts.items() if count > 1} == {}


def test_nothing_else_is_registered() -> None:
    assert set(registry.PROGRAMS) == {name for programs in FAMILIES.values() for name in programs}


def test_every_family_has_a_table() -> None:
    assert sorted(family for family in FAMILIES if not (TABLES / f"{family}.toml").is_file()) == []
