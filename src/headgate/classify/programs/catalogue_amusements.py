"""Games, players, readers, monitors and pickers of the terminal: they wait for a person, but for what prints."""

from headgate.classify.programs.catalogue import (
    FETCH,
    ORDINARY,
    SCREEN,
    STREAM,
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
from headgate.classify.programs.verbs import FOLLOW, LIGHT, LOOK, RESTART, SERVE

_GAMES = rows(
    (SCREEN, "nsnake nudoku pacman4console pacman4consoleedit yetris toipe neo unimatrix pipes.sh tty-clock"),
    (unless(SCREEN, "--show-scores"), "moon-buggy"),
    (unless(SCREEN, "--highscores"), "snake4"),
    (unless(SCREEN, "-list -v", "-n -g -t -quotes -theme -words", long_dash=True), "tt"),
    (unless(SCREEN, "--ranklist -r"), "typeinc"),
    (unless(SCREEN, "--stats --search", "--load --load-json --id --tag --cpm --tabs --max-quotes"), "wpm"),
    (SCREEN, "orca-c termdown"),
)

_PLAYERS = rows(
    (tool((LIGHT, "info"), does=SCREEN, bare=SCREEN), "ncspot"),
    (unless(SCREEN, "-q --quiet --current-song -v --version", "-h --host -p --port -c --config -b"), "ncmpcpp"),
    (
        unless(
            SCREEN,
            "-S --server -a --append -q --enqueue -c --clear -p --play -l --playit -s --stop -f --next -r --previous"
            " -x --exit -P --pause -U --unpause -G --toggle-pause -v --volume -k --seek -j --jump -i --info -Q --format"
            " -t --toggle -o --on -u --off",
        ),
        "mocp",
    ),
    (Kind(bare=SCREEN, valued=words_of("-a --address -p --password -c --config -t --theme")), "rmpc"),
    (tool((LIGHT, "import, export"), does=SCREEN, bare=SCREEN), "termusic"),
    (
        Kind(bare=SCREEN, options=given((RESTART, "-d --daemon")), valued=words_of("-t --theme -c --config-folder -C")),
        "spotify_player",
    ),
    (SCREEN, "rainbowstream rtv tuir tuitube youtube-viewer"),
    (unless(SCREEN, "-d --download -L --link-count", "-n -c -f -I"), "ytfzf"),
    (
        unless(
            SCREEN,
            "-i --import-from-opml -e --export-to-opml -x --execute -X --vacuum --cleanup -E -I",
            "-u --url-file -c --cache-file -C --config-file -l --log-level -d --log-file",
        ),
        "newsboat",
    ),
    (SCREEN, "rtorrent sic talk"),
    (Kind(does=SCREEN, fed=ORDINARY), "write"),
    (WORK, "mpg123 mpg321 play"),
    (SERVE, "rec"),
    (unless(WORK, "-O --output-mode -o --output-file", "-O -o --loop"), "timidity"),
)

_READERS = rows(
    (unless(SCREEN, "--server-list --version -v"), "vifm"),
    (tool((LIGHT, "path-list, pl"), does=SCREEN, bare=SCREEN, valued="-c --config-file --hotkey-file"), "spf"),
    (unless(SCREEN, "-v --version -h", "-c --config -C --extra-config"), "xplr"),
    (SCREEN, "mdp tdf nano-ffmpeg scim sview vimtutor wordgrinder zile moe mg sensible-editor vidir qmv qcp"),
    (
        unless(
            SCREEN,
            "-e -E --export-pdf --export-html --export-temporary-path --list-themes --acknowledgements --current-theme"
            " --list-comment-commands --validate-snippets",
            "-t --theme -o --output -c --config-file",
        ),
        "presenterm",
    ),
    (unless(SCREEN, "-l --list --tree -s --section --count --filter -q --query", "-s --section --filter"), "treemd"),
    (
        Kind(
            does=SCREEN,
            fed=ORDINARY,
            options=given((FOLLOW, "-f --follow"), (ORDINARY, "-p --print"), (SCREEN, "--pager")),
            bare=ORDINARY,
            valued=words_of("-e --exec --enable --disable --highlight --config-path"),
        ),
        "tspin",
    ),
    (tool((LIGHT, "list-channels, update-channels, init, help"), does=SCREEN, bare=SCREEN), "tv"),
    (Kind(does=SCREEN, options=given((ORDINARY, "--best-match")), table=tool((LIGHT, "widget, info")).table), "navi"),
    (when(SCREEN, "-Q --query"), "ugrep"),
    (when(SCREEN, "-s --show"), "vgrep"),
    (when(SCREEN, "--pager", "-w -t --theme --width"), "rich"),
    (unless(SCREEN, "-S -h", "-s -l -f"), "wikiman"),
    (when(SCREEN, "--examine -x"), "searchsploit"),
    (Kind(bare=SCREEN), "try-rs"),
    (tool((SCREEN, "columns, prompt")), "topydo"),
    (tool((SCREEN, "pick, color-picker"), does=ORDINARY), "pastel"),
)

_MONITORS = rows(
    (SCREEN, "nload speedometer tload"),
    (
        Kind(
            does=SCREEN,
            options=given((ORDINARY, "-l --limit"), (STREAM, "-d --dump")),
            valued=words_of("-d --dump -l --limit -b --bus -t --ticks -i --dumpInterval -p --path"),
        ),
        "radeontop",
    ),
    (unless(SCREEN, "-o --once", "-d --delay -s --sort"), "slabtop"),
    (
        Kind(
            does=SCREEN,
            options=given((ORDINARY, "-n --iterations -1"), (STREAM, "-b --batch")),
            valued=words_of("-n --iterations -d --delay -m --order --depth -M --machine --cpu"),
        ),
        "systemd-cgtop",
    ),
    (
        Kind(
            does=SCREEN,
            options=given((ORDINARY, "-n --iterations"), (STREAM, "-b --batch-mode")),
            valued=words_of("-n --iterations -r --remote"),
        ),
        "pw-top",
    ),
    (Kind(does=SCREEN, options=given((ORDINARY, "-l -L")), valued=words_of("-l -L -m -t -p -s -k -j")), "nettop"),
    (
        unless(
            SCREEN,
            "-b --batch --batchmode",
            "-u --user -p --pass --password -h --host -P --port -s --delay -d --database --db",
            long_dash=True,
        ),
        "mytop",
    ),
    (unless(SCREEN, "-D", "-r -i -w -f -t"), "termshark"),
    (unless(SCREEN, "-N --no-interface -V --version", "-d -I -O -B -L -l -k"), "sngrep"),
    (
        Kind(
            does=SCREEN,
            options=given((STREAM, "-m=stream --mode=stream"), (LOOK, "-m --mode")),
            valued=words_of("-m --mode -p --protocol -P --target-port -c --config-file -C --report-cycles -S -f -t"),
            at=("0",),
        ),
        "trip",
    ),
    (when(STREAM, "-w --watch -W --watch-interval", "-W --watch-interval --sorta --sortd --insert --only"), "procs"),
    (when(STREAM, "-m --monitor -M --monitor-continuously", "-c --command -a -p --pid -W --wait-delay"), "progress"),
)

_CHATS = rows(
    (Kind(bare=SCREEN, fed=ORDINARY, options=given((SCREEN, "-i --interactive -m --multiline -is"))), "tgpt"),
    (
        Kind(
            bare=SCREEN,
            fed=ORDINARY,
            options=given((SCREEN, "--repl --editor"), (ORDINARY, "--no-interaction"), (SCREEN, "-s --shell")),
            valued=words_of("--repl --chat --model --role --temperature"),
        ),
        "sgpt",
    ),
    (Kind(bare=SCREEN, fed=ORDINARY, options=given((SCREEN, "-S --settings"), (ORDINARY, "-l --list"))), "mods"),
    (
        Kind(
            does=SCREEN,
            fed=WORK,
            options=given((SCREEN, "-i --prompt-interactive"), (WORK, "-p --prompt --yolo"), (FETCH, "--setup")),
            valued=words_of("-m --model -p --prompt -i --prompt-interactive --output"),
        ),
        "qwen vibe",
    ),
    (
        Kind(
            table=tool((SCREEN, "agent, onboard"), (SERVE, "daemon, gateway")).table,
            options=given(
                (WORK, "-m --message"),
            ),
            valued=words_of("-m --message --provider --model --temperature"),
        ),
        "zeroclaw",
    ),
)

PROGRAMS: dict[str, Program] = {**_GAMES, **_PLAYERS, **_READERS, **_MONITORS, **_CHATS}
