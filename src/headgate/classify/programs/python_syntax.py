"""Python's syntax tree with its names and literals resolved, as far as the code itself tells."""

import ast

from headgate.classify.effect import HIDDEN
from headgate.classify.programs.code_entry import HOLE, MAX_DEPTH, MAX_STARTS
from headgate.classify.programs.options import words_of

_ENDLESS = words_of("serve_forever run_forever")


class Tree:
    """A syntax tree whose names are followed to what they were imported as or assigned once."""

    def __init__(self, tree: ast.Module) -> None:
        self.nodes = list(ast.walk(tree))
        self.names: dict[str, str] = {}
        self.values: dict[str, ast.expr | None] = {}
        for node in self.nodes:
            self.learn(node)

    def learn(self, node: ast.AST) -> None:
        """Take in what an import or an assignment says of a name."""
        match node:
            case ast.Import(names):
                self.names.update({item.asname: item.name for item in names if item.asname})
            case ast.ImportFrom(module, names) if module:
                self.names.update({item.asname or item.name: f"{module}.{item.name}" for item in names})
            case ast.Assign([ast.Name(name)], value):
                self.values[name] = None if name in self.values else value
                path = self.path(value) if isinstance(value, ast.Name | ast.Attribute) else ""
                if path:
                    self.names.setdefault(name, path)
            case ast.For(target=ast.Name(name)) | ast.AugAssign(target=ast.Name(name)) | ast.arg(arg=name):
                self.values[name] = None
            case _:
                pass

    def path(self, node: ast.expr) -> str:
        """Return the dotted name of *node*, imports resolved; empty where it has none."""
        match node:
            case ast.Name(name):
                return self.names.get(name, name)
            case ast.Attribute(value, name):
                inner = self.path(value)
                return f"{inner}.{name}" if inner else f"?.{name}"
            case ast.Call(ast.Name("__import__"), [ast.Constant(str(name)), *_]):
                return name
            case ast.Call(ast.Attribute(_, "import_module"), [ast.Constant(str(name)), *_]):
                return name
            case ast.Call(ast.Name("getattr"), [value, ast.Constant(str(name)), *_]):
                return f"{self.path(value)}.{name}"
            case _:
                return ""

    def text(self, node: ast.expr, depth: int = 0) -> str:
        """Return the string that *node* is, with `HIDDEN` for what is not known of it."""
        match node:
            case ast.Constant(str(value)):
                return value.replace(HOLE, HIDDEN)
            case ast.JoinedStr(parts):
                return "".join(self.text(part, depth + 1) for part in parts)
            case ast.BinOp(left, ast.Add(), right):
                return self.text(left, depth + 1) + self.text(right, depth + 1) if depth < MAX_STARTS else HIDDEN
            case ast.Name(name) if self.values.get(name) is not None and depth < MAX_DEPTH:
                return self.text(self.values[name] or node, depth + 1)
            case _:
                return "python3" if self.path(node) == "sys.executable" else HIDDEN

    def words(self, node: ast.expr, depth: int = 0) -> tuple[str, ...] | None:
        """Return the words of a list, or of a literal that is split; `None` where *node* is none."""
        match node:
            case ast.List(items) | ast.Tuple(items):
                return tuple(HIDDEN if isinstance(item, ast.Starred) else self.text(item) for item in items)
            case ast.Call(ast.Attribute(value, "split"), []):
                text = self.text(value)
                return tuple(text.split()) if text != HIDDEN else None
            case ast.Call(func, [value]) if self.path(func) == "shlex.split":
                return tuple(self.text(value).split()) if self.text(value) != HIDDEN else None
            case ast.BinOp(left, ast.Add(), right) if depth < MAX_DEPTH:
                head, tail = self.words(left, depth + 1), self.words(right, depth + 1)
                return None if head is None else (*head, *(tail or (HIDDEN,)))
            case ast.Name(name) if self.values.get(name) is not None and depth < MAX_DEPTH:
                return self.words(self.values[name] or node, depth + 1)
            case _:
                return None

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
