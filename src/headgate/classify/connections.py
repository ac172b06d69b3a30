"""What a connection would be: by its port, and by what ssh's configuration, kubeconfig and inventory say of it.

Nothing is looked up in a network: a name is known where a file of this machine gives it to the address.
"""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import msgspec

from headgate.classify import effect as fx
from headgate.classify.addresses import names_api
from headgate.classify.effect import SOME_MACHINE, Effect, evidence
from headgate.classify.inventory import LOCAL, UNKNOWN, Inventory
from headgate.classify.ports import KUBERNETES, PLAIN, SERVICES, SSH, Service
from headgate.classify.programs.kube_config import Kubeconfig, merged
from headgate.classify.programs.machines import host_name, is_here
from headgate.classify.programs.ssh_answers import Book, ask, book
from headgate.classify.programs.ssh_config import Config, load
from headgate.classify.programs.ssh_targets import default_roots
from headgate.classify.surroundings import Surroundings
from headgate.model.action import ToolAction
from headgate.model.connection import CONNECT, Connection
from headgate.model.facts import Facts, Workload

Files = Callable[[str], tuple[tuple[str, str], ...]]
HOSTS = "/etc/hosts"
TELLING = frozenset(
    """
    ansible ansible-playbook autossh aws az clickhouse-client consul cqlsh createdb createuser curl dbclient docker
    doctl dropdb dropuser etcdctl ftp gcloud helm helmfile kcat kubectl lftp mariadb mariadb-dump mongo mongodump
    mongoexport mongoimport mongorestore mongosh mosh mycli mysql mysqladmin mysqldump mysqlimport nc ncat nerdctl
    netcat nmap nomad oc pg_dump pg_dumpall pg_isready pg_restore pgbench pgcli plink podman pscp psql pulumi rclone
    redis-cli reindexdb rsync scp sftp smbclient socat sqlcmd sqlplus ssh ssh-copy-id ssh-keyscan sshfs stern telnet
    terraform terragrunt tofu vacuumdb valkey-cli vault wget
    """.split()
)
"""Described programs whose words say where they connect: their connections were decided when they started."""

_MULTIPLEXED = ("/.ssh/", "ssh_mux", "ssh-mux", "controlmaster")


class Known(msgspec.Struct, frozen=True):
    """What the files of this machine say of addresses."""

    names: dict[str, tuple[str, ...]]
    kube: Kubeconfig
    config: Config
    book: Book

    def called(self, address: str) -> tuple[str, ...]:
        """Return *address* with the names that it has in the file of hosts."""
        return (address, *self.names.get(address, ()))

    def cluster(self, connection: Connection) -> tuple[str, str]:
        """Return the context, and the host, of the cluster whose API is at the address; empty where none is."""
        hosts = self.called(connection.address)
        for server in self.kube.servers.values():
            url = urlsplit(server)
            host = host_name(url.hostname or "")
            near = connection.here and is_here(host)
            if (host in hosts or near) and _port(url.netloc, url.scheme) == connection.port:
                return self.kube.first(server) or host, host
        return "", ""

    def shell(self, connection: Connection) -> str:
        """Return the host to which ssh's configuration gives the address and the port; empty where to none."""
        for alias in self.book.places:
            answer = ask(self.config, alias)
            host = host_name(answer.hostname)
            same = is_here(host) if connection.here else host in self.called(connection.address)
            if same and (answer.port or "22") == str(connection.port):
                return alias
        return ""


def _port(place: str, scheme: str) -> int:
    tail = place.rpartition("@")[2].rpartition("]")[2].rpartition(":")[2]
    return int(tail) if tail.isdigit() and len(tail) < 6 and ":" in place else {"http": 80}.get(scheme, 443)  # noqa: PLR2004 a port has five digits


def known(files: Files, home: str) -> Known:
    """Return what the usual *files* say; *home* is the user's directory."""
    config = load(files, default_roots(home), home)
    kube = merged(tuple(text for _, text in files(f"{home}/.kube/config"))) if home else merged(())
    return Known(dict(_hosts("\n".join(text for _, text in files(HOSTS)))), kube, config, book(config))


