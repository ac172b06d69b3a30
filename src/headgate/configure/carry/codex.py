"""Codex's rules: Starlark files of `prefix_rule` calls, read as a tree and never run."""

import ast
import shlex
import warnings
from collections.abc import Iterator, Sequence
from itertools import product
from math import prod

from headgate.configure.carry.commands import literal, plain_words, prefix
from headgate.configure.carry.rules import ALLOW, CONFIRM, DENY, CarryError, Left, Place, Read, Rule, left, on_commands

CLIENT = "Codex"

MOST_PATTERNS = 256
"""Prefixes that the alternatives of one pattern may make."""

_DECISIONS = {"allow": ALLOW, "prompt": CONFIRM, "forbidden": DENY}
_KEYS = ("pattern", "decision", "match", "not_match", "justification")
_NOT_RUN = "a rules file is read here and never run: write each `prefix_rule` out"
_STATEMENTS: tuple[tuple[tuple[type[ast.stmt], ...], str], ...] = (
    ((ast.FunctionDef,), "a function"),
    ((ast.For, ast.While), "a loop"),
    ((ast.If,), "a condition"),
    ((ast.Assign, ast.AnnAssign, ast.AugAssign), "a variable"),
)
_CALLS = {
    "host_executable": "it names the folders of a program: programs are known by their base names here, in any folder",
    "network_rule": "it is about hosts of the network proxy, and no fact tells those",
    "load": "it reads another file: name that file too",
}


def read(texts: Sequence[tuple[str, str]]) -> Read:
    """Return what the rules files *texts* say."""
    items: list[Rule | Left] = []
    mistakes: list[str] = []
    for name, text in texts:
        source = text.replace("\r\n", "\n").replace("\r", "\n")
        try:
            tree = _tree(source)
        except SyntaxError as error:
            mistakes.append(f"{name}:{error.lineno or 1}: this is no rules file of Codex: {error.msg}")
        except (ValueError, RecursionError, MemoryError) as error:
            mistakes.append(f"{name}:1: this is no rules file of Codex: {error or 'it nests too deep'}")
        else:
            items.extend(_File(name, source).items(tree))
    return Read(tuple(items), tuple(mistakes))


def _tree(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an unknown escape such as `\d` stands for itself in both languages
        return ast.parse(source)


class _File:
    """Reads one file."""

    def __init__(self, name: str, source: str) -> None:
        self.name = name
        self.lines = [line.encode() for line in source.split("\n")]

    def items(self, tree: ast.Module) -> Iterator[Rule | Left]:
        for statement in tree.body:
            if isinstance(statement, ast.Pass):
                continue
            place = Place(self.name, statement.lineno, self.written(statement))
            call = statement.value if isinstance(statement, ast.Expr) else None
            if isinstance(call, ast.Constant):
                continue
            try:
                yield self.rule(call, place)
            except CarryError as error:
                yield left(place, str(error))
            except _NotOursError:
                yield left(place, _why(statement))

    def written(self, node: ast.stmt | ast.expr) -> str:
        """Return the text of *node*."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        lines = self.lines[first : last + 1]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode()

    def rule(self, call: ast.expr | None, place: Place) -> Rule:
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.func.id != "prefix_rule":
            raise _NotOursError
        given = self.arguments(call)
        elements = self.pattern(given.get("pattern"))
        decision = _DECISIONS.get(word := self.text(given["decision"]) if "decision" in given else "allow")
        if decision is None:
            raise CarryError(f"Codex knows no decision `{word}`: allow, prompt or forbidden")
        found = [literal(plain_words(words)) for words in product(*elements)]
        patterns = tuple(dict.fromkeys(pattern for words in found for pattern in prefix(words)))
        wider = tuple(dict.fromkeys(why for words in found for why in words.wider))
        speaks = on_commands(patterns, decision, wider)
        reason = self.text(given["justification"]) if "justification" in given else ""
        return Rule(
            place,
            decision,
            speaks.when,
            CLIENT,
            " ".join("|".join(words) for words in elements),
            reason.strip(),
            tuple(self.examples(given.get("match"))),
            tuple(self.examples(given.get("not_match"))),
            speaks.wider,
            speaks.notes,
        )

    def arguments(self, call: ast.Call) -> dict[str, ast.expr]:
        """Return the arguments of a `prefix_rule` by their names."""
        if any(isinstance(node, ast.Starred) for node in call.args) or any(item.arg is None for item in call.keywords):
            raise CarryError(f"its arguments are computed; {_NOT_RUN}")
        names = [*_KEYS[: len(call.args)], *(str(item.arg) for item in call.keywords)]
        unknown = [name for name in names if name not in _KEYS]
        if unknown or len(call.args) > len(_KEYS) or len({*names}) < len(names):
            what = f"has no argument `{unknown[0]}`" if unknown else "takes each argument once"
            raise CarryError(f"Codex itself refuses it: `prefix_rule` {what}")
        return dict(zip(names, [*call.args, *(item.value for item in call.keywords)], strict=True))

    def pattern(self, node: ast.expr | None) -> list[list[str]]:
        """Return the words of a pattern, each with its alternatives."""
        elements = self.listed(node, "pattern")
        found = [
            [self.text(word) for word in element.elts] if isinstance(element, ast.List) else [self.text(element)]
            for element in elements
        ]
        if not found or not all(found):
            raise CarryError("Codex itself refuses it: the pattern, or an alternative in it, is empty")
        if (count := prod(map(len, found))) > MOST_PATTERNS:
            raise CarryError(f"its alternatives make {count} prefixes; at most {MOST_PATTERNS} are carried over")
        return found

    def examples(self, node: ast.expr | None) -> Iterator[str]:
        """Yield each example as a command."""
        for item in [] if node is None else self.listed(node, "match` or `not_match"):
            if isinstance(item, ast.List):
                yield shlex.join(self.text(word) for word in item.elts)
                continue
            try:
                yield shlex.join(shlex.split(self.text(item)))
            except ValueError:
                raise CarryError("Codex itself refuses it: a quote in an example is not closed") from None

    def listed(self, node: ast.expr | None, what: str) -> list[ast.expr]:
        if not isinstance(node, ast.List):
            raise CarryError(f"`{what}` is no list that is written out; {_NOT_RUN}")
        return node.elts

    def text(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise CarryError(f"`{self.written(node)}` is no text that is written out; {_NOT_RUN}")


class _NotOursError(Exception):
    """Something else than a call of `prefix_rule`."""


def _why(statement: ast.stmt) -> str:
    """Return why *statement* stays behind."""
    call = statement.value if isinstance(statement, ast.Expr) else None
    if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
        return _CALLS.get(call.func.id, f"a call of `{call.func.id}`; {_NOT_RUN}")
    what = next((what for kinds, what in _STATEMENTS if isinstance(statement, kinds)), "a statement")
    return f"{what}; {_NOT_RUN}"
