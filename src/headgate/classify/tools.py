"""Facts of actions that are not shell texts: file writes and other named tools."""

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, Effect, change, evidence, join
from headgate.classify.mapped import mapped_effect, placeless
from headgate.classify.paths import absolute
from headgate.classify.shell.guard import guarded_write
from headgate.classify.surroundings import Surroundings
from headgate.classify.tool_args import carried, patches_gate, queried, reaches_gate, speaks_with_gate, texts, texts_of
from headgate.classify.tool_code import unknown
from headgate.classify.tool_names import changes, looks
from headgate.model.action import ToolAction, WriteAction
from headgate.model.facts import Workload

_LIGHT = frozenset(
    """
    Agent AskUserQuestion BashOutput CronCreate CronDelete CronList EndConversation EnterPlanMode EnterWorktree
    ExitPlanMode ExitWorktree Glob Grep KillShell LS ListAgents ListMcpResourcesTool NotebookRead Read
    ReadMcpResourceTool ReportFindings ScheduleWakeup SendMessage Skill SlashCommand StructuredOutput Task TaskCreate
    TaskGet TaskList TaskOutput TaskStop TaskUpdate TodoRead TodoWrite ToolSearch WebFetch WebSearch Workflow
    DeferredToolPlaceholder
    """.split()
)
"""Tools of known clients that run no command themselves; agents that some of them start pass the gate as well."""

_OPENS = frozenset("Glob Grep LS NotebookRead Read ReadMcpResourceTool WebFetch".split())
_SEARCHES = frozenset({"Glob", "Grep"})
"""Tools whose patterns are no addresses."""

_LOOK = Effect(fx.READS, steps=1, rounds=1)


def write_effect(action: WriteAction, around: Surroundings) -> Effect:
    """Return the effect of a file that the client itself writes."""
    where = absolute(action.path, action.cwd, around.home)
    return Effect(fx.CHANGES, tuple(guarded_write(around, where, None)), writes=(where or action.path,), steps=1)


def tool_effect(action: ToolAction, around: Surroundings) -> Effect:
    """Return the effect of a named tool: as the tool map describes it, else by its name, its hints and its arguments.

    Whatever the tool is, an argument that names a file of the gate is seen, and so is a text that something may run.
    """
    entry = around.tools.entry(action)
    if entry is None and action.name in _LIGHT:
        return _looked(action, around) if action.name in _OPENS else EMPTY
    if entry is None:
        effect = join((_stranger(action), *carried(action, around, frozenset())))
        effect = join((effect, queried(action, around))) if effect.read_only else effect
    else:
        effect = join((mapped_effect(entry, action, around), *carried(action, around, entry.mentions)))
    if not texts(action.args)[1]:
        effect = join((effect, unknown(f"`{action.name}` is given more than is looked at")))
    judged = texts_of(action) if entry is None else entry.judged
    rest = {name: value for name, value in action.args.items() if name not in judged}
    found = reaches_gate(ToolAction(action.name, rest, action.cwd), around, changes=not effect.read_only)
    if not found and not effect.read_only:
        texts_to_run = {name: value for name, value in action.args.items() if name in judged}
        found = patches_gate(ToolAction(action.name, texts_to_run, action.cwd), around)
    found = (*found, *speaks_with_gate(action, around))
    return placeless(change(effect, evidence=(*effect.evidence, *found)) if found else effect)


def _looked(action: ToolAction, around: Surroundings) -> Effect:
    """Return the effect of a client's own tool that opens a file or an address: nothing, but for the gate's own."""
    found = reaches_gate(action, around, changes=False)
    if action.name not in _SEARCHES:
        found = (*found, *speaks_with_gate(action, around))
    return Effect(fx.READS, found) if found else EMPTY


def _stranger(action: ToolAction) -> Effect:
    """Return the effect of a tool that nobody described: by its name, and its server's hints (MCP, ToolAnnotations)."""
    hints = action.annotations
    reads, destroys = hints.get("readOnlyHint"), hints.get("destructiveHint")
    if destroys is True:
        why = f"the server of `{action.name}` says that it may destroy"
        return join((Effect(fx.CHANGES | fx.DESTROYS, (evidence(Workload.DESTRUCTIVE, why, None),)), _told(action)))
    if reads is not False and (looks(action.name) or (reads is True and not changes(action.name))):
        return _LOOK
    return _told(action)


def _told(action: ToolAction) -> Effect:
    return unknown(f"nobody told the gate what `{action.name}` does")
