"""The addresses at which the gate's API answers, and whether a text names one of them, however it is written."""

import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from headgate.classify.surroundings import Surroundings

_LOCAL = (
    r"localhost",
    r"[\w-]+\.localhost",
    r"ip6-localhost",
    r"127(?:\.\d+){0,3}",
    r"0(?:\.0){0,3}",
    r"0x7f[0-9a-f.]*",
    r"0177[.\d]*",
    r"21307064\d\d",
    r"\[?(?:[0:]*:)?(?:ffff:)?(?:127\.\d+\.\d+\.\d+|7f00:0*1)\]?",
    r"\[?[0:]*::?[01]?\]?",
    r"\0[^\s/:'\"]*",
)
"""Ways to write this machine (inet_aton(3), RFC 4291, RFC 6761), and a name of which nobody knows what it is."""

_BEFORE = r"(?<![\w.\[-])"
_BETWEEN = r"(?::|/|\s+|['\"]?\s*,\s*['\"]?|['\"]?\s*(?:=>|=|:)\s*)(?:port['\"]?\s*(?:=>|=|:)?\s*)?"
_WILD = frozenset({"", "0.0.0.0", "::", "localhost"})  # noqa: S104 compared
_DEFAULT = {"http": 80, "https": 443}


def names_api(text: str, around: Surroundings) -> str:
    """Return the address of the gate's API that *text* names, or an empty string."""
    for address in around.api:
        if _pattern(address, around.hostnames).search(text):
            return address
    return ""


@lru_cache(maxsize=64)
def _pattern(address: str, hostnames: tuple[str, ...]) -> re.Pattern[str]:
    """Return what a text holds that names *address*, a URL: on this machine by any of its names."""
    url = urlsplit(address if "//" in address else f"//{address}")
    host, port = (url.hostname or "").lower(), _port(url)
    here = host in _WILD or host.startswith("127.") or host == "::1" or host in hostnames
    names = [re.escape(host)] if host else []
    if not here:
        return re.compile(_far(names[0], port, url), re.IGNORECASE)
    names += [*_LOCAL, *map(re.escape, hostnames)]
    near = rf"{_BEFORE}(?:{'|'.join(names)}){_BETWEEN}{port}(?!\d)"
    bare = rf"(?:^|[\s='\"@])(?:https?://)?:{port}(?!\d)"
    turned = rf":{port}:\[?(?:{'|'.join(names)})\]?(?![\w.])"  # curl --resolve NAME:PORT:ADDRESS
    usual = rf"|//(?:{'|'.join(names)})(?=[/\s'\"]|$)" if port == _DEFAULT.get(url.scheme) else ""
    return re.compile(f"{near}|{bare}|{turned}{usual}", re.IGNORECASE)


def _far(host: str, port: int, url: SplitResult) -> str:
    """Return the pattern of an address under a name of the network: its port may be left out where it is the usual."""
    path = re.escape(url.path.rstrip("/"))
    if port == _DEFAULT.get(url.scheme):
        return rf"(?<![\w.-]){host}(?!\.?[\w-])(?!:(?!{port}(?!\d))\d)(?::{port})?{path}"
    return rf"(?<![\w.-]){host}{_BETWEEN}{port}(?!\d){path}"


def ports(around: Surroundings) -> frozenset[str]:
    """Return the ports of this machine at which the gate's API answers."""
    return frozenset(str(_port(urlsplit(address))) for address in around.api)


def _port(url: SplitResult) -> int:
    try:
        return url.port or _DEFAULT.get(url.scheme, 0)
    except ValueError:
        return 0
