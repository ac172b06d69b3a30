"""What classification may know of this machine."""

import glob
import json
import os
import pwd
import socket
import stat
import sys
from functools import lru_cache
from itertools import islice
from pathlib import Path

from headgate.classify.client_rules import ClientRules, client_allows, client_rule
from headgate.classify.shell.loops import digest
from headgate.classify.surroundings import Surroundings
from headgate.classify.tool_map import Entry, ToolMap
from headgate.host import operator
from headgate.host.acting import acting
from headgate.host.home import Home
from headgate.host.named_files import named
from headgate.host.operator import OperatorFiles, Reading
from headgate.model.action import Action, ToolAction
from headgate.model.facts import Script
from headgate.model.pool import LOCAL, Pool, Staff

MAX_SCRIPT = 64 * 1024
"""Bytes of a script that are read; a longer one is `opaque`."""

MAX_MATCHES = 100

_SUFFIXES = (
    "/.claude/settings.json",
    "/.claude/settings.local.json",
    "/.claude/hooks",
    "/.claude/plugins",
    "/.claude-plugin",
    "/.codex/hooks.json",
    "/.codex/config.toml",
    "/.codex/rules",
    "/.headgate",
)
_IN_HOME = (
    ".claude/settings.json",
    ".claude/shell-snapshots",
    ".claude/session-env",
    ".claude.json",
    ".codex/hooks.json",
    ".codex/config.toml",
    ".codex/rules",
    ".config/headgate",
)
_SYSTEM = ("/etc/headgate", "/etc/claude-code", "/etc/codex", "/Library/Application Support/ClaudeCode")


def read_script(path: str) -> str | None:
    """Return the text of the small regular file at *path*; `None` where there is none, or it is no text."""
    try:
        found = os.stat(path)  # noqa: PTH116 asked for every file of every call
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode) or found.st_size > MAX_SCRIPT:
        return None
    return _text(path, (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino, found.st_dev))


@lru_cache(maxsize=64)
def _text(path: str, _state: tuple[int, ...]) -> str | None:
    """Return the text of the file at *path*; what tells one state of it from another is part of the key."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            content = file.read(MAX_SCRIPT + 1)
    except (OSError, ValueError):
        return None
    if len(content) > MAX_SCRIPT or b"\0" in content:
        return None
    return content.decode("utf-8", "replace")


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def changed(script: Script) -> bool:
    """Whether the file of *script* is not what it was when it was read."""
    content = read_script(script.path)
    return content is None or digest(content) != script.sha256


def matching(pattern: str) -> tuple[str, ...]:
    """Return the paths that the absolute *pattern* fits, in order, as glob(7) has them; not more than a hundred."""
    folder = pattern.rpartition("/")[0]
    try:
        found = os.stat(folder) if glob.has_magic(folder) is False else None  # noqa: PTH116 asked for every call
    except (OSError, ValueError):
        return ()
    return _matching(pattern, (found.st_mtime_ns, found.st_ctime_ns, found.st_ino)) if found else _glob(pattern)


@lru_cache(maxsize=64)
def _matching(pattern: str, _state: tuple[int, ...]) -> tuple[str, ...]:
    return _glob(pattern)


def _glob(pattern: str) -> tuple[str, ...]:
    try:
        return tuple(sorted(map(str, islice(Path("/").glob(pattern.lstrip("/")), MAX_MATCHES))))
    except (OSError, ValueError, NotImplementedError):
        return ()


def _hostnames() -> tuple[str, ...]:
    """Return the names of this machine: the whole one, the short one, and the one it has on its own network."""
    whole = socket.gethostname().lower().rstrip(".")
    short = whole.partition(".")[0]
    return tuple(dict.fromkeys(filter(None, (whole, short, f"{short}.local"))))


class HostWorld:
    """This machine, for the gate of one *home*; *pids* are the processes of the gate.

    *shipped* are the entries of the tool map that stand behind the operator's own. Raises `HeadgateError` HG111
    where the operator's configuration is wrong.
    """

    def __init__(self, home: Home, pids: tuple[int, ...] = (), shipped: tuple[Entry, ...] = ()) -> None:
        self.home = home
        self.pids = pids
        self.no_new_privs = False
        self._user = str(Path.home())
        self._shipped = shipped
        self._operator = OperatorFiles(operator.places(self._user))
        self._own = _protected(home, self._user)
        self._heed(self._operator.reading())
        self._shell = client_shell()
        self._hostnames = _hostnames()

    def _heed(self, reading: Reading) -> None:
        self._reading = reading
        self._tools = ToolMap((*reading.configuration.tools, *self._shipped))
        self._tools.entry(ToolAction(""))  # its patterns are compiled now, and not on the way of a call
        found = named(reading.configuration)
        self._api = found.api
        self._protected = (*self._own, *found.secrets, *found.files)
        self._private = (str(self.home.path), *found.secrets)

    def reading(self) -> Reading:
        """Return what the operator's configuration says now; a file that changed is read again."""
        reading = self._operator.reading()
        if reading is not self._reading:
            self._heed(reading)
        return reading

    def pools(self) -> dict[str, Pool]:
        """Return the operator's pools by name, as last read; `local` is always there."""
        return {LOCAL: Pool(LOCAL)} | {pool.name: pool for pool in self._reading.configuration.pools}

    def staff(self) -> Staff:
        """Return who is there to take jobs, as last read."""
        return Staff(tuple(self.pools()), tuple(agent.name for agent in self._reading.configuration.agents))

    def surroundings(self, comfort: float) -> Surroundings:
        """Return what the classifier may know, with its port to files."""
        reading = self.reading()
        return Surroundings(
            home=self._user,
            protected=self._protected,
            protected_suffixes=_SUFFIXES,
            private=self._private,
            gate_pids=self.pids,
            comfort=comfort,
            read=acting()(read_script),
            shell=self._shell,
            inventory=reading.configuration.inventory,
            tools=self._tools,
            matching=acting()(matching),
            hostnames=self._hostnames,
            api=self._api,
            no_new_privs=self.no_new_privs,
        )

    def client_allows(self, action: Action) -> bool:
        """Whether Claude Code's own rules let *action* run without a prompt, for certain."""
        return client_allows(action, self._rules(action.cwd))

    def client_rule(self, action: Action) -> str:
        """Return what Claude Code's own permission rules say of *action*: `none`, `ask` or `deny`."""
        return client_rule(action, self._rules(action.cwd))

    def _rules(self, cwd: str) -> ClientRules:
        with acting():
            return claude_rules(cwd, self._user)


