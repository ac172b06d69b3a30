"""Random programs: a marked command inside one to four templates, made again from its numbers."""

import random
import re
from dataclasses import dataclass

from oracle.fragments import Filling, Fragment
from oracle.templates import GROUP_OF, GROUPS, PROGRAM_GROUPS

CORES = (
    "ssh {m} reboot",
    "ssh {m} 'cd /srv && make'",
    "ssh -p 2222 root@{m} systemctl restart app",
    "ssh {m}",
    "ssh {m} uptime",
    "ssh {m} id",
    "mosh {m}",
    "scp f {m}:/tmp/",
    "rsync -a d/ {m}:/srv",
    "kubectl --context {m} delete ns x",
    "kubectl --context={m} apply -f a.yaml",
    "helm --kube-context {m} upgrade app chart",
    "systemctl restart {m}",
    "systemctl -H {m} restart app",
    "docker push {m}/app",
    "docker -H ssh://{m} restart app",
    "terraform -chdir={m} apply -auto-approve",
    "psql -h {m} -c 'drop table x'",
    "redis-cli -h {m} flushall",
    "ansible {m} -m shell -a reboot",
    "fly deploy -a {m}",
)
"""Every one names a machine that cannot exist: even the real program would reach nothing."""

WEIGHTS = {"languages": 1, "arithmetic": 5, "prefixes": 10, "runners": 8, "coded": 6, "files": 9}
_USUAL = 10
_DEEPEST = 4


@dataclass(frozen=True)
class Layer:
    """One template, and the number that its choices come from."""

    template: str
    seed: int


@dataclass(frozen=True)
class Program:
    """What is run: *words* of the marked command, which names *machine*, inside *layers*, the inmost first."""

    machine: str
    core: str
    layers: tuple[Layer, ...]

    @property
    def words(self) -> tuple[str, ...]:
        """Return the words that the stand-in must have seen."""
        return tuple(
            piece.replace("'", "") for piece in re.findall(r"(?:'[^']*'|\S)+", self.core.format(m=self.machine))
        )

    @property
    def text(self) -> str:
        """Return the program."""
        fragment = Fragment(self.core.format(m=self.machine), program=True)
        for level, layer in enumerate(self.layers):
            filling = Filling(random.Random(layer.seed), fragment, level)
            fragment = filling.fill(layer.template, program=GROUP_OF.get(layer.template) in PROGRAM_GROUPS)
        return fragment.text


def programs(seed: int, count: int, first: int = 0) -> list[Program]:
    """Return *count* programs of *seed*; programs of other seeds, or from another *first*, name other machines."""
    return [_program(random.Random(f"{seed}/{number}"), number) for number in range(first, first + count)]


def _program(rng: random.Random, number: int) -> Program:
    depth = rng.choices(range(1, _DEEPEST + 1), (2, 3, 3, 2))[0]
    groups = rng.choices(sorted(GROUPS), [WEIGHTS.get(name, _USUAL) for name in sorted(GROUPS)], k=depth)
    layers = tuple(Layer(rng.choice(GROUPS[group]), rng.getrandbits(32)) for group in groups)
    return Program(f"m{number}.invalid", rng.choice(CORES), layers)


def simpler(program: Program) -> list[Program]:
    """Return the programs with one layer less, or with the plainest core."""
    found = [
        Program(program.machine, program.core, (*program.layers[:place], *program.layers[place + 1 :]))
        for place in range(len(program.layers))
    ]
    if program.core != CORES[0]:
        found.append(Program(program.machine, CORES[0], program.layers))
    return found
