"""Python code that reaches the gate: by our own package, or by a path that it puts together."""

import ast
import re
from collections.abc import Iterator

from headgate.classify.effect import EMPTY, Effect
from headgate.classify.programs.code_entry import control
from headgate.classify.programs.gate_code import imports, internal, value_reaches
from headgate.classify.programs.options import words_of
from headgate.classify.programs.python_libraries import Scan
from headgate.classify.programs.python_values import Value

IMPORTS = "its code imports the gate's own package, to call what only the gate calls"
_HINTS = re.compile(r"headgate|claude|codex|settings|daemon|gate\.(?:key|db)|AF_UNIX|/proc|authority|\*")
"""What code holds that may put together the path of a file of the gate."""

_LOADS = words_of("__import__ import_module run_module find_spec reload")
_GETS = words_of("os.getenv os.environ.get")
_USUAL = frozenset({"HOME", "PWD", "OLDPWD", "HEADGATE_HOME"})


class Reach(Scan):
    """A look over code for what reaches the gate by names and values."""

    def value(self, node: ast.expr, depth: int = 0) -> Value:
        """Return the value of *node*; that of a variable of the environment is what the text set."""
        match node:
            case ast.Subscript(inner, name) if self.path(inner) == "os.environ":
                return self.variable(self.text(name, depth + 1))
            case ast.Call(func, [name, *_]) if self.path(func) in _GETS:
                return self.variable(self.text(name, depth + 1))
            case ast.Call(func, [name, *_]) if self.path(func) == "shutil.which":
                return self.value(name, depth + 1)
            case _:
                return super().value(node, depth)

    def variable(self, name: str) -> Value:
        """Return what the text set the variable *name* to; `None` where it did not, or nobody knows."""
        return self.call.environment.get(name)

    def gate(self, code: str) -> Effect:
        """Return the effect of what in *code* reaches the gate by names and values that it puts together."""
        if self.call.machine:
            return EMPTY
        if "headgate" in code and (imports(self.imported()) or any(map(self.loads, self.nodes))):
            return control(self.call, IMPORTS)
        if not self.call.around.protected or not (_HINTS.search(code) or self.call.environment.keys() - _USUAL):
            return EMPTY
        found = value_reaches(self.paths(), self.call.cwd, self.call.around)
        return control(self.call, f"its code names `{found}`, which belongs to the gate") if found else EMPTY

    def loads(self, node: ast.AST) -> bool:
        """Whether *node* is a call that loads a part of our package by its name."""
        if not isinstance(node, ast.Call) or not node.args:
            return False
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        return name in _LOADS and internal(self.text(node.args[0]))

    def paths(self) -> Iterator[str]:
        """Yield the texts that are given to calls, or put together, as far as they are known."""
        for node in self.nodes:
            match node:
                case ast.Call(args=args, keywords=named):
                    yield from (self.text(item) for item in (*args, *(item.value for item in named)))
                    if isinstance(node.func, ast.Attribute):
                        yield self.text(node.func.value)
                case ast.BinOp() | ast.JoinedStr():
                    yield self.text(node)
                case _:
                    pass
