"""Programs that only look, print or filter: the words of every probe."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, looked
from headgate.classify.paths import wide
from headgate.classify.programs.call import Call
from headgate.classify.programs.logs import log_service
from headgate.classify.programs.options import split, words_of
from headgate.classify.shell.quoting import ansi_c
from headgate.model.facts import Touch, Workload

_LOOK = Effect(fx.READS)
_FILTER = Effect(fx.READS | fx.FILTERS)
_NOTHING = Effect(fx.FILTERS)
_FORMAT = re.compile(r"%(?:%|s|d|b|q)")
_NUL = re.compile(r"\\(?:0{1,3}(?![0-7])|x0{1,2}(?![0-9A-Fa-f]))")
BETWEEN = "\x1e"
"""Stands in what is printed for the character that no text holds; a shell that is fed with it is `opaque`."""

_ENDS_TEXT = re.compile(r"\\0|\\x0|\\c|\\u0")
"""Escapes in a format that may stand for the character that no text holds, or end what is printed."""

MAX_SEQUENCE = 100


def look(_call: Call) -> Effect:
    """Read the state of a machine or of files."""
    return _LOOK


def filter_(call: Call) -> Effect:
    """Read files or the standard input, and print."""
    touches = _logs(call)
    return change(_FILTER, touches=touches) if touches else _FILTER


def _logs(call: Call) -> tuple[Touch, ...]:
    """Return the look at the service whose log is among the words."""
    found = [looked(call.machine, log_service(word)) for word in call.words if word.startswith("/var/log/")]
    return found[0] if found else ()


def walks(call: Call) -> Effect:
    """Read a whole tree: the program's own way, or where an option asks for it (du(1), grep(1), ls(1))."""
    flags = fx.READS | (fx.FILTERS if "grep" in call.name else 0)
    words = call.words
    letters = "R" if call.name == "ls" else "rR"
    asked = call.name in {"du", "tree"} or any(
        word in _RECURSIVE or (word[:1] == "-" and word[1:2] != "-" and any(letter in word for letter in letters))
        for word in words
    )
    return Effect(flags | (fx.BULK if asked and any(map(wide, words)) else 0), touches=_logs(call))


_RECURSIVE = frozenset({"--recursive", "--dereference-recursive"})


def nothing(_call: Call) -> Effect:
    """Touch nothing outside the shell."""
    return _NOTHING


def cat(call: Call) -> Effect:
    """Copy files, or what is fed, to the output; a file's text is known where it can be read."""
    operands = [word for word in call.words if not word.startswith("-") or word == "-"]
    if not operands or operands == ["-"]:
        return Effect(fx.READS | fx.FILTERS, output=call.stdin)
    if call.machine or len(operands) != 1 or HIDDEN in operands[0]:
        return Effect(fx.READS | fx.SENDS, touches=_logs(call))
    where = call.absolute(operands[0])
    return Effect(fx.READS | fx.SENDS, touches=_logs(call), output=call.around.read(where) if where else None)


def pwd(call: Call) -> Effect:
    """Print the directory, which is known where the text's own `cd` left it known."""
    return Effect(fx.FILTERS, output=f"{call.cwd}\n" if call.cwd and not call.machine else None)


def echo(call: Call) -> Effect:
    """Print the words, known as far as they are."""
    words = call.words
    escapes = False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        escapes = "e" in words[0]
        words = words[1:]
    text = " ".join(words)
    if HIDDEN in text:
        return _NOTHING
    return Effect(fx.FILTERS, output=(ansi_c(text) if escapes else text) + "\n")


def printf(call: Call) -> Effect:
    """Print by a format; known where it holds only plain conversions."""
    words = call.words[1:] if call.words[:1] == ("--",) else call.words
    if not words or words[0] == "-v" or any(HIDDEN in word for word in words):
        return _NOTHING
    format_ = _NUL.sub(BETWEEN, words[0])
    form, values = ansi_c(format_), list(words[1:])
    if "%" in _FORMAT.sub("", form) or _ENDS_TEXT.search(format_):
        return _NOTHING
    turns = [_FORMAT.sub(lambda match: _converted(match[0], values), form)]
    takes = set(_FORMAT.findall(form)) - {"%%"}
    while values and takes:
        turns.append(_FORMAT.sub(lambda match: _converted(match[0], values), form))
    return Effect(fx.FILTERS, output="".join(turns))


