"""The facts of an action: the effects of its steps, judged as a whole."""

from headgate.classify import effect as fx
from headgate.classify.addresses import names_api
from headgate.classify.connections import connected, connection_effect
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, evidence
from headgate.classify.inventory import LOCAL, Inventory
from headgate.classify.naming import named
from headgate.classify.programs import PROGRAMS
from headgate.classify.programs.variables import REPLACES
from headgate.classify.routine import routine
from headgate.classify.shell.loops import digest
from headgate.classify.shell.parse import parse
from headgate.classify.shell.state import State
from headgate.classify.shell.walk import Walk
from headgate.classify.shell.ways import hunts, steers
from headgate.classify.steps import Trace
from headgate.classify.surroundings import Surroundings
from headgate.classify.timing import estimate
from headgate.classify.tools import tool_effect, write_effect
from headgate.model.action import Action, ShellAction, ToolAction, WriteAction
from headgate.model.connection import CONNECT
from headgate.model.facts import Evidence, Facts, Script, Workload

_MANY = 2
_MAX_NAMES = 256
"""Sets larger than this are cut behind the next name, and the action is `opaque`: policy takes them for unknown."""

_SEEN = _MAX_NAMES + 1

RAISERS = frozenset("sudo sudoedit su doas pkexec sg newgrp chsh chfn passwd gpasswd newuidmap newgidmap".split())
"""Programs whose file gives them the rights of its owner, and that do nothing without (execve(2))."""


def classify(action: Action, around: Surroundings, inventory: Inventory, trace: Trace | None = None) -> Facts:
    """Return what *action* would do, as far as its text and the files it names tell; raises nothing.

    The commands of a shell text are kept in *trace*, where there is one.
    """
    match action:
        case ShellAction():
            return _shell_facts(action, around, inventory, trace)
        case WriteAction(cwd=cwd):
            return _facts(write_effect(action, around), inventory, around, (), tool="write", cwd=cwd)
        case ToolAction(name, cwd=cwd) if name == CONNECT:
            state = State(around=around)
            effect = connection_effect(action, around, inventory, state.settings)
            return connected(_facts(effect, inventory, around, (), name="", state=state, tool=name, cwd=cwd), action)
        case ToolAction(name, cwd=cwd):
            return _facts(tool_effect(action, around), inventory, around, (), tool=name, cwd=cwd)


def _shell_facts(action: ShellAction, around: Surroundings, inventory: Inventory, trace: Trace | None) -> Facts:
    text, name = action.command, ""
    walk = Walk(PROGRAMS, around, action.cwd)
    walk.state.trace = trace
    try:
        tree = parse(text, around.shell)
        name = routine(tree, action.cwd)
        effect = walk.node(tree)
    except RecursionError:
        effect = Effect(fx.UNSURE, (evidence(Workload.OPAQUE, "it is nested too deep to follow", None),), steps=1)
    made = {Script(path, digest(content)) for path, content in walk.state.made}
    if made:  # nobody has to look whether these have changed
        effect = change(effect, scripts=tuple(script for script in effect.scripts if script not in made))
    extra: tuple[Evidence, ...] = ()
    if action.detached:
        extra = (evidence(Workload.LONG_RUNNING, "the caller asked to run it in the background", None),)
    extra += _in_part(text, effect, walk.state) if around.protected else ()
    return _facts(effect, inventory, around, extra, name, walk.state, cwd=action.cwd)


def _in_part(text: str, effect: Effect, state: State) -> tuple[Evidence, ...]:
    """Return evidence of what only the whole *text* shows: a grant behind what nobody can read, a hunt for the gate."""
    if effect.has(Workload.CONTROL_PLANE):
        return ()
    if effect.has(Workload.OPAQUE) and _holds_way(text, state.around):
        why = "it is not known what it runs, and it holds a way to the gate"
    elif "headgate" in effect.programs and any(item.message.startswith(REPLACES) for item in effect.evidence):
        why = "runs the gate's own command line where its name may mean another program"
    elif "eadgate" in text and hunts(state.commands_seen):
        why = "looks for the processes of the gate and signals what it finds"
    else:
        return ()
    return (evidence(Workload.CONTROL_PLANE, why, None),)


def _holds_way(text: str, around: Surroundings) -> bool:
    """Whether *text*, of which nobody knows all that it runs, holds a command, a private file or an address."""
    files = (path.removeprefix(around.home).lstrip("/") for path in around.private)
    return steers(text) or any(path in text for path in files) or names_api(text, around) != ""


def _facts(  # noqa: PLR0913, PLR0917 what a walk found, and what it is judged by
    effect: Effect,
    inventory: Inventory,
    around: Surroundings,
    extra: tuple[Evidence, ...],
    name: str = "",
    state: State | None = None,
    *,
    tool: str = "shell",
    cwd: str = "",
) -> Facts:
    effect, names = named(effect, (state or State(around=around)).settings, around.home)
    does = effect.does
    remote = bool(does & fx.REMOTE or effect.machines)
    found = dict.fromkeys((*effect.evidence, *extra, *_judged(effect, around)))
    classes = {item.workload for item in found} if found else frozenset()
    seconds, source = estimate(effect)
    machines = effect.machines
    if SOME_MACHINE in machines:
        machines = tuple(name for name in machines if name != SOME_MACHINE)
    return Facts(
        tuple(workload for workload in Workload if workload in classes) if classes else (),
        effect.programs[:_SEEN],
        machines[:_SEEN],
        inventory.environment(effect.machines, names) if remote else LOCAL,
        remote,
        effect.steps,
        effect.probes,
        does & fx.READS > 0,
        does & fx.CHANGES > 0,
        does & fx.DESTROYS > 0 or Workload.DESTRUCTIVE in classes,
        does & fx.FOLLOWS > 0 or Workload.LOG_TAIL in classes,
        does & fx.INTERACTIVE > 0,
        does & fx.LOOPS > 0,
        does & fx.BACKGROUND > 0,
        does & fx.NETWORK > 0,
        effect.writes[:_SEEN],
        seconds,
        tuple(item.message for item in found if item.workload is Workload.OPAQUE) if classes else (),
        effect.touches,
        tuple(dict.fromkeys(effect.scripts)),
        tuple(found),
        source,
        effect.seconds,
        name,
        _commands(effect, state, tool),
        tool,
        cwd,
        SOME_MACHINE in effect.machines or (remote and not effect.machines),
        around.no_new_privs and not RAISERS.isdisjoint(effect.programs),
    )


def _commands(effect: Effect, state: State | None, tool: str) -> tuple[str, ...]:
    """Return the commands that would run; what a named tool hands to programs is not told word by word."""
    if state is not None:
        return tuple(dict.fromkeys(state.commands_seen))[:_SEEN]
    return (HIDDEN,) if effect.programs and tool != "write" else ()


def _judged(effect: Effect, around: Surroundings) -> list[Evidence]:
    """Return the classes that only the whole shows."""
    found: list[Evidence] = []
    if len(effect.machines) >= _MANY:
        names = ", ".join(effect.machines[:5])
        found.append(evidence(Workload.MULTI_HOST, f"reaches {len(effect.machines)} machines: {names}", None))
    if effect.seconds >= around.comfort and not effect.has(Workload.LONG_RUNNING):
        found.append(evidence(Workload.LONG_RUNNING, f"waits for {effect.seconds:g} s in all", None))
    if max(len(effect.machines), len(effect.programs), len(effect.writes)) > _MAX_NAMES:
        found.append(evidence(Workload.OPAQUE, "it names more things than are followed", None))
    return found
