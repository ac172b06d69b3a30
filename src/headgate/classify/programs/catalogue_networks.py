"""Sessions and settings on other machines, by the option or the operand that names the machine."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.catalogue import (
    HALT,
    ORDINARY,
    STREAM,
    TUNNEL,
    WINDOW_THERE,
    Kind,
    Program,
    given,
    rows,
    tool,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    LIGHT,
    LOOK,
    ONLY_READS,
    REMOVE,
    SERVE,
    SESSION,
    asks_help,
    verbs,
)


def dropbear(call: Call) -> Effect:
    """Reach one host with the words of ssh (dbclient(1))."""
    return ONLY_READS if asks_help(call.words) or call.words == ("-V",) else call.start(("ssh", *call.words))


_SESSIONS = rows(
    (
        Kind(
            does=SESSION,
            fed=COPY,
            at=("0",),
            options=given((SERVE, "-l"), (ORDINARY, "-z -h")),
            valued=words_of("-k -p -w -s -e -i -o -g -G"),
        ),
        "cryptcat",
    ),
    (
        Kind(
            does=SESSION,
            at=("-i", "--ip"),
            valued=words_of("-i --ip -u --user -p --password -H --hash -P --port -s -e -r -U"),
        ),
        "evil-winrm",
    ),
    (Kind(does=SESSION, at=("0",)), "cadaver"),
    (
        Kind(
            does=SESSION,
            at=(),
            hosts=True,
            valued=words_of("-l --login --ssh_args --remote_command -m --tile_x --tile_y"),
        ),
        "csshX",
    ),
    (Kind(does=SESSION, at=()), "bshell bssh"),
    (Kind(does=WINDOW_THERE, at=()), "bvnc"),
    (Kind(does=WINDOW_THERE, at=("0",)), "krdc"),
    (
        Kind(
            does=CHANGE,
            at=("-H",),
            table=verbs(
                (
                    LOOK,
                    "sensor, sdr, sel list, sel info, fru, chassis status, power status, chassis power status, mc info",
                ),
                (LOOK, "lan print, user list, channel info, session info, bmc info, sel elist, dcmi power reading"),
                (
                    HALT,
                    "power on, power off, power cycle, power reset, power soft, chassis power on, chassis power off",
                ),
                (HALT, "chassis power cycle, chassis power reset, chassis power soft, mc reset, bmc reset"),
                (SESSION, "shell, sol activate"),
                (REMOVE, "sel clear"),
            ),
            valued=words_of("-H -U -P -I -L -p -f -k -y -e -C -o -R -N -O -l -S -b -t -m -d"),
        ),
        "ipmitool",
    ),
    (tool((TUNNEL, "connect"), at=("1",)), "gpclient"),
    (
        Kind(
            does=ORDINARY,
            options=given((TUNNEL, "-s --start"), (ORDINARY, "-o --stop -i --info")),
            at=("-t", "--host"),
            valued=words_of("-t --host -u --user -p --password"),
        ),
        "f5fpc",
    ),
)

_SETTINGS_THERE = rows(
    (Kind(does=CHANGE, at=("0",)), "knock"),
    (Kind(does=CHANGE, at=("--host",), valued=words_of("--host --port -a --action")), "kodi-send"),
    (
        Kind(
            does=CHANGE,
            at=("-a", "--address"),
            table=verbs((LOOK, "screenshot, benchmark"), (LIGHT, "discover, version, help")),
            valued=words_of("-a --address -p --port -t --timeout --plugin"),
        ),
        "lxi",
    ),
    (
        Kind(
            table=verbs((LOOK, "get, capabilities, path"), (CHANGE, "set"), (STREAM, "subscribe, listen")),
            at=("-a", "--address"),
            valued=words_of("-a --address -u --username -p --password --path --prefix --encoding -e --update-path"),
        ),
        "gnmic",
    ),
    (
        Kind(
            table=verbs(
                (LOOK, "get"),
                (CHANGE, "create, update, add-roles, set-password, config credentials"),
                (REMOVE, "delete, remove-roles"),
            ),
            at=(),
        ),
        "kcadm.sh",
    ),
    (
        Kind(
            table=verbs((CHANGE, "post, put, patch, POST, PUT, PATCH, delete, DELETE")),
            options=given((CHANGE, "-X=POST -X=PUT -X=PATCH -X=DELETE")),
            at=("1", "0"),
            valued=words_of("-X -d -H -u -o -A"),
        ),
        "curlie",
    ),
    (
        Kind(
            options=given((CHANGE, "-m=POST -m=PUT -m=PATCH -m=DELETE")),
            at=("0",),
            valued=words_of("-m -H -C -c -b -t -i -o -p"),
        ),
        "lwp-request",
    ),
    (
        Kind(
            does=LOOK,
            at=(),
            options=given((CHANGE, "--post --put --patch"), (REMOVE, "--delete"), (ORDINARY, "-h -v --dump")),
        ),
        "cli4",
    ),
    (
        tool(
            (LOOK, "list, export"),
            (CHANGE, "create, import, rrcreate, validate"),
            (REMOVE, "delete, rrdelete, rrpurge"),
            at=(),
        ),
        "cli53",
    ),
    (
        tool(
            (LOOK, "zone info, zone list, zone check, dns list, firewall rules list, user info, railgun, zone records"),
            (LIGHT, "ips"),
            (CHANGE, "dns create, dns update, dns create-or-update, zone create, zone purge, firewall rules create"),
            (REMOVE, "dns delete, zone delete, firewall rules delete"),
            at=(),
        ),
        "flarectl",
    ),
    (
        Kind(
            options=given((CHANGE, "--login -l --logout -u"), (LOOK, "-t --type")),
            at=("-p", "--portal"),
            valued=words_of("-m --mode -t --type -p --portal -T --targetname -o --op -n --name -v --value -I -r"),
        ),
        "iscsiadm",
    ),
)

PROGRAMS: dict[str, Program] = {
    "dbclient": dropbear,
    **_SESSIONS,
    **_SETTINGS_THERE,
}