def _hosts(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        address, *names = line.partition("#")[0].split() or [""]
        found.setdefault(host_name(address), []).extend(map(host_name, names))
    return ((address, tuple(names)) for address, names in found.items() if address)


def action_of(connection: Connection, cwd: str) -> ToolAction:
    """Return *connection* as an action that a policy can decide."""
    args: dict[str, object] = {
        "protocol": connection.protocol,
        "address": connection.address,
        "port": connection.port,
        "program": connection.program,
    }
    return ToolAction(CONNECT, args | ({"here": True} if connection.here else {}), cwd)


def connection_in(action: ToolAction) -> Connection:
    """Return the connection that an action of `action_of` stands for; what it does not say is another machine's."""
    args = action.args
    port = args.get("port")
    return Connection(
        str(args.get("protocol", "tcp")),
        str(args.get("address", "")),
        port if isinstance(port, int) else 0,
        str(args.get("program", "")),
        here=args.get("here") is True,
    )


def connection_effect(action: ToolAction, around: Surroundings, inventory: Inventory, files: Files) -> Effect:
    """Return the effect of the connection that *action* stands for; *files* reads settings."""
    connection = connection_in(action)
    if connection.protocol == "unix":
        return _door(connection)
    if connection.here and names_api(f"127.0.0.1:{connection.port}", around):
        return Effect(fx.CHANGES, (evidence(Workload.CONTROL_PLANE, "connects to the gate's own API", None),), steps=1)
    found = known(files, around.home)
    return _cluster(connection, found) or _session(connection, found) or _service(connection, found, inventory)


def _door(connection: Connection) -> Effect:
    """Return the effect of a socket in the file system: a shared connection of ssh, or a service of this machine."""
    if not any(mark in connection.address.lower() for mark in _MULTIPLEXED):
        return Effect(fx.UNSURE, steps=1)
    why = "opens a session on a connection that ssh shares"
    flags = fx.UNSURE | fx.REMOTE | fx.NETWORK
    return Effect(flags, (evidence(Workload.REMOTE_SESSION, why, None),), (SOME_MACHINE,), steps=1)


def _cluster(connection: Connection, found: Known) -> Effect | None:
    context, host = found.cluster(connection)
    return _reached(connection, KUBERNETES, context, (connection.address, host)) if context else None


def _session(connection: Connection, found: Known) -> Effect | None:
    alias = found.shell(connection) if connection.protocol == "tcp" else ""
    if not alias:
        return None
    where = f"localhost:{connection.port}" if connection.here else connection.address
    return _reached(connection, SSH, found.book.places.get(alias, alias), (alias, where))


def _service(connection: Connection, found: Known, inventory: Inventory) -> Effect:
    """Return the effect of what the port alone, or the machine alone, tells; on this machine neither does."""
    names = found.called(connection.address)
    tcp = connection.protocol == "tcp"
    if connection.here or connection.port in PLAIN:
        return Effect(fx.NETWORK, steps=1)
    machine = next((found.book.shown[name] for name in names if name in found.book.shown), "")
    listed = next((name for name in names if inventory.environment((name,)) not in {UNKNOWN, LOCAL}), "")
    service = SERVICES.get(connection.port) if tcp else None
    if service is None and not (machine or listed):
        return Effect(fx.NETWORK, steps=1)
    service = service or Service("a machine that is known by its name", Workload.CROSS_MACHINE)
    return _reached(connection, service, machine or listed or names[-1], names)


def _reached(connection: Connection, service: Service, machine: str, names: tuple[str, ...]) -> Effect:
    program = connection.program.rpartition("/")[2] or "a program"
    why = f"`{program}` opens a connection to {machine}, port {connection.port} ({service.name})"
    others = tuple((machine, name) for name in dict.fromkeys(names) if name not in {"", machine})
    flags = fx.UNSURE | fx.REMOTE | fx.NETWORK
    return Effect(flags, (evidence(service.workload, why, None),), (machine,), steps=1, known_as=others)


def connected(facts: Facts, action: ToolAction) -> Facts:
    """Return *facts* with the words that a rule about commands can name: `connect tcp ADDRESS PORT`."""
    found = connection_in(action)
    return msgspec.structs.replace(facts, commands=(f"connect {found.protocol} {found.address} {found.port}",))
