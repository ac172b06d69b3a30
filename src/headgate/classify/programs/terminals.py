"""Programs that need a terminal and a person, or talk with another as a person would."""

import re

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.wrappers import seconds_of
from headgate.model.facts import Workload

LOOK = Effect(fx.READS)
UNSURE = Effect(fx.UNSURE)
CHANGE = Effect(fx.CHANGES)
HELP = frozenset({"--version", "--help", "-V", "-h"})


def person(call: Call, why: str = "") -> Effect:
    """Return the effect of waiting for a person."""
    shown = call.shows(Workload.INTERACTIVE, why or f"`{call.name}` needs a terminal and a person")
    return Effect(fx.INTERACTIVE | fx.UNSURE, shown)


def alone(call: Call) -> Call:
    """Return *call* with nothing on its standard input, which it has read."""
    return msgspec.structs.replace(call, stdin="", fed=True, piped=False)


_QUIET: dict[str, frozenset[str]] = {
    **dict.fromkeys(words_of("nano pico joe micro hx helix kak jed ne mcedit sudoedit vipw vigr xkill"), frozenset()),
    **dict.fromkeys(words_of("htop btop bpytop bashtop nmon nvtop ctop lazydocker ranger nnn lf yazi"), frozenset()),
    **dict.fromkeys(words_of("lazygit gitui tig minicom picocom cu tip dialog whiptail peco"), frozenset()),
    **dict.fromkeys(words_of("mutt neomutt alpine weechat irssi tmate cmatrix alsamixer nmtui"), frozenset()),
    "atop": words_of("-P -w -r"),
    "ncdu": words_of("-o -0 -1"),
    "powertop": words_of("--html --csv -C -r -t --auto-tune"),
    "visudo": words_of("-c --check -cf"),
    "fzf": words_of("-f --filter --bash --zsh --fish"),
    "sk": words_of("-f --filter"),
    "lynx": words_of("-dump -source -listonly"),
    "links": words_of("-dump -source"),
    "elinks": words_of("-dump -source --dump"),
    "w3m": words_of("-dump -dump_source -dump_head -dump_both"),
    "chsh": words_of("-s --shell -l --list-shells"),
    "chfn": words_of("-f -o -p -r -w -h"),
}
_MAY_BE_FED = words_of("mutt neomutt alpine dialog")


_EXECUTES = re.compile(r"(?:execute(?:-silent)?|become|reload|preview|transform\S*)[(\[{:]([^)\]}]+)")


def screen_filler(call: Call) -> Effect:
    """Take the whole terminal, unless an option says to print and end."""
    if not {"--version", "--help"}.isdisjoint(call.words) or call.words[:1] in {("-V",), ("-h",)}:
        return LOOK
    quiet = _QUIET[call.name]
    runs = [call.run(text) for text in _EXECUTES.findall(" ".join(call.words))] if call.name in {"fzf", "sk"} else []
    if runs:
        return join([UNSURE, *runs])
    if any(word.partition("=")[0] in quiet for word in call.words):
        return UNSURE if call.name in {"chsh", "chfn", "atop", "powertop"} else Effect(fx.READS | fx.NETWORK)
    if call.fed and call.name in _MAY_BE_FED:
        return Effect(fx.UNSURE | fx.NETWORK)
    return person(call)


_MONITORS: dict[str, tuple[frozenset[str], frozenset[str], frozenset[str]]] = {
    "top": (
        words_of("-b -l --batch"),
        words_of("-n -l --iterations"),
        words_of("-n -d -p -u -U -o -w -s -l -E"),
    ),
    "iotop": (
        frozenset({"-b", "--batch"}),
        frozenset({"-n", "--iter"}),
        words_of("-n --iter -d --delay -p -u"),
    ),
    "iftop": (frozenset({"-t"}), frozenset({"-s", "-L"}), words_of("-i -f -F -G -s -L -m -c -o")),
    "nethogs": (frozenset({"-t"}), frozenset({"-c"}), words_of("-d -v -c -C") - {"-C"}),
    "glances": (
        words_of("--stdout --stdout-csv --stdout-json -w --export -q"),
        frozenset({"--stop-after"}),
        words_of("--stop-after --stdout --stdout-csv --stdout-json --export -t --time -C"),
    ),
    "bmon": (frozenset({"-o"}), frozenset(), words_of("-o -p -r -R")),
}
"""By program: the options for output without a screen, those that bound it, and those that take a value."""


def monitor(call: Call) -> Effect:
    """Watch the machine: on a screen, by lines without an end, or a number of times (top(1))."""
    batch, bounds, valued = _MONITORS[call.name]
    found = split(call.words, valued)
    if found.has(*HELP) and not found.has(*batch):
        return LOOK
    if not found.has(*batch):
        return person(call)
    if not found.has(*bounds):
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, f"`{call.name}` prints without an end"))
    turns = found.value(*sorted(bounds))
    delay = seconds_of(found.value("-d", "--delay", "-s") or "3") or 0.0
    return Effect(fx.READS, seconds=(int(turns) - 1) * delay) if turns.isdecimal() and int(turns) > 1 else LOOK


