"""How an agent is started: a template with its holes filled."""

import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from headgate.configure.agents import BUILT_IN, Template
from headgate.model.errors import HeadgateError

__all__ = ["BUILT_IN", "Template", "chosen", "variables", "words"]

CALL = Path(__file__).with_name("call.py")
"""The program that calls a Python function with a task; it is run as a file, so that any interpreter can."""

_HOLE = re.compile(r"\{(task|task_file|cwd)\}")


def chosen(templates: Sequence[Template], name: str = "") -> Template:
    """Return the template of this *name*, the usual one where it is empty; raises `HeadgateError` HG407."""
    found = next((template for template in templates if not name or template.name == name), None)
    if found is None:
        what = f"no agent is called `{name}`" if name else "no agent is configured"
        raise HeadgateError("HG407", what, "add `[agents.NAME]` to headgate.toml, or give the work to a command worker")
    return found


def words(template: Template, *, task: str, task_file: str, cwd: str) -> tuple[str, ...]:
    """Return the words that start the agent; what stands for a hole is never read again for holes."""
    if template.call:
        return (template.python or sys.executable, "-u", str(CALL), template.call, task_file)
    given = {"task": task, "task_file": task_file, "cwd": cwd}
    return tuple(_HOLE.sub(lambda hole: given[hole[1]], word) for word in template.command)


def variables(template: Template, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of *environment* that the agent gets besides those of any job."""
    return {name: environment[name] for name in template.pass_environment if name in environment}
