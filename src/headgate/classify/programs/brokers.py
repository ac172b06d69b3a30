"""Message brokers and the key-value stores of clusters (etcdctl, kafka, rabbitmqctl)."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import follows, reached, server
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
    reads = words[:1] in {("get",), ("version",), ("check",)} or {"list", "status", "health", "hashkv"} & {*words[:2]}
    prefix = words[:1] == ("del",) and found.has("--prefix", "--from-key")
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if prefix else 0)
    return change(
        reached(call, next(filter(None, machines), ""), does, "`etcdctl`"), machines=tuple(filter(None, machines))
    )


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
    machine = server(call, found, "--bootstrap-server", "--broker-list", "--zookeeper", "-b").partition(",")[0]
    kcat = call.name in {"kcat", "kafkacat"}
    consumes = "consumer.sh" in call.name or call.name.endswith("console-consumer") or (kcat and found.has("-C", "-G"))
    bounded = found.has("--max-messages", "--timeout-ms", "-c", "-e")
    if consumes and not bounded:
        return follows(call, machine)
    reads = consumes or found.has("--list", "--describe", "--version", "--help", "-L", "-Q")
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if found.has("--delete") else 0)
    return reached(call, machine, does, f"`{call.name}`")


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


_KAFKA_NAMES = words_of(
    """
    console-consumer console-producer topics consumer-groups configs acls reassign-partitions
    """
)


PROGRAMS = {
    "etcdctl": etcd,
    **{f"kafka-{name}{end}": kafka for name in _KAFKA_NAMES for end in ("", ".sh")},
    **dict.fromkeys(("kcat", "kafkacat"), kafka),
    "rabbitmqctl": rabbit,
}
