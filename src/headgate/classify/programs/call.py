"""One simple command with its words resolved, as a program's file sees it."""

import posixpath
from typing import Protocol

import msgspec

from headgate.classify.effect import HIDDEN, UNSURE, Effect, evidence
from headgate.classify.surroundings import Surroundings
from headgate.model.facts import Evidence, Workload
from headgate.model.span import Span


class Shell(Protocol):
    """What a program that starts others needs from the walk over the text."""

    def settings(self, pattern: str) -> tuple[tuple[str, str], ...]:
        """Return the paths and texts of the settings files that *pattern* names, as the text leaves them."""
        ...

    def text(self, call: "Call", text: str, machine: str | None = None) -> Effect:
        """Return the effect of *text* run by a shell, on *machine* (`None`: where the call itself runs)."""
        ...

    def start(self, call: "Call", words: tuple[str, ...], machine: str | None = None) -> Effect:
        """Return the effect of running *words* as one command."""
        ...

    @property
    def depth(self) -> int:
        """How deep texts are nested here."""
        ...

    def file(self, call: "Call", path: str, *, here: bool = False) -> Effect:
        """Return the effect of the shell script at *path*, run *here* or in a shell of its own; unread, `opaque`."""
        ...

    def source(self, call: "Call", text: str) -> Effect:
        """Return the effect of *text* run by this very shell (`eval`, `source`)."""
        ...

    def define_alias(self, name: str, text: str) -> None:
        """Let *name* stand for *text* from here on."""
        ...


class Call(msgspec.Struct, frozen=True):
    """A program's name (its base name) and arguments.

    A character `HIDDEN` in a word stands for a part nobody knows. *machine* is empty on this machine.
    *stdin* is the text that is known to be fed to it; *fed* says that something is, known or not. *cwd* follows
    the text's own `cd`, *tree* is the directory the whole action started in; *environment* are the variables that
    the text itself sets (`None`: to something unknown); *chosen* are the machines that earlier calls chose, by the
    machine and the tool they were chosen for.
    """

    name: str
    words: tuple[str, ...]
    span: Span
    shell: Shell
    around: Surroundings
    cwd: str = ""
    machine: str = ""
    stdin: str | None = None
    fed: bool = False
    piped: bool = False
    path: str = ""
    tree: str = ""
    environment: dict[str, str | None] = {}
    chosen: dict[tuple[str, str], str] = {}

    def shows(self, workload: Workload, message: str) -> tuple[Evidence, ...]:
        """State that this call belongs to *workload*."""
        return (evidence(workload, message, self.span),)

    def variable(self, name: str) -> str:
        """Return what the text set the variable *name* to: empty where it did not, `HIDDEN` where nobody knows."""
        value = self.environment.get(name, "")
        return HIDDEN if value is None else value

    def choice(self, tool: str) -> str:
        """Return the machine that an earlier call chose for *tool*: empty for none, `HIDDEN` where nobody knows."""
        return self.chosen.get((self.machine, tool), "") if self.chosen else ""

    def run(self, text: str, machine: str | None = None) -> Effect:
        """Return the effect of *text*, run by a shell of its own."""
        return self.shell.text(self, text, machine)

    def start(self, words: tuple[str, ...], machine: str | None = None) -> Effect:
        """Return the effect of *words*, run as one command; no words have none."""
        return self.shell.start(self, words, machine)

    def opaque(self, why: str) -> Effect:
        """Return the effect of something that cannot be known before it runs."""
        return Effect(UNSURE, self.shows(Workload.OPAQUE, why))

    def absolute(self, path: str) -> str:
        """Return *path* as seen from the call's directory, normalised; empty where that is not known."""
        if path == "~" or path.startswith("~/"):
            path = self.around.home + path[1:]
        if not path.startswith("/"):
            if not self.cwd:
                return ""
            path = posixpath.join(self.cwd, path)
        return posixpath.normpath(path)


def known(word: str) -> bool:
    """Whether every character of *word* is known."""
    return HIDDEN not in word
