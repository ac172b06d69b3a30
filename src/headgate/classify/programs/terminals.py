"""Programs that need a terminal and a person, and multiplexers that type or start commands for one."""

import re

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import split
from headgate.classify.programs.wrappers import seconds_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_UNSURE = Effect(fx.UNSURE)
_CHANGE = Effect(fx.CHANGES)
_HELP = frozenset({"--version", "--help", "-V", "-h"})


def _person(call: Call, why: str = "") -> Effect:
    shown = call.shows(Workload.INTERACTIVE, why or f"`{call.name}` needs a terminal and a person")
    return Effect(fx.INTERACTIVE | fx.UNSURE, shown)


def _alone(call: Call) -> Call:
    """Return *call* with nothing on its standard input, which it has read."""
    return msgspec.structs.replace(call, stdin="", fed=True, piped=False)


def _shell_lines(call: Call, lines: list[str]) -> list[Effect]:
    """Return the effects of editor commands that hand a text to a shell: `:!text`, `!text`."""
    found: list[Effect] = []
    for line in lines:
        head, mark, text = line.partition("!")
        if mark and not head.strip(": %.,$0123456789rw"):
            found.append(_alone(call).run(text))
        elif "system(" in line or "terminal" in head or "jobstart" in line:
            found.append(call.opaque("an editor's command starts a process"))
    return found


_VIM_VALUED = frozenset("-c --cmd -S -T -u -U -w -W -i -t -d".split()) - {"-d"}
_VIM_QUIET = frozenset({"-es", "-Es", "--headless", "-E", "-e"})


def vim(call: Call) -> Effect:
    """Open an editor, or run its commands without one (vim(1))."""
    if not _HELP.isdisjoint(call.words):
        return _LOOK
    found = split(call.words, _VIM_VALUED, stops=False)
    lines = [*found.values("-c", "--cmd"), *(word[1:] for word in call.words if word.startswith("+"))]
    started = _shell_lines(call, lines)
    quiet = not _VIM_QUIET.isdisjoint(call.words) or found.has("--headless")
    return join([_UNSURE if quiet else _person(call), *started])


def line_editor(call: Call) -> Effect:
    """Edit by commands: those that are fed, or a person's (ed(1), ex(1))."""
    if not _HELP.isdisjoint(call.words):
        return _LOOK
    lines = [*split(call.words, frozenset({"-c"})).values("-c"), *(call.stdin or "").splitlines()]
    started = _shell_lines(call, lines)
    return join([_CHANGE if call.fed else _person(call), *started])


_ELISP_SHELL = re.compile(r'\((?:async-)?shell-command(?:-to-string)?\s+"((?:[^"\\]|\\.)*)"\s*\)')
_ELISP_STARTS = re.compile(r"\((?:async-)?(?:shell-command|call-process|start-process|make-process|process-lines)")


def emacs(call: Call) -> Effect:
    """Open an editor, or run Lisp without one (emacs(1))."""
    if not _HELP.isdisjoint(call.words):
        return _LOOK
    text = " ".join(call.words)
    started = [_alone(call).run(match[1]) for match in _ELISP_SHELL.finditer(text)]
    if len(_ELISP_STARTS.findall(text)) > len(started):
        started.append(call.opaque("an editor's command starts a process"))
    quiet = {"--batch", "-batch", "--script", "-script", "--daemon", "--bg-daemon"} & set(call.words)
    return join([_UNSURE if quiet else _person(call), *started])


def emacsclient(call: Call) -> Effect:
    """Ask a running editor, and wait for a person unless told not to (emacsclient(1))."""
    quiet = not {"-n", "--no-wait", "-e", "--eval", *_HELP}.isdisjoint(call.words)
    return _UNSURE if quiet else _person(call)


def window_editor(call: Call) -> Effect:
    """Open a window, and with `--wait` wait until a person closes it."""
    return _person(call) if not {"--wait", "-w"}.isdisjoint(call.words) else _UNSURE


