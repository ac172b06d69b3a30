"""Is there a call that fulfils all clauses? A search that always takes the clause with the fewest ways left."""

from collections.abc import Iterable, Sequence

from headgate.decide.names import HOLE, Value
from headgate.decide.prove.literals import ABSENT, HOLED, ONE_OF, Clause, Literal, Option
from headgate.decide.prove.space import Names, Scalar, Space
from headgate.decide.schema import completed

SetState = tuple[int, tuple[int, ...], int | None]
"""Kinds that are absent, masks of which one kind each is there, whether there is a hole (`None`: open)."""

State = dict[str, int | SetState]
"""What is known of a call so far; a scalar's classes that are left, a set's state."""

MOST_STEPS = 1_000_000
"""Steps (looks at a clause) before the prover gives up: of all invariants of a load together, and of each question."""


class GaveUpError(Exception):
    """The search took too long."""


def solve(space: Space, clauses: Iterable[Clause], fuel: list[int] | None = None) -> State | None:
    """Return what makes all *clauses* and the axioms of *space* hold; `None` is a proof that nothing does.

    *fuel* holds the steps that are left, for several searches; raises `GaveUpError` where they do not suffice.
    """
    start: State = {
        name: fact.every if isinstance(fact, Scalar) else (0, (), None if fact.holes else 0)
        for name, fact in space.facts.items()
    }
    return _search(start, [*clauses, *space.axioms], [MOST_STEPS] if fuel is None else fuel)


def _search(state: State, clauses: Sequence[Clause], fuel: list[int]) -> State | None:
    """Branch over the ways to fulfil one clause, where no clause is left that has only one."""
    found = _narrowed(state, clauses, fuel)
    if found is None:
        return None
    state, left = found
    if not left:
        return state
    for option in min(left, key=len):
        after = _with(state, option)
        answer = _search(after, left, fuel) if after is not None else None
        if answer is not None:
            return answer
    return None


def _narrowed(state: State, clauses: Sequence[Clause], fuel: list[int]) -> tuple[State, Sequence[Clause]] | None:
    """Return the state after all clauses with one way are taken, and the clauses still open; `None`: one has no way."""
    while True:
        before, left = state, []
        fuel[0] -= len(clauses)
        if fuel[0] < 0:
            raise GaveUpError
        for clause in clauses:
            ways = _ways(state, clause)
            if ways is None:
                continue
            if not ways:
                return None
            if len(ways) == 1:
                state = _with(state, ways[0]) or state
            else:
                left.append(ways)
        if state is before:
            return state, left
        clauses = left


def _ways(state: State, clause: Clause) -> Clause | None:
    """Return the options of *clause* that are possible in *state*; `None` where one of them holds already."""
    ways = []
    for option in clause:
        after = _with(state, option)
        if after is state:
            return None
        if after is not None:
            ways.append(option)
    return tuple(ways)


def _with(state: State, option: Option) -> State | None:
    """Return *state* with *option*: the same object where it holds already, `None` where it cannot."""
    for literal in option:
        after = _one(state, literal)
        if after is None:
            return None
        state = after
    return state


def _one(state: State, literal: Literal) -> State | None:
    fact, kind, mask = literal
    now = state[fact]
    if kind == ONE_OF:
        assert isinstance(now, int)  # noqa: S101 a scalar's literal
        left = now & mask
        return state if left == now else state | {fact: left} if left else None
    assert isinstance(now, tuple)  # noqa: S101 a set's literal
    after = _set(now, kind, mask)
    return state if after is now else None if after is None else state | {fact: after}


def _set(now: SetState, kind: int, mask: int) -> SetState | None:
    absent, some, hole = now
    if kind == HOLED:
        return now if hole == mask else (absent, some, mask) if hole is None else None
    if kind == ABSENT:
        gone = absent | mask
        if gone == absent:
            return now
        return None if any(not one & ~gone for one in some) else (gone, some, hole)
    left = mask & ~absent
    if any(one & ~absent & ~left == 0 for one in some):
        return now
    return (absent, (*some, left), hole) if left else None


def witness(space: Space, state: State) -> dict[str, Value]:
    """Return a concrete call in *state*: the plainest value of each fact, the fewest names in each set."""
    told: dict[str, Value] = {}
    for name, fact in space.facts.items():
        found = state[name]
        if isinstance(fact, Scalar):
            assert isinstance(found, int)  # noqa: S101 a scalar's state
            place = (found & -found).bit_length() - 1
            told[name] = fact.values[place]
        elif isinstance(found, tuple):
            told[name] = _names(fact, found)
    return dict.fromkeys(space.schema, 0.0) | completed(told)


def _names(fact: Names, state: SetState) -> tuple[str, ...]:
    absent, some, hole = state
    chosen = 0
    for mask in some:
        if not mask & chosen:
            left = mask & ~absent
            chosen |= left & -left
    names = tuple(name for place, name in enumerate(fact.names) if chosen >> place & 1)
    return (*names, HOLE) if hole else names
