"""What the importers share: a rule in our words that came from elsewhere, and the report of what became of each."""

import msgspec

from headgate.decide.conditions import Condition, Operator
from headgate.model.decision import Strictness

ALLOW, CONFIRM, DENY = Strictness.ALLOW, Strictness.CONFIRM, Strictness.DENY

SHELL, WRITE = "shell", "write"
"""What the fact `tool` is for shell commands, and for files that a client writes itself."""

ANYTHING = "*"

NO_FILE = "holds only where the call writes no file: the client itself lets no such rule cover a redirection"
ANY_FOLDER = "holds for the program in whatever folder it stands"


class Kept(msgspec.Struct, frozen=True):
    """A rule that was carried over: where it stood, as it was written, the id of the policy's rule, what changed."""

    file: str
    line: int
    rule: str
    id: str
    note: str = ""


class Left(msgspec.Struct, frozen=True):
    """A rule that was not carried over: where it stands, as it is written, and why."""

    file: str
    line: int
    rule: str
    why: str


class Carried(msgspec.Struct, frozen=True):
    """The text of a policy layer, and what became of each rule, in the order of the files."""

    text: str
    kept: tuple[Kept, ...]
    left: tuple[Left, ...]


class Place(msgspec.Struct, frozen=True):
    """Where a rule of the source stands, and how it is written there."""

    file: str
    line: int
    rule: str


class Rule(msgspec.Struct, frozen=True):
    """A rule of the source in our words.

    *label* says in short what it is about; *wider* tells the calls it speaks of that the original does not, *notes*
    what else a reader should know. *match* and *not_match* are commands.
    """

    place: Place
    decision: Strictness
    when: tuple[Condition, ...]
    client: str
    label: str
    reason: str = ""
    match: tuple[str, ...] = ()
    not_match: tuple[str, ...] = ()
    wider: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Read(msgspec.Struct, frozen=True):
    """What the texts of a source say, in their order; *mistakes* tell where a text cannot be read at all."""

    items: tuple[Rule | Left, ...] = ()
    mistakes: tuple[str, ...] = ()


class CarryError(Exception):
    """Why a rule cannot be said in our words."""


class Speaks(msgspec.Struct, frozen=True):
    """The calls that a rule speaks of, in our words; *wider* and *notes* as in `Rule`."""

    when: tuple[Condition, ...]
    wider: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def left(place: Place, why: str) -> Left:
    """Return the report that the rule at *place* stays behind."""
    return Left(place.file, place.line, place.rule, why)


def on_commands(patterns: tuple[str, ...], decision: Strictness, wider: tuple[str, ...] = ()) -> Speaks:
    """Return the calls with a command that *patterns* fit; for an allow rule, those with no other command.

    An allow rule also holds only where no file is written: no source lets a prefix of words cover a redirection.
    """
    if decision is not ALLOW:
        return Speaks((Condition("commands", Operator.ANY, patterns),), wider)
    only = Condition("commands", Operator.ONLY, patterns)
    return Speaks((only, Condition("writes_files", Operator.NONE, (ANYTHING,))), wider, (NO_FILE, ANY_FOLDER))


def on_tools(patterns: tuple[str, ...], decision: Strictness, wider: tuple[str, ...] = ()) -> Speaks:
    """Return the calls of the tools that *patterns* fit; an allowed shell writes no file, as in `on_commands`."""
    tools = Condition("tool", Operator.GLOB, patterns)
    if decision is not ALLOW or not tools.holds(SHELL, may=False):
        return Speaks((tools,), wider)
    if patterns != (SHELL,):
        raise CarryError("it allows the shell and other tools at once; write one rule for the shell and one for others")
    return Speaks((tools, Condition("writes_files", Operator.NONE, (ANYTHING,))), wider, (NO_FILE,))
