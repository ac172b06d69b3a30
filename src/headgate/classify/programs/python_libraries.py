"""What Python's libraries do to files and to other machines, as the program of the same effect would."""

import ast
import re

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, SOME_MACHINE, Effect
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.options import words_of
from headgate.classify.programs.python_syntax import Tree
from headgate.model.facts import Workload

_REMOVES = {
    "shutil.rmtree": "-rf",
    "os.remove": "-f",
    "os.unlink": "-f",
    "os.removedirs": "-rf",
    "send2trash.send2trash": "-f",
}
_PATH = re.compile(r"(?:pathlib\.)?(?:Path|PosixPath)\(\)")
_PATH_REMOVES = words_of("unlink rmdir")
_PATH_WRITES = words_of("write_text write_bytes touch")
_COPIES = words_of("shutil.copy shutil.copy2 shutil.copyfile shutil.move os.rename os.replace os.symlink os.link")
_HTTP = re.compile(
    r"(?:requests|httpx|aiohttp)\.(?:(?:Session|Client|AsyncClient|ClientSession|session)\(\)\.)?"
    r"(get|post|put|patch|delete|head|request)\Z"
)
_FETCHES = words_of("urllib.request.urlopen urllib2.urlopen urllib.request.urlretrieve")
_CLOUD = re.compile(
    r"(?:boto3|botocore|kubernetes|google\.cloud|azure|openstack|digitalocean|hvac|consul|nomad)\b.*\(\)\."
)
_CHANGES = re.compile(
    r"(?:delete|terminate|stop|start|reboot|create|update|put|modify|run|send|invoke|attach|detach|patch|replace|scale"
    r"|apply|remove|revoke|authorize|restore|reset|upload|copy|set|add|register|deregister|publish|execute|restart"
    r"|begin|rollback|drain|evict|connect_post|connect_get_namespaced_pod_exec)(?:_|\Z)"
)


def library(tree: "Scan", node: ast.Call, path: str) -> Effect:
    """Return the effect of calling *path*; empty where no library of these is meant."""
    if path in _REMOVES and node.args:
        return _removed(tree.call, _REMOVES[path], tree.text(node.args[0]))
    if path in _COPIES and len(node.args) > 1:
        target = tree.text(node.args[1])
        return tree.call.start(("cp", HIDDEN, target)) if known(target) else EMPTY
    if path in {"open", "io.open", "os.truncate"} and node.args:
        return _opened(tree, node, path)
    if _PATH.match(path) and isinstance(node.func, ast.Attribute):
        return _path_method(tree, node.func, node)
    return _network(tree, node, path)


class Scan(Tree):
    """A tree that knows the call whose code it is."""

    call: Call


def _removed(call: Call, option: str, target: str) -> Effect:
    return EMPTY if target == HIDDEN else call.start(("rm", option, "--", target))


def _opened(tree: Scan, node: ast.Call, path: str) -> Effect:
    """Return the effect of opening a file to write it."""
    mode = tree.text(node.args[1]) if len(node.args) > 1 else tree.keyword(node, "mode")
    writes = path == "os.truncate" or (mode != HIDDEN and not {"w", "a", "x", "+"}.isdisjoint(mode))
    target = tree.text(node.args[0])
    return _written(tree.call, target, empties=path == "os.truncate" or "w" in mode) if writes else EMPTY


def _written(call: Call, target: str, *, empties: bool) -> Effect:
    if not known(target):
        return EMPTY
    if empties and target.startswith("/var/log/"):
        return call.start(("truncate", "-s", "0", target))
    return msgspec.structs.replace(call, stdin=None, fed=True).start(("tee", target))


def _path_method(tree: Scan, func: ast.Attribute, node: ast.Call) -> Effect:
    """Return the effect of a method of a path."""
    target = tree.text(func.value)
    if func.attr in _PATH_REMOVES:
        return _removed(tree.call, "-f", target)
    if func.attr in _PATH_WRITES:
        return _written(tree.call, target, empties=func.attr != "touch")
    if func.attr == "open":
        mode = tree.text(node.args[0]) if node.args else tree.keyword(node, "mode")
        writes = mode != HIDDEN and not {"w", "a", "x", "+"}.isdisjoint(mode)
        return _written(tree.call, target, empties="w" in mode) if writes else EMPTY
    return EMPTY


def _network(tree: Scan, node: ast.Call, path: str) -> Effect:
    """Return the effect of a request, or of a client of a cloud."""
    match = _HTTP.match(path)
    if match and node.args:
        method, at = match[1].upper(), 0
        if method == "REQUEST":
            method, at = tree.text(node.args[0]).upper(), 1
        url = tree.text(node.args[at]) if len(node.args) > at else tree.keyword(node, "url")
        return _asked(tree.call, method, url)
    if path in _FETCHES and node.args:
        return _fetched(tree, node)
    name = path.rpartition(".")[2]
    if _CLOUD.match(path) and _CHANGES.match(name):
        shown = tree.call.shows(Workload.CROSS_MACHINE, f"its code calls `{name}` of a cloud or a cluster")
        return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (SOME_MACHINE,))
    return EMPTY


def _fetched(tree: Scan, node: ast.Call) -> Effect:
    """Return the effect of `urlopen`, of an address or of a request; with data it posts."""
    request = node.args[0]
    if isinstance(request, ast.Name) and tree.values.get(request.id) is not None:
        request = tree.values[request.id] or request
    inner = request if isinstance(request, ast.Call) and request.args else None
    sends = len(node.args) > 1 or any(
        item.arg == "data" for item in (*node.keywords, *(inner.keywords if inner else ()))
    )
    method = tree.keyword(inner, "method") if inner else HIDDEN
    url = tree.text(inner.args[0]) if inner else tree.text(request)
    return _asked(tree.call, method if known(method) else "POST" if sends else "GET", url)


def _asked(call: Call, method: str, url: str) -> Effect:
    return call.start(("curl", "-s", "-X", method, url)) if known(url) and known(method) else EMPTY
