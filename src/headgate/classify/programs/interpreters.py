"""Interpreters: the code they are given is searched for the processes it starts."""

import ast
import re
import shlex
import warnings
from collections.abc import Iterator

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, SOME_MACHINE, Effect, change, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split
from headgate.classify.shell.guard import names_gate
from headgate.classify.shell.loops import digest
from headgate.classify.shell.quoting import ansi_c
from headgate.model.facts import Script, Workload

_LOOK = Effect(fx.READS)
_UNSURE = Effect(fx.UNSURE)
_FILTER = Effect(fx.READS | fx.FILTERS)
_MAX_CODE = 64 * 1024
_MAX_STARTS = 64
_MAX_DEPTH = 3
"""Scripts that scripts start are read this deep and no deeper."""

_HOLE = "ǁ"
"""Stands in code for `HIDDEN`, which no parser takes: a letter, so that it may be a name or part of a literal."""


# -- how an interpreter is called -------------------------------------------------------------


class _Language(msgspec.Struct, frozen=True):
    """An interpreter's options: those that hold code, take a value, take it attached only, or end at once.

    *shell* finds the words that start a process with a shell's text or a list of words.
    """

    code: frozenset[str] = frozenset()
    valued: frozenset[str] = frozenset()
    attached: str = ""
    looks: frozenset[str] = frozenset({"--version", "--help", "-v", "-h", "-V"})
    opens: frozenset[str] = frozenset({"-i"})
    starts: re.Pattern[str] | None = None
    texts: re.Pattern[str] | None = None
    unknown: re.Pattern[str] | None = None


class _Entry(msgspec.Struct):
    """What an interpreter was told to run: *code* texts, else a *script* (`-` for what is fed)."""

    code: list[str]
    options: set[str]
    script: str = ""
    rest: tuple[str, ...] = ()


def _entry(words: tuple[str, ...], language: _Language) -> _Entry:
    """Split *words*: options end at the first operand, which is the script unless an option held code."""
    entry = _Entry([], set())
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            break
        if not word.startswith("-") or word == "-":
            at -= 1
            break
        at += _option(entry, word, words[at : at + 1], language)
    if not entry.code and at < len(words):
        entry.script = words[at]
        at += 1
    entry.rest = words[at:]
    return entry


def _option(entry: _Entry, word: str, following: tuple[str, ...], language: _Language) -> int:
    """Take the option *word*; return how many of the *following* words it used."""
    name, equals, value = word.partition("=")
    if word.startswith("--") or name in language.looks:
        entry.options.add(name)
        takes = name in language.code or name in language.valued
        if name in language.code and (equals or following):
            entry.code.append(value if equals else following[0])
        return 1 if takes and not equals else 0
    for position, letter in enumerate(word[1:], start=2):
        name, rest = "-" + letter, word[position:]
        entry.options.add(name)
        if letter in language.attached:
            return 0
        if name in language.code or name in language.valued:
            if name in language.code and (rest or following):
                entry.code.append(rest or following[0])
            return 0 if rest else 1
    return 0


def _person(call: Call) -> Effect:
    shown = call.shows(Workload.INTERACTIVE, f"`{call.name}` waits for a person to type")
    return Effect(fx.INTERACTIVE | fx.UNSURE, shown)


def _alone(call: Call) -> Call:
    """Return *call* with nothing on its standard input, which it has read as its program."""
    return msgspec.structs.replace(call, stdin="", fed=True, piped=False)


def _fed(call: Call) -> str | None:
    """Return the program that is fed to *call*, or `None` where it cannot be known."""
    return (
        call.stdin if call.stdin is not None and call.stdin.strip(HIDDEN + " \n") else "" if call.stdin == "" else None
    )


def _unknown_input(call: Call) -> Effect:
    return call.opaque(f"what is fed to `{call.name}` cannot be known before it runs")


def _gate(call: Call, code: str) -> Effect:
    named = names_gate(code, call.around) if not call.machine and call.around.protected else ""
    if not named:
        return EMPTY
    why = f"its code names `{named}`, which belongs to the gate or installs it"
    return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, why))


# -- scripts ----------------------------------------------------------------------------------

_DEPLOYS = re.compile(r"(?:deploy|release|publish|rollout)(?:[_-].*)?\Z", re.IGNORECASE)
_NOT_DEPLOYS = re.compile(r"test|notes|check|plan|dry|status|list|lint|valid", re.IGNORECASE)
_TRAINS = re.compile(
    r"(?:train|finetune|fine_tune|pretrain)(?:[_-].*)?\Z|.*[_-](?:train|finetune|training)\Z", re.IGNORECASE
)
_ONLY_LOOKS = frozenset("--help -h --version --dry-run -n --check --list --plan".split())


