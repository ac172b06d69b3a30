"""Which exec gate this machine has: a real try, by the program that would put it around a command."""

import subprocess
from enum import StrEnum
from functools import lru_cache

import msgspec

TIMEOUT = 30.0
"""Seconds that the try may take."""


class Gate(StrEnum):
    """The exec gates there are, the strongest first."""

    STRONG = "strong"
    PORTABLE = "portable"
    NONE = "none"


class Probe(msgspec.Struct, frozen=True):
    """What works here: the *mode*, *why* no stronger one does, and whether rights are lost under it (prctl(2))."""

    mode: Gate
    why: str = ""
    no_new_privs: bool = False


@lru_cache(maxsize=8)
def available(program: str) -> Probe:
    """Return what works here with the keeper's *program* (empty: there is none); tried once in a process."""
    if not program:
        return Probe(Gate.NONE, "the keeper was not compiled: install a C compiler, and headgate again")
    try:
        done = subprocess.run([program, "gate-probe"], capture_output=True, timeout=TIMEOUT, check=False, text=True)  # noqa: S603 our own
    except (OSError, subprocess.TimeoutExpired) as error:
        return Probe(Gate.NONE, f"the keeper cannot be run ({error})")
    said, _, rest = done.stdout.strip().partition(" ")
    if done.returncode == 0 and said == Gate.STRONG:
        return Probe(Gate.STRONG, no_new_privs=rest != "0")
    return Probe(Gate.PORTABLE, rest or "the keeper does not know the gate: install headgate again")
