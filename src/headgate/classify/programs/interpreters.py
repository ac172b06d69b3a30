"""Interpreters other than Python: the code they are given is searched for the processes it starts."""

import base64
import binascii
import re

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.code_entry import (
    LOOK,
    MAX_CODE,
    MAX_STARTS,
    UNSURE,
    Entry,
    Language,
    alone,
    entry_of,
    fed,
    names_the_gate,
    person,
    unknown_input,
)
from headgate.classify.programs.javascript import node_script
from headgate.classify.programs.languages import LANGUAGES, REMOVES
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.scripts import Judge, python_script, script
from headgate.classify.shell.quoting import ansi_c
from headgate.model.facts import Workload

LITERAL = re.compile(
    r"""\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`|q[qw]?\{([^}]*)\}|q[qw]?\(([^)]*)\))""",
    re.DOTALL,
)
IN_CODE = "its code starts a process that is not known before it runs"
CODE_IN_CODE = "its code runs code or a process that is not known before it runs"
_HOLES = re.compile(r"\$\{[^}]*\}|#\{[^}]*\}|[$@]\w+(?:[\[{][^\]}]*[\]}])?")
_BETWEEN = re.compile(r"(?:[\s,\[\]]|\{\s*args\s*:|c\()*")
_COMMAS = re.compile(r"['\"]\s*,\s*['\"]")
_ENDS = frozenset(");{}]")


_NODE_WORDS = ("child_process", "Bun.", "Deno.", "execSync")
_FETCHES = re.compile(
    r"\b(?:fetch|axios)\s*\(\s*['\"]([^'\"\s]+)['\"]\s*,\s*\{[^}]{0,400}?method['\"]?\s*:\s*['\"](POST|PUT|PATCH|DELETE)"
)
_DECODED = re.compile(r"\beval\s*\(\s*(?:Buffer\.from|atob)\s*\(\s*['\"]([A-Za-z0-9+/=]+)['\"]")


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except (ValueError, binascii.Error):
        return HIDDEN


def _code(call: Call, language: Language, code: str) -> Effect:
    """Return the effect of *code*: light but for the processes it starts."""
    if not code.strip(HIDDEN + " \n") and code.strip():
        return call.opaque("its code is not known before it runs")
    if len(code) > MAX_CODE:
        return call.opaque("its code is too long to follow")
    found = [names_the_gate(call, code)]
    if language is not LANGUAGES["node"] or any(word in code for word in _NODE_WORDS):
        found += [_process(call, code, match.end()) for match in matches(language.starts, code)]
    for match in matches(language.texts, code):
        text = next(group for group in match.groups() if group is not None)
        found.append(call.run(_HOLES.sub(HIDDEN, _COMMAS.sub(" ", text).strip("'\""))))
    found += [call.start(("rm", "-rf", "--", match[2])) for match in matches(REMOVES, code)]
    if language is LANGUAGES["node"]:
        found += [call.start(("curl", "-X", match[2], match[1])) for match in matches(_FETCHES, code)]
        found += [_code(call, language, _decoded(match[1])) for match in matches(_DECODED, code)]
    found.append(_waits(language, code))
    if language.unknown is not None and language.unknown.search(code):
        found.append(call.opaque(CODE_IN_CODE))
    return join([UNSURE, *dict.fromkeys(found)])


_SLEEPS = re.compile(r"(?<![\w.$>])sleep[\s(]+(\d+(?:\.\d+)?)\b")
_TIMERS = re.compile(r"\bset(?:Timeout|Interval)\s*\(.{0,400}?,\s*(\d+)\s*\)", re.DOTALL)
_LONGEST = 20_000
"""Characters of code in which waits are looked for."""


def _waits(language: Language, code: str) -> Effect:
    """Return the effect of the literal waits in *code*; those of node's timers are in milliseconds."""
    timers = language is LANGUAGES["node"]
    found = (_TIMERS if timers else _SLEEPS).findall(code[:_LONGEST])
    seconds = sum(map(float, found)) / (1000 if timers else 1)
    return Effect(seconds=seconds) if seconds else EMPTY