_IN_SCRIPT = "its script starts processes that are not known before it runs"
"""Marks a script that starts what its arguments say, as most tools do: not `opaque`, but its name then tells more."""


def _script(call: Call, path: str, rest: tuple[str, ...], *, python: bool) -> Effect:
    """Return the effect of the script at *path*: what its name says, and what its code starts where it is Python's."""
    base = path.rpartition("/")[2]
    stem, _dot, kind = base.partition(".")
    if not kind and "/bin/" in path and known(path):
        return call.start((base, *rest))
    if base == "manage.py":
        return manage(msgspec.structs.replace(call, name=base, words=rest))
    if not _ONLY_LOOKS.isdisjoint(rest):
        return _UNSURE
    if _TRAINS.match(stem):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, f"`{base}` trains a model by its name"))
    deploys = bool(_DEPLOYS.match(stem)) and not _NOT_DEPLOYS.search(stem)
    where = call.absolute(path) if known(path) and not call.machine else ""
    code = call.around.read(where) if where and python and getattr(call.shell, "depth", 0) <= _MAX_DEPTH else None
    inside = _UNSURE
    if code is not None and len(code) <= _MAX_CODE and HIDDEN not in code:
        inside = change(_python_code(call, code, file=True), scripts=(Script(where, digest(code)),))
        deploys = deploys and any(item.message == _IN_SCRIPT for item in inside.evidence)
        inside = change(inside, evidence=tuple(item for item in inside.evidence if item.message != _IN_SCRIPT))
    if deploys:
        inside = change(inside, evidence=inside.evidence + call.shows(Workload.DEPLOY, f"`{base}` deploys by its name"))
    return inside


# -- Python -----------------------------------------------------------------------------------

_PYTHON = _Language(
    code=frozenset({"-c"}),
    valued=frozenset("-W -X -Q -m --check-hash-based-pycs".split()),
    looks=frozenset("--version --help -V -VV -h -? --help-all --help-env --help-xoptions".split()),
)
_AS_PROGRAM = {
    **{
        name: name
        for name in "pytest pip twine celery uvicorn gunicorn hypercorn daphne flask streamlit headgate".split()
    },
    **{
        name: name
        for name in "jupyter nox tox invoke ansible poetry virtualenv pipx ipython bpython ptpython mkdocs".split()
    },
    **{name: name for name in "django torchrun accelerate deepspeed alembic awscli aider uv mypy ruff black".split()},
    "IPython": "ipython",
    "django": "django-admin",
    "awscli": "aws",
    "torch.distributed.run": "torchrun",
    "torch.distributed.launch": "torchrun",
}
_SERVERS = frozenset(
    "http.server SimpleHTTPServer smtpd pyftpdlib aiosmtpd xmlrpc.server wsgiref.simple_server pydoc".split()
)
_REPLS = frozenset("pdb code asyncio ptpython idlelib IPython.terminal".split())
_MODULE_FILTERS = frozenset("json.tool tabnanny this platform site sysconfig dis ast tokenize base64 calendar".split())


def python(call: Call) -> Effect:
    """Run Python: code, a module, a script, what is fed, or a person's lines (python(1))."""
    words = call.words
    at = _module_at(words)
    if at >= 0:
        return _module(call, words[at + 1 :][:1], words[at + 2 :], words[at])
    entry = _entry(words, _PYTHON)
    if entry.options & _PYTHON.looks:
        return _LOOK
    if entry.code:
        found = _python_code(call, entry.code[0])
    elif entry.script not in {"", "-"}:
        found = _script(call, entry.script, entry.rest, python=True)
    elif call.fed:
        code = _fed(call)
        return _unknown_input(call) if code is None else _python_code(_alone(call), code)
    else:
        return _person(call)
    return join((found, _person(call))) if "-i" in entry.options else found


def _module_at(words: tuple[str, ...]) -> int:
    """Return where `-m` stands among Python's own options, or -1."""
    skip = False
    for at, word in enumerate(words):
        if skip:
            skip = False
        elif not word.startswith("-") or word in {"-", "--"} or "c" in word[1:2]:
            return -1
        elif word in {"-W", "-X"}:
            skip = True
        elif "m" in word[1:] and not word.startswith(("--", "-W", "-X", "-c")):
            return at
    return -1


