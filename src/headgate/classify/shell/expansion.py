"""Words to fields: what runs inside them counts, and what they assign is learnt."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.shell.evaluated import PROMPTS, expanded, indexed
from headgate.classify.shell.scope import Scope
from headgate.classify.shell.syntax import Assignment, Expansion, Node, Substitution, Unknown, Word
from headgate.classify.shell.words import assigned, fields

if TYPE_CHECKING:
    from headgate.classify.shell.walk import Walk


def expand(walk: "Walk", words: tuple[Word, ...], inner: list[Effect]) -> tuple[str, ...]:
    """Return the fields of *words*; the effects of their substitutions are added to *inner*."""
    found: list[str] = []
    for word in words:
        if word.literal is not None:
            found.append(word.literal)
        else:
            found.extend(_fields(walk, word, inner))
    return tuple(found)


def inside(walk: "Walk", words: tuple[Word, ...]) -> Iterator[Effect]:
    """Yield the effects of what runs inside *words* that are only looked at."""
    for word in words:
        for part in word.parts:
            if isinstance(part, Substitution):
                yield walk.node(part.body)
            elif isinstance(part, Unknown | Expansion):
                yield from (walk.node(body) for body in part.bodies)


def assign(walk: "Walk", assignments: tuple[Assignment, ...], inner: list[Effect], *, lasting: bool) -> None:
    """Learn the values that the text gives; those before a command hold for it alone."""
    for item in assignments:
        if item.value is None:
            words = expand(walk, item.others, inner)
            walk.scope.assign_array(item.name, words if item.array else None, appends=item.appends)
            continue
        value = assigned(item.value, walk.scope, lambda body: _output(walk, body, inner))
        inner.extend(_run_inside(walk, item.value))
        if item.appends:
            value = walk.scope.value(item.name) + value
        if item.name in PROMPTS:
            inner.append(walk.node(expanded(value)))
        inner.extend(walk.node(body) for body in indexed(value))
        if lasting:
            walk.scope.assign(item.name, value)
        else:
            walk.prefix = (walk.prefix or dict(walk.scope.variables)) | {item.name: value}


def _fields(walk: "Walk", word: Word, inner: list[Effect]) -> tuple[str, ...]:
    found = fields(word, walk.scope, lambda body: _output(walk, body, inner))
    inner.extend(_run_inside(walk, word))
    return found


def _run_inside(walk: "Walk", word: Word) -> Iterator[Effect]:
    """Yield the effects of what runs inside *word* and does not give it its value."""
    for part in word.parts:
        if isinstance(part, Unknown | Expansion):
            yield from (walk.inside(Scope(walk.scope)).node(body) for body in part.bodies)
        if isinstance(part, Expansion) and part.op == "@P":
            yield _prompt(walk, part, word)


def _prompt(walk: "Walk", part: Expansion, word: Word) -> Effect:
    """Return the effect of a value that is expanded once more, as a prompt is."""
    value = walk.scope.value(part.name)
    if HIDDEN in value:
        return walk.opaque(word.start, word.end, f"what `{part.name}` holds is expanded as a prompt")
    return walk.node(expanded(value))


def _output(walk: "Walk", body: Node, inner: list[Effect]) -> str | None:
    effect = walk.inside(Scope(walk.scope)).node(body)
    inner.append(effect)
    return effect.output
