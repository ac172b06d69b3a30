"""A Python function as an agent, run in a process of its own, and what comes of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from headgate.workers.agents.answer import Answer, answer, plan
from headgate.workers.agents.templates import Template, words

CODE = """
import asyncio, sys

def text(brief): return "did " + brief
def table(brief): return {"result": "```", "done": False, "steps": ["looked"], "open": ["the rest"]}
def planned(brief):
    print("STEP 1: look", flush=True)
    print("DONE 1")
    return "all"
async def later(brief):
    await asyncio.sleep(0)
    return "later " + brief
def fails(brief): raise RuntimeError("no model\\nat all")
def nothing(brief): return None
def odd(brief): return {"answer": 1}
def strange(brief): return {"result": "x", "steps": {1, 2}}
def place(brief): return "\\n".join(sys.path)
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Run":
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "shop.py").write_text(CODE)
    (tmp_path / "task.md").write_text("the task")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    return Run(tmp_path)


class Run:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, function: str, python: str = "") -> subprocess.CompletedProcess[str]:
        template = Template("mine", (), call=f"shop:{function}", python=python)
        command = words(template, task="x", task_file=str(self.folder / "task.md"), cwd="/")
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in done.stderr
        return done


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("text", Answer("did the task", done=True)),
        ("later", Answer("later the task", done=True)),
        ("table", Answer("```", done=False, steps=("looked",), open=("the rest",))),
    ],
)
def test_a_text_or_a_table_is_the_answer(run: Run, function: str, found: Answer) -> None:
    done = run(function)

    assert (found, 0) == (answer(done.stdout), done.returncode)


def test_what_it_prints_is_its_plan(run: Run) -> None:
    output = run("planned").stdout

    assert [("look", True)] == [(step.text, step.done) for step in plan(output)]
    assert "all" == answer(output).result


@pytest.mark.parametrize(
    ("function", "says"),
    [
        ("fails", "the agent failed: RuntimeError: no model at all\n"),
        ("nothing", "the agent failed: TypeError: the function returned NoneType; it is to return"),
        ("odd", "the agent failed: TypeError: the function returned a dict without a text as `result`"),
        ("strange", "the agent failed: TypeError: Object of type set is not JSON serializable"),
        ("absent", "the agent failed: AttributeError: module 'shop' has no attribute 'absent'"),
    ],
)
def test_what_goes_wrong_is_one_line(run: Run, function: str, says: str) -> None:
    done = run(function)

    assert (1, "", 1) == (done.returncode, done.stdout, len(done.stderr.splitlines()))
    assert done.stderr.startswith(says)


def test_a_module_of_the_directory_that_asked_is_not_taken(run: Run) -> None:
    (run.folder / "json.py").write_text("raise SystemExit('the directory was trusted')")
    (run.folder / "answer.py").write_text("raise SystemExit('the directory was trusted')")

    found = answer(run("place").stdout).result.splitlines()

    assert str(run.folder) not in found
    assert not any(entry.endswith("workers/agents") for entry in found)


def test_another_interpreter_calls_it_where_one_is_named(run: Run) -> None:
    done = run("place", "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable)

    assert 0 == done.returncode