_COMMENT = re.compile(r"^[ \t]*(?://|#(?!!)|--|\*).*$", re.MULTILINE)


def _judge(language: Language) -> Judge:
    """Return a judge of this language's scripts: what they are given to run is left to their arguments."""

    def judge(call: Call, code: str) -> Effect:
        inside = _code(call, language, _COMMENT.sub("", code))
        unknown = {IN_CODE, CODE_IN_CODE}
        return change(inside, evidence=tuple(item for item in inside.evidence if item.message not in unknown))

    return judge


def matches(pattern: re.Pattern[str] | None, code: str) -> list[re.Match[str]]:
    """Return the first matches of *pattern* in *code*; none without a pattern."""
    return [] if pattern is None else list(pattern.finditer(code))[:MAX_STARTS]


def _process(call: Call, code: str, at: int) -> Effect:
    """Return the effect of the process whose words start at *at*: literals are followed, the rest is unknown."""
    words: list[str] = []
    while True:
        gap = _BETWEEN.match(code, at)
        after = gap.end() if gap else at
        match = LITERAL.match(code, after)
        if match is None or (words and after == at):
            break
        quote = match[0].lstrip()[0]
        text = next(group for group in match.groups() if group is not None)
        words.append(ansi_c(text) if quote == "'" else ansi_c(_HOLES.sub(HIDDEN, text.replace("\\$", "$"))))
        at = match.end()
    rest = code[at:].lstrip()
    if not words:
        return call.opaque(IN_CODE)
    if rest[:1] in {".", "+", "~", "%", "&"} or rest.startswith(("..", "<>")) or rest[:1].isalnum():
        words[-1] += HIDDEN
    elif rest.startswith(",") and _BETWEEN.sub("", rest, count=1)[:1] not in _ENDS | {"("} and not _callback(rest):
        words.append(HIDDEN)
    if len(words) == 1 or words[1:] in _MODES:
        return call.run(words[0].removesuffix("|"))
    return call.start(tuple(words))


_MODES: tuple[list[str], ...] = ([], ["r"], ["w"], ["rb"], ["wb"], ["re"], ["r+"])


def _callback(rest: str) -> bool:
    """Whether what follows a text is a function or an option, not a further word."""
    return re.match(r",\s*(?:function|async|\(|\w+\s*=>|intern|stdout|true|false|['\"]?r['\"]?\s*\))", rest) is not None


_ENDLESS_OPTIONS = {"node": frozenset({"--watch", "--watch-path"}), "php": frozenset({"-S", "--server"})}


def interpreter(call: Call) -> Effect:
    """Run code, a script, what is fed, or a person's lines."""
    language = LANGUAGES[_KINDS[call.name]]
    entry = entry_of(call.words, language)
    if entry.options & language.looks and not entry.code and not (entry.script and language is not LANGUAGES["php"]):
        return LOOK
    if entry.options & _ENDLESS_OPTIONS.get(_KINDS[call.name], frozenset()):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, f"`{call.name}` runs until it is ended"))
    if "--run" in entry.options and language is LANGUAGES["node"]:
        return node_script(call, entry.script)
    return _entered(call, language, entry)


_NO_RUN = {
    "node": words_of("--test --check -c --prof-process"),
    "ruby": frozenset({"-c"}),
    "perl": frozenset({"-c"}),
    "clojure": words_of("-X -M -T -A -P -i --file"),
    "Rscript": frozenset({"--debugger", "-d"}),
    "scala": words_of("--extra-jars --execute-script"),
    "lisp": words_of("-I --lib"),
    "php": words_of("--rfunction --rclass"),
}
"""Options that only check a file, or run what is no file of the tree."""