def _converted(conversion: str, values: list[str]) -> str:
    """Return what one conversion of a format makes of the next of *values*, which it takes."""
    if conversion == "%%":
        return "%"
    value = values.pop(0) if values else ""
    return ansi_c(value) if conversion.endswith("b") else value


def seq(call: Call) -> Effect:
    """Print numbers, known up to a hundred of them."""
    numbers = [word for word in call.words if re.fullmatch(r"-?\d+", word)]
    if len(numbers) != len(call.words) or not 1 <= len(numbers) <= 3:  # noqa: PLR2004 seq takes one to three
        return _NOTHING
    first, step, last = (["1", "1", *numbers] if len(numbers) == 1 else [numbers[0], "1", numbers[-1]])[-3:]
    if len(numbers) == 3:  # noqa: PLR2004
        step = numbers[1]
    found = range(int(first), int(last) + (1 if int(step) > 0 else -1), int(step) or 1)
    if len(found) > MAX_SEQUENCE:
        return _NOTHING
    return Effect(fx.FILTERS, output="".join(f"{number}\n" for number in found))


def which(call: Call) -> Effect:
    """Name the file of a program; what it prints is taken for the name itself."""
    names = [word for word in call.words if not word.startswith("-")]
    return Effect(fx.READS | fx.FILTERS, output=names[0] if len(names) == 1 and HIDDEN not in names[0] else None)


def sort(call: Call) -> Effect:
    """Filter, or write to a file of its own (sort(1))."""
    found = split(call.words, _SORT)
    written = tuple(call.absolute(path) or path for path in found.values("-o", "--output"))
    return Effect(fx.READS | fx.CHANGES, writes=written) if written else _FILTER


def history(call: Call) -> Effect:
    """List what was typed; `-a` and `-w` write it to a file (bash(1))."""
    found = split(call.words)
    written = tuple(call.absolute(path) or path for path in found.operands) if found.has("-a", "-w") else ()
    return Effect(fx.CHANGES, writes=written) if written else _LOOK


def yes(call: Call) -> Effect:
    """Print a line for ever; what reads it ends it (yes(1))."""
    return Effect(fx.FILTERS, call.shows(Workload.LONG_RUNNING, "prints without an end"))


_SORT = words_of(
    """
    -k --key -t --field-separator -S --buffer-size -T --temporary-directory -o --output --compress-program
    --batch-size --parallel --files0-from --random-source
    """
)

_LOOKS = words_of(
    """
    blkid cal df dig file finger free getent getfacl groups host id
    last lastlog ldd lsattr lsblk lscpu lsmod lsof lspci lsusb locale md5sum
    namei netstat nproc nslookup numastat ps pstree pwd readlink realpath sensors
    sha1sum sha256sum sha512sum ss stat sw_vers tty type uname uptime w wc who whoami whatis whereis man
    info apropos help tldr exa eza locate mdfind plocate traceroute tracepath cksum sum b2sum hexdump
    od strings nm objdump readelf size basename dirname getconf ulimit umask jobs times dirs findmnt
    runlevel systemd-analyze smartctl
    """
)

_FILTERS = words_of(
    """
    ag ack bat batcat column comm cmp cut diff diff3 expand fmt fold head iconv join jq look nl
    paste pr sdiff shuf uniq unexpand yq zcat zgrep bzcat xzcat zstdcat
    """
)

_NOTHINGS = words_of(
    """
    : true false test [ [[ set shopt unset export declare typeset local readonly let read return
    break continue exit shift wait getopts cd pushd popd clear tput reset disown fg bg logout bind
    compopt expr factor unalias
    """
)

PROGRAMS = {
    **dict.fromkeys(_LOOKS, look),
    **dict.fromkeys(_FILTERS, filter_),
    **dict.fromkeys(("du", "ls", "tree", "grep", "egrep", "fgrep"), walks),
    **dict.fromkeys(_NOTHINGS, nothing),
    "cat": cat,
    "sort": sort,
    "history": history,
    "pwd": pwd,
    "echo": echo,
    "printf": printf,
    "seq": seq,
    "yes": yes,
    "which": which,
}
