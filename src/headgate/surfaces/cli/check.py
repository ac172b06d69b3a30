"""`headgate check`."""

import os
import sys

import click

from headgate.host.home import Home
from headgate.model.action import ShellAction, Thread
from headgate.model.errors import HeadgateError
from headgate.surfaces.narrate import foretold
from headgate.surfaces.rehearsal import Rehearsal, Verdict, batch
from headgate.wiring import earlier_runs, shipped_policy, world


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
        return batch(Rehearsal(shipped_policy(), world(home)), sys.stdin.buffer, sys.stdout.buffer)
    if not command_text:
        raise HeadgateError("HG130", "there is no command to check", "headgate check 'ssh web1 uptime'")
    text = command_text[0] if len(command_text) == 1 else " ".join(command_text)
    rehearsal = Rehearsal(shipped_policy(), world(home), earlier_runs(home))
    verdict = rehearsal.shell(ShellAction(text, cwd=os.getcwd()), Thread(thread))  # noqa: PTH109 the shell's own word for it
    click.echo(verdict.as_json("check") if as_json else _explained(verdict, text))
    return 0


def _explained(verdict: Verdict, text: str) -> str:
    facts, decision = verdict.facts, verdict.decision
    lines = [f"{decision.strictness.word}: {' '.join(reason.message for reason in decision.reasons)}"]
    lines += [f"  instead: {hint}" for hint in dict.fromkeys(reason.hint for reason in decision.reasons) if hint]
    lines.append("")
    for item in facts.evidence:
        lines.append(f"  {item.code} {item.workload}: {item.message}")
        if item.span is not None and "\n" not in text:
            lines.append(f"    {text}")
            lines.append("    " + " " * item.span.start + "^" * max(1, item.span.end - item.span.start))
    lines.append(f"  classes   {', '.join(facts.workloads) or 'light'}")
    unnamed = "not named" if facts.remote else "this machine"
    lines.append(f"  machines  {', '.join(facts.machines) or unnamed} ({facts.environment})")
    lines.append(f"  steps     {facts.steps}; rules {', '.join(decision.rules)}")
    lines.append(f"  time      {foretold(facts.estimate, facts.estimate_from)}")
    if decision.terms.budget is not None and decision.strictness == 0:
        lines.append(f"  budget    {decision.terms.budget:g} s of the main thread")
    return "\n".join(lines)
