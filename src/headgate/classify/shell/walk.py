"""Tree to effects: a walk that follows what the text would run, with the values the text itself gives."""

import re
from collections.abc import Callable, Mapping

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.carried import CARRIERS, carried
from headgate.classify.shell import definitions, expansion, loops, pipelines, redirects, variables
from headgate.classify.shell.evaluated import EVALUATES, indexed
from headgate.classify.shell.guard import guarded, sets_gate
from headgate.classify.shell.nested import Nested
from headgate.classify.shell.redirects import NO_STDIN, Stdin
from headgate.classify.shell.scope import Scope
from headgate.classify.shell.state import State
from headgate.classify.shell.strangers import stranger
from headgate.classify.shell.streams import kept
from headgate.classify.shell.syntax import (
    AndOr,
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
    Test,
    While,
)
from headgate.classify.shell.written import remember
from headgate.classify.surroundings import Surroundings
from headgate.classify.typical import TIMED, typical
from headgate.model.facts import Workload
from headgate.model.span import Span

Program = Callable[[Call], Effect]

_RESERVED = frozenset(
    {"{", "}", "!", "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case"}
)


_HANDLERS = frozenset({"command_not_found_handle", "command_not_found_handler"})
"""Functions that the shell itself calls (bash manual, 3.7.2)."""

