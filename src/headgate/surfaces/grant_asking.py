"""The side of the commands that only a person may give: a passphrase is typed at the terminal, and nowhere else."""

import time
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from headgate.host.home import Home
from headgate.model.approval import Approval, ApprovalState
from headgate.model.errors import HeadgateError
from headgate.model.override import Standing
from headgate.record.visible import under, visible
from headgate.surfaces.client import ask
from headgate.surfaces.scope_words import scope_words
from headgate.workers.lines import lasting

NEEDED = "HG608"


def ask_as_person(home: Home, request: dict[str, object]) -> dict[str, object]:
    """Return the daemon's answer; where it wants the person's passphrase, that is typed first, unseen.

    Raises `HeadgateError` where the answer is an error, HG608 where there is no terminal to type at.
    """
    try:
        return ask(home, request)
    except HeadgateError as error:
        if error.code != NEEDED or not _terminal():
            raise
    typed = click.prompt("Passphrase", hide_input=True, err=True)
    return ask(home, request | {"passphrase": typed})


def _terminal() -> bool:
    try:
        with Path("/dev/tty").open("rb"):
            return True
    except OSError:
        return False


def moment_words(at: float) -> str:
    """Return a time for people, in UTC, with how far it is from now."""
    left = at - time.time()
    when = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{when} (in {lasting(left)})" if left > 0 else f"{when} (over)"


def question_words(question: Approval) -> list[str]:
    """Return one question, several lines long: what runs, where, why, what a yes grants, what a no does."""
    caller = question.caller
    asks = f"{caller.client}, {caller.thread} thread, session {caller.session}, user {question.requester or '?'}"
    lines = [
        f"question {question.id}  {question.state}",
        f"  what   {_seen(question.what)}",
        f"  where  {_seen(question.where)}",
        f"  why    {_seen(question.why)}",
        f"  asks   {_seen(asks)}",
        *(f"  who    {line}" for line in who_words(question)),
        f"  yes    {grants_words(question)}",
        "  no     nothing runs, and the model is told the reason",
        f"  until  {moment_words(question.expires)}",
    ]
    lines += [
        f"  {'yes' if said.yes else 'no':<5}  {said.by.name} ({said.by.how}){f': {said.reason}' if said.reason else ''}"
        for said in question.answers
    ]
    if question.state is ApprovalState.PENDING:
        lines.append(f"  answer headgate approve {question.id}  ·  headgate refuse {question.id} --reason '…'")
    return lines


def _seen(text: str) -> str:
    return under(visible(text), " " * 7)


def who_words(question: Approval) -> list[str]:
    """Return who has to say yes, a line each."""
    needs = question.needs
    lines = [f"{name} must say yes" for name in needs.approvers]
    if needs.count > 1:
        lines.append(f"{needs.count} different people must say yes")
    if needs.others:
        lines.append(f"{question.requester} does not count")
    missing = question.missing()
    return [*lines, f"still missing: {', '.join(missing)}"] if lines and missing else lines


def grants_words(question: Approval) -> str:
    """Return what a yes grants, in words."""
    grants = question.grants
    if question.scope is not None:
        uses = "any number of" if question.uses is None else str(question.uses)
        return f"an override for {lasting(question.wanted)}, {uses} uses: {scope_words(question.scope)}"
    if grants.answer == "delegate":
        most = f", for at most {lasting(grants.max_run)}" if grants.max_run else ""
        return f"exactly this runs once, as a job of a worker of pool {grants.pool}{most}; nothing else is granted"
    most = f", for at most {lasting(grants.budget)}" if grants.budget else ""
    return f"exactly this runs once, in the thread that asks{most}; nothing else is granted"


def question_of(answer: dict[str, object]) -> Approval:
    """Return the question in the daemon's answer."""
    return msgspec.convert(answer["approval"], Approval)


def override_words(standing: Standing) -> list[str]:
    """Return one override, several lines long."""
    override = standing.override
    asked = f", question {override.approval}" if override.approval else ""
    uses = f"{standing.used} of {override.uses}" if override.uses is not None else f"{standing.used}, without limit"
    state = standing.ended or ("BREAK-GLASS, stands" if override.scope.everything else "stands")
    return [
        f"override {override.id}  {state}",
        f"  covers {scope_words(override.scope)}",
        f"  reason {override.reason}",
        f"  by     {override.by.name} ({override.by.how}){asked}",
        f"  uses   {uses}",
        f"  until  {moment_words(override.expires)}",
    ]
