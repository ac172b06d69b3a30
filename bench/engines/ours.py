"""Ours: everything that `decide` does, so a whole decision with its reasons and joined obligations."""

import time
from collections.abc import Collection, Sequence

from engines.calls import Call
from engines.engine import Engine
from headgate.decide.evaluate import decide


class Ours(Engine):
    """`decide`."""

    def matching(self, *asked: object) -> Collection[object]:
        """Return the rules that the decision names."""
        return decide(*asked, self.policy).rules  # type: ignore[arg-type]

    def sweep(self, calls: Sequence[Call], seconds: float) -> float:  # noqa: ARG002 ours needs no limit
        """Return the mean seconds of a decision over *calls*."""
        policy = self.policy
        began = time.perf_counter()
        for facts, situation in calls:
            decide(facts, situation, policy)
        return (time.perf_counter() - began) / len(calls)

    def each(self, calls: Sequence[Call]) -> list[float]:
        """Return the seconds of each decision, the look at the clock (some 0.05 µs) included."""
        policy, clock, taken = self.policy, time.perf_counter, []
        for facts, situation in calls:
            began = clock()
            decide(facts, situation, policy)
            taken.append(clock() - began)
        return taken
