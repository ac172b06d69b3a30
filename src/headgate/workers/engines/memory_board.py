"""The board's twin in memory: the same promises but durability."""

import threading
import time
from collections.abc import Sequence

import msgspec

from headgate.model.work import Lease, LeaseState, Slot, WorkerInfo

LIVE = (LeaseState.STARTED, LeaseState.RUNNING)


class MemoryBoard:
    """The board of one memory, for all of its process."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._lock = threading.RLock()
        self._leases: dict[str, Lease] = {}
        self._beats: dict[str, float] = {}
        self._output: dict[str, bytearray] = {}
        self._slots: dict[tuple[str, str], Slot] = {}
        self._workers: dict[str, WorkerInfo] = {}

    # -- leases ----------------------------------------------------------------------------------

    def start(self, work: str, worker: str, *, once: bool, ttl: float) -> int | None:
        """Set the start marker and return the fence; `None` where *work* may not be started (again)."""
        with self._lock:
            old = self.lease(work)
            if old and (old.once or once or old.state not in LIVE or old.age <= ttl):
                return None
            fence = old.fence + 1 if old else 1
            self._output[work] = bytearray()
            return self._keep(Lease(work, worker, fence, LeaseState.STARTED, once, time.time(), 0.0)).fence

    def readopt(self, work: str, worker: str) -> int | None:
        """Return a new fence for live work of the same *worker*; `None` where there is none."""
        with self._lock:
            old = self._leases.get(work)
            if old is None or old.worker != worker or old.state not in LIVE:
                return None
            return self._keep(msgspec.structs.replace(old, fence=old.fence + 1)).fence

    def beat(self, work: str, fence: int, progress: dict[str, object] | None = None) -> bool:
        """Give a sign of life, with the *progress* where there is some."""
        with self._lock:
            old = self._held(work, fence)
            if old is None:
                return False
            self._keep(old if progress is None else msgspec.structs.replace(old, progress=progress))
            return True

    def running(self, work: str, fence: int) -> bool:
        """Note that the process of *work* exists."""
        with self._lock:
            old = self._held(work, fence)
            if old is None:
                return False
            self._keep(msgspec.structs.replace(old, state=LeaseState.RUNNING))
            return True

    def end(self, work: str, fence: int, end: dict[str, object]) -> bool:
        """Note how *work* ended; true again where the same fence has told so before."""
        with self._lock:
            old = self._held(work, fence, (*LIVE, LeaseState.ENDED))
            if old is None:
                return False
            ended = end if old.end is None else old.end
            self._keep(msgspec.structs.replace(old, state=LeaseState.ENDED, end=ended))
            return True

    def lose(self, work: str, ttl: float) -> bool:
        """Give up *work* that was to run once and whose last sign of life is older than *ttl*."""
        with self._lock:
            old = self.lease(work)
            if old is None or not old.once or old.state not in LIVE or old.age <= ttl:
                return False
            self._leases[work] = msgspec.structs.replace(old, state=LeaseState.LOST, fence=old.fence + 1)
            return True

    def late(self, work: str, worker: str, end: dict[str, object]) -> bool:
        """Note how *work* ended that had been given up for lost, by the very *worker* that had started it."""
        with self._lock:
            old = self._leases.get(work)
            if old is None or old.worker != worker or old.state is not LeaseState.LOST:
                return False
            self._keep(msgspec.structs.replace(old, state=LeaseState.ENDED, end=end, late=True))
            return True

    def lease(self, work: str) -> Lease | None:
        """Return the lease of *work*; `None` where it was never started."""
        with self._lock:
            found = self._leases.get(work)
            return found and msgspec.structs.replace(found, age=time.monotonic() - self._beats[work])

    def leases(self, works: Sequence[str]) -> dict[str, Lease]:
        """Return the leases of those of *works* that were started."""
        return {work: lease for work in works if (lease := self.lease(work))}

    def _held(self, work: str, fence: int, states: Sequence[LeaseState] = LIVE) -> Lease | None:
        old = self._leases.get(work)
        return old if old is not None and old.fence == fence and old.state in states else None

    def _keep(self, lease: Lease) -> Lease:
        self._leases[lease.work] = lease
        self._beats[lease.work] = time.monotonic()
        return lease

    # -- slots -----------------------------------------------------------------------------------

    def take(self, work: str, names: Sequence[tuple[str, str]]) -> Slot | None:
        """Take all of *names* (kind and name) for *work*, or none: then return a slot that is in the way."""
        with self._lock:
            for kind, name in names:
                for slot in self.slots():
                    if slot.work != work and slot.kind == kind and (slot.name == name or "?" in {slot.name, name}):
                        return slot
            for kind, name in names:
                self._slots.setdefault((kind, name), Slot(kind, name, work))
        return None

    def free(self, work: str) -> None:
        """Give back all slots of *work*, but those in quarantine."""
        with self._lock:
            self._slots = {key: slot for key, slot in self._slots.items() if slot.work != work or slot.quarantined}

    def quarantine(self, work: str) -> None:
        """Keep the slots of *work* taken until a person releases them."""
        with self._lock:
            for key, slot in self._slots.items():
                if slot.work == work:
                    self._slots[key] = msgspec.structs.replace(slot, quarantined=True)

    def release(self, kind: str, name: str) -> bool:
        """Give back a slot in quarantine; false where there is none of that name."""
        with self._lock:
            slot = self._slots.get((kind, name))
            if slot is None or not slot.quarantined:
                return False
            del self._slots[kind, name]
            return True

    def slots(self) -> Sequence[Slot]:
        """Return all slots that are taken, by kind and name."""
        with self._lock:
            return [self._slots[key] for key in sorted(self._slots)]

    # -- workers ---------------------------------------------------------------------------------

    def register(self, worker: WorkerInfo) -> None:
        """Note that *worker* is there, or still is."""
        with self._lock:
            old = self._workers.get(worker.id)
            draining = old is not None and old.draining
            self._workers[worker.id] = msgspec.structs.replace(worker, draining=draining, age=time.monotonic())

    def leave(self, worker: str, process: str) -> None:
        """Note that this process of *worker* is gone."""
        with self._lock:
            if worker in self._workers and self._workers[worker].process == process:
                del self._workers[worker]

    def drain(self, worker: str, *, draining: bool = True) -> bool:
        """Ask *worker* to take no more work; false where there is none."""
        with self._lock:
            old = self._workers.get(worker)
            if old is not None:
                self._workers[worker] = msgspec.structs.replace(old, draining=draining)
            return old is not None

    def workers(self) -> Sequence[WorkerInfo]:
        """Return the workers that registered, by id."""
        with self._lock:
            now = time.monotonic()
            found = [self._workers[key] for key in sorted(self._workers)]
            return [msgspec.structs.replace(worker, age=now - worker.age) for worker in found]

    # -- output ----------------------------------------------------------------------------------

    def put(self, work: str, fence: int, offset: int, data: bytes) -> bool:
        """Keep *data* as the output of *work* from byte *offset* on; the same bytes again change nothing."""
        with self._lock:
            lease = self._held(work, fence, (*LIVE, LeaseState.ENDED))
            if lease is None:
                return False
            kept = self._output[work]
            if offset > len(kept):
                kept.extend(bytes(offset - len(kept)))
            kept[offset : offset + len(data)] = data
            self._leases[work] = msgspec.structs.replace(lease, output=len(kept))
            return True

    def output(self, work: str, offset: int, most: int) -> bytes:
        """Return at most *most* bytes of the output of *work* from byte *offset* on; bytes never put are zero."""
        with self._lock:
            return bytes(self._output.get(work, bytearray())[offset : offset + most])

    def forget(self, older_than_seconds: float) -> int:
        """Remove the leases and output of what ended or was lost longer ago than that, and workers unseen since."""
        with self._lock:
            old = [
                work
                for work, lease in self._leases.items()
                if lease.state not in LIVE and time.monotonic() - self._beats[work] > older_than_seconds
            ]
            for work in old:
                del self._leases[work], self._beats[work], self._output[work]
            for worker in self.workers():
                if worker.age > older_than_seconds:
                    del self._workers[worker.id]
            return len(old)

    def close(self) -> None:
        """Let go of nothing: others of this process may use it."""
