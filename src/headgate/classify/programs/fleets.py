"""Programs that run a text on many machines at once: parallel shells and fabric."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh import probe, session
from headgate.classify.programs.ssh_targets import known_name
from headgate.classify.programs.verbs import LIGHT, near
from headgate.model.facts import Workload

_RANGE = re.compile(r"\[(\d+(?:[-:]\d+)?(?:,\d+(?:-\d+)?)*)\]")
_MAX_HOSTS = 100


def hosts(*texts: str) -> tuple[str, ...]:
    """Return the machines in lists such as `a,b` and `web[1-3]`; what cannot be told stands as `SOME_MACHINE`."""
    found: dict[str, None] = {}
    for text in texts:
        for item in _spread(text):
            if item.strip():
                found[machine_of(item.strip())] = None
    return tuple(name for name in found if name)


def _spread(text: str) -> list[str]:
    """Return the single hosts of *text*: lists taken apart outside brackets, the first ranges counted out."""
    if len(text) > 2000:  # noqa: PLR2004 no list a person writes
        return [HIDDEN]
    whole: list[str] = []
    for item in re.split(r"[,\s]+(?![^\[]*\])", text):
        match = _RANGE.search(item)
        if match is None:
            whole.append(item if "[" not in item and "*" not in item else HIDDEN)
        else:
            whole.extend(item[: match.start()] + number + item[match.end() :] for number in _numbers(match[1]))
    return whole[:_MAX_HOSTS]


def _numbers(text: str) -> list[str]:
    found: list[str] = []
    for part in text.split(","):
        low, dash, high = part.replace(":", "-").partition("-")
        if not dash:
            found.append(low)
            continue
        first, last = int(low[:9]), int(high[:9])
        found.extend(str(number).zfill(len(low)) for number in range(first, min(last, first + _MAX_HOSTS) + 1))
    return found


def everywhere(call: Call, names: tuple[str, ...], text: str) -> Effect:
    """Return the effect of *text* on each of the machines *names*; the hosts that are not known count as many."""
    machines = tuple(dict.fromkeys(known_name(call, name) for name in names)) or (SOME_MACHINE,)
    inside = call.run(text, machines[0]) if text else Effect(fx.UNSURE)
    effect = session(call, machines[0], inside, "runs on each of its machines")
    if probe(inside):
        effect = effect.without(Workload.REMOTE_SESSION)
        effect = change(effect, does=effect.does & ~fx.UNSURE, probes=len(machines))
        if machines != (SOME_MACHINE,) and len(machines) == 1:
            shown = call.shows(Workload.REMOTE_PROBE, f"one quick look at {machines[0]}")
            effect = change(effect, evidence=effect.evidence + shown)
    return many(call, change(effect, machines=(*machines, *inside.machines)), machines)


def many(call: Call, effect: Effect, machines: tuple[str, ...]) -> Effect:
    """State that *effect* lands on more than one machine, where it does."""
    if len(machines) == 1 and machines[0] != SOME_MACHINE:
        return effect
    shown = call.shows(Workload.MULTI_HOST, "runs on many machines")
    return change(effect, evidence=(*effect.evidence, *shown))


_PARALLEL_SSH = words_of(
    """
    -H --host -h --hosts -l --user -p --par -o --outdir -e --errdir -t --timeout -O --option -x --extra-args -X
    --extra-arg -g --group --host-glob
    """
)
_PDSH = words_of(
    """
    -w -x -l -t -u -f -R -g -G -M -N -j -o -c -S -m -r -n --hostfile -b --worker --nodes --group -F --exclude
    --option
    """
)
_GRAMMARS = {
    **dict.fromkeys(("pssh", "parallel-ssh", "pnuke", "parallel-nuke"), _PARALLEL_SSH),
    **dict.fromkeys(("pscp", "parallel-scp", "prsync", "parallel-rsync", "pslurp", "parallel-slurp"), _PARALLEL_SSH),
    "pdsh": _PDSH - {"-N", "-S", "-j", "-b", "-c", "-r", "-m", "-F", "-n", "-o"},
    "rpdcp": _PDSH,
    "pdcp": _PDSH,
    "dsh": words_of(
        """
        -m --machine -g --group -f --file -n --num-topology -r --remoteshell -o --remoteshellopt -F --forklimit -i
        """
    ),
    "clush": words_of(
        """
        -w --nodes -x --exclude -g --group -X -l --user -t -u -f --fanout -o --options -R --worker --hostfile --dest
        -O
        """
    ),
    "mussh": words_of("-h --hosts -H --hostfile -l --user -c -C -m -p -o -i -t -d"),
    "cssh": words_of("-l -o -c -g -p -K -a --action"),
    "clusterssh": words_of("-l -o -c -g -p -K -a --action"),
    "sshpt": words_of("-f -u -P -o -T -p"),
}
_COPIES = frozenset({"pscp", "parallel-scp", "prsync", "parallel-rsync", "pslurp", "parallel-slurp", "pdcp", "rpdcp"})
_HOST_OPTIONS = ("-H", "--host", "-w", "--nodes", "-m", "--machine", "--hosts", "-h")


def parallel_shell(call: Call) -> Effect:
    """Run a text on many hosts (pssh(1), pdsh(1), clush(1), dsh(1), mussh)."""
    found = split(call.words, _GRAMMARS[call.name], stops=call.name != "mussh")
    if not call.words or found.has("--version", "--help", "-V"):
        return near(call, LIGHT)
    files_first = call.name.startswith(("p", "rp")) and call.name not in {"pdsh", "pdcp"}
    literal = found.values(*(name for name in _HOST_OPTIONS if not (files_first and name in {"-h", "--hosts"})))
    if call.name == "mussh":
        literal = () if found.has("-H", "--hostfile") else (*found.values("-h", "--hosts"), *found.operands)
    names = hosts(*literal)
    if call.name in {"cssh", "clusterssh"}:
        names, text = hosts(*found.operands), ""
    else:
        text = found.value("-c") if call.name == "mussh" else " ".join(found.operands)
    if call.name in _COPIES or (call.name == "clush" and found.has("-c", "--copy", "--rcopy")):
        return _copies(call, names or (SOME_MACHINE,))
    effect = everywhere(call, names, text)
    if text:
        return effect
    shown = call.shows(Workload.INTERACTIVE, "waits for a person to type")
    return change(effect, does=effect.does | fx.INTERACTIVE, evidence=effect.evidence + shown)


def _copies(call: Call, names: tuple[str, ...]) -> Effect:
    names = tuple(dict.fromkeys(known_name(call, name) for name in names))
    shown = call.shows(Workload.TRANSFER, "copies files to or from many machines")
    return many(call, Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, names), names)


_FAB = words_of(
    """
    -H --hosts -i --identity -c --collection -r --search-root -f --fabfile -u --user -R --roles -t --connect-timeout
    -z
    """
)


def fab(call: Call) -> Effect:
    """Run tasks, or the words behind `--`, on hosts (docs.fabfile.org)."""
    at = call.words.index("--") if "--" in call.words else len(call.words)
    found = split(call.words[:at], _FAB)
    if found.has("-l", "--list", "-V", "--version", "-h", "--help", "-d", "--dry", "--complete") or not call.words:
        return near(call, LIGHT)
    words = call.words[at + 1 :]
    names = hosts(*found.values("-H", "--hosts")) or ((SOME_MACHINE,) if found.has("-R", "--roles") else ())
    effect = everywhere(call, names, " ".join(words)) if names else Effect(fx.UNSURE)
    if any(word.startswith(("deploy", "release", "rollback")) for word in found.operands):
        effect = change(effect, evidence=effect.evidence + call.shows(Workload.DEPLOY, "runs a task that deploys"))
    return effect


PROGRAMS = {**dict.fromkeys(_GRAMMARS, parallel_shell), "fab": fab}
