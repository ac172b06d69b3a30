"""Archives: packing to the standard output sends, an archive on a host is a transfer (tar(1), gzip(1), zip(1))."""

import shlex

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.files import writes_to
from headgate.classify.programs.machines import remote_path
from headgate.classify.programs.options import Options, split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS | fx.FILTERS)
_CHANGE = Effect(fx.CHANGES)
_TAR_VALUED = words_of(
    """
    -f --file -C --directory -T --files-from -X --exclude-from --exclude --transform --xform -I
    --use-compress-program --to-command --checkpoint-action -b --blocking-factor -K --starting-file -N --newer
    --after-date -V --label -g --listed-incremental -H --format --owner --group --mode --mtime --strip-components
    --rsh-command --info-script -F --new-volume-script -L --tape-length --one-top-level --suffix --index-file
    --rmt-command
    """
)
_SHORTEST = 5
_TAR_RUNS = (
    "--to-command",
    "-I",
    "--use-compress-program",
    "-F",
    "--info-script",
    "--new-volume-script",
    "--rsh-command",
)


_TAR_NAMES = tuple(name for name in (*_TAR_RUNS, "--rmt-command", "--checkpoint-action") if name.startswith("--"))


def tar(call: Call) -> Effect:
    """Pack, unpack or list an archive; to the standard output it sends (tar(1))."""
    given = call.variable("TAR_OPTIONS")
    if HIDDEN in given:
        return call.opaque("the options it takes from a variable are not known")
    words = tuple(map(_whole, (*_words(given), *_new_style(call.words)) if given else _new_style(call.words)))
    found = split(words, _TAR_VALUED)
    texts = [text for text in found.values(*_TAR_RUNS, "--rmt-command") if text]
    actions = found.values("--checkpoint-action")
    texts += [text.partition("=")[2] for text in actions if text.startswith("exec=")]
    started = [call.run(text) for text in texts]
    return join((_packed(call, found), *started)) if started else _packed(call, found)


def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return ()


def _whole(word: str) -> str:
    """Return an option that names a program in full; tar takes long options that are cut short."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    whole = next((option for option in _TAR_NAMES if option.startswith(name)), name) if len(name) > _SHORTEST else name
    return whole + equals + value


def _new_style(words: tuple[str, ...]) -> tuple[str, ...]:
    """Return *words* with old-style letters (`tar cfz out dir`) as options, each with its value."""
    if not words or words[0].startswith("-"):
        return words
    rest = list(words[1:])
    found: list[str] = []
    for letter in words[0]:
        found.append("-" + letter)
        if "-" + letter in _TAR_VALUED and rest:
            found.append(rest.pop(0))
    return (*found, *rest)


def _packed(call: Call, found: Options) -> Effect:
    archive = found.value("-f", "--file")
    machine = "" if found.has("--force-local") or not archive else remote_path(archive)
    if machine:
        shown = call.shows(Workload.TRANSFER, f"reads or writes an archive on {machine}")
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, (machine,))
    if found.has("-t", "--list", "--help", "--version", "-d", "--diff", "--compare"):
        return _LOOK
    if found.has("-x", "--extract", "--get"):
        return Effect(fx.READS | fx.SENDS) if found.has("-O", "--to-stdout") else _CHANGE
    if found.has("--remove-files"):
        return _CHANGE
    if found.has("-c", "--create") and archive in {"", "-"}:
        return Effect(fx.READS | fx.SENDS | fx.BULK)
    return Effect(fx.CHANGES, writes=writes_to(call, archive))


def compress(call: Call) -> Effect:
    """Pack or unpack files in place, or as a filter (gzip(1))."""
    found = split(call.words, words_of("-S --suffix -o -T --threads -b -p -D"))
    looks = found.has("-c", "--stdout", "--to-stdout", "-t", "--test", "-l", "--list", "--help", "--version", "-V")
    paths = [word for word in found.operands if word != "-"]
    return Effect(fx.READS | fx.SENDS | fx.FILTERS) if looks or not paths else _CHANGE


def unzip(call: Call) -> Effect:
    """Unpack a zip archive, or look into it (unzip(1))."""
    found = split(call.words, frozenset({"-d", "-x"}))
    return _LOOK if found.has("-l", "-p", "-t", "-v", "-z", "-Z", "-c") else _CHANGE


def archive(call: Call) -> Effect:
    """Pack or unpack by a command word (7z, unrar, ar)."""
    return _LOOK if call.words[:1] in {("l",), ("t",), ("i",), ("lt",), ("lb",), ("v",)} or not call.words else _CHANGE


def zip_(call: Call) -> Effect:
    """Pack files; `-TT` names a program that tests the archive (zip(1))."""
    if "-TT" in call.words:
        at = call.words.index("-TT")
        return join((_CHANGE, *(call.run(text) for text in call.words[at + 1 : at + 2])))
    return Effect(fx.READS | fx.SENDS | fx.BULK) if call.words[:1] == ("-",) or "-" in call.words[:3] else _CHANGE


PROGRAMS = {
    **dict.fromkeys(("tar", "gtar", "bsdtar"), tar),
    **dict.fromkeys(
        words_of(
            """
            gzip gunzip bzip2 bunzip2 xz unxz lzma unlzma zstd unzstd pigz unpigz pixz lz4 unlz4 brotli pbzip2 lzop
            """
        ),
        compress,
    ),
    "unzip": unzip,
    "zip": zip_,
    **dict.fromkeys(words_of("7z 7za 7zr 7zz unrar rar ar"), archive),
}
