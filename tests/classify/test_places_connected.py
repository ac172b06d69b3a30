"""What a connection would be: by its port, and by what the files of this machine say of its address."""

import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.connections import TELLING, action_of
from headgate.classify.ports import PLAIN, SERVICES
from headgate.classify.programs import PROGRAMS
from headgate.model.connection import CONNECT, Connection
from headgate.model.facts import Facts, Workload

FILES = {
    "/home/u/.ssh/config": """
Host web1
  HostName 10.1.0.1
Host web2
  HostName 10.1.0.2
  Port 2022
Host box
  HostName localhost
  Port 2222
""",
    "/home/u/.kube/config": """
apiVersion: v1
clusters:
- cluster:
    server: https://10.2.0.1
  name: far
- cluster:
    server: https://127.0.0.1:36443
  name: kind-near
- cluster:
    server: https://api.example.com:443
  name: named
contexts:
- context:
    cluster: far
  name: prod-far
- context:
    cluster: kind-near
  name: kind-near
- context:
    cluster: named
  name: staging-named
current-context: prod-far
""",
    "/etc/hosts": "127.0.0.1 localhost\n10.3.0.1 db.prod.example.com db # the database\n10.2.0.9 api.example.com\n",
}
AROUND = Surroundings(home="/home/u", read=FILES.get, api=("http://127.0.0.1:8767",))
INVENTORY = Inventory((("prod", "*.prod.*"), ("staging", "staging-*"), ("dev", "10.9.*"), ("prod", "prod-*")))


def facts(address: str, port: int, protocol: str = "tcp", *, here: bool = False) -> Facts:
    connection = Connection(protocol, address, port, "/usr/bin/python3", here=here)
    return classify(action_of(connection, "/tmp"), AROUND, INVENTORY)


SEEN = {
    ("203.0.113.7", 22): (Workload.REMOTE_SESSION, "203.0.113.7", "unknown"),
    ("2001:db8::7", 22): (Workload.REMOTE_SESSION, "2001:db8::7", "unknown"),
    ("203.0.113.7", 5432): (Workload.CROSS_MACHINE, "203.0.113.7", "unknown"),
    ("203.0.113.7", 6443): (Workload.CROSS_MACHINE, "203.0.113.7", "unknown"),
    ("203.0.113.7", 2376): (Workload.REMOTE_SESSION, "203.0.113.7", "unknown"),
    ("203.0.113.7", 873): (Workload.TRANSFER, "203.0.113.7", "unknown"),
    ("10.1.0.1", 22): (Workload.REMOTE_SESSION, "web1", "unknown"),
    ("10.1.0.1", 9999): (Workload.CROSS_MACHINE, "web1", "unknown"),
    ("10.1.0.2", 2022): (Workload.REMOTE_SESSION, "web2", "unknown"),
    ("10.2.0.1", 443): (Workload.CROSS_MACHINE, "prod-far", "prod"),
    ("10.2.0.9", 443): (Workload.CROSS_MACHINE, "staging-named", "staging"),
    ("10.3.0.1", 5432): (Workload.CROSS_MACHINE, "db.prod.example.com", "prod"),
    ("10.3.0.1", 7000): (Workload.CROSS_MACHINE, "db.prod.example.com", "prod"),
    ("10.9.1.1", 7000): (Workload.CROSS_MACHINE, "10.9.1.1", "dev"),
}


@pytest.mark.parametrize("place", SEEN)
def test_a_port_or_a_known_machine_says_what_a_connection_is(place: tuple[str, int]) -> None:
    found = facts(*place)
    workload, machine, environment = SEEN[place]

    assert ((workload,), (machine,), environment) == (found.workloads, found.machines, found.environment)
    assert f"`python3` opens a connection to {machine}, port {place[1]} (" in found.evidence[0].message
    assert (f"connect tcp {place[0]} {place[1]}",) == found.commands
    assert CONNECT == found.tool


@pytest.mark.parametrize(
    "place", [("203.0.113.7", 443), ("203.0.113.7", 80), ("10.1.0.1", 443), ("10.3.0.1", 53), ("203.0.113.7", 9999)]
)
def test_plain_http_names_and_what_nobody_knows_are_light(place: tuple[str, int]) -> None:
    found = facts(*place)

    assert ((), (), False, True) == (found.workloads, found.machines, found.remote, found.network)


def test_of_this_machine_only_what_leads_elsewhere_is_told() -> None:
    assert {()} == {facts("127.0.0.1", port, here=True).workloads for port in SERVICES}
    assert ("box",) == facts("127.0.0.1", 2222, here=True).machines
    assert ("box",) == facts("::1", 2222, here=True).machines
    assert ("kind-near",) == facts("127.0.0.1", 36443, here=True).machines


def test_the_gates_own_api_is_not_to_be_connected_to() -> None:
    assert (Workload.CONTROL_PLANE,) == facts("127.0.0.1", 8767, here=True).workloads
    assert (Workload.CONTROL_PLANE,) == facts("192.0.2.2", 8767, here=True).workloads


def test_a_shared_connection_of_ssh_is_a_session_and_other_sockets_are_not() -> None:
    assert (Workload.REMOTE_SESSION,) == facts("/home/u/.ssh/cm-web1", 0, "unix", here=True).workloads
    assert () == facts("/var/run/docker.sock", 0, "unix", here=True).workloads


def test_datagrams_are_judged_by_the_machine_alone() -> None:
    assert () == facts("203.0.113.7", 22, "udp").workloads
    assert (Workload.CROSS_MACHINE,) == facts("10.1.0.1", 60001, "udp").workloads


def test_what_is_trusted_to_tell_where_it_connects_is_described() -> None:
    assert set() == TELLING - PROGRAMS.keys()
    assert PLAIN.isdisjoint(SERVICES)
