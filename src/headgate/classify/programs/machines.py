"""Names of machines, as programs spell them."""

from headgate.classify.effect import HIDDEN, SOME_MACHINE

THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1", "[::1]", "0.0.0.0", "ip6-localhost"})  # noqa: S104 compared, not bound


def machine_of(target: str) -> str:
    """Return the machine in `[scheme://][user@]host[:port][/path]`: lower case, no dot at its end.

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
    host = host.lower().rstrip(".")
    return "" if host in THIS_MACHINE else host


def remote_path(word: str) -> str:
    """Return the machine of a `[user@]host:path` operand (scp, rsync); empty for a local path."""
    if "://" in word:
        return machine_of(word)
    head, colon, _path = word.partition(":")
    if not colon or "/" in head:
        return ""
    return machine_of(head)
