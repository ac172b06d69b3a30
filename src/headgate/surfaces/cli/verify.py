"""`headgate verify`."""

import click
import msgspec

from headgate.host.home import Home
from headgate.record.chain import first_break
from headgate.wiring import journal


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(home: Home, *, as_json: bool) -> int:
    """Prove that the journal is whole: every entry there, in order, unchanged. Exit status 1 where it is not."""
    entries = list(journal(home).entries())
    broken = first_break(entries)
    head = entries[-1].hash.hex() if entries else ""
    if as_json:
        answer = {"whole": broken is None, "entries": len(entries), "head": head, "break": broken}
        click.echo(msgspec.json.encode(answer).decode())
    elif broken is None:
        click.echo(f"the journal is whole: {len(entries)} entries, head {head[:16]}")
    else:
        click.echo(f"HG502 headgate: the journal is broken at entry {broken.seq}: {broken.why}", err=True)
    return 0 if broken is None else 1
