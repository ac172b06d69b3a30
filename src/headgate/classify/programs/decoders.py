"""Decoders of a literal text: what they print is known, so that a pipe into a shell can be followed."""

import base64 as codec
import binascii
import re
from collections.abc import Callable

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import split
from headgate.classify.shell.quoting import ansi_c
from headgate.model.facts import Workload

_FILTER = Effect(fx.READS | fx.FILTERS)
_MAX_TEXT = 64 * 1024
_CLASSES = {
    "[:upper:]": "A-Z",
    "[:lower:]": "a-z",
    "[:digit:]": "0-9",
    "[:space:]": " \t\n\r\v\f",
    "[:blank:]": " \t",
    "[:alpha:]": "A-Za-z",
    "[:alnum:]": "A-Za-z0-9",
}
_RANGE = re.compile(r"(.)-(.)", re.DOTALL)
_ODD_ESCAPE = re.compile(r"\\[^0-7nrt\\]")
_LINES = re.compile(r"(?<=\n)")
_WIDEST_RANGE = 256
_DECODE = ("-d", "-D", "--decode")


def _printed(call: Call, path: str, change: Callable[[str], str]) -> Effect:
    """Return a filter that prints *change* of the file at *path*, or of what is fed."""
    text = call.stdin
    if path not in {"", "-"}:
        where = call.absolute(path) if known(path) and not call.machine else ""
        text = call.around.read(where) if where else None
    if text is None or HIDDEN in text or len(text) > _MAX_TEXT:
        return _FILTER
    try:
        done = change(text)
    except (ValueError, binascii.Error, OverflowError):
        return _FILTER
    return _FILTER if HIDDEN in done else Effect(fx.READS | fx.FILTERS, output=done)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def base64(call: Call) -> Effect:
    """Encode or decode base64 (base64(1))."""
    return _based(call, codec.b64encode, _base64_bytes)


def _base64_bytes(letters: bytes) -> bytes:
    return codec.b64decode(letters, validate=True)


def base32(call: Call) -> Effect:
    """Encode or decode base32 (base32(1))."""
    return _based(call, codec.b32encode, codec.b32decode)


def _based(call: Call, encode: Callable[[bytes], bytes], decode: Callable[[bytes], bytes]) -> Effect:
    found = split(call.words, frozenset("-w --wrap -b --break -o --output".split()))
    path = found.value("-i", "--input") or (found.operands[0] if found.operands else "")
    if found.has(*_DECODE):
        return _printed(call, path, lambda text: decode(_joined(text)).decode())
    return _printed(call, path, lambda text: encode(_bytes(text)).decode() + "\n")


def _joined(text: str) -> bytes:
    """Return *text* on one line; what programs do with other strange letters differs, so they are left to fail."""
    return _bytes(text.replace("\n", ""))


def xxd(call: Call) -> Effect:
    """Print bytes as hexadecimal digits, or with `-r` turn them back (xxd(1))."""
    found = split(call.words, frozenset("-c -cols -g -l -len -o -s -seek -n".split()), long_dash=True)
    names = set(found.options)
    path = found.operands[0] if found.operands else ""
    plain = bool(names & {"-p", "-ps", "-plain", "-postscript", "--plain", "-rp", "-pr"})
    if plain and names & {"-r", "-revert", "--revert", "-rp", "-pr"}:
        return _printed(call, path, lambda text: bytes.fromhex("".join(text.split())).decode())
    if plain and not names & {"-r", "-revert", "--revert"}:
        return _printed(call, path, lambda text: _bytes(text).hex() + "\n")
    return _FILTER


def rev(call: Call) -> Effect:
    """Print every line backwards (rev(1))."""
    path = next((word for word in call.words if not word.startswith("-")), "")
    return _printed(call, path, lambda text: "\n".join(line[::-1] for line in text.split("\n")))


def tac(call: Call) -> Effect:
    """Print the lines in reverse order (tac(1))."""
    if any(word.startswith("-") for word in call.words):
        return _FILTER
    return _printed(call, call.words[0] if call.words else "", lambda text: "".join(_LINES.split(text)[::-1]))


def tr(call: Call) -> Effect:
    """Translate or delete letters; sets of plain letters, ranges and classes are followed (tr(1))."""
    found = split(call.words)
    sets = [_letters(word) for word in found.operands]
    if (
        not sets
        or HIDDEN in "".join(call.words)
        or any(item is None for item in sets)
        or found.has("-c", "-C", "-t", "--complement")
    ):
        return _FILTER
    first, second = sets[0] or "", (sets[1] or "") if len(sets) > 1 else ""
    if found.has("-d", "--delete"):
        return _printed(call, "", lambda text: text.translate(dict.fromkeys(map(ord, first))))
    if found.has("-s", "--squeeze-repeats") or not second:
        return _FILTER
    table = {ord(one): other for one, other in zip(first, second.ljust(len(first), second[-1]), strict=False)}
    return _printed(call, "", lambda text: text.translate(table))


def _letters(word: str) -> str | None:
    """Return the letters of one set of `tr`, in order; `None` for a form that is not followed."""
    for name, letters in _CLASSES.items():
        word = word.replace(name, letters)
    if _ODD_ESCAPE.search(word) or "[:" in word or "[=" in word or "*]" in word:
        return None
    return _RANGE.sub(_spread, ansi_c(word))


def _spread(match: re.Match[str]) -> str:
    first, last = ord(match[1]), ord(match[2])
    return "".join(map(chr, range(first, last + 1))) if 0 <= last - first < _WIDEST_RANGE else match[0]


def openssl(call: Call) -> Effect:
    """Work on keys and certificates; `enc -base64 -d` decodes, `s_client` waits for input (openssl(1))."""
    found = split(call.words[1:], frozenset("-in -out -pass -k -K -iv -connect -servername".split()), long_dash=True)
    name = call.words[0] if call.words else ""
    if name == "base64" or (name == "enc" and found.has("-base64", "-a")):
        return _openssl_base64(call, found.value("-in"), decode=found.has("-d"))
    if name == "s_client":
        waits = () if call.fed else call.shows(Workload.INTERACTIVE, "waits for a person to type")
        return Effect(fx.READS | fx.NETWORK | (fx.INTERACTIVE if waits else 0), waits)
    if name in {"s_server", "speed"}:
        return Effect(fx.READS, call.shows(Workload.LONG_RUNNING, f"`openssl {name}` runs for long"))
    if found.has("-out", "-keyout") or name in {"req", "genrsa", "ca", "enc"}:
        return Effect(fx.UNSURE)
    return _FILTER


def _openssl_base64(call: Call, path: str, *, decode: bool) -> Effect:
    if decode:
        return _printed(call, path, lambda text: _base64_bytes(_joined(text)).decode())
    return _printed(call, path, lambda text: codec.b64encode(_bytes(text)).decode() + "\n")


PROGRAMS = {
    "base64": base64,
    "gbase64": base64,
    "base32": base32,
    "xxd": xxd,
    "rev": rev,
    "tac": tac,
    "tr": tr,
    "openssl": openssl,
}
