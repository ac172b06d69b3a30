"""Tree to effects: a walk that follows what the text would run, with the values the text itself gives."""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.shell import loops, redirects
from headgate.classify.shell.guard import guarded, sets_gate
from headgate.classify.shell.parse import parse
from headgate.classify.shell.redirects import NO_STDIN, Stdin
from headgate.classify.shell.syntax import (
    AndOr,
    Assignment,
    Background,
    Broken,
    Choice,
    For,
    Function,
    Node,
    Pipeline,
    Redirected,
    Sequence,
    Simple,
    Subshell,
    Substitution,
    Test,
    Unknown,
    While,
    Word,
)
from headgate.classify.shell.words import Scope, fields
from headgate.classify.surroundings import Surroundings
from headgate.model.facts import Evidence, Script, Workload
from headgate.model.span import Span

Program = Callable[[Call], Effect]

MAX_COMMANDS = 1500
"""More simple commands than this in one action are not followed; what is left is `opaque`."""

MAX_NESTING = 20
"""Texts in texts (`bash -c "bash -c …"`), functions in functions."""

_DECLARES = frozenset({"export", "declare", "typeset", "local", "readonly"})
_BUILTINS = _DECLARES | {
    "cd",
    "pushd",
    "popd",
    "read",
    "mapfile",
    "readarray",
    "unset",
    "getopts",
    "printf",
    "let",
    "set",
    "shift",
}

_RESERVED = frozenset(
    {"{", "}", "!", "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case"}
)

_SHELL_NAMES = frozenset({"bash", "sh", "zsh", "dash", "ksh", "ash"})


class _State(msgspec.Struct):
    """What all walks over one action share: the fuel, which only goes down, and where the action started."""

    commands: int = MAX_COMMANDS
    tree: str = ""


