"""The variables of portable mode, and an environment without them."""

from collections.abc import Mapping

KEPT = {"BASH_ENV": "HEADGATE_BASH_ENV", "ENV": "HEADGATE_ENV", "ZDOTDIR": "HEADGATE_ZDOTDIR"}
"""Variables that we set, and those that keep what was there before."""

_OWN = ("HEADGATE_CALL", "HEADGATE_SHIMS", "HEADGATE_STARTUP", *KEPT.values())


_TAKEN = ("PATH", *KEPT, *_OWN)


def told(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of *environment* that whoever puts shims into it has to know, and no other."""
    return {name: environment[name] for name in _TAKEN if name in environment}


def with_shims(environment: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return *environment* with what was *given* in place of what was told of it."""
    return {name: value for name, value in environment.items() if name not in _TAKEN} | dict(given)


def restored(environment: Mapping[str, str]) -> dict[str, str]:
    """Return *environment* as it was before shims were put into it: for jobs, which no main thread waits for."""
    found = dict(environment)
    shims = found.get("HEADGATE_SHIMS", "")
    if not shims:
        return found
    for name, kept in KEPT.items():
        if found.get(name, "").startswith(f"{shims}/"):
            found.pop(name)
            if kept in found:
                found[name] = found[kept]
    if "PATH" in found:
        found["PATH"] = ":".join(entry for entry in found["PATH"].split(":") if entry != f"{shims}/bin")
    return {name: value for name, value in found.items() if name not in _OWN}
