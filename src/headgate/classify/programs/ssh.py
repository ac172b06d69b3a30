"""ssh and its kin: a remote text is parsed again, with the host as its machine (ssh(1))."""

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, SOME_MACHINE, Effect, change, join, looked
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split
from headgate.model.facts import Workload

SSH_VALUED = frozenset(f"-{letter}" for letter in "BbcDEeFIiJLlmOopQRSWwP")
_CARRIERS = frozenset({"", "none", "ssh", "nc", "ncat", "connect", "corkscrew", "cloudflared", "websocat", "aws"})
_SPECIAL = frozenset("|&;<>()$`\n")
_LOCAL_ONLY = ("-V", "-G", "-Q")
_TUNNELS = ("-L", "-R", "-D", "-w", "-W")


def ssh(call: Call) -> Effect:
    """Reach one host: a probe if it is one quick look, else a remote session."""
    found = split(call.words, SSH_VALUED, stops=True)
    programs = [text for text in map(_helper, found.values("-o")) if text]
    return join((_host(call, found), *map(call.run, programs))) if programs else _host(call, found)


def _helper(option: str) -> str:
    """Return the program that an option lets ssh start here; those that only carry bytes are as good as none."""
    name, _, text = option.replace("=", " ", 1).partition(" ")
    if name.lower() not in {"proxycommand", "localcommand", "knownhostscommand"}:
        return ""
    plain = text.partition(" ")[0].rpartition("/")[2] in _CARRIERS and _SPECIAL.isdisjoint(text)
    return "" if plain else text


def _host(call: Call, found: Options) -> Effect:
    """Return the effect of what the words behind ssh's options do."""
    if found.has(*_LOCAL_ONLY):
        return Effect(fx.READS)
    if not found.operands:
        return Effect(fx.FILTERS)
    again = split(found.operands[1:], SSH_VALUED, stops=True)  # options may follow the host as well
    machine = machine_of(found.operands[0])
    if found.has("-O", "-N", *_TUNNELS) or again.has("-N", *_TUNNELS):
        return session(call, machine, EMPTY, "opens a tunnel or steers a connection")
    if not again.operands:
        return _without_text(call, found.operands[0], machine)
    return remote(call, machine, " ".join(again.operands))


def _without_text(call: Call, target: str, machine: str) -> Effect:
    """Return the effect of naming a host alone: what is fed to it runs there, else a person types."""
    if call.fed and call.stdin is not None:
        return remote(call, machine, call.stdin)
    if target.startswith("git@"):
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
    slow = fx.FOLLOWS | fx.INTERACTIVE | fx.LOOPS | fx.BACKGROUND
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
    found = split(call.words, frozenset({"-p", "--port", "--ssh", "--server", "--predict"}), stops=True)
    if not found.operands:
        return Effect(fx.FILTERS)
    machine = machine_of(found.operands[0])
    return session(call, machine, EMPTY, "opens a remote shell", interactive=len(found.operands) == 1)


def local_tool(_call: Call) -> Effect:
    """Work on keys and configuration of this machine."""
    return Effect(fx.READS | fx.CHANGES)


def ssh_copy_id(call: Call) -> Effect:
    """Write a key into another machine's account."""
    found = split(call.words, frozenset({"-i", "-p", "-o", "-F", "-t"}))
    machine = machine_of(found.operands[0]) if found.operands else SOME_MACHINE
    shown = call.shows(Workload.CROSS_MACHINE, f"installs a key on {machine}")
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (machine,))


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
    "mosh": mosh,
    **dict.fromkeys(("tailscale", "tsh", "waypipe", "kitten"), through),
    "ssh-copy-id": ssh_copy_id,
    "ssh-keygen": local_tool,
    "ssh-add": local_tool,
    "ssh-keyscan": local_tool,
}
