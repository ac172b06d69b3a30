"""What can be required of a call, and what each test on a set requires."""

from collections.abc import Callable, Mapping

from headgate.decide.conditions import Operator

ONE_OF, SOME, ABSENT, HOLED = range(4)

Literal = tuple[str, int, int]
"""A fact, what is required of it, and a mask: its class is `ONE_OF` the mask; it holds `SOME` kind of the mask; all
kinds of the mask are `ABSENT`; it has a hole (`HOLED`, 1) or none (0)."""

Option = tuple[Literal, ...]
"""A conjunction."""

Clause = tuple[Option, ...]
"""A disjunction of conjunctions: one of them must hold."""

Make = Callable[[str, int, int, bool], Clause]


def _some(fact: str, mask: int) -> Literal:
    return fact, SOME, mask


def _absent(fact: str, mask: int) -> Literal:
    return fact, ABSENT, mask


def _any_holds(fact: str, mask: int, _every: int, may: bool) -> Clause:  # noqa: FBT001 one table of makers
    return ((_some(fact, mask),), *([((fact, HOLED, 1),)] if may else []))


def _any_fails(fact: str, mask: int, _every: int, may: bool) -> Clause:  # noqa: FBT001
    return ((_absent(fact, mask), *([(fact, HOLED, 0)] if may else [])),)


def _only_holds(fact: str, mask: int, every: int, may: bool) -> Clause:  # noqa: FBT001
    others = _absent(fact, every & ~mask)
    if may:
        return (others, _some(fact, mask)), (others, (fact, HOLED, 1))
    return ((others, _some(fact, mask), (fact, HOLED, 0)),)


def _only_fails(fact: str, mask: int, every: int, may: bool) -> Clause:  # noqa: FBT001
    empty = _absent(fact, every)
    if may:
        return (_some(fact, every & ~mask),), (empty, (fact, HOLED, 0))
    return (_some(fact, every & ~mask),), (empty,), ((fact, HOLED, 1),)


def _none_holds(fact: str, mask: int, _every: int, may: bool) -> Clause:  # noqa: FBT001
    return ((_absent(fact, mask), *([] if may else [(fact, HOLED, 0)])),)


def _none_fails(fact: str, mask: int, _every: int, may: bool) -> Clause:  # noqa: FBT001
    return ((_some(fact, mask),), *([] if may else [((fact, HOLED, 1),)]))


HOLDS: Mapping[Operator, Make] = {
    Operator.ANY: _any_holds,
    Operator.ONLY: _only_holds,
    Operator.NONE: _none_holds,
}
"""What makes each test on a set hold, or (where that is asked) perhaps hold."""

FAILS: Mapping[Operator, Make] = {
    Operator.ANY: _any_fails,
    Operator.ONLY: _only_fails,
    Operator.NONE: _none_fails,
}
"""What makes each test on a set fail."""
