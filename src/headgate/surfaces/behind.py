"""Commands that take another command behind `--`, as it is."""

import click

_WORDS = "headgate.behind"


class Behind(click.Command):
    """Takes what stands behind `--` as it is: nothing there is an option of ours."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep what stands behind the first `--` out of the way."""
        at = args.index("--") if "--" in args else len(args)
        ctx.meta[_WORDS] = args[at + 1 :]
        return super().parse_args(ctx, args[:at])


def behind(ctx: click.Context) -> list[str]:
    """Return the words behind `--`; none where it is not there."""
    found: list[str] = ctx.meta.get(_WORDS, [])
    return found
