"""`headgate check`."""

import os
import sys

import click

from headgate.decide.policy import Policy
from headgate.host.home import Home
from headgate.model.action import ShellAction, Thread
from headgate.model.errors import HeadgateError
from headgate.surfaces.explain import explained
from headgate.surfaces.rehearsal import Rehearsal, batch
from headgate.wiring import earlier_runs, policies, world


@click.command()
@click.option("--thread", type=click.Choice([str(thread) for thread in Thread]), default="main", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--batch", "lines", is_flag=True, help="Read JSON lines from the standard input; see docs/check.md.")
@click.argument("command_text", metavar="[COMMAND]", required=False, nargs=-1)
@click.pass_obj
def command(home: Home, thread: str, *, as_json: bool, lines: bool, command_text: tuple[str, ...]) -> int:
    """Explain what would be decided about COMMAND; runs nothing, and needs no daemon.

    The exit status is 0 for every decision, 2 where none can be made.
    """
    if lines:
        if command_text:
            raise HeadgateError("HG130", "`--batch` reads its commands from the standard input", "give no COMMAND")
        return batch(Rehearsal(_policy(), world(home)), sys.stdin.buffer, sys.stdout.buffer)
    if not command_text:
        raise HeadgateError("HG130", "there is no command to check", "headgate check 'ssh web1 uptime'")
    text = command_text[0] if len(command_text) == 1 else " ".join(command_text)
    rehearsal = Rehearsal(_policy(), world(home), earlier_runs(home))
    action = ShellAction(text, cwd=os.getcwd())  # noqa: PTH109 the shell's own word for it
    verdict = rehearsal.shell(action, Thread(thread))
    steps = rehearsal.steps(action)
    click.echo(verdict.as_json("check", steps) if as_json else explained(verdict, text, steps))
    return 0


def _policy() -> Policy:
    """Return what is in force in this directory; a newer version that is wrong is told."""
    files = policies()
    reading = files.reading(files.folders([os.getcwd()]))  # noqa: PTH109
    for line in reading.mistakes.splitlines():
        click.echo(
            f"HG110 headgate: WRONG, so an older policy, or one that only lets read, is in force: {line}", err=True
        )
    return reading.policy
