"""The labelled corpus: its form, its labels, its data sheet, its scorer, and what Headgate makes of it."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from headgate.classify import Inventory
from headgate.decide.evaluate import decide
from headgate.decide.schema import Situation
from headgate.model.action import Thread
from headgate.model.facts import Facts, Workload
from headgate.wiring import shipped_policy
from labels import HERE, WORKLOADS, WrongLine, commands, folder_of, known_misses, sessions
from measures import scores, sessions_right
from peers import WrongAnswer, ask, words_of
from score import headgate, main

COMMANDS = commands()
SESSIONS = sessions()
LEAST_COMMANDS = 1000
LEAST_SESSIONS = 60
LEAST_LIGHT = 0.45
POLICY = shipped_policy()
SHEET = (HERE / "DATASHEET.md").read_text()
ROW = re.compile(r"^\| ([^|]+?) \| (\d+) (?:\| (\d+) )?\|$", re.MULTILINE)


def line(name: str, command: str, main: str = "allow", *workloads: str, **more: Any) -> dict[str, Any]:
    made = {"id": name, "command": command, "workloads": list(workloads), "machines": [], "bounded": True, "main": main}
    return made | more


def answer(decision: str, *workloads: str, machines: tuple[str, ...] = (), bounded: bool = True) -> dict[str, Any]:
    return {"decision": decision, "workloads": list(workloads), "machines": list(machines), "bounded": bounded}


def folder(tmp_path: Path, *rows: dict[str, Any] | str) -> Path:
    """Return a corpus of these *rows*."""
    (tmp_path / "commands").mkdir()
    texts = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (tmp_path / "commands" / "few.jsonl").write_text("".join(f"{text}\n" for text in texts))
    return tmp_path


def test_it_is_as_large_as_promised() -> None:
    assert len(COMMANDS) >= LEAST_COMMANDS
    assert len(SESSIONS) >= LEAST_SESSIONS


def test_no_command_stands_twice() -> None:
    texts = Counter(" ".join(found["command"].split()) for found in COMMANDS)

    assert [] == [text for text, count in texts.items() if count > 1]


def test_enough_of_it_is_light() -> None:
    light = [found for found in COMMANDS if not set(found["workloads"]) - {"remote-probe"}]

    assert len(light) / len(COMMANDS) >= LEAST_LIGHT


def test_every_class_has_its_commands() -> None:
    counted = Counter(name for found in COMMANDS for name in found["workloads"])

    assert [] == [name for name in WORKLOADS if counted[name] < 20]


def test_the_vocabulary_is_that_of_headgate() -> None:
    assert WORKLOADS == [str(name) for name in Workload]


def test_every_decision_is_what_the_shipped_policy_says_of_the_labelled_classes() -> None:
    inventory = Inventory(POLICY.inventory)
    wrong = []
    for found in COMMANDS:
        facts = Facts(
            workloads=tuple(Workload(name) for name in found["workloads"]),
            environment=inventory.environment(tuple(found["machines"]) or ("?",)),
        )
        decided = decide(facts, Situation(Thread(found.get("thread", "main"))), POLICY).strictness.word
        many_probes = found["workloads"] == ["remote-probe"] and found["main"] == "delegate" and "note" in found
        if decided != found["main"] and not many_probes:
            wrong.append(found["id"])

    assert [] == wrong


def test_every_folder_of_the_corpus_that_is_named_exists() -> None:
    named = {found["cwd"] for found in COMMANDS if "cwd" in found}

    assert {"tree"} == {cwd for cwd in named if not cwd.startswith("/")}
    assert all(Path(folder_of({"cwd": cwd})).is_dir() for cwd in named)


def test_the_data_sheet_counts_right() -> None:
    told = {name: [int(number) for number in numbers if number] for name, *numbers in ROW.findall(SHEET)}

    assert told == sheet_counts()


def sheet_counts() -> dict[str, list[int]]:
    themes: dict[str, list[int]] = {}
    for found in COMMANDS:
        for theme in (found["id"].rpartition("-")[0], "**all**"):
            row = themes.setdefault(theme, [0, 0])
            row[0] += 1
            row[1] += found["main"] == "allow"
    classes = Counter(f"`{name}`" for found in COMMANDS for name in found["workloads"])
    return {
        **themes,
        **{name: [count] for name, count in classes.items()},
        "none": [sum(not found["workloads"] for found in COMMANDS)],
        "commands of several lines": [sum("\n" in found["command"] for found in COMMANDS)],
        "commands that name a machine": [sum(bool(found["machines"]) for found in COMMANDS)],
        "different machines": [len({name for found in COMMANDS for name in found["machines"]})],
        "commands that do not end by themselves": [sum(found["bounded"] is False for found in COMMANDS)],
        "commands with a class left open": [sum("open" in found for found in COMMANDS)],
        "sessions": [len(SESSIONS)],
        "steps of sessions": [sum(len(session["steps"]) for session in SESSIONS)],
    }


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    asked = [
        {"id": found["id"], "command": found["command"], "cwd": folder_of(found), "thread": found.get("thread", "main")}
        for found in COMMANDS
    ]
    return scores(COMMANDS, headgate(asked))


def test_no_heavy_command_passes_silently_but_the_known_misses(report: dict[str, Any]) -> None:
    known = known_misses()
    passed = set(report["silent passes"])

    assert sorted(passed - known.keys()) == [], "these are new"
    assert sorted(known.keys() - passed) == [], "these are caught now: take them out of corpus/known-misses.txt"
    assert all(known.values()), "each known miss has a reason"


def test_light_commands_stay_light(report: dict[str, Any]) -> None:
    assert len(report["false alarms"]) <= 0.01 * report["of light"], report["false alarms"]


def test_every_session_is_judged_as_labelled() -> None:
    answers = [
        headgate(
            [
                {"id": at, "session": session["id"], "cwd": "/home/user/repo"}
                | {name: step[name] for name in ("command", "at", "thread")}
                for at, step in enumerate(session["steps"])
            ]
        )
        for session in SESSIONS
    ]

    assert {} == {name: wrong for name, wrong in sessions_right(SESSIONS, answers).items() if wrong}


FEW = [
    line("a", "ls"),
    line("b", "x", "delegate", "deploy", "restart"),
    line("c", "y", "delegate", "deploy", machines=["web1"], bounded=False),
    line("d", "z", "allow", open=["deploy"], bounded=None),
]
ANSWERS = [
    answer("delegate", "deploy"),
    answer("delegate", "deploy", "restart"),
    answer("allow", machines=("web1",), bounded=False),
    answer("allow", "deploy"),
]


def test_the_scorer_counts_right() -> None:
    found = scores(FEW, ANSWERS)

    assert [2, 4] == found["class sets right"]
    assert [4, 4] == found["machine sets right"]
    assert [3, 3] == found["bounded right"]
    assert [2, 4] == found["decisions right"]
    assert (["c"], ["a"], 2, 2) == tuple(
        found[name] for name in ("silent passes", "false alarms", "of heavy", "of light")
    )
    assert {"lines": 2, "precision": 0.5, "recall": 0.5, "f1": 0.5} == found["classes"]["deploy"]
    assert {"lines": 1, "precision": 1.0, "recall": 1.0, "f1": 1.0} == found["classes"]["restart"]
    assert {"lines": 0, "precision": None, "recall": None, "f1": None} == found["classes"]["opaque"]
    assert {"allow": {"delegate": 1, "allow": 1}, "delegate": {"delegate": 1, "allow": 1}} == found["confusion"]


def test_a_probe_beside_heavier_work_counts_neither_way() -> None:
    found = scores([line("a", "x", "delegate", "restart")], [answer("delegate", "remote-probe", "restart")])

    assert [1, 1] == found["class sets right"]
    assert found["classes"]["remote-probe"]["precision"] is None


def test_a_session_is_wrong_where_one_step_is() -> None:
    steps = [{"main": "allow"}, {"main": "delegate", "workloads": ["restart"]}]
    wrong = sessions_right([{"id": "s", "steps": steps}], [[answer("allow"), answer("delegate", "deploy")]])

    assert {"s": ["step 2: classes deploy, expected restart"]} == wrong


@pytest.mark.parametrize(
    ("adapter", "decision"),
    [
        ("echo deny", "deny"),
        ("echo ask", "confirm"),
        ("echo first; echo '\"block\"'", "deny"),
        ("test {} = 'ls; echo \"$(id)\"' && echo allow", "allow"),
        ("test '{}' = 'ls; echo \"$(id)\"' || echo deny", "deny"),
        ('read -r text; test "$text" = \'ls; echo "$(id)"\' && echo allow', "allow"),
        ("echo pass", "allow"),
    ],
)
def test_a_peer_answers_through_one_line(adapter: str, decision: str) -> None:
    assert decision == ask(adapter, line("a", 'ls; echo "$(id)"'), {"pass": "allow"})


def test_nothing_of_a_command_runs_when_a_peer_is_asked(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for adapter in ("echo {} >/dev/null; echo allow", "echo '{}' >/dev/null; echo allow", 'echo "{}"; echo allow'):
        ask(adapter, line("a", f"'; touch {mark}; $(touch {mark}) `touch {mark}`"), {})

    assert not mark.exists()


@pytest.mark.parametrize("adapter", ["echo perhaps", "true", "exit 3"])
def test_a_peer_that_gives_no_decision_is_named(adapter: str) -> None:
    with pytest.raises(WrongAnswer, match=r"^some-7: the peer answered"):
        ask(adapter, line("some-7", "ls"), {})


def test_a_map_gives_words_their_meaning() -> None:
    assert {"block": "deny", "pass": "allow"} == words_of("block=deny,Pass=allow")
    with pytest.raises(ValueError, match="`block=never` is not WORD=DECISION"):
        words_of("block=never")


def test_the_command_scores_a_peer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = folder(tmp_path, line("a", "ls"), line("b", "reboot", "delegate", "restart"))

    assert main(["--corpus", str(few), "--peer", "echo allow", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert ([1, 2], ["b"], []) == tuple(found[name] for name in ("decisions right", "silent passes", "false alarms"))
    assert {"b": {"command": "reboot", "wrong": ["decision allow, expected delegate"]}} == found["differences"]


def test_the_command_scores_headgate_and_lists_differences(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = folder(tmp_path, line("a", "git status"), line("b", "ssh web1 uptime", "delegate", "deploy"))

    assert main(["--corpus", str(few), "--differences"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"decisions right +1 of 2", told)
    assert "b: decision allow, expected delegate; classes none, expected deploy; machines web1" in told


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("{", "few.jsonl:2: this is no JSON"),
        ("[]", "few.jsonl:2: a line is one JSON object"),
        (line("b", "ls", "perhaps"), 'few.jsonl:2: "perhaps" is no value of `main`'),
        (line("b", "ls", "allow", "deplyo"), 'few.jsonl:2: ["deplyo"] is no value of `workloads`'),
        (line("b", "ls", bounded="yes"), 'few.jsonl:2: "yes" is no value of `bounded`'),
        (line("b", "ls", machine="x"), "few.jsonl:2: `machine` is no field"),
        ({"id": "b"}, "is missing"),
        (line("a", "ls"), "the id `a` is used twice"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, row: Any, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    few = folder(tmp_path, line("a", "ls"), row)

    with pytest.raises(WrongLine, match=re.escape(message)):
        commands(few)
    assert main(["--corpus", str(few), "--peer", "echo allow"]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_commands_is_no_corpus(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--corpus", str(tmp_path)]) == 2
    assert "there is no line in commands/*.jsonl" in capsys.readouterr().err
