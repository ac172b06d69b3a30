"""What an enforcer answers; a dialect turns it into the client's words."""

import msgspec

from headgate.model.job import Ticket


class Run(msgspec.Struct, frozen=True):
    """Let the call go on where it is, for at most *budget* seconds (`None`: as long as it asked for).

    How long it took is to be kept under *routine*, where that is not empty; *note* is for the model and the user.
    *ticket* lets it become a job, alive, when its budget is over; *wrapped* is the command that sees to that, to be run
    in place of its own (empty: it runs as it is); *by_shell*, that the client's shell sees to the same. *decision* is
    its name in the journal, *granted* are the commands in it where a person's leave is what lets it run.
    """

    budget: float | None
    routine: str = ""
    note: str = ""
    ticket: Ticket | None = None
    wrapped: str = ""
    decision: str = ""
    by_shell: bool = False
    granted: tuple[str, ...] = ()


class Rewrite(msgspec.Struct, frozen=True):
    """Run `headgate attach` with this *ticket* in place of the call; *note* tells the model what happened."""

    ticket: Ticket
    note: str


class Ask(msgspec.Struct, frozen=True):
    """Put *question* to a person; their yes grants *then*. *about* says in one line what it is about.

    *number* is that of the question, by which it can be answered elsewhere.
    """

    question: str
    then: Run | Rewrite
    about: str = ""
    number: int = 0


class Refuse(msgspec.Struct, frozen=True):
    """Do not run the call; *words* steer the agent. *number* is that of the question that is asked (0: none)."""

    words: str
    number: int = 0


Outcome = Run | Rewrite | Ask | Refuse
