"""Settings and variables of git that name a program which git would start (git-config(1), git(1))."""

from headgate.classify.effect import EMPTY, HIDDEN, Effect, join
from headgate.classify.paths import inside
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh import SSH_VALUED

_RUNS = words_of(
    """
    core.sshcommand core.fsmonitor core.editor core.pager core.askpass core.gitproxy core.alternaterefscommand
    sequence.editor diff.external gpg.program credential.helper uploadpack.packobjectshook interactive.difffilter
    """
)
_RUNS_LAST = words_of("clean smudge process command textconv driver cmd program helper")
_EDITORS = frozenset({"core.editor", "sequence.editor"})
_EDITOR_VARIABLES = ("GIT_SEQUENCE_EDITOR", "GIT_EDITOR", "VISUAL", "EDITOR")
_PAGER_VARIABLES = ("GIT_PAGER", "PAGER")
_ALWAYS = ("GIT_SSH_COMMAND", "GIT_SSH", "GIT_EXTERNAL_DIFF", "GIT_ASKPASS", "GIT_PROXY_COMMAND")
PLAIN_PAGERS = frozenset(
    {"", "cat", "less", "more", "delta", "true", ":", "ssh", "store", "cache", "osxkeychain", "false"}
)
_SPECIAL = frozenset("|&;<>()$`\n")
_MAX_SETTINGS = 20


def setting_key(setting: str) -> tuple[str, str]:
    """Return the name of a `name=value` setting, in lower case, and its value."""
    key, _, value = setting.partition("=")
    return key.lower(), value


def configured(call: Call, setting: str) -> Effect:
    """Return the effect of a setting: some name a program that git would start (git-config(1))."""
    key, value = setting_key(setting)
    runs = key in _RUNS or (key.rpartition(".")[2] in _RUNS_LAST and key.count(".") >= 2) or key.startswith("pager.")  # noqa: PLR2004 section.name.key
    if key == "core.hookspath":
        where = call.absolute(value) if HIDDEN not in value and not call.machine else ""
        safe = value == "" or where == "/dev/null" or (where and call.tree and inside(where, call.tree))
        return EMPTY if safe else call.opaque("the hooks it would run are not in the working tree")
    return _started(call, value.removeprefix("!")) if runs else EMPTY


def _started(call: Call, program: str) -> Effect:
    """Return the effect of a *program* that git starts; the plain ones have none of their own."""
    first, *rest = program.split() or [""]
    plain = first in PLAIN_PAGERS and _SPECIAL.isdisjoint(program)
    if first == "ssh" and plain:
        found = split(tuple(rest), SSH_VALUED)  # git adds the host and the command behind these words
        plain = not found.operands and not any("command" in value.lower() for value in found.values("-o"))
    return EMPTY if plain else call.run(program)


def inherited(call: Call, *, edits: bool) -> Effect:
    """Return the effect of the programs that variables name: pagers, or editors where git *edits* (git(1))."""
    if not call.environment:
        return EMPTY
    names = (*_ALWAYS, *(_EDITOR_VARIABLES if edits else _PAGER_VARIABLES))
    texts = [text for text in map(call.variable, names) if text]
    return join((*(_started(call, text) for text in texts), *_counted(call)))


def _counted(call: Call) -> list[Effect]:
    """Return the effects of the settings in `GIT_CONFIG_KEY_0` and its kin."""
    if call.variable("GIT_CONFIG_PARAMETERS"):
        return [call.opaque("the settings it takes from a variable are not known")]
    count = call.variable("GIT_CONFIG_COUNT")
    if not count:
        return []
    if not (count.isascii() and count.isdigit() and int(count) <= _MAX_SETTINGS):
        return [call.opaque("the settings it takes from variables are not known")]
    return [configured(call, setting) for setting in counted(call)]


def counted(call: Call) -> tuple[str, ...]:
    """Return the settings in `GIT_CONFIG_KEY_0` and its kin, as `-c` takes them (git-config(1))."""
    count = call.variable("GIT_CONFIG_COUNT")
    if not (count.isascii() and count.isdigit() and int(count) <= _MAX_SETTINGS):
        return ()
    pairs = ((call.variable(f"GIT_CONFIG_KEY_{n}"), call.variable(f"GIT_CONFIG_VALUE_{n}")) for n in range(int(count)))
    return tuple(f"{key}={value}" for key, value in pairs)


def edits_alone(call: Call, settings: tuple[str, ...]) -> bool:
    """Whether the text names the editor itself, so that its effect tells whether a person is waited for."""
    if any(setting_key(setting)[0] in _EDITORS for setting in settings):
        return True
    return bool(call.environment) and any(call.variable(name) for name in _EDITOR_VARIABLES)
