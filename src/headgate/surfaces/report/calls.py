"""Decided calls: how many of which answer and thread, on which machines, and which were made again after a no."""

from collections import Counter, OrderedDict

import msgspec

from headgate.surfaces.report.joins import Seen, kept
from headgate.surfaces.report.model import Again, Calls, Environment, Machine, Machines, Retried
from headgate.surfaces.report.reading import Decided, Refused

MOST_SHOWN = 20
MOST_MACHINES = 10_000
"""Pairs of a machine and its environment that are told apart; of more, the first are."""

AGAIN = 600.0
"""Seconds in which a call that repeats a refused one is a second try."""

MOST_REFUSED = 5_000
"""Refused calls that may be made again; of more, the oldest are forgotten."""


class CallCounts:
    """Counts decisions by what they say."""

    def __init__(self) -> None:
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._clients: Counter[str] = Counter()
        self._undecided: Counter[str] = Counter()
        self._observed = 0

    def decided(self, event: Decided) -> None:
        """Count a decision."""
        caller = event.caller
        self._pairs[caller.thread, event.decision] += 1
        self._clients[caller.client] += 1
        if event.mode == "observe":
            self._observed += 1

    def refused(self, event: Refused) -> None:
        """Count a message that was refused without a decision."""
        self._undecided[event.code] += 1

    def report(self) -> Calls:
        """Return what was counted so far."""
        answers = Counter(dict.fromkeys(("allow", "delegate", "confirm", "deny"), 0))
        threads: Counter[str] = Counter()
        for (thread, answer), count in self._pairs.items():
            answers[answer] += count
            threads[thread] += count
        return Calls(
            all=threads.total(),
            answers=dict(answers),
            threads=dict(threads.most_common()),
            by_thread={f"{thread}/{answer}": count for (thread, answer), count in sorted(self._pairs.items())},
            clients=dict(self._clients.most_common()),
            observed=self._observed,
            undecided=dict(self._undecided.most_common()),
        )


class MachineCounts:
    """Counts the machines that calls name."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str]] = Counter()
        self._refused: Counter[tuple[str, str]] = Counter()

    def decided(self, event: Decided) -> None:
        """Count a decision."""
        for machine in event.machines:
            key = (machine, event.environment)
            if key not in self._calls and len(self._calls) >= MOST_MACHINES:
                continue
            self._calls[key] += 1
            if event.enforced == "refuse":
                self._refused[key] += 1

    def report(self) -> Machines:
        """Return what was counted so far."""
        names: dict[str, set[str]] = {}
        for machine, environment in self._calls:
            names.setdefault(environment, set()).add(machine)
        return Machines(
            distinct=len({machine for machine, _environment in self._calls}),
            environments=[
                Environment(
                    environment=environment,
                    machines=len(machines),
                    calls=_sum(self._calls, environment),
                    refused=_sum(self._refused, environment),
                )
                for environment, machines in sorted(names.items())
            ],
            most=[
                Machine(
                    machine=machine, environment=environment, calls=calls, refused=self._refused[machine, environment]
                )
                for (machine, environment), calls in self._calls.most_common(MOST_SHOWN)
            ],
        )


def _sum(counts: Counter[tuple[str, str]], environment: str) -> int:
    return sum(count for (_machine, of), count in counts.items() if of == environment)


class _No(msgspec.Struct):
    """A call that was refused, and what came of it."""

    at: float
    session: str
    command: str
    times: int = 0
    let_go: int = 0


class Retries:
    """Counts refused calls, and those that repeat one of them in its session within ten minutes."""

    def __init__(self) -> None:
        self._recent: OrderedDict[tuple[str, str], _No] = OrderedDict()
        self._most: dict[tuple[str, str, float], _No] = {}
        self._refused = self._again = self._let_go = 0

    def decided(self, event: Decided, seen: Seen) -> None:
        """Count a decision."""
        key = (seen.session, event.action)
        no = self._recent.get(key)
        refused = event.enforced == "refuse"
        if no is not None and event.at - no.at <= AGAIN:
            self._again += 1
            no.times += 1
            if not refused:
                self._let_go += 1
                no.let_go += 1
            self._most[(*key, no.at)] = no
            self._prune()
        elif refused:
            kept(self._recent, key, _No(event.at, seen.session, seen.command), MOST_REFUSED)
        elif no is not None:
            del self._recent[key]
        self._refused += refused

    def _prune(self) -> None:
        if len(self._most) > MOST_REFUSED:
            best = sorted(self._most.items(), key=lambda item: item[1].times, reverse=True)
            self._most = dict(best[:MOST_SHOWN])

    def report(self) -> Retried:
        """Return what was counted so far."""
        most = sorted(self._most.values(), key=lambda no: (-no.times, no.at))
        return Retried(
            refused=self._refused,
            again=self._again,
            let_go=self._let_go,
            most=[
                Again(at=no.at, session=no.session, command=no.command, times=no.times, let_go=no.let_go)
                for no in most[:MOST_SHOWN]
            ],
        )
