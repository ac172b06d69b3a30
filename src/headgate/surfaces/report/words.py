"""Numbers, times and texts as people read them: bounded, on one line, without marks that a screen would obey."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from headgate.surfaces.report.model import Exempted, Ran, Report
from headgate.workers.lines import lasting, one_line, plain

_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of what follows them."""

NOTHING = "–"


def shown(text: str, most: int) -> str:
    """Return *text* on one line, in at most *most* characters."""
    return one_line(_TURNS.sub("", plain(text)), most) or NOTHING


def moment(at: float | None) -> str:
    """Return a time, in UTC, to the minute."""
    if at is None:
        return NOTHING
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")
    except (ValueError, OverflowError, OSError):
        return NOTHING


def percent(share: float | None) -> str:
    """Return a share in per cent, never rounded up to all of it."""
    if share is None:
        return NOTHING
    return "100 %" if share == 1 else f"{min(share * 100, 99.9):.1f} %"


def seconds(value: float | None) -> str:
    """Return a duration."""
    return NOTHING if value is None else lasting(value)


def counts(found: Mapping[str, int]) -> str:
    """Return *found* as `3 this, 1 that`, without what is 0."""
    return ", ".join(f"{count} {shown(name, 60).replace('_', ' ')}" for name, count in found.items() if count) or "none"


def why(ran: Ran) -> str:
    """Return why heavy calls ran in the main thread."""
    match ran.why:
        case "override":
            return f"override {ran.which}"
        case "approval":
            return f"a person approved it (question {ran.which})" if ran.which else "a person approved it"
        case "observe":
            return "the policy only observes: nothing was enforced"
        case _:
            return f"the rules allow it: {shown(ran.which, 200)}"


def end_of(row: Exempted) -> str:
    """Return how an override ended, or until when it stands."""
    if row.end:
        by = f" by {shown(row.ended_by, 60)}" if row.ended_by else ""
        return f"{row.end}{by}, {moment(row.ended)}"
    return f"no end is recorded; it expires {moment(row.expires)}"


def uses_of(row: Exempted) -> str:
    """Return how often an override was used."""
    return f"{row.used}" + (f" of {row.allowed_uses}" if row.allowed_uses is not None else "")


def title(report: Report) -> str:
    """Return what the report is about."""
    whose = f", session {shown(report.session, 80)}" if report.session else ""
    return f"{moment(report.since)} to {moment(report.until)} UTC{whose}"


def warnings(report: Report) -> list[str]:
    """Return what must not be overlooked."""
    found = [
        f"BREAK-GLASS: override {row.id} lifts EVERYTHING that may be lifted; by {shown(row.by, 60)}: "
        f"{shown(row.reason, 200)} (changed {row.used} decisions; {end_of(row)})"
        for row in report.overrides
        if row.break_glass
    ]
    calls = report.calls
    if calls.observed:
        found.append(f"OBSERVE: NOTHING WAS ENFORCED for {calls.observed} of {calls.all} calls")
    read = report.read
    found += [
        f"JOURNAL: it did not end as it was signed: {shown(why, 200)}; run `headgate verify`" for why in read.flaws
    ]
    if (read.forgotten_before or 0.0) > report.since:
        found.append(f"what was before {moment(read.forgotten_before)} may be deleted, and is not counted")
    if read.newer or read.unknown:
        found.append(
            f"{read.newer + read.unknown} entries are of a later version and were not counted; use that version"
        )
    if read.unreadable:
        found.append(f"{read.unreadable} entries cannot be read and were not counted; see `headgate verify`")
    return found
