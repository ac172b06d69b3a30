"""Programs that ask a person: consoles, editors behind a subcommand, passwords; and programs that run another."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.catalogue import (
    HIDES,
    ORDINARY,
    SCREEN,
    WATCHES,
    WINDOW,
    Kind,
    Program,
    given,
    judge,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import COPY, SERVE, SETTING, verbs

_MANAGERS = words_of("npm npx pnpm pnpx yarn yarnpkg")


def corepack(call: Call) -> Effect:
    """Run a package manager by its name, or set them up."""
    named = call.words[:1] and call.words[0].partition("@")[0] in _MANAGERS
    return call.start((call.words[0].partition("@")[0], *call.words[1:])) if named else Effect(fx.UNSURE)


_COFFEE = Kind(
    bare=SCREEN,
    fed=HIDES,
    options=given((WATCHES, "-w --watch"), (SCREEN, "-i --interactive"), (ORDINARY, "-c --compile -p --print")),
    valued=words_of("-o --output -r --require"),
)


def coffee(call: Call) -> Effect:
    """Compile, watch, take a person's lines, or run code that is much like JavaScript (coffee(1))."""
    code = split(call.words, words_of("-e --eval")).value("-e", "--eval")
    return call.start(("node", "-e", code)) if code else judge(_COFFEE, call)


