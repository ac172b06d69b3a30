"""A program start as a text that the classifier reads, and what a start's facts are about."""

import shlex
from collections.abc import Iterator

import msgspec

from headgate.classify.effect import evidence
from headgate.classify.programs import PROGRAMS
from headgate.classify.programs.watched import watched
from headgate.model.action import ShellAction
from headgate.model.facts import Facts, Workload
from headgate.model.start import Start

MAX_TEXT = 40_000
"""Characters of the text of a start; of a longer one the last words are left out."""

MANY_IN_ONE = frozenset({"busybox", "toybox", "coreutils", "uutils", "box64", "multicall"})
"""Files that are many programs, and look at the name they were started by."""

WATCHED = (
    "DOCKER_HOST DOCKER_CONTEXT CONTAINER_HOST KUBECONFIG HELM_KUBECONTEXT AWS_PROFILE AWS_DEFAULT_PROFILE"
    " CLOUDSDK_ACTIVE_CONFIG_NAME CLOUDSDK_CORE_PROJECT AZURE_CONFIG_DIR PGHOST PGSERVICE PGPORT MYSQL_HOST"
    " TF_WORKSPACE ANSIBLE_INVENTORY ANSIBLE_CONFIG NOMAD_ADDR CONSUL_HTTP_ADDR VAULT_ADDR ETCDCTL_ENDPOINTS"
).split()
"""Variables that say which machine a program reaches: of these the values are read as well."""

READERS = frozenset(
    "[ ar as basename cat cc cc1 cc1plus clang cmp collect2 comm cpp cut date diff dirname echo egrep expr false fgrep"
    " file fold g++ gcc getconf getopt gold grep head hostname id join ld ld.bfd ld.gold ld.lld lto1 md5sum mktemp nl"
    " nm nproc objdump od paste pathchk printenv printf pwd ranlib readelf readlink realpath rev seq sha1sum sha256sum"
    " size sleep sort stat strings strip sum test tr true tsort tty uname uniq wc which whoami".split()
)
"""Described programs that no argument makes heavy where each start of theirs is decided by itself."""

_HERE = frozenset({Workload.OPAQUE, Workload.LONG_RUNNING, Workload.INTERACTIVE, Workload.LOG_TAIL})
"""What other fences see: what it starts is decided when that starts, and the budget ends what takes long."""

_SYSTEM = ("/usr/", "/bin/", "/sbin/", "/opt/")
"""Where scripts do what their name says; what they start is decided when it starts."""

_GITS = frozenset({"git", "cd"})

_GIT = {"git-upload-pack": "git fetch", "git-upload-archive": "git fetch", "git-receive-pack": "git push"}
"""What git has `ssh` run on its other side (gitprotocol-pack), and the git command that did; that one was decided."""

_SSH_VALUES = frozenset("BbcDEeFIiJLlmOopPQRSWw")
"""Options of `ssh` that take a value."""

_LOADERS = ("ld-linux", "ld-musl", "ld.so", "ld64.so", "ld-2.")
_LOADER_VALUES = frozenset("--library-path --inhibit-rpath --audit --preload --argv0 --glibc-hwcaps-mask".split())


def texts(start: Start, known: str = "", home: str = "") -> tuple[str, ...]:
    """Return the texts, for a shell, of what *start* may be: one for each name that its file goes by.

    *known* is the name of the described program whose content the file has, *home* the directory that the call began
    in. They begin with a `cd` where the start is elsewhere, and with the variables that say which machine is meant.
    """
    words = _without_loader(start, known)
    prefix = f"cd {shlex.quote(start.cwd)} && " if home and start.cwd and start.cwd != home else ""
    prefix += "".join(f"{name}={shlex.quote(value)} " for name, value in _settings(start))
    found: list[str] = []
    for name in dict.fromkeys(_names(start, words, known)):
        text = _transport(name, words, of_git=start.of_git) or _joined((name, *words[1:]), MAX_TEXT - len(prefix))
        found.append(_readable(prefix + text))
    most = MAX_TEXT - len(prefix)
    found += [_readable(prefix + _joined(program, most)) for program in _interpreted(start, words)]
    return tuple(dict.fromkeys(found))


def action_of(text: str, home: str) -> ShellAction:
    """Return the action of one of the *texts* of a start, in a call that began in *home*."""
    return ShellAction(text, home)


def _settings(start: Start) -> Iterator[tuple[str, str]]:
    for name, value in start.variables:
        if value is not None and name in WATCHED:
            yield name, value


def _without_loader(start: Start, known: str) -> tuple[str, ...]:
    """Return the words of *start*; of a loader those of the program that it loads (ld.so(8))."""
    words = start.words or (start.path,)
    if not any(name.startswith(_LOADERS) for name in (known, _base(start.real), _base(start.path))):
        return words
    at = 1
    while at < len(words) and words[at].startswith("--"):
        at += 2 if words[at] in _LOADER_VALUES else 1
    return words[at:] or words


def _names(start: Start, words: tuple[str, ...], known: str) -> Iterator[str]:
    """Yield the names under which the program is judged: the described ones, else the file that would run."""
    loaded = words is not start.words and words != start.words
    path, real = (words[0], words[0]) if loaded else (start.path, start.real)
    bases = [known, _base(path), _base(real), _base(start.loader)]
    if _base(real) in MANY_IN_ONE or known in MANY_IN_ONE:
        bases.append(_base(words[0]))
    described = [name for name in bases if name and name in PROGRAMS]
    if described:
        yield from described
    elif start.script and not real.startswith(_SYSTEM):
        yield real or path
    else:
        yield _base(real) or _base(path) or words[0] or "program"


