"""Settings and variables of git that name a program which git would start (git-config(1), git(1))."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.paths import inside
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import words_of

_RUNS = words_of(
    """
    core.sshcommand core.fsmonitor core.editor core.pager core.askpass core.gitproxy core.alternaterefscommand
    sequence.editor diff.external gpg.program credential.helper uploadpack.packobjectshook interactive.difffilter
    """
)
_RUNS_LAST = words_of("clean smudge process command textconv driver cmd program helper")
EDITORS = frozenset({"core.editor", "sequence.editor"})
PLAIN_PAGERS = frozenset(
    {"", "cat", "less", "more", "delta", "true", ":", "ssh", "store", "cache", "osxkeychain", "false"}
)


def setting_key(setting: str) -> tuple[str, str]:
    key, _, value = setting.partition("=")
    return key.lower(), value


def setting(call: Call, setting: str) -> Effect:
    """Return the effect of a setting: some name a program that git would start (git-config(1))."""
    key, value = setting_key(setting)
    runs = key in _RUNS or (key.rpartition(".")[2] in _RUNS_LAST and key.count(".") >= 2) or key.startswith("pager.")  # noqa: PLR2004 section.name.key
    if key == "core.hookspath":
        where = call.absolute(value) if HIDDEN not in value else ""
        safe = value == "" or where == "/dev/null" or (where and inside(where, call.cwd))
        return fx.EMPTY if safe else call.opaque("the hooks it would run are not in the working tree")
    if not runs or value.partition(" ")[0] in PLAIN_PAGERS or value in {"false", "true"}:
        return fx.EMPTY
    return call.run(value.removeprefix("!"))
