"""ssh and its kin: a remote text is parsed again, with the host as its machine (ssh(1))."""

import shlex

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, SOME_MACHINE, Effect, change, join, looked
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import Options, split
from headgate.classify.programs.ssh_targets import Target, chosen, reach, settings
from headgate.model.facts import Workload

SSH_VALUED = frozenset(f"-{letter}" for letter in "BbcDEeFIiJLlmOopPQRSWw")
_TUNNELS = ("-L", "-R", "-D", "-w", "-W")
_FORWARDS = frozenset({"localforward", "remoteforward", "dynamicforward", "tunnel"})


def ssh(call: Call) -> Effect:
    """Reach one host: a probe if it is one quick look, else a remote session."""
    found = split(call.words, SSH_VALUED | {"-M"} if call.name == "autossh" else SSH_VALUED, stops=True)
    if found.has("-V", "-Q"):
        return Effect(fx.READS)
    if not found.operands:
        return Effect(fx.FILTERS)
    again = split(found.operands[1:], SSH_VALUED, stops=True)  # options may follow the host as well
    if again.options:
        found = Options(
            {name: [*found.values(name), *again.values(name)] for name in {**found.options, **again.options}},
            found.operands,
        )
    if found.has("-G"):
        return with_starts(Effect(fx.READS), chosen(call, found.operands[0], found))
    target = reach(call, found.operands[0], found)
    return at_target(_host(call, found, again.operands, target), target)


def at_target(effect: Effect, target: Target) -> Effect:
    """Return *effect*, reached as *target* says: with its other names, and with what is started here for it."""
    if target.known_as or target.scripts:
        known_as, scripts = (*effect.known_as, *target.known_as), (*effect.scripts, *target.scripts)
        effect = change(effect, known_as=known_as, scripts=scripts)
    return with_starts(effect, target.starts)


def with_starts(effect: Effect, starts: tuple[Effect, ...]) -> Effect:
    """Return *effect* and those of the programs that *starts* holds; they are no steps of their own."""
    if not starts:
        return effect
    return change(join((effect, *starts)), steps=effect.steps, rounds=effect.rounds, probes=effect.probes)


def _host(call: Call, found: Options, words: tuple[str, ...], target: Target) -> Effect:
    """Return the effect of what the *words* behind ssh's options do on *target*."""
    machine = target.machine
    if found.has("-O", "-N", *_TUNNELS) or _forwards(found):
        return session(call, machine, EMPTY, "opens a tunnel or steers a connection")
    if words or target.text:
        return remote(call, machine, " ".join(words) or target.text)
    return _without_text(call, target.user, machine)


def _forwards(found: Options) -> bool:
    options = settings(found) if found.has("-o") else {}
    return not _FORWARDS.isdisjoint(options) or options.get("sessiontype", "").lower() == "none"


def _without_text(call: Call, user: str, machine: str) -> Effect:
    """Return the effect of naming a host alone: what is fed to it runs there, else a person types."""
    if call.fed and call.stdin is not None:
        return remote(call, machine, call.stdin)
    if user == "git":
        return _forge(call, machine)
    return session(call, machine, EMPTY, "opens a remote shell", interactive=not call.fed)


def _forge(call: Call, machine: str) -> Effect:
    """Return the effect of asking a forge whether it knows our key: it opens no shell."""
    shown = call.shows(Workload.REMOTE_PROBE, f"asks {machine} for a greeting")
    return Effect(fx.READS | fx.REMOTE | fx.NETWORK, shown, (machine,), probes=1)


def remote(call: Call, machine: str, text: str) -> Effect:
    """Return the effect of *text* run on *machine*; on this machine it is the effect of the text itself."""
    inside = call.run(text, machine or None)
    if not machine:
        return inside
    if probe(inside):
        message = f"one quick look at {machine}"
        return change(
            inside,
            does=inside.does | fx.REMOTE | fx.NETWORK,
            evidence=(*inside.without(Workload.REMOTE_PROBE).evidence, *call.shows(Workload.REMOTE_PROBE, message)),
            machines=(machine, *inside.machines),
            probes=1,
            touches=inside.touches or looked(machine),
            output=None,
        )
    return session(call, machine, inside, "does more than one quick look on another machine")


def probe(inside: Effect) -> bool:
    """Whether a remote text is exactly one quick read."""
    slow = fx.FOLLOWS | fx.INTERACTIVE | fx.LOOPS | fx.BACKGROUND | fx.BULK
    others = [item for item in inside.evidence if item.workload is not Workload.REMOTE_PROBE]
    return inside.rounds == 1 and inside.read_only and not inside.does & slow and not others and not inside.machines


def session(call: Call, machine: str, inside: Effect, why: str, *, interactive: bool = False) -> Effect:
    """Return the effect of a remote session on *machine* that does what *inside* does."""
    found = (
        *inside.without(Workload.REMOTE_PROBE).evidence,
        *call.shows(Workload.REMOTE_SESSION, f"{why} ({machine})"),
    )
    if interactive:
        found += call.shows(Workload.INTERACTIVE, "waits for a person to type")
    flags = fx.REMOTE | fx.NETWORK | (fx.INTERACTIVE if interactive else 0)
    return change(
        inside,
        does=inside.does | flags | fx.UNSURE,
        evidence=found,
        machines=(machine or SOME_MACHINE, *inside.machines),
        probes=0,
        steps=inside.steps or 1,
        output=None,
    )


def mosh(call: Call) -> Effect:
    """Open a remote shell that survives a change of network."""
    found = split(
        call.words, frozenset({"-p", "--port", "--ssh", "--server", "--predict", "-t", "--tunnel"}), stops=True
    )
    if not found.operands:
        return Effect(fx.FILTERS)
    host = found.operands[0].rpartition(":")[0] if call.name == "et" and ":" in found.operands[0] else found.operands[0]
    target = reach(call, host, Options({}, ()))
    words = found.operands[2:] if found.operands[1:2] == ("--",) else found.operands[1:]
    inside = call.run(shlex.join(words), target.machine or None) if words else EMPTY
    return at_target(session(call, target.machine, inside, "opens a remote shell", interactive=not words), target)


def local_tool(_call: Call) -> Effect:
    """Work on keys and configuration of this machine."""
    return Effect(fx.READS | fx.CHANGES)


def ssh_copy_id(call: Call) -> Effect:
    """Write a key into another machine's account."""
    found = split(call.words, frozenset({"-i", "-p", "-o", "-F", "-t"}))
    target = reach(call, found.operands[0], found) if found.operands else Target(SOME_MACHINE)
    machine = target.machine or "localhost"
    shown = call.shows(Workload.CROSS_MACHINE, f"installs a key on {machine}")
    return at_target(Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (machine,)), target)


def through(call: Call) -> Effect:
    """Reach a host by way of a network of its own (tailscale ssh, tsh ssh): its words are those of ssh."""
    found = split(
        call.words, frozenset({"--proxy", "--user", "-l", "--login", "--cluster", "-i", "--socket"}), stops=True
    )
    if found.operands[:1] in {("ssh",), ("scp",)}:
        return call.start(found.operands)
    return Effect(fx.UNSURE | fx.NETWORK)


PROGRAMS = {
    "ssh": ssh,
    "autossh": ssh,
    **dict.fromkeys(("mosh", "et"), mosh),
    **dict.fromkeys(("tailscale", "tsh", "waypipe", "kitten"), through),
    "ssh-copy-id": ssh_copy_id,
    "ssh-keygen": local_tool,
    "ssh-add": local_tool,
    "ssh-keyscan": local_tool,
}
