"""`headgate`, and `python -m headgate`."""

import sys


def main() -> int:
    """Run the command line; a ticket is redeemed without loading the rest."""
    arguments = sys.argv[1:]
    if arguments[:1] == ["attach"]:
        return _attach(arguments[1:])
    from headgate.surfaces.cli import run  # noqa: PLC0415 a ticket must not pay for it

    return run(arguments)


def _attach(arguments: list[str]) -> int:
    from headgate.surfaces.attach import attach  # noqa: PLC0415

    match arguments:
        case [ticket]:
            from headgate.host.home import default_home  # noqa: PLC0415 the gate itself always names the home

            return attach(ticket, str(default_home().socket))
        case [ticket, "--home", home]:
            return attach(ticket, f"{home}/daemon.sock")
        case _:
            print("HG130 headgate: attach takes one ticket; only the gate itself writes this command", file=sys.stderr)  # noqa: T201
            return 2


if __name__ == "__main__":
    sys.exit(main())
