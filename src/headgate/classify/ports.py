"""What is behind a port, by its number (IANA's registry, and the usual ones of each product)."""

import msgspec

from headgate.model.facts import Workload

PLAIN = frozenset({53, 80, 123, 443, 853})
"""Names, time, and plain HTTP(S)."""


class Service(msgspec.Struct, frozen=True):
    """What answers at a port, and the class of work that a connection to it on another machine is."""

    name: str
    workload: Workload


def _table(rows: str, workload: Workload) -> dict[int, Service]:
    """Return the rows of a text: in each line the name of a service, a colon, and its ports."""
    lines = (line.partition(":") for line in rows.strip().splitlines())
    return {int(port): Service(name.strip(), workload) for name, _, ports in lines for port in ports.split()}


SESSIONS = _table(
    """
    ssh: 22
    telnet: 23
    a remote shell: 512 513 514
    a container engine: 2375 2376 2377
    remote desktop: 3389
    VNC: 5900 5901
    WinRM: 5985 5986
    """,
    Workload.REMOTE_SESSION,
)
_CLUSTERS = _table(
    """
    a Kubernetes API: 6443 8443 16443
    a kubelet: 10250
    etcd: 2379 2380
    Nomad: 4646
    Consul: 8500 8501
    Vault: 8200
    ZooKeeper: 2181
    """,
    Workload.CROSS_MACHINE,
)
_DATABASES = _table(
    """
    PostgreSQL: 5432 5433 6432
    MySQL: 3306 33060
    SQL Server: 1433
    Oracle: 1521 2483 2484
    MongoDB: 27017 27018 27019
    Redis: 6379 6380 26379
    Cassandra: 9042 9160
    Elasticsearch: 9200 9300
    CouchDB: 5984
    InfluxDB: 8086
    Neo4j: 7474 7687
    ClickHouse: 8123 9440
    CockroachDB: 26257
    RethinkDB: 28015
    ArangoDB: 8529
    Db2: 50000
    memcached: 11211
    a message broker: 1883 4222 5671 5672 8883 9092 61616
    """,
    Workload.CROSS_MACHINE,
)
_TRANSFERS = _table(
    """
    FTP: 20 21 990
    a file server: 139 445 2049
    rsync: 873
    """,
    Workload.TRANSFER,
)
SERVICES = SESSIONS | _CLUSTERS | _DATABASES | _TRANSFERS
"""The services whose port is reason enough, by port."""

KUBERNETES = _CLUSTERS[6443]
SSH = SESSIONS[22]
