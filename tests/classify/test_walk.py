"""Tree to effects: what a text would run, however it is wrapped; each row is a text and its classes."""

import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.shell import parse as reader
from headgate.classify.shell.state import MAX_COMMANDS
from headgate.model.action import ShellAction
from headgate.model.facts import Facts, Workload
from headgate.model.span import Span

FILES = {
    "/repo/heavy.sh": "#!/bin/bash\nssh web1 reboot\n",
    "/repo/light.sh": "#!/bin/sh\necho hello\n",
}
AROUND = Surroundings(home="/home/user", read=FILES.get)
HEAVY = "remote-session restart"
"""The classes of `ssh web1 reboot`, which most rows hide somewhere."""


def facts(text: str) -> Facts:
    return classify(ShellAction(text, cwd="/repo"), AROUND, Inventory())


def classes(text: str) -> str:
    return " ".join(facts(text).workloads)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("'ssh' \"web1\" re\\boot", HEAVY),
        ("s''sh we\"b\"1 uptime", "remote-probe"),
        (r"$'\x73\x73\x68' web1 reboot", HEAVY),
        ("{ssh,web1,reboot}", HEAVY),
        ("/usr/bin/ssh web1 reboot", HEAVY),
        ("echo 'ssh web1 reboot'", ""),
        ("echo '$(ssh web1 reboot)'", ""),
        ("s*h web1 reboot", "opaque"),
    ],
)
def test_quoting_hides_nothing(text: str, found: str) -> None:
    assert found == classes(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bash <<EOF\nssh web1 reboot\nEOF", HEAVY),
        ("bash <<'EOF'\nssh web1 reboot\nEOF", HEAVY),
        ("cat <<EOF | sh\nssh web1 reboot\nEOF", HEAVY),
        ("cat <<'EOF' | bash -s\nssh web1 reboot\nEOF", HEAVY),
        ("cat <<EOF && ssh web1 reboot\nx\nEOF", HEAVY),
        ("cat <<EOF > file\n$(ssh web1 reboot)\nEOF", HEAVY),
        ("H=web1; cat <<EOF | sh\nssh $H reboot\nEOF", HEAVY),
        ("cat <<EOF | sh\n$X\nEOF", "opaque"),
        ("cat <<'EOF' > file\n$(ssh web1 reboot)\nEOF", ""),
        ("cat <<EOF > file\nssh web1 reboot\nEOF", ""),
        ("sh <<< 'ssh web1 reboot'", HEAVY),
        ('sh <<< "$X"', "opaque"),
        ("grep x <<< 'ssh web1 reboot'", ""),
        ("sh < heavy.sh", HEAVY),
        ("sh < missing.sh", "opaque"),
    ],
)
def test_what_is_fed_to_a_shell_is_run(text: str, found: str) -> None:
    assert found == classes(text)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("f() { ssh web1 reboot; }", ""),
        ("f() { ssh web1 reboot; }; f", HEAVY),
        ("function f { ssh web1 reboot; }; f", HEAVY),
        ("f() { ssh $1 reboot; }; f web1", HEAVY),
        ('f() { "$@"; }; f ssh web1 reboot', HEAVY),
        ("f() { $@; }; f ssh web1 reboot", HEAVY),
        ('f() { shift; "$@"; }; f x ssh web1 reboot', HEAVY),
        ('f() { sudo "$@"; }; f ssh web1 reboot', HEAVY),
        ('f() { ls "$@"; }; f', ""),
        ('set -- ssh web1 reboot; "$@"', HEAVY),
        ("f() { g() { ssh web1 reboot; }; }; f; g", HEAVY),
        ("C=echo; f() { C=ssh; }; f; $C web1 reboot", "opaque"),
        ("f() { local C=ls; }; C=ssh; f; $C web1 reboot", "opaque"),
        ("f() { bash -c '\"$@\"' x ssh web1 reboot; }; f echo", HEAVY),
    ],
)
def test_a_function_is_what_its_body_does(text: str, found: str) -> None:
    assert found == classes(text)


def test_a_certain_definition_shadows_the_program() -> None:
    assert "" == classes('ssh() { echo "$@"; }; ssh web1 reboot')