def _module(call: Call, name: tuple[str, ...], rest: tuple[str, ...], option: str) -> Effect:
    attached = option.partition("m")[2]
    if attached:
        name, rest = (attached,), (*name, *rest)
    module = name[0] if name else ""
    if not module or HIDDEN in module:
        return call.opaque("the module it runs is not known before it runs") if module else _LOOK
    if module in _AS_PROGRAM:
        return call.start((_AS_PROGRAM[module], *rest))
    return _own_module(call, module, rest)


def _own_module(call: Call, module: str, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a module that is no program of its own."""
    if {"--help", "-h", "--version"} & set(rest[:1]):
        return _LOOK
    if module in _SERVERS and (module != "pydoc" or {"-p", "-b"} & set(rest)):
        return Effect(fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, f"`{module}` serves until it is ended"))
    if module in _REPLS and not call.fed:
        return _person(call)
    if module in _MODULE_FILTERS:
        return _FILTER
    return _script(call, module.removesuffix(".__main__").rpartition(".")[2], rest, python=False)


_SHELL_CALLS = frozenset(
    """os.system os.popen subprocess.getoutput subprocess.getstatusoutput commands.getoutput commands.getstatusoutput
    asyncio.create_subprocess_shell pexpect.spawn pexpect.run pexpect.spawnu invoke.run popen2.popen2""".split()
)
_WORD_CALLS = frozenset(
    """subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen pty.spawn
    asyncio.create_subprocess_exec""".split()
)
_EXEC_CALLS = re.compile(r"os\.(?:exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?)\Z")
_REMOTE_MODULES = ("paramiko.", "fabric.", "asyncssh.", "netmiko.", "pssh.", "spur.", "parallel_ssh.")
_CONNECTS = frozenset("connect Connection Transport SSHClient run create_connection".split())
_EVALUATES = frozenset("exec eval".split())
_ENDLESS = frozenset("serve_forever run_forever".split())
_HTTP = re.compile(r"(?:requests|httpx)\.(get|post|put|patch|delete|head)\Z")


def _python_code(call: Call, code: str, *, file: bool = False) -> Effect:
    """Return the effect of Python *code*: light but for what it starts, where it connects and how long it waits."""
    if len(code) > _MAX_CODE:
        return call.opaque("its code is too long to follow")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code.replace(HIDDEN, _HOLE))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return join((_UNSURE if file else call.opaque("its code cannot be read"), _gate(call, code)))
    scan = _Scan(call, tree, file=file)
    found = list(dict.fromkeys(scan.effects()))
    if scan.repeats() and any(SOME_MACHINE in effect.machines for effect in found):
        found.append(Effect(fx.LOOPS, call.shows(Workload.MULTI_HOST, "its code loops over hosts")))
    if scan.doubts:
        found.append(call.opaque(_IN_SCRIPT))
    seconds, endless = scan.waits()
    if endless:
        found.append(Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, "its code waits or serves without an end")))
    return change(join([_UNSURE, _gate(call, code), *found, EMPTY]), seconds=seconds)


class _Scan:
    """One look over a syntax tree; names are followed to what they were imported as or assigned once."""

    def __init__(self, call: Call, tree: ast.Module, *, file: bool) -> None:
        self.call = call
        self.file = file
        self.doubts = False
        self.nodes = list(ast.walk(tree))
        self.names: dict[str, str] = {}
        self.values: dict[str, ast.expr | None] = {}
        for node in self.nodes:
            self.learn(node)

    def learn(self, node: ast.AST) -> None:
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
                return value.replace(_HOLE, HIDDEN)
            case ast.JoinedStr(parts):
                return "".join(self.text(part, depth + 1) for part in parts)
            case ast.BinOp(left, ast.Add(), right):
                return self.text(left, depth + 1) + self.text(right, depth + 1) if depth < _MAX_STARTS else HIDDEN
            case ast.Name(name) if self.values.get(name) is not None and depth < _MAX_DEPTH:
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
            case ast.BinOp(left, ast.Add(), right) if depth < _MAX_DEPTH:
                head, tail = self.words(left, depth + 1), self.words(right, depth + 1)
                return None if head is None else (*head, *(tail or (HIDDEN,)))
            case ast.Name(name) if self.values.get(name) is not None and depth < _MAX_DEPTH:
                return self.words(self.values[name] or node, depth + 1)
            case _:
                return None

    def effects(self) -> Iterator[Effect]:
        """Yield the effect of every call that starts a process, connects, or removes files."""
        started = 0
        for node in self.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and _HOLE in node.value.id:
                yield self.call.opaque("part of its code is not known before it runs")
            if not isinstance(node, ast.Call):
                continue
            effect = self.one(node)
            started += effect is not EMPTY
            if started > _MAX_STARTS:
                yield self.call.opaque("its code starts more than is followed")
                return
            yield effect

    def one(self, node: ast.Call) -> Effect:
        """Return the effect of one call in the code."""
        path = self.path(node.func)
        if path in _SHELL_CALLS:
            return self.shell(node)
        if path in _WORD_CALLS:
            return self.started(node)
        if _EXEC_CALLS.match(path):
            return self.replaced(node)
        if path.startswith(_REMOTE_MODULES) or path.endswith(".connect"):
            return self.connected(node, path)
        return self.other(node, path)

    def shell(self, node: ast.Call) -> Effect:
        text = self.text(node.args[0]) if node.args else self.keyword(node, "cmd", "command")
        return self.run(text)

    def run(self, text: str) -> Effect:
        """Return the effect of a shell's *text*."""
        if not text.strip(HIDDEN + " "):
            return self.unknown()
        return self.partly(self.call.run(text)) if HIDDEN in text else self.call.run(text)

    def partly(self, effect: Effect) -> Effect:
        """Return the *effect* of words known in part: in a script the rest is left to its arguments."""
        if not self.file or not effect.has(Workload.OPAQUE):
            return effect
        self.doubts = True
        return effect.without(Workload.OPAQUE)

    def keyword(self, node: ast.Call, *names: str) -> str:
        return next((self.text(item.value) for item in node.keywords if item.arg in names), HIDDEN)

    def unknown(self) -> Effect:
        return self.partly(self.call.opaque("its code starts a process that is not known before it runs"))

    def started(self, node: ast.Call) -> Effect:
        """Return the effect of a list of words, or of a text with `shell=True`."""
        value = node.args[0] if node.args else next((item.value for item in node.keywords if item.arg == "args"), None)
        if value is None:
            return self.unknown()
        words = self.words(value)
        if words is None:
            text = self.text(value)
            words = (
                (text, *(self.text(item) for item in node.args[1:])) if self.path(node.func).endswith("_exec") else None
            )
            if words is None:
                return self.run(text)
        in_shell = any(item.arg == "shell" and not _false(item.value) for item in node.keywords)
        if not words or words[0].strip(HIDDEN) == "":
            return self.unknown()
        return self.run(words[0]) if in_shell else self.start(words)

    def start(self, words: tuple[str, ...]) -> Effect:
        """Return the effect of *words*; known ones go through a text, whose commands are counted."""
        if any(HIDDEN in word for word in words):
            return self.partly(self.call.start(words))
        return self.call.run(shlex.join(words))

    def replaced(self, node: ast.Call) -> Effect:
        """Return the effect of `os.exec…` and `os.spawn…`: a path, the program's own name, its words."""
        texts: list[str] = []
        for item in node.args:
            words = self.words(item)
            texts.extend(words if words is not None else (self.text(item),))
        if texts[:1] == [HIDDEN] and "spawn" in self.path(node.func):
            texts = texts[1:]
        return self.start((texts[0], *texts[2:])) if texts and texts[0] != HIDDEN else self.unknown()

    def connected(self, node: ast.Call, path: str) -> Effect:
        """Return the effect of a remote library: where it connects to, as far as that is a literal."""
        name = path.rpartition(".")[2]
        remote = any(
            imported.startswith(_REMOTE_MODULES) or imported + "." in _REMOTE_MODULES for imported in self.imported()
        )
        if not remote or (name not in _CONNECTS and not name.endswith(("Client", "Handler"))):
            return EMPTY
        target = self.text(node.args[0]) if node.args else self.keyword(node, "host", "hostname", "hosts")
        machines = (machine_of(target),) if target != HIDDEN else ()
        if name == "SSHClient" or not machines:
            machines = (
                ()
                if any(isinstance(item, ast.Attribute) and item.attr == "connect" for item in self.nodes)
                else (SOME_MACHINE,)
            )
        shown = self.call.shows(Workload.REMOTE_SESSION, "its code opens a session on another machine")
        return Effect(fx.UNSURE | fx.REMOTE | fx.NETWORK, shown, tuple(machine for machine in machines if machine))

    def imported(self) -> set[str]:
        found = {item.name for node in self.nodes if isinstance(node, ast.Import) for item in node.names}
        return found | set(self.names.values())

    def other(self, node: ast.Call, path: str) -> Effect:
        """Return the effect of code in code, of removed files and of requests."""
        if path in _EVALUATES and node.args:
            return self.evaluated(node.args[0])
        if path in {"shutil.rmtree", "os.remove", "os.unlink"} and node.args:
            target = self.text(node.args[0])
            if target == HIDDEN:
                return EMPTY
            return self.call.start(("rm", "-rf" if path == "shutil.rmtree" else "-f", "--", target))
        if path == "runpy.run_path" and node.args:
            return self.call.start(("python3", self.text(node.args[0])))
        match = _HTTP.match(path)
        if match and node.args and known(self.text(node.args[0])):
            return self.call.start(("curl", "-s", "-X", match[1].upper(), self.text(node.args[0])))
        return EMPTY

    def evaluated(self, node: ast.expr) -> Effect:
        text = self.text(node)
        if isinstance(node, ast.Call) and self.path(node.func) == "compile" and node.args:
            text = self.text(node.args[0])
        if HIDDEN in text:
            return self.partly(self.call.opaque("its code runs code that is not known before it runs"))
        return _python_code(self.call, text, file=self.file)

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
        match node:
            case ast.Call(func, [ast.Constant(int() | float() as value)]) if self.path(func) in {
                "time.sleep",
                "asyncio.sleep",
            }:
                return float(value)
            case _:
                return 0.0


def _false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value


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


# -- other languages: the words that start a process, and the literals behind them ---------------

_LITERAL = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`|q[qw]?\{([^}]*)\}|q[qw]?\(([^)]*)\))""",
    re.DOTALL,
)
_HOLES = re.compile(r"\$\{[^}]*\}|#\{[^}]*\}|[$@]\w+(?:[\[{][^\]}]*[\]}])?")
_BETWEEN = re.compile(r"[\s,\[\]]*")
_ENDS = frozenset(");{}]")
_BACKTICKS = re.compile(r"`((?:[^`\\]|\\.)*)`|%x[\[({]([^\])}]*)[\])}]|\bqx\s*[\[({/]([^\])}/]*)[\])}/]")
_C_LIKE = r"\s*\(\s*"
_PERL_STARTS = re.compile(r"(?<![\w$@%>{&:-])(?:system|exec|readpipe)(?:\s*\(\s*|\s+(?=['\"$@q]))")
_RUBY_STARTS = re.compile(
    r"(?<![\w$@>])(?:system|exec|spawn|IO\.popen|Open3\.\w+|Process\.spawn|PTY\.spawn)(?:\s*\(\s*|\s+(?=['\"$@%A-Za-z_]))"
)
_NODE_STARTS = re.compile(
    r"(?:(?<![\w.])|\.)(?:spawn|spawnSync|execFile|execFileSync|fork)\s*\(\s*"
    r"|(?:(?<![\w.])|(?:child_process['\"]?\s*\)?|\bcp|\bchildProcess|\bchild)\s*\.)exec\s*\(\s*|(?:(?<!\w))execSync\s*\(\s*"
)

