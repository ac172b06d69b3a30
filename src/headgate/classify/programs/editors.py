"""Editors: for a person at a terminal, or by commands, some of which start a shell (vim(1), emacs(1), ed(1))."""

import re

from headgate.classify.effect import Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.terminals import CHANGE, HELP, LOOK, UNSURE, alone, person


def _shell_lines(call: Call, lines: list[str]) -> list[Effect]:
    """Return the effects of editor commands that hand a text to a shell: `:!text`, `!text`."""
    found: list[Effect] = []
    for line in lines:
        head, mark, text = line.partition("!")
        if mark and not head.strip(": %.,$0123456789rw"):
            found.append(alone(call).run(text))
        elif "system(" in line or "terminal" in head or "jobstart" in line:
            found.append(call.opaque("an editor's command starts a process"))
    return found


_VIM_VALUED = words_of("-c --cmd -S -T -u -U -w -W -i -t -d") - {"-d"}
_VIM_QUIET = frozenset({"-es", "-Es", "--headless", "-E", "-e"})


def vim(call: Call) -> Effect:
    """Open an editor, or run its commands without one (vim(1))."""
    if not HELP.isdisjoint(call.words):
        return LOOK
    found = split(call.words, _VIM_VALUED, stops=False)
    lines = [*found.values("-c", "--cmd"), *(word[1:] for word in call.words if word.startswith("+"))]
    started = _shell_lines(call, lines)
    quiet = not _VIM_QUIET.isdisjoint(call.words) or found.has("--headless")
    return join([UNSURE if quiet else person(call), *started])


def line_editor(call: Call) -> Effect:
    """Edit by commands: those that are fed, or a person's (ed(1), ex(1))."""
    if not HELP.isdisjoint(call.words):
        return LOOK
    lines = [*split(call.words, frozenset({"-c"})).values("-c"), *(call.stdin or "").splitlines()]
    started = _shell_lines(call, lines)
    return join([CHANGE if call.fed else person(call), *started])


_ELISP_SHELL = re.compile(r'\((?:async-)?shell-command(?:-to-string)?\s+"((?:[^"\\]|\\.)*)"\s*\)')
_ELISP_STARTS = re.compile(r"\((?:async-)?(?:shell-command|call-process|start-process|make-process|process-lines)")


def emacs(call: Call) -> Effect:
    """Open an editor, or run Lisp without one (emacs(1))."""
    if not HELP.isdisjoint(call.words):
        return LOOK
    text = " ".join(call.words)
    started = [alone(call).run(match[1]) for match in _ELISP_SHELL.finditer(text)]
    if len(_ELISP_STARTS.findall(text)) > len(started):
        started.append(call.opaque("an editor's command starts a process"))
    quiet = {"--batch", "-batch", "--script", "-script", "--daemon", "--bg-daemon"} & set(call.words)
    return join([UNSURE if quiet else person(call), *started])


def emacsclient(call: Call) -> Effect:
    """Ask a running editor, and wait for a person unless told not to (emacsclient(1))."""
    quiet = not {"-n", "--no-wait", "-e", "--eval", *HELP}.isdisjoint(call.words)
    return UNSURE if quiet else person(call)


def window_editor(call: Call) -> Effect:
    """Open a window, and with `--wait` wait until a person closes it."""
    return person(call) if not {"--wait", "-w"}.isdisjoint(call.words) else UNSURE


PROGRAMS = {
    **dict.fromkeys(words_of("vim vi nvim gvim view vimdiff nvi vim.tiny vim.basic"), vim),
    **dict.fromkeys(("ed", "ex", "red"), line_editor),
    **dict.fromkeys(("emacs", "emacs-nox", "xemacs"), emacs),
    "emacsclient": emacsclient,
    **dict.fromkeys(words_of("code code-insiders codium cursor windsurf subl zed gedit kate mate"), window_editor),
}
