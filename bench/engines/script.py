"""Starlark in Rust, through starlark-pyo3: one function of `if` lines that lists the ids of the rules that match."""

from collections.abc import Collection

import starlark

from engines.engine import Engine, Reader, flag, infix, measured, pattern, quoted
from headgate.decide.conditions import Condition, Operator
from headgate.decide.policy import Policy
from headgate.decide.schema import Kind

FORMS = {
    "is": "{0} == {1}",
    "head": "{0}.startswith({1})",
    "tail": "{0}.endswith({1})",
    "inner": "{1} in {0}",
    "size": "len({0}) >= {1}",
    "both": " and ",
    "bracket": "({0})",
}


class Starlark(Engine):
    """`FrozenModule.call`."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.reader = Reader(policy)
        lines = [f"def matching({', '.join(self.reader.names)}):", "    found = []"]
        lines += [
            f"    if {infix(rule, self._test, ' and ', 'not ')}: found.append({quoted(rule.id)})"
            for rule in policy.rules
        ]
        text = "\n".join([*lines, "    return found", ""])
        module = starlark.Module()
        starlark.eval(module, starlark.parse("gate.star", text), starlark.Globals.standard())
        self.module = module.freeze()

    def matching(self, *asked: object) -> Collection[object]:
        """Return the ids that the function lists."""
        values = self.reader.values(*asked)  # type: ignore[arg-type]
        found: list[str] = self.module.call("matching", *values.values())
        return found

    def _test(self, item: Condition) -> str:
        name = item.fact
        match self.reader.kinds[name]:
            case Kind.FLAG:
                return name if flag(item) else f"not {name}"
            case Kind.CHOICE:
                words = ", ".join(map(quoted, item.words))
                return f"{name} in [{words}]" if len(item.words) > 1 else f"{name} == {words}"
            case Kind.TEXT:
                return f"({_some(item, name)})"
            case Kind.NAMES:
                some = f"[{_some(item, 'x')} for x in {name}]"
                return {
                    Operator.ANY: f"any({some})",
                    Operator.ONLY: f"{name} and all({some})",
                    Operator.NONE: f"not any({some})",
                }[item.operator]
            case _:
                return measured(item, name)


def _some(item: Condition, name: str) -> str:
    return " or ".join(pattern(word, name, FORMS) for word in item.words)