_LANGUAGES: dict[str, _Language] = {
    "node": _Language(
        code=frozenset("-e --eval -p --print -pe".split()),
        valued=frozenset(
            "-r --require -C --conditions --import --loader --experimental-loader --env-file --input-type".split()
        ),
        starts=_NODE_STARTS,
        unknown=re.compile(r"(?<![\w.])eval\s*\(\s*[^'\"`\s)]|\bnew\s+Function\s*\(\s*[^'\"`\s)]"),
    ),
    "ruby": _Language(
        code=frozenset({"-e"}),
        valued=frozenset("-r -I -C -E -X".split()),
        attached="iFKTWx0",
        starts=_RUBY_STARTS,
        texts=_BACKTICKS,
        unknown=re.compile(r"(?<![\w.])(?:eval|instance_eval)[\s(]+[^'\"\s)]"),
    ),
    "perl": _Language(
        code=frozenset({"-e", "-E"}),
        valued=frozenset("-I -M -m".split()),
        attached="iFxCD0",
        starts=_PERL_STARTS,
        texts=_BACKTICKS,
        unknown=re.compile(
            r"(?<![\w$@%-])(?:eval[\s(]+[$<`]|open\b[^;]*['\"](?:-\||\|-|\||[^'\"]*\|\s*['\"])|do\s+[$<])"
        ),
    ),
    "php": _Language(
        code=frozenset("-r -B -R -E --run".split()),
        valued=frozenset("-d -c -t -z -S --server --docroot".split()),
        looks=frozenset("--version -v --help -h -m -i --ini -l --syntax-check --rf --rc --info".split()),
        opens=frozenset({"-a", "--interactive"}),
        starts=re.compile(r"(?<![\w$>:])(?:system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)" + _C_LIKE),
        texts=_BACKTICKS,
        unknown=re.compile(r"(?<![\w$>:])eval\s*\(\s*[^'\"\s)]|\b(?:call_user_func\w*|array_map)\s*\(\s*\$"),
    ),
    "lua": _Language(
        code=frozenset({"-e"}),
        valued=frozenset({"-l"}),
        looks=frozenset({"-v"}),
        starts=re.compile(r"\b(?:os\.execute|io\.popen|vim\.fn\.system)(?:\s*\(\s*|\s*(?=['\"]))"),
        unknown=re.compile(r"\bload(?:string)?\s*\(\s*[^'\"\s)]"),
    ),
    "Rscript": _Language(
        code=frozenset({"-e"}),
        valued=frozenset({"-f", "-g", "--file"}),
        starts=re.compile(r"(?<![\w.])(?:system2?|shell|pipe)" + _C_LIKE),
        unknown=re.compile(r"\beval\s*\(\s*parse|\bsource\s*\(\s*['\"]https?:"),
    ),
    "julia": _Language(
        code=frozenset("-e -E --eval --print".split()),
        valued=frozenset("-L --load -p --procs -t --threads -J --sysimage -H --home -C".split()),
        starts=re.compile(r"(?<![\w.])(?:run|read|readchomp|pipeline)\s*\(\s*(?=`|[a-z]\w*\s*\))"),
    ),
    "osascript": _Language(
        code=frozenset({"-e"}),
        valued=frozenset({"-l", "-s"}),
        looks=frozenset(),
        starts=re.compile(r"\bdo (?:shell )?script\s+"),
    ),
    "tclsh": _Language(looks=frozenset(), unknown=re.compile(r"\b(?:exec|open\s+[\"{]?\|)")),
    "ghci": _Language(code=frozenset({"-e"}), valued=frozenset({"-package"})),
}


