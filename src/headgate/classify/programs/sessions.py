"""Sessions beside tmux and screen, and tunnels: terminals that are kept, and ways into other networks."""

from headgate.classify import effect as fx
from headgate.classify.effect import SOME_MACHINE, Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.multiplexers import tmux
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.terminals import CHANGE, LOOK, alone, person
from headgate.model.facts import Workload

_TYPES = frozenset({"write-chars", "write"})


def zellij(call: Call) -> Effect:
    """Start, steer or attach to terminal sessions; what is typed into one counts as run (zellij.dev)."""
    found = split(call.words, words_of("-s --session -l --layout -c --config -n --new-session-with-layout"), stops=True)
    verb, rest = (found.operands[0], found.operands[1:]) if found.operands else ("", ())
    if found.has("--help", "--version", "-h", "-V"):
        return LOOK
    if verb in {"run", "r"}:
        words = (
            rest[rest.index("--") + 1 :] if "--" in rest else split(rest, words_of("-n -d --cwd"), stops=True).operands
        )
        return join((CHANGE, call.start(words)))
    if verb in {"action", "ac"}:
        return join((CHANGE, alone(call).run(" ".join(rest[1:])))) if rest[:1] and rest[0] in _TYPES else CHANGE
    if verb in {"", "attach", "a", "edit", "e"}:
        return person(call, "opens a terminal session")
    return LOOK if verb in {"list-sessions", "ls", "setup", "list-aliases"} else CHANGE


def keeper(call: Call) -> Effect:
    """Start a program in a terminal that is kept, or attach to one (dtach(1), abduco(1))."""
    found = split(call.words, words_of("-e -r -z") if call.name == "dtach" else frozenset({"-e"}), stops=True)
    if found.has("--help", "-v") or (call.name == "abduco" and not call.words):
        return LOOK
    inside = call.start(found.operands[1:])
    return join((CHANGE if found.has("-n", "-N") else person(call, "attaches to a terminal"), inside))


def byobu(call: Call) -> Effect:
    """Fill the terminal, or steer the multiplexer behind it by its own words (byobu(1))."""
    return tmux(call) if call.words else person(call)


def arch(call: Call) -> Effect:
    """Name the machine's kind, or run words as on another (arch(1) of macOS)."""
    words = split(call.words, words_of("-arch -e -d"), stops=True, long_dash=True).operands
    return call.start(words) if words else LOOK


def tunnel(call: Call) -> Effect:
    """Open a way into another network, and stay (sshuttle(8), openvpn(8), chisel, cloudflared)."""
    found = split(call.words, words_of("-r --remote -e --ssh-cmd -x --config -l --listen --auth --token --url --name"))
    starts = {"chisel": {"client"}, "cloudflared": {"tunnel", "access", "proxy-dns"}}.get(call.name)
    if not call.words or found.has("--help", "--version", "-V") or (starts and not starts & {*found.operands[:1]}):
        return LOOK
    if call.name == "cloudflared" and {"list", "info", "login", "create", "delete", "route"} & {*found.operands[1:2]}:
        return CHANGE
    shown = call.shows(Workload.LONG_RUNNING, "keeps a connection open until it is stopped")
    target = found.value("-r", "--remote") or ("".join(found.operands[1:2]) if call.name == "chisel" else "")
    if not target:
        return Effect(fx.CHANGES | fx.NETWORK, shown)
    machine = machine_of(target) or SOME_MACHINE
    shown += call.shows(Workload.REMOTE_SESSION, f"opens a tunnel to {machine}")
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, (machine,))


def sops(call: Call) -> Effect:
    """Edit secrets, show them, or run a text with them in its environment (getsops.io)."""
    words = split(call.words, words_of("--output --input-type --output-type --user -i")).operands
    if words[:1] in {("exec-env",), ("exec-file",)}:
        return call.run(words[2]) if len(words) > 2 else LOOK  # noqa: PLR2004 exec-env FILE COMMAND
    quiet = {"-d", "-e", "-r", "--decrypt", "--encrypt", "--rotate", "--set", "--help", "--version", "--extract"} & {
        *call.words
    }
    asks = (
        bool(words)
        and not quiet
        and words[0] not in words_of("decrypt encrypt rotate set unset updatekeys publish filestatus")
    )
    return person(call, "opens an editor") if asks else CHANGE


PROGRAMS = {
    "zellij": zellij,
    **dict.fromkeys(("dtach", "abduco"), keeper),
    "byobu": byobu,
    "arch": arch,
    "sops": sops,
    **dict.fromkeys(("sshuttle", "openvpn", "chisel", "cloudflared", "openconnect"), tunnel),
}
