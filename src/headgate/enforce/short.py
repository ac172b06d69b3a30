"""What is surely short: it runs as it is, for wrapping it would only be in the way."""

from headgate.model.facts import Facts

QUICK = frozenset(
    "basename cat cd chmod cmp comm cp cut date df diff dirname echo env expr false file getent grep head hostname id"
    " join jq ln locale ls md5sum mkdir mktemp mv nl nproc paste pgrep printenv printf ps pwd readlink realpath rev"
    " rmdir sed seq sha256sum shasum sort stat strings tac tail tee test touch tr true tty type umask uname uniq uptime"
    " wc which whoami [ : command export set unset declare local readonly shift alias unalias hash pushd popd dirs exit"
    " return break continue trap read".split()
)
"""Programs that read or write a bounded amount as a rule; on a pipe that never ends the client's own time-out holds."""

_STARTERS = frozenset({"command", "env", "sed", "sort", "tee", "trap"})
"""Those of them that can be told to start another program."""

QUICK_GIT = frozenset(
    "add branch cat-file config describe diff log ls-files merge-base mv remote rev-list rev-parse rm shortlog show"
    " status symbolic-ref tag".split()
)

MANY = 12
"""Commands in one text from which on even quick ones are not surely short."""

SMALL = 0.1
"""Part of the budget below which what earlier runs took is surely short."""


def surely_short(facts: Facts, budget: float) -> bool:
    """Whether what runs ends well within *budget* seconds, by the table or by what earlier runs took."""
    if facts.heavy or facts.remote or facts.loops or facts.background or facts.opaque_because:
        return False
    if facts.estimate is not None:
        return facts.estimate_from.startswith("history") and facts.estimate <= budget * SMALL
    return 0 < len(facts.commands) <= MANY and not facts.network and all(map(_quick, facts.commands))


def may_start(facts: Facts) -> bool:
    """Whether what runs may start programs that its text does not tell: git has hooks and aliases, for one."""
    return not facts.commands or any(command.split(" ")[0] not in QUICK - _STARTERS for command in facts.commands)


def _quick(command: str) -> bool:
    words = command.split(" ")
    if words[0] == "git":
        return len(words) > 1 and words[1] in QUICK_GIT
    recursive = words[0] in {"grep", "ls", "cp", "chmod", "diff"} and any(
        word.startswith("-") and not word.startswith("--") and ("r" in word or "R" in word) for word in words[1:]
    )
    return words[0] in QUICK and not recursive and "--recursive" not in words
