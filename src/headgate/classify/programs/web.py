"""Requests to web servers: a fetch is light, what changes another machine is not (curl(1), wget(1))."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, looked
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_GET = Effect(fx.READS | fx.NETWORK)
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PROPFIND"})


def host_of(address: str) -> str:
    """Return the machine of a URL, its scheme given or not; empty for this machine."""
    where = address if "://" in address else "http://" + address
    return machine_of(where.partition("?")[0].partition("#")[0])


def sends(call: Call, machines: tuple[str, ...], method: str, more: Effect) -> Effect:
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


def _looks(call: Call, effect: Effect, urls: tuple[str, ...]) -> Effect:
    """Return *effect* as a look at the machines of *urls*: a fetch may be how their state is watched."""
    machines = dict.fromkeys(host_of(url) for url in urls if HIDDEN not in url)
    return change(effect, touches=tuple(touch for name in machines for touch in looked(name or call.machine)))


_CURL = words_of(
    """
    -A --user-agent -b --cookie -c --cookie-jar -C --continue-at -d --data --data-raw --data-binary --data-ascii
    --json --data-urlencode -D --dump-header -e --referer -E --cert -F --form --form-string -h -H --header -K
    --config -m --max-time -o --output --output-dir -P --ftp-port -Q --quote -r --range -t --telnet-option -T
    --upload-file -u --user -U --proxy-user -w --write-out -x --proxy -X --request -y --speed-time -Y --speed-limit
    -z --time-cond --cacert --capath --ciphers --connect-timeout --connect-to --interface --key --limit-rate
    --max-redirs --retry --retry-delay --retry-max-time --resolve --unix-socket --abstract-unix-socket --url
    --url-query --socks5 --socks5-hostname --noproxy --oauth2-bearer --aws-sigv4 --cert-type --key-type --pass
    --proto --proto-default --stderr --trace --trace-ascii --variable --dns-servers --doh-url --local-port
    --keepalive-time --expect100-timeout --max-filesize --netrc-file
    """
) - {"-h"}
_CURL_BODY = words_of(
    """
        -d --data --data-raw --data-binary --data-ascii --data-urlencode --json -F --form --form-string -T
        --upload-file
        """
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
        return _looks(call, more, urls)
    if found.has("--unix-socket", "--abstract-unix-socket"):
        return sends(call, (), method, more)
    return sends(call, tuple(map(host_of, urls)), method, more)


_WGET = words_of(
    """
    -O --output-document -o --output-file -a --append-output -P --directory-prefix -i --input-file -B --base -t
    --tries -T --timeout -w --wait -Q --quota -U --user-agent -D --domains -e --execute --user --password --header
    --post-data --post-file --method --body-data --body-file -l --level -A --accept -R --reject -I -X
    --exclude-directories
    """
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
    return more if method in _SAFE else sends(call, tuple(map(host_of, found.operands)), method, more)


_HTTPIE = words_of(
    """
    -a --auth -A --auth-type -o --output -p --print -s --style --session --session-read-only --verify --cert
    --cert-key --timeout --max-redirects --proxy --pretty --raw --boundary --default-scheme
    """
)
_ITEMS = (":=", "=@", "==", "=", "@", ":")


def httpie(call: Call) -> Effect:
    """Send `[METHOD] URL [ITEM…]`: items with data make it a POST (http(1), xh(1))."""
    found = split(call.words, _HTTPIE)
    words = found.operands
    if words[:1] == ("cli",):
        return Effect(fx.CHANGES | fx.NETWORK)
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
        else sends(call, (host_of("localhost" + url if url.startswith(":") else url),), method, more)
    )


def _is_data(item: str) -> bool:
    places = [(item.find(mark), rank, mark) for rank, mark in enumerate(_ITEMS) if mark in item]
    return bool(places) and min(places)[2] not in {"==", ":"}


def grpcurl(call: Call) -> Effect:
    """Call a method of a server; listing and describing are quick looks (grpcurl)."""
    valued = words_of("-d -H -rpc-header -import-path -proto -protoset -cacert -cert -key -max-time -authority")
    found = split(call.words, valued, long_dash=True)
    machine = host_of(found.operands[0]) if found.operands else ""
    if not machine or {"list", "describe"} & {*found.operands}:
        return _GET
    return sends(call, (machine,), "a call", _GET)


def fetch(call: Call) -> Effect:
    """Fetch files in several pieces (aria2c(1), axel(1))."""
    return _LOOK if {"--version", "--help", "-h", "-v"} & {*call.words} else Effect(fx.CHANGES | fx.NETWORK)


PROGRAMS = {
    "curl": curl,
    "wget": wget,
    **dict.fromkeys(("http", "https", "xh", "xhs", "httpie"), httpie),
    "grpcurl": grpcurl,
    **dict.fromkeys(("aria2c", "axel", "yt-dlp", "youtube-dl"), fetch),
}
