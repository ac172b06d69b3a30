"""`headgate policy schema`."""

import json

import click

from headgate.decide.json_schema import json_schema
from headgate.surfaces.cli.policy.options import as_json


@click.command()
@as_json
def command(*, as_json: bool) -> int:
    """Print the JSON schema of a policy file; editors complete and check TOML by it.

    A first line `#:schema PATH` in a policy tells an editor with a TOML language server where it is.
    """
    del as_json  # it is JSON anyway
    click.echo(json.dumps(json_schema(), indent=1, ensure_ascii=False))
    return 0