def _interpreted(start: Start, words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the words of each program that interprets the script of *start*, unless that is the system's."""
    if start.real.startswith(_SYSTEM):
        return
    for at, word in enumerate(start.interpreters):
        if _base(word) in PROGRAMS:
            yield (_base(word), *start.interpreters[at + 1 :], start.path, *words[1:])


def _base(path: str) -> str:
    return path.removesuffix(" (deleted)").rpartition("/")[2].removeprefix("memfd:")


def _transport(name: str, words: tuple[str, ...], *, of_git: bool) -> str:
    """Return the git command whose transport this `ssh` is, or what git runs in its place; empty for others."""
    if not (_names_one_host(words[1:-1]) if name == "ssh" else of_git) or len(words) < 2:  # noqa: PLR2004 its own name, and what it runs
        return ""
    try:
        remote = shlex.split(words[-1])
    except ValueError:
        return ""
    if len(remote) != 2 or any(mark in words[-1] for mark in "$`;&|<>\n"):  # noqa: PLR2004 a program and a folder
        return ""
    return _GIT.get(remote[0], "")


def _names_one_host(words: tuple[str, ...]) -> bool:
    """Whether *words* are options of `ssh` (ssh(1)) and one operand: what stands behind is the whole remote command."""
    hosts, at = 0, 0
    while at < len(words):
        word = words[at]
        if not word.startswith("-") or word in {"-", "--"}:
            hosts += 1
        elif word[-1] in _SSH_VALUES and not any(letter in _SSH_VALUES for letter in word[1:-1]):
            at += 1
        at += 1
    return hosts == 1


def _joined(words: tuple[str, ...], most: int) -> str:
    """Return *words* as a text that means just them, as far as there is room."""
    found: list[str] = []
    for word in words:
        quoted = shlex.quote(word)
        most -= len(quoted) + 1
        if most < 0:
            break
        found.append(quoted)
    return " ".join(found)


def _readable(text: str) -> str:
    """Return *text* without what a reader may stumble over: it has to see the program, whatever its words are."""
    return "".join(mark if mark >= " " or mark in "\n\t" else "�" for mark in text.encode("utf-8", "replace").decode())


def at_start(facts: Facts, *, of_git: bool = False, cut: bool = False, typed: bool = False) -> Facts:
    """Return *facts* as those of a start: without what is decided when it happens, or ends by the budget.

    What reaches another machine keeps all that is known of it: nobody sees what happens there. What git starts for a
    command of its own (*of_git*) was decided with that: checking out a tree is `git reset --hard` inside. Of one with
    more words than are read (*cut*) nobody knows what it would do. Nobody is waited for where no terminal is the input
    (not *typed*).
    """
    if facts.remote:
        return facts if typed else _without(facts, frozenset({Workload.INTERACTIVE}))
    if cut:
        return _too_long(facts)
    gone = _HERE | {Workload.DESTRUCTIVE} if of_git and set(facts.programs) <= _GITS else _HERE
    kept = _without(facts, gone)
    return msgspec.structs.replace(kept, opaque_because=(), estimate=None, estimate_from="", waits=0.0)


def _without(facts: Facts, gone: frozenset[Workload]) -> Facts:
    kept = tuple(item for item in facts.evidence if item.workload not in gone)
    classes = tuple(workload for workload in facts.workloads if workload not in gone)
    return msgspec.structs.replace(facts, workloads=classes, evidence=kept)


def _too_long(facts: Facts) -> Facts:
    """Return *facts* of a start that has too many words to be read."""
    seen = evidence(Workload.OPAQUE, "it has more words than are read", None)
    classes = (*(item for item in facts.workloads if item is not Workload.OPAQUE), Workload.OPAQUE)
    return msgspec.structs.replace(
        facts, workloads=classes, evidence=(*facts.evidence, seen), opaque_because=(*facts.opaque_because, seen.message)
    )


def is_cut(start: Start, known: str) -> bool:
    """Whether *start* has more words than are read, and the rest of them may make it heavy."""
    if not start.cut and sum(len(word) + 3 for word in start.words) <= MAX_TEXT:
        return False
    names = {known, _base(start.path), _base(start.real), _base(start.loader), *map(_base, start.interpreters)}
    return not names.isdisjoint(watched())


def plain(facts: Facts) -> bool:
    """Whether a start with these *facts* is nothing that a history, a person or the journal has to know one by one."""
    return not (facts.workloads or facts.privileged or facts.remote or facts.touches or facts.probes)


def any_words(start: Start, known: str, facts: Facts) -> bool:
    """Whether the file of *start*, whose content is that of *known*, is as light with any other arguments."""
    if known or start.loader or start.cut or start.script or start.loses_rights or not plain(facts) or facts.scripts:
        return False
    names = {_base(start.path), _base(start.real), _base(start.words[0] if start.words else "")}
    if not start.real.startswith("/") or any(name.startswith(_LOADERS) for name in names) or names & MANY_IN_ONE:
        return False
    return all(name in READERS or name not in PROGRAMS for name in names)
