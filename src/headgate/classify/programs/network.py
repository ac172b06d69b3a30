"""Connections to other machines: sockets, file servers, scans and load."""

from headgate.classify import effect as fx
from headgate.classify.effect import SOME_MACHINE, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.web import host_of
from headgate.model.facts import Evidence, Workload

_GET = Effect(fx.READS | fx.NETWORK)
_LOOK = Effect(fx.READS)


_NC = words_of("-e -c -g -G -i -I -m -M -O -o -p -P -q -s -T -V -w -W -X -x --exec --sh-exec")


def netcat(call: Call) -> Effect:
    """Open a connection: `-z` only looks, `-l` waits, data piped in or out is a transfer (nc(1))."""
    found = split(call.words, _NC)
    text = found.value("-e", "-c", "--exec", "--sh-exec")
    inner = call.run(text) if text else fx.EMPTY
    if found.has("-l", "--listen", "-L"):
        shown = call.shows(Workload.LONG_RUNNING, "waits for a connection without an end")
        return join((Effect(fx.NETWORK | fx.CHANGES, shown), inner))
    if found.has("-z", "-h", "--help") or not found.operands:
        return _GET
    machine = machine_of(found.operands[0])
    if not machine:
        return join((Effect(fx.NETWORK | fx.CHANGES), inner))
    flags = fx.NETWORK | fx.REMOTE | fx.CHANGES
    if text:
        shown = call.shows(Workload.REMOTE_SESSION, f"lets {machine} drive a program here")
    elif call.fed:
        shown = call.shows(Workload.TRANSFER, f"sends what it is fed to {machine}")
    else:
        shown = call.shows(Workload.REMOTE_SESSION, f"opens a connection to {machine}")
        shown += call.shows(Workload.INTERACTIVE, "waits for a person to type")
        flags |= fx.INTERACTIVE
    return join((Effect(flags, shown, (machine,)), inner))


_SOCAT_STARTS = ("EXEC:", "SYSTEM:", "SHELL:")
_SOCAT_REMOTE = ("TCP:", "TCP4:", "TCP6:", "UDP:", "OPENSSL:", "SSL:", "TCP-CONNECT:", "UDP-CONNECT:", "SOCKS4A:")


def socat(call: Call) -> Effect:
    """Join two addresses; one may listen, be on another machine, or start a program (socat(1))."""
    found = split(call.words, {"-t", "-T", "-b", "-lf", "-L", "-W", "-r", "-R"})
    started = [call.run(_address(word)) for word in found.operands if word.upper().startswith(_SOCAT_STARTS)]
    names = [_address(word).partition(":")[0] for word in found.operands if word.upper().startswith(_SOCAT_REMOTE)]
    machines = tuple(filter(None, map(machine_of, names)))
    shown: tuple[Evidence, ...] = ()
    if any("LISTEN" in word.upper() for word in found.operands):
        shown = call.shows(Workload.LONG_RUNNING, "waits for connections without an end")
    if machines:
        shown += call.shows(Workload.REMOTE_SESSION, f"opens a connection to {machines[0]}")
    flags = fx.NETWORK | fx.CHANGES | (fx.REMOTE if machines else 0)
    return join((Effect(flags, shown, machines), *started))


def _address(word: str) -> str:
    return word.partition(":")[2].partition(",")[0]


def talk(call: Call) -> Effect:
    """Open a connection in which a person types (telnet(1), wscat)."""
    found = split(call.words, words_of("-l -n -b -x --connect -c -H --header -s --subprotocol -e --execute -p"))
    target = found.value("--connect", "-c") or (found.operands[0] if found.operands else "")
    machine = host_of(target) if target else SOME_MACHINE
    flags = fx.NETWORK | fx.UNSURE | (fx.REMOTE if machine else 0)
    shown = call.shows(Workload.REMOTE_SESSION, f"opens a session on {machine}") if machine else ()
    if not call.fed:
        shown += call.shows(Workload.INTERACTIVE, "waits for a person to type")
        flags |= fx.INTERACTIVE
    return Effect(flags, shown, (machine,) if machine else ())