def _code(call: Call, language: _Language, code: str) -> Effect:
    """Return the effect of *code*: light but for the processes it starts."""
    if not code.strip(HIDDEN + " \n") and code.strip():
        return call.opaque("its code is not known before it runs")
    if len(code) > _MAX_CODE:
        return call.opaque("its code is too long to follow")
    found = [_gate(call, code)]
    if language is not _LANGUAGES["node"] or "child_process" in code or "Bun." in code:
        found += [_process(call, code, match.end()) for match in _matches(language.starts, code)]
    for match in _matches(language.texts, code):
        found.append(call.run(_HOLES.sub(HIDDEN, next(group for group in match.groups() if group is not None))))
    if language.unknown is not None and language.unknown.search(code):
        found.append(call.opaque("its code runs code or a process that is not known before it runs"))
    return join([_UNSURE, *dict.fromkeys(found)])


def _matches(pattern: re.Pattern[str] | None, code: str) -> list[re.Match[str]]:
    return [] if pattern is None else list(pattern.finditer(code))[:_MAX_STARTS]


def _process(call: Call, code: str, at: int) -> Effect:
    """Return the effect of the process whose words start at *at*: literals are followed, the rest is unknown."""
    words: list[str] = []
    while True:
        gap = _BETWEEN.match(code, at)
        after = gap.end() if gap else at
        match = _LITERAL.match(code, after)
        if match is None or (words and after == at):
            break
        quote = match[0].lstrip()[0]
        text = next(group for group in match.groups() if group is not None)
        words.append(ansi_c(text) if quote == "'" else ansi_c(_HOLES.sub(HIDDEN, text.replace("\\$", "$"))))
        at = match.end()
    rest = code[at:].lstrip()
    if not words:
        return call.opaque("its code starts a process that is not known before it runs")
    if rest[:1] in {".", "+", "~", "%", "&"} or rest.startswith(("..", "<>")) or rest[:1].isalnum():
        words[-1] += HIDDEN
    elif rest.startswith(",") and _BETWEEN.sub("", rest, count=1)[:1] not in _ENDS | {"("} and not _callback(rest):
        words.append(HIDDEN)
    if len(words) == 1:
        return call.run(words[0].removesuffix("|"))
    return call.start(tuple(words))


