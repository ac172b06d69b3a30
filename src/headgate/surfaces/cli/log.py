"""`headgate log`."""

import click

from headgate.host.home import Home
from headgate.record.chain import Entry
from headgate.record.events import decode
from headgate.surfaces.narrate import line
from headgate.wiring import journal


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line, as it was recorded.")
@click.option("--limit", default=50, show_default=True, help="How many of the last entries; 0 for all.")
@click.option("--session", help="Only entries of one session.")
@click.pass_obj
def command(home: Home, *, as_json: bool, limit: int, session: str | None) -> int:
    """List the journal, the latest entry last."""
    found = [entry for entry in journal(home).entries() if session is None or _session(entry) == session]
    for entry in found[-limit:] if limit else found:
        if as_json:
            body = entry.body.decode()
            click.echo(f'{{"seq":{entry.seq},"id":"{entry.hash.hex()[:12]}","event":{body}}}')
        else:
            click.echo(line(entry.hash.hex()[:12], decode(entry.body)))
    return 0


def _session(entry: Entry) -> str:
    event = decode(entry.body)
    caller = getattr(event, "caller", None)
    return str(getattr(event, "session", "") or getattr(caller, "session", ""))
