"""`[agents.NAME]`: the templates of the operator, or every mistake with its line and a suggestion."""

import re
from pathlib import Path

import pytest

from headgate.configure import joined, load
from headgate.configure.agents import BUILT_IN, Template
from headgate.model.errors import HeadgateError

GOOD = """\
schema = 1

[agents.claude]

[agents.mine]
command = ["my-agent", "--file", "{task_file}", "-C", "{cwd}"]
default = true
max_run = "45m"
places = 4
pass_environment = ["MY_KEY"]
"""

WRONG = """\
schema = 1
[agents.a]
comand = ["x", "{task}"]
[agents.b]
command = "x {task}"
[agents.c]
command = ["x", "{tsk}"]
[agents.d]
command = ["x", "{task}"]
default = 1
max_run = "soon"
places = 0
pass_environment = ["HEADGATE_HOME"]
[agents.E]
command = ["x", "{task}"]
[agents.f]
command = ["x", "{task}"]
default = true
[agents.g]
command = ["x", "{task}"]
default = true
pass_environment = "KEY"
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(HeadgateError) as raised:
        load(text, "h.toml")
    assert raised.value.code == "HG111"
    return raised.value.message.splitlines()[1:]


def test_agents_are_templates_the_usual_one_first() -> None:
    words = ("my-agent", "--file", "{task_file}", "-C", "{cwd}")
    mine = Template("mine", words, default=True, max_run=2700.0, places=4, pass_environment=("MY_KEY",))

    assert (mine, BUILT_IN[0]) == load(GOOD).agents
    assert () == load("schema = 1").agents


def test_a_built_in_agent_is_changed_key_by_key() -> None:
    found = load("schema = 1\n[agents.codex]\nmax_run = 60\npass_environment = []").agents[0]

    assert (BUILT_IN[1].command, 60.0, ()) == (found.command, found.max_run, found.pass_environment)


def test_a_function_is_an_agent_too() -> None:
    found = load('schema = 1\n[agents.mine]\ncall = "shop.agents:mend"\npython = "/opt/shop/bin/python"').agents[0]

    assert ((), "shop.agents:mend", "/opt/shop/bin/python") == (found.command, found.call, found.python)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        ('call = "shop.agents"', "`call` is a function such as"),
        ('call = "shop agents:mend"', "`call` is a function such as"),
        ("call = 3", "`call` is a function such as"),
        ('call = "a:b"\ncommand = ["x", "{task}"]', "and not both"),
        ('call = "a:b"\npython = "python3"', "the absolute path of the interpreter"),
        ('command = ["x", "{task}"]\npython = "/bin/python"', "the absolute path of the interpreter"),
        ('command = ["bin/x", "{task}"]', "a program is a name, or an absolute path"),
    ],
)
def test_a_wrong_function_or_program_is_told(keys: str, says: str) -> None:
    assert any(says in line for line in mistakes(f"schema = 1\n[agents.mine]\n{keys}"))


def test_every_mistake_is_told_with_its_line() -> None:
    variables = "`pass_environment` is a list of names of variables, none of the gate's own (`HEADGATE_…`)"

    assert [
        "h.toml:3: agent `a`: unknown key `comand` in an agent (did you mean `command`?)",
        'h.toml:2: agent `a`: it needs a `command`, such as `["my-agent", "{task}"]`',
        'h.toml:5: agent `b`: `command` is a list of words, the program first: `["my-agent", "{task}"]`',
        "h.toml:7: agent `c`: `{tsk}` is not a value of `command` (did you mean `{task}`?)",
        "h.toml:7: agent `c`: `command` lacks the task: `{task}`, or `{task_file}` for a file with it",
        "h.toml:10: agent `d`: `default` is `true` or `false`",
        'h.toml:11: agent `d`: `max_run` is a duration such as `"45m"`',
        "h.toml:12: agent `d`: `places` is a number from 1 to 64",
        f"h.toml:13: agent `d`: `HEADGATE_HOME` cannot be passed: {variables}",
        "h.toml:14: agent `E`: a name has small letters, digits and hyphens, a letter first",
        f"h.toml:22: agent `g`: {variables}",
        "h.toml:21: agent `g`: there is another one with `default = true`",
    ] == mistakes(WRONG)


@pytest.mark.parametrize("text", ["agents = 3", "agents = [1]", "[agents]\nclaude = 1", "[[agents]]\nx = 1"])
def test_agents_of_another_form_are_told(text: str) -> None:
    assert "agents are written as `[agents.NAME]`" in mistakes(f"schema = 1\n{text}")[0]


def test_of_several_configurations_the_first_agent_of_a_name_counts() -> None:
    first, second = (
        load("schema = 1\n[agents.claude]\nplaces = 7"),
        load(GOOD.replace("[agents.claude]", "[agents.codex]")),
    )
    third = load("schema = 1\n[agents.claude]\nplaces = 1")

    assert [("mine", 4), ("claude", 7), ("codex", 2)] == [
        (agent.name, agent.places) for agent in joined([first, second, third]).agents
    ]


def test_the_example_of_the_documents_is_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
    example = re.search(r"```text\n(\[agents\..*?)```", page, re.DOTALL)

    assert example is not None
    assert ["claude", "mine"] == [agent.name for agent in load(f"schema = 1\n{example[1]}").agents]
    assert all(" ".join(template.command) in page for template in BUILT_IN)
