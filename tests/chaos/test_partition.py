"""Three workers on machines of their own, one of them cut off from the database and joined again."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from listening import listen
from postgres import Server, postgres, programs

from conftest import Gate

RUN = Path(__file__).parents[2] / "bench" / "chaos_run.py"
TIMES = ("3", "0.5", "2")  # seconds: the life of a lease, between signs of life, the grace of a claim
NET, HERE = "10.213.7", "10.213.7.1"
NAMES = ("a", "b", "c")
RESTART = "ssh web1 reboot"  # behind an `exit`: never runs, and takes the machine
IN_THE_WAY = "was lost and may still be at work on the machine web1"


def ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=True)


def until(holds: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.1)
    return found


class Network:
    """A bridge, and a namespace for each worker with an address on it."""

    def __init__(self) -> None:
        self.mark = f"hg{os.getpid() % 100000}"

    def make(self) -> None:
        ip("link", "add", "name", self.mark, "type", "bridge")
        ip("address", "add", f"{HERE}/24", "dev", self.mark)
        ip("link", "set", self.mark, "up")
        for number, name in enumerate(NAMES, 2):
            ip("netns", "add", self.space(name))
            ip("link", "add", self.cable(name), "type", "veth", "peer", "name", "eth0", "netns", self.space(name))
            ip("link", "set", self.cable(name), "master", self.mark, "up")
            ip("-n", self.space(name), "address", "add", f"{NET}.{number}/24", "dev", "eth0")
            ip("-n", self.space(name), "link", "set", "eth0", "up")

    def space(self, name: str) -> str:
        return f"{self.mark}{name}"

    def cable(self, name: str) -> str:
        return f"{self.mark}{name}"

    def cut(self, name: str) -> None:
        ip("link", "set", self.cable(name), "down")

    def heal(self, name: str) -> None:
        ip("link", "set", self.cable(name), "up")

    def close(self) -> None:
        for name in NAMES:
            ip("netns", "delete", self.space(name), check=False)
            ip("link", "delete", self.cable(name), check=False)
        ip("link", "delete", self.mark, check=False)


class Fleet(Gate):
    """A gate with shortened leases, and workers of the pool `far` in their namespaces."""

    def __init__(self, folder: Path, network: Network, url: str) -> None:
        super().__init__(folder / "home")
        self.folder, self.network, self.url = folder, network, url
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.begun = folder / "begun"
        self.begun.touch()

    def run(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(RUN), *TIMES, "--home", str(self.home), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, **options)  # type: ignore[call-overload, no-any-return]

    def start(self, name: str) -> None:
        command = ["ip", "netns", "exec", self.network.space(name), sys.executable, str(RUN), *TIMES]
        command += ["--home", str(self.folder / name), "worker", "--pool", "far", "--store", self.url]
        with (self.folder / f"{name}.log").open("wb") as log:
            self.workers[name] = subprocess.Popen(command, stdout=log, stderr=log)

    def hand_over(self, command: str) -> int:
        return int(json.loads(self("delegate", "--json", "--pool", "far", "--", command))["job"])

    def worker_of(self, job: int) -> str:
        """Return the name of the worker that runs *job*, once one does."""
        found = until(lambda: self.job(job)["state"] in {"running", "succeeded", "failed"} and self.job(job)["worker"])
        return next(name for name in NAMES if self.id_of(name) == found)

    def id_of(self, name: str) -> str:
        return (self.folder / name / "worker" / "worker.name").read_text().strip()

    def leave_safe(self, there: str) -> tuple[list[int], Path]:
        """Hand over safe work until a piece of it runs on *there*; return all of it, and what this one waits for."""
        jobs: list[int] = []
        while True:
            over = self.folder / f"over-{len(jobs)}"
            jobs.append(self.hand_over(f"uptime; until [ -e {over} ]; do sleep 0.5; done; exit 5"))
            if self.worker_of(jobs[-1]) == there:
                return jobs, over
            over.touch()

    def starts(self, key: str) -> int:
        return self.begun.read_text().splitlines().count(key)

    def slots(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self("pools", "--json"))["slots"]
        return found


@pytest.fixture
def server() -> Iterator[Server]:
    if os.geteuid() != 0 or shutil.which("ip") is None or programs() is None:
        pytest.skip("network namespaces need root and `ip`, and this test a Postgres")
    with postgres() as running:
        yield running


@pytest.fixture
def fleet(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    network = Network()
    with ExitStack() as stack:
        folder = Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp", ignore_cleanup_errors=True))
        )
        stack.callback(network.close)
        try:
            network.make()
        except subprocess.CalledProcessError as error:
            pytest.skip(f"network namespaces cannot be made here: {error.stderr.decode().strip()}")
        listen(server, HERE, f"{NET}.0/24")
        name = server.database().partition("@/")[2].partition("?")[0]
        url = f"postgresql://postgres@{HERE}:5432/{name}?connect_timeout=2&tcp_user_timeout=2000"
        config = folder / "config" / "headgate" / "headgate.toml"
        config.parent.mkdir(parents=True)
        config.write_text(f'schema = 1\n[pools.far]\nstore = "{url}"\n')
        monkeypatch.setenv("XDG_CONFIG_HOME", str(folder / "config"))
        made = Fleet(folder, network, url)
        for name in NAMES:
            made.start(name)
        until(lambda: made("workers").count("0 of 4 places taken") == len(NAMES))
        yield made
        for name, worker in made.workers.items():
            network.heal(name)
            worker.kill()
            worker.wait()
        made.run("stop")


@pytest.mark.timeout(400)
def test_a_worker_that_is_cut_off_loses_nothing_and_nothing_begins_twice(fleet: Fleet) -> None:
    go = fleet.folder / "go"
    once = fleet.hand_over(f"echo once >> {fleet.begun}; until [ -e {go} ]; do sleep 0.1; done; exit 7; {RESTART}")
    there = fleet.worker_of(once)
    safe, over = fleet.leave_safe(there)

    fleet.network.cut(there)
    lost = fleet.until(once, "lost")
    waiting = fleet.hand_over(f"echo waiting >> {fleet.begun}; exit 0; {RESTART}")
    until(lambda: fleet.worker_of(safe[-1]) != there)
    over.touch()
    elsewhere = fleet.until(safe[-1], "failed")
    until(lambda: IN_THE_WAY in str(fleet.job(waiting)["note"]))
    quarantined = [(slot["name"], slot["quarantined"]) for slot in fleet.slots()]
    go.touch()
    fleet.network.heal(there)
    told, after = fleet.until(once, "failed"), fleet.until(waiting, "succeeded")

    assert ("its worker went silent" in str(lost["note"]), [("web1", True)]) == (True, quarantined)
    assert (5, False) == (elsewhere["exit_code"], elsewhere["worker"] == fleet.id_of(there))
    assert (7, True, 0) == (told["exit_code"], told["late"], after["exit_code"])
    assert (1, 1) == (fleet.starts("once"), fleet.starts("waiting"))
    assert [5] * len(safe) == [fleet.until(job, "failed")["exit_code"] for job in safe]
    until(lambda: not fleet.slots())
    assert "the journal is whole" in fleet("verify")
