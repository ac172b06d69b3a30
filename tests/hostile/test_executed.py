"""Every route to authority, run as a process below a client in spite of the gate: the daemon itself refuses."""

import shutil
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from siege import PLACES, Siege, siege

ROUTES = tomllib.loads(Path(__file__).with_name("routes.toml").read_text())["executed"]


@pytest.fixture(scope="module")
def besieged() -> Iterator[Siege]:
    with siege(*PLACES) as found:
        yield found
        assert "the journal is whole" in found.gate("verify")


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route["name"])
def test_what_is_executed_anyway_grants_nothing(besieged: Siege, route: dict[str, Any]) -> None:
    if "needs" in route and shutil.which(route["needs"]) is None:
        pytest.skip(f"no {route['needs']} on this machine")
    before, refused = besieged.state(), besieged.refused()

    def attack(place: str) -> str:
        said = besieged.execute(place, besieged.names(route["text"], place), terminal=route.get("terminal", False))
        if route.get("waits"):
            besieged.wait(place)
        return said

    with ThreadPoolExecutor(len(PLACES)) as pool:
        said = dict(zip(PLACES, pool.map(attack, PLACES), strict=True))

    assert before == besieged.state(), said
    assert besieged.refused() - refused >= route.get("tried", 0), said
