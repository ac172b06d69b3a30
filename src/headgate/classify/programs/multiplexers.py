"""Multiplexers: terminals of their own, in which they start commands or type them (screen(1), tmux(1))."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.terminals import CHANGE, LOOK, alone, person


def screen(call: Call) -> Effect:
    """Start a program in a session of its own, type into one, or attach to it (screen(1))."""
    words = call.words
    found = split(words, words_of("-S -t -c -e -h -p -s -T -Q"), stops=True)
    if found.has("-l", "-v", "-w", "-Q") and not found.has("-d", "-D", "-X"):  # `-ls`, `-list`, `-wipe`
        return LOOK
    if found.has("-X"):
        return _typed(call, found.operands[1:]) if found.operands[:1] in {("stuff",), ("exec",)} else CHANGE
    inside = call.start(found.operands) if found.operands else fx.EMPTY
    if found.has("-d", "-D") and not found.has("-r", "-R", "-x"):
        return change(join([CHANGE, inside]), does=inside.does | fx.CHANGES | fx.BACKGROUND, output=None)
    return join([person(call, "opens a terminal session"), inside])


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
    groups: list[list[str]] = [[]]
    for word in found.operands:
        if word in {";", "\\;"}:
            groups.append([])
        else:
            groups[-1].append(word)
    effects = [_tmux_command(call, tuple(group)) for group in groups if group]
    return join(effects) if effects else person(call, "opens a terminal session")


def _tmux_command(call: Call, words: tuple[str, ...]) -> Effect:
    name, rest = words[0], words[1:]
    if name in {"send-keys", "send"}:
        found = split(rest, words_of("-t -N -c"), stops=True)
        return _typed(call, found.operands, literal=found.has("-l"))
    if name in {"set-buffer", "setb", "paste-buffer", "pasteb"}:
        return _typed(call, split(rest, words_of("-b -t -n -s"), stops=True).operands)
    if name in _TMUX_STARTS:
        return _tmux_start(call, name, rest)
    if name in _TMUX_PERSON:
        return person(call, "attaches to a terminal session")
    if name in {"source-file", "source"}:
        return call.opaque("runs the commands of a file")
    return LOOK if name in _TMUX_LOOKS else CHANGE


def _tmux_start(call: Call, name: str, rest: tuple[str, ...]) -> Effect:
    valued = words_of("-b -t -d") - {"-b"} if name.startswith("run") else _TMUX_VALUED
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
    first = person(call, "opens a terminal session") if waits else CHANGE
    return change(join([first, inside]), does=first.does | inside.does | fx.BACKGROUND, output=None)


PROGRAMS = {"screen": screen, "tmux": tmux}
