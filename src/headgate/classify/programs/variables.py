"""Variables that make programs run another program, a file or a library, whatever program is named (environ(7))."""

import re
import shlex
from collections.abc import Callable

from headgate.classify.effect import EMPTY, HIDDEN, Effect, join
from headgate.classify.paths import inside
from headgate.classify.programs.call import Call
from headgate.classify.programs.carried import program
from headgate.classify.programs.options import words_of

_SYSTEM = ("/bin", "/sbin", "/usr", "/lib", "/lib64", "/opt", "/nix", "/snap", "/Library", "/System", "/Applications")
_SHARED = ("/tmp", "/var/tmp", "/dev/shm", "/private/tmp", "/run/user")  # noqa: S108 compared
_TOOLS = re.compile(
    r"(?:^|/)(?:node_modules/\.bin|\.?v?env[\w.-]*/bin|\.venv[\w.-]*/bin|vendor/bin|\.tox/[\w.-]+/bin|\.bin|shims"
    r"|\.?cargo/bin|go/bin|\.?bundle/bin|binstubs|Scripts|\.direnv/[\w./-]*bin)/?\Z"
)


def _text(call: Call, value: str) -> Effect:
    """Run the text itself."""
    return program(call, value)


def _shell_text(call: Call, value: str) -> Effect:
    """Run the text in each shell that asks for a line."""
    return call.run(value) if value.strip() else EMPTY


def _prompt(call: Call, value: str) -> Effect:
    """Run the substitutions in a prompt."""
    return call.run(': "' + value.replace('"', '\\"') + '"') if "$(" in value or "`" in value else EMPTY


def _file(call: Call, value: str) -> Effect:
    """Run a file before the shell's own text (bash manual, 6.2)."""
    return call.shell.file(call, value) if value else EMPTY


def _startup(call: Call, value: str) -> Effect:
    """Run a file before what is typed into a plain shell; a mere word is some program's own setting (dash(1))."""
    return call.shell.file(call, value) if value.startswith((".", "/", "~")) else EMPTY


def _library(call: Call, value: str) -> Effect:
    """Load libraries into every program: those of the system are known, others may run anything (ld.so(8))."""
    own = [path for path in re.split(r"[:\s]+", value) if path and not _within(call.absolute(path), _SYSTEM)]
    bare = all("/" not in path for path in own)
    return EMPTY if bare else call.opaque("a library that nobody has read is loaded into every program")


def _folders(call: Call, value: str) -> Effect:
    """Look for libraries in folders first; only those that anybody may write are doubtful."""
    shared = any(_within(call.absolute(path), _SHARED) for path in value.split(":") if path)
    return call.opaque("libraries come from a folder that anybody may write") if shared else EMPTY


REPLACES = ("names of programs may mean", "a library that nobody has read")
"""How the evidence begins that a program may be another one, or hold other code, than its name says."""


def search_path(call: Call, value: str) -> Effect:
    """Look for programs in folders: one of the tree, or one that anybody may write, gives names another meaning."""
    for entry in value.split(":"):
        if entry == HIDDEN:
            return EMPTY  # what was there before; what stands behind it hides nothing
        if _strange(call, entry):
            return call.opaque(f"names of programs may mean files in `{entry.replace(HIDDEN, '…') or '.'}`")
    return EMPTY


def _strange(call: Call, entry: str) -> bool:
    if entry in {"", "."}:
        return True
    if HIDDEN in entry:
        return not entry.rstrip("/").endswith(("/bin", "/.bin", "/sbin", "/shims")) and not _TOOLS.search(entry)
    where = call.absolute(entry)
    if not where or _TOOLS.search(where):
        return not where
    if _within(where, _SYSTEM) or (where == "/bin"):
        return False
    if call.tree and inside(where, call.tree):
        return True
    return not (call.around.home and inside(where, call.around.home))


def _within(path: str, tops: tuple[str, ...]) -> bool:
    return any(inside(path, top) for top in tops)


def _settings(call: Call, value: str) -> Effect:
    """Read settings that may name programs: those of the system, or none, are known."""
    safe = value in {"", "/dev/null"} or _within(call.absolute(value), (*_SYSTEM, "/etc"))
    return EMPTY if safe else call.opaque("the settings that it reads may name programs")


def _words(value: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value))
    except ValueError:
        return (HIDDEN,)


def _node(call: Call, value: str) -> Effect:
    """Load modules before node's own program."""
    words = _words(value)
    files = [
        word.partition("=")[2] or "".join(words[at + 1 : at + 2])
        for at, word in enumerate(words)
        if word.partition("=")[0] in {"-r", "--require", "--import", "--loader", "--experimental-loader"}
    ]
    return join(call.start(("node", path)) for path in files if path.startswith((".", "/", HIDDEN)))


def _perl(call: Call, value: str) -> Effect:
    """Give perl more options; a module's name may carry code behind `;`."""
    code = [word[2:] for word in value.split() if word.startswith(("-M", "-m", "-d"))]
    odd = any(mark in value for mark in ";`({\"'")
    return call.start(("perl", "-e", "use " + value.partition("-M")[2])) if code and odd else EMPTY


def _ruby(call: Call, value: str) -> Effect:
    """Load files before ruby's own program."""
    words = _words(value)
    paths = [word[2:] or "".join(words[at + 1 : at + 2]) for at, word in enumerate(words) if word.startswith("-r")]
    return join(call.start(("ruby", path)) for path in paths if path.startswith((".", "/")))


