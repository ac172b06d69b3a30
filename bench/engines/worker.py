"""One engine in a process of its own, so that no engine's libraries, memory or garbage weigh on another."""

import gc
import importlib
import importlib.metadata
import importlib.util
import multiprocessing
import statistics
import time
from multiprocessing.connection import Connection
from typing import Any

import msgspec

from engines.calls import Calls
from engines.engine import Engine, reference
from engines.ours import Ours
from engines.rules import policy_text
from headgate.decide.layers import load
from headgate.decide.schema import values

CALLS = 1000
CHECKED = 80
LOADS = 3
PATIENCE = 0.15
"""Seconds of one round of a peer; a slow one answers only the first calls of the round."""


class Peer(msgspec.Struct, frozen=True):
    """An engine: its *name* in the table, the class that drives it, and the package and module it needs."""

    name: str
    drives: str
    package: str = ""
    module: str = ""

    @property
    def installed(self) -> bool:
        """Whether its package is there."""
        return not self.module or importlib.util.find_spec(self.module) is not None

    @property
    def title(self) -> str:
        """Its name with the package and its version."""
        if not self.package:
            return self.name
        version = f" {importlib.metadata.version(self.package)}" if self.installed else ""
        return f"{self.name}, {self.package}{version}"


OURS = Peer("ours", "engines.ours:Ours")
PEERS = (
    Peer("Starlark", "engines.script:Starlark", "starlark-pyo3", "starlark"),
    Peer("CEL", "engines.cel:GoogleCel", "cel-expr-python", "cel_expr_python"),
    Peer("CEL", "engines.cel:RustCel", "common-expression-language", "cel"),
    Peer("Cedar", "engines.cedar:Cedar", "cedarpy", "cedarpy"),
    Peer("Rego", "engines.rego:Rego", "opa-eval", "opa_eval"),
)


class Worker:
    """A process that holds one engine, and does one thing at a time for whoever asks."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.line, there = multiprocessing.Pipe()
        self.process = multiprocessing.get_context("spawn").Process(target=_serve, args=(peer, there), daemon=True)
        self.process.start()
        there.close()

    def ask(self, what: str, *given: int) -> dict[str, float]:
        """Return what the worker measured; where it broke down, all stops."""
        try:
            self.line.send((what, given))
            found: dict[str, float] | str = self.line.recv()
        except (EOFError, BrokenPipeError):
            found = f"its process ended with {self.process.exitcode}"
        if isinstance(found, str):
            raise SystemExit(f"{self.peer.title}: {found}")
        return found

    def end(self) -> None:
        """End the process."""
        self.line.close()
        self.process.join(5)


def _serve(peer: Peer, line: Connection) -> None:
    work = _Work(peer)
    while True:
        try:
            what, given = line.recv()
        except EOFError:
            return
        try:
            line.send(getattr(work, what)(*given))
        except Exception as fault:  # noqa: BLE001 told to the one who asks, who stops
            line.send(f"{type(fault).__name__}: {fault}")


class _Work:
    """What a worker can be asked."""

    def __init__(self, peer: Peer) -> None:
        module, _, name = peer.drives.partition(":")
        self.make: type[Engine] = getattr(importlib.import_module(module), name)

    def hold(self, count: int) -> dict[str, float]:
        """Hold a policy of *count* rules, check the engine against the reference, and warm it."""
        text = policy_text(count)
        took = []
        for _ in range(LOADS if self.make is Ours else 1):
            began = time.perf_counter()
            policy = load(text)
            took.append(time.perf_counter() - began)
        began = time.perf_counter()
        self.engine = self.make(policy)
        compiled = time.perf_counter() - began
        self.calls = Calls(count)
        matched = [self._checked(call) for call in self.calls.round(0, CHECKED)]
        self.engine.sweep(self.calls.round(0, CALLS), PATIENCE)
        return {"load": min(took), "compile": compiled, "matched": statistics.mean(matched)}

    def _checked(self, call: Any) -> int:  # noqa: ANN401 a call
        found = set(self.engine.matching(*self.engine.asked(call)))
        wanted = reference(self.engine.policy, values(*call))
        if found != wanted:
            raise ValueError(f"other rules match: {sorted(map(str, found ^ wanted))}, of {call}")
        return len(found)

    def round(self, number: int) -> dict[str, float]:
        """Return the mean seconds of a decision in round *number*; for ours, more of them."""
        engine, calls = self.engine, self.calls
        found = {"mean": self._swept(number, 0.5)}
        if isinstance(engine, Ours):
            found["new"], found["seen"] = self._swept(20_000 + number, 1.0), self._swept(30_000 + number, 0.0)
            cuts = statistics.quantiles(engine.each(calls.round(10_000 + number, CALLS)), n=100)
            found["p50"], found["p99"] = cuts[49], cuts[98]
        return found

    def _swept(self, number: int, fresh: float) -> float:
        calls = self.calls.round(number, CALLS, fresh)
        gc.collect()
        return self.engine.sweep(calls, PATIENCE)
