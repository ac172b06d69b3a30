"""What an action would do, stated without judgement."""

from enum import StrEnum

import msgspec

from headgate.model.span import Span


class Workload(StrEnum):
    """The classes of work; an action belongs to zero or more of them."""

    REMOTE_SESSION = "remote-session"
    REMOTE_PROBE = "remote-probe"
    MULTI_HOST = "multi-host"
    DEPLOY = "deploy"
    RESTART = "restart"
    LOG_TAIL = "log-tail"
    REMEDIATION_LOOP = "remediation-loop"
    TRANSFER = "transfer"
    CROSS_MACHINE = "cross-machine"
    LONG_RUNNING = "long-running"
    INTERACTIVE = "interactive"
    OPAQUE = "opaque"
    DESTRUCTIVE = "destructive"
    CONTROL_PLANE = "control-plane"


LIGHT_WORKLOADS = frozenset({Workload.REMOTE_PROBE})
HEAVY_WORKLOADS = frozenset(Workload) - LIGHT_WORKLOADS


class Evidence(msgspec.Struct, frozen=True):
    """Why an action has a class: a code of the catalogue, a sentence, and the text that shows it."""

    workload: Workload
    code: str
    message: str
    span: Span | None = None


class Look(StrEnum):
    """What a step does to a target, as far as the history of a session cares."""

    READ = "read"
    CHANGE = "change"


class Touch(msgspec.Struct, frozen=True):
    """One look at, or change of, a *service* on a *machine*; empty means this machine, or any service."""

    look: Look
    machine: str = ""
    service: str = ""


class Script(msgspec.Struct, frozen=True):
    """A file whose content was classified, with the SHA-256 of what was read."""

    path: str
    sha256: str


class Facts(msgspec.Struct, frozen=True):
    r"""Everything policy may ask about one action; the same action gives the same facts.

    *estimate* is in seconds, `None` where nobody knows, *estimate_from* says how it was made; *waits* are the seconds
    that the text itself tells; *routine* names what runs and where, the same for every run of it (empty: nothing that
    is run again). *steps* counts simple commands, *probes* quick reads on other machines; *machines* are the hosts
    and clusters named, *unnamed* says that another one is reached that the text does not name. *commands* are the words
    of every program that would run, joined by blanks, the program by its base name, `\0` for what nobody knows;
    *privileged* says that it needs rights of another user, which nothing gets where the call would run.
    *tool* is `shell`, `write` or the name of the client's tool, *cwd* the directory the action starts in.
    """

    workloads: tuple[Workload, ...] = ()
    programs: tuple[str, ...] = ()
    machines: tuple[str, ...] = ()
    environment: str = "local"
    remote: bool = False
    steps: int = 0
    probes: int = 0
    reads: bool = False
    changes: bool = False
    destroys: bool = False
    follows: bool = False
    interactive: bool = False
    loops: bool = False
    background: bool = False
    network: bool = False
    writes_files: tuple[str, ...] = ()
    estimate: float | None = None
    opaque_because: tuple[str, ...] = ()
    touches: tuple[Touch, ...] = ()
    scripts: tuple[Script, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    estimate_from: str = ""
    waits: float = 0.0
    routine: str = ""
    commands: tuple[str, ...] = ()
    tool: str = "shell"
    cwd: str = ""
    unnamed: bool = False
    privileged: bool = False

    @property
    def heavy(self) -> bool:
        """Whether some class keeps this out of the main thread."""
        return not HEAVY_WORKLOADS.isdisjoint(self.workloads)


class History(msgspec.Struct, frozen=True):
    """What a session did in the window before this call (ten minutes), as the ledger counted it.

    *waits_recent* are the known waits of single calls, each in seconds.
    """

    machines_recent: tuple[str, ...] = ()
    probes_recent: int = 0
    remote_calls_recent: int = 0
    restarts_recent: int = 0
    log_reads_recent: int = 0
    seconds_used_recent: float = 0.0
    denials_recent: int = 0
    touches_recent: tuple[Touch, ...] = ()
    waits_recent: tuple[float, ...] = ()
