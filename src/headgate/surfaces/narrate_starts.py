"""What calls started by themselves, in words."""

from headgate.record.events import CallStopped, CommandGuarded, Event, ProgramsStarted
from headgate.workers.lines import one_line

_NAMED = 3


def starting(event: Event) -> str:
    """Return what *event* says of starts; empty for any other."""
    match event:
        case ProgramsStarted(decision=decision, total=total, programs=programs, job=job):
            named = ", ".join(one_line(command, 40) for command, _ in programs[:_NAMED])
            more = ", …" if len(programs) > _NAMED else ""
            what = f"job {job}" if job else f"call {decision}"
            return f"{what} started {total} programs by itself: {named}{more}"
        case CallStopped(decision=decision, job=0):
            return f"call {decision} opened a connection by itself that is work for a worker: it was ended"
        case CallStopped(decision=decision, job=job, moved=moved):
            how = f"it was moved to job {job} as a whole" if moved else f"it was ended; job {job} does that"
            return f"call {decision} started heavy work by itself: {how}"
        case CommandGuarded(command=command, cwd=cwd):
            return f"guard: {one_line(command, 90)}, from {cwd}"
        case _:
            return ""
