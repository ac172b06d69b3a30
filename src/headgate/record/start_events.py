"""What the journal says of the programs that calls started by themselves."""

from headgate.record.versioned import Versioned


class ProgramsStarted(Versioned, frozen=True, tag="programs-started"):
    """What the call of *decision* started until its command ended, as its supervisor saw it.

    *total* counts all starts; *programs* are pairs of a command without secrets and how often it was started, in the
    order of the first, bounded. *job* is its number where it had become one (0: none).
    """

    at: float
    session: str
    decision: str
    total: int
    programs: tuple[tuple[str, int], ...] = ()
    job: int = 0


class CommandGuarded(Versioned, frozen=True, tag="command-guarded"):
    """A *command*, without secrets, was put under the gate as one main thread, by `headgate guard`."""

    at: float
    session: str
    name: str
    command: str
    cwd: str


class CallStopped(Versioned, frozen=True, tag="call-stopped"):
    """The call of *decision* was ended over what it started by itself, which *job* does; *moved*: all of it.

    Over a connection no job is there (0), unless the call was moved.
    """

    at: float
    session: str
    decision: str
    job: int
    moved: bool = False
