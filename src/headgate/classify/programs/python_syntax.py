"""Python's syntax tree with its names and literals resolved, as far as the code itself tells."""

import ast

from headgate.classify.effect import HIDDEN
from headgate.classify.programs.options import words_of
from headgate.classify.programs.python_values import Value, Values

MAX_TURNS = 24
"""More values than this of the names in one call are not told apart."""

_ENDLESS = words_of("serve_forever run_forever")


class Tree(Values):
    """A syntax tree whose names are followed to what they were imported as or assigned once."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__()
        self.nodes = list(ast.walk(tree))
        self.names: dict[str, str] = {}
        self.choices: dict[str, list[ast.expr]] = {}
        self.functions: dict[str, list[str]] = {}
        for node in self.nodes:
            self.learn(node)
        for node in self.nodes:
            self.given(node)

    def learn(self, node: ast.AST) -> None:  # noqa: C901, PLR0912 one case a kind of statement
        """Take in what an import, a definition or an assignment says of a name."""
        match node:
            case ast.Import(names):
                self.names.update({item.asname: item.name for item in names if item.asname})
            case ast.ImportFrom(module, names) if module:
                self.names.update({item.asname or item.name: f"{module}.{item.name}" for item in names})
            case (
                ast.Assign([ast.Name(name)], value)
                | ast.NamedExpr(ast.Name(name), value)
                | ast.AnnAssign(ast.Name(name), value=ast.expr() as value)
                | ast.withitem(value, ast.Name(name))
            ):
                self.values[name] = None if name in self.values else value
                path = self.path(value) if isinstance(value, ast.Name | ast.Attribute | ast.Call) else ""
                if path:
                    self.names.setdefault(name, path + "()" * isinstance(value, ast.Call))
            case ast.AugAssign(ast.Name(name), ast.Add(), value):
                self.more.setdefault(name, []).append(value)
            case ast.Call(ast.Attribute(ast.Name(name), "append" | "extend" | "insert"), [*_, value]):
                self.more.setdefault(name, []).append(value)
            case ast.For(target=ast.Name(name), iter=items) | ast.comprehension(target=ast.Name(name), iter=items):
                self.values[name] = None
                self.choices.setdefault(name, []).append(items)
            case ast.FunctionDef(name, args) | ast.AsyncFunctionDef(name, args):
                self.functions[name] = [item.arg for item in args.args if item.arg != "self"]
            case ast.AugAssign(target=ast.Name(name)) | ast.arg(arg=name):
                self.values[name] = None
            case _:
                pass

    def given(self, node: ast.AST) -> None:
        """Take in what a call gives to the parameters of a function of this code, or of a lambda."""
        match node:
            case ast.Call(ast.Name(name), args) if name in self.functions:
                names = self.functions[name]
            case ast.Call(ast.Lambda(parameters), args):
                names = [item.arg for item in parameters.args]
            case _:
                return
        for name, value in zip(names, args, strict=False):
            self.choices.setdefault(name, []).append(ast.List([value], ast.Load()))

    def bindings(self, node: ast.AST) -> list[dict[str, Value]]:
        """Return the values that the names in *node* take in turn, where loops and calls of this code give them."""
        used = [item.id for item in ast.walk(node) if isinstance(item, ast.Name) and item.id in self.choices]
        turns: list[dict[str, Value]] = [{}]
        for name in dict.fromkeys(used):
            items: list[Value] = []
            for source in self.choices[name]:
                found = self._items(source, 0)
                items.extend((None,) if found is None else found)
            turns = [turn | {name: item} for turn in turns for item in items][:MAX_TURNS]
        return turns or [{}]

    def path(self, node: ast.expr) -> str:  # noqa: C901, PLR0911, PLR0912 one case a way to write a name
        """Return the dotted name of *node*, imports resolved; empty where it has none."""
        match node:
            case ast.Name(name):
                return self.names.get(name, name)
            case ast.Attribute(value, name):
                inner = self.path(value)
                inner += "()" * (isinstance(value, ast.Call) and bool(inner) and not _imports(value))
                return f"{inner}.{name}" if inner else f"?.{name}"
            case ast.Call(ast.Name("__import__"), [name, *_]) | ast.Call(ast.Attribute(_, "import_module"), [name, *_]):
                return self.text(name)
            case ast.Call(ast.Name("getattr"), [value, name, *_]):
                return f"{self.path(value)}.{self.text(name)}"
            case ast.Call(func) | ast.Await(ast.Call(func)):
                return self.path(func)
            case ast.Subscript(ast.Attribute(value, "__dict__") | ast.Call(ast.Name("vars"), [value]), name):
                return f"{self.path(value)}.{self.text(name)}"
            case ast.Subscript(ast.Attribute() as value, name) if self.path(value) == "sys.modules":
                return self.text(name)
            case ast.Subscript(ast.Name() as value, name) if self.path(value) == "plumbum.local":
                return f"plumbum.cmd.{self.text(name)}"
            case _:
                return ""

    def keyword(self, node: ast.Call, *names: str) -> str:
        """Return the text of the keyword argument called one of *names*."""
        return next((self.text(item.value) for item in node.keywords if item.arg in names), HIDDEN)

    def imported(self) -> set[str]:
        """Return the modules and names that are imported."""
        found = {item.name for node in self.nodes if isinstance(node, ast.Import) for item in node.names}
        return found | set(self.names.values())

    def repeats(self) -> bool:
        """Whether the code has a loop."""
        return any(isinstance(node, ast.For | ast.AsyncFor | ast.While | ast.comprehension) for node in self.nodes)

    def waits(self) -> tuple[float, bool]:
        """Return the seconds that literal waits add up to, and whether one is in a loop without a bound."""
        seconds = sum(self.sleep(node) for node in self.nodes)
        endless = False
        for node in self.nodes:
            if isinstance(node, ast.Call):
                endless = (
                    endless
                    or self.path(node.func).rpartition(".")[2] in _ENDLESS
                    or self.path(node.func) == "uvicorn.run"
                )
            if isinstance(node, ast.While | ast.For):
                inside = sum(self.sleep(item) for item in ast.walk(node))
                endless = endless or (isinstance(node, ast.While) and (inside > 0 or _never_ends(node)))
                seconds += inside * (_turns(node) - 1)
        return seconds, endless

    def sleep(self, node: ast.AST) -> float:
        """Return the seconds that *node* waits, where it is a wait of literal length."""
        match node:
            case ast.Call(func, [ast.Constant(int() | float() as value)]) if self.path(func) in {
                "time.sleep",
                "asyncio.sleep",
            }:
                return float(value)
            case _:
                return 0.0


def _never_ends(node: ast.While) -> bool:
    ends = ast.Break | ast.Return | ast.Raise | ast.Call  # a call may raise
    return isinstance(node.test, ast.Constant) and not any(isinstance(item, ends) for item in ast.walk(node))


def _turns(node: ast.AST) -> int:
    match node:
        case ast.For(iter=ast.Call(ast.Name("range"), [ast.Constant(int(count))])) if 0 < count < 10**9:
            return count
        case ast.For(iter=ast.Call(ast.Name("range"), [ast.Constant(int(first)), ast.Constant(int(last))])) if (
            last > first
        ):
            return min(last - first, 10**9)
        case ast.For(iter=ast.List(items) | ast.Tuple(items)):
            return max(1, len(items))
        case _:
            return 1


def _imports(node: ast.Call) -> bool:
    """Whether a call gives a module, so that its attributes are the module's."""
    match node.func:
        case ast.Name("__import__" | "getattr") | ast.Attribute(_, "import_module"):
            return True
        case _:
            return False
