"""Captures, monitors and tracers: they print without an end, unless a count, a time or a file bounds them."""

from headgate.classify.programs.catalogue import (
    ORDINARY,
    SCREEN,
    STREAM,
    STRIKE,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import FOLLOW, LIGHT, LOOK, SERVE, verbs

_CAPTURES = rows(
    (unless(STREAM, "-r --read", "-C -c --channel -w --write -b --band --bssid -d --essid"), "airodump-ng"),
    (tool((STREAM, "sniff")), "airport"),
    (unless(STREAM, "-r -h", "-i -u -w -r"), "httpflow"),
    (unless(STREAM, "-r -n -d -h", "-b -f -i -l -m -n -o -P -r -S -t -u"), "httpry"),
    (when(STREAM, "-i --interface"), "ipsumdump ipaggcreate"),
    (
        Kind(
            does=STREAM,
            options=given((ORDINARY, "-c -w -C"), (STRIKE, "-f")),
            valued=words_of("-c -w -I -i -s -S -t -T"),
            bare=ORDINARY,
        ),
        "arping",
    ),
    (STREAM, "arpspoof"),
    (unless(STREAM, "-c", "-i -s -c -t -d"), "l2ping"),
    (
        Kind(
            does=STREAM,
            options=given((STRIKE, "--flood"), (ORDINARY, "-c --count --scan -8")),
            valued=words_of(
                "-c --count -i --interval -I --interface -p --destport -s --baseport -d --data -8 --scan -a"
            ),
            bare=ORDINARY,
            at=("0",),
        ),
        "hping3",
    ),
    (unless(STREAM, "-c -V", "-g -h -p -c -i -x -U -P -t -A -S"), "httping"),
    (unless(STREAM, "-c -w -h -v", "-c -i -w -s -S -o -p -P -l -t -T"), "ioping"),
)

_EVENTS = rows(
    (
        unless(STREAM, "-c --count -t --time", "-c --count -t --time -e --eventfile -s --socketfile -g -l"),
        "acpi_listen",
    ),
    (STREAM, "abrt-watch-log"),
    (
        unless(
            STREAM, "-t --terminate -c --cache -b --dump-db -D --browse-domains -V", "-d --domain -N --resolve-name"
        ),
        "avahi-browse",
    ),
    (tool((STREAM, "monitor, wait")), "gdbus"),
    (tool((STREAM, "monitor")), "boltctl keyd kscreen-console"),
    (tool((STREAM, "subscribe")), "bspc"),
    (Kind(options=given((STREAM, "-m --monitor --monitor-all"))), "cec-ctl"),
    (
        Kind(does=SCREEN, fed=ORDINARY, options=given((ORDINARY, "-l --list-devices -s --single-command -i --info"))),
        "cec-client",
    ),
    (unless(STREAM, "-o --once -h"), "cpufreq-aperf"),
    (unless(STREAM, "--query"), "evtest"),
    (when(STREAM, "-f --follow"), "gst-device-monitor-1.0"),
    (unless(STREAM, "--run-once -v", "-c -u"), "i3status"),
    (tool((STREAM, "event")), "iw"),
    (tool((STREAM, "monitor")), "gio"),
    (Kind(table=verbs((STREAM, "logs")), options=given((STREAM, "--no-daemonize"))), "eww"),
    (Kind(options=given((SCREEN, "--monitor --live --stats"))), "auto-cpufreq"),
    (STREAM, "idevicesyslog intercept"),
    (tool((STREAM, "debug-events, debug-tablet, record"), (SCREEN, "debug-gui")), "libinput"),
    (when(FOLLOW, "-f", "-l -e -p -F -S -R -P -u -r -t"), "logread"),
    (Kind(options=given((FOLLOW, "-w --watch")), table={"get": LOOK}, at=()), "awslogs"),
    (
        Kind(
            bare=SCREEN,
            options=given((ORDINARY, "--timeout -t"), (SCREEN, "-a --agent")),
            table={"scan on": STREAM, "scan le": STREAM},
            valued=words_of("-t --timeout -i --init-script"),
            fed=ORDINARY,
        ),
        "bluetoothctl",
    ),
    (Kind(table={"dmon": STREAM}, options=given((ORDINARY, "-c --count -l --list"))), "dcgmi"),
)

_TRACERS = rows(
    (
        Kind(
            does=STREAM,
            options=given((ORDINARY, "-l -V -h -e")),
            valued=words_of("-b -c -D -f -i -I -L -m -n -o -p -P -s -U -x -X"),
            texts=frozenset({"-c"}),
        ),
        "dtrace",
    ),
    (Kind(does=STREAM, runs={"": 0}, valued=words_of("-p -n -t -b -W")), "dtruss"),
    (Kind(does=STREAM, runs={"": 0}, valued=words_of("-o -p")), "extrace"),
    (unless(STREAM, "--version -h"), "frida-trace"),
    (unless(SCREEN, "-q --version -h"), "frida"),
    (
        Kind(
            does=SCREEN,
            table=dict.fromkeys(("debug", "test", "exec", "attach", "connect", "core", "replay"), SCREEN)
            | {"trace": STREAM, "dap": SERVE, "version": LIGHT, "backend": LIGHT, "log": LIGHT},
            options=given((SERVE, "--headless")),
        ),
        "dlv",
    ),
    (tool((SCREEN, "clhsdb, hsdb"), (SERVE, "debugd")), "jhsdb"),
    (
        Kind(
            does=SCREEN,
            fed=ORDINARY,
            options=given((ORDINARY, "-R -f -V")),
            bare=SCREEN,
            valued=words_of("-R -f -b -s -z -d"),
        ),
        "debugfs",
    ),
)

PROGRAMS: dict[str, Program] = {**_CAPTURES, **_EVENTS, **_TRACERS}
