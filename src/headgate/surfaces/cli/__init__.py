"""The command line; each command is a file, loaded only when it is asked for."""

import sys
from pathlib import Path
from typing import Any

import click

from headgate import __version__
from headgate.host.home import Home, default_home
from headgate.model.errors import HeadgateError
from headgate.surfaces.lazy_commands import LazyCommands

COMMANDS = {
    "approvals": "list the questions that wait for a person",
    "approve": "say yes to a question, as a person",
    "attach": "redeem a ticket; only the gate itself writes this command",
    "authority": "say who counts as a person here, and set the passphrase",
    "cancel": "end a job, with all its processes",
    "check": "explain what would be decided; runs nothing",
    "delegate": "hand over a command, or a task for an agent, as a job",
    "demo": "see the law hold, live, on three throw-away machines",
    "doctor": "prove that the boundary holds in a client",
    "drain": "have a worker, or this gate, take no more work",
    "export": "write the journal for other programs: JSON lines, OTLP logs, CSV",
    "guard": "run a command, or an agent, under the exec gate",
    "install": "put the gate into a client's settings",
    "job": "one job: its state, plan and output",
    "jobs": "list the jobs",
    "journal": "move older entries to sealed files",
    "log": "list the journal",
    "override": "grant an exception with a reason and an end, list them, end them",
    "policy": "check, test, prove, compare and explain the rules",
    "pools": "list the pools, who serves them, and what is taken",
    "refuse": "say no to a question, as a person",
    "release": "give back what a lost job still has for itself",
    "request-override": "ask a person for an exception; grants nothing",
    "report": "what happened in a period: on the terminal, as a page, or as JSON",
    "rerun": "run once more what an ended job ran",
    "serve": "run the daemon",
    "status": "say what runs, where",
    "stop": "stop the daemon; jobs go on",
    "store": "make what a fleet needs in its database",
    "token": "make a token for the network API; changes nothing",
    "uninstall": "take the gate out of a client's settings",
    "verify": "prove the journal whole",
    "worker": "run jobs of a pool on this machine, from a shared database",
    "why": "tell the story of one decision",
    "workers": "list the workers",
}


@click.group(cls=LazyCommands, package=__name__, table=COMMANDS, hidden=("attach",))
@click.version_option(__version__, prog_name="headgate")
@click.option(
    "--home",
    type=click.Path(path_type=Path, readable=False),
    help="Folder of the gate (default: $HEADGATE_HOME, or XDG state).",
)
@click.pass_context
def headgate(ctx: click.Context, home: Path | None) -> None:
    """Headgate decides every tool call of a coding agent before it runs."""
    ctx.obj = Home(home.expanduser().absolute()) if home else default_home()


def run(arguments: list[str]) -> int:
    """Run the command line and return its exit status: 0 done, 1 the answer is no, 2 it could not be done."""
    try:
        done: Any = headgate.main(arguments, prog_name="headgate", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except HeadgateError as error:
        click.echo(str(error), err=True)
        return 2
    except BrokenPipeError:
        sys.stdout = None  # nobody reads any more, the flush at exit included
        return 1
    except Exception as error:  # noqa: BLE001 the one guard of this surface
        click.echo(f"HG001 headgate: the command failed ({error!r}); report this message", err=True)
        return 2
    return done if isinstance(done, int) else 0
