"""Random texts for the classifier, never run: programs of the oracle, and the tables' commands, both damaged."""

import random
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction
from headgate.model.facts import Facts
from oracle.programs import programs

TESTS = Path(__file__).parents[1]
HOME = "/home/user"
FILES = {
    f"{HOME}/repo/run.sh": '#!/bin/bash\nset -e\nf() { ssh "$1" reboot; }\nfor h in a b; do f $h; done\n',
    f"{HOME}/repo/light.sh": "echo hello\n",
    f"{HOME}/repo/Makefile": "all: x\n\t@ssh web1 reboot\nx:\n\tls\n",
    f"{HOME}/repo/package.json": '{"scripts": {"dev": "vite", "deploy": "ssh web1 reboot"}}',
    f"{HOME}/repo/x.py": "import os\nos.system('ssh web1 reboot')\n",
}
AROUND = Surroundings(
    home=HOME,
    protected=(f"{HOME}/.local/state/headgate", f"{HOME}/.claude/settings.json"),
    protected_suffixes=("/.claude/settings.json",),
    private=(f"{HOME}/.local/state/headgate",),
    gate_pids=(4242,),
    read=FILES.get,
)
INVENTORY = Inventory((("prod", "*prod*"), ("staging", "*stag*")))

TOKENS = (
    *"$ ` ' \" \\ ( ) { } [ ] ; & | < > # ! ~ * ? = + - , : @ % ^ / . \n \t \r \x00 é 🙂 \u202e".split(" "),
    *"$( $(( )) ${ } <( >( << <<- <<< >> >| && || ;; ;& ;;& |& 2>&1 $' $\" \\\n (( [[ ]] `` '' \"\"".split(" "),
    *"if then elif else fi for in do done while until case esac select function time coproc eval exec set".split(),
    *"trap alias export local declare read printf echo cat bash sh sudo env timeout xargs find ssh docker".split(),
    *'web1 $x ${x} ${x:-y} ${x[@]} $@ "$@" $* -c -- -n -e {a,b} {1..3} <<E \nE\n x=1 x=(a f() base64 | -d'.split(),
    "run.sh",
    "python3 -c ",
    "make ",
    "npm run ",
    "\udc80",
)
_SMALLEST_SOUP, _LARGEST_SOUP = 1, 40
_LONGEST = 4000


def facts(text: str) -> Facts:
    """Return the facts of *text* in a small world with files, settings and an inventory."""
    return classify(ShellAction(text, f"{HOME}/repo"), AROUND, INVENTORY)


@cache
def commands() -> tuple[str, ...]:
    """Return the commands of all tables."""
    tables = sorted((TESTS / "programs").glob("*.toml"))
    found = [row["command"] for table in tables for row in tomllib.loads(table.read_text())["example"]]
    return (*found, *tomllib.loads((TESTS / "oracle" / "nasty.toml").read_text())["texts"])


def texts(seed: int) -> Iterator[str]:
    """Yield texts without end; the same *seed* gives the same ones."""
    rng = random.Random(seed)
    start = 0
    while True:
        made = [program.text for program in programs(seed, 20, start)]
        start += 20
        for text in (*made, *rng.choices(commands(), k=60)):
            yield text
            for _ in range(10):
                yield damaged(text, rng)
        for _ in range(100):
            yield " ".join(rng.choices(TOKENS, k=rng.randint(_SMALLEST_SOUP, _LARGEST_SOUP)))
            yield "".join(rng.choices(TOKENS, k=rng.randint(_SMALLEST_SOUP, _LARGEST_SOUP)))


def damaged(text: str, rng: random.Random) -> str:
    """Return *text* after one to four random changes."""
    for _ in range(rng.randint(1, 4)):
        text = rng.choice(_DAMAGES)(text, rng)
    return text[:_LONGEST]


def _span(text: str, rng: random.Random) -> tuple[int, int]:
    start = rng.randint(0, len(text))
    return start, min(len(text), start + rng.choice((1, 1, 2, 3, 8, 20)))


def _dropped(text: str, rng: random.Random) -> str:
    start, end = _span(text, rng)
    return text[:start] + text[end:]


def _doubled(text: str, rng: random.Random) -> str:
    start, end = _span(text, rng)
    return text[:end] + text[start:end] * rng.choice((1, 1, 2, 5)) + text[end:]


def _inserted(text: str, rng: random.Random) -> str:
    start, _ = _span(text, rng)
    return text[:start] + rng.choice(TOKENS) + text[start:]


def _replaced(text: str, rng: random.Random) -> str:
    start, end = _span(text, rng)
    return text[:start] + rng.choice(TOKENS) + text[end:]


def _flipped(text: str, rng: random.Random) -> str:
    if not text:
        return text
    place = rng.randrange(len(text))
    return text[:place] + chr((ord(text[place]) ^ (1 << rng.randrange(7))) & 0x10FFFF) + text[place + 1 :]


def _cut(text: str, rng: random.Random) -> str:
    return text[: rng.randint(0, len(text))]


def _joined(text: str, rng: random.Random) -> str:
    other = rng.choice(commands())
    return text[: rng.randint(0, len(text))] + other[rng.randint(0, len(other)) :]


def _swapped(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    first, second = rng.randrange(len(words)), rng.randrange(len(words))
    words[first], words[second] = words[second], words[first]
    return " ".join(words)


def _wrapped(text: str, rng: random.Random) -> str:
    start, end = _span(text, rng)
    before, after = rng.choice((("$(", ")"), ("`", "`"), ('"', '"'), ("'", "'"), ("{", "}"), ("${", "}"), ("<(", ")")))
    return text[:start] + before + text[start:end] + after + text[end:]


_DAMAGES: tuple[Callable[[str, random.Random], str], ...] = (
    _dropped,
    _doubled,
    _inserted,
    _inserted,
    _replaced,
    _flipped,
    _cut,
    _joined,
    _swapped,
    _wrapped,
)