def _callback(rest: str) -> bool:
    """Whether what follows a text is a function or an option, not a further word."""
    return re.match(r",\s*(?:function|async|\(|\w+\s*=>|intern|stdout|true|false|['\"]?r['\"]?\s*\))", rest) is not None


_ENDLESS_OPTIONS = {"node": frozenset({"--watch", "--watch-path"}), "php": frozenset({"-S", "--server"})}


def interpreter(call: Call) -> Effect:
    """Run code, a script, what is fed, or a person's lines."""
    language = _LANGUAGES[_KINDS[call.name]]
    entry = _entry(call.words, language)
    if entry.options & language.looks and not entry.code and not (entry.script and language is not _LANGUAGES["php"]):
        return _LOOK
    if entry.options & _ENDLESS_OPTIONS.get(_KINDS[call.name], frozenset()):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, f"`{call.name}` runs until it is ended"))
    if entry.code:
        return _code(call, language, "\n".join(entry.code))
    if entry.options & language.opens:
        return _person(call)
    if entry.script not in {"", "-"} and _KINDS[call.name] != "ghci":
        return _script(call, entry.script, entry.rest, python=False)
    return _from_input(call, language, entry)


def _from_input(call: Call, language: _Language, entry: _Entry) -> Effect:
    if call.fed:
        code = _fed(call)
        return _unknown_input(call) if code is None else _code(_alone(call), language, code)
    return _UNSURE if {"--test", "--file", "-f"} & entry.options else _person(call)


