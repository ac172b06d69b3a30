"""Daemons and what starts them: in the foreground they have no end, in the background a service starts."""

from headgate.classify.programs.catalogue import ORDINARY, Kind, Program, given, rows, unless
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import RESTART, SERVE, SETTING


def daemon(foreground: str, looks: str = "", valued: str = "") -> Kind:
    """Return the kind that starts a service, and with an option of *foreground* serves itself."""
    return Kind(does=RESTART, options=given((ORDINARY, looks), (SERVE, foreground)), valued=words_of(valued))


def server(background: str, looks: str = "", valued: str = "") -> Kind:
    """Return the kind that serves in the foreground, and with an option of *background* starts a service."""
    shown = given((ORDINARY, looks), (RESTART, background))
    return Kind(does=SERVE, options=shown, valued=words_of(valued))


PROGRAMS: dict[str, Program] = rows(
    (
        SERVE,  # launchd alone starts the daemons of macOS
        """
        accessorysensormgrd adprivacyd airportd alwaysonexclavesd amfid apfsd applecamerad appsleepd autofsd
        avbdeviced backupd biomesyncd biometrickitd bnepd cfprefsd cloudd cloudphotod contactsd coreaudiod
        coreautha coreauthd corebrightnessd coredatad ctkd distnoted emond filecoordinationd fontd hidd
        launchd InternetSharing
        """,
    ),
    (SERVE, "autoraise bluetoothd bspwm caffeine caffeine-indicator dhcp6d fancontrol hyprpaper hyprsunset"),
    (unless(SERVE, "-C -v --moreversion --get-socketpath"), "i3"),
    (SERVE, "limine-snapper-watcher dunst kwin_wayland krdpserver krfb-virtualmonitor"),
    (unless(SERVE, "-t --list-icon-types -p --list-power-supplies"), "cbatticon"),
    (unless(SERVE, "-u -c"), "automount automountd"),
    (unless(SERVE, "-C --print-config -v"), "conky"),
    (server("--fork", "--introspect"), "dbus-daemon"),
    (daemon("-f", "-s -v", "-c"), "auditd"),
    (daemon("-d -f", "-p", "-c -s -P -u -g"), "bird"),
    (server("-D", "", "-c -C -d -I -L -S -z -h -H -k -t -T"), "babeld"),
    (daemon("-f", "-t -T -h", "-C -P"), "collectd"),
    (
        Kind(
            does=SETTING,
            options=given((SERVE, "-d"), (ORDINARY, "--version --help")),
            valued=words_of("-cf -lf -pf -sf"),
        ),
        "dhclient",
    ),
    (
        Kind(
            does=SETTING, options=given((ORDINARY, "-U --dumplease -T --test"), (SERVE, "-B --nobackground -d --debug"))
        ),
        "dhcpcd",
    ),
    (daemon("--no-detach --no-fork --verbose"), "distccd"),
    (daemon("-D --debug -f", "", "-m -t -o -l -r -i -g"), "gpm"),
    (daemon("-f", "-v", "-b -l -L -p -C -K"), "guacd"),
    (daemon("-F --Foreground", "-n --number", "-b --buffer -d --data -i --inst -f --file -r --run -w -o"), "haveged"),
    (daemon("-d", "-t", "-i -a -c -l"), "hd-idle"),
    (server("-B", "-v", "-g -G -i -P -T"), "hostapd"),
    (server("-d --daemon", "", "-i -c -p -l"), "knockd"),
    (
        Kind(
            does=RESTART,
            options=given((SERVE, "-f --foreground"), (ORDINARY, "--dump")),
            valued=words_of("-l --log -t --timeout -s --socket -p --pidfile"),
        ),
        "lvmpolld",
    ),
    (Kind(does=RESTART, options=given((SERVE, "--nodaemon"))), "gdm"),
    (RESTART, "gdm-restart gdm-safe-restart gdm-stop"),
    (unless(SERVE, "-x -O -p -h -V", "-b -c -g -l -m -O -P -r -t"), "gammastep"),
    (unless(SERVE, "--stop --list-running --list-clients --fix-unmanaged", "--driver -m -c -w -g"), "create_ap"),
    (server("-b -k -d", "-s -V"), "couchdb"),
    (
        server(
            "--daemon -d",
            "--verify-config --generate-key --show-key --machine-readable",
            "-c --config -m -M --mode --mtu",
        ),
        "fastd",
    ),
    (
        daemon(
            "-d --do-not-daemonize",
            "-v",
            "-p --port -c --config -i --interface -u --ui-interface -l --logfile -L --loglevel",
        ),
        "deluged",
    ),
)
