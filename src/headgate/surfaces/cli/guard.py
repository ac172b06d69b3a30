"""`headgate guard -- COMMAND…`."""

import os

import click

from headgate.host.home import Home
from headgate.host.shim_variables import told, with_shims
from headgate.model.errors import HeadgateError
from headgate.surfaces.behind import Behind, behind
from headgate.surfaces.client import ask

_SHOWS = "headgate guard -- make test"


@click.command(cls=Behind, context_settings={"allow_extra_args": True}, options_metavar="[OPTIONS] -- COMMAND…")
@click.option("--portable", is_flag=True, help="Use shims on PATH, which are weaker, also where the strong gate works.")
@click.pass_context
def command(ctx: click.Context, /, *, portable: bool) -> int:
    """Run a command, or an agent, under the exec gate, as one main thread.

    Whatever it starts is decided when it starts, by the policy: what is light goes on, what is heavy is done by a
    worker, what needs a person waits for them. The exit status is that of the command.
    """
    home, words = ctx.ensure_object(Home), behind(ctx)
    if ctx.args:
        raise HeadgateError("HG130", f"`{ctx.args[0]}` does not stand behind `--`", _SHOWS)
    if not words:
        raise HeadgateError("HG130", "a command is needed behind `--`", _SHOWS)
    request = {"op": "guard", "command": words, "cwd": os.getcwd(), "variables": told(os.environ)}  # noqa: PTH109
    answer = ask(home, request | {"portable": portable})
    if answer.get("inside"):
        _become(words[0], words, dict(os.environ))
    if "why" not in answer:
        program, folder = str(answer["program"]), str(answer["folder"])
        _become(program, [program, "guard", folder, *words], dict(os.environ))
    click.echo(f"headgate: this is the portable gate, which is weaker ({answer['why']})", err=True)
    environment = answer["environment"]
    assert isinstance(environment, dict)  # noqa: S101 as the daemon says it
    _become(words[0], words, with_shims(os.environ, environment))
    return 0


def _become(program: str, words: list[str], environment: dict[str, str]) -> None:
    """Become *program*; raises `HeadgateError` HG701 where it cannot be started."""
    try:
        os.execvpe(program, words, environment)  # noqa: S606 what the user asked for
    except OSError as error:
        raise HeadgateError("HG701", f"`{program}` cannot be started ({error.strerror})", "name a program") from None
