"""Editors: for a person at a terminal, or by commands, some of which start a shell (vim(1), emacs(1), ed(1))."""

import re

from headgate.classify.effect import EMPTY, HIDDEN, Effect, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.code_entry import MAX_DEPTH
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.terminals import CHANGE, HELP, LOOK, UNSURE, alone, person
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script

_PREFIXES = re.compile(
    r"(?::|\s|[\d.,%$'<>]|sil(?:ent)?!?\s|noa(?:utocmd)?\s|keepalt\s|vert(?:ical)?\s|\|)*"
    r"(?:r(?:ead)?|w(?:rite)?|e(?:dit)?|f)?\s*",
    re.IGNORECASE,
)
_TERMINAL = re.compile(r"\b(?:te(?:rminal)?|ter)!?\s+(?:\+\+\S+\s+)*(.+)")
_EXECUTE = re.compile(r"""\bexe(?:cute)?!?\s+(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*\Z""")
_SYSTEM = re.compile(
    r"""\b(?:system|systemlist|termopen|jobstart|job_start)\s*\(\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')\s*\)"""
)
_CODE = re.compile(r"\b(py3?|pyx|python3?|pythonx|lua|perl|ruby|tcl)(?:file)?!?\s+(.+)", re.DOTALL)
_INTERPRETERS = {"py": "python3", "lua": "lua", "per": "perl", "rub": "ruby", "tcl": "tclsh"}
_DOUBTS = re.compile(r"\b(?:system|systemlist|termopen|jobstart|job_start)\s*\(|\bterminal\b|\bexe(?:cute)?\b.*!")
_FILES = re.compile(r"(?::|\s)*(?:so(?:urce)?|lua(?:file)|py3?f(?:ile)?)!?\s+(\S+)")


def _shell_lines(call: Call, lines: list[str]) -> list[Effect]:
    """Return the effects of editor commands that hand a text to a shell: `:!text`, `w !text`, `system("text")`."""
    return [effect for line in lines for effect in _line(call, line)]


def _line(call: Call, line: str) -> list[Effect]:
    nested = _EXECUTE.search(line)
    if nested:
        return _line(call, nested[1] or nested[2] or "")
    sourced = _FILES.match(line)
    if sourced:
        return [_sourced(call, sourced[1])]
    prefix = _PREFIXES.match(line)
    rest = line[prefix.end() :] if prefix else line
    if rest.startswith("!") and len(rest) > 1:
        return [alone(call).run(rest[1:])]
    texts = [match[1] or match[2] or "" for match in _SYSTEM.finditer(line)]
    texts += [match[1] for match in [_TERMINAL.search(line)] if match]
    if texts:
        return [alone(call).run(text) for text in texts]
    code = _CODE.search(line)
    if code:
        return [
            alone(call).start(
                (_INTERPRETERS[code[1][: 2 if code[1].startswith("py") else 3]], _FLAG[code[1][0]], code[2])
            )
        ]
    return [call.opaque("an editor's command starts a process")] if _DOUBTS.search(line) else []


_FLAG = {"p": "-c", "l": "-e", "r": "-e", "t": "-c"}


def _sourced(call: Call, path: str) -> Effect:
    """Return the effect of the editor commands in a file, which is read a line at a time."""
    if path in {"NONE", "NORC", "DEFAULTS"}:
        return EMPTY
    text = _file(call, path)
    if text is None or call.shell.depth > MAX_DEPTH:
        return call.opaque(f"`{path.replace(HIDDEN, '…')}` cannot be read before it runs")
    script = Effect(scripts=(Script(call.absolute(path), digest(text)),))
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith('"')]
    return join([script, *_shell_lines(call, [line for line in lines if not _FILES.match(line)])])


def _file(call: Call, path: str) -> str | None:
    where = call.absolute(path) if known(path) and not call.machine else ""
    return call.around.read(where) if where else None


_VIM_VALUED = words_of("-c --cmd -S -s -T -u -U -w -W -i -t -l")
_VIM_QUIET = frozenset({"-es", "-Es", "--headless", "-E", "-e"})