_QUIET: dict[str, frozenset[str]] = {
    **dict.fromkeys("nano pico joe micro hx helix kak jed ne mcedit sudoedit vipw vigr xkill".split(), frozenset()),
    **dict.fromkeys("htop btop bpytop bashtop nmon nvtop ctop lazydocker ranger nnn lf yazi mc".split(), frozenset()),
    **dict.fromkeys("lazygit gitui tig minicom picocom cu tip dialog whiptail peco".split(), frozenset()),
    **dict.fromkeys("mutt neomutt alpine weechat irssi tmate byobu cmatrix alsamixer".split(), frozenset()),
    "atop": frozenset("-P -w -r".split()),
    "ncdu": frozenset("-o -0 -1".split()),
    "powertop": frozenset("--html --csv -C -r -t --auto-tune".split()),
    "visudo": frozenset("-c --check -cf".split()),
    "fzf": frozenset("-f --filter --bash --zsh --fish".split()),
    "sk": frozenset("-f --filter".split()),
    "lynx": frozenset("-dump -source -listonly".split()),
    "links": frozenset("-dump -source".split()),
    "elinks": frozenset("-dump -source --dump".split()),
    "w3m": frozenset("-dump -dump_source -dump_head -dump_both".split()),
    "chsh": frozenset("-s --shell -l --list-shells".split()),
    "chfn": frozenset("-f -o -p -r -w -h".split()),
}
_MAY_BE_FED = frozenset("mutt neomutt alpine dialog".split())


def screen_filler(call: Call) -> Effect:
    """Take the whole terminal, unless an option says to print and end."""
    if not {"--version", "--help"}.isdisjoint(call.words) or call.words[:1] in {("-V",), ("-h",)}:
        return _LOOK
    quiet = _QUIET[call.name]
    if any(word.partition("=")[0] in quiet for word in call.words):
        return _UNSURE if call.name in {"chsh", "chfn", "atop", "powertop"} else Effect(fx.READS | fx.NETWORK)
    if call.fed and call.name in _MAY_BE_FED:
        return Effect(fx.UNSURE | fx.NETWORK)
    return _person(call)


_MONITORS: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = {
    "top": (
        frozenset("-b -l --batch".split()),
        frozenset("-n -l --iterations".split()),
        frozenset("-n -d -p -u -U -o -w -s -l -E".split()),
    ),
    "iotop": (
        frozenset({"-b", "--batch"}),
        frozenset({"-n", "--iter"}),
        frozenset("-n --iter -d --delay -p -u".split()),
    ),
    "iftop": (frozenset({"-t"}), frozenset({"-s", "-L"}), frozenset("-i -f -F -G -s -L -m -c -o".split())),
    "nethogs": (frozenset({"-t"}), frozenset({"-c"}), frozenset("-d -v -c -C".split()) - {"-C"}),
    "glances": (
        frozenset("--stdout --stdout-csv --stdout-json -w --export -q".split()),
        frozenset({"--stop-after"}),
        frozenset("--stop-after --stdout --stdout-csv --stdout-json --export -t --time -C".split()),
    ),
    "bmon": (frozenset({"-o"}), frozenset(), frozenset("-o -p -r -R".split())),
}
"""By program: the options for output without a screen, those that bound it, and those that take a value."""


def monitor(call: Call) -> Effect:
    """Watch the machine: on a screen, by lines without an end, or a number of times (top(1))."""
    batch, bounds, valued = _MONITORS[call.name]
    found = split(call.words, valued)
    if found.has(*_HELP) and not found.has(*batch):
        return _LOOK
    if not found.has(*batch):
        return _person(call)
    if not found.has(*bounds):
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, f"`{call.name}` prints without an end"))
    turns = found.value(*sorted(bounds))
    delay = seconds_of(found.value("-d", "--delay", "-s") or "3") or 0.0
    return Effect(fx.READS, seconds=(int(turns) - 1) * delay) if turns.isdecimal() and int(turns) > 1 else _LOOK


def debugger(call: Call) -> Effect:
    """Debug a program: for a person, or by commands (gdb(1), lldb(1))."""
    words = call.words
    pids = {str(pid) for pid in call.around.gate_pids}
    if not call.machine and any(word.removeprefix("--pid=").removeprefix("-p") in pids for word in words):
        return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, "attaches to a process of the gate"))
    if not _HELP.isdisjoint(words):
        return _LOOK
    quiet = call.fed or not {"-batch", "--batch", "-b", "--batch-silent", "-batch-silent"}.isdisjoint(words)
    found = split(words, frozenset("-ex --ex -x -p -pid -o -c -s -iex -eval-command".split()), long_dash=True)
    lines = found.values("-ex", "--ex", "-o", "-iex")
    shells = [
        _alone(call).run(line.partition(" ")[2] if line.startswith("sh") else line[1:])
        for line in lines
        if _escapes(line)
    ]
    started = [call.start(found.operands)] if quiet and found.has("--args", "-args") else []
    return join([_UNSURE if quiet else _person(call), *shells, *started])


