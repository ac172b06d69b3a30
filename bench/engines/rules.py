"""A policy of any number of rules in our language, always the same: ten general ones, then eight for each project."""

from collections.abc import Iterator

HEADER = """schema  = 1
layer   = "organisation"
default = "deny"

[sets]
estate = ["*.prod.example", "*.stg.example", "*.dev.example"]
"""

GENERAL = (
    """
decision = "allow"
when.thread = ["main", "background", "subagent", "worker"]
with.budget = "30s"
""",
    """
decision = "deny"
when.workload.any = "control-plane"
""",
    """
decision = "confirm"
when.workload.any = ["destructive"]
unless.override = true
with.approvers = ["owner"]
""",
    """
decision = "deny"
when.thread = ["main", "background"]
when.workload.any = ["interactive"]
""",
    """
decision = "delegate"
when.thread = ["main", "background"]
when.workload.any = ["multi-host", "remote-session", "transfer"]
with.max_run = "2h"
with.pool = ["batch", "deploy"]
""",
    """
decision = "delegate"
when.thread = "main"
when.workload.any = ["remote-probe"]
when.probes_recent.at_least = 4
with.max_run = "30m"
""",
    """
decision = "confirm"
when.changes = true
when.environment = "prod"
unless.override = true
with.approvers = ["release"]
""",
    """
decision = "confirm"
when.remote = true
unless.machines.only = "$estate"
""",
    """
decision = "confirm"
when.commands.any = ["terraform apply*", "terraform destroy*", "*--force*", "git push*--delete"]
with.approvers = ["owner"]
""",
    """
decision = "allow"
when.heavy = false
when.environment = ["dev", "local"]
with.budget = "2m"
""",
)
"""For every project: they hold for all of them."""

PROJECT = (
    """
decision = "confirm"
when.changes = true
when.machines.any = ["*.{name}.prod.example", "{name}-prod-*"]
unless.thread = "worker"
with.approvers = ["{name}"]
""",
    """
decision = "deny"
when.thread = "main"
when.workload.any = ["deploy", "restart"]
when.machines.any = ["*.{name}.prod.example"]
unless.override = true
""",
    """
decision = "delegate"
when.thread = ["main", "background"]
when.commands.any = ["deploy-{name} *", "make -C services/{name} *"]
with.max_run = "1h"
with.pool = ["deploy", "{name}"]
""",
    """
decision = "confirm"
when.commands.any = ["kubectl -n {name} delete*", "kubectl -n {name} drain*"]
with.approvers = ["oncall", "{name}"]
""",
    """
decision = "allow"
when.machines.only = ["*.{name}.dev.example", "{name}-dev"]
when.commands.none = ["sudo *", "ssh-keygen*"]
when.destroys = false
with.budget = "5m"
""",
    """
decision = "delegate"
when.machines.any = ["*.{name}.stg.example"]
when.steps.at_least = {few}
when.steps.below = 40
with.lease = ["machine"]
""",
    """
decision = "confirm"
when.environment = ["prod", "staging"]
when.commands.any = ["psql -h db.{name}*"]
unless.commands.only = ["psql -h db.{name}*--read-only"]
""",
    """
decision = "deny"
when.tool.glob = "mcp__{name}__*"
unless.client_rule = "none"
""",
)
"""For one project; one of the eight has a pattern with a star inside."""

WORDS = ("pay", "search", "mail", "auth", "media", "ledger", "maps", "ads", "core", "edge", "docs", "feed")


def project(number: int) -> str:
    """Return the name of a project."""
    return f"{WORDS[number % len(WORDS)]}{number}"


def policy_text(count: int) -> str:
    """Return the text of a policy of *count* rules."""
    bodies = _bodies()
    return HEADER + "".join(next(bodies) for _ in range(count))


def _bodies() -> Iterator[str]:
    for number, body in enumerate(GENERAL):
        yield _rule(f"general-{number}", body)
    at = 0
    while True:
        name = project(at)
        for number, body in enumerate(PROJECT):
            yield _rule(f"{name}-{number}", body.format(name=name, few=3 + at % 5))
        at += 1


def _rule(name: str, body: str) -> str:
    return f'\n[[rule]]\nid = "{name}"{body}reason = "The rule {name} speaks about this call."\n'


def projects(count: int) -> int:
    """Return how many projects a policy of *count* rules speaks of; at least a dozen, so that small ones see others."""
    return max(12, -(-(count - len(GENERAL)) // len(PROJECT)))
