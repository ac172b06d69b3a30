"""The plan of an action: what people see of its steps."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.plan import MAX_TEXT, plan
from headgate.model.action import ShellAction, ToolAction, WriteAction
from headgate.model.plan import MAX_STEPS, Plan, PlanStep, outer
from headgate.record.redact import redact

AROUND = Surroundings(home="/home/u")


def steps(text: str, **files: str) -> Plan:
    around = msgspec.structs.replace(AROUND, read=lambda path: files.get(path.rpartition("/")[2]))
    return plan(ShellAction(text, "/work"), around)


def texts(text: str) -> list[str]:
    return [step.text for step in steps(text)]


def test_commands_are_steps_in_the_order_of_the_text() -> None:
    assert ["git pull", "make -j4", "docker push x"] == texts("git pull && make -j4 || true; docker push x")


def test_what_only_steers_or_filters_is_no_step() -> None:
    assert ["journalctl -u app", "tee log"] == texts(
        "set -e; cd /srv; X=1; export Y=2; [ -d /srv ] && journalctl -u app | grep -v x | tail -3 | tee log"
    )


def test_a_text_that_does_nothing_else_has_its_filters_as_steps() -> None:
    assert ["cd /srv"] == texts("cd /srv")


def test_a_loop_over_known_machines_has_one_step_for_each() -> None:
    found = steps("for h in web1 web2; do ssh $h 'systemctl restart app'; done")

    assert (
        PlanStep("ssh web1 'systemctl restart app'", "web1", None, "ssh"),
        PlanStep("ssh web2 'systemctl restart app'", "web2", None, "ssh"),
    ) == found


def test_a_step_of_an_unrolled_loop_stands_in_each_turn() -> None:
    loop = "for h in web1 web2; do ssh $h reboot; sleep 5; done"

    assert ["ssh web1 reboot", "sleep 5", "ssh web2 reboot", "sleep 5"] == texts(loop)


def test_turns_that_change_variables_are_not_shown_twice() -> None:
    assert ["ssh a reboot", "ssh b reboot"] == texts("for h in a b; do X=$h; ssh $X reboot; done")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("for i in 1 2 3; do sleep 30; done", PlanStep("sleep 30 (3 times)", "", 90.0, "sleep")),
        ("for ((i=0; i<4; i++)); do sleep 30; done", PlanStep("sleep 30 (4 times)", "", 120.0, "sleep")),
        ("i=0; while [ $i -lt 5 ]; do sleep 2; done", PlanStep("sleep 2 (5 times)", "", 10.0, "sleep")),
        ("while true; do sleep 60; done", PlanStep("sleep 60 (in a loop)", "", None, "sleep")),
        ("for i in 1 2; do for j in 1 2 3; do sleep 1; done; done", PlanStep("sleep 1 (6 times)", "", 6.0, "sleep")),
        ("for i in $(seq 30); do ssh h$i reboot; done", PlanStep("ssh h… reboot (30 times)", "?", None, "ssh")),
        ("sudo terraform apply", PlanStep("sudo terraform apply", "", 120.0, "sudo")),
        ("/usr/bin/sleep 3", PlanStep("/usr/bin/sleep 3", "", 3.0, "sleep")),
    ],
)
def test_a_step_says_how_long_all_its_runs_take(text: str, found: PlanStep) -> None:
    assert (found,) == steps(text)


@pytest.mark.parametrize(
    "text", ["sleep 30; terraform apply", "for i in 1 2 3; do sleep 9; done", "ssh a 'sleep 5; sleep 6'"]
)
def test_the_times_of_the_steps_are_those_of_the_estimate(text: str) -> None:
    facts = classify(ShellAction(text, "/"), AROUND, Inventory())
    times = [step.seconds or 0.0 for step in outer(steps(text))]

    assert facts.estimate in {sum(times), max(times)}  # a known wait, or the table


def test_remote_texts_of_several_commands_are_steps_inside_of_their_step() -> None:
    found = steps("ssh web1 'git pull && make deploy; sleep 30'; true")

    assert (
        PlanStep("ssh web1 'git pull && make deploy; sleep 30'", "web1", 30.0, "ssh"),
        PlanStep("git pull", "web1", None, "git", inside=True),
        PlanStep("make deploy", "web1", None, "make", inside=True),
        PlanStep("sleep 30", "web1", 30.0, "sleep", inside=True),
    ) == found
    assert found[:1] == outer(found)


def test_a_script_of_the_tree_is_shown_by_what_it_holds() -> None:
    found = steps("bash deploy.sh", **{"deploy.sh": "git pull\nssh web1 reboot\n"})

    assert [("bash deploy.sh", False), ("git pull", True), ("ssh web1 reboot", True)] == [
        (step.text, step.inside) for step in found
    ]


def test_a_function_is_shown_by_its_calls() -> None:
    assert ["ssh a reboot", "ssh b reboot"] == texts("f() { ssh $1 reboot; }; f a; f b")


def test_a_long_plan_ends_with_how_much_more_there_is() -> None:
    found = steps("; ".join(f"sleep {number}" for number in range(1, 31)))

    assert MAX_STEPS == len(found)
    assert PlanStep("… 11 more", "", float(sum(range(20, 31))), "") == found[-1]
    assert MAX_STEPS - 1 == len(outer(found))


def test_wrappers_are_not_shown_between_a_step_and_its_parts() -> None:
    assert ["sudo bash -c 'apt-get update; make'", "apt-get update", "make"] == texts(
        "sudo bash -c 'apt-get update; make'"
    )


def test_a_text_that_cannot_be_read_is_one_step() -> None:
    assert (PlanStep("ssh web1 'a�[31mb'", "", None, "…"),) == steps("ssh web1 'a\x1b[31mb'")


def test_what_is_not_known_is_shown_as_a_hole() -> None:
    assert ["hostname", "ssh h… 'uptime; …'"] == texts('ssh h$(hostname) "uptime; $X"')


@pytest.mark.parametrize(
    "text", ["echo " + "x" * 500, "echo " + "word " * 100, "echo 'a\nb\tc'", "ssh web1 'a\x1b[31mb'"]
)
def test_a_text_is_one_bounded_line_that_can_be_shown(text: str) -> None:
    (found, *_rest) = texts(text)

    assert len(found) <= MAX_TEXT
    assert found.isprintable()


def test_a_secret_is_taken_out_before_the_text_is_cut() -> None:
    command = f"curl -H 'Authorization: Bearer {'k' * 300}' https://a.example/"
    (found,) = plan(ShellAction(command, "/"), AROUND, hide=redact)

    assert "kkk" not in found.text
    assert "https://a.example/" in found.text


def test_a_long_word_is_left_out_whole() -> None:
    assert ["curl …"] == texts("curl " + "k" * 200)


def test_better_knowledge_of_the_whole_is_that_of_a_single_step() -> None:
    assert [7.0] == [step.seconds for step in plan(ShellAction("make", "/"), AROUND, 7.0)]
    assert [None, None] == [step.seconds for step in plan(ShellAction("make; cc x.c", "/"), AROUND, 7.0)]


def test_a_tool_is_one_step_and_a_write_has_none() -> None:
    assert (PlanStep("mcp__x__deploy", "", 3.0, "mcp__x__deploy"),) == plan(
        ToolAction("mcp__x__deploy", {}, "/"), AROUND, 3.0
    )
    assert () == plan(WriteAction("/a", "/"), AROUND)


@given(st.text(alphabet="forindo;while$(){}'\"|&<> \n\\[]!*abssh1=`\x00é", max_size=120))
def test_no_text_is_too_strange_for_a_plan(text: str) -> None:
    found = steps(text)

    assert len(found) <= MAX_STEPS
    assert all(len(step.text) <= MAX_TEXT and "\n" not in step.text for step in found)
    assert found == steps(text)
