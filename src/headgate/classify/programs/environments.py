"""Programs that start another with other rights, in a sandbox, on another display or under measurement."""

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)


class _Form(msgspec.Struct, frozen=True):
    """How a program names what it starts: options with values, words to pass by, and subcommands that start."""

    valued: frozenset[str] = frozenset()
    passes: int = 0
    verbs: frozenset[str] = frozenset()
    assigns: bool = False
    long_dash: bool = False


_NONE = frozenset[str]()
_FORMS = {
    **dict.fromkeys(words_of("prime-run optirun primusrun dbus-run-session torify tsocks fakechroot distcc"), _Form()),
    **dict.fromkeys(words_of("pfexec annotate-output switcherooctl-launch gamemoderun mangohud"), _Form()),
    "sshpass": _Form(words_of("-p -f -d -P")),
    "pkexec": _Form(words_of("--user -u")),
    "run0": _Form(words_of("-u --user -g --group -D --chdir --nice --setenv --unit --property --background --machine")),
    "dzdo": _Form(words_of("-u -g -p -C -r -t")),
    "please": _Form(words_of("-t --target -g --group -d --dir -r --reason -a")),
    "gksudo": _Form(words_of("-u --user -m --message"), long_dash=True),
    "gksu": _Form(words_of("-u --user -m --message"), long_dash=True),
    "kdesu": _Form(words_of("-u -i -p"), long_dash=True),
    "gosu": _Form(passes=1),
    "su-exec": _Form(passes=1),
    "setuidgid": _Form(passes=1),
    "s6-setuidgid": _Form(passes=1),
    "envdir": _Form(passes=1),
    "s6-envdir": _Form(passes=1),
    "logsave": _Form(passes=1),
    "chpst": _Form(words_of("-u -U -e -/ -n -l -L -m -d -o -p -f -c -t -C -b")),
    "softlimit": _Form(words_of("-a -c -d -f -l -m -o -p -r -s -t")),
    "fakeroot": _Form(words_of("-l --lib --faked -s -i -b")),
    "dbus-launch": _Form(words_of("--autolaunch --config-file")),
    "xvfb-run": _Form(
        words_of("-e --error-file -f --auth-file -n --server-num -p --xauth-protocol -s --server-args -w")
    ),
    "tini": _Form(words_of("-p -e")),
    "dumb-init": _Form(words_of("-r --rewrite")),
    "cgexec": _Form(words_of("-g")),
    "cpulimit": _Form(words_of("-l --limit -p --pid -e --exe -P --path")),
    "valgrind": _Form(),
    "heaptrack": _Form(words_of("-o --output -p --pid -i")),
    "systemd-inhibit": _Form(words_of("--what --who --why --mode")),
    "numactl": _Form(words_of("-i -m -N -C -p --interleave --membind --cpunodebind --physcpubind --preferred")),
    "schedtool": _Form(words_of("-M -p -n -a"), 0),
    "proot": _Form(words_of("-r --rootfs -b --bind -w --cwd -q --qemu -k -v"), long_dash=True),
    "cross-env": _Form(assigns=True),
    "cross-env-shell": _Form(assigns=True),
    "env-cmd": _Form(words_of("-f --file -e --environments -r --rc-file")),
    "perf": _Form(
        words_of("-e --event -o --output -p --pid -F --freq -r --repeat -C --cpu -t"),
        verbs=words_of("stat record trace"),
    ),
    "rr": _Form(words_of("-o --output-trace-dir -n"), verbs=frozenset({"record"})),
    "chamber": _Form(_NONE, verbs=frozenset({"exec"})),
    "infisical": _Form(words_of("--env --path --projectId --token --command"), verbs=frozenset({"run"})),
    "mirrord": _Form(words_of("-t --target -n --target-namespace -f --config-file"), verbs=frozenset({"exec"})),
}


def started(call: Call) -> Effect:
    """Run the words behind the program's own options, its subcommand and its positional words."""
    form = _FORMS[call.name]
    found = split(call.words, form.valued, stops=True, long_dash=form.long_dash)
    rest = found.operands
    if form.verbs:
        if not rest or rest[0] not in form.verbs:
            return Effect(fx.UNSURE)
        rest = _behind(split(rest[1:], form.valued, stops=True).operands, rest)
    rest = rest[form.passes :]
    while rest and form.assigns and "=" in rest[0]:
        rest = rest[1:]
    return call.start(rest) if rest else Effect(fx.UNSURE)


def _behind(operands: tuple[str, ...], words: tuple[str, ...]) -> tuple[str, ...]:
    """Return what stands behind `--`, which settles it, or else the operands."""
    return words[words.index("--") + 1 :] if "--" in words else operands


_BWRAP = {
    **dict.fromkeys(words_of("--bind --ro-bind --dev-bind --bind-try --ro-bind-try --symlink --setenv --chmod"), 2),
    **dict.fromkeys(
        words_of("--proc --dev --tmpfs --dir --chdir --unsetenv --uid --gid --hostname --args --cap-add"), 1
    ),
    **dict.fromkeys(words_of("--cap-drop --lock-file --seccomp --sync-fd --info-fd --perms --size --file --mqueue"), 1),
}


def bubblewrap(call: Call) -> Effect:
    """Run words in a sandbox whose options take none, one or two values (bwrap(1))."""
    words = call.words
    while words and words[0].startswith("-") and words[0] != "--":
        words = words[1 + _BWRAP.get(words[0], 0) :]
    words = words[1:] if words[:1] == ("--",) else words
    return call.start(words) if words else _LOOK


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


def terminal(call: Call) -> Effect:
    """Open a window with a shell, or with the words behind `-e` or `--` (xterm(1), gnome-terminal(1))."""
    words = call.words
    if {"--help", "--version"} & {*words}:
        return _LOOK
    at = next((n for n, word in enumerate(words) if word in _TERMINAL_TEXTS or word == "--"), None)
    if at is not None:
        rest = words[at + 1 :]
        return call.run(rest[0]) if len(rest) == 1 else call.start(rest)
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
    if rest:
        return call.run(rest[0])
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell that waits for a person"))


PROGRAMS = {
    **dict.fromkeys(_FORMS, started),
    "bwrap": bubblewrap,
    "hyperfine": benchmark,
    **dict.fromkeys(("xterm", "gnome-terminal", "konsole", "alacritty", "xdg-terminal-exec"), terminal),
    **dict.fromkeys(("sg", "newgrp", "capsh"), group),
}
