"""Score the installed Headgate, or any peer, on the labelled corpus of operations commands.

python corpus/score.py                                   # Headgate, in this process
python corpus/score.py --peer 'nah test --json --defaults {} | jq -r .decision'
python corpus/score.py --peer 'my-judge --stdin' --map block=deny,ask=confirm

A peer is a line of /bin/sh. `{}` stands for the command, as one argument that is quoted already; without it the
command comes on the standard input. The last line it prints is its answer: allow, delegate, confirm (ask) or deny
(block). Nothing of the corpus is ever run.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

from labels import HERE, USUAL_CWD, Line, WrongLine, commands, folder_of, sessions
from measures import Answer, differs, scores, sessions_right
from peers import WrongAnswer, ask_all, words_of

USER = "/home/user"
"""The home that the labels suppose; no file of the person who scores is read."""

ENDLESS = ("without an end", "without a bound", "until it is", "for ever", "opens a tunnel")
"""How the evidence of Headgate says that something does not end by itself."""


def main(arguments: list[str] | None = None) -> int:
    """Score and print; the status is 2 where something could not be scored."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--peer", metavar="LINE", help="a line of shell that judges one command; sessions are skipped")
    words.add_argument("--map", type=words_of, default={}, metavar="WORD=DECISION,…", help="what a peer's words mean")
    words.add_argument("--differences", action="store_true", help="list every difference")
    words.add_argument("--json", action="store_true", help="print one JSON object")
    words.add_argument("--corpus", type=Path, default=HERE, help="another folder of this form")
    given = words.parse_args(arguments)
    try:
        report = _report(given)
    except (WrongLine, WrongAnswer) as error:
        print(f"score: {error}", file=sys.stderr)
        return 2
    text = json.dumps(report, ensure_ascii=False) if given.json else _told(report, differences=given.differences)
    try:
        print(text, flush=True)
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _report(given: argparse.Namespace) -> dict[str, Any]:
    lines = commands(given.corpus)
    if not lines:
        raise WrongLine(f"{given.corpus}: there is no line in commands/*.jsonl")
    found = sessions(given.corpus)
    questions = [_question(line) for line in lines]
    answers: list[Any] = ask_all(given.peer, lines, given.map) if given.peer else headgate(questions)
    report = scores(lines, answers)
    report["differences"] = {
        line["id"]: {"command": line["command"], "wrong": wrong}
        for line, answer in zip(lines, answers, strict=True)
        if (wrong := differs(line, answer))
    }
    if not given.peer:
        report["sessions"] = sessions_right(found, [headgate(_steps(session)) for session in found])
    return report


def headgate(questions: list[Line]) -> list[Answer]:
    """Return what `headgate check --batch` answers to *questions*, in this process."""
    from headgate.host.home import Home  # noqa: PLC0415 a peer is scored without Headgate
    from headgate.surfaces.rehearsal import Rehearsal, batch  # noqa: PLC0415
    from headgate.wiring import shipped_policy, world  # noqa: PLC0415

    with _at_home(USER):
        rehearsal = Rehearsal(shipped_policy(), world(Home(Path(USER, ".local/state/headgate"))))
    out = BytesIO()
    batch(rehearsal, BytesIO("".join(json.dumps(question) + "\n" for question in questions).encode()), out)
    answers = [json.loads(line) for line in out.getvalue().splitlines()]
    return [answer | {"bounded": answer.get("bounded", _ends(answer))} for answer in answers]


@contextmanager
def _at_home(folder: str) -> Iterator[None]:
    """Live in *folder* for a while, so that `~` means the same for everybody who scores."""
    before = os.environ.get("HOME")
    os.environ["HOME"] = folder
    try:
        yield
    finally:
        del os.environ["HOME"]
        os.environ.update({} if before is None else {"HOME": before})


def _ends(answer: Answer) -> bool:
    """Say whether the evidence lets a command end by itself; Headgate states no such fact of its own."""
    if {"log-tail", "interactive"} & set(answer["workloads"]):
        return False
    said = [reason["message"] for reason in answer["reasons"] if reason["code"].startswith("HG2")]
    return not any(words in message for message in said for words in ENDLESS)


def _question(line: Line) -> Line:
    return {
        "id": line["id"],
        "command": line["command"],
        "cwd": folder_of(line),
        "thread": line.get("thread", "main"),
    }


def _steps(session: Line) -> list[Line]:
    return [
        {"id": number, "session": session["id"], "cwd": USUAL_CWD}
        | {name: step[name] for name in ("command", "at", "thread")}
        for number, step in enumerate(session["steps"])
    ]


def _told(report: dict[str, Any], *, differences: bool) -> str:
    shares = ("decisions right", "class sets right", "machine sets right", "bounded right")
    rows = [f"{report['commands']} commands"]
    rows += [f"  {name:<20} {_portion(*report[name])}" for name in shares if name in report]
    rows.append(f"  {'silent passes':<20} {_portion(len(report['silent passes']), report['of heavy'])}")
    rows.append(f"  {'false alarms':<20} {_portion(len(report['false alarms']), report['of light'])}")
    if "sessions" in report:
        right = sum(not wrong for wrong in report["sessions"].values())
        rows.append(f"  {'sessions right':<20} {_portion(right, len(report['sessions']))}")
    rows += ["", *_confused(report["confusion"])]
    if "classes" in report:
        rows += ["", f"{'class':<18}{'lines':>6}{'precision':>11}{'recall':>8}{'F1':>7}"]
        rows += [_class_row(name, found) for name, found in report["classes"].items()]
    return "\n".join([*rows, *(_differences(report) if differences else [])])


def _portion(part: int, whole: int) -> str:
    return f"{part:>5} of {whole:<5} {part / whole:7.2%}" if whole else f"{part:>5} of {whole}"


def _confused(table: dict[str, dict[str, int]]) -> list[str]:
    order = ("allow", "delegate", "confirm", "deny")
    rows = [f"{'labelled':<12}" + "".join(f"{name:>10}" for name in order)]
    return rows + [f"{want:<12}" + "".join(f"{table.get(want, {}).get(got, 0):>10}" for got in order) for want in order]


def _class_row(name: str, found: dict[str, float | None]) -> str:
    shares = [found["precision"], found["recall"], found["f1"]]
    cells = ["-" if share is None else f"{share:.3f}" for share in shares]
    return f"{name:<18}{found['lines']:>6}{cells[0]:>11}{cells[1]:>8}{cells[2]:>7}"


def _differences(report: dict[str, Any]) -> list[str]:
    rows = [""]
    for name, found in report["differences"].items():
        rows.append(f"{name}: {'; '.join(found['wrong'])}")
        rows += [f"    {row}" for row in found["command"].splitlines()]
    for name, wrong in report.get("sessions", {}).items():
        rows += [f"{name}: {what}" for what in wrong]
    return rows


if __name__ == "__main__":
    sys.exit(main())
