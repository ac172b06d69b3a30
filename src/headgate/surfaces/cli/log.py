"""`headgate log`."""

from collections import deque

import click

from headgate.host.home import Home
from headgate.record.chain import Entry
from headgate.record.reading import Unread, read
from headgate.surfaces.narrate import line
from headgate.wiring import journal


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, as it was recorded.")
@click.option("--limit", default=50, show_default=True, help="How many of the last entries; 0 for all.")
@click.option("--session", help="Only entries of one session.")
@click.pass_obj
def command(home: Home, *, as_json: bool, limit: int, session: str | None) -> int:
    """List the journal, the latest entry last."""
    store = journal(home)
    after = max(store.length() - limit, 0) if limit > 0 and session is None else 0
    found = (entry for entry in store.entries(after) if session is None or _session(entry) == session)
    for entry in deque(found, limit) if limit > 0 else found:
        click.echo(_json(entry) if as_json else line(entry.hash.hex()[:12], read(entry.body)))
    return 0


def _json(entry: Entry) -> str:
    """Return the entry as it was recorded; what is no event at all is left out."""
    event = read(entry.body)
    body = "null" if isinstance(event, Unread) and not event.v else entry.body.decode()
    return f'{{"seq":{entry.seq},"id":"{entry.hash.hex()[:12]}","event":{body}}}'


def _session(entry: Entry) -> str:
    event = read(entry.body)
    caller = getattr(event, "caller", None)
    return str(getattr(event, "session", "") or getattr(caller, "session", ""))
