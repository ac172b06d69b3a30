"""A person's standing exceptions: granted, signed, listed and ended."""

from collections.abc import Callable

import msgspec

from headgate.decide.policy import Policy
from headgate.decide.rules import Rule
from headgate.host.keys import verify
from headgate.model.approval import Approval
from headgate.model.errors import HeadgateError
from headgate.model.facts import Workload
from headgate.model.override import Override, Scope, Standing
from headgate.model.person import Person
from headgate.ports import Clock, Signer, Store
from headgate.record.events import OverrideEnded, OverrideGranted, encode_override
from headgate.record.redact import redact

BREAK_GLASS_MAX = 3600.0
"""Seconds that an override of everything may last."""

SHORTEST_REASON = 8
"""Characters of a reason that says something."""

MAX_REASON = 500
MOST_NAMES = 100
"""Names in one part of a scope."""

ENVIRONMENTS = ("prod", "staging", "dev", "local", "unknown")


class Wish(msgspec.Struct, frozen=True):
    """What is asked for: a *scope*, a *reason*, how many *seconds*, how many *uses* (`None`: as many as come)."""

    scope: Scope
    reason: str
    seconds: float
    uses: int | None = None


def checked(wish: Wish, policy: Policy) -> Wish:
    """Return *wish* as *policy* lets it be granted; raises `HeadgateError` HG604 with what is wrong, HG606."""
    reason = redact(" ".join(wish.reason.split()))[:MAX_REASON]
    if len(reason) < SHORTEST_REASON or len(reason.split()) < 2:  # noqa: PLR2004 a word alone says nothing
        raise _wrong("the reason says nothing", "say in a few words why, such as `incident 4411: disk full`")
    _check_scope(wish.scope, policy)
    most = min(policy.override_max, BREAK_GLASS_MAX) if wish.scope.everything else policy.override_max
    if not 0 < wish.seconds <= most:
        raise _wrong(f"it may last at most {most:g} s, and longer than 0 s", "choose a shorter time with `--for`")
    if wish.uses is not None and wish.uses < 1:
        raise _wrong(f"{wish.uses} uses are none", "leave `--uses` out, or say 1 or more")
    return msgspec.structs.replace(wish, reason=reason)


def _check_scope(scope: Scope, policy: Policy) -> None:
    if scope.everything and not policy.break_glass:
        hint = "the organisation's policy would have to say `break_glass = true` in `[settings]`"
        raise HeadgateError("HG606", "an override of everything is not allowed here", hint)
    if scope.empty:
        raise _wrong("it has no scope", "name what it is for: --workload, --machine, --environment, --project, --rule")
    for names in (scope.workloads, scope.machines, scope.environments, scope.sessions, scope.projects, scope.rules):
        if len(names) > MOST_NAMES or not all(name and name.isprintable() for name in names):
            raise _wrong("a part of the scope has too many names, or one that is none", "name less")
    _known("class of work", scope.workloads, [str(name) for name in Workload if name is not Workload.CONTROL_PLANE])
    _known("environment", scope.environments, ENVIRONMENTS)
    _known("rule that an override may lift", scope.rules, [rule.name for rule in policy.rules if _lifts(rule)])
    for folder in scope.projects:
        if not folder.startswith("/"):
            raise _wrong(f"`{folder}` is no absolute directory", "write the whole path")


def _lifts(rule: Rule) -> bool:
    return any(item.fact == "override" for item in (*rule.unless, *rule.when))


def _known(what: str, names: tuple[str, ...], known: list[str] | tuple[str, ...]) -> None:
    for name in names:
        if name not in known:
            raise _wrong(f"`{name}` is no {what}", f"there are {', '.join(sorted(known)) or 'none'}")


def _wrong(what: str, hint: str) -> HeadgateError:
    return HeadgateError("HG604", f"this override cannot be granted: {what}", hint)


class Overrides:
    """The overrides of one gate; used by the one thread of its daemon. *policy* gives the one in force everywhere."""

    def __init__(self, store: Store, clock: Clock, policy: Callable[[], Policy]) -> None:
        self._store = store
        self._clock = clock
        self._policy = policy

    def check(self, wish: Wish) -> Wish:
        """Return *wish* as it may be granted; raises `HeadgateError` HG604 or HG606."""
        return checked(wish, self._policy())

    def life(self) -> float:
        """Return how many seconds a question to a person is open."""
        return self._policy().approval

    def grant(self, wish: Wish, person: Person, signer: Signer, approval: int = 0) -> Override:
        """Grant *wish* in the name of *person*, signed by their key; raises `HeadgateError` HG604 or HG606."""
        wish = self.check(wish)
        now = self._clock.now()
        override = Override(
            self._store.grants.next_override(),
            wish.scope,
            wish.reason,
            person,
            now,
            now + wish.seconds,
            self._clock.steady().later(wish.seconds),
            wish.uses,
            approval,
        )
        signature = signer.sign(encode_override(override))
        self._store.grants.add_override(override, signature, signer.public.hex())
        self._store.append(OverrideGranted(now, override, signature.hex(), signer.public.hex()))
        return override

    def end(self, number: int, person: Person) -> Standing:
        """End override *number*; raises `HeadgateError` HG605 where none with this number stands."""
        self.sweep()
        found = next((item for item in self._store.grants.standing() if item.override.id == number), None)
        if found is None:
            raise HeadgateError("HG605", f"no override {number} stands", "`headgate override list` lists them")
        return self._ended(found, "ended", person.name)

    def standing(self) -> list[Standing]:
        """Return the overrides that stand, the oldest first."""
        self.sweep()
        return list(self._store.grants.standing())

    def every(self) -> list[Standing]:
        """Return all overrides there ever were, the oldest first."""
        self.sweep()
        return [item for item, _, _ in self._store.grants.signed()]

    def sweep(self) -> None:
        """End every override whose time is over; nothing brings it back, whatever a clock says later."""
        if not self._store.grants.standing():
            return
        now, steady = self._clock.now(), self._clock.steady()
        for item in self._store.grants.standing():
            if item.over(now, steady):
                self._ended(item, "expired")

    def prove(self, trusted: Callable[[bytes], bool]) -> None:
        """End every standing override whose signature does not hold, or is by a key (32 bytes) not *trusted*."""
        for item, signature, key in self._store.grants.signed():
            public = _key(key)
            sound = trusted(public) and verify(public, signature, encode_override(item.override))
            if not item.ended and not sound:
                self._ended(item, "broken")

    def loud(self) -> str:
        """Return what every session must know; nothing where no override of everything stands."""
        found = [item.override for item in self.standing() if item.override.scope.everything]
        return "\n".join(
            f"headgate: BREAK-GLASS. Override {item.id} by {item.by.name} lifts every rule that can be lifted "
            f"({item.reason}); all that it changes is in the journal."
            for item in found
        )

    def _ended(self, item: Standing, why: str, by: str = "") -> Standing:
        ended = msgspec.structs.replace(item, ended=why)
        self._store.grants.change_override(ended)
        self._store.append(OverrideEnded(self._clock.now(), item.override.id, why, by))
        return ended


def _key(text: str) -> bytes:
    """Return the key that *text* is in hexadecimal; none where it is no such text."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""


def wish_of(approval: Approval) -> Wish:
    """Return the wish that a question is about; raises `HeadgateError` HG605 where it is about none."""
    if approval.scope is None:
        raise HeadgateError("HG605", f"question {approval.id} is about no override", "`headgate approvals` lists them")
    return Wish(approval.scope, approval.why, approval.wanted, approval.uses)
