"""Message brokers and the key-value stores of clusters (etcdctl, kafka, rabbitmqctl)."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import also, follows, reached, server
from headgate.classify.programs.databases import types
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload


def etcd(call: Call) -> Effect:
    """Read or write a key-value store of a cluster (etcdctl)."""
    found = split(call.words, words_of("--endpoints --cacert --cert --key --user -w --write-out --command-timeout"))
    machines = [machine_of(word) for word in found.value("--endpoints").split(",") if word]
    words = found.operands
    if words[:1] == ("watch",):
        return follows(call, machines[0] if machines else "")
    if words[:2] == ("snapshot", "save"):
        return _copied(call, next(filter(None, machines), ""))
    reads = words[:1] in {("get",), ("version",), ("check",)} or {"list", "status", "health", "hashkv"} & {*words[:2]}
    prefix = (words[:1] == ("del",) and found.has("--prefix", "--from-key")) or words[:2] == ("member", "remove")
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if prefix else 0)
    return change(
        reached(call, next(filter(None, machines), ""), does, "`etcdctl`"), machines=tuple(filter(None, machines))
    )


def _copied(call: Call, machine: str) -> Effect:
    shown = call.shows(Workload.LONG_RUNNING, "copies a whole store")
    if not machine:
        return Effect(fx.CHANGES, shown)
    shown += call.shows(Workload.TRANSFER, f"copies a whole store from {machine}")
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (machine,))


_KAFKA = words_of(
    """
    --bootstrap-server --broker-list --zookeeper --topic --group --command-config --config --partitions
    --entity-type --entity-name --max-messages --partition --offset --timeout-ms --add-config -b -t -G -o -c -X -p
    -f -K -D -F
    """
)


def kafka(call: Call) -> Effect:
    """Read from, write to or administer a message broker (kafka-*.sh, kcat)."""
    found = split(call.words, _KAFKA)
    brokers = ("--bootstrap-server", "--broker-list", "--zookeeper", "-b")
    listed = found.value(*brokers)
    machine = machine_of(listed.partition(",")[0]) if listed else server(call, found, *brokers)
    kcat = call.name in {"kcat", "kafkacat"}
    consumes = "consumer.sh" in call.name or call.name.endswith("console-consumer") or (kcat and found.has("-C", "-G"))
    bounded = found.has("--max-messages", "--timeout-ms", "-c", "-e")
    if consumes and not bounded:
        return also(follows(call, machine), listed)
    reads = consumes or found.has("--list", "--describe", "--version", "--help", "-L", "-Q", "--dry-run")
    reads = reads or "api-versions" in call.name or "log-dirs" in call.name or "get-offsets" in call.name
    destroys = found.has("--delete") or "delete-records" in call.name
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if destroys else 0)
    return also(reached(call, machine, does, f"`{call.name}`"), listed)


def rabbit(call: Call) -> Effect:
    """Administer a message broker (rabbitmqctl(8))."""
    found = split(call.words, words_of("-n --node -p --vhost -t --timeout -H --host -P --port -u -U"))
    verb = found.operands[0] if found.operands else ""
    machine = machine_of("@" + found.value("-n", "--node").rpartition("@")[2]) if found.has("-n", "--node") else ""
    restarts = verb in {"stop", "stop_app", "start_app", "reset", "force_reset", "shutdown"}
    reads = verb.startswith(
        ("list", "status", "ping", "cluster_status", "report", "environment", "check", "version", "help")
    )
    destroys = verb.startswith(("delete", "purge", "reset", "force_reset"))
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if destroys else 0)
    done = reached(call, machine, does, "`rabbitmqctl`")
    if not restarts:
        return done
    shown = call.shows(Workload.RESTART, "stops or starts the broker")
    return change(done, evidence=(*done.evidence, *shown), touches=fx.touched(machine or call.machine, "rabbitmq"))


def kafka_server(call: Call) -> Effect:
    """Start or stop a broker of this machine (kafka-server-start.sh, kafka-server-stop.sh)."""
    if "stop" in call.name or "-daemon" in call.words:
        shown = call.shows(Workload.RESTART, "starts or stops the broker")
        return Effect(fx.CHANGES, shown, touches=fx.touched(call.machine, "kafka"))
    return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, "serves until it is stopped"))


_BUS_LOOKS = words_of(
    """
    list ls info show report describe get stat stats status ping health view config export ls4 context account
    lists getAcl partitions top bench
    """
) - {"ls4", "bench"}
_BUS_ENDS = words_of("rm del delete deleteall purge remove clear trim-prefix unregister")
_BUS_FOLLOWS = words_of("sub subscribe consume watch events reply monitor tail")
_BUSES: dict[str, tuple[tuple[str, ...], frozenset[str]]] = {
    "nats": (
        ("-s", "--server", "--context"),
        words_of("-s --server --context --user --password --creds --count --timeout"),
    ),
    "rpk": (("--brokers", "-X"), words_of("--brokers -X --profile -n --num -o --offset -f --format -p --partitions")),
    "rabbitmqadmin": (("-H", "--host"), words_of("-H --host -u -p -P --port -V --vhost -f --format")),
    "zkCli.sh": (("-server",), frozenset({"-server"})),
    "pulsar-admin": (("--admin-url",), words_of("--admin-url --auth-plugin --auth-params")),
    "pulsar-client": (("--url",), words_of("--url -s -n -m -t --subscription-name --num-messages")),
}
_BUS_BOUNDS = ("--count", "-n", "--num", "--num-messages")


def bus(call: Call) -> Effect:
    """Look at, feed, follow or empty the streams of a broker (nats, rpk, rabbitmqadmin, zkCli.sh, pulsar-admin)."""
    names, valued = _BUSES[call.name]
    found = split(call.words, valued, long_dash=call.name == "zkCli.sh")
    if found.has("--help", "--version") or found.operands[:1] in {("help",), ("version",)}:
        return Effect(fx.READS)
    address = found.value(*names)
    machine = machine_of(address.partition(",")[0]) if address else ""
    words = {*found.operands[:3]}
    if not words:
        return types(call, machine)
    count = found.value(*_BUS_BOUNDS)
    if words & _BUS_FOLLOWS and count in {"", "0"}:
        return follows(call, machine)
    reads = bool(words & (_BUS_LOOKS | _BUS_FOLLOWS)) and not words & _BUS_ENDS
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if words & _BUS_ENDS else 0)
    return reached(call, machine, does, f"`{call.name}`")


def mosquitto(call: Call) -> Effect:
    """Publish one message, or print those that come (mosquitto_pub(1), mosquitto_sub(1))."""
    found = split(call.words, words_of("-h -t -m -C -W -p -u -P -i -q -f --cafile -L"))
    machine = machine_of(found.value("-h")) if found.has("-h") else ""
    if call.name == "mosquitto_sub" and not found.has("-C", "-W", "-E", "--help"):
        return follows(call, machine)
    return reached(call, machine, fx.READS if call.name == "mosquitto_sub" else fx.CHANGES, f"`{call.name}`")


_KAFKA_NAMES = words_of(
    """
    console-consumer console-producer topics consumer-groups configs acls reassign-partitions delete-records
    leader-election broker-api-versions log-dirs get-offsets cluster transactions features verifiable-producer
    verifiable-consumer mirror-maker
    """
)


PROGRAMS = {
    "etcdctl": etcd,
    **{f"kafka-{name}{end}": kafka for name in _KAFKA_NAMES for end in ("", ".sh")},
    **dict.fromkeys(("kcat", "kafkacat"), kafka),
    "rabbitmqctl": rabbit,
    **{f"{name}-server-{verb}.sh": kafka_server for name in ("kafka", "zookeeper") for verb in ("start", "stop")},
    **dict.fromkeys(_BUSES, bus),
    **dict.fromkeys(("mosquitto_pub", "mosquitto_sub"), mosquitto),
}
