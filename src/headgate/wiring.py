"""Which adapter stands behind which port; the only place that chooses."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path

import msgspec

from headgate import configure
from headgate.classify.tool_map import Entry
from headgate.decide.layers import Text, join
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer
from headgate.host.acting import served
from headgate.host.clock import SystemClock
from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.host.policies import PolicyFiles, user_file
from headgate.host.processes import environment_of
from headgate.host.world import HostWorld
from headgate.model.errors import HeadgateError
from headgate.model.job import OPEN, JobState
from headgate.model.pool import Staff
from headgate.ports import Clock, Signer, Store
from headgate.store.heard import HeardStore
from headgate.store.rotation import Rotation
from headgate.store.sqlite import SqliteStore
from headgate.telemetry.observer import Telemetry
from headgate.telemetry.spans import Begun
from headgate.workers.agents.staffing import Agents
from headgate.workers.dispatch import Dispatcher
from headgate.workers.hand_over import Runs
from headgate.workers.preparing import Preparer

MOST_RUNNING = 1000
"""Jobs that a daemon which starts knows the beginning of, for telemetry."""


class Adapters(msgspec.Struct, frozen=True):
    """The adapters of one gate; *program* is the absolute path of its `headgate` command.

    *staff* says who is there to take jobs, *runs* keeps the folders of allowed calls, *transcripts* the files in which
    clients keep what was said in a session, *clients* the process of each session's client. *signer* has the gate's own
    key, *rotation* moves older entries of the journal to files, *telemetry* tells a collector of new ones.
    """

    store: Store
    clock: Clock
    world: HostWorld
    policies: PolicyFiles
    workers: Dispatcher
    program: str
    staff: Callable[[], Staff]
    runs: Runs
    transcripts: dict[str, str]
    clients: dict[str, tuple[int, str]]
    signer: Signer
    rotation: Rotation
    telemetry: Telemetry


def adapters(home: Home) -> Adapters:
    """Return the adapters of the gate in *home*; raises `HeadgateError` where its store cannot be used."""
    clock, here, keeper = SystemClock(), world(home), shim()
    can: frozenset[str] = frozenset() if served() else keeper.can  # it would run a user's `ssh` as the gate's own user
    key = SigningKey.open(home.gate_key)
    store = HeardStore(home.database, signer=key)
    transcripts: dict[str, str] = {}
    clients: dict[str, tuple[int, str]] = {}
    ssh = keeper.program if "ssh" in can else ""
    preparer = Preparer(home, _agents(here, store, transcripts, clients), ssh)
    workers = Dispatcher(store, clock, preparer, here.pools, f"sqlite:///{home.engine}", keeper.program)
    runs = Runs(home, keeper.program if "front" in can else "")
    rotation = Rotation(home.database, store, key)
    observed = telemetry(store, here)
    said = (transcripts, clients)
    return Adapters(
        store, clock, here, policies(), workers, program(), here.staff, runs, *said, key, rotation, observed
    )


def telemetry(store: HeardStore, here: HostWorld) -> Telemetry:
    """Return what tells a collector of all that *store* appends from here on, where the configuration names one."""
    found = Telemetry(store.gate, lambda: here.reading().configuration.telemetry, lambda: _running(store))
    store.on_append(found.heard)
    return found


def _running(store: Store) -> dict[int, Begun]:
    """Return the jobs of *store* that have started and not ended."""
    jobs = store.select(states=(JobState.STARTED, JobState.RUNNING), limit=MOST_RUNNING)
    return {job.id: Begun(job.started, job.session, job.decision) for job in jobs if job.started}


def _agents(
    here: HostWorld, store: Store, transcripts: Mapping[str, str], clients: Mapping[str, tuple[int, str]]
) -> Agents:
    """Return the operator's agents, with what is known of each session."""
    return Agents(
        lambda: here.reading().configuration.agents,
        lambda session: transcripts.get(session, ""),
        lambda session: store.select(session=session, limit=20),
        lambda: store.select(states=OPEN, limit=1_000_000),
        lambda session: environment_of(*clients.get(session, (0, ""))) or dict(os.environ),
    )


class Shim(msgspec.Struct, frozen=True):
    """The keeper's program of this installation, and what it *can* do; without one there is only its Python twin."""

    program: str = ""
    can: frozenset[str] = frozenset()


def shim() -> Shim:
    """Return the keeper's program that belongs to this installation."""
    found = str(Path(program()).parent / "headgate-shim")
    try:
        done = subprocess.run([found, "capabilities"], capture_output=True, timeout=10, check=False, text=True)  # noqa: S603 our own
    except (OSError, subprocess.TimeoutExpired):
        return Shim()
    return Shim(found, frozenset(done.stdout.split())) if done.returncode == 0 else Shim()


def journal(home: Home) -> SqliteStore:
    """Return the store of *home* for reading, whether a daemon runs or not."""
    return SqliteStore(home.database, writable=False)


def earlier_runs(home: Home) -> Callable[[str], Sequence[float]]:
    """Return a look at how long routines took, as the gate of *home* remembers; nothing where it cannot be asked."""

    def ran(routine: str) -> Sequence[float]:
        if home.database.exists():
            log = home.database.with_name(f"{home.database.name}-wal")  # a store in use has one
            with (
                suppress(HeadgateError),
                closing(SqliteStore(home.database, writable=False, quiet=not log.exists())) as store,
            ):
                return store.durations(routine)
        return ()

    return ran


def world(home: Home) -> HostWorld:
    """Return this machine, as the gate of *home* sees it; raises `HeadgateError` where its configuration is wrong."""
    return HostWorld(home, shipped=shipped_tools())


def shipped_texts(profile: str) -> tuple[Text, ...]:
    """Return the shipped files of a *profile*: `balanced`, `strict`, `observe`; or `lockdown`, which only lets read."""
    names = ("default", *(() if profile == "balanced" else (profile,)))
    folder = files("headgate").joinpath("policies")
    return tuple(
        Text(Layer.SHIPPED, f"{name}.toml", folder.joinpath(f"{name}.toml").read_text("utf-8")) for name in names
    )


def shipped_policy(profile: str = "balanced") -> Policy:
    """Return the policy that comes with the gate."""
    return join(shipped_texts(profile))


def policies() -> PolicyFiles:
    """Return the policy's files on this machine."""
    return PolicyFiles(user_file(str(Path.home())), shipped_texts)


def shipped_tools() -> tuple[Entry, ...]:
    """Return what the gate knows of named tools by itself."""
    return configure.load(files("headgate").joinpath("policies/tools.toml").read_text(), "tools.toml").tools


def program() -> str:
    """Return the absolute path of the `headgate` command that belongs to this installation."""
    beside = Path(sys.executable).parent / "headgate"
    return str(beside if beside.exists() else Path(sys.argv[0]).absolute())


def hook_program() -> Path:
    """Return the absolute path of the hook program that belongs to this installation."""
    return Path(program()).parent / "headgate-hook"
