"""`headgate policy docs`."""

import json
from pathlib import Path

import click

from headgate.model.errors import HeadgateError
from headgate.surfaces.cli.policy.options import as_json, of_policy
from headgate.surfaces.pages import reference, rule_pages
from headgate.surfaces.policy_choice import choose, usable


@click.command()
@of_policy
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write to.")
@as_json
def command(policy: str | None, out: Path, *, as_json: bool) -> int:
    """Write a page for each rule to OUT/rules, and the reference of facts to OUT/policy-reference.md."""
    found = usable(policy)
    pages = {f"rules/{name}": text for name, text in rule_pages(found, choose(policy).texts)}
    pages["policy-reference.md"] = reference()
    try:
        (out / "rules").mkdir(parents=True, exist_ok=True)
        for name, text in pages.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise HeadgateError("HG130", f"`{out}` cannot be written ({error.strerror})", "choose another folder") from None
    click.echo(json.dumps({"written": sorted(pages)}) if as_json else f"{len(pages)} pages written to {out}")
    return 0
