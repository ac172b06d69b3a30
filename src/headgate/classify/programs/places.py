"""Clusters and container hosts by their contexts: one name for each, and all that tell its environment."""

import hashlib
from functools import lru_cache

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, WITHIN, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.kube_config import NOTHING, Kubeconfig, merged
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options
from headgate.classify.programs.ssh import with_starts
from headgate.model.facts import Script

KUBERNETES = "kubernetes"
_TELLS_NOTHING = frozenset({"", "config", "kubeconfig"})


class Place(msgspec.Struct, frozen=True):
    """A *machine* (empty: not named, or this one), its other names, the files that told them, and what starts here."""

    machine: str = ""
    known_as: tuple[tuple[str, str], ...] = ()
    scripts: tuple[Script, ...] = ()
    starts: tuple[Effect, ...] = ()


NOWHERE = Place()


def placed(effect: Effect, place: Place) -> Effect:
    """Return *effect*, which happens at *place*; work on this machine has nothing of it."""
    if place.starts:
        effect = with_starts(effect, place.starts)
    if not (place.known_as or place.scripts) or not (effect.does & fx.REMOTE or effect.machines):
        return effect
    known_as, scripts = (*effect.known_as, *place.known_as), (*effect.scripts, *place.scripts)
    return change(effect, known_as=known_as, scripts=scripts)


@lru_cache(maxsize=16)
def script_of(path: str, text: str) -> Script:
    """Return *path* with the hash of the *text* that was read there."""
    return Script(path, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


class Naming(msgspec.Struct, frozen=True):
    """The options by which a tool is told its cluster: a context (or a cluster's own name), or a server."""

    contexts: tuple[str, ...] = ("--context", "--cluster")
    servers: tuple[str, ...] = ()


KUBECTL = Naming(servers=("-s", "--server"))
HELM = Naming(("--kube-context",), ("--kube-apiserver",))
PLAIN = Naming()


def cluster_of(call: Call, *found: Options, naming: Naming = PLAIN) -> Place:
    """Return the cluster that the options, the text's own variables and choices, or the kubeconfig name.

    A context that means the same server as an earlier one of the user's kubeconfig has that one's name.
    """
    server, given = _first(found, naming.servers), _first(found, naming.contexts)
    file = _first(found, ("--kubeconfig",)) or call.variable("KUBECONFIG")
    usual, usual_scripts = _usual(call)
    own, scripts = _files(call, tuple(file.split(":"))) if file else (usual, usual_scripts)
    context = given or ("" if file else call.choice(KUBERNETES)) or own.current
    if HIDDEN in (server or context or file):
        return Place(SOME_MACHINE, _others(SOME_MACHINE, (WITHIN + _first(found, _NAMESPACES),)))
    if server:
        address, named, context = server, machine_of(server), ""
    else:
        address = own.server(context) or own.servers.get(context, "")
        named = given or _by_file(file) or context
        named = machine_of(named) if "://" in named else named
    machine = usual.first(address) or named
    cluster, usual_namespace = own.contexts.get(context, ("", ""))
    namespace = _first(found, _NAMESPACES) or usual_namespace
    within = (namespace, f"{context or machine}/{namespace}") if namespace and HIDDEN not in namespace else ()
    others = (named, context, cluster, machine_of(address) if address else "", *(WITHIN + name for name in within))
    told = scripts if context and (context in own.contexts or context == own.current) else ()
    return Place(machine, _others(machine, others), told if machine == named else (*told, *usual_scripts))


_NAMESPACES = ("-n", "--namespace")


def _others(machine: str, names: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    kept = {name for name in names if HIDDEN not in name} - {"", machine, SOME_MACHINE, WITHIN}
    return tuple((machine or SOME_MACHINE, name) for name in sorted(kept))


def _first(found: tuple[Options, ...], names: tuple[str, ...]) -> str:
    return next((value for options in found for value in [options.value(*names)] if value), "")


def _usual(call: Call) -> tuple[Kubeconfig, tuple[Script, ...]]:
    """Return the user's own kubeconfig; that of another machine is not known."""
    return (
        _files(call, (f"{call.around.home}/.kube/config",)) if call.around.home and not call.machine else (NOTHING, ())
    )


def _files(call: Call, paths: tuple[str, ...]) -> tuple[Kubeconfig, tuple[Script, ...]]:
    if call.machine:
        return NOTHING, ()
    wheres = [where for path in paths for where in [call.absolute(path) if path else ""] if where]
    read = [pair for where in wheres for pair in call.shell.settings(where)]
    if not read:
        return NOTHING, ()
    if any(HIDDEN in text for _path, text in read):
        return Kubeconfig(HIDDEN), ()
    return merged(tuple(text for _path, text in read)), tuple(script_of(path, text) for path, text in read)


def _by_file(path: str) -> str:
    """Return the cluster that a kubeconfig's file name stands for; the usual names say nothing."""
    for file in path.split(":"):
        name = file.rpartition("/")[2].removesuffix(".yaml").removesuffix(".yml").removesuffix(".conf")
        if name not in _TELLS_NOTHING:
            return name
    return ""
