"""More consoles and prompts: read-eval-print loops, editors behind a subcommand, and questions to a person."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.catalogue import (
    ORDINARY,
    SCREEN,
    WINDOW,
    WORK,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import LIGHT, RUNS, SERVE, SETTING, verbs


def mysql_shell(call: Call) -> Effect:
    """Reach a server with the words of mysql, or wait for a person (mysqlsh manual)."""
    return call.start(("mysql", *(word for word in call.words if word not in {"--sql", "--js", "--py"})))


_CONSOLES = rows(
    (
        Kind(
            bare=SCREEN,
            fed=ORDINARY,
            options=given((SCREEN, "-i --inspect-interactively"), (ORDINARY, "-e --expression")),
        ),
        "numbat",
    ),
    (
        Kind(
            bare=SCREEN, fed=ORDINARY, options=given((SCREEN, "-i --interactive"), (ORDINARY, "-f --file -v --version"))
        ),
        "qalc",
    ),
    (Kind(bare=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-e -c")), valued=words_of("-e -I -M")), "raku"),
    (Kind(bare=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-V -p -f")), valued=words_of("-s -o -f")), "units"),
    (Kind(bare=SCREEN, fed=ORDINARY), "yacas psysh ptghci sdcv tzselect texconfig scheme"),
    (
        Kind(
            does=SCREEN,
            fed=ORDINARY,
            options=given((SETTING, "-t --dump-runtime-variables -g=halt -c")),
            valued=words_of("-t -g -s -f -l -x"),
            bare=SCREEN,
        ),
        "swipl",
    ),
    (Kind(bare=SCREEN, table=verbs((SCREEN, "repl, console")), valued=words_of("--scala -S --jvm")), "scala-cli"),
    (unless(SCREEN, "--dns --proxy --nwi --get --set -r -w --nc --renew", "--get --set -r -w --nc"), "scutil"),
    (Kind(bare=SCREEN, options=given((RUNS, "-e -f")), valued=words_of("-e -f --config"), at=()), "odpscmd"),
    (tool((SCREEN, "shell")), "pyats"),
    (SCREEN, "recon-ng"),
    (Kind(bare=SCREEN, fed=ORDINARY, valued=words_of("-i -p -g")), "wpa_cli"),
    (Kind(bare=SCREEN, options=given((ORDINARY, "-q -Q -v -V -L -H")), does=SCREEN, fed=ORDINARY), "radare2 r2"),
    (Kind(does=SCREEN, options=given((ORDINARY, "-e")), valued=words_of("-e -C --type --encoding --rng")), "nokogiri"),
    (Kind(bare=SCREEN, options=given((SCREEN, "--console")), does=ORDINARY), "ropper"),
    (Kind(bare=SCREEN, fed=ORDINARY, valued=words_of("--url")), "rsql"),
)

_EDITORS = rows(
    (
        Kind(
            table=verbs(
                (SCREEN, "edit, insert, init, otp insert, otp append"), (LIGHT, "ls, find, grep, generate, show")
            ),
            fed=ORDINARY,
        ),
        "pass passage",
    ),
    (tool((SCREEN, "login, unlock, edit, add, register")), "rbw"),
    (tool((SCREEN, "edit, e, shell, browse, br"), (LIGHT, "list, ls, show")), "nb"),
    (tool((SCREEN, "edit, header -e, mail")), "quilt"),
    (
        Kind(
            options=given((ORDINARY, "-i -o -d")),
            table=verbs((SCREEN, "submit, change, client, label, branch, job, user, login, resolve")),
            valued=words_of("-c -u -p -P -d -H"),
        ),
        "p4",
    ),
    (when(SCREEN, "-e", "-u --user"), "scrontab"),
    (tool((SCREEN, "start, s, new, n, edit, e, open, o, console"), (LIGHT, "list, stop, debug, doctor")), "tmuxinator"),
    (unless(SCREEN, "-o --output -l --locate --version -V"), "pacdiff"),
    (SCREEN, "rpmconf reportbug setup-alpine newrole sulogin wifi-menu tox-quickstart mysql_secure_installation"),
    (tool((LIGHT, "nonint"), does=SCREEN, bare=SCREEN), "raspi-config"),
    (tool((SCREEN, "configure")), "p10k"),
    (tool((SCREEN, "setup")), "notmuch ntfyme propelauth"),
    (when(SCREEN, "-i --interactive", "-t --target -f --filter -x --reject"), "ncu"),
    (when(SCREEN, "-u --update", "-i --ignore"), "npm-check"),
    (tool((SCREEN, "try")), "netplan"),
    (
        unless(SCREEN, "-y --yes -d --display -l --list -c --version -s --show-raw -u --uninstall -F", "-p --password"),
        "transcrypt",
    ),
)

_QUESTIONS = rows(
    (
        Kind(
            bare=SCREEN,
            does=SCREEN,
            fed=ORDINARY,
            options=given((ORDINARY, "-e -H -V --version")),
            valued=words_of("-s --subject -a -c -b -r"),
        ),
        "mail mailx",
    ),
    (Kind(bare=SCREEN, fed=ORDINARY), "pop"),
    (when(SERVE, "-bd -bD", long_dash=True), "sendmail"),
    (
        Kind(options=given((ORDINARY, "-W -p -V"), (SCREEN, "-G -S -C")), valued=words_of("-m -x -s -t -c -P")),
        "minisign",
    ),
    (when(SCREEN, "-p --passphrase", "-o -r -R -i"), "rage"),
    (Kind(does=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-s -x -d -e -n -h"))), "smbpasswd"),
    (Kind(does=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-b -D -U"))), "mosquitto_passwd"),
    (
        Kind(
            options=given((ORDINARY, "-t --password-from-stdin"), (SCREEN, "-a --create")),
            fed=ORDINARY,
            valued=words_of("-u --user"),
        ),
        "pdbedit",
    ),
    (unless(SCREEN, "-p --password", "-u --user -p --password -c --config -k"), "register_new_matrix_user"),
    (unless(SCREEN, "-V --version"), "tarsnap-keygen"),
    (SCREEN, "systemd-ask-password showkey oauth2c"),
    (
        when(
            SCREEN,
            "--prompt --prompt-locale --prompt-keymap --prompt-timezone --prompt-hostname --prompt-root-password",
        ),
        "systemd-firstboot",
    ),
    (Kind(options=given((SERVE, "--watch --wall"), (SCREEN, "--query"))), "systemd-tty-ask-password-agent"),
    (unless(SCREEN, "--version --unlock-key-file", "--unlock-key-file"), "systemd-cryptenroll"),
    (tool((SCREEN, "record"), (WORK, "render")), "terminalizer"),
    (
        Kind(
            does=WORK,
            table=verbs((SCREEN, "record"), (SERVE, "serve"), (LIGHT, "new, themes, validate, manual")),
            fed=WORK,
            bare=ORDINARY,
        ),
        "vhs",
    ),
    (unless(WORK, "-t --timeout"), "waitpid"),
    (tool((WORK, "start")), "pomo"),
    (Kind(bare=WINDOW, does=WINDOW, table=verbs((LIGHT, "list"))), "warpd"),
)

PROGRAMS: dict[str, Program] = {"mysqlsh": mysql_shell, **_CONSOLES, **_EDITORS, **_QUESTIONS}