def client_shell() -> str:
    """Return the shell that clients run texts with: `bash` only where it can be no other; empty where nobody knows.

    Claude Code takes `CLAUDE_CODE_SHELL`, else `SHELL`, where that is bash or zsh, else what it finds installed.
    """
    named = {Path(os.environ[name]).name for name in ("CLAUDE_CODE_SHELL", "SHELL") if os.environ.get(name)}
    if not any(os.access(folder + "/zsh", os.X_OK) for folder in (*_BINARIES, *os.get_exec_path())):
        return "bash"
    named.add(Path(pwd.getpwuid(os.getuid()).pw_shell).name)
    return named.pop() if len(named) == 1 else ""


_BINARIES = ("/bin", "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")


def claude_rules(cwd: str, user: str) -> ClientRules:
    """Return the deny, ask and allow rules of the settings files that hold in *cwd*."""
    deny: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()
    for file in _settings_files(cwd, user):
        try:
            found = Path(file).stat()
        except (OSError, ValueError):
            continue
        rules = _rules_in(file, found.st_mtime_ns, found.st_size, found.st_ino)
        deny, ask, allow = deny + rules.deny, ask + rules.ask, allow + rules.allow
    return ClientRules(deny, ask, allow) if deny or ask or allow else _NO_RULES


_MANAGED = (
    "/etc/claude-code/managed-settings.json",
    "/Library/Application Support/ClaudeCode/managed-settings.json",
)
_NO_RULES = ClientRules()


@lru_cache(maxsize=256)
def _settings_files(cwd: str, user: str) -> tuple[str, ...]:
    folders = [cwd, *(str(folder) for folder in Path(cwd).parents)] if cwd.startswith("/") else []
    names = ("settings.json", "settings.local.json")
    own = [f"{folder.rstrip('/')}/.claude/{name}" for folder in folders for name in names]
    return tuple(dict.fromkeys((f"{user}/.claude/settings.json", *_MANAGED, *own)))


@lru_cache(maxsize=256)
def _rules_in(file: str, _mtime: int, _size: int, _inode: int) -> ClientRules:
    """Return the rules of one file; what tells one state of it from another is part of the key."""
    try:
        settings = json.loads(Path(file).read_bytes())
    except (OSError, ValueError):
        return _NO_RULES
    permissions = settings.get("permissions") if isinstance(settings, dict) else None
    if not isinstance(permissions, dict):
        return _NO_RULES
    return ClientRules(*(tuple(_strings(permissions.get(kind))) for kind in ("deny", "ask", "allow")))


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _protected(home: Home, user: str) -> tuple[str, ...]:
    """Return the files and folders that are the gate, or install it."""
    programs = Path(sys.argv[0] or sys.executable).absolute().parent
    package = Path(__file__).resolve().parent.parent
    tools = (str(programs / name) for name in ("headgate", "headgate-hook", "headgate-shim"))
    own = [str(home.path), str(package), *tools]
    codex = os.environ.get("CODEX_HOME", "")
    elsewhere = [f"{codex}/{name}" for name in ("hooks.json", "config.toml", "rules")] if os.path.isabs(codex) else []  # noqa: PTH117 it may be empty
    return (*own, *elsewhere, *(f"{user}/{name}" for name in _IN_HOME), str(operator.folder(user)), *_SYSTEM)