def vim(call: Call) -> Effect:
    """Open an editor, or run its commands without one (vim(1))."""
    if not HELP.isdisjoint(call.words):
        return LOOK
    silent = call.name == "ex" and ("-s" in call.words or call.fed)
    quiet = silent or not _VIM_QUIET.isdisjoint(call.words)
    words = tuple(word for word in call.words if word not in _VIM_QUIET and not (silent and word == "-s"))
    found = split(words, _VIM_VALUED, stops=False)
    lines = [*found.values("-c", "--cmd"), *(word[1:] for word in words if word.startswith("+"))]
    lines += (call.stdin or "").splitlines() if quiet else []
    started = [*_shell_lines(call, lines), *(_sourced(call, path) for path in found.values("-S", "-u") if path)]
    return join([UNSURE if quiet else person(call), *started])


def line_editor(call: Call) -> Effect:
    """Edit by commands: those that are fed, or a person's (ed(1), ex(1))."""
    if not HELP.isdisjoint(call.words):
        return LOOK
    lines = [*split(call.words, frozenset({"-c", "-p"})).values("-c"), *(call.stdin or "").splitlines()]
    lines += [word for word in call.words if word.startswith("!")]
    started = _shell_lines(call, lines)
    return join([CHANGE if call.fed else person(call), *started])


_ELISP_SHELL = re.compile(r'\((?:async-)?shell-command(?:-to-string)?\s+"((?:[^"\\]|\\.)*)"\s*\)')
_ELISP_WORDS = re.compile(
    r'\((?:call-process|start-process|process-lines)\s+((?:"(?:[^"\\]|\\.)*"|nil|t|0|\s)+)\)', re.DOTALL
)
_ELISP_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
_ELISP_STARTS = re.compile(r"\((?:async-)?(?:shell-command|call-process|start-process|make-process|process-lines)")


def emacs(call: Call) -> Effect:
    """Open an editor, or run Lisp without one (emacs(1))."""
    if not HELP.isdisjoint(call.words):
        return LOOK
    found = split(call.words, words_of("-l --load -load --script -script -x --eval -eval --execute -f"), long_dash=True)
    effects = [_lisp(call, " ".join(call.words))]
    for path in found.values("-l", "--load", "-load", "--script", "-script", "-x"):
        text = _file(call, path)
        loose = text is None and "/" not in path and not path.endswith(".el")  # a library of its own
        unread = EMPTY if loose else call.opaque(f"`{path.replace(HIDDEN, '…')}` cannot be read before it runs")
        effects.append(unread if text is None else _lisp(call, text))
    quiet = {"--batch", "-batch", "--script", "-script", "--daemon", "--bg-daemon"} & set(call.words)
    return join([UNSURE if quiet else person(call), *effects])


def _lisp(call: Call, text: str) -> Effect:
    """Return the effect of the processes that Lisp *text* starts."""
    started = [alone(call).run(match[1]) for match in _ELISP_SHELL.finditer(text)]
    started += [alone(call).start(tuple(_ELISP_STRING.findall(match[1]))) for match in _ELISP_WORDS.finditer(text)]
    if len(_ELISP_STARTS.findall(text)) > len(started):
        started.append(call.opaque("an editor's command starts a process"))
    return join(started)


def emacsclient(call: Call) -> Effect:
    """Ask a running editor, and wait for a person unless told not to (emacsclient(1))."""
    quiet = not {"-n", "--no-wait", "-e", "--eval", *HELP}.isdisjoint(call.words)
    return join((UNSURE, _lisp(call, " ".join(call.words)))) if quiet else person(call)


def window_editor(call: Call) -> Effect:
    """Open a window, and with `--wait` wait until a person closes it."""
    return person(call) if not {"--wait", "-w"}.isdisjoint(call.words) else UNSURE


PROGRAMS = {
    **dict.fromkeys(words_of("vim vi nvim gvim rvim rview ex view vimdiff nvi vim.tiny vim.basic"), vim),
    **dict.fromkeys(("ed", "red"), line_editor),
    **dict.fromkeys(("emacs", "emacs-nox", "xemacs"), emacs),
    "emacsclient": emacsclient,
    **dict.fromkeys(words_of("code code-insiders codium cursor windsurf subl zed gedit kate mate"), window_editor),
}