class Walk:
    """One walk over one text, on one machine; nested texts get a walk of their own."""

    def __init__(  # noqa: PLR0913 a walk has one constructor call for the outermost text and one for nested ones
        self,
        programs: Mapping[str, Program],
        around: Surroundings,
        cwd: str,
        *,
        machine: str = "",
        origin: Span | None = None,
        scope: Scope | None = None,
        depth: int = 0,
        state: _State | None = None,
    ) -> None:
        self.programs = programs
        self.around = around
        self.cwd = cwd
        self.machine = machine
        self.origin = origin
        self.scope = Scope() if scope is None else scope
        if scope is None and around.home:
            self.scope.variables["HOME"] = around.home
        self.depth = depth
        self.state = state or _State(tree=cwd)
        self.certain = True
        self.prefix: dict[str, str | None] | None = None

    # -- nodes -------------------------------------------------------------------------------

    def node(self, node: Node, stdin: Stdin = NO_STDIN) -> Effect:
        """Return the effect of *node*."""
        match node:
            case Simple():
                return self.simple(node, stdin)
            case Sequence(items):
                return join([self.node(item, stdin) for item in items])
            case AndOr((first, *others)):
                return join([self.node(first, stdin), *(self.perhaps(item, stdin) for item in others)])
            case Pipeline(stages):
                return self.pipeline(stages, stdin)
            case Redirected(body, found):
                return redirects.redirected(self, body, found, stdin)
            case _:
                return self.compound(node, stdin)

    def perhaps(self, node: Node, stdin: Stdin = NO_STDIN) -> Effect:
        """Return the effect of *node*, which may not run, or not in this shell: what it defines is not certain."""
        before, self.certain = self.certain, False
        effect = self.node(node, stdin)
        self.certain = before
        return effect

    def compound(self, node: Node, stdin: Stdin) -> Effect:
        """Return the effect of a compound command."""
        match node:
            case While() | For():
                return loops.loop(self, node, stdin)
            case Choice(branches, words):
                return join([*self.substitutions(words), *(self.perhaps(branch, stdin) for branch in branches)])
            case Background(body):
                effect = self.perhaps(body)
                return change(effect, does=effect.does | fx.BACKGROUND)
            case Subshell(body):
                return self.inside(Scope(self.scope)).node(body, stdin)
            case _:
                return self.leaf(node)

    def leaf(self, node: Node) -> Effect:
        """Return the effect of what holds no command of its own, or cannot be read."""
        match node:
            case Function(name, body):
                self.scope.define(name, body, certain=self.certain)
                return EMPTY
            case Test(parts):
                return join([self.node(part) for part in parts])
            case Broken(start, end, why):
                return self.opaque(start, end, why)
            case _:
                return self.node(node)

    def pipeline(self, stages: tuple[Node, ...], stdin: Stdin) -> Effect:
        """Return the effect of stages that run together: one look, however many filters follow it."""
        effects: list[Effect] = []
        for stage in stages:
            effects.append(self.perhaps(stage, stdin))
            stdin = Stdin(fed=True, text=effects[-1].output, piped=True)
        whole = join(effects)
        sends = next((n for n, effect in enumerate(effects) if effect.does & fx.SENDS), None)
        moved: tuple[Evidence, ...] = ()
        if sends is not None and any(_takes(effect) for effect in effects):
            moved = (fx.evidence(Workload.TRANSFER, "data flows between machines through a pipe", self.origin),)
        rounds = max((effect.rounds for effect in effects), default=0)
        seconds = max((effect.seconds for effect in effects), default=0.0)
        return change(whole, rounds=rounds, seconds=seconds, evidence=whole.evidence + moved, output=effects[-1].output)

    # -- simple commands ---------------------------------------------------------------------

    def simple(self, node: Simple, stdin: Stdin) -> Effect:
        """Return the effect of one simple command, the substitutions in it included."""
        inner: list[Effect] = []
        words = self.expand(node.words, inner)
        self.assign(node.assignments, inner, lasting=node.exports or not words)
        if node.assignments:
            inner.extend(self.control(node, item.name) for item in node.assignments if sets_gate(item.name))
        if not words:
            return join(inner)
        done = self.command(words, self.span(node.start, node.end), stdin)
        self.prefix = None
        if not inner:
            return done
        return change(join([*inner, done]), output=done.output)

    def control(self, node: Simple, name: str) -> Effect:
        """Return the effect of setting the variable *name*, which steers the gate or the client's hooks."""
        why = f"sets `{name}`, which steers the gate or the hooks of its client"
        return Effect(fx.CHANGES, (fx.evidence(Workload.CONTROL_PLANE, why, self.span(node.start, node.end)),))

    def command(self, words: tuple[str, ...], span: Span, stdin: Stdin = NO_STDIN, *, plain: bool = False) -> Effect:
        """Return the effect of *words* run as a command; with *plain*, functions and aliases are passed by."""
        self.state.commands -= 1
        if self.state.commands < 0:
            return self.opaque(span.start, span.end, "it holds more commands than are followed")
        first = words[0]
        if not plain:
            if first in self.scope.functions:
                return self.call_function(first, words[1:], stdin, span)
            if first in self.scope.aliases:  # a shell that runs a text expands them only perhaps
                alias = self.call_alias(first, words[1:], span, stdin)
                return join((alias, self.command(words, span, stdin, plain=True)))
        if HIDDEN in first or not first:
            return self.opaque(span.start, span.end, "the name of the program is not known before it runs")
        if any(mark in first for mark in "*?["):
            return EMPTY if first in {"[", "[["} else self.opaque(span.start, span.end, "a pattern names the program")
        misread = first in _RESERVED and first not in self.programs  # the grammar took `! { a; }` for words
        return (self.misread if misread else self.program)(first, words[1:], span, stdin)

    def misread(self, first: str, words: tuple[str, ...], span: Span, stdin: Stdin) -> Effect:
        """Return the effect of words behind a reserved one: unknown, and at least what they say themselves."""
        unread = self.opaque(span.start, span.end, f"`{first}` stands where a program is named")
        return join((unread, self.command(words, span, stdin))) if words else unread

    def program(self, path: str, words: tuple[str, ...], span: Span, stdin: Stdin) -> Effect:
        """Return the effect of the program at *path*, by its file in the registry or as a stranger."""
        name = path.rpartition("/")[2]
        call = Call(
            name,
            words,
            span,
            self,
            self.around,
            self.cwd,
            self.machine,
            stdin.text,
            stdin.fed,
            stdin.piped,
            path,
            self.state.tree,
            self.scope.variables if self.prefix is None else self.prefix,
        )
        read = self.programs.get(name)
        if read is not None:
            effect = read(call)
        elif "/" in path and not path.startswith(_SYSTEM):
            effect = self.file(call, path)
        else:
            effect = Effect(fx.UNSURE)
        if name in _BUILTINS:
            self.builtin(name, words, call)
        kept = effect.programs or ()
        effect = change(effect, programs=(name, *kept), steps=effect.steps or 1, rounds=effect.rounds or 1)
        return guarded(call, effect) if self.around.protected else effect

    def call_function(self, name: str, words: tuple[str, ...], stdin: Stdin, span: Span) -> Effect:
        """Return the effect of calling a function: of each body it may have, and of the program it may not hide."""
        function = self.scope.functions[name]
        if self.depth >= MAX_NESTING:
            return self.opaque(span.start, span.end, f"`{name}` calls itself without end")
        effects = [self.body(name, body, words, stdin) for body in function.bodies]
        if not function.certain:
            effects.append(self.command((name, *words), span, stdin, plain=True))
        return join(effects)

    def body(self, name: str, body: Node, words: tuple[str, ...], stdin: Stdin) -> Effect:
        walk = self.inside(Scope(self.scope))
        walk.scope.functions.pop(name)  # a function that calls its own name runs the program, or for ever
        walk.scope.give(words)
        effect = walk.node(body, stdin)
        self.scope.learn(walk.scope)
        return effect

    def call_alias(self, name: str, words: tuple[str, ...], span: Span, stdin: Stdin) -> Effect:
        head = tuple(self.scope.aliases[name].split())
        if not head:
            return EMPTY
        return self.command((*head, *words), span, stdin, plain=True)

    def builtin(self, name: str, words: tuple[str, ...], call: Call) -> None:
        """Follow a builtin that changes what later words mean."""
        if name in {"cd", "pushd"}:
            where = words[-1] if words else "~"
            known = HIDDEN not in where and where != "-" and (self.certain or self.cwd == self.state.tree)
            self.cwd = call.absolute(where) if known else ""
        elif name in _DECLARES:
            for word in words:
                variable, equals, value = word.partition("=")
                if equals:
                    self.scope.assign(variable, value, certain=self.certain)
        elif name in {"set", "shift"}:
            self.scope.give(self.shifted(name, words))
        else:
            self.scope.forget(words)

    def shifted(self, name: str, words: tuple[str, ...]) -> tuple[str, ...] | None:
        """Return the positional parameters behind `shift` or `set`; `None` where nobody knows."""
        if name == "set" and words[:1] == ("--",):
            return words[1:] if self.certain else None
        if name == "set" or self.scope.words is None or not self.certain:
            return None
        count = words[0] if words else "1"
        return self.scope.words[int(count) :] if count.isdigit() else None

    # -- words -------------------------------------------------------------------------------

    def expand(self, words: tuple[Word, ...], inner: list[Effect]) -> tuple[str, ...]:
        """Return the fields of *words*; the effects of their substitutions are added to *inner*."""
        found: list[str] = []
        for word in words:
            if word.literal is not None:
                found.append(word.literal)
            else:
                found.extend(fields(word, self.scope, lambda body: self.output(body, inner)))
                self.unknowns(word, inner)
        return tuple(found)

    def output(self, body: Node, inner: list[Effect]) -> str | None:
        effect = self.inside(Scope(self.scope)).node(body)
        inner.append(effect)
        return effect.output

    def unknowns(self, word: Word, inner: list[Effect]) -> None:
        for part in word.parts:
            if isinstance(part, Unknown):
                inner.extend(self.inside(Scope(self.scope)).node(body) for body in part.bodies)

    def substitutions(self, words: tuple[Word, ...]) -> Iterator[Effect]:
        """Yield the effects of what runs inside *words* that are only looked at."""
        for word in words:
            for part in word.parts:
                if isinstance(part, Substitution):
                    yield self.node(part.body)
                elif isinstance(part, Unknown):
                    yield from (self.node(body) for body in part.bodies)

    def assign(self, assignments: tuple[Assignment, ...], inner: list[Effect], *, lasting: bool) -> None:
        """Learn the values that the text gives; those before a command hold for it alone."""
        for item in assignments:
            value: str | None = None
            if item.value is not None:
                value = " ".join(fields(item.value, self.scope, lambda body: self.output(body, inner)))
                self.unknowns(item.value, inner)
            else:
                self.expand(item.others, inner)
            if lasting:
                self.scope.assign(item.name, value, certain=self.certain)
            else:
                self.prefix = (self.prefix or dict(self.scope.variables)) | {item.name: value}

    # -- what programs need (the `Shell` protocol) -------------------------------------------

    def text(self, call: Call, text: str, machine: str | None = None) -> Effect:
        """Return the effect of *text* run by a shell of its own, on *machine*."""
        if HIDDEN in text:
            return join([self.partly(call, text), call.opaque("part of the text it runs is not known")])
        where = self.machine if machine is None else machine
        scope = Scope(self.scope) if where == self.machine else Scope()
        scope.give(None)
        walk = self.inside(scope, machine=where, origin=call.span)
        if walk.depth > MAX_NESTING:
            return call.opaque("shells are nested too deep")
        return walk.node(parse(text), Stdin(call.fed, call.stdin, call.piped))

    def partly(self, call: Call, text: str) -> Effect:
        """Return what the known parts of *text* would do: unknown parts stand as unset variables."""
        walk = self.inside(Scope(self.scope), origin=call.span)
        if walk.depth > MAX_NESTING:
            return EMPTY
        return walk.node(parse(text.replace(HIDDEN, "${_}")))

    def source(self, call: Call, text: str) -> Effect:
        """Return the effect of *text* run by this very shell, which keeps what it defines."""
        if HIDDEN in text or self.depth >= MAX_NESTING:
            return call.opaque("the text it runs is not known before it runs")
        walk = self.inside(self.scope, origin=call.span)
        walk.certain = self.certain
        effect = walk.node(parse(text))
        self.cwd = walk.cwd
        return effect

    def start(self, call: Call, words: tuple[str, ...], machine: str | None = None) -> Effect:
        """Return the effect of *words* run as one command by another program."""
        if not words:
            return EMPTY
        where = self.machine if machine is None else machine
        walk = self.inside(Scope(), machine=where, origin=call.span)
        if walk.depth > MAX_NESTING:
            return call.opaque("programs are nested too deep")
        return walk.command(words, call.span, Stdin(call.fed, call.stdin, call.piped), plain=True)

    def file(self, call: Call, path: str) -> Effect:
        """Return the effect of the script at *path*; one we cannot read is `opaque`."""
        where = call.absolute(path) if HIDDEN not in path else ""
        content = self.around.read(where) if where and not self.machine else None
        if content is None or self.depth >= MAX_NESTING:
            return call.opaque(f"`{_shown(path)}` cannot be read before it runs")
        script = Script(where, loops.digest(content))
        if content.startswith("#!") and not _is_shell(content):
            return Effect(fx.UNSURE, scripts=(script,))
        walk = self.inside(Scope(), origin=call.span)
        effect = walk.node(parse(content))
        return change(effect, scripts=(*effect.scripts, script))

    def define_alias(self, name: str, text: str) -> None:
        """Let *name* stand for *text* from here on."""
        self.scope.aliases[name] = text

    # -- small things ------------------------------------------------------------------------

    def inside(self, scope: Scope, *, machine: str | None = None, origin: Span | None = None) -> "Walk":
        """Return a walk one level deeper."""
        where = self.machine if machine is None else machine
        return Walk(
            self.programs,
            self.around,
            self.cwd if where == self.machine else "",
            machine=where,
            origin=origin or self.origin,
            scope=scope,
            depth=self.depth + 1,
            state=self.state,
        )

    def span(self, start: int, end: int) -> Span:
        """Return the span to show: inside a nested text it is that of the word that holds it."""
        return self.origin or Span(start, end)

    def opaque(self, start: int, end: int, why: str) -> Effect:
        """Return the effect of what cannot be known before it runs."""
        return Effect(fx.UNSURE, (fx.evidence(Workload.OPAQUE, why, self.span(start, end)),), steps=1, rounds=1)


def _takes(effect: Effect) -> bool:
    """Whether a stage may carry data to or from another machine; those that read names from a pipe do not."""
    return bool(effect.does & fx.REMOTE) and effect.programs[:1] not in {("xargs",), ("parallel",)}


_SYSTEM = ("/bin/", "/usr/", "/sbin/", "/opt/", "/snap/", "/nix/")


def _is_shell(content: str) -> bool:
    words = content[2:200].partition("\n")[0].split()
    names = [word.rpartition("/")[2] for word in words]
    return any(name in _SHELL_NAMES for name in names)


def _shown(path: str) -> str:
    return path.replace(HIDDEN, "…")
