"""Events of the journal in words."""

from datetime import UTC, datetime

from headgate.model.decision import Reason, Terms
from headgate.record.events import (
    CallEnded,
    ConfigurationRead,
    DaemonStarted,
    DaemonStopped,
    Decided,
    Event,
    JobCancelled,
    JobEnded,
    JobHandedOver,
    JobStarted,
    PolicyLoaded,
    Refused,
    SlotReleased,
)
from headgate.record.reading import Unread
from headgate.surfaces.journal_words import journal_words
from headgate.surfaces.narrate_grants import granting
from headgate.surfaces.narrate_starts import starting
from headgate.surfaces.policy_words import terms_words
from headgate.workers.digest import lasting, one_line
from headgate.workers.lines import size


def line(name: str, event: Event | Unread) -> str:
    """Return *event*, known as *name*, on one line."""
    return f"{_time(event.at)}  {name}  {_said(event)}"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _said(event: Event | Unread) -> str:
    match event:
        case Decided():
            classes = f" [{', '.join(event.workloads)}]" if event.workloads else ""
            lifted = f" (override {event.override}: not {event.without})" if event.override else ""
            loose = "NOT ENFORCED (observe) " if event.mode == "observe" else ""
            return f"{event.decision:<8} {event.caller.thread:<8} {loose}{one_line(event.command, 90)}{classes}{lifted}"
        case Refused(client=client, code=code, message=message):
            return f"refused  {client}: {code} {message}"
        case Unread():
            return journal_words(event)
        case _:
            return granting(event) or starting(event) or _worked(event)


def _worked(event: Event) -> str:
    """Return what happened to a job."""
    match event:
        case JobStarted(job=job, decision=decision):
            return f"job {job} started (decision {decision})"
        case JobHandedOver(job=job, decision=decision, shown=shown):
            seen = f"after {size(shown)} of output (decision {decision})"
            return f"job {job}: a call outlived its budget and was handed over, alive, {seen}"
        case JobEnded(job=job, state=state, exit_code=code, seconds=seconds):
            status = "" if code is None else f", exit status {code}"
            sure = f" ({event.remote})" if event.remote else ""
            late = "; it had been given up for lost before" if event.late else ""
            return f"job {job} {state.replace('_', ' ')}{sure} after {lasting(seconds)}{status}{late}"
        case JobCancelled(job=job, by=by):
            return f"job {job}: someone asked to end it ({by})"
        case SlotReleased(kind=kind, name=name):
            return f"someone gave back the {kind} {name}, which a lost job still had for itself"
        case _:
            return _life(event)


def _life(event: Event) -> str:
    match event:
        case CallEnded(call_id=call, failed=failed, seconds=seconds):
            held = "" if seconds is None else f" after {lasting(seconds)}"
            return f"call {call} {'failed' if failed else 'ended'}{held}"
        case DaemonStarted(pid=pid, version=version, policy=policy):
            return f"daemon {version} started, pid {pid}, policy {policy[:12]}"
        case DaemonStopped(pid=pid):
            return f"daemon stopped, pid {pid}"
        case PolicyLoaded():
            return _policy(event)
        case ConfigurationRead(files=files, mistakes=mistakes):
            named = ", ".join(f"{path} ({digest[:12]})" for path, digest in files) or "no file"
            wrong = f"; a new version is WRONG and not used: {one_line(mistakes, 300)}" if mistakes else ""
            return f"configuration {named}{wrong}"
        case _:
            return journal_words(event)


def _policy(event: PolicyLoaded) -> str:
    """Return what came into force, where, and what changed."""
    parts = ", ".join(f"{layer} {file} ({digest[:12]})" for layer, file, digest in event.parts)
    where = f" in {', '.join(event.folders)}" if event.folders else ""
    loose = " OBSERVE: NOTHING IS ENFORCED;" if event.mode == "observe" else ""
    changed = f"; {len(event.changes)} changes: {one_line('; '.join(event.changes), 300)}" if event.changes else ""
    wrong = f"; a new version is WRONG and not used: {one_line(event.mistakes, 300)}" if event.mistakes else ""
    return f"policy {event.policy[:12]}{where}:{loose} {parts}{changed}{wrong}"


def foretold(estimate: float | None, source: str) -> str:
    """Return how long something was expected to take, and how that is known."""
    return "not known" if estimate is None else f"about {lasting(estimate)} ({source})"


def story(name: str, event: Decided) -> str:
    """Return the story of one decision, several lines long."""
    then = f" (a yes grants: {event.then})" if event.then else ""
    lines = [
        f"decision  {name}: {event.decision}{then}",
        f"when      {_time(event.at)} UTC",
        f"who       {event.caller.client}, session {event.caller.session}, {event.caller.thread} thread",
        f"what      {one_line(event.command, 500)}",
        f"where     {', '.join(event.machines) or 'this machine'} ({event.environment}), from {event.cwd or '?'}",
        f"classes   {', '.join(event.workloads) or 'light'}",
        f"time      {foretold(event.estimate, event.estimate_from)}",
    ]
    if event.within:
        lines.append(f"within    call {event.within} started this by itself")
    if event.override:
        lifted = ", ".join(event.lifted) or "no rule, but its terms"
        lines.append(f"override  {event.override} changed this from {event.without}: it lifts {lifted}")
    if event.approval:
        lines.append(f"question  {event.approval}")
    lines += [f"because   {reason.code}: {reason.message}{_from(reason)}" for reason in event.reasons]
    lines += [f"evidence  {item.code} {item.workload}: {item.message}" for item in event.evidence]
    enforced = "OBSERVED ONLY, nothing was enforced" if event.mode == "observe" else event.enforced
    lines += [f"terms     {'; '.join(terms_words(event.terms))}"] if event.terms != Terms() else []
    lines.append(f"how       {enforced}; rules {', '.join(event.rules)}; policy {event.policy[:12]}")
    return "\n".join(lines)


def _from(reason: Reason) -> str:
    return f" ({reason.source})" if reason.source else ""
