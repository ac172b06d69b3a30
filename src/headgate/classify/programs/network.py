"""Programs that talk to servers: reading is light, what changes another machine is not."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split
from headgate.model.facts import Evidence, Workload

_LOOK = Effect(fx.READS)
_GET = Effect(fx.READS | fx.NETWORK)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND"})


def host_of(address: str) -> str:
    """Return the machine of a URL, its scheme given or not; empty for this machine."""
    where = address if "://" in address else "http://" + address
    return machine_of(where.partition("?")[0].partition("#")[0])


def _sends(call: Call, machines: tuple[str, ...], method: str, more: Effect) -> Effect:
    """Return the effect of a request that changes what the server holds; to this machine it is light."""
    others = tuple(dict.fromkeys(filter(None, machines)))
    if not others:
        return Effect(more.does | fx.CHANGES | fx.NETWORK, writes=more.writes)
    named = ", ".join(others)
    shown = call.shows(Workload.CROSS_MACHINE, f"sends {method.replace(HIDDEN, '…')} to {named}")
    return Effect(more.does | fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, others, writes=more.writes)


def _saved(call: Call, path: str) -> Effect:
    """Return the effect of writing what was fetched to *path*."""
    if not path or path in {"-", "/dev/null"} or path.startswith("/dev/std"):
        return _GET
    where = call.absolute(path) if HIDDEN not in path else ""
    return Effect(fx.CHANGES | fx.NETWORK, writes=(where,) if where else ())


_CURL = frozenset(
    "-A --user-agent -b --cookie -c --cookie-jar -C --continue-at -d --data --data-raw --data-binary --data-ascii"
    " --json"
    " --data-urlencode -D --dump-header -e --referer -E --cert -F --form --form-string -h -H --header -K --config -m"
    " --max-time -o --output --output-dir -P --ftp-port -Q --quote -r --range -t --telnet-option -T --upload-file"
    " -u --user"
    " -U --proxy-user -w --write-out -x --proxy -X --request -y --speed-time -Y --speed-limit -z --time-cond --cacert"
    " --capath --ciphers --connect-timeout --connect-to --interface --key --limit-rate --max-redirs --retry"
    " --retry-delay"
    " --retry-max-time --resolve --unix-socket --abstract-unix-socket --url --url-query --socks5 --socks5-hostname"
    " --noproxy"
    " --oauth2-bearer --aws-sigv4 --cert-type --key-type --pass --proto --proto-default --stderr --trace --trace-ascii"
    " --variable --dns-servers --doh-url --local-port --keepalive-time --expect100-timeout --max-filesize"
    " --netrc-file".split()
) - {"-h"}
_CURL_BODY = (
    "-d --data --data-raw --data-binary --data-ascii"
    " --data-urlencode --json -F --form --form-string -T --upload-file".split()
)


def curl(call: Call) -> Effect:
    """Transfer from or to URLs: a fetch is light, a request with another method or a body is not (curl(1))."""
    found = split(call.words, _CURL)
    urls = (*found.operands, *found.values("--url"))
    if found.has("-V", "--version", "-h", "--help", "--manual"):
        return _LOOK
    if not urls:
        return Effect(fx.UNSURE | fx.NETWORK)
    more = _saved(call, found.value("-o", "--output") or ("remote-name" if found.has("-O", "--remote-name") else ""))
    if found.has("-O", "--remote-name", "-J"):
        more = Effect(fx.CHANGES | fx.NETWORK)
    if found.has("-K", "--config"):
        more = Effect(more.does | fx.UNSURE, writes=more.writes)
    body = found.has(*_CURL_BODY) and not found.has("-G", "--get", "-I", "--head")
    method = (found.value("-X", "--request") or ("POST" if body else "GET")).upper()
    if method in _SAFE and not (body and not found.has("-X", "--request")) and not found.has("-Q", "--quote"):
        return more
    if found.has("--unix-socket", "--abstract-unix-socket"):
        return _sends(call, (), method, more)
    return _sends(call, tuple(map(host_of, urls)), method, more)


_WGET = frozenset(
    "-O --output-document -o --output-file -a --append-output -P --directory-prefix -i --input-file -B --base -t"
    " --tries -T"
    " --timeout -w --wait -Q --quota -U --user-agent -D --domains -e --execute --user --password --header --post-data"
    " --post-file --method --body-data --body-file -l --level -A --accept -R --reject -I -X"
    " --exclude-directories".split()
)


def wget(call: Call) -> Effect:
    """Fetch files; `--post-data` and `--method` change what a server holds (wget(1))."""
    found = split(call.words, _WGET)
    if found.has("--version", "-V", "--help", "-h", "--spider"):
        return _GET
    target = found.value("-O", "--output-document")
    more = _saved(call, target) if target else Effect(fx.CHANGES | fx.NETWORK)
    if found.has("-r", "--recursive", "-m", "--mirror"):
        shown = call.shows(Workload.LONG_RUNNING, "copies a whole site")
        return Effect(more.does, shown, writes=more.writes)
    posts = found.has("--post-data", "--post-file", "--body-data", "--body-file")
    method = (found.value("--method") or ("POST" if posts else "GET")).upper()
    return more if method in _SAFE else _sends(call, tuple(map(host_of, found.operands)), method, more)


_HTTPIE = frozenset(
    "-a --auth -A --auth-type -o --output -p --print -s --style --session --session-read-only --verify --cert"
    " --cert-key"
    " --timeout --max-redirects --proxy --pretty --raw --boundary --default-scheme".split()
)
_ITEMS = (":=", "=@", "==", "=", "@", ":")


def httpie(call: Call) -> Effect:
    """Send `[METHOD] URL [ITEM…]`: items with data make it a POST (http(1), xh(1))."""
    found = split(call.words, _HTTPIE)
    words = found.operands
    if not words or found.has("--offline", "--help", "--version"):
        return _LOOK
    method = words[0].upper() if words[0].isalpha() and len(words) > 1 else ""
    url, items = (words[1], words[2:]) if method else (words[0], words[1:])
    more = _saved(call, found.value("-o", "--output"))
    data = found.has("--raw") or any(_is_data(item) for item in items)
    method = method or ("POST" if data else "GET")
    return (
        more
        if method in _SAFE
        else _sends(call, (host_of("localhost" + url if url.startswith(":") else url),), method, more)
    )


def _is_data(item: str) -> bool:
    places = [(item.find(mark), rank, mark) for rank, mark in enumerate(_ITEMS) if mark in item]
    return bool(places) and min(places)[2] not in {"==", ":"}


def grpcurl(call: Call) -> Effect:
    """Call a method of a server; listing and describing are quick looks (grpcurl)."""
    valued = frozenset(
        "-d -H -rpc-header -import-path -proto -protoset -cacert -cert -key -max-time -authority".split()
    )
    found = split(call.words, valued, long_dash=True)
    machine = host_of(found.operands[0]) if found.operands else ""
    if not machine or {"list", "describe"} & {*found.operands}:
        return _GET
    return _sends(call, (machine,), "a call", _GET)


_NC = frozenset("-e -c -g -G -i -I -m -M -O -o -p -P -q -s -T -V -w -W -X -x --exec --sh-exec".split())


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
    found = split(
        call.words, frozenset("-l -n -b -x --connect -c -H --header -s --subprotocol -e --execute -p".split())
    )
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
    found = split(call.words, frozenset("-e -c -f -u -p -P -o".split()))
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


def openssl(call: Call) -> Effect:
    """Work with keys and certificates; `s_client` looks at a server (openssl(1))."""
    verb = call.words[0] if call.words else ""
    if verb == "s_server":
        return Effect(fx.NETWORK | fx.CHANGES, call.shows(Workload.LONG_RUNNING, "serves without an end"))
    if verb == "s_client" and not call.fed:
        shown = call.shows(Workload.INTERACTIVE, "waits for a person to type")
        return Effect(fx.READS | fx.NETWORK | fx.INTERACTIVE, shown)
    if verb in {"s_client", "s_time"}:
        return _GET
    writes = {"-out", "-keyout", "-signkey"} & {*call.words} or verb in {"genrsa", "ca", "req"}
    return Effect(fx.CHANGES) if writes else Effect(fx.READS | fx.FILTERS)


_NMAP = frozenset(
    "-p -iL -oN -oX -oG -oA --script --script-args -T -S -e -g --max-retries --host-timeout --top-ports".split()
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


_LOAD = frozenset(
    "-n -c -t -z -q -m -d -D -T -H -A -p -u -r -s -k -C -P -a -i -b -w -l -f -v -o --duration --connections --rate"
    " --threads"
    " --users --host --vus --iterations --script --timeout".split()
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
    found = split(call.words, frozenset("-c --client -p --port -t --time -P -B -b -i -n -l -w".split()))
    if found.has("--version", "--help", "-v", "-h"):
        return _LOOK
    machine = machine_of(found.value("-c", "--client")) if found.has("-c", "--client") else ""
    shown = call.shows(Workload.LONG_RUNNING, "measures a link")
    if machine:
        return Effect(fx.READS | fx.NETWORK | fx.REMOTE, shown, (machine,))
    return Effect(fx.READS | fx.NETWORK, shown)


def fetch(call: Call) -> Effect:
    """Fetch files in several pieces (aria2c(1), axel(1))."""
    return _LOOK if {"--version", "--help", "-h", "-v"} & {*call.words} else Effect(fx.CHANGES | fx.NETWORK)


def speed(call: Call) -> Effect:
    """Measure the line to the internet."""
    return _LOOK if {"--version", "--help"} & {*call.words} else _GET


def whois(_call: Call) -> Effect:
    """Ask who owns a name."""
    return _GET


PROGRAMS = {
    "curl": curl,
    "wget": wget,
    **dict.fromkeys("http https xh xhs httpie".split(), httpie),
    "grpcurl": grpcurl,
    **dict.fromkeys("nc ncat netcat".split(), netcat),
    "socat": socat,
    **dict.fromkeys("telnet wscat websocat".split(), talk),
    **dict.fromkeys("ftp lftp ncftp tftp".split(), ftp),
    "openssl": openssl,
    **dict.fromkeys("nmap masscan zmap".split(), scan),
    **dict.fromkeys("ab wrk wrk2 hey k6 vegeta siege locust oha bombardier".split(), load),
    **dict.fromkeys("iperf iperf3".split(), iperf),
    **dict.fromkeys("aria2c axel yt-dlp youtube-dl".split(), fetch),
    **dict.fromkeys("speedtest speedtest-cli fast".split(), speed),
    "whois": whois,
}
