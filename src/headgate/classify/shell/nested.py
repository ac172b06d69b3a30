"""What programs that run others need from the walk: texts, words and files, each run in its own place."""

from typing import TYPE_CHECKING

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.shell import loops
from headgate.classify.shell.parse import parse
from headgate.classify.shell.redirects import Stdin
from headgate.classify.shell.scope import Scope
from headgate.model.facts import Script

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk

MAX_NESTING = 20
"""Texts in texts (`bash -c "bash -c …"`), functions in functions."""

_SHELL_NAMES = frozenset({"bash", "sh", "zsh", "dash", "ksh", "ash"})


class Nested:
    """The `Shell` of a walk: each method promises what the protocol in `programs/call.py` says."""

    def __init__(self, walk: "Walk") -> None:
        self.walk = walk

    @property
    def depth(self) -> int:
        """How deep texts are nested here."""
        return self.walk.depth

    def settings(self, pattern: str) -> tuple[tuple[str, str], ...]:
        """Return the paths and texts of the settings files that *pattern* names."""
        return self.walk.state.settings(pattern)

    def text(self, call: Call, text: str, machine: str | None = None) -> Effect:
        """Return the effect of *text* run by a shell of its own, on *machine*."""
        if HIDDEN in text:
            return join([self._partly(call, text), call.opaque("part of the text it runs is not known")])
        if not self._affords(len(text)):
            return call.opaque("it holds more texts in texts than are followed")
        where = self.walk.machine if machine is None else machine
        scope = self._scope(call, where, functions=True)
        scope.give(None)
        walk = self.walk.inside(scope, machine=where, origin=call.span, language=self._language(call.name))
        if walk.depth > MAX_NESTING:
            return call.opaque("shells are nested too deep")
        return walk.node(parse(text, walk.language), Stdin(call.fed, call.stdin, call.piped))

    def _affords(self, characters: int) -> bool:
        """Whether so many *characters* more may be followed."""
        self.walk.state.characters -= characters
        return self.walk.state.characters >= 0

    def _partly(self, call: Call, text: str) -> Effect:
        """Return what the known parts of *text* would do: unknown parts stand as unset variables."""
        walk = self.walk.inside(Scope(self.walk.scope), origin=call.span)
        if walk.depth > MAX_NESTING:
            return EMPTY
        return walk.node(parse(text.replace(HIDDEN, "${_}"), walk.language))

    def _language(self, shell: str) -> str:
        """Return what the program *shell* reads; a program that is no shell starts the user's, or a plain one."""
        return shell if shell == "zsh" else "bash" if shell in _SHELL_NAMES else self.walk.around.shell

    def source(self, call: Call, text: str) -> Effect:
        """Return the effect of *text* run by this very shell, which keeps what it defines."""
        if HIDDEN in text or self.walk.depth >= MAX_NESTING or not self._affords(len(text)):
            return call.opaque("the text it runs is not known before it runs")
        walk = self.walk.inside(self.walk.scope, origin=call.span)
        effect = walk.node(parse(text, walk.language))
        self.walk.cwd = walk.cwd
        return effect

    def start(self, call: Call, words: tuple[str, ...], machine: str | None = None) -> Effect:
        """Return the effect of *words* run as one command by another program."""
        if not words:
            return EMPTY
        where = self.walk.machine if machine is None else machine
        walk = self.walk.inside(self._scope(call, where, functions=False), machine=where, origin=call.span)
        if walk.depth > MAX_NESTING or not self._affords(4 * len(words)):
            return call.opaque("programs are nested too deep")
        return walk.command(words, call.span, Stdin(call.fed, call.stdin, call.piped), plain=True)

    def _scope(self, call: Call, machine: str, *, functions: bool) -> Scope:
        """Return what a program started here knows: the variables of the call, on this machine only."""
        if machine != self.walk.machine:
            return Scope()
        scope = Scope(self.walk.scope) if functions else Scope()
        scope.variables = dict(call.environment)
        return scope

    def file(self, call: Call, path: str, *, here: bool = False) -> Effect:
        """Return the effect of the script at *path*, run *here* or in a shell of its own."""
        where = call.absolute(path) if HIDDEN not in path else ""
        content = self.walk.around.read(where) if where and not self.walk.machine else None
        if content is None or self.walk.depth >= MAX_NESTING:
            return call.opaque(f"`{path.replace(HIDDEN, '…')}` cannot be read before it runs")
        script = Script(where, loops.digest(content))
        if content.startswith("#!") and path == call.path and not _is_shell(content):
            return self._interpreted(call, content, path)
        effect = self.source(call, content) if here else self._script(call, content)
        return change(effect, scripts=(*effect.scripts, script))

    def _interpreted(self, call: Call, content: str, path: str) -> Effect:
        """Return the effect of a script run by the interpreter that its first line names (execve(2))."""
        words = content[2:200].partition("\n")[0].split()
        if words and words[0].endswith("/env"):
            words = [word for word in words[1:] if word != "-S"]
        return self.start(call, (*words, path, *call.words)) if words else Effect(fx.UNSURE)

    def _script(self, call: Call, content: str) -> Effect:
        language = "zsh" if "zsh" in content.partition("\n")[0] else "bash"
        return self.walk.inside(Scope(), origin=call.span, language=language).node(parse(content, language))

    def define_alias(self, name: str, text: str) -> None:
        """Let *name* stand for *text* from here on."""
        self.walk.scope.aliases[name] = text


def _is_shell(content: str) -> bool:
    words = content[2:200].partition("\n")[0].split()
    names = [word.rpartition("/")[2] for word in words]
    return any(name in _SHELL_NAMES for name in names)
