"""Windows of a desktop, what asks a person to point or to choose, and the servers that a desktop is made of."""

from headgate.classify.programs.catalogue import (
    ORDINARY,
    SCREEN,
    STREAM,
    WATCHES,
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
from headgate.classify.programs.verbs import LIGHT, RESTART, SERVE

_WINDOWS = rows(
    (WINDOW, "meld monodevelop mixxx mupdf nsxiv nyxt obs okular openttd phpstorm picard pinta qgis qtcreator"),
    (WINDOW, "qtgrace qutebrowser regedit remote-viewer silentcast sm speedcrunch steam sxiv telegram-desktop"),
    (WINDOW, "thunderbird viewnior virt-manager webstorm xclock xeyes xman xpdf xteddy zathura yakuake"),
    (WINDOW, "QOwnNotes screenkey shotcut vkcube"),
    (unless(WINDOW, "--list-encodings"), "pluma xed"),
    (unless(WINDOW, "-q --quit", "-g --geometry -s --select"), "nemo nautilus thunar"),
    (unless(WINDOW, "--headless --screenshot --print-to-pdf --dump-dom --version"), "microsoft-edge"),
    (tool((LIGHT, "rpc"), does=WINDOW, bare=WINDOW), "mumble"),
    (unless(WINDOW, "-o --export-to -j --job --diff --score-media --score-parts -P --export-score-parts"), "musescore"),
    (unless(WINDOW, "-s --solve"), "mate-calc"),
    (unless(WINDOW, "-n --no-window"), "mate-dictionary"),
    (WINDOW, "mate-search-tool"),
    (
        unless(
            WINDOW,
            "--play-pause -t --stop -s --next --previous --rew --fwd --seek-fwd --seek-bwd --pause -u --volume -q"
            " --quit --no-start --nowplaying --add-file -e --enqueue --toggle-mute",
        ),
        "qmmp",
    ),
    (Kind(bare=WINDOW), "obsidian"),
    (unless(WINDOW, "-o --export-format --info", "-o -D -p -P --camera --imgsize --colorscheme --render"), "openscad"),
    (unless(WINDOW, "--features --version --menu-only"), "retroarch"),
    (
        unless(WINDOW, "--list-encoders --list-displays --list-cameras --list-apps --list-camera-sizes -v --version"),
        "scrcpy",
    ),
    (unless(WINDOW, "--pdf --ps --eps -o"), "slideshow"),
    (unless(WINDOW, "-b --background -n --nonotify"), "spectacle"),
    (
        unless(
            WINDOW,
            "--headless --convert-to --cat --pt -p --print-to-file --version --terminate_after_init",
            "--convert-to --outdir --pt --printer-name --infilter",
        ),
        "soffice",
    ),
    (
        Kind(
            does=WINDOW,
            options=given((ORDINARY, "--version --list --longhelp -H"), (WORK, "--sout --play-and-exit")),
        ),
        "vlc",
    ),
    (
        Kind(
            bare=ORDINARY, does=WINDOW, options=given((ORDINARY, "--list-options --list-protocols"), (WORK, "-o --o"))
        ),
        "mpv",
    ),
    (unless(WINDOW, "-identify -frames", long_dash=True), "mplayer"),
    (when(WINDOW, "-gui -picoweb", long_dash=True), "plantuml"),
    (unless(WINDOW, "--headless --migration"), "zotero"),
    (Kind(does=WINDOW, options=given((SERVE, "--headless"), (ORDINARY, "-r --rescan -v --version"))), "nicotine"),
    (tool((WINDOW, "gui")), "unopkg maestral"),
    (unless(WINDOW, "--notification --version"), "zenity yad"),
    (when(SERVE, "-p", long_dash=True), "qlmanage"),
    (when(WINDOW, "-b --browser"), "sealert"),
    (unless(WINDOW, "--list --version"), "systemsettings"),
    (
        unless(WINDOW, "--list-themes --restore --set-auto --set-scaled --set-tiled --set-centered --set-zoom"),
        "nitrogen",
    ),
)

_POINTING = rows(
    (when(SCREEN, "-s --select", "-i --window -g --geometry -d --delay -x -m"), "maim"),
    (when(SCREEN, "-s --select -f --freeze", "-d --delay -q --quality -a --autoselect"), "scrot"),
    (when(SCREEN, "-i -w -W -J", "-T -t -R -l -D"), "screencapture"),
    (
        when(SCREEN, "-r --region -i --interactive -a --area", "-d --delay -s --save"),
        "xfce4-screenshooter mate-screenshot",
    ),
    (SCREEN, "slop slurp wofi walker udiskie-dmenu swaynag"),
    (unless(SCREEN, "-dump-config -dump-theme -dump-xresources -help -v -version", long_dash=True), "rofi"),
    (
        Kind(does=SCREEN, options=given((STREAM, "-spy"), (ORDINARY, "-root -id -name -font")), long_dash=True),
        "xprop",
    ),
    (unless(SCREEN, "-root -id -name -version", "-id -name", long_dash=True), "xwininfo"),
    (tool((SCREEN, "selectwindow"), (STREAM, "behave, behave_screen_edge")), "xdotool"),
    (tool((SCREEN, "interactive, interactive-wayland, interactive-x11, interactive-evdev")), "xkbcli"),
    (unless(SCREEN, "-d -l -L", "-c -p"), "physlock"),
    (unless(SCREEN, "-f --daemonize -v", "-c --color -i --image -s --scaling -C --config"), "swaylock"),
    (SCREEN, "vlock xtrlock startx"),
    (when(STREAM, "-m --monitor --monitor-detail"), "upower"),
    (tool((STREAM, "monitor")), "udisksctl"),
    (tool((STREAM, "test, test-xi2, watch-props")), "xinput"),
    (when(STREAM, "-F --follow", "-p --player -i --ignore-player -f --format"), "playerctl"),
    (STREAM, "xev wev"),
    (WATCHES, "zbarcam"),
)

_SOUND = rows(
    (tool((STREAM, "subscribe")), "pactl"),
    (STREAM, "pw-mon pw-profiler spa-monitor"),
    (Kind(bare=STREAM, valued=words_of("-r --remote")), "pw-mididump"),
    (when(STREAM, "-m --monitor", "-r --remote -n --name"), "pw-dump pw-link pw-metadata"),
    (Kind(bare=SCREEN, options=given((STREAM, "-m --monitor")), valued=words_of("-r --remote")), "pw-cli"),
    (SERVE, "pw-loopback pw-midi2record"),
    (Kind(does=WORK, options=given((SERVE, "-r --record"))), "pw-cat"),
    (WORK, "pw-midi2play"),
    (SERVE, "pw-reserve pipewire pipewire-pulse wireplumber"),
    (
        Kind(
            does=SERVE,
            options=given(
                (ORDINARY, "--check --dump-conf --dump-modules --dump-resample-methods --cleanup-shm"),
                (RESTART, "-k --kill --start -D"),
            ),
        ),
        "pulseaudio",
    ),
)

_SERVERS = rows(
    (SERVE, "plasmashell polybar sway swaybg swayidle trayer twm udevmon udiskie unclutter waybar wlsunset xbanish"),
    (SERVE, "wf-recorder mako ydotoold Xephyr"),
    (Kind(does=SERVE, options=given((RESTART, "-b --daemon"), (ORDINARY, "--diagnostics"))), "picom"),
    (unless(SERVE, "-O -x -p -V", "-b -c -g -l -m -O -P -r -t"), "redshift"),
    (tool((STREAM, "msg event-stream"), (LIGHT, "msg, validate, panic"), bare=SERVE), "niri"),
    (tool((SERVE, "start"), (SCREEN, "top, shell"), (LIGHT, "check, run-cmd, cmd-obj, migrate")), "qtile"),
    (
        Kind(
            bare=SERVE,
            options=given((LIGHT, "-m --message"), (RESTART, "--start-service --stop-service --restart-service")),
        ),
        "yabai",
    ),
    (when(RESTART, "--switch", "--switch"), "optimus-manager"),
)

PROGRAMS: dict[str, Program] = {**_WINDOWS, **_POINTING, **_SOUND, **_SERVERS}
