"""Templates: which is chosen, and the words and variables that it starts an agent with."""

import pytest

from headgate.model.errors import HeadgateError
from headgate.workers.agents.templates import BUILT_IN, Template, chosen, variables, words

MINE = Template("mine", ("run {cwd}", "{task}", "@{task_file}", '{"a": {x}}'), pass_environment=("KEY", "ABSENT"))


def test_the_first_is_the_usual_one_and_each_is_found_by_its_name() -> None:
    assert [MINE, MINE, BUILT_IN[0]] == [chosen((MINE, *BUILT_IN), name) for name in ("", "mine", "claude")]


@pytest.mark.parametrize(("templates", "name", "says"), [((), "", "no agent is configured"), ((MINE,), "x", "`x`")])
def test_an_agent_that_is_not_there_is_said(templates: tuple[Template, ...], name: str, says: str) -> None:
    with pytest.raises(HeadgateError) as raised:
        chosen(templates, name)

    assert ("HG407", True) == (raised.value.code, says in raised.value.message)


def test_holes_are_filled_once_and_a_task_is_one_word_whatever_it_holds() -> None:
    task = "{task_file} {cwd} $(reboot); 'x'\n"

    found = words(MINE, task=task, task_file="/t", cwd="/r")

    assert ("run /r", task, "@/t", '{"a": {x}}') == found


def test_only_the_named_variables_go_along() -> None:
    assert {"KEY": "1"} == variables(MINE, {"KEY": "1", "OTHER": "2"})


@pytest.mark.parametrize("template", BUILT_IN, ids=lambda template: template.name)
def test_a_built_in_template_gives_the_task_as_one_word_and_asks_nobody(template: Template) -> None:
    found = words(template, task="do it", task_file="/t", cwd="/r")

    assert 1 == found.count("do it")
    assert any(word.startswith("--dangerously-") for word in found)
