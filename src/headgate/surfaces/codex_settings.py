"""Codex's files: its hooks, and the rules that hold where its hooks do not run."""

import os
import shlex
from pathlib import Path

import msgspec

from headgate.surfaces import hooks_file
from headgate.surfaces.hooks_file import read, real, replace, unusable

DECIDE_TIMEOUT = 30
"""Seconds the client gives the deciding hook, and lets the call run after: more than the hook's own watchdog (27)."""

_OBSERVED = ("PostToolUse", "UserPromptSubmit", "SessionStart")

_GUARDED = (
    '"$0" "$@"; s=$?; case $s in 0|2) exit $s;; esac; '
    'echo "HG017 headgate: the hook program failed with status $s; run headgate install codex again" >&2; exit 2'
)
"""Runs the words behind it; the client would let a call run where its hook is missing, killed, or fails otherwise."""

_OURS = "# Written by `headgate install codex`"
_HEAD = f"{_OURS}; taken away by `headgate uninstall codex`. Keep rules of your own elsewhere.\n"

_READS = ("attach", "cancel", "job", "jobs", "status")
"""Commands of ours that talk to the daemon: the client's sandbox would keep them from its socket."""

_REMOTE = ("ssh", "scp", "sftp", "rsync", "mosh", "autossh", "sshpass")
_FLEETS = ("ansible", "ansible-playbook", "salt", "pssh", "parallel-ssh", "pdsh", "clush", "knife", "fab")
_CHANGES = {
    "kubectl": ("apply", "create", "delete", "drain", "edit", "exec", "patch", "replace", "rollout", "scale", "set"),
    "helm": ("install", "rollback", "uninstall", "upgrade"),
    "terraform": ("apply", "destroy"),
    "systemctl": ("isolate", "poweroff", "reboot", "reload", "restart", "start", "stop"),
}


class Installation(msgspec.Struct, frozen=True):
    """What to register: the hook program, the command and the home, all absolute; *lock* adds the second lock."""

    program: str
    headgate: str
    home: str
    lock: bool = False


def folder(scope: str, user: Path, project: Path) -> Path:
    """Return the folder of a *scope*: that of the user, as the client finds it, or that of the *project*."""
    named = os.environ.get("CODEX_HOME", "")
    if scope == "user":
        return Path(named).absolute() if named else user / ".codex"
    return project / ".codex"


def hooks_of(folder: Path) -> Path:
    """Return the file of hooks in the client's *folder*."""
    return folder / "hooks.json"


def rules_of(folder: Path) -> Path:
    """Return our file of rules in the client's *folder*."""
    return folder / "rules" / "headgate.rules"


def install(folder: Path, wanted: Installation) -> bool:
    """Write our hooks and rules into *folder*; return whether anything changed. Raises `HeadgateError` HG120."""
    file = real(rules_of(folder))
    before = _own(file)
    observed = {event: [_group(wanted, "observe", 10)] for event in _OBSERVED}
    groups = {"PreToolUse": [_group(wanted, "decide", DECIDE_TIMEOUT)]} | observed
    changed = hooks_file.install(hooks_of(folder), groups)
    content = rules(wanted).encode()
    if content != before:
        replace(file, content, file)
    return changed or content != before


def uninstall(folder: Path) -> bool:
    """Take our hooks and rules out of *folder*; return whether there were any."""
    file = real(rules_of(folder))
    there = _own(file) is not None
    done = hooks_file.uninstall(hooks_of(folder))
    if there:
        file.unlink(missing_ok=True)
    return done or there


def rules(wanted: Installation) -> str:
    """Return our rules: our own commands leave the client's sandbox, and with *lock* remote work needs a person."""
    ours = [[wanted.headgate], list(_READS)]
    text = _HEAD + _rule(ours, "allow", "the gate's own command: it talks to the gate's daemon, outside of the sandbox")
    if not wanted.lock:
        return text
    why = "the gate decides such work: its hook did not hand this call to a worker, or let it run as it is"
    locked = [[list(_REMOTE + _FLEETS)], *([[program], list(verbs)] for program, verbs in _CHANGES.items())]
    return text + "".join(_rule(pattern, "prompt", why) for pattern in locked)


def _rule(pattern: list[list[str]], decision: str, why: str) -> str:
    words = ", ".join(
        _quoted(words[0]) if len(words) == 1 else f"[{', '.join(map(_quoted, words))}]" for words in pattern
    )
    return f'prefix_rule(pattern=[{words}], decision="{decision}", justification={_quoted(why)})\n'


def _quoted(word: str) -> str:
    return msgspec.json.encode(word).decode()


def _group(wanted: Installation, mode: str, timeout: int) -> dict[str, object]:
    words = [wanted.program, "--home", wanted.home, "codex", mode]
    guarded = [*hooks_file.SHELL, _GUARDED, *words] if mode == "decide" else words
    return {"matcher": "*", "hooks": [{"type": "command", "command": shlex.join(guarded), "timeout": timeout}]}


def _own(file: Path) -> bytes | None:
    """Return our rules in *file*, `None` where it is not there; raises `HeadgateError` HG120 where it is another's."""
    found = read(file)
    if found is not None and not found.decode("utf-8", "replace").startswith(_OURS):
        raise unusable(file, "it is not ours")
    return found
