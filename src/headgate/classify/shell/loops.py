"""Loops: what runs how often, whether it ends, and whether it looks, changes and looks again."""

import hashlib
import re
from typing import TYPE_CHECKING

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.shell.expansion import expand
from headgate.classify.shell.redirects import Stdin
from headgate.classify.shell.scope import Scope
from headgate.classify.shell.syntax import AndOr, Choice, For, Node, Redirected, Sequence, Simple, Test, While, Word
from headgate.model.facts import Workload
from headgate.model.span import Span

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk

MAX_TURNS = 24
"""Loops over more literal items than this are walked with an unknown item."""

_BOUND = re.compile(r"(?:<=?|-l[te])\s*\"?(\d+)")
_NUMBER = re.compile(r"(?<![\w$])\d+\b")
_ALWAYS = frozenset({"true", ":"})
_CHANGES_SERVICE = (Workload.RESTART, Workload.DEPLOY)


def loop(walk: "Walk", node: Node, stdin: Stdin) -> Effect:
    """Return the effect of a loop."""
    if isinstance(node, While):
        return _while(walk, node, stdin)
    assert isinstance(node, For)  # noqa: S101 the walk passes these two
    return _for(walk, node, stdin)


def digest(content: str) -> str:
    """Return the SHA-256 of a file's text, as hexadecimal digits."""
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _while(walk: "Walk", node: While, stdin: Stdin) -> Effect:
    begun = _place(walk)
    condition = walk.perhaps(node.condition, stdin)
    body = _turn(walk, node.body, stdin)
    whole = join((condition, body))
    span = walk.span(node.start, node.end)
    if _first_word(node.condition) == "read":
        _repeat_steps(walk, begun, None)
        return _each_line(whole, span)
    found = list(whole.evidence)
    turns = 1 if _breaks(node.body, walk.scope) else _turns(node.condition, until=node.until)
    _repeat_steps(walk, begun, turns)
    if turns is None and (whole.seconds or node.until or _waits(node.condition, condition)):
        found.append(fx.evidence(Workload.LONG_RUNNING, "a loop without a bound", span))
    if turns != 1 and _remedies(whole, node.condition, node.body):
        found.append(fx.evidence(Workload.REMEDIATION_LOOP, "looks, changes and looks again", span))
    return change(
        whole,
        does=whole.does | fx.LOOPS,
        evidence=tuple(found),
        seconds=whole.seconds * (turns or 1),
        typical=whole.typical * (turns or 1),
        rounds=whole.rounds * 2,
    )


def _turn(walk: "Walk", body: Node, stdin: Stdin) -> Effect:
    """Return the effect of one turn, and whatever else a later one does with what this one left."""
    before = Scope(walk.scope)
    effect = walk.perhaps(body, stdin)
    if not walk.scope.settle(before):
        return effect
    begun = _place(walk)
    later = walk.perhaps(body, stdin)
    _drop_steps(walk, begun)
    return change(
        effect,
        does=effect.does | later.does,
        evidence=tuple(dict.fromkeys((*effect.evidence, *later.evidence))),
        machines=tuple(dict.fromkeys((*effect.machines, *later.machines))),
    )


def _each_line(effect: Effect, span: Span) -> Effect:
    """Return the effect of a loop over lines that nobody knows."""
    found = effect.evidence
    if fx.SOME_MACHINE in effect.machines:
        found = (*found, fx.evidence(Workload.MULTI_HOST, "a loop over hosts", span))
    return change(effect, does=effect.does | fx.LOOPS, evidence=found, rounds=effect.rounds * 2)


def _for(walk: "Walk", node: For, stdin: Stdin) -> Effect:
    inner: list[Effect] = []
    if node.items is None:
        bound = _BOUND.search(node.header)
        effect = _repeat(walk, node, int(bound[1]) if bound else None, stdin)
    else:
        items = expand(walk, node.items, inner) if node.items else (HIDDEN,)
        effect = _over(walk, node, items, stdin)
    return join((*inner, effect)) if inner else effect


def _over(walk: "Walk", node: For, items: tuple[str, ...], stdin: Stdin) -> Effect:
    """Return the effect of one turn for each of *items*; a body that ignores the item is walked once."""
    if not items:
        return EMPTY
    walk.scope.read.discard(node.name)
    dynamic = any(HIDDEN in item for item in items)
    walk.scope.variables[node.name] = items[0]
    begun = _place(walk)
    first = _turn(walk, node.body, stdin)
    if node.name not in walk.scope.read:
        _repeat_steps(walk, begun, None if dynamic else len(items))
        return _again(first, len(items), node, walk)
    if dynamic or len(items) > MAX_TURNS:
        walk.scope.variables[node.name] = None
        _drop_steps(walk, begun)
        effect = _each_line(_turn(walk, node.body, stdin), walk.span(node.start, node.end))
        _repeat_steps(walk, begun, None if dynamic else len(items))
        return change(effect, seconds=effect.seconds * max(1, len(items)))
    turns = [first]
    for item in items[1:]:
        walk.scope.variables[node.name] = item
        turns.append(_turn(walk, node.body, stdin))
    whole = join(turns)
    return change(whole, does=whole.does | fx.LOOPS)


