"""The texts, lists and numbers that Python's literals make: followed through names, formatting and decoding."""

import ast
import base64
import binascii
import codecs
import shlex
from collections.abc import Callable

from headgate.classify.effect import HIDDEN
from headgate.classify.programs.code_entry import HOLE
from headgate.classify.programs.options import words_of

Value = str | int | tuple[str, ...] | None
MAX_DEPTH = 12
_MAX_ITEMS = 64
_MAX_TEXT = 64 * 1024
_PATHS = words_of("pathlib.Path pathlib.PurePath pathlib.PosixPath Path str os.fspath os.path.abspath")
_PLAIN_METHODS: dict[str, Callable[[str], str]] = {
    "strip": str.strip,
    "lower": str.lower,
    "upper": str.upper,
    "decode": str,
    "encode": str,
    "lstrip": str.lstrip,
    "rstrip": str.rstrip,
    "as_posix": str,
    "resolve": str,
    "absolute": str,
    "expanduser": str,
    "swapcase": str.swapcase,
}


def decoded(path: str, text: str) -> str | None:
    """Return what the decoder called *path* makes of *text*; `None` where it is none, or *text* is not its own."""
    try:
        match path.rpartition(".")[2]:
            case "b64decode" | "standard_b64decode" | "urlsafe_b64decode" | "decodebytes" | "a2b_base64":
                return base64.b64decode(text.encode()).decode()
            case "b32decode":
                return base64.b32decode(text.encode()).decode()
            case "b16decode" | "fromhex" | "unhexlify" | "a2b_hex":
                return bytes.fromhex(text).decode()
            case _:
                return None
    except (ValueError, binascii.Error):
        return HIDDEN


