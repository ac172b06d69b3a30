"""Calls to decide about, the same for a size and a round: half are habits, half name what nobody named before."""

import random
from collections.abc import Callable

from engines.rules import project, projects
from headgate.decide.schema import Situation
from headgate.model.action import Thread
from headgate.model.facts import Facts, History, Workload

Call = tuple[Facts, Situation]

HABITS = 500
"""Actions that come again and again in every round."""

THREADS = (Thread.MAIN,) * 6 + (Thread.BACKGROUND,) + (Thread.SUBAGENT,) * 2 + (Thread.WORKER,) * 2
READS = ("uptime", "df -h", "systemctl status api", "free -m", "journalctl -n 50")
CHECKS = ("pytest -q", "ruff check", "cargo test", "go test", "npm test", "grep -rn TODO", "sed -n 1,80p", "git diff")
ENVIRONMENTS = {"prod": "prod", "stg": "staging", "dev": "dev"}


class Calls:
    """Makes calls for a policy of *count* rules."""

    def __init__(self, count: int) -> None:
        self.projects = projects(count)
        chance = random.Random(count)
        self.habits = [self._facts(chance, f"{chance.randrange(40)}") for _ in range(HABITS)]

    def round(self, number: int, count: int, fresh: float = 0.5) -> list[Call]:
        """Return the calls of one round; a share of *fresh* runs a command that no other call names."""
        chance = random.Random(1_000_003 * (number + 1) + count)
        return [self._call(chance, f"{number}x{place}", fresh) for place in range(count)]

    def _call(self, chance: random.Random, serial: str, fresh: float) -> Call:
        facts = self._facts(chance, serial) if chance.random() < fresh else chance.choice(self.habits)
        return facts, _situation(chance)

    def _facts(self, chance: random.Random, serial: str) -> Facts:
        name = project(chance.randrange(self.projects + 2))
        make: Callable[[random.Random, str, str], Facts] = chance.choices(
            (_local, _probe, _change, _deploy, _kubectl, _psql, _tool), (45, 15, 10, 8, 10, 6, 6)
        )[0]
        return make(chance, name, serial)


def _situation(chance: random.Random) -> Situation:
    thread = chance.choice(THREADS)
    return Situation(
        thread,
        History(probes_recent=chance.choice((0, 0, 0, 1, 2, 5)), remote_calls_recent=chance.randrange(4)),
        client_rule=chance.choices(("none", "ask", "deny"), (90, 7, 3))[0],
        override=chance.random() < 0.05,
        client="claude-code",
        pool=chance.choice(("batch", "deploy", "local")) if thread is Thread.WORKER else "",
    )


def _named(*commands: str) -> dict[str, tuple[str, ...]]:
    return {"commands": commands, "programs": tuple(dict.fromkeys(command.split()[0] for command in commands))}


def _local(chance: random.Random, name: str, serial: str) -> Facts:
    changes, long = chance.random() < 0.2, chance.random() < 0.1
    words = [f"{chance.choice(CHECKS)} services/{name}/part{serial}" for _ in range(chance.choice((1, 1, 2, 4)))]
    if changes:
        words.append(f"git push origin {name}/{serial} {chance.choice(('', '--force', '-u'))}".strip())
    return Facts(
        (Workload.LONG_RUNNING,) if long else (),
        steps=len(words), reads=True, changes=changes, cwd=f"/home/user/{name}", **_named(*words),
    )  # fmt: skip


def _hosts(chance: random.Random, name: str, serial: str, most: int) -> tuple[tuple[str, ...], str]:
    domain = chance.choices(("prod", "stg", "dev"), (3, 3, 4))[0]
    if chance.random() < 0.15:
        return (f"{name}-{domain}-{serial}",), ENVIRONMENTS[domain]
    hosts = [f"web{serial}-{place}.{name}.{domain}.example" for place in range(chance.randint(1, most))]
    return tuple(hosts), ENVIRONMENTS[domain]


def _probe(chance: random.Random, name: str, serial: str) -> Facts:
    hosts, environment = _hosts(chance, name, serial, 1)
    read = chance.choice(READS)
    return Facts(
        (Workload.REMOTE_PROBE,), machines=hosts, environment=environment, remote=True, steps=2, probes=1,
        reads=True, network=True, cwd=f"/home/user/{name}", **_named(f"ssh {hosts[0]} {read}", read),
    )  # fmt: skip


def _change(chance: random.Random, name: str, serial: str) -> Facts:
    hosts, environment = _hosts(chance, name, serial, 4)
    destroys = chance.random() < 0.15
    inner = f"rm -rf /srv/{name}/{serial}" if destroys else f"systemctl restart {name}-{serial}"
    classes = (Workload.MULTI_HOST,) if len(hosts) > 1 else ()
    return Facts(
        (*classes, Workload.DESTRUCTIVE if destroys else Workload.RESTART, Workload.CROSS_MACHINE),
        machines=hosts, environment=environment, remote=True, steps=2 * len(hosts), changes=True, destroys=destroys,
        network=True, cwd="/srv", **_named(*(f"ssh {host} sudo {inner}" for host in hosts), f"sudo {inner}", inner),
    )  # fmt: skip


def _deploy(chance: random.Random, name: str, serial: str) -> Facts:
    hosts, environment = _hosts(chance, name, serial, 2)
    command = chance.choice((f"deploy-{name} release {serial}", f"make -C services/{name} deploy REV={serial}"))
    return Facts(
        (Workload.DEPLOY, Workload.LONG_RUNNING), machines=hosts, environment=environment, remote=True,
        steps=chance.randint(1, 9), changes=True, network=True, cwd=f"/home/user/{name}", **_named(command),
    )  # fmt: skip


def _kubectl(chance: random.Random, name: str, serial: str) -> Facts:
    domain = chance.choice(("prod", "stg", "dev"))
    verb = chance.choices(("get", "logs", "delete", "apply"), (6, 3, 1, 1))[0]
    changes = verb in {"delete", "apply"}
    return Facts(
        (Workload.CROSS_MACHINE,) if changes else (Workload.REMOTE_PROBE,), machines=(f"{name}-{domain}-eu",),
        environment=ENVIRONMENTS[domain], remote=True, steps=1, probes=not changes, reads=not changes, changes=changes,
        network=True, cwd=f"/home/user/{name}", **_named(f"kubectl -n {name} {verb} pod/{name}-{serial}"),
    )  # fmt: skip


def _psql(chance: random.Random, name: str, serial: str) -> Facts:
    domain = chance.choice(("prod", "stg", "dev"))
    machine = f"db.{name}.{domain}.example"
    changes, tail = chance.choice(((False, ""), (True, ""), (False, " --read-only")))
    return Facts(
        (Workload.CROSS_MACHINE,) if changes else (Workload.REMOTE_PROBE,), machines=(machine,),
        environment=ENVIRONMENTS[domain], remote=True, steps=1, probes=not changes, reads=not changes, changes=changes,
        network=True, cwd=f"/home/user/{name}", **_named(f"psql -h {machine} -f {serial}.sql{tail}"),
    )  # fmt: skip


def _tool(chance: random.Random, name: str, serial: str) -> Facts:
    verb = chance.choice(("read", "search", "restart"))
    return Facts(
        steps=1, reads=verb != "restart", changes=verb == "restart", tool=f"mcp__{name}__{verb}_{serial}",
        cwd=f"/home/user/{name}",
    )  # fmt: skip
