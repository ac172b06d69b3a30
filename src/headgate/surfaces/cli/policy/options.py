"""Options that the policy commands share."""

import click

LAYERS = ("organisation", "user", "project")

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
layer = click.option("--layer", type=click.Choice(LAYERS), help="Read the file as this layer (default: what it says).")
subject = click.argument("policy", required=False)
of_policy = click.option("--policy", help="A file or a profile (default: what is in force here).")
