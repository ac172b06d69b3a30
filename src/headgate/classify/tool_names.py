"""What the name of a tool that nobody described says, and what its server hints about it."""

import re
from functools import lru_cache

LOOKS = frozenset(
    """
    browse check count describe diff explain fetch find get grep inspect list lookup ls peek ping preview query read
    resolve search show stat status summarize validate view whoami
    """.split()
)
CHANGES = frozenset(
    """
    abort accept activate add adjust allocate annotate append apply approve archive assign attach authorize ban
    cancel clean cleanup clear click clone configure connect convert cordon create deactivate deallocate decline
    decrypt delete deny deprecate deregister destroy detach disable disconnect dispatch downgrade drain drop edit
    eject enable encrypt enqueue erase eval evaluate evict exec execute expire fill flush force freeze generate give
    grant halt hibernate import insert install invalidate invoke kill launch login logout make migrate modify move
    mutate notify overwrite pause pay perform persist prepare prune publish purge put quit reboot rebuild recreate
    redeploy refund register reindex reject reload remove rename renew reopen reorder replace reply reschedule
    resize restart restore resume retry revert revoke rewrite rm rollback rotate save send shutdown spawn submit
    subscribe suspend swap sync taint tap terminate throw toggle transfer trash trigger truncate unassign uncordon
    undo uninstall unlink unlock unmount unpublish unregister unsubscribe upgrade upload upsert vacuum wipe write
    zap
    """.split()
)
"""Words that change something wherever they stand in a name."""

_NOUNS_TOO = frozenset(
    """
    backup book boot branch build bulk call change close comment commit copy cut deploy deployment download empty
    export fix fork format forward invite issue job join label link load lock log mark merge message mount open
    order park patch place plan post pull push release report request reset review rollout run scale schedule script
    seed session set setup shell sign start stop store switch tag task test trace turn type update use
    """.split()
)
"""Words that change something in front (`run_tests`), and name what is looked at behind a verb (`get_run`)."""

_CONNECTS = frozenset({"and", "then", "or", "plus"})
_PIECES = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


@lru_cache(maxsize=4096)
def forms(name: str) -> tuple[str, ...]:
    """Return *name* as it is, the part behind `mcp__server__`, and that part in snake case."""
    own = tail(name)
    return tuple(dict.fromkeys((name, own, "_".join(words(own)))))


def tail(name: str) -> str:
    """Return the tool's own name: the part behind `mcp__server__`, else behind the last `.` or `/`."""
    if name.startswith("mcp__"):
        return name.split("__", 2)[-1]
    return re.split(r"[./:]", name)[-1] or name


@lru_cache(maxsize=4096)
def words(name: str) -> tuple[str, ...]:
    """Return the words of *name*, in small letters: of camel, snake and kebab case."""
    return tuple(piece.lower() for piece in _PIECES.findall(name))


def looks(name: str) -> bool:
    """Whether *name* says that its tool only looks: a looking verb, and none that changes something."""
    found = words(tail(name))
    if LOOKS.isdisjoint(found) or not CHANGES.isdisjoint(found) or not name.isascii():
        return False
    return _NOUNS_TOO.isdisjoint(found) or (found[0] in LOOKS and _CONNECTS.isdisjoint(found))


def changes(name: str) -> bool:
    """Whether *name* says that its tool changes something, whatever else it says."""
    return not CHANGES.isdisjoint(words(tail(name)))
