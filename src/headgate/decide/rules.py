"""What a policy is made of: rules, windows, invariants and tests, each with its layer and its place."""

from enum import StrEnum
from hashlib import sha256

import msgspec

from headgate.decide.conditions import Condition
from headgate.decide.names import Value
from headgate.model.decision import Reason, Strictness, Terms


class Layer(StrEnum):
    """Who speaks: a lower layer can only tighten what those above it say."""

    SHIPPED = "shipped"
    ORGANISATION = "organisation"
    USER = "user"
    PROJECT = "project"

    @property
    def loosens(self) -> bool:
        """Whether it may hold `allow` rules, a default, settings and an inventory."""
        return self in {Layer.SHIPPED, Layer.ORGANISATION}


class Mode(StrEnum):
    """What becomes of a decision: `observe` decides and records, and enforces nothing."""

    ENFORCE = "enforce"
    OBSERVE = "observe"


class Example(msgspec.Struct, frozen=True):
    """A call that a rule or a test speaks of: *facts* that are told, and the *command* that gives the others.

    *unknown* names facts whose value nobody knows, *line* is where it stands.
    """

    facts: dict[str, Value] = {}
    command: str = ""
    unknown: tuple[str, ...] = ()
    line: int = 0


class Rule(msgspec.Struct, frozen=True):
    """A conjunction of tests, minus one conjunction of exceptions.

    A tightening rule matches if it may, an `allow` rule only if it must; exceptions the other way round.
    *pools* and *workers* are those it accepts (empty: any); *terms* has its other obligations.
    """

    id: str
    answer: Strictness
    when: tuple[Condition, ...]
    unless: tuple[Condition, ...]
    terms: Terms
    reason: str
    hint: str = ""
    pools: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()
    layer: Layer = Layer.ORGANISATION
    file: str = ""
    line: int = 0
    match: tuple[Example, ...] = ()
    not_match: tuple[Example, ...] = ()

    @property
    def tightens(self) -> bool:
        """Whether it can only make the answer stricter."""
        return self.answer is not Strictness.ALLOW

    @property
    def name(self) -> str:
        """Its name in decisions and in the journal: the id, with the layer in front where that is below the top."""
        return self.id if self.layer.loosens else f"{self.layer}:{self.id}"

    @property
    def source(self) -> str:
        """Where it stands, for people."""
        return f"{self.layer} {self.file}:{self.line}"

    @property
    def said(self) -> Reason:
        """What it says when it decides."""
        return Reason(self.name, self.reason, self.hint, source=self.source)

    def matches(self, values: dict[str, Value]) -> bool:
        """Whether it speaks about a call with these *values*: slow, for explanations."""
        if not all(item.holds(values[item.fact], may=self.tightens) for item in self.when):
            return False
        return not self.unless or not all(item.holds(values[item.fact], may=not self.tightens) for item in self.unless)


class Window(msgspec.Struct, frozen=True):
    """A count over what a session did in the last *over* seconds, this call included.

    It counts calls that meet *where*, or the distinct names of their *fact*. *key* is the name under which calls are
    counted: another definition has another one.
    """

    name: str
    over: float
    where: tuple[Condition, ...] = ()
    fact: str = ""
    layer: Layer = Layer.ORGANISATION

    @property
    def key(self) -> str:
        """The name with a digest of what is counted."""
        tests = sorted((item.fact, item.operator.value, sorted(item.words), item.bound) for item in self.where)
        form = msgspec.json.encode([self.fact, tests])
        return f"{self.name}:{sha256(form).hexdigest()[:12]}"


class Invariant(msgspec.Struct, frozen=True):
    """What must hold of every call: where *given* holds, and not all of *unless*, the answer is *at_least* this strict.

    *then* is what a yes may grant at least, where the answer is `confirm`.
    """

    id: str
    given: tuple[Condition, ...]
    at_least: Strictness
    unless: tuple[Condition, ...] = ()
    then: Strictness = Strictness.ALLOW
    layer: Layer = Layer.ORGANISATION
    file: str = ""
    line: int = 0


class Expected(msgspec.Struct, frozen=True):
    """What a test expects; what is `None` is not looked at."""

    decision: str | None = None
    then: str | None = None
    rules: tuple[str, ...] | None = None
    without: tuple[str, ...] | None = None
    approvers: tuple[str, ...] | None = None
    approvals: int | None = None
    not_requester: bool | None = None
    lease: tuple[str, ...] | None = None
    budget: float | None = None
    max_run: float | None = None
    pool: str | None = None
    worker: str | None = None


class Test(msgspec.Struct, frozen=True):
    """A call and what must be decided about it."""

    name: str
    example: Example
    expect: Expected
    layer: Layer = Layer.ORGANISATION
    file: str = ""
    line: int = 0


class Part(msgspec.Struct, frozen=True):
    """One file of a policy: its layer, its name, and the SHA-256 of its text."""

    layer: Layer
    file: str
    digest: str