def _escapes(line: str) -> bool:
    return line.startswith(("!", "shell ", "sh "))


def screen(call: Call) -> Effect:
    """Start a program in a session of its own, type into one, or attach to it (screen(1))."""
    words = call.words
    found = split(words, frozenset("-S -t -c -e -h -p -s -T -Q".split()), stops=True)
    if found.has("-l", "-v", "-w", "-Q") and not found.has("-d", "-D", "-X"):  # `-ls`, `-list`, `-wipe`
        return _LOOK
    if found.has("-X"):
        return _typed(call, found.operands[1:]) if found.operands[:1] in {("stuff",), ("exec",)} else _CHANGE
    inside = call.start(found.operands) if found.operands else fx.EMPTY
    if found.has("-d", "-D") and not found.has("-r", "-R", "-x"):
        return change(join([_CHANGE, inside]), does=inside.does | fx.CHANGES | fx.BACKGROUND, output=None)
    return join([_person(call, "opens a terminal session"), inside])


_KEYS = {"Enter": "\n", "C-m": "\n", "KPEnter": "\n", "C-j": "\n", "Space": " ", "Tab": "\t"}
_OTHER_KEY = re.compile(
    r"(?:[CMS]-\S+|\^\S|F\d+|Up|Down|Left|Right|Escape|BSpace|Home|End|[DI]C|N?Page(?:Up|Down)?|PPage|BTab)\Z"
)


def _typed(call: Call, words: tuple[str, ...], *, literal: bool = False) -> Effect:
    """Return the effect of *words* typed into a terminal: its shell would run them."""
    text = ""
    for word in words:
        if not literal and _OTHER_KEY.match(word):
            continue
        text += word if literal else _KEYS.get(word, word)
    text = text.replace("^M", "\n").replace("\\n", "\n").replace("\\r", "\n").replace("\\015", "\n")
    if not text.strip():
        return _CHANGE
    inside = _alone(call).run(text)
    return change(inside, does=inside.does | fx.CHANGES, output=None)


_TMUX_LOOKS = frozenset(
    """ls list-sessions list-windows lsw list-panes lsp list-clients lsc list-keys lsk list-buffers lsb list-commands
    capture-pane capturep display-message display has-session has show-options show show-buffer showb show-environment
    showenv info show-messages start-server start""".split()
)
_TMUX_PERSON = frozenset("attach attach-session a at choose-tree choose-window choose-session copy-mode".split())
_TMUX_STARTS = frozenset(
    """new new-session new-window neww split-window splitw respawn-pane respawnp respawn-window respawnw run-shell run
    display-popup popup pipe-pane pipep if-shell if""".split()
)
_TMUX_VALUED = frozenset("-c -e -F -f -n -s -t -x -y -l -p".split())


def tmux(call: Call) -> Effect:
    """Start, steer or attach to terminal sessions; what is typed into one counts as run (tmux(1))."""
    found = split(call.words, frozenset("-L -S -f -c -T".split()), stops=True)
    if found.has("-V"):
        return _LOOK
    if found.has("-c"):
        return call.run(found.value("-c"))
    groups: list[list[str]] = [[]]
    for word in found.operands:
        if word in {";", "\\;"}:
            groups.append([])
        else:
            groups[-1].append(word)
    effects = [_tmux_command(call, tuple(group)) for group in groups if group]
    return join(effects) if effects else _person(call, "opens a terminal session")


def _tmux_command(call: Call, words: tuple[str, ...]) -> Effect:
    name, rest = words[0], words[1:]
    if name in {"send-keys", "send"}:
        found = split(rest, frozenset("-t -N -c".split()), stops=True)
        return _typed(call, found.operands, literal=found.has("-l"))
    if name in {"set-buffer", "setb", "paste-buffer", "pasteb"}:
        return _typed(call, split(rest, frozenset("-b -t -n -s".split()), stops=True).operands)
    if name in _TMUX_STARTS:
        return _tmux_start(call, name, rest)
    if name in _TMUX_PERSON:
        return _person(call, "attaches to a terminal session")
    if name in {"source-file", "source"}:
        return call.opaque("runs the commands of a file")
    return _LOOK if name in _TMUX_LOOKS else _CHANGE


