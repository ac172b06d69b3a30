"""What a client tells us, in our words, whichever client it is."""

import msgspec

from headgate.model.action import Action, Caller


class CallProposed(msgspec.Struct, frozen=True):
    """The client is about to run *action*; *input* is the tool's input as it came, to be rewritten.

    *unasked* says that the client would run it without a prompt, though rules of its own may refuse it; *transcript* is
    the file that the client keeps of the session, where it tells.
    """

    action: Action
    caller: Caller
    tool: str
    input: dict[str, object]
    unasked: bool = False
    transcript: str = ""


class CallFinished(msgspec.Struct, frozen=True):
    """The client ran a call; *seconds* is how long, where it says; *cut* says that a person ended or left it before."""

    caller: Caller
    event: str
    failed: bool
    seconds: float | None
    cut: bool = False


class Noticed(msgspec.Struct, frozen=True):
    """Anything else of a session's life; *hears* says that the main thread would read our answer."""

    session: str
    event: str
    hears: bool


Event = CallProposed | CallFinished | Noticed
