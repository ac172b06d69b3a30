"""PowerShell and the Windows command processor: their text is searched for the programs it starts (about_Pwsh)."""

import base64
import binascii
import re
import shlex

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.code_entry import LOOK, MAX_CODE, UNSURE, alone, person
from headgate.classify.programs.options import words_of
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script, Workload

_TEXTS = words_of("-c -command /c -commandwithargs -cwa /command")
_FILES = words_of("-f -file /file")
_ENCODED = words_of("-e -ec -enc -encodedcommand -encoded /e /enc")
_VALUED = words_of(
    """
    -executionpolicy -ep -ex -workingdirectory -wd -windowstyle -w -inputformat -outputformat -if -of -version
    -configurationname -config -settingsfile -psconsolefile -custompipename
    """
)
_LOOKS = words_of("-help -h -? /? -v --version --help")
_PARTS = re.compile(r"\|\||&&|[;\n|{}()&]")
_UNKNOWN = re.compile(
    r"\b(?:iex|invoke-expression|invoke-command|icm|start-process|saps|start-job|invoke-wmimethod|invoke-cimmethod"
    r"|new-pssession|\[scriptblock\]|downloadstring|add-type|frombase64string)\b|&\s*[$(]|^\s*\.\s+\$",
    re.IGNORECASE | re.MULTILINE,
)
_FAR = re.compile(r"(?:\benter-pssession|\betsn|-computername|-cn|-hostname|-sshtransport)\b", re.IGNORECASE)
_REMOVES = re.compile(r"\b(?:remove-item|ri|rmdir|del|rd|erase)\b(?=[^;\n|]*-r)", re.IGNORECASE)
_RESTARTS = re.compile(
    r"\b(?:re)?(?:start|stop|suspend|restart)-(?:computer|service|vm|container)\b|\bset-service\b", re.IGNORECASE
)
_FOLLOWS = re.compile(r"\bget-content\b[^;\n|]*-wait\b", re.IGNORECASE)
_MAX_PARTS = 60
_CMDLETS = words_of(
    "iex icm saps etsn ri rd del erase gc gci iwr irm select where foreach echo write sort measure cd ls cat"
)
_BEGINS = re.compile(r"[^$#\[\-@%=][^=]*\Z")


def powershell(call: Call) -> Effect:
    """Run a text, a file, what is fed, or a person's lines."""
    words = call.words
    at = 0
    while at < len(words):
        name = words[at].lower()
        if name in _LOOKS:
            return LOOK
        if name in _TEXTS:
            return _text(call, " ".join(words[at + 1 :]))
        if name in _ENCODED:
            return _text(call, _decoded("".join(words[at + 1 : at + 2])))
        if name in _FILES or not name.startswith(("-", "/")):
            rest = words[at + 1 :] if name in _FILES else words[at:]
            return (
                _script(call, rest) if name in _FILES or call.name.startswith("pwsh") else _text(call, " ".join(rest))
            )
        at += 2 if name in _VALUED else 1
    if call.fed:
        return _text(alone(call), HIDDEN if call.stdin is None else call.stdin)
    return person(call)


def _decoded(word: str) -> str:
    try:
        return base64.b64decode(word, validate=True).decode("utf-16-le")
    except (binascii.Error, ValueError):
        return HIDDEN


def _script(call: Call, words: tuple[str, ...]) -> Effect:
    """Return the effect of a script file; one that cannot be read is not known."""
    path = words[0] if words else ""
    if path == "-":
        return _text(alone(call), HIDDEN if call.stdin is None else call.stdin)
    where = call.absolute(path) if known(path) and not call.machine else ""
    code = call.around.read(where) if where else None
    if code is None:
        return call.opaque(f"`{path.replace(HIDDEN, '…')}` cannot be read before it runs")
    return join((Effect(scripts=(Script(where, digest(code)),)), _text(call, code)))


def _text(call: Call, text: str) -> Effect:
    """Return the effect of PowerShell's *text*: what it certainly starts, and what its cmdlets do."""
    if not text.strip(HIDDEN + " ") or len(text) > MAX_CODE or HIDDEN in text:
        return call.opaque("the text it runs is not known before it runs")
    found = [UNSURE]
    if _UNKNOWN.search(text):
        found.append(call.opaque("its text starts something that is not known before it runs"))
    if _FAR.search(text):
        shown = call.shows(Workload.REMOTE_SESSION, "works on another machine")
        found.append(Effect(fx.UNSURE | fx.REMOTE | fx.NETWORK, shown, (fx.SOME_MACHINE,)))
    if _REMOVES.search(text):
        found.append(Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "deletes folders")))
    if _RESTARTS.search(text):
        shown = call.shows(Workload.RESTART, "starts, stops or restarts a service")
        found.append(Effect(fx.CHANGES, shown, touches=fx.touched(call.machine)))
    if _FOLLOWS.search(text):
        found.append(Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows a file without an end")))
    return join([*found, *_programs(call, text)])


def _programs(call: Call, text: str) -> list[Effect]:
    """Return the effects of the programs that *text* names where a command begins; a cmdlet is none."""
    found: list[Effect] = []
    for part in _PARTS.split(text)[:_MAX_PARTS]:
        try:
            words = tuple(shlex.split(part))
        except ValueError:
            words = tuple(part.split())
        if words and words[0].lower() not in _CMDLETS and _BEGINS.match(words[0]):
            found.append(call.start((words[0].removesuffix(".exe"), *words[1:])))
    return found


def cmd(call: Call) -> Effect:
    """Run the words behind `/c` or `/k`, or a person's lines (cmd)."""
    at = next((n for n, word in enumerate(call.words) if word[:2].lower() in {"/c", "/k", "/r"}), None)
    if at is None:
        return LOOK if "/?" in call.words else person(call)
    text = " ".join((call.words[at][2:], *call.words[at + 1 :])).strip()
    return (
        join([UNSURE, *_programs(call, text)]) if HIDDEN not in text else call.opaque("the text it runs is not known")
    )


PROGRAMS = {
    **dict.fromkeys(("pwsh", "pwsh-preview", "powershell", "powershell.exe", "pwsh.exe"), powershell),
    **dict.fromkeys(("cmd", "cmd.exe"), cmd),
}