_ATTRIBUTES = re.compile(r"-\w*[lucin]")
"""Attributes with which a variable does not hold what was assigned: case, numbers, names of other variables."""


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
        state: State | None = None,
        language: str | None = None,
    ) -> None:
        self.programs = programs
        self.language = around.shell if language is None else language
        self.state = state or State(tree=cwd, around=around)
        self.around = around if state else msgspec.structs.replace(around, read=self.state.reader(around.read))
        self.cwd = cwd
        self.machine = machine
        self.origin = origin
        self.scope = Scope() if scope is None else scope
        if scope is None and around.home:
            self.scope.variables["HOME"] = around.home
            self.scope.variables["PWD"] = cwd or None
            if around.private:
                self.scope.variables["HEADGATE_HOME"] = around.private[0]
        self.depth = depth
        self.prefix: dict[str, str | None] | None = None
        self.shell = Nested(self)

    # -- nodes -------------------------------------------------------------------------------

    def node(self, node: Node, stdin: Stdin = NO_STDIN) -> Effect:
        """Return the effect of *node*."""
        match node:
            case Simple():
                return self.simple(node, stdin)
            case Sequence(items):
                return join([self.node(item, stdin) for item in items])
            case AndOr((first, *others), chained):
                begun = self.node(first, stdin)
                rest = (
                    [self.perhaps(Sequence(tuple(others)), stdin)]
                    if chained
                    else [self.perhaps(item, stdin) for item in others]
                )
                return join([begun, *rest])
            case Pipeline(stages):
                return pipelines.pipeline(self, stages, stdin)
            case Redirected(body, found):
                return kept(redirects.redirected(self, body, found, stdin), self.origin)
            case _:
                return self.compound(node, stdin)

    def perhaps(self, node: Node, stdin: Stdin = NO_STDIN) -> Effect:
        """Return the effect of *node*, which may not run, or not in this shell: what it changes is not certain."""
        before, cwd, chosen = Scope(self.scope), self.cwd, self.state.chosen
        effect = self.node(node, stdin)
        self.scope.settle(before)
        if self.state.chosen is not chosen:
            self.state.doubt(chosen)
        if cwd not in {self.cwd, self.state.tree}:
            self.cwd = ""  # it is elsewhere than where it started, or perhaps elsewhere again
        return effect

    def compound(self, node: Node, stdin: Stdin) -> Effect:
        """Return the effect of a compound command."""
        match node:
            case While() | For():
                return loops.loop(self, node, stdin)
            case Choice(branches, words):
                return join([*expansion.inside(self, words), *(self.perhaps(branch, stdin) for branch in branches)])
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
                self.scope.define(name, body)
                return self.perhaps(body) if name in _HANDLERS else EMPTY
            case Test(parts):
                return join([self.node(part) for part in parts])
            case Broken(start, end, why):
                return self.opaque(start, end, why)
            case _:
                return self.node(node)

    # -- simple commands ---------------------------------------------------------------------

    def simple(self, node: Simple, stdin: Stdin) -> Effect:
        """Return the effect of one simple command, the substitutions in it included."""
        inner: list[Effect] = []
        words = expansion.expand(self, node.words, inner)
        expansion.assign(self, node.assignments, inner, lasting=node.exports or not words)
        if node.assignments:
            inner.extend(self.control(node, item.name) for item in node.assignments if sets_gate(item.name))
        if node.assignments or node.exports:
            inner.extend(variables.started(self, node, words))
        if node.exports and any(_ATTRIBUTES.match(word) for word in words):
            self.scope.forget(item.name for item in node.assignments)
        if not words:
            return join(inner)
        if words[0] in EVALUATES:
            inner.extend(self.node(body) for word in words[1:] for body in indexed(word))
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
                return definitions.call_function(self, first, words[1:], stdin, span)
            if first in self.scope.aliases:  # a shell that runs a text expands them only perhaps
                alias = definitions.call_alias(self, first, words[1:], span, stdin)
                return join((alias, self.command(words, span, stdin, plain=True)))
        if HIDDEN in first or not first:
            return self.opaque(span.start, span.end, "the name of the program is not known before it runs")
        if any(mark in first for mark in "*?["):
            return EMPTY if first in {"[", "[["} else self.opaque(span.start, span.end, "a pattern names the program")
        misread = first in _RESERVED and first not in self.programs  # the grammar took `! { a; }` for words
        return (self.misread if misread else self.traced)(first, words[1:], span, stdin)

    def traced(self, path: str, words: tuple[str, ...], span: Span, stdin: Stdin) -> Effect:
        """Return the effect of the program at *path*, and keep it as a step where somebody wants to see the steps."""
        trace = self.state.trace
        if trace is None:
            return self.program(path, words, span, stdin)
        place = trace.begin(self.depth, self.machine, (path, *words), span)
        effect = self.program(path, words, span, stdin)
        trace.end(place, effect)
        return effect

    def misread(self, first: str, words: tuple[str, ...], span: Span, stdin: Stdin) -> Effect:
        """Return the effect of words behind a reserved one: unknown, and at least what they say themselves."""
        unread = self.opaque(span.start, span.end, f"`{first}` stands where a program is named")
        return join((unread, self.command(words, span, stdin))) if words else unread

    def program(self, path: str, words: tuple[str, ...], span: Span, stdin: Stdin) -> Effect:
        """Return the effect of the program at *path*, by its file in the registry or as a stranger."""
        name = path.rpartition("/")[2]
        if path.startswith(_INIT_SCRIPTS):
            return self.program("service", (name, *words), span, stdin)
        call = Call(
            name,
            words,
            span,
            self.shell,
            self.around,
            self.cwd,
            self.machine,
            stdin.text,
            stdin.fed,
            stdin.piped,
            path,
            self.state.tree,
            self.scope.variables if self.prefix is None else self.prefix,
            self.state.chosen,
        )
        self.state.commands_seen.append(" ".join((name, *words)))
        effect = self.alone(call)
        if name in CARRIERS:
            effect = carried(call, effect)
        if name in definitions.BUILTINS:
            definitions.builtin(self, name, words, call)
        if effect.chooses:
            self.state.choose(self.machine, effect.chooses)
        if effect.does & fx.CHANGES and not self.machine:
            remember(self.state, call)
        kept = effect.programs or ()
        if name in TIMED and not effect.typical:
            effect = change(effect, typical=typical(name, words))
        effect = change(effect, programs=(name, *kept), steps=effect.steps or 1, rounds=effect.rounds or 1)
        return guarded(call, effect) if self.around.protected else effect

    def alone(self, call: Call) -> Effect:
        """Return the effect of the program of *call* itself: by its file in the registry, or by its text."""
        read = self.programs.get(call.name)
        if read is not None:
            return join((read(call), self.shell.file(call, call.path))) if self.is_script(call) else read(call)
        if "/" in call.path and not call.path.startswith(_SYSTEM):
            return self.shell.file(call, call.path)
        return Effect(fx.UNSURE) if call.name in self.scope.aliases else stranger(call)

    def is_script(self, call: Call) -> bool:
        """Whether a program that is known by its name is a text of the tree: what it holds is what would run."""
        if "/" not in call.path or call.path.startswith(_SYSTEM) or call.name in _WRAPPERS or self.machine:
            return False
        where = call.absolute(call.path) if HIDDEN not in call.path else ""
        return bool(where) and self.around.read(where) is not None

    # -- small things ------------------------------------------------------------------------

    def inside(
        self, scope: Scope, *, machine: str | None = None, origin: Span | None = None, language: str | None = None
    ) -> "Walk":
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
            language=self.language if language is None else language,
        )

    def span(self, start: int, end: int) -> Span:
        """Return the span to show: inside a nested text it is that of the word that holds it."""
        return self.origin or Span(start, end)

    def opaque(self, start: int, end: int, why: str) -> Effect:
        """Return the effect of what cannot be known before it runs."""
        return Effect(fx.UNSURE, (fx.evidence(Workload.OPAQUE, why, self.span(start, end)),), steps=1, rounds=1)


_INIT_SCRIPTS = ("/etc/init.d/", "/etc/rc.d/", "/usr/local/etc/rc.d/")
_WRAPPERS = frozenset({"gradlew", "mvnw"})
"""Scripts that every project of a kind has, and that start the program of that name."""

_SYSTEM = ("/bin/", "/usr/", "/sbin/", "/opt/", "/snap/", "/nix/")
