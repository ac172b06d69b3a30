"""`headgate delegate -- COMMAND…`."""

import shlex

import click

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.surfaces.arguments import lasting
from headgate.surfaces.behind import Behind, behind
from headgate.surfaces.hand_in import hand_in, moment

_SHOWS = "headgate delegate -- ssh web1 uptime"


@click.command(cls=Behind, context_settings={"allow_extra_args": True}, options_metavar="[OPTIONS] [-- COMMAND…]")
@click.option("--task", default="", help="Hand over a task for an agent, in words, in place of a command.")
@click.option("--agent", default="", help="Which agent takes the task (default: the first that is configured).")
@click.option("--machine", "machines", multiple=True, help="A machine that the task is about; may come several times.")
@click.option("--pool", default="", help="The pool whose workers run it (default: what the policy says).")
@click.option("--max-run", type=lasting, metavar="DURATION", help="End it after this time: 30s, 10m, 2h, 1d.")
@click.option(
    "--priority",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Where jobs wait, lower goes first.",
)
@click.option("--wait", is_flag=True, help="Wait for the end; the exit status is that of the job.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on one line, and nothing else.")
@click.pass_context
def command(ctx: click.Context, /, *, wait: bool, as_json: bool, **asked: object) -> int:
    """Hand over a command, or a task for an agent, as a job; it is decided like every other call.

    One word behind `--` is a text for the shell: -- 'cd /srv && ./build'. Several words are quoted and joined, so that
    they mean the same as typed here: -- ssh web1 'df -h | tail'.

    The exit status is 0 once it is handed over, and 2 with a code where it is not. Ctrl-C while it waits leaves the job
    running.
    """
    home, words = ctx.ensure_object(Home), behind(ctx)
    if ctx.args:
        raise HeadgateError("HG130", f"`{ctx.args[0]}` does not stand behind `--`", _SHOWS)
    if not asked["task"] and (asked["agent"] or asked["machines"]):
        raise HeadgateError("HG130", "`--agent` and `--machine` go with `--task`", "a command names its own machines")
    text = words[0] if len(words) == 1 else shlex.join(words)
    request = {"op": "delegate", "command": text, "wait": wait, **asked, **moment()}
    return hand_in(home, request, as_json=as_json)