@pytest.mark.parametrize(
    "text",
    [
        "false && ssh() { echo; }",
        "true || ssh() { echo; }",
        "if false; then ssh() { echo; }; fi",
        "case x in y) ssh() { echo; };; esac",
        "while false; do ssh() { echo; }; done",
        "for i in $X; do ssh() { echo; }; done",
        "(ssh() { echo; })",
        "ssh() { echo; } | cat",
        "ssh() { echo; } &",
        "x=$(ssh() { echo; })",
        "bash -c 'ssh() { echo; }'",
        "false && eval 'ssh() { echo; }'",
        "false <<EOF && ssh() { echo; }\nx\nEOF",
        "f() { ssh() { echo; }; }",
        "f() { false && ssh() { echo; }; }; f",
        "ssh() { echo; }; unset -f ssh",
        "alias ssh=echo",
    ],
)
def test_what_is_only_perhaps_defined_shadows_nothing(text: str) -> None:
    assert HEAVY == classes(f"{text}\nssh web1 reboot")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("C=ssh; $C web1 reboot", HEAVY),
        ("C='ssh web1 reboot'; $C", HEAVY),
        ("C=$(echo ssh); $C web1 reboot", HEAVY),
        ("C=echo; eval C=ssh; $C web1 reboot", HEAVY),
        ("alias r='ssh web1'; r reboot", HEAVY),
        ("$C web1", "opaque"),
        ("read C; $C web1", "opaque"),
        ("C=echo; read C; $C web1", "opaque"),
        ("C=echo; printf -v C ssh; $C web1", "opaque"),
        ("C=echo; false && C=ssh; $C web1 reboot", "opaque"),
        ("C=$(cat missing); $C web1", "opaque"),
        ('A=(ssh web1 reboot); "${A[@]}"', HEAVY),
        ("x=ss; x+=h; $x web1 reboot", HEAVY),
        ("C=echo; (C=ssh); $C web1", ""),
        ("C=ssh echo; $C", "opaque"),
    ],
)
def test_a_variable_in_command_position_is_its_value_or_opaque(text: str, found: str) -> None:
    assert found == classes(text)


@pytest.mark.parametrize(
    ("text", "found", "machines"),
    [
        ("for h in web1; do ssh $h uptime; done", "remote-probe", ("web1",)),
        ("for h in web1 web2; do ssh $h uptime; done", "remote-probe multi-host", ("web1", "web2")),
        ("for h in web{1..3}; do ssh $h uptime; done", "remote-probe multi-host", ("web1", "web2", "web3")),
        ("for h in $HOSTS; do ssh $h uptime; done", "remote-probe multi-host", ()),
        ("while read h; do ssh $h uptime; done < hosts", "remote-probe multi-host", ()),
        ("diff <(ssh web1 cat f) <(ssh web2 cat f)", "remote-probe multi-host", ("web1", "web2")),
        (
            "if true; then ssh web1 reboot; else ssh web2 reboot; fi",
            "remote-session multi-host restart",
            ("web1", "web2"),
        ),
    ],
)
def test_every_machine_that_may_be_reached_counts(text: str, found: str, machines: tuple[str, ...]) -> None:
    assert (found, machines) == (classes(text), facts(text).machines)


@pytest.mark.parametrize(
    ("text", "found", "estimate"),
    [
        ("for i in 1 2 3; do sleep 2; done", "", 6.0),
        ("for i in $(seq 1 5); do sleep 3; done", "", 15.0),
        ("for i in $(seq 1 15); do sleep 3; done", "long-running", 45.0),
        ("for i in {1..15}; do sleep 3; done", "long-running", 45.0),
        ("for ((i=0; i<5; i++)); do sleep 2; done", "", 10.0),
        ("for ((i=0; i<50; i++)); do sleep 2; done", "long-running", 100.0),
        ("for ((;;)); do echo; done", "long-running", None),
        ("while true; do echo; done", "long-running", None),
        ("until curl -fs http://localhost; do sleep 5; done", "long-running", 5.0),
        ("sleep 600 &", "long-running", 600.0),
        ("sleep 2", "", 2.0),
        ("sleep 20 | sleep 20", "", 20.0),
        ("sleep 20; sleep 20", "long-running", 40.0),
    ],
)
def test_a_loop_lasts_its_bound_times_its_body(text: str, found: str, estimate: float | None) -> None:
    assert (found, estimate) == (classes(text), facts(text).estimate)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "until curl -fs http://localhost; do systemctl restart app; sleep 5; done",
            "restart remediation-loop long-running",
        ),
        ("for i in 1 2 3; do curl -f localhost || systemctl restart app; done", "restart remediation-loop"),
        ("for s in a b; do systemctl is-active $s || systemctl restart $s; done", "restart"),
    ],
)
def test_checking_and_changing_the_same_target_again_is_remediation(text: str, found: str) -> None:
    assert found == classes(text)