_CONSOLES = rows(
    (Kind(bare=SCREEN, fed=ORDINARY, options=given((SCREEN, "--shell"))), "d8"),
    (Kind(bare=SCREEN, options=given((ORDINARY, "-x -b --check")), valued=words_of("--prompt")), "carp"),
    (
        Kind(
            bare=SCREEN,
            fed=ORDINARY,
            options=given((ORDINARY, "-e --expression -f --file"), (SCREEN, "-i --interactive")),
        ),
        "bc dc",
    ),
    (Kind(bare=SCREEN, fed=ORDINARY, options=given((SCREEN, "-i"), (ORDINARY, "-f"))), "calc eva cdecl"),
    (
        Kind(
            bare=SCREEN,
            fed=ORDINARY,
            options=given(
                (ORDINARY, "-e"),
            ),
            valued=words_of("-e -c -d"),
        ),
        "gnuplot",
    ),
    (
        Kind(
            bare=SCREEN,
            fed=ORDINARY,
            options=given((ORDINARY, "-x --execute")),
            valued=words_of("-x --execute -H --host -P --port -p --password -u -t"),
        ),
        "fs_cli",
    ),
    (Kind(bare=SCREEN), "gpg-card"),
    (Kind(does=SCREEN, options=given((ORDINARY, "-l -L -h"))), "chntpw"),
    (
        Kind(does=SCREEN, fed=ORDINARY, valued=words_of("-k --key-file"), options=given((ORDINARY, "--no-password"))),
        "keepassxc-cli",
    ),
    (tool((SCREEN, "login")), "bw lpass"),
    (
        Kind(
            does=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-k -t -R -V -n")), valued=words_of("-l -r -t -c -S -p")
        ),
        "kinit",
    ),
    (Kind(does=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-b -i -D")), bare=ORDINARY), "htpasswd"),
    (when(SCREEN, "-p --passphrase", "-o --output -r --recipient -R --recipients-file -i --identity"), "age"),
    (
        Kind(
            options=given(
                (
                    ORDINARY,
                    "--batch --passphrase --passphrase-file --passphrase-fd --quick-generate-key --quick-gen-key",
                ),
                (
                    SCREEN,
                    "--gen-key --generate-key --full-generate-key --full-gen-key --edit-key --card-edit -c --symmetric",
                ),
                (SCREEN, "--change-passphrase --passwd --edit-card"),
            ),
            valued=words_of("-r --recipient -u --local-user -o --output --homedir --keyserver --passphrase-file"),
        ),
        "gpg",
    ),
    (SCREEN, "fprintd-enroll fprintd-verify"),
)

_EDITORS = rows(
    (Kind(bare=SCREEN), "debchange"),
    (unless(SCREEN, "-p --prototype"), "edquota"),
    (
        Kind(
            table=verbs((SCREEN, "edit, merge, cd, edit-config, merge-all")), options=given((ORDINARY, "--dry-run -n"))
        ),
        "chezmoi",
    ),
    (when(SCREEN, "-e --edit"), "cheat"),
    (Kind(options=given((ORDINARY, "-c --content")), table=verbs((SCREEN, "add, edit, a, e"))), "dnote"),
    (Kind(options=given((ORDINARY, "-q --quiet -A --noautotag")), table=verbs((SCREEN, "import"))), "beet"),
    (tool((SCREEN, "edit, create, merge")), "gopass"),
    (
        Kind(
            options=given((ORDINARY, "--no-input --plain --raw --csv")),
            table=verbs(
                (SCREEN, "issue create, issue edit, issue list, epic list, epic create, sprint list, issue comment add")
            ),
        ),
        "jira",
    ),
    (
        Kind(
            options=given((ORDINARY, "-m --message --stdin --no-edit"), (SCREEN, "-i --interactive --editor")),
            table=verbs(
                (SCREEN, "describe, desc, commit, ci, split, diffedit, resolve, config edit, sparse edit, arrange"),
            ),
            runs={"bisect run": 0, "util exec": 0},
            valued=words_of("-r --revisions --revision --range -R --repository -m --message --from --into"),
        ),
        "jj",
    ),
    (
        Kind(
            options=given((ORDINARY, "-m --comment -M --message-file --message --no-prompt")),
            table=verbs((SCREEN, "commit, ci"), (SERVE, "ui, server"), (SCREEN, "sql, sqlite3")),
        ),
        "fossil",
    ),
    (
        Kind(
            options=given((ORDINARY, "-m -F")),
            table=verbs((SCREEN, "commit, ci, import")),
            valued=words_of("-d -z -m -F"),
        ),
        "cvs",
    ),
    (
        Kind(
            options=given((ORDINARY, "-q --query -f --file")),
            table=verbs((SCREEN, "sql"), (SERVE, "sql-server")),
            fed=ORDINARY,
        ),
        "dolt",
    ),
    (
        unless(SCREEN, "--np --noprompt --nostdin -p --print -a --add -d --delete -u --update -i --import -e --export"),
        "buku",
    ),
    (unless(SCREEN, "--np --noprompt --json -x -h", "-n --num -w --site -r --reg -t --time"), "ddgr googler"),
    (
        Kind(
            table=verbs((SCREEN, "rec, record, play, session"), (SERVE, "stream"), (COPY, "upload")),
            texts=words_of("-c --command"),
        ),
        "asciinema",
    ),
    (tool((SCREEN, "debug, gdb")), "coredumpctl"),
    (tool((SCREEN, "edit, shell, repl")), "jbang"),
    (Kind(does=SCREEN, options=given((SCREEN, "-e"), (ORDINARY, "-l"), (HIDES, "-s"))), "fc"),
    (SCREEN, "aa-genprof aa-logprof aa-mergeprof apport-bug byobu-config edit editor fresh limine-snapper-restore"),
    (unless(SCREEN, "--accept-all", "--dir -d --extensions -e --iglob -g --glob"), "fastmod"),
    (Kind(options=given((SCREEN, "-i --interactive")), table=verbs((SCREEN, "new"), (SERVE, "lsp"))), "ast-grep"),
    (when(SCREEN, "-review", long_dash=True), "comby"),
    (Kind(options=given((SCREEN, "-S --setup"), (SERVE, "--serve"))), "fabric"),
    (tool((SCREEN, "entity"), bare=SCREEN), "jhipster"),
    (HIDES, "fuck"),
)

_RUNNERS = rows(
    (Kind(runs={"": 0}, valued=words_of("-p --package")), ","),
    (Kind(runs={"": 0}, around=WINDOW, bare=WINDOW), "cage"),
    (
        Kind(
            runs={"": 0},
            around=WINDOW,
            bare=WINDOW,
            valued=words_of(
                "-w -W -h -H -r -o -S -F -O --nested-width --output-width --nested-height --output-height"
                " --nested-refresh --scaler --filter --prefer-output"
            ),
        ),
        "gamescope",
    ),
    (Kind(runs={"": 0}, bare=ORDINARY), "boxxy cronic coreutils ifne kdocker"),
    (Kind(runs={"": 0}, valued=words_of("-p --pid -n --adjust")), "choom"),
    (Kind(runs={"": 1}, bare=SCREEN, does=SCREEN, valued=words_of("-u --user")), "arch-chroot"),
    (Kind(runs={"with": 1}), "homectl"),
    (Kind(runs={"": 1}, valued=words_of("-l --lines")), "keep-header"),
    (
        Kind(
            texts=words_of("-c --command -x --execute"),
            options=given((SCREEN, "-s --shell -l --login"), (SETTING, "-i --initialize -u --shutdown")),
        ),
        "genie",
    ),
    (Kind(runs={"": 0}, valued=words_of("--mode --tag")), "libtool"),
    (
        Kind(runs={"": 0}, valued=words_of("-n --step-name -m --materials -p --products -k --key --signing-key --gpg")),
        "in-toto-run",
    ),
    (Kind(runs={"": 0}, options=given((ORDINARY, "--list-inhibitions"))), "kde-inhibit"),
    (Kind(does=WINDOW, runs={"": 0}, around=WINDOW, options=given((ORDINARY, "-N --no-wait"))), "footclient"),
    (Kind(runs={"": 0}), "distrobox-host-exec"),
)

PROGRAMS: dict[str, Program] = {
    "coffee": coffee,
    "corepack": corepack,
    **_CONSOLES,
    **_EDITORS,
    **_RUNNERS,
}
