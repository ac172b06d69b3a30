"""Which adapter stands behind which port; the only place that chooses."""

import sys
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path

import msgspec

from headgate import configure
from headgate.classify.tool_map import Entry
from headgate.decide.layers import Text, join
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer
from headgate.host.clock import SystemClock
from headgate.host.home import Home
from headgate.host.policies import PolicyFiles, user_file
from headgate.host.world import HostWorld
from headgate.model.errors import HeadgateError
from headgate.ports import Clock, Store
from headgate.store.sqlite import SqliteStore
from headgate.workers.local import LocalWorkers


class Adapters(msgspec.Struct, frozen=True):
    """The adapters of one gate; *program* is the absolute path of its `headgate` command."""

    store: Store
    clock: Clock
    world: HostWorld
    policies: PolicyFiles
    workers: LocalWorkers
    program: str


def adapters(home: Home) -> Adapters:
    """Return the adapters of the gate in *home*; raises `HeadgateError` where its store cannot be used."""
    clock = SystemClock()
    store = SqliteStore(home.database)
    return Adapters(store, clock, world(home), policies(), LocalWorkers(home, store, clock), program())


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
