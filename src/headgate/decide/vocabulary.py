"""The words of the policy language: the keys of each table, and the values that are words."""

import re

from headgate.model.decision import Strictness

TOP = ("schema", "layer", "profile", "default", "settings", "sets", "inventory", "window", "rule", "invariant", "test")
LOOSENING = ("default", "settings", "inventory")
RULE = ("id", "decision", "when", "unless", "with", "reason", "hint", "match", "not_match")
WITH = ("budget", "max_run", "pool", "worker", "lease", "approvers", "approvals", "not_requester")
SETTINGS = (
    "comfort",
    "session_budget",
    "quick_wait",
    "mode",
    "approval",
    "override_max",
    "break_glass",
    "exec_gate",
    "at_start",
    "connections",
)
MOST_APPROVALS = 20
WINDOW = ("count", "over", "where")
INVARIANT = ("id", "given", "unless", "at_least", "then", "reason")
ENVIRONMENTS = ("prod", "staging", "dev")
WORKERS = ("command", "agent")
LEASES = ("machine", "environment")
PROFILES = ("strict", "balanced", "observe")
COUNTED = ("machines", "programs", "commands", "workload", "writes_files")
ANSWERS = {answer.word: answer for answer in Strictness}

WHAT = {
    "id": "its name: small letters, digits and dashes",
    "decision": "what it answers: allow, delegate, confirm or deny",
    "when": "tests on facts; all of them must hold",
    "unless": "exceptions: the rule is off where all of them hold",
    "with": "obligations that come with the answer",
    "reason": "one sentence that people and the model read",
    "hint": "what to do instead",
    "match": "calls that the rule must match: commands, or tables of facts",
    "not_match": "calls that the rule must not match",
    "budget": "how long an allowed call may hold the main thread; the shortest counts",
    "max_run": "how long a job may run; the shortest counts",
    "pool": "pools of workers that the rule accepts; what all rules accept counts, and none left is deny",
    "worker": "kinds of worker that the rule accepts: `command` runs the command, `agent` takes the task",
    "lease": "what the job has for itself while it runs: `machine`, `environment`",
    "approvers": "people or groups who have to say yes, each of them; those of all rules are asked",
    "approvals": "how many different people have to say yes; the greatest number counts",
    "not_requester": "`true`: whoever asks does not count among those who say yes",
}
"""What each key of a rule means; the reference is made of it."""

ID = re.compile(r"[a-z][a-z0-9-]*\Z")
"""The form of a rule's and of an invariant's id."""

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
"""The form of a window's name, which becomes a fact."""
