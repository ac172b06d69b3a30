"""The sentences that answers have in common."""

from collections.abc import Iterator

from headgate.enforce.ruling import Ruling
from headgate.model.action import Action, ShellAction, ToolAction, WriteAction
from headgate.model.decision import Strictness
from headgate.record.redact import redact
from headgate.record.visible import visible, whole

_MOST = 4
_DEEPEST = 6


def because(ruling: Ruling) -> str:
    """Return what the rules say, without the full stop at the end."""
    return " ".join(reason.message for reason in ruling.decision.reasons[:_MOST]).rstrip(".")


def observed(ruling: Ruling) -> str:
    """Return what a policy that only observes has to say: nothing where it would have let the call run anyway."""
    decision = ruling.decision
    if decision.strictness is Strictness.ALLOW:
        return ""
    return (
        f"headgate only observes (profile observe): NOTHING is enforced. This call would have been answered with "
        f"{decision.strictness.word} (decision {ruling.decision_id}: {because(ruling)})."
    )


def evidence_of(ruling: Ruling) -> str:
    """Return what the text shows, in brackets; nothing where it shows nothing."""
    shown = [f"{item.workload}: {item.message}" for item in ruling.facts.evidence[:_MOST]]
    return f" ({redact('; '.join(shown))})" if shown else ""


def where_of(ruling: Ruling) -> str:
    """Return where the action takes effect, in words."""
    facts = ruling.facts
    names = ", ".join(facts.machines) or ("a machine it does not name" if facts.remote else "this machine")
    return visible(f"{names} ({facts.environment})")


def from_of(ruling: Ruling) -> str:
    """Return the directory that the action starts in, in words."""
    return visible(ruling.action.cwd) or "an unknown directory"


def people_see(ruling: Ruling) -> str:
    """Return what would run, all of it as far as a person can read it, without secrets and nothing hidden."""
    kind, text = shown(ruling.action)
    match ruling.action:
        case ShellAction():
            return whole(redact(text))
        case WriteAction():
            return whole(redact(f"write {text}"))
        case ToolAction():
            return whole(redact(f"tool {kind} {text}"))


def shown(action: Action) -> tuple[str, str]:
    """Return the kind of *action* and the text that stands for it in front of people."""
    match action:
        case ShellAction(command):
            return "shell", command
        case WriteAction(path):
            return "write", path
        case ToolAction(name, args):
            return name, " ".join(_pairs("", args, _DEEPEST))


def _pairs(name: str, value: object, depth: int) -> Iterator[str]:
    """Yield each plain value in *value* with the name that leads to it, so that secrets are known by their names."""
    if isinstance(value, dict) and depth:
        for key, item in value.items():
            yield from _pairs(f"{name}.{key}" if name else str(key), item, depth - 1)
    elif isinstance(value, list) and depth and not all(isinstance(item, str | int | float) for item in value):
        for item in value:
            yield from _pairs(name, item, depth - 1)
    elif isinstance(value, list) and depth:
        yield f"{name}={' '.join(map(str, value))}"
    else:
        yield f"{name}={value if depth else '…'}"
