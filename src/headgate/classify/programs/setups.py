"""Programs that print a well-known set-up text for `eval`: the idiom is light (`workloads.md`, Opaque)."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split
from headgate.model.facts import Workload

_SETUP = Effect(fx.READS, output="")
_LOOK = Effect(fx.READS)
_UNSURE = Effect(fx.UNSURE)

_IDIOMS: dict[str, frozenset[str]] = {
    "direnv": frozenset("hook export stdlib".split()),
    **dict.fromkeys(
        "pyenv rbenv nodenv goenv plenv phpenv jenv".split(), frozenset("init virtualenv-init hook".split())
    ),
    "starship": frozenset({"init", "completions"}),
    "zoxide": frozenset({"init"}),
    "atuin": frozenset({"init", "gen-completions"}),
    "mcfly": frozenset({"init"}),
    "oh-my-posh": frozenset({"init"}),
    "fnm": frozenset({"env", "completions"}),
    "mise": frozenset({"activate", "hook-env", "env", "completion"}),
    "rtx": frozenset({"activate", "hook-env", "env"}),
    "asdf": frozenset({"completion"}),
}
_LOOKS = frozenset(
    "versions version which whence root prefix list ls current status doctor help commands where shims query".split()
)
_RUNS = frozenset({"exec", "x"})
_BUILDS = frozenset("pyenv rbenv plenv phpenv".split())
_RUN_VALUED = frozenset("--using --tool -C --cd --env -E".split())


def setup(call: Call) -> Effect:
    """Print a set-up text, look, or run a program in the environment it sets up."""
    found = split(call.words, stops=True)
    if not found.operands:
        return _LOOK
    name, rest = found.operands[0], found.operands[1:]
    if name in _IDIOMS[call.name]:
        return _SETUP
    if name in _RUNS:
        return _run(call, rest)
    if name in _LOOKS:
        return _LOOK
    if name == "install" and call.name in _BUILDS and not {"-l", "--list", "-h", "--help"} & set(rest):
        return Effect(fx.CHANGES | fx.NETWORK, call.shows(Workload.LONG_RUNNING, "builds a language from source"))
    return _UNSURE


def _run(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of the words behind `exec`: direnv takes a folder first, mise its tools up to `--`."""
    if call.name in {"mise", "rtx"}:
        text = split(rest, _RUN_VALUED | {"-c", "--command"}).value("-c", "--command")
        if text or "--" in rest:
            return call.run(text) if text else call.start(rest[rest.index("--") + 1 :])
    words = split(rest, _RUN_VALUED, stops=True).operands
    return call.start(words[1:] if call.name == "direnv" else words) if words else _LOOK


def printer(_call: Call) -> Effect:
    """Print a set-up text, whatever the words."""
    return _SETUP


def keychain(call: Call) -> Effect:
    """Start or find an agent and print its set-up text (keychain(1))."""
    return Effect(fx.CHANGES) if {"-k", "--stop"} & set(call.words) else _SETUP


def ssh_agent(call: Call) -> Effect:
    """Start an agent and print its set-up text, or run a program under it (ssh-agent(1))."""
    found = split(call.words, frozenset("-a -E -O -P -t".split()), stops=True)
    if found.operands:
        return call.start(found.operands)
    if found.has("-D", "-d"):
        return Effect(fx.READS, call.shows(Workload.LONG_RUNNING, "stays in the foreground until it is ended"))
    return _SETUP


PROGRAMS = {
    **dict.fromkeys(_IDIOMS, setup),
    **dict.fromkeys("dircolors gdircolors lesspipe lesspipe.sh lessfile thefuck".split(), printer),
    "keychain": keychain,
    "ssh-agent": ssh_agent,
}