def r(call: Call) -> Effect:
    """Run R: its code, a script, a subcommand of `CMD`, or a person's lines (R(1))."""
    words = call.words
    if words[:1] == ("CMD",):
        return _UNSURE
    files = [word for at, word in enumerate(words) if word.startswith("--file=") or words[at - 1 : at] == ("-f",)]
    return _UNSURE if files else interpreter(call)


# -- awk -----------------------------------------------------------------------------------------

_AWK_STARTS = re.compile(r"\bsystem\s*\(\s*")
_AWK_READS = re.compile(r'"((?:[^"\\]|\\.)*)"\s*\|&?\s*getline')
_AWK_PRINTS = re.compile(r'\bprintf?\b[^;}\n]*?\|&?\s*"((?:[^"\\]|\\.)*)"')
_AWK_UNKNOWN = re.compile(r"[\w)\]]\s*\|&?\s*getline|\bprintf?\b[^;}\n|]*\s\|&?\s*[A-Za-z_(]")
_AWK_WRITES = re.compile(r"\bprintf?\b[^;}\n]*>\s*(?!\"/dev/)[\"A-Za-z_$(]")


def awk(call: Call) -> Effect:
    """Filter lines; a program may start others by `system`, or by pipes (awk(1))."""
    valued = frozenset(
        "-F -v -f -e -i -l -W -E --field-separator --assign --file --source --include --load --exec".split()
    )
    found = split(call.words, valued, stops=True)
    if found.has("--version", "--help", "-V"):
        return _LOOK
    if found.has("-f", "--file", "-E", "--exec", "-i", "--include"):
        return _UNSURE
    code = found.value("-e", "--source") or (found.operands[0] if found.operands else "")
    if not any(mark in code for mark in ("system", "|", ">", HIDDEN)):
        return _FILTER
    if not code.strip(HIDDEN + " "):
        return call.opaque("its program is not known before it runs")
    return _awk_program(call, code)


def _awk_program(call: Call, code: str) -> Effect:
    texts = [match[1] for pattern in (_AWK_READS, _AWK_PRINTS) for match in _matches(pattern, code)]
    started = [call.run(ansi_c(text)) for text in texts]
    for match in _matches(_AWK_STARTS, code):
        literal = _LITERAL.match(code, match.end())
        rest = code[literal.end() :].lstrip() if literal else ""
        text = ansi_c(literal[2] or "") if literal and literal[2] is not None else HIDDEN
        text += "" if rest.startswith(")") else HIDDEN
        started.append(
            call.run(text) if text.strip(HIDDEN) else call.opaque("its program runs a text that is not known")
        )
    if _AWK_UNKNOWN.search(code):
        started.append(call.opaque("its program starts a process that is not known before it runs"))
    written = [Effect(fx.CHANGES)] if _AWK_WRITES.search(code) else []
    return change(join([_FILTER, *started, *written]), rounds=1) if started or written else _FILTER


