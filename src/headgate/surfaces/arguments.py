"""What arguments of our commands mean: numbers of jobs, durations, patterns, states; each a type for `click`."""

import re

from headgate.decide.durations import duration
from headgate.model.errors import HeadgateError
from headgate.model.job import JobState

MOST = 2**53
"""The largest number that is looked for."""


def job_number(text: str) -> int:
    """Return the number of a job; raises `HeadgateError` HG130 where *text* is none."""
    return _number(text, "a job", "`headgate jobs` lists them")


def question_number(text: str) -> int:
    """Return the number of a question; raises `HeadgateError` HG130 where *text* is none."""
    return _number(text, "a question", "`headgate approvals` lists them")


def override_number(text: str) -> int:
    """Return the number of an override; raises `HeadgateError` HG130 where *text* is none."""
    return _number(text, "an override", "`headgate override list` lists them")


def _number(text: str, what: str, hint: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:20]) <= MOST):
        raise HeadgateError("HG130", f"`{text}` is not the number of {what}", hint)
    return int(text)


def lasting(text: str) -> float:
    """Return the seconds in `30s`, `10m`, `2h`, `1d` or a number; raises `HeadgateError` HG130 where it is none."""
    seconds = duration(text)
    if not seconds:
        raise HeadgateError("HG130", f"`{text}` is not a duration", "write it as 30s, 10m, 2h or 1d")
    return seconds


def pattern(text: str) -> re.Pattern[str]:
    """Return a regular expression, as Python writes them; raises `HeadgateError` HG130 where *text* is none."""
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        what = f"`{text}` is not a regular expression ({error})"
        raise HeadgateError("HG130", what, "put a backslash before what is meant as it stands") from None


def job_state(text: str) -> JobState:
    """Return the state of a job; raises `HeadgateError` HG130, which names them all, where there is none such."""
    try:
        return JobState(text.lower().replace("-", "_"))
    except ValueError:
        known = f"the states are {', '.join(JobState)}"
        raise HeadgateError("HG130", f"there is no state `{text}`", known) from None
