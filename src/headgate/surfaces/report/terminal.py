"""A report for a terminal: plain text, at most 100 columns."""

import textwrap
from collections.abc import Iterator, Sequence

from headgate.surfaces.report.model import Report, Run
from headgate.surfaces.report.words import (
    counts,
    end_of,
    moment,
    percent,
    seconds,
    shown,
    title,
    uses_of,
    warnings,
    why,
)

WIDTH = 100
_INDENT = 2
_LABEL = 22


def lines(report: Report) -> Iterator[str]:
    """Yield the lines of *report*; times are UTC."""
    yield from _wrapped("Headgate report, ", title(report))
    yield f"made {moment(report.made)} UTC of {report.read.in_period} entries; all times are UTC"
    for warning in warnings(report):
        yield from _wrapped("!! ", warning)
    for part in (_calls, _heavy, _overrides, _approvals, _held, _slowest, _retried, _machines, _refused, _jobs):
        yield ""
        yield from part(report)


def _wrapped(head: str, text: str, rest: int | None = None) -> list[str]:
    indent = " " * (len(head) if rest is None else rest)
    return textwrap.wrap(text, WIDTH, initial_indent=head, subsequent_indent=indent) or [head.rstrip()]


def _row(label: str, text: str) -> list[str]:
    head = f"  {label:<{_LABEL}}"
    return _wrapped(head, text)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield *rows*, the first of them the heads; the last column takes what is left."""
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]) - 1)]
    for row in rows:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)]
        head = " " * _INDENT + "  ".join(cells) + "  "
        yield (head + shown(row[-1], max(20, WIDTH - len(head)))).rstrip()


def _calls(report: Report) -> Iterator[str]:
    calls = report.calls
    yield f"CALLS  {calls.all}"
    yield from _row("by answer", counts(calls.answers))
    yield from _row("by thread", counts(calls.threads))
    yield from _row("by client", counts(calls.clients))
    if calls.undecided:
        yield from _row("refused undecided", counts(calls.undecided))


def _heavy(report: Report) -> Iterator[str]:
    heavy = report.heavy
    yield f"HEAVY WORK OF THE MAIN THREAD  {percent(heavy.share)} stayed off it ({heavy.off} of {heavy.calls} calls)"
    yield from _row("delegated", str(heavy.delegated))
    yield from _row("refused", str(heavy.refused))
    yield from _row("a job, after a yes", str(heavy.approved_job))
    yield from _row("asked, and not run", str(heavy.not_approved))
    yield from _row("RAN IN IT", str(heavy.ran))
    for ran in heavy.because:
        yield from _row(f"  {ran.calls}", why(ran))
    if heavy.examples:
        rows = [[moment(item.at), item.decision, item.command] for item in heavy.examples]
        yield from _table([["when", "decision", "ran in the main thread"], *rows])


def _overrides(report: Report) -> Iterator[str]:
    yield f"OVERRIDES  {len(report.overrides)}"
    for row in report.overrides:
        loud = "BREAK-GLASS " if row.break_glass else ""
        yield from _wrapped(
            f"  {loud}{row.id}  ", f"{shown(row.by, 60)} ({row.how or '?'}): {shown(row.reason, 400)}", 6
        )
        yield from _row("  scope", shown(row.scope, 400))
        yield from _row("  granted", f"{moment(row.granted)}; {end_of(row)}")
        yield from _row("  decisions changed", f"{uses_of(row)}: {counts(row.changed)}")
        for command in row.commands:
            yield from _row("", shown(command, WIDTH - _LABEL - 3))


def _approvals(report: Report) -> Iterator[str]:
    found = report.approvals
    yield f"APPROVALS  {found.asked} asked"
    said = {
        "approved": found.approved,
        "refused": found.refused,
        "used": found.used,
        "expired": found.expired,
        "open": found.open,
        "asked for an override": found.wishes,
    }
    yield from _row("became", counts(said))
    yield from _row("first answer after", f"{seconds(found.median_seconds)} (median)")
    rows = [[shown(p.name, 30), p.how, str(p.yes), str(p.no), seconds(p.median_seconds)] for p in found.people]
    if rows:
        yield from _table([["who", "where", "yes", "no", "after (median)"], *rows])


def _held(report: Report) -> Iterator[str]:
    held = report.held
    untold = f"; of {held.untold} the client does not tell" if held.untold else ""
    yield f"MAIN THREAD HELD  {seconds(held.seconds)} by {held.calls} calls{untold}"
    yield from _runs(held.longest)


def _slowest(report: Report) -> Iterator[str]:
    yield "SLOWEST CALLS AND JOBS"
    yield from _runs(report.slowest)


def _runs(runs: Sequence[Run]) -> Iterator[str]:
    if runs:
        rows = [[seconds(run.seconds), _kind(run), moment(run.at), run.decision, run.command] for run in runs]
        yield from _table([["took", "what", "ended", "decision", "command"], *rows])


def _kind(run: Run) -> str:
    return (f"job {run.job}" if run.kind == "job" else run.kind) + (", failed" if run.failed else "")


def _retried(report: Report) -> Iterator[str]:
    found = report.retried
    yield f"REFUSED CALLS  {found.refused}; made again within 10 m: {found.again}, of these let go: {found.let_go}"
    rows = [[str(item.times), str(item.let_go), moment(item.at), item.command] for item in found.most]
    if rows:
        yield from _table([["again", "let go", "first refused", "command"], *rows])


def _machines(report: Report) -> Iterator[str]:
    found = report.machines
    yield f"MACHINES  {found.distinct} named by calls"
    if found.most:
        kinds = [[e.environment, str(e.machines), str(e.calls), str(e.refused)] for e in found.environments]
        yield from _table([["environment", "machines", "calls", "refused"], *kinds])
        rows = [[str(m.calls), str(m.refused), m.environment, m.machine] for m in found.most]
        yield from _table([["calls", "refused", "environment", "machine"], *rows])


def _refused(report: Report) -> Iterator[str]:
    found = report.refused_grants
    yield f"REFUSED GRANTS  {found.all}"
    rows = [[moment(r.at), f"uid {r.uid}", f"pid {r.pid}", f"{r.what}: {r.why}"] for r in found.latest]
    if rows:
        yield from _table([["when", "by", "", "what, and why not"], *rows])


def _jobs(report: Report) -> Iterator[str]:
    jobs = report.jobs
    yield f"JOBS  {jobs.started} started, {jobs.handed_over} of them calls that outlived their budget"
    yield from _row("ended", counts(jobs.ended))
    if jobs.cancellations or jobs.late:
        yield from _row("asked to end", str(jobs.cancellations))
        yield from _row("lost, and came back", str(jobs.late))
