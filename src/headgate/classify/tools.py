"""Facts of actions that are not shell texts: file writes and other named tools."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, Effect, evidence
from headgate.classify.paths import absolute
from headgate.classify.shell.guard import guarded_write
from headgate.classify.surroundings import Surroundings
from headgate.model.action import ToolAction, WriteAction
from headgate.model.facts import Workload

_LOOKING = re.compile(
    r"(?:^|_|-|\b)(?:get|list|read|search|find|query|fetch|describe|show|view|lookup|resolve|browse|status|count|check)"
    r"(?:$|_|-|[A-Z])"
)


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


def write_effect(action: WriteAction, around: Surroundings) -> Effect:
    """Return the effect of a file that the client itself writes."""
    where = absolute(action.path, action.cwd, around.home)
    return Effect(fx.CHANGES, tuple(guarded_write(around, where, None)), writes=(where or action.path,), steps=1)


def tool_effect(action: ToolAction) -> Effect:
    """Return the effect of a tool that nobody described: by its name it looks, or it is `opaque`."""
    if action.name in _LIGHT:
        return EMPTY
    shell = action.args.get("command", action.args.get("cmd"))
    name = action.name.rpartition("__")[2]
    if shell is None and _LOOKING.search(name):
        return EMPTY
    return Effect(
        fx.UNSURE, (evidence(Workload.OPAQUE, f"nobody told the gate what `{action.name}` does", None),), steps=1
    )
