"""What one step of a text would do; effects of steps join into the effect of the whole."""

from collections.abc import Iterable

import msgspec

from headgate.model.facts import Evidence, Look, Script, Touch, Workload
from headgate.model.span import Span

NOTHING = 0
READS = 1
CHANGES = 2
UNSURE = 4  # a program we do not know: it may change things
DESTROYS = 8
FOLLOWS = 16
INTERACTIVE = 32
LOOPS = 64
BACKGROUND = 128
NETWORK = 256
REMOTE = 512
SENDS = 1024  # writes bulk data to its standard output
FILTERS = 2048  # only reads its input or names files
BULK = 4096  # walks or streams a whole tree: it may take long

SOME_MACHINE = "?"
"""Stands in an effect for hosts that are reached but not named."""

WITHIN = "/"
"""Starts another name of a machine that the caller can choose freely (a namespace): it may tighten, not loosen."""

HIDDEN = "\0"
"""Stands in a word for the part whose value is not known."""


class Effect(msgspec.Struct, frozen=True):
    """The facts of one step, before they are judged as a whole.

    *does* is a union of the flags of this module, *seconds* the known time it takes, *typical* what such
    work takes as a rule, *rounds* the number of pipelines (a pipeline of filters is one look, however long),
    *output* the text it is known to print. *known_as* are pairs of a machine and another name that it has, for the
    inventory; *chooses* pairs of a tool and the machine that its later calls mean.
    """

    does: int = NOTHING
    evidence: tuple[Evidence, ...] = ()
    machines: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    steps: int = 0
    rounds: int = 0
    probes: int = 0
    seconds: float = 0.0
    writes: tuple[str, ...] = ()
    touches: tuple[Touch, ...] = ()
    scripts: tuple[Script, ...] = ()
    output: str | None = None
    typical: float = 0.0
    known_as: tuple[tuple[str, str], ...] = ()
    chooses: tuple[tuple[str, str], ...] = ()

    def has(self, workload: Workload) -> bool:
        """Whether some evidence names *workload*."""
        return any(item.workload is workload for item in self.evidence)

    @property
    def read_only(self) -> bool:
        """Whether it is known to change nothing."""
        return not self.does & (CHANGES | UNSURE)

    def without(self, *workloads: Workload) -> "Effect":
        """Return the same without any evidence of *workloads*."""
        kept = tuple(item for item in self.evidence if item.workload not in workloads)
        return msgspec.structs.replace(self, evidence=kept)


EMPTY = Effect()


def join(effects: Iterable[Effect]) -> Effect:
    """Return the effect of all *effects*, one after the other."""
    found = [effect for effect in effects if effect is not EMPTY]
    if len(found) <= 1:
        return found[0] if found else EMPTY
    does = 0
    for effect in found:
        does |= effect.does
    return Effect(
        does,
        tuple(item for effect in found for item in effect.evidence),
        tuple(dict.fromkeys(item for effect in found for item in effect.machines)),
        tuple(dict.fromkeys(item for effect in found for item in effect.programs)),
        sum(effect.steps for effect in found),
        sum(effect.rounds for effect in found),
        sum(effect.probes for effect in found),
        sum(effect.seconds for effect in found),
        tuple(item for effect in found for item in effect.writes),
        tuple(item for effect in found for item in effect.touches),
        tuple(item for effect in found for item in effect.scripts),
        typical=sum(effect.typical for effect in found),
        known_as=tuple(item for effect in found for item in effect.known_as),
    )


def change(effect: Effect, **fields: object) -> Effect:
    """Return *effect* with some *fields* replaced."""
    return msgspec.structs.replace(effect, **fields)


def evidence(workload: Workload, message: str, span: Span | None) -> Evidence:
    """State that the text at *span* belongs to *workload*, because of *message*."""
    return Evidence(workload, CODES[workload], message, span)


def looked(machine: str = "", service: str = "") -> tuple[Touch, ...]:
    """State that the logs or the status of *service* on *machine* were read."""
    return (Touch(Look.READ, machine, service),)


def touched(machine: str = "", service: str = "") -> tuple[Touch, ...]:
    """State that *service* on *machine* was restarted, deployed or otherwise changed."""
    return (Touch(Look.CHANGE, machine, service),)


CODES = {
    Workload.REMOTE_SESSION: "HG201",
    Workload.REMOTE_PROBE: "HG202",
    Workload.MULTI_HOST: "HG203",
    Workload.DEPLOY: "HG204",
    Workload.RESTART: "HG205",
    Workload.LOG_TAIL: "HG206",
    Workload.REMEDIATION_LOOP: "HG207",
    Workload.TRANSFER: "HG208",
    Workload.CROSS_MACHINE: "HG209",
    Workload.LONG_RUNNING: "HG210",
    Workload.INTERACTIVE: "HG211",
    Workload.OPAQUE: "HG212",
    Workload.DESTRUCTIVE: "HG213",
    Workload.CONTROL_PLANE: "HG214",
}
"""The code of each class in the catalogue (`model/codes.py`)."""
