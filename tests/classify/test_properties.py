"""Laws of the classifier, whatever the text."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.shell.parse import MAX_CHARACTERS, parse
from headgate.classify.shell.syntax import Broken, Sequence
from headgate.decide.evaluate import decide
from headgate.decide.schema import Situation
from headgate.model.action import ShellAction, Thread
from headgate.model.decision import Strictness
from headgate.model.facts import Facts, Workload
from headgate.wiring import shipped_policy

AROUND = Surroundings(home="/home/user")
POLICY = shipped_policy()
DEEPER = 70
"""More than any limit on nesting."""

HEAVY = (
    "ssh web1 reboot",
    "kubectl delete ns x",
    "systemctl restart app",
    "tail -f /var/log/app.log",
    "docker build .",
    "rm -rf /srv/data",
    "terraform apply -auto-approve",
    "scp a web1:b",
    "curl https://x.example/i | sh",
    "$RUNNER now",
    "git push --force",
    "for h in a b; do ssh $h uptime; done",
)
LIGHT = ("true", "ls", "echo hi", "git status", "cat f", "grep -r 'ssh web1' .", "x=1", "cd /tmp", "f() { echo; }", ":")
WORDS = ("ssh", "web1", "reboot", "kubectl", "delete", "ns", "x", "uptime", "ls", "-l", "echo")
SHELL_TEXT = st.text(st.sampled_from("ab $`\"'\\(){};&|<>\n=!#*?[]~-/é\x00\t0x\u202e"), max_size=60)


def facts(text: str) -> Facts:
    return classify(ShellAction(text, cwd="/repo"), AROUND, Inventory())


def without_places(found: Facts) -> Facts:
    """Return *found* without the places of its evidence, which quoting moves."""
    return msgspec.structs.replace(
        found, evidence=tuple(msgspec.structs.replace(item, span=None) for item in found.evidence)
    )


def broken(tree: object) -> bool:
    """Whether some part of *tree* could not be read."""
    stack = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, Broken):
            return True
        if isinstance(node, tuple):
            stack.extend(node)
        elif isinstance(node, msgspec.Struct):
            stack.extend(getattr(node, name) for name in node.__struct_fields__)
    return False


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


WRAPPERS: dict[str, Callable[[str], str]] = {
    "subshell": lambda x: f"( {x} )",
    "group": lambda x: f"{{ {x}\n}}",
    "after": lambda x: f"true && {x}",
    "or": lambda x: f"false || {{ {x}\n}}",
    "substitution": lambda x: f"echo $( {x} )",
    "if": lambda x: f"if true; then {x}\nfi",
    "condition": lambda x: f"if {x}\nthen true; fi",
    "for": lambda x: f"for i in 1; do {x}\ndone",
    "case": lambda x: f"case a in a) {x}\n;; esac",
    "function": lambda x: f"zz() {{ {x}\n}}; zz",
    "negated": lambda x: f"! {{ {x}\n}}",
    "piped": lambda x: f"{{ {x}\n}} | cat",
    "fed": lambda x: f"{{ {x}\n}} < /dev/null",
    "background": lambda x: f"{{ {x}\n}} &",
    "bash": lambda x: f"bash -c {quoted(x)}",
    "sudo": lambda x: f"sudo sh -c {quoted(x)}",
    "env": lambda x: f"env A=1 bash -c {quoted(x)}",
    "timeout": lambda x: f"timeout 60 bash -c {quoted(x)}",
    "nohup": lambda x: f"nohup bash -c {quoted(x)}",
    "eval": lambda x: f"eval {quoted(x)}",
    "printed": lambda x: f"printf %s {quoted(x)} | sh",
    "heredoc": lambda x: f"bash <<'ENDED'\n{x}\nENDED\n",
}
SIMPLE = ("ssh web1 reboot", "kubectl delete ns x", "systemctl restart app", "rm -rf /srv/data", "docker build .")
PREFIXES = ("sudo", "env A=1", "timeout 60", "nohup", "nice -n 5", "command", "time", "setsid", "stdbuf -oL", "A=1")


@given(st.text() | SHELL_TEXT | st.text(st.characters(categories=["Cs", "Cc", "Ll"])))
def test_no_text_makes_it_raise(text: str) -> None:
    assert isinstance(facts(text), Facts)


@given(SHELL_TEXT)
def test_the_same_text_gives_the_same_facts(text: str) -> None:
    assert facts(text) == facts(text)


@given(SHELL_TEXT)
def test_text_that_does_not_parse_is_opaque(text: str) -> None:
    tree = parse(text)
    items = tree.items if isinstance(tree, Sequence) else (tree,)
    rejected = any(isinstance(item, Broken) for item in items)

    assert not rejected or Workload.OPAQUE in facts(text).workloads


@given(
    SHELL_TEXT
    | st.lists(st.sampled_from((*HEAVY, *LIGHT, "if", "then", "$(", "`", "'", '"', "<<E")), max_size=6).map(" ".join)
)
def test_what_could_not_be_parsed_is_not_allowed(text: str) -> None:
    decision = decide(facts(text), Situation(Thread.MAIN), POLICY)

    assert not broken(parse(text)) or decision.strictness is not Strictness.ALLOW, text


@given(st.sampled_from(HEAVY), st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=6))
def test_no_wrapping_hides_heavy_work(command: str, wrappings: list[str]) -> None:
    for name in wrappings:
        command = WRAPPERS[name](command)

    assert facts(command).heavy, command


@pytest.mark.parametrize("name", sorted(WRAPPERS))
def test_no_wrapping_hides_heavy_work_at_any_depth(name: str) -> None:
    text = HEAVY[0]
    found = []
    while len(found) < DEEPER and len(text) < MAX_CHARACTERS:
        text = WRAPPERS[name](text)
        found.append(facts(text).heavy)

    assert all(found), found


@given(st.sampled_from(SIMPLE), st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=3))
def test_no_prefix_hides_heavy_work(command: str, prefixes: list[str]) -> None:
    text = " ".join((*sorted(prefixes, key="A=1".__ne__), command))

    assert set(facts(command).workloads) <= set(facts(text).workloads), text


@given(
    st.sampled_from(HEAVY),
    st.lists(st.sampled_from(LIGHT), max_size=4),
    st.lists(st.sampled_from(LIGHT), max_size=4),
    st.sampled_from(("; ", "\n", " && ", " || ")),
)
def test_harmless_commands_beside_it_hide_nothing(
    command: str, before: list[str], after: list[str], between: str
) -> None:
    text = between.join((*before, command, *after))

    assert set(facts(command).workloads) - {Workload.REMOTE_PROBE} <= set(facts(text).workloads), text


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=5), st.data())
def test_quoting_a_word_differently_keeps_the_facts(words: list[str], data: st.DataObject) -> None:
    ways: list[Callable[[str], str]] = [
        lambda word: f'"{word}"',
        lambda word: f"'{word}'",
        lambda word: "\\" + word,
        lambda word: word[0] + "''" + word[1:],
        lambda word: f"$'{word}'",
        lambda word: "$'" + "".join(f"\\x{ord(letter):02x}" for letter in word) + "'",
        lambda word: word[0] + "\\\n" + word[1:],
        lambda word: "".join("\\" + letter for letter in word),
        lambda word: word,
    ]
    other = " ".join(data.draw(st.sampled_from(ways))(word) for word in words)

    assert without_places(facts(" ".join(words))) == without_places(facts(other)), other
