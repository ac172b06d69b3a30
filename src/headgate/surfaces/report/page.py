"""A report as one page of HTML that asks nobody for anything: no script, no file beside it, no address."""

from importlib.resources import files
from xml.etree.ElementTree import Element

from headgate.surfaces.report.charts import Chart, Series, bars, columns
from headgate.surfaces.report.elements import add, table, written
from headgate.surfaces.report.model import Report, Run
from headgate.surfaces.report.times import ANSWERS
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

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_LOOKS = {"succeeded": "allow", "failed": "deny", "timed_out": "confirm", "cancelled": "held", "lost": "deny"}


def page(report: Report) -> str:
    """Return the page; it holds no text of a call that is not escaped."""
    root = Element("html", {"lang": "en"})
    name = f"Headgate report, {title(report)}"
    head = add(root, "head")
    add(head, "meta", charset="utf-8")
    add(head, "meta", http_equiv="Content-Security-Policy", content=_POLICY)
    add(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    add(head, "meta", name="referrer", content="no-referrer")
    add(head, "link", rel="icon", href="data:,")
    add(head, "title", name)
    add(head, "style", files("headgate.surfaces.report").joinpath("page.css").read_text("utf-8"))
    body = add(add(root, "body"), "main")
    add(body, "h1", "Headgate report")
    about = f"{title(report)} · made {moment(report.made)} of {report.read.in_period} entries · all times are UTC"
    add(body, "p", about, class_="soft")
    for warning in warnings(report):
        add(body, "p", warning, class_="loud", role="alert")
    _tiles(body, report)
    for part in (_heavy, _overrides, _approvals, _calls, _held, _retried, _machines, _refused, _jobs):
        part(add(body, "section"), report)
    return f"<!DOCTYPE html>\n{written(root)}\n"


def _tiles(body: Element, report: Report) -> None:
    tiles = add(body, "ul", class_="tiles")
    for value, label in (
        (percent(report.heavy.share), "of the main thread's heavy calls stayed off it"),
        (f"{report.calls.all}", "calls decided"),
        (seconds(report.held.seconds), "the main thread was held"),
        (f"{len(report.overrides)}", "overrides"),
        (f"{report.approvals.asked}", "questions to people"),
        (f"{report.jobs.started}", "jobs started"),
        (f"{report.machines.distinct}", "machines named"),
        (f"{report.refused_grants.all}", "refused grants"),
    ):
        tile = add(tiles, "li")
        add(tile, "strong", value)
        add(tile, "span", label)


def _heavy(part: Element, report: Report) -> None:
    heavy = report.heavy
    add(part, "h2", "Heavy work of the main thread")
    off = (
        ("delegated", "delegate", heavy.delegated),
        ("refused", "held", heavy.refused),
        ("a job, after a yes", "allow", heavy.approved_job),
        ("asked, and not run", "confirm", heavy.not_approved),
    )
    series = [Series(name, look, (float(count), 0.0)) for name, look, count in off]
    ran = Series("ran in it", "deny", (0.0, float(heavy.ran)))
    about = f"{heavy.off} of {heavy.calls} heavy calls stayed off the main thread, {heavy.ran} ran in it."
    if heavy.calls:
        places = ("stayed off it", "ran in it")
        bars(part, Chart("heavy", "Heavy calls of the main thread", about, places, (*series, ran)))
    else:
        add(part, "p", "There was none.", class_="soft")
    if heavy.because:
        table(part, ["#calls", "why they ran in the main thread"], [[one.calls, why(one)] for one in heavy.because])
        rows = [[moment(one.at), one.decision, one.session, one.command] for one in heavy.examples]
        table(part, ["when", "decision", "session", "$the latest of them"], rows)


def _overrides(part: Element, report: Report) -> None:
    add(part, "h2", "Overrides")
    rows = [
        [
            f"{row.id} BREAK-GLASS" if row.break_glass else row.id,
            f"{row.by or '?'} ({row.how or '?'})",
            row.reason,
            row.scope,
            f"{moment(row.granted)}; {end_of(row)}",
            uses_of(row),
            f"{counts(row.changed)}; rules {counts(row.lifted)}",
            " · ".join(shown(command, 100) for command in row.commands),
        ]
        for row in report.overrides
    ]
    heads = ["override", "by whom", "why", "scope", "granted, and its end", "#uses", "what it changed", "$commands"]
    table(part, heads, rows)


def _approvals(part: Element, report: Report) -> None:
    found = report.approvals
    add(part, "h2", "Questions to people")
    add(part, "p", f"{found.asked} asked, {found.wishes} of them for an override; {found.approved} approved, "
        f"{found.used} used, {found.refused} refused, {found.expired} expired, {found.open} still open. "
        f"The first answer came after {seconds(found.median_seconds)} (median).")  # fmt: skip
    rows = [[p.name, p.how, p.yes, p.no, seconds(p.median_seconds)] for p in found.people]
    table(part, ["who answered", "where", "#yes", "#no", "#after (median)"], rows)


def _calls(part: Element, report: Report) -> None:
    calls, slices = report.calls, report.over_time
    add(part, "h2", "Calls")
    places = tuple(moment(one.start) for one in slices)
    series = tuple(Series(name, name, tuple(float(getattr(one, name)) for one in slices)) for name in ANSWERS)
    about = f"{calls.all} calls by answer ({counts(calls.answers)}), in parts of {seconds(report.step)}, UTC."
    if slices:
        columns(part, Chart("calls", "Calls over time, by answer", about, places, series))
    threads = sorted({pair.partition("/")[0] for pair in calls.by_thread})
    rows = [[thread, *(calls.by_thread.get(f"{thread}/{answer}", 0) for answer in ANSWERS)] for thread in threads]
    table(part, ["thread", *(f"#{answer}" for answer in ANSWERS)], rows)
    if calls.undecided:
        add(part, "p", f"Messages refused without a decision: {counts(calls.undecided)}.")


def _held(part: Element, report: Report) -> None:
    held, slices = report.held, report.over_time
    add(part, "h2", "How long the main thread was held")
    untold = f" Of {held.untold} the client does not tell." if held.untold else ""
    about = f"{seconds(held.seconds)} in all, by {held.calls} calls, in parts of {seconds(report.step)}, UTC.{untold}"
    if held.seconds:
        places = tuple(moment(one.start) for one in slices)
        series = (Series("held", "held", tuple(one.held for one in slices)),)
        columns(part, Chart("held", "Seconds that the main thread was held, over time", about, places, series, seconds))
    else:
        add(part, "p", about)
    _runs(part, "Longest holds", report.held.longest)
    _runs(part, "Slowest calls and jobs", report.slowest)


def _runs(part: Element, name: str, runs: list[Run]) -> None:
    add(part, "h3", name)
    rows = [
        [seconds(run.seconds), f"job {run.job}" if run.kind == "job" else run.kind, "failed" if run.failed else "",
         moment(run.at), run.session, run.decision, run.command]
        for run in runs
    ]  # fmt: skip
    table(part, ["#took", "what", "end", "when", "session", "decision", "$command"], rows)


def _retried(part: Element, report: Report) -> None:
    found = report.retried
    add(part, "h2", "Refused, and tried again")
    add(part, "p", f"{found.refused} calls were refused. {found.again} calls repeated a refused one of their session "
        f"within ten minutes; {found.let_go} of these were let go.")  # fmt: skip
    rows = [[item.times, item.let_go, moment(item.at), item.session, item.command] for item in found.most]
    table(part, ["#again", "#let go", "first refused", "session", "$command"], rows)


def _machines(part: Element, report: Report) -> None:
    found = report.machines
    add(part, "h2", "Machines")
    kinds = [[e.environment, e.machines, e.calls, e.refused] for e in found.environments]
    table(part, ["environment", "#machines", "#calls", "#refused"], kinds)
    if found.most:
        rows = [[m.machine, m.environment, m.calls, m.refused] for m in found.most]
        table(part, ["machine", "environment", "#calls", "#refused"], rows)


def _refused(part: Element, report: Report) -> None:
    found = report.refused_grants
    add(part, "h2", "Refused grants")
    add(part, "p", f"{found.all} times somebody wanted to grant something, or to steer the gate, who may not.")
    rows = [[moment(r.at), r.what, r.why, r.uid, r.pid] for r in found.latest]
    if rows:
        table(part, ["when", "what", "why not", "#uid", "#pid"], rows)


def _jobs(part: Element, report: Report) -> None:
    jobs = report.jobs
    add(part, "h2", "Jobs")
    add(part, "p", f"{jobs.started} started, {jobs.handed_over} of them calls that outlived their budget; "
        f"{jobs.cancellations} were asked to end, {jobs.late} had been given up for lost and came back.")  # fmt: skip
    if jobs.ended:
        states = tuple(jobs.ended)
        series = tuple(
            Series(
                state.replace("_", " "),
                _LOOKS.get(state, "held"),
                tuple(float(n) if s == state else 0.0 for s, n in jobs.ended.items()),
            )
            for state in states
        )
        about = f"Jobs by how they ended: {counts(jobs.ended)}."
        bars(part, Chart("jobs", "How jobs ended", about, tuple(s.replace("_", " ") for s in states), series))