def _entered(call: Call, language: Language, entry: Entry) -> Effect:
    """Return the effect of the code, the script or the input that an interpreter was given."""
    if not entry.code and not entry.options.isdisjoint(_NO_RUN.get(_KINDS[call.name], ())):
        return UNSURE
    if call.name in _COMPILES or (entry.script == "inspect" and language is LANGUAGES["node"]):
        return _code(call, language, "\n".join(entry.code)) if entry.code else _compiled(call)
    if entry.code:
        return _code(call, language, "\n".join(entry.code))
    if entry.options & language.opens:
        return person(call)
    if entry.script not in {"", "-"} and _KINDS[call.name] not in {"ghci", "erl"}:
        return script(call, entry.script, entry.rest, _judge(language))
    return _from_input(call, language, entry)


_COMPILES = frozenset({"ghc", "iex"})


def _compiled(call: Call) -> Effect:
    """Return the effect of a compiler, or of a prompt whatever it is given."""
    return UNSURE if call.name == "ghc" and call.words else person(call)


def _from_input(call: Call, language: Language, entry: Entry) -> Effect:
    if call.fed:
        code = fed(call)
        return unknown_input(call) if code is None else _code(alone(call), language, code)
    return UNSURE if {"--file", "-f"} & entry.options or (call.name == "erl" and call.words) else person(call)


def r(call: Call) -> Effect:
    """Run R: its code, a script, a subcommand of `CMD`, or a person's lines (R(1))."""
    words = call.words
    if words[:1] == ("CMD",):
        return UNSURE
    files = [word for at, word in enumerate(words) if word.startswith("--file=") or words[at - 1 : at] == ("-f",)]
    return UNSURE if files else interpreter(call)


def console(call: Call) -> Effect:
    """Run a script, what is fed, or a person's lines."""
    found = split(call.words, words_of("-r -I -c"))
    if found.has("--version", "--help", "-v", "-h"):
        return LOOK
    if call.name in {"bpython", "ptpython"} or found.operands:
        judge = python_script if call.name in {"bpython", "ptpython"} else _judge(LANGUAGES["ruby"])
        return script(call, found.operands[0], found.operands[1:], judge) if found.operands else person(call)
    if call.fed:
        code = fed(call)
        return unknown_input(call) if code is None else _code(alone(call), LANGUAGES["ruby"], code)
    return person(call)


_KINDS = {
    **{name: name for name in LANGUAGES if name not in {"lisp", "plain"}},
    **dict.fromkeys(("nodejs", "bun-node"), "node"),
    **dict.fromkeys(words_of("jruby ruby2 ruby3 ruby3.2 ruby3.3"), "ruby"),
    **dict.fromkeys(("php7", "php8", "php-cli"), "php"),
    **dict.fromkeys(words_of("lua5.1 lua5.2 lua5.3 lua5.4 luajit texlua"), "lua"),
    **dict.fromkeys(("R", "Rterm"), "Rscript"),
    **dict.fromkeys(("wish", "tclsh8.6"), "tclsh"),
    **dict.fromkeys(("ghc", "runghc", "runhaskell"), "ghci"),
    "iex": "elixir",
    **dict.fromkeys(("clj", "bb"), "clojure"),
    **dict.fromkeys(words_of("guile racket sbcl clisp ecl chicken csi gosh chez"), "lisp"),
    **dict.fromkeys(words_of("icr"), "plain"),
    "matlab": "octave",
    "utop": "ocaml",
}


def compiled(call: Call) -> Effect:
    """Run a program of a source file, or anything else of a compiler that also runs (java(1), dart)."""
    words = call.words
    path = next((word for word in words if word.endswith((".java", ".dart", ".kts", ".swift"))), "")
    if not path:
        return LOOK if words[:1] in {("-version",), ("--version",), ("-help",), ("--help",)} else UNSURE
    return script(call, path, (), _judge(LANGUAGES["plain" if path.endswith((".dart", ".swift")) else "jshell"]))


PROGRAMS = {
    **dict.fromkeys(_KINDS, interpreter),
    "java": compiled,
    **dict.fromkeys(("R", "Rterm"), r),
    **dict.fromkeys(("irb", "pry", "bpython", "ptpython"), console),
}
