"""Where containers are: the hosts of docker and podman by options, variables and contexts (docker-context(1))."""

import hashlib
import posixpath
from functools import lru_cache

import msgspec

from headgate.classify.effect import HIDDEN, SOME_MACHINE
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options
from headgate.classify.programs.places import NOWHERE, Place, script_of
from headgate.classify.programs.ssh_targets import reach

DOCKER = "docker"
_LOCAL_CONTEXTS = frozenset(
    {"", "default", "desktop-linux", "desktop-windows", "orbstack", "colima", "rancher-desktop"}
)
_LOCAL_HOSTS = ("unix:", "npipe:", "fd:", "/")
_NO_OPTIONS = Options({}, ())


class _Endpoint(msgspec.Struct, frozen=True):
    host: str = msgspec.field(default="", name="Host")


class _Meta(msgspec.Struct, frozen=True):
    endpoints: dict[str, _Endpoint] = msgspec.field(default_factory=dict, name="Endpoints")


class _Config(msgspec.Struct, frozen=True, rename="camel"):
    current_context: str = ""


class _Connection(msgspec.Struct, frozen=True):
    uri: str = msgspec.field(default="", name="URI")


class _Connections(msgspec.Struct, frozen=True, rename="pascal"):
    default: str = ""
    connections: dict[str, _Connection] = {}


class _Podman(msgspec.Struct, frozen=True):
    connection: _Connections = msgspec.field(default=_Connections(), name="Connection")


def daemon(call: Call, outer: Options) -> Place:
    """Return the host whose containers are meant, by options, by the text's variables and choices, or by settings."""
    host = outer.value("-H", "--host", "--url")
    context = outer.value("-c", "--context", "--connection")
    if not (host or context) and call.environment:
        host = call.variable("DOCKER_HOST") or call.variable("CONTAINER_HOST")
        context = call.variable("DOCKER_CONTEXT")
    if host:
        return _host(call, host)
    if HIDDEN in context:
        return Place(SOME_MACHINE)
    if call.name == "podman":
        return _connection(call, context, far=outer.has("-r", "--remote"))
    return _context(call, context, outer.value("--config") or call.variable("DOCKER_CONFIG"))


def _host(call: Call, host: str, context: str = "") -> Place:
    """Return the place at the address *host* (`ssh://`, `tcp://`, a socket), which *context* names."""
    if host.startswith(_LOCAL_HOSTS):
        return NOWHERE
    if not host.startswith("ssh://"):
        machine = machine_of(host)
        return Place(machine, _also(machine, context))
    found = reach(call, host, _NO_OPTIONS)
    return Place(found.machine, (*found.known_as, *_also(found.machine, context)), found.scripts, found.starts)


def _also(machine: str, context: str) -> tuple[tuple[str, str], ...]:
    return ((machine, context),) if machine and context not in {"", machine} else ()


def _context(call: Call, context: str, folder: str) -> Place:
    """Return the place of docker's *context* (empty: the current one), as the settings in *folder* have it."""
    base = call.absolute(folder) if folder and HIDDEN not in folder else f"{call.around.home}/.docker"
    chosen = context or call.choice(DOCKER)
    settings = () if call.machine or HIDDEN in folder or not base else call.shell.settings(f"{base}/config.json")
    if chosen:
        settings = ()
    elif settings:
        chosen = HIDDEN if HIDDEN in settings[0][1] else _current(settings[0][1])
    if HIDDEN in chosen:
        return Place(SOME_MACHINE)
    if chosen in {"", "default"}:
        return NOWHERE
    digest = hashlib.sha256(chosen.encode("utf-8", "surrogatepass")).hexdigest()
    meta = () if call.machine else call.shell.settings(posixpath.join(base, "contexts/meta", digest, "meta.json"))
    host = _endpoint(meta[0][1]) if meta else ""
    place = _host(call, host, chosen) if host else NOWHERE if chosen in _LOCAL_CONTEXTS else Place(chosen)
    return _told(place, (*settings, *meta))


def _told(place: Place, files: tuple[tuple[str, str], ...]) -> Place:
    """Return *place*, which *files* told as well."""
    scripts = (*place.scripts, *(script_of(path, text) for path, text in files))
    return Place(place.machine, place.known_as, scripts, place.starts)


@lru_cache(maxsize=64)
def _current(text: str) -> str:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=_Config).current_context
    except (msgspec.DecodeError, RecursionError):
        return ""


@lru_cache(maxsize=64)
def _endpoint(text: str) -> str:
    """Return the address in a context's description; `HIDDEN` where the text is not known."""
    if HIDDEN in text:
        return HIDDEN
    try:
        return (
            msgspec.json.decode(text.encode("utf-8", "replace"), type=_Meta).endpoints.get("docker", _Endpoint()).host
        )
    except (msgspec.DecodeError, RecursionError):
        return ""


def _connection(call: Call, name: str, *, far: bool) -> Place:
    """Return the place of podman's connection *name*, or of the default one (podman-system-connection(1))."""
    if not name and not far:
        return NOWHERE
    path = f"{call.around.home}/.config/containers/podman-connections.json"
    settings = () if call.machine else call.shell.settings(path)
    known = _connections(settings[0][1]) if settings else _Connections()
    chosen = name or known.default
    uri = known.connections.get(chosen, _Connection()).uri
    if not uri:
        return Place(chosen)
    return _told(_host(call, uri, chosen), settings)


@lru_cache(maxsize=16)
def _connections(text: str) -> _Connections:
    try:
        return msgspec.json.decode(text.encode("utf-8", "replace"), type=_Podman).connection
    except (msgspec.DecodeError, RecursionError):
        return _Connections()
