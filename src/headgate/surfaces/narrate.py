"""Events of the journal in words."""

from datetime import UTC, datetime

from headgate.record.events import (
    CallEnded,
    ConfigurationRead,
    DaemonStarted,
    DaemonStopped,
    Decided,
    Event,
    JobCancelled,
    JobEnded,
    JobStarted,
    Refused,
)
from headgate.workers.digest import lasting, one_line


def line(name: str, event: Event) -> str:
    """Return *event*, known as *name*, on one line."""
    return f"{_time(event.at)}  {name}  {_said(event)}"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _said(event: Event) -> str:
    match event:
        case Decided():
            classes = f" [{', '.join(event.workloads)}]" if event.workloads else ""
            return f"{event.decision:<8} {event.caller.thread:<8} {one_line(event.command, 90)}{classes}"
        case Refused(client=client, code=code, message=message):
            return f"refused  {client}: {code} {message}"
        case JobStarted(job=job, decision=decision):
            return f"job {job} started (decision {decision})"
        case JobEnded(job=job, state=state, exit_code=code, seconds=seconds):
            status = "" if code is None else f", exit status {code}"
            return f"job {job} {state} after {lasting(seconds)}{status}"
        case JobCancelled(job=job, by=by):
            return f"job {job}: someone asked to end it ({by})"
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
        case ConfigurationRead(files=files, mistakes=mistakes):
            named = ", ".join(f"{path} ({digest[:12]})" for path, digest in files) or "no file"
            wrong = f"; a new version is WRONG and not used: {one_line(mistakes, 300)}" if mistakes else ""
            return f"configuration {named}{wrong}"
        case _:
            return type(event).__name__


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
    lines += [f"because   {reason.code}: {reason.message}" for reason in event.reasons]
    lines += [f"evidence  {item.code} {item.workload}: {item.message}" for item in event.evidence]
    lines.append(f"how       {event.enforced}; rules {', '.join(event.rules)}; policy {event.policy[:12]}")
    return "\n".join(lines)
