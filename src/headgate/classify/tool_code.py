"""Code that a tool is given to run, and what nobody can know of a tool."""

from collections.abc import Callable

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, evidence, join
from headgate.model.facts import Workload

MAX_TEXT = 120 * 1024
"""Characters of a text that are judged, as many as of a command."""

_INTERPRETERS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(("python", "python3", "py", "ipython", "ipython3"), ("python3", "-c")),
    **dict.fromkeys(("javascript", "js", "node", "nodejs", "typescript", "ts", "deno", "bun"), ("node", "-e")),
    **dict.fromkeys(("bash", "sh", "shell", "zsh"), ("bash", "-c")),
    "ruby": ("ruby", "-e"),
    "perl": ("perl", "-e"),
    "php": ("php", "-r"),
    "lua": ("lua", "-e"),
    **dict.fromkeys(("r", "rscript"), ("Rscript", "-e")),
}


def unknown(why: str) -> Effect:
    """Return the effect of a tool that nobody can know before it runs."""
    return Effect(fx.UNSURE, (evidence(Workload.OPAQUE, why, None),), steps=1, rounds=1)


def code(text: str, language: str, start: Callable[[tuple[str, ...]], Effect], run: Callable[[str], Effect]) -> Effect:
    """Return the effect of code *text* in *language*; of a notebook's cell, its shell lines are a shell's."""
    if len(text) > MAX_TEXT:
        return unknown("its code is too long to follow")
    if not language.startswith("ipython"):
        return start((*_INTERPRETERS[language], text))
    if text.lstrip().startswith(("%%bash", "%%sh", "%%script bash", "%%system")):
        return run(text.lstrip().partition("\n")[2])
    plain: list[str] = []
    shell: list[str] = []
    for line in text.split("\n"):
        stripped = line.lstrip()
        shell.append(stripped[1:]) if stripped.startswith("!") else plain.append(line)
    if not shell:
        return start((*_INTERPRETERS[language], text))
    return join((start((*_INTERPRETERS[language], "\n".join(plain))), run("\n".join(shell))))


def known_language(name: object) -> str:
    """Return the language that *name* stands for where its code can be judged, else an empty string."""
    return name.lower() if isinstance(name, str) and name.lower() in _INTERPRETERS else ""