_JAVA_RUNS = re.compile(r"-XX:On(?:OutOfMemory)?Error=(?:\"([^\"]*)\"|'([^']*)'|(\S+))")


def _java(call: Call, value: str) -> Effect:
    """Load agents into every Java program, or run a text at an error."""
    found = [call.run(next(filter(None, match.groups()), "")) for match in _JAVA_RUNS.finditer(value)]
    if "-agentpath:" in value or "-javaagent:/tmp" in value:
        found.append(call.opaque("an agent is loaded into every Java program"))
    return join(found)


def _make(call: Call, value: str) -> Effect:
    """Give make more options: a file or a text of rules is none of the tree's."""
    return (
        call.opaque("it gives make rules that are not in the tree")
        if re.search(r"--eval|-f\b|--file", value)
        else EMPTY
    )


def _go(call: Call, value: str) -> Effect:
    """Give go more flags, of which two name programs."""
    texts = re.findall(r"-(?:toolexec|exec)[= ](?:'([^']*)'|(\S+))", value)
    return join(call.run(quoted or plain) for quoted, plain in texts)


def _less(call: Call, value: str) -> Effect:
    """Give less a command to begin with."""
    _, mark, text = value.partition("+!")
    return call.run(text) if mark else EMPTY


def _pipe(call: Call, value: str) -> Effect:
    """Run a text for each file that less opens (less(1))."""
    return program(call, value.lstrip("|-@ ").replace("%s", "file"))


def _vim(call: Call, value: str) -> Effect:
    """Run lines of vim first."""
    return call.start(("vim", "-es", *(part for line in value.split("|") for part in ("-c", line.strip()))))


def _options(name: str) -> Callable[[Call, str], Effect]:
    def options(call: Call, value: str) -> Effect:
        """Give the program more options."""
        return call.start((name, "-f", "x", *_words(value)))

    return options


_Judge = Callable[[Call, str], Effect]
_LOADERS = words_of("BASH_ENV LD_PRELOAD LD_AUDIT DYLD_INSERT_LIBRARIES PROMPT_COMMAND")
"""Variables whose value nobody may not know (bash manual, 6.2; ld.so(8); dyld(1))."""

JUDGES: dict[str, _Judge] = {
    **dict.fromkeys(
        words_of(
            """
            PAGER MANPAGER GIT_PAGER SYSTEMD_PAGER AWS_PAGER GH_PAGER PSQL_PAGER BAT_PAGER DELTA_PAGER EDITOR VISUAL
            GIT_EDITOR GIT_SEQUENCE_EDITOR SUDO_EDITOR SYSTEMD_EDITOR GH_EDITOR KUBE_EDITOR PSQL_EDITOR FCEDIT HGEDITOR
            SVN_EDITOR BUNDLER_EDITOR BROWSER GH_BROWSER GIT_EXTERNAL_DIFF GIT_ASKPASS SSH_ASKPASS SUDO_ASKPASS
            GIT_PROXY_COMMAND CVS_RSH SVN_SSH RSYNC_CONNECT_PROG FZF_DEFAULT_COMMAND RUSTC_WRAPPER CC CXX
            npm_config_script_shell npm_config_editor npm_config_viewer
            """
        ),
        _text,
    ),
    "PROMPT_COMMAND": _shell_text,
    **dict.fromkeys(("PS0", "PS1", "PS2", "PS4", "PROMPT"), _prompt),
    "BASH_ENV": _file,
    "ENV": _startup,
    **dict.fromkeys(("LD_PRELOAD", "LD_AUDIT", "DYLD_INSERT_LIBRARIES"), _library),
    **dict.fromkeys(("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH"), _folders),
    "PATH": search_path,
    **dict.fromkeys(
        words_of(
            "GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM OPENSSL_CONF OPENSSL_ENGINES WGETRC"
        ),
        _settings,
    ),
    "NODE_OPTIONS": _node,
    "PERL5OPT": _perl,
    "RUBYOPT": _ruby,
    **dict.fromkeys(("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"), _java),
    **dict.fromkeys(("MAKEFLAGS", "GNUMAKEFLAGS"), _make),
    "GOFLAGS": _go,
    "LESS": _less,
    **dict.fromkeys(("LESSOPEN", "LESSCLOSE"), _pipe),
    **dict.fromkeys(("VIMINIT", "EXINIT"), _vim),
    "FZF_DEFAULT_OPTS": _options("fzf"),
}
_BY_GIT = words_of("GIT_PAGER PAGER GIT_EDITOR GIT_SEQUENCE_EDITOR EDITOR VISUAL GIT_EXTERNAL_DIFF GIT_ASKPASS")
"""What git's own file judges, where git is the program (`git_settings.py`)."""


def judges(name: str) -> bool:
    """Whether setting the variable *name* may make a program run another."""
    return name in JUDGES or (name.startswith("CARGO_TARGET_") and name.endswith("_RUNNER"))


def judged(call: Call, name: str, value: str | None, runs: str = "") -> Effect:
    """Return the effect of setting *name* to *value* (`None`: unknown) for the program *runs*, or for all."""
    if runs == "git" and name in _BY_GIT:
        return EMPTY
    unknown = value is None or (HIDDEN in value and name not in {"PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"})
    if unknown or value is None:
        return call.opaque(f"`{name}` makes programs run what it names") if name in _LOADERS else EMPTY
    return JUDGES.get(name, _text)(call, value)
