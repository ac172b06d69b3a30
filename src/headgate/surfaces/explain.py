"""`headgate check` in words: the decision, the steps with their machines and classes, the evidence under the text."""

from collections.abc import Iterator, Sequence

from headgate.classify.steps import Step
from headgate.decide.rules import Mode
from headgate.model.facts import Evidence, Facts
from headgate.model.span import Span
from headgate.surfaces.in_force import OBSERVES
from headgate.surfaces.narrate import foretold
from headgate.surfaces.rehearsal import Verdict

MAX_SHOWN = 40
"""Steps of one action that are shown; a loop over many hosts has more."""

_WIDTH = 110


def explained(verdict: Verdict, text: str, steps: Sequence[Step]) -> str:
    """Return the story of one *verdict* on *text*, several lines long; *steps* are its commands in order."""
    decision = verdict.decision
    lines = [OBSERVES] if verdict.policy.mode is Mode.OBSERVE else []
    lines += [f"{decision.strictness.word}: {' '.join(reason.message for reason in decision.reasons)}"]
    lines += [f"  instead: {hint}" for hint in dict.fromkeys(reason.hint for reason in decision.reasons) if hint]
    lines += ["", *_table(steps)]
    for item in verdict.facts.evidence:
        lines += _evidence(item, text)
    lines += _whole(verdict)
    lines += [f"  unknown   {why}" for why in _unknown(verdict.facts)]
    return "\n".join(lines)


def _table(steps: Sequence[Step]) -> Iterator[str]:
    """Yield a line for each step, nested ones further in."""
    first = min((step.depth for step in steps), default=0)
    for step in steps[:MAX_SHOWN]:
        classes = ", ".join(step.workloads) or "light"
        indent = "  " * min(step.depth - first, 12)
        yield f"  {step.machine or 'here':<12} {indent}{_cut(step.text)}   [{classes}]"
    if len(steps) > MAX_SHOWN:
        yield f"  … and {len(steps) - MAX_SHOWN} more"
    if steps:
        yield ""


def _cut(text: str) -> str:
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _evidence(item: Evidence, text: str) -> Iterator[str]:
    yield f"  {item.code} {item.workload}: {item.message}"
    if item.span is not None:
        yield from _marked(text, item.span)


def _marked(text: str, span: Span) -> Iterator[str]:
    """Yield the line of *text* where *span* begins, with marks under it; a longer span is marked to the line's end."""
    begin = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", begin)
    line = text[begin:] if end < 0 else text[begin:end]
    left = span.start - begin
    right = max(left + 1, min(span.end - begin, len(line)))
    skip = max(0, min(left - 20, len(line) - _WIDTH))
    shown = line[skip : skip + _WIDTH]
    marks = " " * (left - skip) + "^" * max(1, min(right - skip, len(shown)) - (left - skip))
    more = " …" if end >= 0 and span.end > end else ""
    yield "    " + shown.replace("\t", " ")
    yield "    " + marks + more


def _whole(verdict: Verdict) -> Iterator[str]:
    """Yield what is said of the action as a whole."""
    facts, decision = verdict.facts, verdict.decision
    yield f"  classes   {', '.join(facts.workloads) or 'light'}"
    unnamed = "not named" if facts.remote else "this machine"
    yield f"  machines  {', '.join(facts.machines) or unnamed} ({facts.environment})"
    yield f"  steps     {facts.steps}; rules {', '.join(decision.rules) or 'none'}"
    yield from (f"  rule      {reason.code}: {reason.source}" for reason in decision.reasons if reason.source)
    yield f"  time      {foretold(facts.estimate, facts.estimate_from)}"
    if decision.terms.budget is not None and decision.strictness == 0:
        yield f"  budget    {decision.terms.budget:g} s of the main thread"
    for script in facts.scripts:
        yield f"  read      {script.path} (sha256 {script.sha256[:12]})"


def _unknown(facts: Facts) -> Iterator[str]:
    """Yield what stayed unknown, and why."""
    yield from dict.fromkeys(facts.opaque_because)
    if facts.remote and not facts.machines:
        yield "which machine: the text does not name it"
    if facts.environment == "unknown":
        yield "the environment: no pattern of an inventory fits the machine"