def ftp(call: Call) -> Effect:
    """Move files to or from a server (ftp(1), lftp(1))."""
    found = split(call.words, words_of("-e -c -f -u -p -P -o"))
    if found.has("--version", "--help"):
        return _LOOK
    machine = host_of(found.operands[0]) if found.operands else SOME_MACHINE
    shown = call.shows(Workload.TRANSFER, "moves files to or from a server")
    asks = not call.fed and not found.has("-e", "-c", "-f")
    flags = fx.NETWORK | fx.REMOTE | fx.CHANGES
    if asks:
        shown += call.shows(Workload.INTERACTIVE, "waits for a person to type")
        flags |= fx.INTERACTIVE
    return Effect(flags, shown, (machine,) if machine else ())


_NMAP = words_of(
    """
    -p -iL -oN -oX -oG -oA --script --script-args -T -S -e -g --max-retries --host-timeout --top-ports
    """
)


def scan(call: Call) -> Effect:
    """Look at the ports of machines; many of them are many machines (nmap(1))."""
    found = split(call.words, _NMAP, long_dash=True)
    machines = tuple(dict.fromkeys(filter(None, map(machine_of, found.operands))))
    flags = fx.READS | fx.NETWORK | fx.REMOTE
    if found.has("-iL") or any("/" in word or "*" in word for word in found.operands):
        shown = call.shows(Workload.MULTI_HOST, "scans a range of machines")
        return Effect(flags, shown, (*machines, SOME_MACHINE))
    if len(machines) == 1:
        return Effect(flags, call.shows(Workload.REMOTE_PROBE, f"one look at {machines[0]}"), machines, probes=1)
    return Effect(flags, machines=machines) if machines else _GET


_LOAD = words_of(
    """
    -n -c -t -z -q -m -d -D -T -H -A -p -u -r -s -k -C -P -a -i -b -w -l -f -v -o --duration --connections --rate
    --threads --users --host --vus --iterations --script --timeout
    """
)


def load(call: Call) -> Effect:
    """Put a server under load: long, and felt by another machine (ab(1), wrk, hey, k6)."""
    found = split(call.words, _LOAD)
    if found.has("--version", "--help", "-V", "-h") or not call.words:
        return _LOOK
    urls = [word for word in (*found.operands, *found.values("--host", "-H")) if "://" in word]
    machines = tuple(dict.fromkeys(filter(None, map(host_of, urls))))
    shown = call.shows(Workload.LONG_RUNNING, "puts a server under load")
    if machines:
        shown += call.shows(Workload.CROSS_MACHINE, f"puts {machines[0]} under load")
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, machines)
    return Effect(fx.CHANGES | fx.NETWORK, shown)


def iperf(call: Call) -> Effect:
    """Measure a link, as a server or against one (iperf3(1))."""
    found = split(call.words, words_of("-c --client -p --port -t --time -P -B -b -i -n -l -w"))
    if found.has("--version", "--help", "-v", "-h"):
        return _LOOK
    machine = machine_of(found.value("-c", "--client")) if found.has("-c", "--client") else ""
    shown = call.shows(Workload.LONG_RUNNING, "measures a link")
    if machine:
        return Effect(fx.READS | fx.NETWORK | fx.REMOTE, shown, (machine,))
    return Effect(fx.READS | fx.NETWORK, shown)


def speed(call: Call) -> Effect:
    """Measure the line to the internet."""
    return _LOOK if {"--version", "--help"} & {*call.words} else _GET


def whois(_call: Call) -> Effect:
    """Ask who owns a name."""
    return _GET


PROGRAMS = {
    **dict.fromkeys(words_of("nc ncat netcat"), netcat),
    "socat": socat,
    **dict.fromkeys(words_of("telnet wscat websocat"), talk),
    **dict.fromkeys(words_of("ftp lftp ncftp tftp"), ftp),
    **dict.fromkeys(words_of("nmap masscan zmap"), scan),
    **dict.fromkeys(words_of("ab wrk wrk2 hey k6 vegeta siege locust oha bombardier"), load),
    **dict.fromkeys(words_of("iperf iperf3"), iperf),
    **dict.fromkeys(words_of("speedtest speedtest-cli fast"), speed),
    "whois": whois,
}
