"""The settings of the exec gate: how strong it has to be, and what becomes of a start that may not be here."""

from enum import StrEnum


class ExecGate(StrEnum):
    """Which gate stands around what the main thread runs; `BEST` is the strongest that works on the machine.

    Under `STRONG` a call is not run where no strong gate can be put around it.
    """

    BEST = "best"
    STRONG = "strong"
    PORTABLE = "portable"
    OFF = "off"


class AtStart(StrEnum):
    """What becomes of a start inside a call that is to be delegated.

    `MOVE`: the whole call is moved to a worker where all that ran so far surely only read, else as `END`. `END`: a
    worker gets the program, the rest of the call is ended. `RECEIPT`: a worker gets the program, the rest goes on.
    `RELAY`: the same, and the rest sees the worker's output and exit status as those of the program.
    """

    MOVE = "move"
    END = "end"
    RECEIPT = "receipt"
    RELAY = "relay"


class Connections(StrEnum):
    """Which connections of such a call are decided: `HEAVY` are those whose port or machine says so."""

    NONE = "none"
    HEAVY = "heavy"
    ALL = "all"
