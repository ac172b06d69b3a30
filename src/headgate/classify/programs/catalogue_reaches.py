"""More sessions, copies, tunnels and settings on other machines."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.catalogue import (
    ORDINARY,
    TUNNEL,
    WINDOW_THERE,
    Kind,
    Program,
    given,
    rows,
    tool,
)
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    ONLY_READS,
    REMOVE,
    RUNS,
    SERVE,
    SESSION,
    Verb,
    asks_help,
    far,
)
from headgate.model.facts import Look, Workload

_RECEIVE = Verb(
    fx.READS | fx.FOLLOWS,
    (Workload.TRANSFER, Workload.LONG_RUNNING),
    "receives from another machine until it is stopped",
    Look.READ,
)
_PLINK = words_of("-P -pw -pwfile -l -i -hostkey -proxycmd -m -sercfg -D -L -R -load -sshlog -logoverwrite")
_SHELL = words_of("-l --user --username -h --host -p --port -t")


def plink(call: Call) -> Effect:
    """Reach one host with PuTTY's words; a file of commands is not read (plink manual)."""
    if not call.words or asks_help(call.words) or call.words[0] in {"-V", "-pgpfp"}:
        return ONLY_READS
    found = split(call.words, _PLINK, stops=True, long_dash=True)
    if found.has("-m") or not found.operands:
        return far(call, RUNS)
    return call.start(("ssh", *found.operands))


def remote_shell(call: Call) -> Effect:
    """Reach one host as ssh does, by an option or the first operand (rsh(1), rexec(1))."""
    if not call.words or asks_help(call.words):
        return ONLY_READS
    found = split(call.words, _SHELL, stops=True)
    host = found.value("-h", "--host")
    return call.start(("ssh", *((host,) if host else ()), *found.operands))


_SESSIONS = rows(
    (Kind(does=SESSION, at=(), hosts=True, valued=words_of("--alias -a")), "mssh"),
    (Kind(does=SESSION, at=("0",), valued=words_of("-l --user -p")), "rlogin"),
    (Kind(does=SESSION, at=("0",), valued=words_of("++shell +s ++host-xxh-home +hh -i -p")), "xxh"),
    (Kind(does=WINDOW_THERE, at=("0", ""), valued=words_of("-u -p -d -g -a -x -r -k -s -c -T")), "rdesktop"),
    (Kind(does=WINDOW_THERE, at=(), bare=ORDINARY, options=given((ORDINARY, "--version"))), "xfreerdp"),
    (Kind(does=WINDOW_THERE, at=("0", ""), valued=words_of("-geometry -passwd -via"), long_dash=True), "vncviewer"),
    (
        Kind(
            does=WINDOW_THERE,
            at=("-ssh", "-telnet", "0", ""),
            valued=words_of("-ssh -telnet -P -i -load -l -pw"),
            long_dash=True,
        ),
        "putty",
    ),
    (Kind(does=WINDOW_THERE, at=("-c", "--connect", ""), valued=words_of("-c --connect")), "virt-viewer"),
    (
        Kind(
            does=SESSION,
            at=("0",),
            options=given((CHANGE, "-c --command")),
            valued=words_of("-U --user -W --workgroup -c --command -A -p --port -I"),
        ),
        "rpcclient",
    ),
    (
        Kind(
            does=SESSION,
            at=("-L", "--list", "0"),
            options=given((LOOK, "-L --list"), (CHANGE, "-c --command"), (COPY, "-T --tar")),
            valued=words_of("-L --list -U --user -W --workgroup -c --command -A -p -I -D -T --tar -m"),
        ),
        "smbclient",
    ),
    (Kind(does=CHANGE, at=("0",), valued=words_of("-U --user -S -a -D -M -C -G")), "smbcacls"),
)

