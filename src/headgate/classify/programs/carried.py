"""Options of ordinary programs that name another program, which they start."""

import re
from itertools import islice

import msgspec

from headgate.classify.effect import EMPTY, HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh import SSH_VALUED
from headgate.model.facts import Workload

_PLAIN = words_of(
    """
    cat less more most delta bat true : false gzip pigz bzip2 pbzip2 xz pixz zstd lz4 lzop lzma compress brotli plzip
    vim vi nvim nano emacs emacsclient code subl ed micro hx helix col ul head tail pspg diff-so-fancy batcat
    lesspipe lesspipe.sh xdg-open open firefox chromium google-chrome w3m lynx links store cache osxkeychain sccache
    ccache distcc gcc g++ clang clang++ cc c++ unzip
    """
)
_LOGINS = frozenset({"ssh", "rsh", "autossh"})
_MAX_TEXTS = 64
_SPECIAL = frozenset("|&;<>()$`\n")
_WAITS = (Workload.INTERACTIVE, Workload.LONG_RUNNING)


class Carrier(msgspec.Struct, frozen=True):
    """The options that name what is started: with a value of any form, or with an *attached* one only."""

    options: tuple[str, ...] = ()
    attached: tuple[str, ...] = ()
    escape: re.Pattern[str] | None = None


_SQLITE = re.compile(r"^\s*\.(?:shell|system)\s+(.+)$", re.MULTILINE)
_PSQL = re.compile(r"^[^'\n]*?\\!\s*(.+)$|\bprogram\s+'([^']*)'", re.MULTILINE | re.IGNORECASE)
_MYSQL = re.compile(r"(?:^|;)\s*(?:system\s|\\!)\s*([^;\n]+)", re.MULTILINE | re.IGNORECASE)
_BANG = re.compile(r"^\s*!\s*(.+)$", re.MULTILINE)
_CARGO = re.compile(r"(?:runner|rustc-wrapper|rustc-workspace-wrapper|rustc|linker)\s*=\s*['\"]([^'\"]+)['\"]")


def _carrier(options: str = "", attached: str = "") -> Carrier:
    return Carrier(tuple(options.split()), tuple(attached.split()))


CARRIERS: dict[str, Carrier] = {
    **dict.fromkeys(("sort", "gsort"), _carrier("--compress-program")),
    **dict.fromkeys(("man", "apropos", "whatis"), _carrier("-P --pager", "-H --html")),
    **dict.fromkeys(("bat", "batcat"), _carrier("--pager")),
    "delta": _carrier("--pager --paging-command"),
    **dict.fromkeys(("zip", "zipcloak"), _carrier("-TT --unzip-command")),
    "cpio": _carrier("--rsh-command"),
    **dict.fromkeys(("ag", "ack", "ugrep", "ug"), _carrier("--pager --filter")),
    "wget": _carrier("--use-askpass"),
    "wget2": _carrier("--use-askpass"),
    "fzf": _carrier("--preview"),
    "sk": _carrier("--preview -c --cmd"),
    "tcpdump": _carrier("-z"),
    "ssh-add": _carrier("-S"),
    "dosbox": _carrier("-c"),
    "ctags": _carrier("--filter-terminator"),
    "latexmk": _carrier("-e -pdflatex -latex -lualatex -xelatex"),
    "gcc": _carrier("-wrapper"),
    "g++": _carrier("-wrapper"),
    "varnishncsa": _carrier("-P"),
    "restic": _carrier("--password-command"),
    "borg": _carrier("--rsh"),
    "rclone": _carrier("--password-command"),
    "ansible": _carrier("--vault-password-file-command"),
    "rg": _carrier("--hostname-bin"),
    "ctest": _carrier("--build-makeprogram --test-command"),
    "aria2c": _carrier("--on-download-complete --on-download-error --on-download-start --on-download-stop"),
    "yt-dlp": _carrier("--exec --netrc-cmd --exec-before-download"),
    "youtube-dl": _carrier("--exec"),
    "gpg": _carrier("--photo-viewer --pinentry-program --agent-program --dirmngr-program --keyserver-program"),
    "gpg-agent": _carrier("--pinentry-program --scdaemon-program"),
    "dpkg": _carrier("--pre-invoke --post-invoke --status-logger --pager"),
    "openvpn": _carrier(
        "--up --down --route-up --ipchange --client-connect --client-disconnect --learn-address --tls-verify"
        " --auth-user-pass-verify --route-pre-down"
    ),
    "dhclient": _carrier("-sf"),
    "udhcpc": _carrier("-s --script"),
    "pppd": _carrier("connect disconnect init pty"),
    "sshuttle": _carrier("-e --ssh-cmd"),
    "mosh": _carrier("--ssh"),
    "svn": _carrier("--diff-cmd --diff3-cmd --editor-cmd"),
    "hg": _carrier("-e --ssh"),
    "postgres": _carrier("--archive_command"),
    "go": _carrier("-exec -toolexec -vettool"),
    "cargo": Carrier(escape=_CARGO),
    **dict.fromkeys(("sqlite3", "sqlite", "litecli"), Carrier(escape=_SQLITE)),
    **dict.fromkeys(("psql", "pgcli"), Carrier(escape=_PSQL)),
    **dict.fromkeys(("mysql", "mariadb", "mycli"), Carrier(escape=_MYSQL)),
    **dict.fromkeys(("ftp", "sftp", "lftp", "tnftp", "ncftp", "mail", "mailx", "telnet"), Carrier(escape=_BANG)),
}


def carried(call: Call, effect: Effect) -> Effect:
    """Return *effect* of *call* with those of the programs that its options name."""
    carrier = CARRIERS[call.name]
    texts = _named(call.words, carrier)
    if carrier.escape is not None:
        places = (*call.words, call.stdin or "")
        matches = (match for place in places for match in carrier.escape.finditer(place))
        texts += [next(filter(None, match.groups()), "") for match in islice(matches, _MAX_TEXTS)]
    started = [inside for text in texts if (inside := program(call, text)) is not EMPTY]
    return change(join((effect, *started)), rounds=effect.rounds, output=effect.output) if started else effect


def _named(words: tuple[str, ...], carrier: Carrier) -> list[str]:
    """Return the values of the options of *carrier*; a long one may be cut short (getopt_long(3))."""
    found: list[str] = []
    for at, word in enumerate(words):
        if word == "--":
            break
        given, equals, value = word.partition("=")
        for option in (*carrier.options, *carrier.attached):
            short = not option.startswith("--") and len(option) == len("-x")
            if short and word.startswith(option) and len(word) > len(option):
                found.append(word[len(option) :])
            elif given in {option, "-" + option} or _cut(given, option):
                found.append(value if equals else "".join(words[at + 1 : at + 2]) if option in carrier.options else "")
    return [text for text in found if text]


def _cut(given: str, option: str) -> bool:
    """Whether *given* is a long option cut short."""
    return len(given) > len("--xx") and given.startswith("--") and option.startswith(given)


def program(call: Call, text: str) -> Effect:
    """Return the effect of a *text* that names what is started; an ordinary pager, editor or packer has none."""
    first, _, rest = text.strip().partition(" ")
    name = first.rpartition("/")[2]
    plain = name in _PLAIN or (name in _LOGINS and _only_options(rest))
    if (plain and _SPECIAL.isdisjoint(text)) or not text.strip(HIDDEN + " "):
        return EMPTY
    return call.run(text).without(*_WAITS)


def _only_options(rest: str) -> bool:
    """Whether the words of a login program name no host and no program, so that its caller adds them."""
    return not split(tuple(rest.split()), SSH_VALUED).operands and "ommand" not in rest
