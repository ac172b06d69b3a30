"""The calls that an exec gate stands around: what each is, kept beside it, so that a later daemon knows it too."""

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec

from headgate.classify.starts import WATCHED
from headgate.host.exec_gate import Gate
from headgate.host.home import Home
from headgate.model.action import Caller, Thread
from headgate.model.job import OPEN, Job
from headgate.ports import Store

_FILE = "call.json"


class Around(msgspec.Struct, frozen=True):
    """How the gate stands around a call: its *mode*, whether rights are lost under it, which connections it sees.

    *network* is 0 for none, 1 for those that something says is heavy, 2 for all.
    """

    mode: Gate = Gate.STRONG
    no_new_privs: bool = False
    network: int = 0


class Guarded(msgspec.Struct):
    """One call, or one command under `headgate guard`, with an exec gate around it.

    *decision* allowed it, *cwd* is where it began. *reads* says that all of it so far surely only read, *whole* that it
    may be moved or ended as a whole. *job* is its number once it outlived its budget. *granted* are the commands in it
    that run by a person's leave.
    """

    name: str
    caller: Caller
    decision: str
    cwd: str
    reads: bool = False
    whole: bool = True
    job: int = 0
    around: Around = Around()
    granted: tuple[str, ...] = ()

    @property
    def asks_as(self) -> Caller:
        """Who a start of it is decided for: once it is a job, a worker."""
        return msgspec.structs.replace(self.caller, thread=Thread.WORKER) if self.job else self.caller


class GuardedCalls:
    """The calls of the gate of *home* that an exec gate stands around; *paths* are those no start may name unseen."""

    def __init__(self, home: Home, store: Store, paths: Callable[[], tuple[str, ...]]) -> None:
        self._home = home
        self._store = store
        self._paths = paths
        self._calls: dict[str, Guarded] = {}

    def folder(self, call: Guarded) -> Path:
        """Return where the call's files are."""
        return self._home.job(call.job) if call.job else self._home.path / "runs" / call.name

    def open(self, call: Guarded) -> None:
        """Write down, in the folder that is there, what stands around *call*, for its supervisor; raises `OSError`."""
        lines = [
            f"socket {self._home.socket}",
            f"mode {call.around.mode}",
            f"nnp {call.around.no_new_privs:d}",
            f"network {call.around.network:d}",
            f"value ,{','.join(WATCHED)},",
            *(f"guard {path}" for path in self._paths()[:4] if "\n" not in path),
        ]
        self._keep(call)
        (self.folder(call) / "gate").write_text("\n".join(lines) + "\n")
        self._calls[call.name] = call

    def _keep(self, call: Guarded) -> None:
        new = self.folder(call) / f"{_FILE}.new"
        new.write_bytes(msgspec.json.encode(call))
        new.rename(self.folder(call) / _FILE)

    def find(self, name: str) -> Guarded | None:
        """Return the call *name*, also one of an earlier daemon; `None` where there is none."""
        call = self._calls.get(name)
        if call is None and "/" not in name:
            call = self._read(self._home.path / "runs" / name) or self._handed_over(name)
            if call is not None:
                self._calls[name] = call
        return call

    def handed(self, name: str, job: int) -> None:
        """Note that the call *name* is *job* from here on."""
        call = self.find(name)
        if call is not None:
            call.job = job
            with contextlib.suppress(OSError):
                self._keep(call)

    def close(self, call: Guarded) -> None:
        """Let go of a call of which nothing is left; the folder of a client's call goes when its client says so."""
        self._calls.pop(call.name, None)
        if not call.whole:
            shutil.rmtree(self.folder(call), ignore_errors=True)

    def _read(self, folder: Path) -> Guarded | None:
        try:
            return msgspec.json.decode((folder / _FILE).read_bytes(), type=Guarded)
        except (OSError, msgspec.DecodeError):
            return None

    def _handed_over(self, name: str) -> Guarded | None:
        jobs: list[Job] = self._store.select(states=OPEN, limit=100_000)
        found = next((job for job in jobs if job.run == name), None)
        call = self._read(self._home.job(found.id)) if found else None
        if call is not None and found is not None:
            call.job = found.id
        return call
