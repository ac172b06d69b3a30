"""`headgate demo`."""

import click

from headgate.model.errors import HeadgateError
from headgate.wiring import hook_program


@click.command()
@click.option("--plain", is_flag=True, help="For logs: no colours, lanes by name.")
def command(*, plain: bool) -> int:
    """See the law hold: three throw-away SSH machines, and an agent that ignores its prompt. No model, no network."""
    try:
        from headgate.surfaces.demo.play import perform  # noqa: PLC0415 its server is an optional dependency
    except ImportError as error:
        raise HeadgateError(
            "HG130", f"the demo needs `{error.name}`", "install it with: pip install 'headgate[demo]'"
        ) from None
    return perform(plain=plain, hook=hook_program())
