"""Programs that start another with other rights, in a sandbox, on another display or under measurement."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.environment_forms import FORMS, Form
from headgate.classify.programs.grammar import Grammar, Reading, begun, read
from headgate.classify.programs.manifests import manifest_script
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)


def started(call: Call) -> Effect:
    """Run the words behind the program's own options, its subcommand and its positional words."""
    form = FORMS[call.name]
    if call.words[:1] in {("--help",), ("--version",)}:
        return _LOOK
    reading = read(call.words, form.rules)
    if form.verbs:
        if not reading.operands or reading.operands[0] not in form.verbs:
            return Effect(fx.UNSURE)
        reading = _behind(reading, form)
    own = manifest_script(call, "pixi", "".join(reading.operands[:1])) if call.name == "pixi" else None
    if own is not None:
        return own
    text = reading.found.value(*form.texts)
    if text:
        return call.run(text)
    rest = reading.operands[form.passes :] if "--" not in reading.operands[: form.passes + 1] else reading.operands
    rest = rest[rest.index("--") + 1 :] if "--" in rest[: form.passes + 1] else rest
    while rest and form.assigns and "=" in rest[0]:
        rest = rest[1:]
    if not rest:
        return call.start(("sh",)) if form.opens else Effect(fx.UNSURE)
    return call.run(" ".join(rest)) if form.joins else begun(call, reading, rest)


def _behind(reading: Reading, form: Form) -> Reading:
    """Return what stands behind the subcommand; a `--` of its own settles where the command begins."""
    words = reading.operands[1:]
    again = read(words, form.rules)
    again.doubtful = (again.doubtful or reading.doubtful) and "--" not in words
    if "--" in words:
        again.operands = words[words.index("--") :]
    return again


_BWRAP = Grammar(
    words_of(
        """
        --unshare-all --share-net --unshare-user --unshare-user-try --unshare-ipc --unshare-pid --unshare-net
        --unshare-uts --unshare-cgroup --unshare-cgroup-try --die-with-parent --as-pid-1 --new-session --clearenv
        --disable-userns --assert-userns-disabled --help --version --level-prefix
        """
    ),
    words_of(
        """
        --proc --dev --tmpfs --dir --chdir --unsetenv --uid --gid --hostname --args --cap-add --cap-drop --lock-file
        --seccomp --add-seccomp-fd --sync-fd --info-fd --json-status-fd --perms --size --mqueue --remount-ro --argv0
        --userns --userns2 --pidns --userns-block-fd --block-fd --exec-label --file-label --overlay-src --tmp-overlay
        --ro-overlay
        """
    ),
)
_BWRAP_PAIRS = words_of(
    """
    --bind --ro-bind --dev-bind --bind-try --ro-bind-try --dev-bind-try --symlink --setenv --chmod --file --bind-data
    --ro-bind-data --bind-fd --ro-bind-fd
    """
)
_BWRAP_TRIPLES = frozenset({"--overlay"})


def bubblewrap(call: Call) -> Effect:
    """Run words in a sandbox whose options take none, one, two or three values (bwrap(1))."""
    words, doubtful = call.words, False
    while words and words[0].startswith("-") and words[0] != "--":
        name = words[0]
        values = 2 * (name in _BWRAP_PAIRS) + 3 * (name in _BWRAP_TRIPLES) + (name in _BWRAP.valued)
        doubtful = doubtful or not (values or name in _BWRAP.flags)
        words = words[1 + values :]
    words = words[1:] if words[:1] == ("--",) else words
    return begun(call, Reading({}, words, doubtful), words) if words else _LOOK


def benchmark(call: Call) -> Effect:
    """Run each of its texts several times, and what prepares and cleans up (hyperfine(1))."""
    texts = words_of("-p --prepare -s --setup -c --cleanup --conclude")
    others = words_of(
        """
        -w --warmup -m --min-runs -M --max-runs -r --runs -P --parameter-scan -D --parameter-step-size -L -S --shell
        --parameter-list --style --sort -u --time-unit --export-json --export-csv --export-markdown --output --input
        -n --command-name --export-asciidoc --export-orgmode --reference
        """
    )
    found = split(call.words, texts | others)
    return join(call.run(text) for text in (*found.operands[:20], *found.values(*texts))) if found.operands else _LOOK


_TERMINAL_TEXTS = ("-e", "-x", "--execute", "--command")
_WINDOWS = words_of(
    "xterm gnome-terminal konsole alacritty xdg-terminal-exec tilix xfce4-terminal kgx urxvt rxvt terminator"
)
_BARE_WINDOWS = words_of("kitty foot wezterm ghostty")


def terminal(call: Call) -> Effect:
    """Open a window with a shell, or with the words behind `-e` or `--` (xterm(1), gnome-terminal(1))."""
    words = call.words
    if {"--help", "--version", "--check-config"} & {*words} or words[:1] in {("+kitten",), ("ls-fonts",)}:
        return _LOOK
    for at, word in enumerate(words):
        name, equals, text = word.partition("=")
        if equals and name in _TERMINAL_TEXTS:
            return call.run(text)
        if word in _TERMINAL_TEXTS or word == "--":
            rest = words[at + 1 :]
            return call.run(rest[0]) if len(rest) == 1 else call.start(rest)
    if call.name in _BARE_WINDOWS and words[:1] != ("+kitten",):
        rest = words[1:] if words[:1] in {("start",), ("-1",)} else words
        if rest and not rest[0].startswith("-"):
            return call.start(rest)
    shown = call.shows(Workload.INTERACTIVE, "opens a window with a shell")
    return Effect(fx.INTERACTIVE | fx.UNSURE, shown)


def group(call: Call) -> Effect:
    """Run a text with another group; without one it opens a shell (sg(1), newgrp(1), capsh(1))."""
    words = call.words
    at = next((n for n, word in enumerate(words) if word in {"-c", "--"}), None)
    if call.name == "capsh" and at is None:
        return _LOOK
    rest = words[at + 1 :] if at is not None else words[1:]
    rest = rest[1:] if rest[:1] == ("-c",) else rest
    return call.run(rest[0]) if rest else call.start(("sh",))


PROGRAMS = {
    **dict.fromkeys(FORMS, started),
    "bwrap": bubblewrap,
    "hyperfine": benchmark,
    **dict.fromkeys(sorted(_WINDOWS | _BARE_WINDOWS), terminal),
    **dict.fromkeys(("sg", "newgrp", "capsh"), group),
}
