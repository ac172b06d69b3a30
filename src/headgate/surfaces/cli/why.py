"""`headgate why ID`."""

import json

import click
import msgspec

from headgate.host.home import Home
from headgate.host.keys import SigningKey, verify
from headgate.model.errors import HeadgateError
from headgate.record.chain import Entry
from headgate.record.events import CallEnded, Decided, JobEnded, JobHandedOver, JobStarted
from headgate.record.reading import Unread, read
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.journal_notes import NoteFile
from headgate.surfaces.journal_proof import proof
from headgate.surfaces.narrate import line, story
from headgate.wiring import journal


@click.command()
@click.argument("decision")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--proof", "prove", is_flag=True, help="Print a proof for others, as JSON; any entry's id will do.")
@click.pass_obj
def command(home: Home, decision: str, *, as_json: bool, prove: bool) -> int:
    """Tell the story of one decision; a few first characters of its id are enough."""
    store = journal(home)
    entry = store.find(decision) if decision and all(mark in "0123456789abcdefABCDEF" for mark in decision) else None
    if entry is not None and prove:
        click.echo(json.dumps(_proof(home, store, entry), indent=1))
        return 0
    event = read(entry.body) if entry else None
    if entry is None or not isinstance(event, Decided):
        why = f" that can be read: {event.why}" if isinstance(event, Unread) else ""
        raise HeadgateError("HG503", f"there is no decision `{decision}`{why}", "`headgate log` lists them")
    name = entry.hash.hex()[:12]
    after = _after(store, entry.seq, name, event)
    if as_json:
        click.echo(json.dumps({"id": name, "decision": msgspec.to_builtins(event), "after": after}))
        return 0
    click.echo(story(name, event))
    for text in after:
        click.echo(f"then      {text}")
    return 0


def _proof(home: Home, store: SqliteStore, entry: Entry) -> dict[str, object]:
    if not home.gate_key.exists():
        raise HeadgateError("HG508", "the gate has no key yet", "start its daemon: `headgate serve`")
    return proof(store, entry, NoteFile(home.checkpoints).latest(), SigningKey.open(home.gate_key).public, verify)


def _after(store: SqliteStore, seq: int, name: str, event: Decided) -> list[str]:
    """Return what came of a decision: its job, and how the call or the job ended."""
    found: list[str] = []
    jobs: set[int] = set()
    marks = [name.encode(), msgspec.json.encode(event.caller.call_id)]
    for entry in store.entries(seq):
        if not any(mark in entry.body for mark in marks):  # most need not be read
            continue
        later = read(entry.body)
        match later:
            case JobStarted(job=job, decision=of) if of == name:
                jobs.add(job)
                marks.append(b'"job":%d,' % job)
            case JobEnded(job=job) | JobHandedOver(job=job) if job in jobs:
                pass
            case CallEnded(session=session, call_id=call) if (session, call) == (
                event.caller.session,
                event.caller.call_id,
            ):
                pass
            case _:
                continue
        found.append(line(entry.hash.hex()[:12], later))
    return found
