"""Multiplexers: terminals of their own, in which they start commands or type them (screen(1), tmux(1))."""

import re
import shlex
from collections.abc import Callable

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.code_entry import MAX_DEPTH
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.terminals import CHANGE, LOOK, alone, person
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script


def screen(call: Call) -> Effect:
    """Start a program in a session of its own, type into one, or attach to it (screen(1))."""
    words = call.words
    found = split(words, words_of("-S -t -c -e -h -p -s -T -Q"), stops=True)
    if found.has("-l", "-v", "-w", "-Q") and not found.has("-d", "-D", "-X"):  # `-ls`, `-list`, `-wipe`
        return LOOK
    if found.has("-X"):
        return _screen_command(call, found.operands)
    settings = [_commands_of(call, path, _screen_command) for path in found.values("-c")]
    if settings:
        return join((*settings, screen(msgspec.structs.replace(call, words=_without(words, "-c")))))
    inside = call.start(found.operands) if found.operands else fx.EMPTY
    if found.has("-d", "-D") and not found.has("-r", "-R", "-x"):
        return change(join([CHANGE, inside]), does=inside.does | fx.CHANGES | fx.BACKGROUND, output=None)
    return join([person(call, "opens a terminal session"), inside])


def _without(words: tuple[str, ...], option: str) -> tuple[str, ...]:
    """Return *words* without *option* and its value."""
    at = words.index(option) if option in words else -1
    kept = words[:at] + words[at + 2 :] if at >= 0 else words
    return tuple(word for word in kept if not word.startswith(option) or word == option) if at < 0 else kept


def _screen_command(call: Call, words: tuple[str, ...]) -> Effect:
    """Return the effect of one command of screen's own (screen(1))."""
    name, rest = (words[0], words[1:]) if words else ("", ())
    if name == "stuff":
        return _typed(call, rest)
    if name in {"exec", "screen", "backtick"}:
        plain = tuple(word for word in rest if not word.startswith("-") and not word.strip("!.|:").isdigit())
        return call.start(plain[1:] if plain[:1] in {("...",), ("!",)} else plain) if plain else CHANGE
    if name == "eval":
        return join(_screen_command(call, _split(text)) for text in rest)
    if name == "bind":
        return _screen_command(call, rest[1:])
    if name == "source":
        return _commands_of(call, "".join(rest), _screen_command)
    return CHANGE


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return tuple(text.split())


def _commands_of(call: Call, path: str, run: Callable[[Call, tuple[str, ...]], Effect]) -> Effect:
    """Return the effect of the commands in the file at *path*; one that cannot be read is not known."""
    if path == "/dev/null":
        return fx.EMPTY
    where = call.absolute(path) if known(path) and not call.machine else ""
    text = call.around.read(where) if where and call.shell.depth <= MAX_DEPTH else None
    if text is None:
        return call.opaque("runs the commands of a file that cannot be read")
    lines = (line.strip() for line in text.splitlines())
    effects = [run(call, _split(line)) for line in lines if line and not line.startswith(("#", "source"))]
    return join((Effect(scripts=(Script(where, digest(text)),)), *effects))


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
    text = text.replace("^M", "\n").replace("\r", "\n").replace("\\n", "\n").replace("\\r", "\n").replace("\\015", "\n")
    if not text.strip():
        return CHANGE
    inside = alone(call).run(text)
    return change(inside, does=inside.does | fx.CHANGES, output=None)


_TMUX_LOOKS = words_of(
    """
    ls list-sessions list-windows lsw list-panes lsp list-clients lsc list-keys lsk list-buffers lsb list-commands
    capture-pane capturep display-message display has-session has show-options show show-buffer showb
    show-environment showenv info show-messages start-server start
    """
)
_TMUX_PERSON = words_of("attach attach-session a at choose-tree choose-window choose-session copy-mode")
_TMUX_STARTS = words_of(
    """
    new new-session new-window neww split-window splitw respawn-pane respawnp respawn-window respawnw run-shell run
    display-popup popup pipe-pane pipep if-shell if
    """
)
_TMUX_VALUED = words_of("-c -e -F -f -n -s -t -x -y -l -p")


def tmux(call: Call) -> Effect:
    """Start, steer or attach to terminal sessions; what is typed into one counts as run (tmux(1))."""
    found = split(call.words, words_of("-L -S -f -c -T"), stops=True)
    if found.has("-V"):
        return LOOK
    if found.has("-c"):
        return call.run(found.value("-c"))
    settings = [_commands_of(call, path, _tmux_command) for path in found.values("-f")]
    effects = [*settings, *(_tmux_command(call, group) for group in _groups(found.operands))]
    return join(effects) if found.operands else person(call, "opens a terminal session")


