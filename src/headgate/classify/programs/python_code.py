"""Python code: the processes it starts, the machines it connects to and the time it waits."""

import ast
import re
import shlex
import warnings
from collections.abc import Iterator

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, SOME_MACHINE, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.code_entry import (
    HOLE,
    IN_SCRIPT,
    MAX_CODE,
    MAX_STARTS,
    UNSURE,
    control,
    names_the_gate,
)
from headgate.classify.programs.gate_code import imports_by_text
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import words_of
from headgate.classify.programs.python_gate import IMPORTS, Reach
from headgate.classify.programs.python_libraries import library
from headgate.model.facts import Workload

_SHELL_CALLS = words_of(
    """
    os.system os.popen subprocess.getoutput subprocess.getstatusoutput commands.getoutput commands.getstatusoutput
    asyncio.create_subprocess_shell pexpect.spawn pexpect.run pexpect.spawnu invoke.run popen2.popen2
    """
)
_WORD_CALLS = words_of(
    """
    subprocess.run subprocess.call subprocess.check_call subprocess.check_output subprocess.Popen pty.spawn
    asyncio.create_subprocess_exec
    """
)
_EXEC_CALLS = re.compile(r"os\.(?:exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?)\Z")
_REMOTE_MODULES = ("paramiko.", "fabric.", "asyncssh.", "netmiko.", "pssh.", "spur.", "parallel_ssh.")
_CONNECTS = words_of("connect Connection Transport SSHClient run create_connection")
_EVALUATES = words_of("exec eval")
_NAMES_HOST = words_of("connect Connection create_connection Transport ConnectHandler SSHClient ParallelSSHClient")
_RUNS_FAR = words_of(
    "exec_command run sudo run_command send_command send_command_timing execute create_process check_output"
)
_MOVES = words_of("put get upload download sftp_put scp put_r get_r")
_AS_FUNCTION = re.compile(r"(?:sh|plumbum\.cmd)\.(\w+)\Z")
_NO_PROGRAMS = words_of("Command ErrorReturnCode pushd contrib glob cd")


def python_code(call: Call, code: str, *, file: bool = False) -> Effect:
    """Return the effect of Python *code*: light but for what it starts, where it connects and how long it waits."""
    if len(code) > MAX_CODE:
        return call.opaque("its code is too long to follow")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code.replace(HIDDEN, HOLE))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        unread = (call.opaque("its code cannot be read"), names_the_gate(call, code))
        return join((*unread, control(call, IMPORTS) if imports_by_text(code) and not call.machine else EMPTY))
    scan = _Scan(call, tree, file=file)
    found = list(dict.fromkeys(scan.effects()))
    if scan.repeats() and any(SOME_MACHINE in effect.machines for effect in found):
        found.append(Effect(fx.LOOPS, call.shows(Workload.MULTI_HOST, "its code loops over hosts")))
    if scan.doubts:
        found.append(call.opaque(IN_SCRIPT))
    seconds, endless = scan.waits()
    if endless:
        found.append(Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, "its code waits or serves without an end")))
    return change(join([UNSURE, names_the_gate(call, code), scan.gate(code), *found, EMPTY]), seconds=seconds)


