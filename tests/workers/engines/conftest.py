"""Sites: an engine and a board in memory, on SQLite and on Postgres, for as many processes as a test wants."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres import Server, postgres, programs

from headgate.ports.far import Board, Engine
from headgate.workers.engines import open_engine

REASON = "there is no Postgres here"


class Site:
    """One store; `open` is what each of its processes has of it."""

    def __init__(self, kind: str, url: str) -> None:
        self.kind, self.url = kind, url
        self._opened: list[tuple[Engine, Board]] = []

    def open(self, process: str = "p1") -> tuple[Engine, Board]:
        self._opened.append(open_engine(self.url, process))
        return self._opened[-1]

    def close(self) -> None:
        for engine, board in self._opened:
            engine.close()
            board.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    if programs() is None:
        assert not os.environ.get("CI"), REASON
        pytest.skip(REASON)
    with postgres() as running:
        yield running


def url_of(kind: str, request: pytest.FixtureRequest, folder: Path) -> str:
    if kind == "memory":
        return f"memory:{folder}"
    if kind == "sqlite":
        return f"sqlite:///{folder}/engine.db"
    made: str = request.getfixturevalue("server").database()
    return made


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    site = Site(request.param, url_of(request.param, request, tmp_path))
    yield site
    site.close()


@pytest.fixture(params=["sqlite", "postgres"])
def durable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    site = Site(request.param, url_of(request.param, request, tmp_path))
    yield site
    site.close()


def until(holds: Callable[[], object], seconds: float = 90) -> None:
    """Wait until *holds*."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.01)


@pytest.fixture(name="until")
def _until() -> Callable[..., None]:
    return until
