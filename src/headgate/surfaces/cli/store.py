"""`headgate store URL`."""

from urllib.parse import urlsplit

import click

from headgate.model.errors import HeadgateError

_SCHEMES = frozenset({"postgresql", "postgres"})


@click.command()
@click.argument("url", envvar="HEADGATE_STORE", required=False)
@click.option("--print", "printed", is_flag=True, help="Print the SQL of the two roles; nothing is touched.")
def command(url: str | None, *, printed: bool) -> int:
    """Make or update what a fleet needs in the Postgres at URL (default: $HEADGATE_STORE): tables and two roles.

    For the owner of the database, before its first use and at each upgrade; running it again changes nothing. Each gate
    and each worker then gets a login of its own, a member of `headgate_gate` or of `headgate_worker`.

    Whoever owns the database but may make no roles has someone else run what `--print` prints, once the tables are
    there.
    """
    from headgate.workers.engines import roles  # noqa: PLC0415 it loads the engine's libraries

    if printed:
        click.echo("".join(f"{statement};\n" for statement in roles.statements()), nl=False)
        return 0
    roles.prepare(_checked(url or ""))
    click.echo(f"the tables are there, and the roles {roles.GATE} and {roles.WORKER} with their rights")
    click.echo(f"a login for a worker: CREATE ROLE name LOGIN PASSWORD '…' IN ROLE {roles.WORKER}")
    click.echo(f"a login for a gate:   CREATE ROLE name LOGIN PASSWORD '…' IN ROLE {roles.GATE}")
    return 0


def _checked(url: str) -> str:
    """Return *url*; raises `HeadgateError` HG130 or HG511 where it leads to no Postgres. It is in no message."""
    if not url:
        raise HeadgateError("HG130", "there is no address", "headgate store postgresql://owner@host/headgate")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise _wrong("its host or its port cannot be read") from None
    if parts.scheme.partition("+")[0] not in _SCHEMES:
        raise _wrong("the roles of a fleet are made in a Postgres, at postgresql://HOST/NAME")
    if parts.netloc.count("@") > 1:
        raise _wrong("an `@` in a name or a password is written `%40`")
    return url


def _wrong(reason: str) -> HeadgateError:
    return HeadgateError("HG511", f"the store's address is not usable: {reason}", "correct the address of the store")
