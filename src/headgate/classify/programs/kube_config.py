"""What a kubeconfig says (kubernetes.io: organize-cluster-access-kubeconfig), read line by line.

Only the shape that kubectl itself writes is read, or JSON; of anything else nothing is known. It raises nothing.
"""

from functools import lru_cache

import msgspec


class _Inner(msgspec.Struct, frozen=True):
    cluster: str = ""
    namespace: str = ""
    server: str = ""


class _Item(msgspec.Struct, frozen=True):
    name: str = ""
    context: _Inner = _Inner()
    cluster: _Inner = _Inner()


class _File(msgspec.Struct, frozen=True, rename={"current": "current-context"}):
    current: str = ""
    contexts: tuple[_Item, ...] = ()
    clusters: tuple[_Item, ...] = ()


class Kubeconfig(msgspec.Struct, frozen=True):
    """The *current* context, the *contexts* (name to cluster and namespace), and the *servers* of clusters."""

    current: str = ""
    contexts: dict[str, tuple[str, str]] = {}
    servers: dict[str, str] = {}

    def server(self, context: str) -> str:
        """Return the address of the cluster that *context* means; empty where it is not known."""
        return self.servers.get(self.contexts.get(context, ("", ""))[0], "")

    def first(self, server: str) -> str:
        """Return the first context that means the cluster at *server*."""
        return next((name for name in self.contexts if server and self.server(name) == server), "")


NOTHING = Kubeconfig()


def merged(texts: tuple[str, ...]) -> Kubeconfig:
    """Return what several files say together: the first that names a thing counts."""
    found = [kubeconfig_of(text) for text in texts]
    if len(found) <= 1:
        return found[0] if found else NOTHING
    contexts: dict[str, tuple[str, str]] = {}
    servers: dict[str, str] = {}
    for item in reversed(found):
        contexts, servers = contexts | item.contexts, servers | item.servers
    return Kubeconfig(next((item.current for item in found if item.current), ""), contexts, servers)


@lru_cache(maxsize=16)
def kubeconfig_of(text: str) -> Kubeconfig:
    """Return what the *text* of a kubeconfig says."""
    file = _from_json(text) if text.lstrip().startswith("{") else _from_lines(text)
    return Kubeconfig(
        file.current,
        {item.name: (item.context.cluster, item.context.namespace) for item in file.contexts if item.name},
        {item.name: item.cluster.server for item in file.clusters if item.name},
    )


def _from_json(text: str) -> _File:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=_File)
    except (msgspec.DecodeError, RecursionError):
        return _File()


def _from_lines(text: str) -> _File:
    """Return what block-style lines say; a line's place tells whose value it is."""
    items: dict[str, list[dict[str, str]]] = {"contexts": [], "clusters": []}
    current, section = "", ""
    edge = inner = -1
    for line in text.split("\n"):
        indent, dash, key, value = _pair(line)
        if not key:
            continue
        if indent == 0 and not dash:
            section, edge, inner = key, -1, -1
            current = value if key == "current-context" else current
        elif section in items:
            edge = indent if edge < 0 and dash else edge
            if dash and indent == edge:
                items[section].append({})
                inner = -1
            place = indent + 2 * dash
            inner = place if inner < 0 and place > edge + 2 else inner
            if items[section] and place in {edge + 2, inner}:
                items[section][-1].setdefault(f"{place == inner} {key}", value)
    return _File(current, *(tuple(map(_item, items[name])) for name in ("contexts", "clusters")))


def _item(found: dict[str, str]) -> _Item:
    inner = _Inner(found.get("True cluster", ""), found.get("True namespace", ""), found.get("True server", ""))
    return _Item(found.get("False name", ""), inner, inner)


def _pair(line: str) -> tuple[int, bool, str, str]:
    """Return the indent, whether a dash stands before it, the key and the value of one line; no key for no pair."""
    bare = line.lstrip(" ")
    indent = len(line) - len(bare)
    dash = bare.startswith("- ")
    key, colon, value = (bare[2:] if dash else bare).partition(":")
    if not colon or key.startswith("#") or (value and value[0] not in " \r"):
        return 0, False, "", ""
    value = value.partition(" #")[0].strip()
    return indent, dash, key.strip().strip("\"'"), value.strip("\"'") if value not in {"{}", "[]"} else ""
