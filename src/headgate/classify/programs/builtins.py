"""Builtins of the shell that run a text or load code on the way (bash manual, 4.2 and 8.7)."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split, words_of

_NOTHING = Effect(fx.READS | fx.FILTERS)


def lines(call: Call) -> Effect:
    """Read lines into an array; `-C` runs a text between them."""
    return _with_text(call, split(call.words, words_of("-d -n -O -s -u -C -c")))


def completions(call: Call) -> Effect:
    """Say or print how words are completed; `-C` runs a text, `-F` a function."""
    found = split(call.words, words_of("-o -A -G -W -F -C -X -P -S -V"))
    if call.name == "compgen" and found.has("-F"):
        return call.shell.source(call, found.value("-F"))
    return _with_text(call, found)


def _with_text(call: Call, found: Options) -> Effect:
    text = found.value("-C")
    return call.shell.source(call, text) if text else _NOTHING


def hashes(call: Call) -> Effect:
    """Remember where programs are; `-p` lets a name stand for a file."""
    found = split(call.words, words_of("-p -t"))
    path = found.value("-p")
    for name in found.operands if path else ():
        call.shell.define_alias(name, path)
    return _NOTHING


def enable(call: Call) -> Effect:
    """Switch builtins on or off; `-f` loads one from a file, whose code runs at once."""
    if split(call.words, words_of("-f")).has("-f"):
        return call.opaque("it loads code into the shell")
    return _NOTHING


PROGRAMS = {
    **dict.fromkeys(("mapfile", "readarray"), lines),
    **dict.fromkeys(("complete", "compgen"), completions),
    "hash": hashes,
    "enable": enable,
}
