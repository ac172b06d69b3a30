"""The options that say what an override covers; two commands have them."""

from collections.abc import Callable
from typing import Any

import click

from headgate.surfaces.arguments import lasting

_OPTIONS = (
    click.option(
        "--workload", "workloads", multiple=True, help="A class of work; all classes of a call must be named."
    ),
    click.option("--machine", "machines", multiple=True, help="A machine, or a pattern with `*`; may come again."),
    click.option("--environment", "environments", multiple=True, help="prod, staging, dev, local or unknown."),
    click.option("--session", "sessions", multiple=True, help="One session of a client."),
    click.option("--project", "projects", multiple=True, help="A directory, with all below it."),
    click.option("--rule", "rules", multiple=True, help="Lift only this rule; may come again."),
    click.option("--reason", required=True, help="Why, in a few words; it is kept and shown."),
    click.option("--for", "seconds", type=lasting, metavar="DURATION", help="For how long: 30s, 20m, 2h."),
    click.option("--uses", type=click.IntRange(1), help="How many decisions it may change (default: any number)."),
)


def scope_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give *function* the options of a scope."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
