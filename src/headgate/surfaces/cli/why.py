"""`headgate why ID`."""

import json

import click
import msgspec

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.record.events import CallEnded, Decided, JobEnded, JobHandedOver, JobStarted, decode
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.narrate import line, story
from headgate.wiring import journal


@click.command()
@click.argument("decision")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, decision: str, *, as_json: bool) -> int:
    """Tell the story of one decision; a few first characters of its id are enough."""
    store = journal(home)
    entry = store.find(decision) if decision and all(mark in "0123456789abcdefABCDEF" for mark in decision) else None
    event = decode(entry.body) if entry else None
    if entry is None or not isinstance(event, Decided):
        raise HeadgateError("HG503", f"there is no decision `{decision}`", "`headgate log` lists them")
    name = entry.hash.hex()[:12]
    after = _after(store, entry.seq, name, event)
    if as_json:
        click.echo(json.dumps({"id": name, "decision": msgspec.to_builtins(event), "after": after}))
        return 0
    click.echo(story(name, event))
    for text in after:
        click.echo(f"then      {text}")
    return 0


def _after(store: SqliteStore, seq: int, name: str, event: Decided) -> list[str]:
    """Return what came of a decision: its job, and how the call or the job ended."""
    found: list[str] = []
    jobs: set[int] = set()
    for entry in store.entries(seq):
        later = decode(entry.body)
        match later:
            case JobStarted(job=job, decision=of) if of == name:
                jobs.add(job)
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