_COPIES = rows(
    (Kind(does=COPY, at=()), "rcp"),
    (
        Kind(
            does=COPY,
            at=("-h", "--host", "--uri"),
            valued=words_of("-h --host --uri -d --db -c --collection -q --query -o --out -u -p"),
        ),
        "mongoexport",
    ),
    (
        Kind(
            does=COPY,
            at=("-h", "--host", "--uri"),
            options=given((REMOVE, "--drop")),
            valued=words_of("-h --host --uri -d --db -c --collection --file --type --mode -u -p"),
        ),
        "mongoimport",
    ),
    (
        Kind(
            does=_RECEIVE,
            at=("-h", "--host"),
            options=given((CHANGE, "--create-slot --drop-slot")),
            valued=words_of("-h --host -p --port -U --username -D --directory -S --slot -E --endpos -Z"),
        ),
        "pg_receivewal",
    ),
    (
        Kind(
            does=CHANGE,
            at=("-h", "--host"),
            options=given((_RECEIVE, "--start")),
            valued=words_of("-h --host -p --port -U --username -d --dbname -S --slot -f --file -o -P"),
        ),
        "pg_recvlogical",
    ),
    (
        tool(
            (COPY, "sync create, sync resume, sync flush"),
            (TUNNEL, "forward create, forward resume"),
            (COPY, "project start, project resume, project run"),
            (LIGHT, "sync list, forward list, project list, sync monitor, daemon"),
            (LIGHT, "sync terminate, sync pause, project terminate, project pause, forward terminate"),
            at=(),
        ),
        "mutagen",
    ),
    (tool((COPY, "cp, mv, copy, move"), (LOOK, "ls, lq, describe"), (REMOVE, "rm, purge, delete"), at=()), "sqsc"),
)

_TUNNELS = rows(
    (
        Kind(
            does=TUNNEL,
            at=("0", ""),
            valued=words_of("-u --username -p --password -c --config -o --otp --trusted-cert"),
        ),
        "openfortivpn",
    ),
    (tool((TUNNEL, "session-start"), at=()), "openvpn3"),
    (Kind(does=TUNNEL, at=()), "vpnc"),
    (tool((TUNNEL, "up"), at=()), "wg-quick"),
    (tool((TUNNEL, "connect, c, reconnect"), at=()), "nordvpn mullvad protonvpn piactl warp-cli"),
    (tool((TUNNEL, "activate"), at=()), "mozillavpn"),
    (tool((TUNNEL, "attach"), valued="-r --remote -b --busid", at=("-r", "--remote")), "usbip"),
)

_SETTINGS = rows(
    (
        Kind(
            does=LOOK,
            at=("0",),
            options=given(
                (DESTROY, "--remove-and-delete -rad"),
                (CHANGE, "-a --add -s --start -S --stop -r --remove -w --download-dir -D -d -U -u --move --exit"),
            ),
            valued=words_of("-t --torrent -n --auth -a --add -w --download-dir -d -u --move"),
            bare=ORDINARY,
        ),
        "transmission-remote",
    ),
    (
        tool(
            (LOOK, "get, list, show, tree, paths, exists, env"),
            (CHANGE, "set, write, paste, gen, ssh, rsa, move, copy, import"),
            (REMOVE, "delete, rm"),
            (LIGHT, "target, targets, auth"),
            at=(),
        ),
        "safe",
    ),
    (
        tool(
            (LOOK, "read, inspect, audit, ls, tree"),
            (CHANGE, "write, generate, org, acl, mkdir, env"),
            (REMOVE, "rm"),
            at=(),
        ),
        "secrethub",
    ),
    (tool((CHANGE, "transfer, originate, set delegate, register, call"), (LOOK, "get"), at=()), "octez-client"),
    (tool((CHANGE, "client call, client ptb, client transfer, client pay, client faucet"), at=()), "sui"),
    (
        Kind(
            table=tool(
                (SERVE, "listen"),
                (RUNS, "trigger, fixtures"),
                (CHANGE, "post, customers create, products create, prices create, payment_intents create"),
                (REMOVE, "delete, customers delete"),
                (LOOK, "get, customers list, customers retrieve, events list"),
                (FOLLOW, "logs tail"),
            ).table,
            at=(),
        ),
        "stripe",
    ),
    (
        tool(
            (CHANGE, "emails send, broadcasts send, templates create, domains create"),
            (REMOVE, "domains delete"),
            at=(),
        ),
        "resend",
    ),
)

PROGRAMS: dict[str, Program] = {
    "plink": plink,
    "rexec": remote_shell,
    "rsh": remote_shell,
    **_SESSIONS,
    **_COPIES,
    **_TUNNELS,
    **_SETTINGS,
}
