"""Programs that fill the terminal or open a window, and wait for a person; games and screen savers among them."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.catalogue import (
    ORDINARY,
    SCREEN,
    STREAM,
    WATCHES,
    WINDOW,
    WORK,
    Kind,
    given,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.terminals import person
from headgate.classify.programs.verbs import LIGHT, LONG, SERVE


def json_viewer(call: Call) -> Effect:
    """Show a document on a terminal; what is asked of it behind the file, or of what is fed, is printed (fx)."""
    found = split(call.words)
    asks = len(found.operands) > (0 if call.fed else 1)
    if asks or found.has("--help", "--version", "-h", "-v", "--themes", "--comp"):
        return Effect(fx.READS | fx.FILTERS)
    return person(call)


_GAMES = rows(
    (SCREEN, "bastet blockout2 cuyo gnuchess gomoku greed hangman hydra-wizard"),
    (SCREEN, "asciiquarium astroterm cacaclock cacademo cacafire cava hollywood lavat"),
    (unless(SCREEN, "-s --snap"), "3d-ascii-viewer"),
    (unless(SCREEN, "--score --gtp-version --mode=gtp", "--infile --until --score --mode --handicap --level"), "gnugo"),
    (when(SCREEN, "-l --live -i --infinite -S --screensaver", "-t -w -m -L -M -s -c -k -b"), "cbonsai"),
    (WINDOW, "dosbox glxgears ico gvedit dotty inkview"),
)

_TERMINAL = rows(
    (SCREEN, "battop bluetui browsh btm carbonyl clifm clockwork-cli cmus diskonaut fbi"),
    (SCREEN, "gitsome gpg-tui gtop hangups hexedit hn i7z impala jless kdash kmscon"),
    (SCREEN, "cacaview cheatshh http-prompt agetty login"),
    (unless(SCREEN, "-J --json -d --dump -s --list -p --process --smi --gpu_metrics"), "amdgpu_top"),
    (unless(SCREEN, "-r --raw"), "bandwhich"),
    (
        Kind(does=SCREEN, options=given((WATCHES, "--headless"), (ORDINARY, "--list-jobs -l --init --prefs"))),
        "bacon",
    ),
    (Kind(bare=SCREEN), "bitwise"),
    (unless(SCREEN, "--print-shell-function --set-install-state --install --write-default-conf"), "broot"),
    (
        unless(
            SCREEN,
            "-a -G -Q -F -P -d -n -r -s -t -x -i -g --appointment --grep --query --filter --purge --day --next --range"
            " --startday --todo --export --import --gc --status --daemon --read-only-status --filter-type",
            "-c -C -D -f",
        ),
        "calcurse",
    ),
    (unless(SCREEN, "-p --prompt --list-models --clear-history"), "chatgpt"),
    (tool((LIGHT, "clean, holdings, price, version, reset, dominance"), bare=SCREEN), "cointop"),
    (Kind(bare=SCREEN, table={"run": LONG}, options=given((SCREEN, "--debug --yolo"))), "crush"),
    (SCREEN, "critique"),
    (Kind(bare=SCREEN), "deluge-console"),
    (unless(SCREEN, "--ci --json -j --lowestEfficiency"), "dive"),
    (tool((SCREEN, "interactive, i")), "dua"),
    (tool((SCREEN, "ui, gui"), (LONG, "index")), "duc"),
    (unless(SCREEN, "--export --cat"), "doxx"),
    (Kind(bare=SCREEN), "fkill"),
    (when(SCREEN, "-i --interactive"), "freeze carbon-now"),
    (
        unless(
            SCREEN,
            "-n --non-interactive -o --output-file -v --version -s --summarize -t --top -h",
            "-i --ignore-dirs -I -o --output-file -t --top -m --max-cores -l --log-file",
        ),
        "gdu",
    ),
    (Kind(bare=SCREEN, fed=ORDINARY, options=given((SCREEN, "-p --pager -t --tui"))), "glow"),
    (when(SCREEN, "-b --restore"), "gomi"),
    (
        Kind(does=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-l -L -G -D -a -m -s -v -vv"))),
        "hunspell ispell",
    ),
    (tool((SCREEN, "check, -c"), valued="--lang -l --mode -d --encoding"), "aspell"),
    (tool((LIGHT, "default-config, status"), bare=SCREEN), "herdr"),
    (Kind(bare=SCREEN, options=given((SCREEN, "--edit"))), "jrnl"),
    (tool((SCREEN, "interactive, edit"), bare=ORDINARY), "khal"),
    (SCREEN, "ikhal"),
    (Kind(bare=SCREEN), "ledger iwctl birdc chronyc"),
    (unless(SCREEN, "-dump -source -html-numbered-links", long_dash=True), "links2"),
    (
        Kind(
            does=SCREEN,
            options=given(
                (WORK, "-no-cnv --no-conversation -st --single-turn"),
                (ORDINARY, "--version --list-devices --cache-list -cl"),
            ),
            fed=WORK,
            long_dash=True,
        ),
        "llama-cli",
    ),
    (when(SCREEN, "-c --commit"), "gitmoji"),
    (Kind(does=SCREEN, options=given((STREAM, "-b --batch"))), "lxc-top"),
    (Kind(bare=SCREEN), "deepseek"),
    (SCREEN, "fftest"),
    (unless(SCREEN, "--info"), "hledger-ui"),
    (unless(SCREEN, "-i --no-shell -F --fast-render -V --version", "-a -m -r -g -c -z -o -f -F -T"), "fluidsynth"),
    (
        Kind(does=WINDOW, options=given((SCREEN, "--ui=console -u=console")), valued=words_of("-u --ui -c --config")),
        "deluge",
    ),
    (Kind(does=WINDOW, options=given((LONG, "-n --nongui"), (ORDINARY, "-v --version -h -?"))), "jmeter"),
    (Kind(bare=WINDOW), "electrum"),
    (unless(WINDOW, "--unreadCount --addFeed --grabArticle --grabImages --version"), "feedreader"),
    (WINDOW, "cockpit-desktop"),
    (tool((SCREEN, "chat")), "inference-snap"),
)

_WINDOWS = rows(
    (WINDOW, "anki burpsuite calligraflow calligrasheets calligrastage calligrawords drawing eog evince"),
    (WINDOW, "gnome-software gnucash josm kdenlive keepass2 kwrite imv fuzzel farge grabc"),
    (WINDOW, "hyprpicker colorpicker i3-nagbar dbeaver"),
    (
        unless(
            WINDOW,
            "-p --play -s --stop -t --play-pause -u --pause -f --fwd --next -r --rew --previous -q --quit -e --enqueue"
            " --volume --create --load --append",
        ),
        "audacious clementine",
    ),
    (unless(WINDOW, "--add-to --extract-to --extract-here --default-dir --add -d -a -e --batch"), "engrampa ark"),
    (
        unless(
            WINDOW, "--bg-center --bg-fill --bg-max --bg-scale --bg-tile -l --list -L --customlist -U -u -v --version"
        ),
        "feh",
    ),
    (tool((WINDOW, "gui, launcher, config")), "flameshot"),
    (
        unless(WINDOW, "-i --no-interface --batch-interpreter --quit -b --batch -v --version", long_dash=True),
        "gimp",
    ),
    (Kind(does=WINDOW, options=given((ORDINARY, "-s --solve"))), "gnome-calculator"),
    (
        Kind(
            does=WINDOW,
            options=given(
                (WORK, "--export-release --export-debug --export-pack --import"),
                (ORDINARY, "--headless -s --script --check-only --doctool"),
            ),
        ),
        "godot",
    ),
    (Kind(does=WINDOW, options=given((WORK, "-o --output-ppm-stream"))), "gource"),
    (when(WINDOW, "--view"), "diff-pdf"),
    (unless(WINDOW, "-r --generate-report -l --list-modules -v --version"), "hardinfo"),
    (unless(WINDOW, "--file-info --hash --hexdump --calc --pl --demangle --version --plugins --language"), "imhex"),
    (
        unless(
            WINDOW,
            "-o --export-filename --export-type --export-id --export-plain-svg --export-png --export-pdf -e -A -l"
            " --query-all -S --query-id -X -Y -W -H --query-x --query-y --query-width --query-height --actions"
            " --action-list --verb-list --version -V --batch-process --pipe",
            "-w -h --export-width --export-height --export-id --export-dpi -d",
        ),
        "inkscape",
    ),
    (unless(WINDOW, "--export --export-sequence --export-filename"), "krita"),
    (tool((LIGHT, "dump, upgrade, makebundle"), (LONG, "render, rendertracks"), does=WINDOW), "lmms"),
    (
        Kind(does=WINDOW, texts=words_of("-e --command"), valued=words_of("-e --command -t --title"), around=WINDOW),
        "lxterminal",
    ),
    (when(WINDOW, "-i --interactive -a --area"), "gnome-screenshot"),
    (
        Kind(
            does=WINDOW,
            options=given(
                (LONG, "-b --background"),
                (ORDINARY, "--version -v"),
            ),
        ),
        "blender",
    ),
    (unless(SCREEN, "--passivepopup --version --author", "--title"), "kdialog"),
    (
        Kind(
            does=WINDOW,
            options=given(
                (LONG, "--verify --upload --install-boards --install-library"),
                (ORDINARY, "--get-pref --pref --save-prefs --version"),
            ),
        ),
        "arduino",
    ),
    (Kind(does=WINDOW, options=given((SERVE, "--server"), (ORDINARY, "--gameid=list --worldlist"))), "luanti"),
)

PROGRAMS = {
    "fx": json_viewer,
    **_GAMES,
    **_TERMINAL,
    **_WINDOWS,
}