# -- programs of Python's world ------------------------------------------------------------------

_MANAGE_LONG = frozenset("runserver runserver_plus testserver qcluster process_tasks rqworker runworker celery".split())
_MANAGE_PERSON = frozenset("shell shell_plus dbshell createsuperuser changepassword".split())


def manage(call: Call) -> Effect:
    """Run a Django management command."""
    found = split(call.words, frozenset("--settings --pythonpath --database -v --verbosity -c --command".split()))
    name = found.operands[0] if found.operands else ""
    if not name or found.has("--help", "--version"):
        return _LOOK
    if name in _MANAGE_LONG:
        return Effect(fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, f"`{name}` serves until it is ended"))
    if name in {"flush", "reset_db", "sqlflush"} - {"sqlflush"}:
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "empties the database"))
    if name in {"shell", "shell_plus"} and (found.has("-c", "--command") or call.fed):
        code = found.value("-c", "--command") or _fed(call)
        return _unknown_input(call) if code is None else _python_code(_alone(call), code)
    if name in _MANAGE_PERSON and not call.fed and not found.has("--noinput", "--no-input"):
        return _person(call)
    return _LOOK if name in {"check", "showmigrations", "diffsettings", "sqlmigrate"} else _UNSURE


_SERVES = frozenset(
    "uvicorn gunicorn hypercorn daphne waitress-serve streamlit torchrun accelerate deepspeed voila".split()
)
_SERVE_WORDS: dict[str, frozenset[str]] = {
    "celery": frozenset("worker beat flower events multi".split()),
    "flask": frozenset({"run"}),
    "jupyter": frozenset("notebook lab server nbclassic".split()),
}


def server(call: Call) -> Effect:
    """Serve, or train, until it is ended or done; some subcommands only look."""
    if {"--version", "--help", "-h", "--check-config", "config", "env", "hello"} & set(call.words):
        return _LOOK
    words = _SERVE_WORDS.get(call.name)
    if words is None or not words.isdisjoint(call.words):
        return Effect(
            fx.UNSURE | fx.NETWORK, call.shows(Workload.LONG_RUNNING, f"`{call.name}` runs until it is ended")
        )
    if call.name == "flask" and call.words[-1:] == ("shell",):
        return _person(call)
    return _UNSURE


def console(call: Call) -> Effect:
    """Run a script, what is fed, or a person's lines."""
    found = split(call.words, frozenset("-r -I -c".split()))
    if found.has("--version", "--help", "-v", "-h"):
        return _LOOK
    if call.name in {"bpython", "ptpython"} or found.operands:
        return _script(call, found.operands[0], found.operands[1:], python=False) if found.operands else _person(call)
    if call.fed:
        code = _fed(call)
        return _unknown_input(call) if code is None else _code(_alone(call), _LANGUAGES["ruby"], code)
    return _person(call)


_KINDS = {
    **{name: name for name in _LANGUAGES},
    **dict.fromkeys(("nodejs", "bun-node"), "node"),
    **dict.fromkeys("jruby ruby2 ruby3 ruby3.2 ruby3.3".split(), "ruby"),
    **dict.fromkeys(("php7", "php8", "php-cli"), "php"),
    **dict.fromkeys("lua5.1 lua5.2 lua5.3 lua5.4 luajit texlua".split(), "lua"),
    **dict.fromkeys(("R", "Rterm"), "Rscript"),
    **dict.fromkeys(("wish", "tclsh8.6"), "tclsh"),
}
_PYTHONS = ("python", "python2", "python3", "python2.7", "pypy", "pypy3", "ipython", "ipython3", "py", "jython")

PROGRAMS = {
    **dict.fromkeys((*_PYTHONS, *(f"python3.{minor}" for minor in range(5, 17))), python),
    **dict.fromkeys(_KINDS, interpreter),
    **dict.fromkeys(("R", "Rterm"), r),
    **dict.fromkeys("awk gawk mawk nawk".split(), awk),
    **dict.fromkeys(("manage.py", "django-admin"), manage),
    **dict.fromkeys((*_SERVES, *_SERVE_WORDS, "jupyter-lab", "jupyter-notebook"), server),
    **dict.fromkeys("irb pry bpython ptpython".split(), console),
}