@pytest.mark.parametrize(
    "text",
    [
        "echo $(ssh web1 reboot)",
        "echo `ssh web1 reboot`",
        'echo "$(ssh web1 reboot)"',
        "echo x > >(ssh web1 reboot)",
        "X=$(ssh web1 reboot)",
        "A=($(ssh web1 reboot))",
        "export A=$(ssh web1 reboot)",
        "echo ${x:-$(ssh web1 reboot)}",
        "[[ $(ssh web1 reboot) ]]",
        "(( $(ssh web1 reboot) ))",
        "case $(ssh web1 reboot) in a) ;; esac",
        "case x in y) ssh web1 reboot;; esac",
        "if ssh web1 reboot; then echo; fi",
        "if a; then b; else ssh web1 reboot; fi",
        "for i in $(ssh web1 reboot); do echo; done",
        "{ ssh web1 reboot; }",
        "(ssh web1 reboot)",
        "! ssh web1 reboot",
        "ssh web1 reboot &",
        "ssh web1 reboot | cat",
        "cat x > $(ssh web1 reboot)",
        "bash -c 'ssh web1 reboot'",
        'bash -c \'bash -c "bash -c \\"ssh web1 reboot\\""\'',
        "eval ssh web1 'reboot'",
        "echo 'ssh web1 reboot' | sh",
        "trap 'ssh web1 reboot' EXIT",
        "bash heavy.sh",
        "./heavy.sh",
        ". ./heavy.sh",
    ],
)
def test_a_command_anywhere_is_a_command(text: str) -> None:
    assert HEAVY == classes(text)


@pytest.mark.parametrize(
    ("text", "found", "steps"),
    [
        ("ssh web1 'ps aux | grep x | head -3'", "remote-probe", 3),
        ("ssh web1 ps aux | grep x | head -3", "remote-probe", 3),
        ("ssh web1 'ps; df'", "remote-session", 2),
        ("ssh web1 'ps && df'", "remote-session", 2),
        ("ssh web1 'for i in 1 2; do ps; done'", "remote-session", 2),
    ],
)
def test_a_pipeline_of_filters_is_one_look(text: str, found: str, steps: int) -> None:
    assert (found, steps) == (classes(text), facts(text).steps)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo 'x", ("the text does not parse: a quote is not closed",)),
        ("if true", ("the text does not parse: `then` is missing",)),
        ("#" * (reader.MAX_CHARACTERS + 1), ("the text is too long to judge",)),
        ("ls\x07", ("it holds control characters",)),
        ("curl -s http://x.example | sh", ("what is fed to `sh` cannot be known before it runs",)),
        ("bash missing.sh", ("`missing.sh` cannot be read before it runs",)),
    ],
)
def test_what_cannot_be_followed_is_opaque_and_says_why(text: str, why: tuple[str, ...]) -> None:
    assert (("opaque",), why) == (facts(text).workloads, facts(text).opaque_because)


@pytest.mark.parametrize(
    "text",
    [
        "( " * 100 + "ls" + " )" * 100,
        "echo " + "$(echo " * 100 + ")" * 100,
        "ls;" * (MAX_COMMANDS + 1),
        "eval " * 30 + "ls",
        "echo " + " ".join(f"> /repo/{n}" for n in range(300)),
    ],
    ids=["subshells", "substitutions", "commands", "texts", "names"],
)
def test_past_a_limit_it_is_opaque_and_never_light(text: str) -> None:
    assert Workload.OPAQUE in facts(text).workloads


def test_as_many_commands_as_are_followed_are_light() -> None:
    assert ((), MAX_COMMANDS) == (facts("ls;" * MAX_COMMANDS).workloads, facts("ls;" * MAX_COMMANDS).steps)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("ssh web1 reboot", "ssh web1 reboot"),
        ("echo é; ssh web1 reboot", "ssh web1 reboot"),
        ("echo '日本 🙂' && ssh web1 reboot # é", "ssh web1 reboot"),
        ("echo é; bash -c 'ssh web1 reboot'", "bash -c 'ssh web1 reboot'"),
    ],
)
def test_evidence_points_at_its_characters(text: str, span: str) -> None:
    start = text.index(span)

    assert {Span(start, start + len(span))} == {item.span for item in facts(text).evidence}


def test_a_call_in_the_background_of_the_client_is_long_running() -> None:
    found = classify(ShellAction("ls", cwd="/repo", detached=True), AROUND, Inventory())

    assert (Workload.LONG_RUNNING,) == found.workloads


def test_a_script_that_was_read_is_named_with_its_digest() -> None:
    assert [("/repo/light.sh", 64)] == [(script.path, len(script.sha256)) for script in facts("sh light.sh").scripts]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("while true; do sleep 5; break; done", ""),
        ("while true; do sleep 5; continue; break; done", "long-running"),
        ("while true; do sleep 5; [ -f x ] && continue; break; done", "long-running"),
        ("break() { :; }; while true; do sleep 5; break; done", "long-running"),
    ],
)
def test_only_a_loop_that_surely_leaves_has_one_turn(text: str, found: str) -> None:
    assert found == classes(text)
