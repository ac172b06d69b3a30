"""Runs a Python function as an agent: `python call.py PACKAGE.MODULE:FUNCTION TASK_FILE`.

It runs in a process of its own, under any interpreter from Python 3.9 on, and imports nothing of ours: so a framework
keeps its own environment. The function gets the brief, and returns a text, or a dict with a `result`.
"""

import asyncio
import importlib
import inspect
import json
import os
import sys
from collections.abc import Awaitable


def main(name: str, task_file: str) -> int:
    """Call the function *name* with the text of *task_file*, and print its answer; return the exit status."""
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 as `sys.path` has it
    sys.path[:] = [entry for entry in sys.path if entry and os.path.isabs(entry) and entry != here]  # noqa: PTH117
    try:
        answer = _answer(_called(name, task_file))
    except Exception as error:  # noqa: BLE001 whatever a function raises is how its agent ends
        print(f"the agent failed: {_in_one_line(error)}", file=sys.stderr, flush=True)  # noqa: T201 it is a program
        return 1
    print(f"\n```json\n{answer}\n```", flush=True)  # noqa: T201
    return 0


def _called(name: str, task_file: str) -> object:
    """Return what the function returns; one that is awaited is awaited here."""
    module, _, function = name.partition(":")
    with open(task_file, encoding="utf-8") as file:  # noqa: PTH123
        brief = file.read()
    found = getattr(importlib.import_module(module), function)(brief)
    return asyncio.run(_awaited(found)) if inspect.isawaitable(found) else found


async def _awaited(found: Awaitable[object]) -> object:
    return await found


def _answer(found: object) -> str:
    """Return *found* in the agreed form; raises `TypeError` where it is no text, and no dict with a `result`."""
    if isinstance(found, str):
        return json.dumps({"result": found, "done": True})
    if isinstance(found, dict) and isinstance(found.get("result"), str):
        return json.dumps({"done": True, **found})
    kind = "a dict without a text as `result`" if isinstance(found, dict) else type(found).__name__
    raise TypeError(f"the function returned {kind}; it is to return a text, or a dict with a `result`")


def _in_one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