def _groups(words: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return the commands in *words*, which `;` parts."""
    groups: list[list[str]] = [[]]
    for word in words:
        if word in {";", "\\;"}:
            groups.append([])
        else:
            groups[-1].append(word)
    return [tuple(group) for group in groups if group]


def _tmux_text(call: Call, text: str) -> Effect:
    """Return the effect of a text of tmux's own commands."""
    return join(_tmux_command(call, group) for group in _groups(_split(text.replace(";", " ; "))))


_FORMAT = re.compile(r"#\(([^)]*)\)")
_HOLDS_COMMAND = {
    **dict.fromkeys(words_of("bind bind-key"), words_of("-T -N")),
    **dict.fromkeys(words_of("set-hook"), words_of("-t")),
    **dict.fromkeys(words_of("confirm-before confirm"), words_of("-p -t -c")),
    **dict.fromkeys(words_of("command-prompt"), words_of("-I -p -t -T")),
}
_NAMED_FIRST = words_of("bind bind-key set-hook")
_TMUX_SETS = words_of("set set-option setw set-window-option")


def _tmux_command(call: Call, words: tuple[str, ...]) -> Effect:
    name, rest = words[0], words[1:]
    if name in {"send-keys", "send"}:
        found = split(rest, words_of("-t -N -c"), stops=True)
        if found.has("-H"):
            return call.opaque("keys are typed by their numbers")
        return _typed(call, found.operands, literal=found.has("-l"))
    if name in {"set-buffer", "setb", "paste-buffer", "pasteb"}:
        return _typed(call, split(rest, words_of("-b -t -n -s"), stops=True).operands)
    if name in _TMUX_STARTS:
        return _tmux_start(call, name, rest)
    if name in {"source-file", "source"}:
        paths = split(rest, words_of("-t")).operands
        return join(_commands_of(call, path, _tmux_command) for path in paths)
    formats = [call.run(text) for word in rest for text in _FORMAT.findall(word)]
    return join((_tmux_quiet(call, name, rest), *formats))


def _tmux_quiet(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    """Return the effect of a command that starts nothing itself, but may name what is started later."""
    if name in _TMUX_PERSON:
        return person(call, "attaches to a terminal session")
    if name in _HOLDS_COMMAND:
        held = split(rest, _HOLDS_COMMAND[name], stops=True).operands
        held = held[1:] if name in _NAMED_FIRST else held
        inner = (
            _tmux_text(call, held[0]) if len(held) == 1 else join(_tmux_command(call, part) for part in _groups(held))
        )
        return join((CHANGE, inner))
    if name in _TMUX_SETS:
        found = split(rest, words_of("-t"), stops=True)
        runs = found.operands[:1] in {("default-command",), ("default-shell",), ("copy-command",), ("editor",)}
        return join((CHANGE, call.run(found.operands[1]))) if runs and len(found.operands) > 1 else CHANGE
    return LOOK if name in _TMUX_LOOKS else CHANGE


def _tmux_start(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    if name.startswith("if"):
        return _tmux_if(call, rest)
    valued = words_of("-t -d -c") if name.startswith("run") else _TMUX_VALUED
    if name.startswith("pipe"):
        valued = frozenset({"-t"})
    found = split(rest, valued, stops=True)
    texts = found.operands
    if name.startswith("run") and found.has("-C"):
        inside = _tmux_text(call, " ".join(texts))
    else:
        inside = call.run(texts[0]) if len(texts) == 1 else call.start(texts)
    waits = name in {"new", "new-session", "display-popup", "popup"} and not found.has("-d")
    first = person(call, "opens a terminal session") if waits else CHANGE
    return change(join([first, inside]), does=first.does | inside.does | fx.BACKGROUND, output=None)


def _tmux_if(call: Call, rest: tuple[str, ...]) -> Effect:
    """Return the effect of `if-shell`: a shell's text unless it is a format, then tmux's own commands."""
    found = split(rest, frozenset({"-t"}), stops=True)
    asks = [] if found.has("-F") else [call.run(text) for text in found.operands[:1]]
    return join([CHANGE, *asks, *(_tmux_text(call, text) for text in found.operands[1:])])


PROGRAMS = {"screen": screen, **dict.fromkeys(("tmux", "psmux"), tmux)}