def _tmux_start(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    valued = frozenset("-b -t -d".split()) - {"-b"} if name.startswith("run") else _TMUX_VALUED
    if name.startswith(("if", "pipe")):
        valued = frozenset({"-t"})
    found = split(rest, valued, stops=True)
    texts = found.operands
    if name.startswith("if") or len(texts) == 1:
        inside = join([call.run(text) for text in texts[: 1 if name.startswith("if") else None]])
    else:
        inside = call.start(texts)
    if name.startswith("if"):
        inside = join([inside, *(_tmux_command(call, tuple(text.split())) for text in texts[1:] if text.split())])
    waits = name in {"new", "new-session", "display-popup", "popup"} and not found.has("-d")
    first = _person(call, "opens a terminal session") if waits else _CHANGE
    return change(join([first, inside]), does=first.does | inside.does | fx.BACKGROUND, output=None)


def typescript(call: Call) -> Effect:
    """Record a terminal: of `-c`'s text, of the words behind the file (BSD), or of a person (script(1))."""
    found = split(call.words, frozenset("-c --command -E --echo -I -O -B -T -m -o -t".split()) - {"-t"}, stops=True)
    if found.has(*_HELP):
        return _LOOK
    text = found.value("-c", "--command")
    again = split(found.operands[1:], frozenset({"-c", "--command"}), stops=True)
    text = text or again.value("-c", "--command")
    if text:
        return change(call.run(text), output=None)
    if again.operands:
        return call.start(again.operands)
    return _UNSURE if call.stdin == "" else _person(call, "records a shell that waits for a person")


_SPAWN = re.compile(r"^\s*spawn\s+(?:-\w+\s+)*(.+?)\s*;?$", re.MULTILINE)
_TCL_UNKNOWN = re.compile(r"\$\w|\[|\b(?:exec|system|open|source)\b")


def expect(call: Call) -> Effect:
    """Talk with programs by a script; those it spawns by their literal words are followed (expect(1))."""
    found = split(call.words, frozenset("-c -f -d".split()) - {"-d"}, stops=True)
    if found.has("-v"):
        return _LOOK
    path = found.value("-f") or (found.operands[0] if found.operands else "")
    text = found.value("-c") or (_file(call, path) if path not in {"", "-"} else call.stdin)
    if text is None or HIDDEN in text:
        return call.opaque("the programs it talks with cannot be known before it runs")
    spawned = [line for line in _SPAWN.findall(text.replace("; ", "\n")) if line]
    found_effects = [change(_alone(call).run(line), output=None) for line in spawned]
    if not spawned or _TCL_UNKNOWN.search(text):
        found_effects.append(call.opaque("part of what it does cannot be known before it runs"))
    return join([_UNSURE, *found_effects])


def _file(call: Call, path: str) -> str | None:
    where = call.absolute(path) if known(path) and not call.machine else ""
    return call.around.read(where) if where else None


def passwd(call: Call) -> Effect:
    """Change a password, of a person who types or from what is fed (passwd(1))."""
    found = split(call.words, frozenset("-n -x -w -i -R -r".split()))
    if found.has("-S", "--status", "-a", *_HELP):
        return _LOOK
    quiet = call.fed or found.has("-l", "-u", "-d", "-e", "--lock", "--unlock", "--delete", "--expire", "--stdin")
    return _CHANGE if quiet else _person(call)


_GUM_PERSON = frozenset("choose confirm file filter input pager table write".split())


def gum(call: Call) -> Effect:
    """Ask a person, print nicely, or run a program behind a spinner."""
    name = call.words[0] if call.words else ""
    if name == "spin":
        return call.start(
            split(call.words[1:], frozenset("-s --spinner --title -a --align --timeout".split()), stops=True).operands
        )
    return _person(call) if name in _GUM_PERSON else Effect(fx.READS | fx.FILTERS)


PROGRAMS = {
    **dict.fromkeys(_QUIET, screen_filler),
    **dict.fromkeys(_MONITORS, monitor),
    **dict.fromkeys("vim vi nvim gvim view vimdiff nvi vim.tiny vim.basic".split(), vim),
    **dict.fromkeys(("ed", "ex", "red"), line_editor),
    **dict.fromkeys(("emacs", "emacs-nox", "xemacs"), emacs),
    "emacsclient": emacsclient,
    **dict.fromkeys("code code-insiders codium cursor windsurf subl zed gedit kate mate".split(), window_editor),
    **dict.fromkeys("gdb lldb cgdb gdb-multiarch rust-gdb rust-lldb".split(), debugger),
    "screen": screen,
    "tmux": tmux,
    "script": typescript,
    "expect": expect,
    "autoexpect": expect,
    "passwd": passwd,
    "gum": gum,
}
