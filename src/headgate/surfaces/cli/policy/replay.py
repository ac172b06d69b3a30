"""`headgate policy replay`."""

import json
from collections import Counter

import click

from headgate.host.home import Home
from headgate.surfaces.cli.policy.options import as_json, of_policy
from headgate.surfaces.policy_choice import unproved
from headgate.surfaces.policy_words import decision_form
from headgate.surfaces.replay import Replayed, replayed
from headgate.wiring import journal, world
from headgate.workers.digest import one_line


@click.command()
@of_policy
@click.option("--session", help="Only decisions of one session.")
@as_json
@click.pass_obj
def command(home: Home, policy: str | None, session: str | None, *, as_json: bool) -> int:
    """Run a policy (default: what is in force here) over the journal, and list the decisions that change.

    The facts are those that were recorded; windows are counted anew. The exit status is 0 where no decision changes,
    else 1.
    """
    rules = unproved(policy)
    every = [
        item
        for item in replayed(journal(home).entries(), rules, world(home).staff())
        if session in {None, item.event.caller.session}
    ]
    changed = [item for item in every if item.changed]
    untold = sum(item.decision is None for item in every)
    if as_json:
        form = {"replayed": len(every) - untold, "untold": untold, "changed": list(map(_form, changed))}
        click.echo(json.dumps(form))
        return 1 if changed else 0
    for item in changed:
        click.echo(_said(item))
    kinds = Counter(f"{item.event.decision} → {item.now[0]}" for item in changed)
    told = "; ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items()))
    click.echo(f"{len(every) - untold} decisions replayed, {len(changed)} change{f': {told}' if told else ''}")
    if untold:
        click.echo(f"{untold} older decisions do not tell their facts, and were left out")
    return 1 if changed else 0


def _said(item: Replayed) -> str:
    event, decision = item.event, item.decision
    assert decision is not None  # noqa: S101 it changed
    then = f" (a yes grants {item.now[1]})" if item.now[1] else ""
    unsure = "; the journal keeps less of what it tests than was seen" if item.unsure else ""
    rules = ", ".join(reason.code for reason in decision.reasons)
    what = f"{event.decision} → {item.now[0]}{then}"
    return f"{item.name}  {what:<22} {event.caller.thread:<8} {one_line(event.command, 80)}  by {rules}{unsure}"


def _form(item: Replayed) -> dict[str, object]:
    decision = item.decision
    assert decision is not None  # noqa: S101 it changed
    return {
        "id": item.name,
        "at": item.event.at,
        "session": item.event.caller.session,
        "thread": item.event.caller.thread,
        "command": item.event.command,
        "before": {"decision": item.event.decision, "then": item.event.then or None, "rules": item.event.rules},
        "after": decision_form(decision),
        "unsure": item.unsure,
    }