class _Scan(Reach):
    """One look over the code of a call: what it starts, where it connects, what it removes."""

    def __init__(self, call: Call, tree: ast.Module, *, file: bool) -> None:
        super().__init__(tree)
        self.call = call
        self.file = file
        self.doubts = False
        self.known_machines: tuple[str, ...] | None = None

    def effects(self) -> Iterator[Effect]:
        """Yield the effect of every call that starts a process, connects, or removes files."""
        started = 0
        for node in self.nodes:
            if isinstance(node, ast.Expr) and isinstance(node.value, ast.Name) and HOLE in node.value.id:
                yield self.call.opaque("part of its code is not known before it runs")
            if not isinstance(node, ast.Call):
                continue
            for effect in self.turns(node):
                started += effect is not EMPTY
                if started > MAX_STARTS:
                    yield self.call.opaque("its code starts more than is followed")
                    return
                yield effect

    def turns(self, node: ast.Call) -> Iterator[Effect]:
        """Yield the effect of one call, for each value that a loop or its callers give the names in it."""
        for turn in self.bindings(node):
            self.bound = turn
            yield self.one(node)
        self.bound = {}

    def one(self, node: ast.Call) -> Effect:
        """Return the effect of one call in the code."""
        path = self.path(node.func)
        if path in _SHELL_CALLS or (path.startswith("ctypes.") and path.endswith((".system", ".popen"))):
            return self.shell(node)
        if path in _WORD_CALLS:
            return self.started(node)
        if _EXEC_CALLS.match(path):
            return self.replaced(node)
        if path.startswith(_REMOTE_MODULES) or path.endswith(".connect"):
            return join((self.connected(node, path), self.far(node, path)))
        return self.other(node, path)

    def shell(self, node: ast.Call) -> Effect:
        text = self.text(node.args[0]) if node.args else self.keyword(node, "cmd", "command")
        more = self.words(node.args[1]) if len(node.args) > 1 else None  # pexpect takes the words apart
        return self.start((text, *more)) if more is not None and text != HIDDEN else self.run(text)

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
        path = self.path(node.func)
        if texts[:1] == [HIDDEN] and "spawn" in path and "posix" not in path:
            texts = texts[1:]
        if path.endswith("e") or "posix" in path:
            texts = texts[: -1 if texts[-1:] == [HIDDEN] else None]  # the environment stands last
        return self.start((texts[0], *texts[2:])) if texts and texts[0] != HIDDEN else self.unknown()

    def connected(self, node: ast.Call, path: str) -> Effect:
        """Return the effect of a remote library: where it connects to, as far as that is a literal."""
        name = path.rpartition(".")[2]
        if (
            not self.reaches()
            or (name in _RUNS_FAR and "()" in path)
            or (name not in _CONNECTS and not name.endswith(("Client", "Handler")))
        ):
            return EMPTY
        machines = self.host(node)
        if name == "SSHClient" or not machines:
            machines = () if self.machines() else (SOME_MACHINE,)
        shown = self.call.shows(Workload.REMOTE_SESSION, "its code opens a session on another machine")
        return Effect(fx.UNSURE | fx.REMOTE | fx.NETWORK, shown, machines)

    def reaches(self) -> bool:
        """Whether the code imports a library for other machines."""
        return any(name.startswith(_REMOTE_MODULES) or name + "." in _REMOTE_MODULES for name in self.imported())

    def host(self, node: ast.Call) -> tuple[str, ...]:
        """Return the machine that a call of a remote library names."""
        target = self.text(node.args[0]) if node.args else self.keyword(node, "host", "hostname", "hosts")
        machine = machine_of(target) if HIDDEN not in target else ""
        return (machine,) if machine else ()

    def machines(self) -> tuple[str, ...]:
        """Return the machines that the code connects to by name."""
        if self.known_machines is None:
            calls = [node for node in self.nodes if isinstance(node, ast.Call)]
            named = [self.host(node) for node in calls if self.path(node.func).rpartition(".")[2] in _NAMES_HOST]
            self.known_machines = tuple(dict.fromkeys(machine for machines in named for machine in machines))
        return self.known_machines

    def far(self, node: ast.Call, path: str) -> Effect:
        """Return the effect of a text that a connection runs on its machine, or of a file that it moves."""
        name = path.rpartition(".")[2]
        if name in _MOVES and self.reaches():
            return Effect(fx.CHANGES, self.call.shows(Workload.TRANSFER, "its code moves files between machines"))
        if name not in _RUNS_FAR or "()" not in path or not self.reaches():
            return EMPTY
        text = self.text(node.args[0]) if node.args else self.keyword(node, "command", "command_string")
        if text.strip(HIDDEN) == "":
            return EMPTY
        inside = self.partly(self.call.run(text, next(iter(self.machines()), SOME_MACHINE)))
        return change(inside.without(Workload.REMOTE_PROBE), probes=0)

    def other(self, node: ast.Call, path: str) -> Effect:
        """Return the effect of code in code, and of calls that libraries carry out."""
        if path in _EVALUATES and node.args:
            return self.evaluated(node.args[0])
        if path == "runpy.run_path" and node.args:
            return self.call.start(("python3", self.text(node.args[0])))
        if path == "runpy.run_module" and node.args:
            return self.call.start(("python3", "-m", self.text(node.args[0])))
        if path.startswith(("os.\0", "subprocess.\0")):
            return self.unknown()
        program = _AS_FUNCTION.match(path)
        if program and program[1] not in _NO_PROGRAMS:
            texts = (self.text(item) for item in node.args)
            return self.start((program[1].replace("_", "-"), *texts))
        return join((self.far(node, path), library(self, node, path)))

    def evaluated(self, node: ast.expr) -> Effect:
        text = self.text(node)
        if isinstance(node, ast.Call) and self.path(node.func) == "compile" and node.args:
            text = self.text(node.args[0])
        if HIDDEN in text:
            return self.partly(self.call.opaque("its code runs code that is not known before it runs"))
        return python_code(self.call, text, file=self.file)


def _false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and not node.value
