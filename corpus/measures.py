"""Numbers from labelled lines and the answers to them."""

from collections.abc import Iterable
from typing import Any

from labels import HEAVY, WORKLOADS, Line

Answer = dict[str, Any]
"""What was answered to one line: `decision`; from Headgate also `workloads`, `machines`, `bounded`."""


def scores(lines: list[Line], answers: list[Answer]) -> dict[str, Any]:
    """Return the numbers over *lines* and their *answers*, which come in the same order."""
    pairs = list(zip(lines, answers, strict=True))
    found: dict[str, Any] = {
        "commands": len(pairs),
        "decisions right": _share([answer["decision"] == line["main"] for line, answer in pairs]),
        "silent passes": [line["id"] for line, answer in pairs if silent_pass(line, answer)],
        "false alarms": [line["id"] for line, answer in pairs if false_alarm(line, answer)],
        "of heavy": sum(line["main"] != "allow" for line in lines),
        "of light": sum(line["main"] == "allow" for line in lines),
        "confusion": _confusion(pairs),
    }
    if not all("workloads" in answer for answer in answers):
        return found
    known = [(line, answer) for line, answer in pairs if line["bounded"] is not None]
    return found | {
        "class sets right": _share([class_set_right(line, answer) for line, answer in pairs]),
        "machine sets right": _share([machines_right(line, answer) for line, answer in pairs]),
        "bounded right": _share([line["bounded"] == answer["bounded"] for line, answer in known]),
        "classes": {name: _of_class(name, pairs) for name in WORKLOADS},
    }


def silent_pass(line: Line, answer: Answer) -> bool:
    """Say whether work that must not simply run would have run without a word."""
    return bool(line["main"] != "allow" and answer["decision"] == "allow")


def false_alarm(line: Line, answer: Answer) -> bool:
    """Say whether work that is free to run was held up."""
    return bool(line["main"] == "allow" and answer["decision"] != "allow")


def left_open_of(line: Line) -> set[str]:
    """Return the classes that count neither way: those of `open`, and a probe beside heavier work."""
    beside = {"remote-probe"} if HEAVY & set(line["workloads"]) else set()
    return {*line.get("open", []), *beside}


def class_set_right(line: Line, answer: Answer) -> bool:
    """Say whether the classes are the labelled ones; those left open count neither way."""
    left_open = left_open_of(line)
    return set(line["workloads"]) - left_open == set(answer["workloads"]) - left_open


def machines_right(line: Line, answer: Answer) -> bool:
    """Say whether exactly the labelled machines are named."""
    return set(line["machines"]) == set(answer["machines"])


def differs(line: Line, answer: Answer) -> list[str]:
    """Return what an *answer* has wrong, field by field, for people."""
    found = []
    if answer["decision"] != line["main"]:
        found.append(f"decision {answer['decision']}, expected {line['main']}")
    if "workloads" not in answer:
        return found
    if not class_set_right(line, answer):
        counted = [set(names) - left_open_of(line) for names in (answer["workloads"], line["workloads"])]
        found.append(f"classes {_listed(counted[0])}, expected {_listed(counted[1])}")
    if not machines_right(line, answer):
        found.append(f"machines {_listed(answer['machines'])}, expected {_listed(line['machines'])}")
    if line["bounded"] not in (None, answer["bounded"]):
        found.append(f"bounded {answer['bounded']}, expected {line['bounded']}")
    return found


def sessions_right(sessions: list[Line], answers: list[list[Answer]]) -> dict[str, list[str]]:
    """Return for each session, by its id, what is wrong with it; an empty list where nothing is."""
    return {
        session["id"]: [
            f"step {number}: {what}"
            for number, (step, answer) in enumerate(zip(session["steps"], found, strict=True), 1)
            for what in _step_differs(step, answer)
        ]
        for session, found in zip(sessions, answers, strict=True)
    }


def _step_differs(step: Line, answer: Answer) -> list[str]:
    found = []
    if answer["decision"] != step["main"]:
        found.append(f"decision {answer['decision']}, expected {step['main']}")
    if "workloads" in step and set(step["workloads"]) != set(answer["workloads"]):
        found.append(f"classes {_listed(answer['workloads'])}, expected {_listed(step['workloads'])}")
    return found


def _listed(names: Iterable[str]) -> str:
    return "+".join(sorted(names)) or "none"


def _share(right: list[bool]) -> list[int]:
    return [sum(right), len(right)]


def _confusion(pairs: list[tuple[Line, Answer]]) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for line, answer in pairs:
        row = table.setdefault(line["main"], {})
        row[answer["decision"]] = row.get(answer["decision"], 0) + 1
    return table


def _of_class(name: str, pairs: list[tuple[Line, Answer]]) -> dict[str, float | int | None]:
    """Return precision, recall and F1 of one class; lines that leave it open are passed over."""
    counted = [
        (name in line["workloads"], name in answer["workloads"])
        for line, answer in pairs
        if name not in left_open_of(line)
    ]
    both = sum(want and got for want, got in counted)
    wanted, given = sum(want for want, _ in counted), sum(got for _, got in counted)
    precision = both / given if given else None
    recall = both / wanted if wanted else None
    f1 = 2 * both / (wanted + given) if wanted + given else None
    return {"lines": wanted, "precision": precision, "recall": recall, "f1": f1}
