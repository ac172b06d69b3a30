"""Names of machines, as programs spell them: one spelling for each."""

import ipaddress
import re

from headgate.classify.effect import HIDDEN, SOME_MACHINE

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::", "ip6-localhost", "localhost.localdomain"})  # noqa: S104 compared, not bound
_NUMBERS = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+)){0,3}\Z")
_LAST = 3
"""Places of a dotted address before its last number, which fills what the others leave (inet_aton(3))."""


def machine_of(target: str) -> str:
    """Return the machine in `[scheme://][user@]host[:port][/path]`, as `host_name` spells it.

    A host whose name is not known is `SOME_MACHINE`; this machine is an empty string.
    """
    host = target.partition("://")[2] or target
    host = host.partition("/")[0] if "://" in target else host
    host = host.rpartition("@")[2]
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    if not host or HIDDEN in host:
        return SOME_MACHINE
    host = host_name(host)
    return "" if is_here(host) else host


def host_name(host: str) -> str:
    """Return *host* in lower case, without a dot at its end; an address in its usual form."""
    host = host.lower().rstrip(".")
    if host[:1].isdigit() and _NUMBERS.match(host):
        return _ipv4(host)
    return _ipv6(host) if ":" in host else host


def is_here(host: str) -> bool:
    """Whether the name *host* means the machine it is used on."""
    return host in THIS_MACHINE or host.startswith("127.") or host.endswith(".localhost")


def is_address(host: str) -> bool:
    """Whether *host*, as `host_name` spells it, is a number or a place on this machine rather than a name."""
    return ":" in host or (host[:1].isdigit() and bool(_NUMBERS.match(host)))


def _ipv4(host: str) -> str:
    """Return the dotted form of what inet_aton(3) takes for an address (`127.1`, `0x7f000001`, `2130706433`)."""
    numbers = [_number(part) for part in host.split(".")]
    last = numbers.pop()
    room = 256 ** (_LAST + 1 - len(numbers))
    if last >= room or any(number > 255 for number in numbers):  # noqa: PLR2004 a byte
        return host
    whole = last
    for place, number in enumerate(numbers):
        whole += number << 8 * (_LAST - place)
    return str(ipaddress.IPv4Address(whole))


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    octal = len(text) > 1 and text.startswith("0") and not set(text) & {"8", "9"}
    return int(text, 8 if octal else 10)


def _ipv6(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host)
    except ValueError:
        return host
    return str(address.ipv4_mapped or address)


def remote_target(word: str) -> str:
    """Return the target in a `[user@]host:path` operand or a URL (scp(1), rsync(1)); empty for a local path."""
    if "://" in word:
        return word
    start = word.find("[")
    if start >= 0 and "]:" in word and (start == 0 or word[start - 1] == "@") and "/" not in word[:start]:
        return word[: word.index("]:") + 1]
    head, colon, _path = word.partition(":")
    return "" if not colon or "/" in head else head or HIDDEN


def remote_path(word: str) -> str:
    """Return the machine of a `[user@]host:path` operand (scp, rsync); empty for a local path."""
    target = remote_target(word)
    return machine_of(target) if target else ""
