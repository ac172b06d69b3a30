"""CEL, in Google's C++ and in Rust: one expression, the list of what every rule says, so that all that match come out.

All tests are CEL's own: `exists` and `all` over sets, `startsWith`, `endsWith` and `contains` for patterns.
The expression is compiled before; Google's has typed variables, is checked, and is cut in three at 1,000 rules.
"""

import itertools
from collections.abc import Collection, Sequence

from engines.engine import Engine, Reader, flag, infix, measured, pattern, quoted
from headgate.decide.conditions import Condition, Operator
from headgate.decide.policy import Policy
from headgate.decide.schema import Kind

FORMS = {
    "is": "{0} == {1}",
    "head": "{0}.startsWith({1})",
    "tail": "{0}.endsWith({1})",
    "inner": "{0}.contains({1})",
    "size": "size({0}) >= {1}",
    "both": " && ",
    "bracket": "({0})",
}

SHORT = 400
"""Rules in one expression of Google's: a text of it has at most 100,000 characters."""


class _Cel(Engine):
    """The rules as one expression."""

    lists = False

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.reader = Reader(policy, lists=self.lists)
        self.ids = [rule.id for rule in policy.rules]
        self.parts = [infix(rule, self._test, " && ", "!") for rule in policy.rules]

    def _test(self, item: Condition) -> str:
        name = item.fact
        match self.reader.kinds[name]:
            case Kind.FLAG:
                return name if flag(item) else f"!{name}"
            case Kind.CHOICE:
                return f"{name} in {_list(item)}" if len(item.words) > 1 else f"{name} == {quoted(item.words[0])}"
            case Kind.TEXT:
                return f"({_some(item, name)})"
            case Kind.NAMES:
                return {
                    Operator.ANY: f"{name}.exists(x, {_some(item, 'x')})",
                    Operator.ONLY: f"size({name}) > 0 && {name}.all(x, {_some(item, 'x')})",
                    Operator.NONE: f"!{name}.exists(x, {_some(item, 'x')})",
                }[item.operator]
            case _:
                return measured(item, name)


class GoogleCel(_Cel):
    """`cel-expr-python`; it takes lists for sets, and no tuples."""

    lists = True

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        from cel_expr_python import cel  # noqa: PLC0415 one of the two may be absent

        of = {
            Kind.FLAG: cel.Type.BOOL,
            Kind.CHOICE: cel.Type.STRING,
            Kind.TEXT: cel.Type.STRING,
            Kind.NAMES: cel.Type.List(cel.Type.STRING),
        }
        kinds = {name: of.get(kind, cel.Type.INT) for name, kind in self.reader.kinds.items()}
        self.environment = cel.NewEnv(variables=kinds)
        self.expressions = [
            self.environment.compile(_every(self.parts[at : at + SHORT])) for at in range(0, len(self.parts), SHORT)
        ]

    def matching(self, *asked: object) -> Collection[object]:
        """Return the ids of the rules whose part is true."""
        given = self.environment.Activation(self.reader.values(*asked))  # type: ignore[arg-type]
        said = [expression.eval(given).plain_value() for expression in self.expressions]
        return list(itertools.compress(self.ids, said[0] if len(said) == 1 else itertools.chain(*said)))


class RustCel(_Cel):
    """`common-expression-language`."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        import cel  # noqa: PLC0415 one of the two may be absent

        self.program = cel.compile(_every(self.parts))

    def matching(self, *asked: object) -> Collection[object]:
        """Return the ids of the rules whose part is true."""
        return list(itertools.compress(self.ids, self.program.execute(self.reader.values(*asked))))  # type: ignore[arg-type]


def _every(parts: Sequence[str]) -> str:
    return "[" + ",\n".join(parts) + "]"


def _list(item: Condition) -> str:
    return "[" + ", ".join(map(quoted, item.words)) + "]"


def _some(item: Condition, name: str) -> str:
    if len(item.words) > 1 and not any("*" in word for word in item.words):
        return f"{name} in {_list(item)}"
    return " || ".join(pattern(word, name, FORMS) for word in item.words)
