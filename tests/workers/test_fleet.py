"""A fleet: workers elsewhere take work from a database that they share with gates."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from listening import listen
from postgres import Server, postgres, programs
from test_local import alive

from conftest import HEADGATE, Gate, free_port, nap

FAKE_SSH = """#!/bin/sh
# Stands in for ssh on the workers: says where it runs, and does on this machine what it is asked to do.
while [ "${1#-}" != "$1" ]; do case $1 in -o|-l|-p|-i|-S|-F) shift;; esac; shift; done
machine=$1; shift
echo "$machine from $WHERE"
exec sh -c "$*"
"""


def until(holds: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, "this never came true"
        time.sleep(0.1)
    return found


class Fleet:
    """One database, its workers, and gates that have it as their pool `far`."""

    def __init__(self, folder: Path, url: str, config: Path) -> None:
        self.folder, self.url = folder, url
        self.workers: dict[str, subprocess.Popen[bytes]] = {}
        self.gate = Gate(folder / "gate")
        self.other = Gate(folder / "other")
        (config / "headgate").mkdir(parents=True)
        (config / "headgate" / "headgate.toml").write_text(f'schema = 1\n[pools.far]\nstore = "{url}"\n')
        (folder / "bin").mkdir()
        ssh = folder / "bin" / "ssh"
        ssh.write_text(FAKE_SSH)
        ssh.chmod(0o755)

    def command(self, name: str, *options: str, url: str = "") -> list[str]:
        words = [str(HEADGATE), "--home", str(self.folder / name), "worker", "--pool", "far"]
        return [*words, "--store", url or self.url, *options]

    def start(self, name: str, *options: str) -> None:
        """Start a worker, and return once it takes work."""
        log = self.folder / f"{name}.log"
        environment = os.environ | {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "WHERE": name}
        with log.open("wb") as file:
            self.workers[name] = subprocess.Popen(
                self.command(name, *options), stdout=file, stderr=file, env=environment
            )
        until(lambda: "takes work of far" in log.read_text())

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        """Send a signal to a worker, and return its exit status."""
        self.workers[name].send_signal(number)
        return self.workers[name].wait(60)

    def id_of(self, name: str) -> str:
        return (self.folder / name / "worker" / "worker.name").read_text().strip()

    def hand_over(self, *words: str, gate: Gate | None = None) -> int:
        said = (gate or self.gate)("delegate", "--json", "--pool", "far", "--", *words)
        return int(json.loads(said)["job"])

    def log_of(self, job: int) -> list[str]:
        return self.gate("job", str(job), "--log").splitlines()

    def close(self) -> None:
        for worker in self.workers.values():
            worker.kill()
            worker.wait()
        self.gate.here("stop", expect=None)
        self.other.here("stop", expect=None)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if programs() is None:
        assert not os.environ.get("CI"), "there is no Postgres"
        pytest.skip("there is no Postgres here")
    with postgres() as running:
        yield running


@pytest.fixture
def fleet(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp", ignore_cleanup_errors=True) as folder:
        made = Fleet(Path(folder), server.database(), tmp_path / "config")
        yield made
        made.close()


# -- where jobs go --------------------------------------------------------------------------------


def test_a_job_goes_to_the_worker_that_reaches_its_machine(fleet: Fleet) -> None:
    fleet.start("webs", "--reaches", "web*")
    fleet.start("bases", "--reaches", "db*")
    jobs = {machine: fleet.hand_over("ssh", machine, "true") for machine in ("db1", "web1", "db2", "web2")}

    for machine, job in jobs.items():
        found = fleet.gate.until(job, "succeeded")
        name = "webs" if machine.startswith("web") else "bases"
        assert fleet.id_of(name) == found["worker"]
        assert [f"{machine} from {name}"] == fleet.log_of(job)


def test_a_job_that_no_worker_reaches_waits_and_says_why_until_one_does(fleet: Fleet) -> None:
    fleet.start("webs", "--reaches", "web*")
    job = fleet.hand_over("ssh", "db1", "true")
    until(lambda: "reaches" in str(fleet.gate.job(job)["note"]))
    waiting = fleet.gate("jobs")
    fleet.start("bases", "--reaches", "db*")
    found = fleet.gate.until(job, "succeeded")

    assert f"job {job} is queued: it waits: no worker of pool `far` reaches db1" in waiting
    assert fleet.id_of("bases") == found["worker"]


def test_two_gates_never_have_one_machine_at_once(fleet: Fleet) -> None:
    marks = fleet.folder / "marks"
    fleet.start("worker")
    for number in range(3):
        for gate in (fleet.gate, fleet.other):
            work = f"echo start >> {marks}; sleep 0.{number}5; echo end >> {marks}; true systemctl restart app"
            fleet.hand_over("ssh", "web1", f"systemctl restart app || {{ {work}; }}", gate=gate)
    for gate in (fleet.gate, fleet.other):
        for job in (1, 2, 3):
            assert ("machine",) == tuple(gate.until(job, "succeeded")["lease"])  # type: ignore[arg-type]

    assert ["start", "end"] * 6 == marks.read_text().splitlines()


# -- while they run -------------------------------------------------------------------------------


def test_output_is_followed_at_the_gate_while_the_job_runs_elsewhere(fleet: Fleet) -> None:
    go = fleet.folder / "go"
    fleet.start("worker")
    job = fleet.hand_over(f"echo first; until [ -e {go} ]; do sleep 0.1; done; echo second; exit 7")
    command = [str(HEADGATE), "--home", str(fleet.gate.home), "job", str(job), "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as follow:
        assert follow.stdout is not None
        first = follow.stdout.readline()
        state = fleet.gate.until(job, "running")["state"]  # the gate hears of the start from the board, by and by
        go.touch()
        rest, _ = follow.communicate(timeout=60)

    assert ("first\n", "running", "second\n", 7) == (first, state, rest, follow.returncode)


def test_a_worker_that_is_restarted_loses_no_job(fleet: Fleet) -> None:
    begun, go = fleet.folder / "begun", fleet.folder / "go"
    fleet.start("worker")
    job = fleet.hand_over(f"echo >> {begun}; until [ -e {go} ]; do sleep 0.1; done; echo over; exit 7")
    fleet.gate.until(job, "running")
    status = fleet.end("worker")
    waiting = fleet.hand_over("exit 3")
    go.touch()
    fleet.start("worker")
    found, after = fleet.gate.until(job, "failed"), fleet.gate.until(waiting, "failed")

    assert (0, 7, 3) == (status, found["exit_code"], after["exit_code"])
    assert (1, ["over"]) == (len(begun.read_text().splitlines()), fleet.log_of(job))


def test_a_worker_that_nobody_listens_to_goes_on(fleet: Fleet) -> None:
    read, write = os.pipe()
    fleet.workers["worker"] = subprocess.Popen(fleet.command("worker"), stdout=write)
    os.close(write)
    os.read(read, 1000)  # it takes work
    os.close(read)

    assert 3 == fleet.gate.until(fleet.hand_over("exit 3"), "failed")["exit_code"]


def test_a_worker_that_was_killed_and_comes_back_tells_what_ended_meanwhile(fleet: Fleet) -> None:
    begun, go = fleet.folder / "begun", fleet.folder / "go"
    fleet.start("worker")
    job = fleet.hand_over(f"echo >> {begun}; until [ -e {go} ]; do sleep 0.1; done; exit 7")
    fleet.gate.until(job, "running")
    until(begun.exists)
    fleet.end("worker", signal.SIGKILL)
    go.touch()
    until(lambda: not alive(str(go)))
    fleet.start("worker")

    assert 7 == fleet.gate.until(job, "failed")["exit_code"]
    assert 1 == len(begun.read_text().splitlines())


def test_a_worker_that_is_drained_ends_with_what_runs_and_takes_nothing_more(fleet: Fleet) -> None:
    go = fleet.folder / "go"
    fleet.start("worker")
    job = fleet.hand_over(f"until [ -e {go} ]; do sleep 0.1; done; exit 7")
    fleet.gate.until(job, "running")
    fleet.gate("drain", fleet.id_of("worker"))
    until(lambda: "it is drained" in (fleet.folder / "worker.log").read_text())
    later = fleet.hand_over("exit 3")
    go.touch()
    status, found = fleet.workers["worker"].wait(60), fleet.gate.until(job, "failed")
    waiting = fleet.gate.job(later)["state"]
    fleet.start("worker")

    assert (0, 7, "queued") == (status, found["exit_code"], waiting)
    assert 3 == fleet.gate.until(later, "failed")["exit_code"]


def test_a_cancel_at_the_gate_ends_the_processes_on_the_worker(fleet: Fleet) -> None:
    fleet.start("worker")
    sleep = nap()
    job = fleet.hand_over(f"trap '' TERM; {sleep} & setsid {sleep} & {sleep}")
    fleet.gate.until(job, "running")
    until(lambda: len(alive(sleep)) >= 3)
    fleet.gate.run("cancel", str(job))  # it waits for a while only

    assert ("cancelled", []) == (fleet.gate.until(job, "cancelled", "lost")["state"], alive(sleep))


def test_a_job_that_waits_is_cancelled_and_never_run(fleet: Fleet) -> None:
    begun = fleet.folder / "begun"
    job = fleet.hand_over(f"echo >> {begun}")
    fleet.gate("cancel", str(job))
    fleet.start("worker")
    fleet.gate.until(fleet.hand_over("true"), "succeeded")

    assert ("cancelled", False) == (fleet.gate.job(job)["state"], begun.exists())


# -- TLS ------------------------------------------------------------------------------------------


def certificates(folder: Path) -> None:
    """Make two authorities, and a certificate of the first for 127.0.0.1."""

    def openssl(*words: str) -> None:
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "wrong"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.crt")  # fmt: skip
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", "own.key", "-out", "own.csr")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    openssl("x509", "-req", "-in", "own.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "own.crt")  # fmt: skip


@pytest.fixture
def secure(server: Server, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The address of a database that takes nobody without TLS, for one who trusts that authority."""
    del server  # it skips where there is none
    certificates(tmp_path)
    port = free_port()
    with postgres() as own:
        listen(own, "127.0.0.1", "127.0.0.1/32", port=port, certificate=(tmp_path / "own.crt", tmp_path / "own.key"))
        tail = f"port={port}&sslmode=verify-full&sslrootcert={tmp_path}"
        yield lambda authority: f"postgresql://postgres@127.0.0.1/postgres?{tail}/{authority}.crt"


def test_a_worker_trusts_only_the_authority_that_it_was_given(
    fleet: Fleet, secure: Callable[[str], str], tmp_path: Path
) -> None:
    refused = subprocess.run(
        fleet.command("stranger", url=secure("wrong")), capture_output=True, text=True, timeout=90, check=False
    )
    fleet.url = secure("ca")
    (tmp_path / "config" / "headgate" / "headgate.toml").write_text(f'schema = 1\n[pools.far]\nstore = "{fleet.url}"\n')
    fleet.start("worker")

    assert 3 == fleet.gate.until(fleet.hand_over("exit 3"), "failed")["exit_code"]
    assert (2, True) == (refused.returncode, refused.stderr.startswith("HG510 headgate: "))
    assert "certificate verify failed" in refused.stderr
    assert "Traceback" not in refused.stderr + refused.stdout