class Values:
    """What the expressions of a syntax tree are, as far as the code itself tells."""

    def __init__(self) -> None:
        self.values: dict[str, ast.expr | None] = {}
        self.more: dict[str, list[ast.expr]] = {}
        self.bound: dict[str, Value] = {}

    def path(self, node: ast.expr) -> str:
        """Return the dotted name of *node*; the tree that knows the imports says how."""
        raise NotImplementedError

    def text(self, node: ast.expr, depth: int = 0) -> str:
        """Return the string that *node* is, with `HIDDEN` for what is not known of it."""
        found = self.value(node, depth)
        return str(found)[:_MAX_TEXT] if isinstance(found, str | int) else HIDDEN

    def words(self, node: ast.expr, depth: int = 0) -> tuple[str, ...] | None:
        """Return the words of a list, or of a literal that is split; `None` where *node* is none."""
        found = self.value(node, depth)
        return found if isinstance(found, tuple) else None

    def value(self, node: ast.expr, depth: int = 0) -> Value:  # noqa: C901, PLR0911, PLR0912 one case a kind of expression
        """Return the value of *node*; `None` where it is not known."""
        if depth > MAX_DEPTH:
            return None
        match node:
            case ast.Constant(str(text)):
                return text.replace(HOLE, HIDDEN)
            case ast.Constant(bytes(data)):
                return data.decode("utf-8", "replace")
            case ast.Constant(bool()):
                return None
            case ast.Constant(int(number)):
                return number
            case ast.Name(name):
                return self._name(node, name, depth)
            case ast.JoinedStr(parts):
                return "".join(self.text(part, depth + 1) for part in parts)
            case ast.FormattedValue(inner):
                return self.text(inner, depth + 1)
            case ast.List() | ast.Tuple() | ast.ListComp() | ast.GeneratorExp() | ast.Starred():
                return self._list(node, depth)
            case ast.BinOp():
                return self._operation(node, depth)
            case ast.Subscript(inner, index):
                return self._item(self.value(inner, depth + 1), index)
            case ast.Call():
                return self._made(node, depth)
            case ast.Await(inner) | ast.NamedExpr(value=inner):
                return self.value(inner, depth + 1)
            case _:
                return "python3" if self.path(node) == "sys.executable" else None

    def _name(self, node: ast.expr, name: str, depth: int) -> Value:
        if name in self.bound:
            return self.bound[name]
        known = self.values.get(name)
        if known is None:
            return "python3" if self.path(node) == "sys.executable" else None
        found = self.value(known, depth + 1)
        if name in self.more and isinstance(found, tuple):
            for item in self.more[name][:_MAX_ITEMS]:
                added = self.value(item, depth + 1)
                found = (*found, *added) if isinstance(added, tuple) else (*found, self.text(item, depth + 1))
        elif name in self.more and isinstance(found, str):
            found += "".join(self.text(item, depth + 1) for item in self.more[name][:_MAX_ITEMS])
        return found

    def _list(self, node: ast.expr, depth: int) -> Value:
        match node:
            case ast.List(items) | ast.Tuple(items):
                found: list[str] = []
                for item in items[:_MAX_ITEMS]:
                    inner = self.words(item.value, depth + 1) if isinstance(item, ast.Starred) else None
                    found.extend(inner if inner is not None else (self.text(item, depth + 1),))
                return tuple(found)
            case ast.ListComp(item, [only]) | ast.GeneratorExp(item, [only]) if isinstance(only.target, ast.Name):
                return self._each(only.target.id, self._items(only.iter, depth), item, depth)
            case _:
                return None

    def _items(self, node: ast.expr, depth: int) -> tuple[Value, ...] | None:
        """Return what a loop over *node* takes in turn."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set):
            return tuple(self.value(item, depth + 1) for item in node.elts[:_MAX_ITEMS])
        found = self.value(node, depth + 1)
        return tuple(found)[:_MAX_ITEMS] if isinstance(found, tuple | str) else None

    def _each(self, name: str, items: tuple[Value, ...] | None, item: ast.expr, depth: int) -> Value:
        if items is None:
            return None
        before = dict(self.bound)
        found: list[str] = []
        for value in items:
            self.bound[name] = value
            found.append(self.text(item, depth + 1))
        self.bound = before
        return tuple(found)

    def _operation(self, node: ast.BinOp, depth: int) -> Value:
        left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
        match node.op:
            case ast.Add():
                return _added(left, right)
            case ast.Mod() if isinstance(left, str):
                return _formatted(left, right)
            case ast.Div() if isinstance(left, str):
                return left.rstrip("/") + "/" + (right if isinstance(right, str) else HIDDEN)
            case ast.BitXor() if isinstance(left, int) and isinstance(right, int):
                return left ^ right
            case ast.Sub() if isinstance(left, int) and isinstance(right, int):
                return left - right
            case _:
                return None

    def _item(self, value: Value, index: ast.expr) -> Value:
        if not isinstance(value, str | tuple):
            return None
        match index:
            case ast.Slice(None, None, ast.UnaryOp(ast.USub(), ast.Constant(1))):
                return value[::-1]
            case ast.Slice(None | ast.Constant(int()) as lower, None | ast.Constant(int()) as upper, None):
                return value[_number(lower) : _number(upper)]
            case ast.Constant(int(at)) if -len(value) <= at < len(value):
                return value[at]
            case _:
                return None

    def _made(self, node: ast.Call, depth: int) -> Value:
        """Return what a call makes of values that are known."""
        path = self.path(node.func)
        texts = [self.value(item, depth + 1) for item in node.args[:_MAX_ITEMS]]
        first = texts[0] if texts else None
        if isinstance(node.func, ast.Attribute):
            done = self._method(self.value(node.func.value, depth + 1), node.func.attr, texts, node)
            if done is not None:
                return done
        if path in {"pathlib.Path.home", "Path.home"} or (path == "os.path.expanduser" and first == "~"):
            return "~"
        if path in {"os.path.join", *_PATHS} and first is not None:
            return "/".join(part if isinstance(part, str) else HIDDEN for part in texts)
        if path == "map" and len(node.args) == 2 and self.path(node.args[0]) == "chr":  # noqa: PLR2004 chr and numbers
            numbers = self._items(node.args[1], depth)
            return None if numbers is None else tuple(map(_letter, numbers))
        return self._decoded(path, first, texts)

    def _decoded(self, path: str, first: Value, texts: list[Value]) -> Value:  # noqa: PLR0911 one case a function
        if path == "chr":
            return _letter(first)
        if path in {"list", "tuple", "reversed", "sorted"} and isinstance(first, tuple):
            return first[::-1] if path == "reversed" else first
        if path == "shlex.split" and isinstance(first, str):
            try:
                return tuple(shlex.split(first))
            except ValueError:
                return None
        if path == "shlex.join" and isinstance(first, tuple):
            return shlex.join(first)
        if path in {"bytes", "bytearray"} and isinstance(first, tuple):
            return "".join(_letter(int(item)) if item.isdigit() else HIDDEN for item in first)
        if path == "codecs.decode" and isinstance(first, str) and texts[1:] in (["rot13"], ["rot_13"]):
            return codecs.decode(first, "rot13")
        return decoded(path, first) if isinstance(first, str) and first != HIDDEN else None

    def _method(self, value: Value, name: str, given: list[Value], node: ast.Call) -> Value:  # noqa: C901, PLR0911, PLR0912 one case a method
        match value, name, given:
            case str(), _, [] if name in _PLAIN_METHODS:
                return _PLAIN_METHODS[name](value)
            case str(), "decode" | "encode" | "strip", _:
                return value
            case str(), "format", _:
                return self._filled(value, given, node)
            case str(), "join", [tuple(items)]:
                return value.join(items)
            case str(), "split", []:
                return tuple(value.split()) if value != HIDDEN else None
            case str(), "split", [str(mark)] if mark:
                return tuple(value.split(mark))
            case str(), "replace", [str(old), str(new)]:
                return value.replace(old, new)
            case str(), "joinpath", _:
                return "/".join((value, *(part if isinstance(part, str) else HIDDEN for part in given)))
            case tuple(), "copy", _:
                return value
            case _:
                return None

    def _filled(self, value: str, given: list[Value], node: ast.Call) -> str:
        named = {item.arg: self.text(item.value) for item in node.keywords if item.arg}
        plain = [item if isinstance(item, str | int) else HIDDEN for item in given]
        try:
            return value.format(*plain, **named)
        except (IndexError, KeyError, ValueError, AttributeError):
            return HIDDEN


def _added(left: Value, right: Value) -> Value:
    if isinstance(left, tuple):
        return (*left, *right) if isinstance(right, tuple) else (*left, HIDDEN)
    if isinstance(left, int) and isinstance(right, int):
        return left + right
    if isinstance(left, int) or isinstance(right, int | tuple):
        return None
    return (HIDDEN if left is None else left) + (HIDDEN if right is None else right)


def _number(node: ast.expr | None) -> int | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int) else None


def _letter(value: Value) -> str:
    return chr(value) if isinstance(value, int) and 0 < value < 0x110000 else HIDDEN  # noqa: PLR2004 Unicode's end


def _formatted(text: str, given: Value) -> str:
    """Return *text* with its conversions filled."""
    items: tuple[str | int, ...] = given if isinstance(given, tuple) else (HIDDEN if given is None else given,)
    try:
        return text % tuple(items)
    except (TypeError, ValueError):
        return HIDDEN