def _repeat(walk: "Walk", node: For, turns: int | None, stdin: Stdin) -> Effect:
    begun = _place(walk)
    effect = _turn(walk, node.body, stdin)
    _repeat_steps(walk, begun, turns)
    if turns is None:
        found = fx.evidence(Workload.LONG_RUNNING, "a loop without a bound", walk.span(node.start, node.end))
        effect = change(effect, evidence=(*effect.evidence, found))
    return _again(effect, turns or 1, node, walk)


def _again(effect: Effect, turns: int, node: For, walk: "Walk") -> Effect:
    """Return the effect of the same body, *turns* times."""
    found = effect.evidence
    if turns > 1 and _remedies(effect, node.body, node.body):
        span = walk.span(node.start, node.end)
        found = (*found, fx.evidence(Workload.REMEDIATION_LOOP, "looks, changes and looks again", span))
    return change(
        effect,
        does=effect.does | fx.LOOPS,
        evidence=found,
        seconds=effect.seconds * turns,
        typical=effect.typical * turns,
        steps=effect.steps * turns,
        rounds=effect.rounds * turns,
        probes=effect.probes * turns,
    )


def _place(walk: "Walk") -> int:
    return walk.state.trace.place() if walk.state.trace is not None else 0


def _repeat_steps(walk: "Walk", since: int, turns: int | None) -> None:
    if walk.state.trace is not None:
        walk.state.trace.repeat(since, turns)


def _drop_steps(walk: "Walk", since: int) -> None:
    if walk.state.trace is not None:
        walk.state.trace.drop(since)


def _remedies(effect: Effect, condition: Node, body: Node) -> bool:
    """Whether a repeated step changes a service, and another one looks first."""
    changes = any(effect.has(workload) for workload in _CHANGES_SERVICE)
    looks = effect.does & (fx.READS | fx.NETWORK) or _chooses(body) or _first_word(condition) not in {"", *_ALWAYS}
    return bool(changes and looks and effect.steps > 1)


def _chooses(node: Node) -> bool:
    return isinstance(node, Choice | AndOr) or (
        isinstance(node, Sequence) and any(_chooses(item) for item in node.items)
    )


def _waits(node: Node, condition: Effect) -> bool:
    """Whether the condition of a `while` only ends when the world changes."""
    return _first_word(node) in _ALWAYS or bool(condition.does & (fx.NETWORK | fx.REMOTE | fx.FOLLOWS))


def _first_word(node: Node) -> str:
    match node:
        case Simple(words=(Word(literal=str(name)), *_)):
            return name
        case Simple(words=()):
            return ""
        case Redirected(body):
            return _first_word(body)
        case Sequence((first, *_)) | AndOr((first, *_)):
            return _first_word(first)
        case _:
            return "?"


def _breaks(body: Node, scope: Scope) -> bool:
    """Whether *body* surely leaves the loop at the end of its first turn: nothing goes on before, or means another."""
    last = body.items[-1] if isinstance(body, Sequence) and body.items else body
    name = _first_word(last) if isinstance(last, Simple) else ""
    shadowed = name in scope.functions or name in scope.aliases
    return name in {"break", "exit", "return"} and not shadowed and not _goes_on(body)


def _goes_on(body: Node) -> bool:
    """Whether a `continue` stands anywhere in *body*, or a name that may be one."""
    stack: list[object] = [body]
    while stack:
        item = stack.pop()
        if isinstance(item, Simple) and item.words and item.words[0].literal in {None, "continue", "eval", "builtin"}:
            return True
        if isinstance(item, tuple):
            stack.extend(item)
        elif isinstance(item, msgspec.Struct):
            stack.extend(getattr(item, field) for field in item.__struct_fields__)
    return False


def _turns(node: Node, *, until: bool = False) -> int | None:
    """Return the bound of a counting condition: the largest number it compares with."""
    match node:
        case AndOr(items, chained) if chained is not until:  # one of them alone ends the loop
            return next((turns for item in items if (turns := _turns(item)) is not None), None)
        case Simple(words=words) if _first_word(node) in {"[", "test", "[["}:
            numbers = [int(word.literal) for word in words if word.literal and word.literal.isdigit()]
            return max(numbers, default=None)
        case Test(text=text):
            return max((int(number) for number in _NUMBER.findall(text)), default=None)
        case _:
            return None