def debugger(call: Call) -> Effect:
    """Debug a program: for a person, or by commands (gdb(1), lldb(1))."""
    words = call.words
    pids = {str(pid) for pid in call.around.gate_pids}
    if not call.machine and any(word.removeprefix("--pid=").removeprefix("-p") in pids for word in words):
        return Effect(fx.CHANGES, call.shows(Workload.CONTROL_PLANE, "attaches to a process of the gate"))
    if not HELP.isdisjoint(words):
        return LOOK
    quiet = call.fed or not {"-batch", "--batch", "-b", "--batch-silent", "-batch-silent"}.isdisjoint(words)
    found = split(words, _GDB_VALUED, long_dash=True)
    lines = list(found.values("-ex", "--ex", "-o", "-iex", "-eval-command", "--eval-command", "-O", "--one-line"))
    lines += (call.stdin or "").splitlines() if call.fed else []
    started = [call.start(found.operands)] if quiet and found.has("--args", "-args") else []
    for path in found.values("-x", "-command", "--command", "-s", "--source", "-S"):
        text = _file(call, path)
        started += [call.opaque("the commands that it reads are not known")] if text is None else []
        lines += (text or "").splitlines()
    return join([UNSURE if quiet else person(call), *started, *(_debugged(call, line.strip()) for line in lines)])


_GDB_VALUED = words_of(
    "-ex --ex -x -p -pid -o -O -c -s -S -iex -eval-command --eval-command -command --command --one-line --source"
)
_GDB_SHELLS = re.compile(r"(?:shell|sh|!|make|platform shell|pipe\b[^|]*\||\|[^|]*\|)\s*(.+)")
_GDB_CODE = re.compile(r"(?:python|py|pi|script|source -p)\s+(.+)", re.DOTALL)


def _debugged(call: Call, line: str) -> Effect:
    """Return the effect of a debugger's command: some hand a text to a shell, or to Python."""
    text = _GDB_SHELLS.match(line)
    if text:
        return alone(call).run(text[1])
    code = _GDB_CODE.match(line)
    return alone(call).start(("python3", "-c", code[1])) if code else fx.EMPTY


def typescript(call: Call) -> Effect:
    """Record a terminal: of `-c`'s text, of the words behind the file (BSD), or of a person (script(1))."""
    found = split(call.words, words_of("-c --command -E --echo -I -O -B -T -m -o -t") - {"-t"}, stops=True)
    if found.has(*HELP):
        return LOOK
    text = found.value("-c", "--command")
    again = split(found.operands[1:], frozenset({"-c", "--command"}), stops=True)
    text = text or again.value("-c", "--command")
    if text:
        return change(call.run(text), output=None)
    if again.operands:
        return call.start(again.operands)
    return UNSURE if call.stdin == "" else person(call, "records a shell that waits for a person")


_SPAWN = re.compile(r"^\s*spawn\s+(?:-\w+\s+)*(.+?)\s*;?$", re.MULTILINE)
_TCL_RUNS = re.compile(r"^\s*(?:catch\s+\{)?(?:exec|system)\s+([\w./:@=, \t-]+?)\s*[;}]?$", re.MULTILINE)
_TCL_UNKNOWN = re.compile(r"\$\w|\[|\b(?:exec|system|open|source)\b")


def expect(call: Call) -> Effect:
    """Talk with programs by a script; those it spawns by their literal words are followed (expect(1))."""
    found = split(call.words, words_of("-c -f -d") - {"-d"}, stops=True)
    if found.has("-v"):
        return LOOK
    path = found.value("-f") or (found.operands[0] if found.operands else "")
    text = found.value("-c") or (_file(call, path) if path not in {"", "-"} else call.stdin)
    if text is None or HIDDEN in text:
        return call.opaque("the programs it talks with cannot be known before it runs")
    lines = text.replace("; ", "\n")
    spawned = [line for line in (*_SPAWN.findall(lines), *_TCL_RUNS.findall(lines)) if line]
    text = _TCL_RUNS.sub("", lines)
    found_effects = [change(alone(call).run(line), output=None) for line in spawned]
    if not spawned or _TCL_UNKNOWN.search(text):
        found_effects.append(call.opaque("part of what it does cannot be known before it runs"))
    return join([UNSURE, *found_effects])


def _file(call: Call, path: str) -> str | None:
    where = call.absolute(path) if known(path) and not call.machine else ""
    return call.around.read(where) if where else None


def passwd(call: Call) -> Effect:
    """Change a password, of a person who types or from what is fed (passwd(1))."""
    found = split(call.words, words_of("-n -x -w -i -R -r"))
    if found.has("-S", "--status", "-a", *HELP):
        return LOOK
    quiet = call.fed or found.has("-l", "-u", "-d", "-e", "--lock", "--unlock", "--delete", "--expire", "--stdin")
    return CHANGE if quiet else person(call)


_GUM_PERSON = words_of("choose confirm file filter input pager table write")


def gum(call: Call) -> Effect:
    """Ask a person, print nicely, or run a program behind a spinner."""
    name = call.words[0] if call.words else ""
    if name == "spin":
        return call.start(
            split(call.words[1:], words_of("-s --spinner --title -a --align --timeout"), stops=True).operands
        )
    return person(call) if name in _GUM_PERSON else Effect(fx.READS | fx.FILTERS)


PROGRAMS = {
    **dict.fromkeys(_QUIET, screen_filler),
    **dict.fromkeys(_MONITORS, monitor),
    **dict.fromkeys(("gdb", "lldb", "cgdb", "gdb-multiarch", "rust-gdb", "rust-lldb", "pdb", "pdb3"), debugger),
    "script": typescript,
    **dict.fromkeys(("expect", "autoexpect"), expect),
    "passwd": passwd,
    "gum": gum,
}
