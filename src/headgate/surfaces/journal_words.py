"""Entries that tell of the journal itself, or that this version cannot read, in words."""

from headgate.record.events import Event, JournalFlawed, JournalForgot, JournalSealed
from headgate.record.reading import Unread
from headgate.workers.digest import lasting


def journal_words(event: Event | Unread) -> str:
    """Return what happened to the journal, or why an entry is not read; of other events, their name."""
    match event:
        case JournalSealed(first=first, last=last):
            return f"journal: entries {first} to {last} moved to a segment"
        case JournalForgot(first=first, last=last, keep=keep):
            return f"journal: what entries {first} to {last} say was deleted; it is kept for {lasting(keep)}"
        case JournalFlawed(why=why):
            return f"JOURNAL NOT AS IT WAS SIGNED: before this start, {why}"
        case Unread(kind=kind, why=why):
            return f"NOT READ: {kind or 'an entry'}: {why}"
        case _:
            return type(event).__name__


def keeping_words(told: dict[str, object]) -> list[str]:
    """Return how the journal is kept, as `headgate status` says it: a line each, what goes wrong among them."""
    to = told["witness"]
    named = " ".join(map(str, to)) if isinstance(to, list) else str(to)
    lines = [f"signed   by {told['key']}; last checkpoint of {told['checkpoint']} entries"]
    if named:
        lines.append(f"witness  {named}: has the checkpoint of {told['witnessed']} entries")
    if told["witness_failure"]:
        lines.append(f"         FAILED, and is tried again: {told['witness_failure']}")
    troubles = told["troubles"]
    return lines + [f"JOURNAL  {item}" for item in (troubles if isinstance(troubles, list) else [])]
