"""What a report says: its keys are those of the JSON form, and a key never changes its meaning.

Times are seconds since 1970, durations seconds; texts are as the journal has them, without secrets.
"""

import msgspec

SCHEMA = 1
"""The version of the keys below; a key may be added without a new one."""


class Read(msgspec.Struct, kw_only=True):
    """How much of the journal was read: all *entries*, those of the period, and those that were left out.

    *unknown* are of a kind that this version does not know, *newer* of a later form of one, *unreadable* are neither.
    What was before *forgotten_before* (a time) may be deleted, null where nothing is. *flaws* say how the journal did
    not end as it was signed, when a daemon started.
    """

    entries: int = 0
    in_period: int = 0
    unknown: int = 0
    newer: int = 0
    unreadable: int = 0
    forgotten_before: float | None = None
    flaws: list[str] = []


class Calls(msgspec.Struct, kw_only=True):
    """Decided calls: how many by answer, by thread, by both (`main/delegate`), and by client.

    *observed* are those about which nothing was enforced; *undecided* counts, by code, messages that were refused
    without a decision.
    """

    all: int = 0
    answers: dict[str, int] = {}
    threads: dict[str, int] = {}
    by_thread: dict[str, int] = {}
    clients: dict[str, int] = {}
    observed: int = 0
    undecided: dict[str, int] = {}


class Ran(msgspec.Struct, kw_only=True):
    """Heavy calls that ran in the main thread, and why.

    *why* is `override`, `approval`, `rules` or `observe`; *which* is a number, or the names of rules.
    """

    why: str
    which: str
    calls: int


class Example(msgspec.Struct, kw_only=True):
    """One call: its decision, when, in which session, and its command."""

    at: float
    decision: str
    session: str
    command: str
    why: str = ""


class Heavy(msgspec.Struct, kw_only=True):
    """Heavy calls of the main thread: *off* stayed out of it, *ran* did not; *share* is off / calls, null without any.

    *delegated*, *refused*, *approved_job* (a person said yes, and it became a job) and *not_approved* make up *off*.
    """

    calls: int = 0
    off: int = 0
    ran: int = 0
    share: float | None = None
    delegated: int = 0
    refused: int = 0
    approved_job: int = 0
    not_approved: int = 0
    because: list[Ran] = []
    examples: list[Example] = []


class Exempted(msgspec.Struct, kw_only=True):
    """One override; *used* counts the decisions of the period that it changed, *changed* from which answer to which.

    *granted*, *expires* and *ended* are times, null where the journal does not say; *end* is why it ended, empty where
    it stands; *allowed_uses* is null for as many as come.
    """

    id: int
    break_glass: bool = False
    by: str = ""
    how: str = ""
    reason: str = ""
    scope: str = ""
    granted: float | None = None
    expires: float | None = None
    allowed_uses: int | None = None
    approval: int = 0
    used: int = 0
    changed: dict[str, int] = {}
    lifted: dict[str, int] = {}
    commands: list[str] = []
    end: str = ""
    ended: float | None = None
    ended_by: str = ""


class Answerer(msgspec.Struct, kw_only=True):
    """What one person answered, where they answered, and how long the questions had stood (the median)."""

    name: str
    how: str
    yes: int = 0
    no: int = 0
    median_seconds: float | None = None


class Approvals(msgspec.Struct, kw_only=True):
    """Questions to people: how many were asked and became what; *median_seconds* is from asking to the first answer.

    *open* were asked in the period, and had no end when it was over.
    """

    asked: int = 0
    approved: int = 0
    refused: int = 0
    used: int = 0
    expired: int = 0
    open: int = 0
    wishes: int = 0
    median_seconds: float | None = None
    people: list[Answerer] = []


class Run(msgspec.Struct, kw_only=True):
    """How long one call or job took; *job* is 0 for a call."""

    at: float
    seconds: float
    kind: str
    command: str
    session: str
    decision: str = ""
    job: int = 0
    failed: bool = False


class Held(msgspec.Struct, kw_only=True):
    """How long calls held the main thread, as far as the client tells; the longest first."""

    seconds: float = 0.0
    calls: int = 0
    untold: int = 0
    longest: list[Run] = []


class Again(msgspec.Struct, kw_only=True):
    """A call that was refused, and made again within ten minutes, *times* times."""

    at: float
    session: str
    command: str
    times: int
    let_go: int


class Retried(msgspec.Struct, kw_only=True):
    """Calls that were refused; how many calls repeated such a one in its session, and how many of these were let go."""

    refused: int = 0
    again: int = 0
    let_go: int = 0
    most: list[Again] = []


class Machine(msgspec.Struct, kw_only=True):
    """Calls that named a machine; of them *refused* did not reach it."""

    machine: str
    environment: str
    calls: int
    refused: int


class Environment(msgspec.Struct, kw_only=True):
    """Calls that named machines of one environment, and how many machines these are."""

    environment: str
    machines: int
    calls: int
    refused: int


class Machines(msgspec.Struct, kw_only=True):
    """The machines that calls named, the most named first; *distinct* counts them all."""

    distinct: int = 0
    environments: list[Environment] = []
    most: list[Machine] = []


class Refusal(msgspec.Struct, kw_only=True):
    """Somebody wanted to grant something, or to steer the gate, who may not."""

    at: float
    what: str
    why: str
    uid: int
    pid: int


class Refusals(msgspec.Struct, kw_only=True):
    """Refused grants: how many, of what, and the latest of them."""

    all: int = 0
    what: dict[str, int] = {}
    latest: list[Refusal] = []


class Jobs(msgspec.Struct, kw_only=True):
    """Jobs: started, handed over alive, ended in each state, asked to end; *late* are ends of jobs that were lost."""

    started: int = 0
    handed_over: int = 0
    ended: dict[str, int] = {}
    cancellations: int = 0
    late: int = 0


class Slice(msgspec.Struct, kw_only=True):
    """One part of the period, from *start* on: calls by answer, and seconds that the main thread was held."""

    start: float
    allow: int = 0
    delegate: int = 0
    confirm: int = 0
    deny: int = 0
    held: float = 0.0


class Report(msgspec.Struct, kw_only=True):
    """All of it. *until* is not part of the period any more; *step* is the length of each slice of *over_time*."""

    schema: int = SCHEMA
    made: float
    since: float
    until: float
    session: str | None
    read: Read
    calls: Calls
    heavy: Heavy
    overrides: list[Exempted]
    approvals: Approvals
    held: Held
    slowest: list[Run]
    retried: Retried
    machines: Machines
    refused_grants: Refusals
    jobs: Jobs
    step: float
    over_time: list[Slice]
