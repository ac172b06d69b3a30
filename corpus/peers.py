"""Any program that judges commands, through one line of shell."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

from labels import DECISIONS, Line

PATIENCE = 60.0
"""Seconds a peer has for one command."""

USUAL = {"ask": "confirm", "block": "deny"}
"""Words of peers that mean one of ours, unless `--map` says otherwise."""


class WrongAnswer(Exception):  # noqa: N818 it says what it is
    """A peer printed no decision; the message names the line and what was printed."""


def ask_all(adapter: str, lines: list[Line], words: dict[str, str]) -> list[dict[str, str]]:
    """Return the answers of a peer; raises `WrongAnswer`."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda line: {"decision": ask(adapter, line, words)}, lines))


def ask(adapter: str, line: Line, words: dict[str, str]) -> str:
    """Return a peer's decision on one line.

    The command reaches the adapter as the shell's first argument, never as its text: nothing of it can run.
    """
    text = line["command"]
    script = adapter.replace("{}", '"$1"')
    try:
        ended = subprocess.run(
            ["/bin/sh", "-c", script, "sh", text],
            input="" if "{}" in adapter else text,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise WrongAnswer(f"{line['id']}: the peer gave no answer in {PATIENCE:g} s") from None
    printed = [row.strip().strip("\"'").lower() for row in ended.stdout.splitlines() if row.strip()]
    word = printed[-1] if printed else ""
    decision = words.get(word, USUAL.get(word, word))
    if decision not in DECISIONS:
        said = f"`{word}`" if word else f"nothing (exit {ended.returncode}: {ended.stderr.strip()[-200:]})"
        raise WrongAnswer(f"{line['id']}: the peer answered {said}; --map WORD=DECISION gives a word its meaning")
    return decision


def words_of(text: str) -> dict[str, str]:
    """Return the meanings that `--map` gives, as in `block=deny,ask=confirm`; raises `ValueError`."""
    found = {}
    for pair in filter(None, text.split(",")):
        word, equals, decision = pair.partition("=")
        if not equals or decision not in DECISIONS:
            raise ValueError(f"`{pair}` is not WORD=DECISION, with one of {', '.join(DECISIONS)}")
        found[word.strip().lower()] = decision
    return found
