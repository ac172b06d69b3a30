"""Laws of what grants authority: however it is written, wrapped or hidden, it is never taken for light work.

It is `control-plane`, which no thread may run; or `opaque`, where nobody can know what runs: then the main thread
may not run it, and the daemon refuses it below any other (`tests/hostile/`).
"""

import base64
import shlex
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from surrounded import AROUND, HOME, STATE

from headgate.classify import Inventory, classify
from headgate.decide.evaluate import decide
from headgate.decide.schema import Situation
from headgate.model.action import ShellAction, Thread
from headgate.model.decision import Strictness
from headgate.model.facts import Facts, Workload
from headgate.wiring import shipped_policy

POLICY = shipped_policy()
GRANTS = (
    "headgate approve 3",
    "headgate refuse 3",
    "headgate override add --everything --for 10m",
    "headgate override end 1",
    "headgate token add alice",
    "/opt/headgate/bin/headgate approve 3",
    "python3 -m headgate approve 3",
    f"nc -U {STATE}/daemon.sock",
    f"curl --unix-socket {STATE}/daemon.sock http://gate/",
    "curl -X POST http://localhost:7467/v1/approvals/3",
    "curl https://gate.example.org/a/abc",
    f"cat {STATE}/authority.key",
    f"cp /tmp/evil.toml {HOME}/.config/headgate/policy.toml",
    "kill -9 4242",
    "pkill -f headgate",
    "systemctl --user stop headgate",
)
"""Commands of one program that grant, or reach what grants."""

WRAPPINGS: dict[str, Callable[[str], str]] = {
    "subshell": lambda x: f"( {x} )",
    "group": lambda x: f"{{ {x}\n}}",
    "after": lambda x: f"true && {x}",
    "or": lambda x: f"false || {{ {x}\n}}",
    "substitution": lambda x: f"echo $( {x} )",
    "process": lambda x: f"cat <( {x} )",
    "if": lambda x: f"if true; then {x}\nfi",
    "for": lambda x: f"for i in 1; do {x}\ndone",
    "while": lambda x: f"while true; do {x}\nbreak; done",
    "case": lambda x: f"case a in a) {x}\n;; esac",
    "function": lambda x: f"zz() {{ {x}\n}}; zz",
    "trap": lambda x: f"trap {shlex.quote(x)} EXIT",
    "negated": lambda x: f"! {{ {x}\n}}",
    "piped": lambda x: f"{{ {x}\n}} | cat",
    "answered": lambda x: f"yes | {{ {x}\n}}",
    "background": lambda x: f"{{ {x}\n}} &",
    "bash": lambda x: f"bash -c {shlex.quote(x)}",
    "login": lambda x: f"bash -lc {shlex.quote(x)}",
    "sudo": lambda x: f"sudo sh -c {shlex.quote(x)}",
    "env": lambda x: f"env A=1 bash -c {shlex.quote(x)}",
    "timeout": lambda x: f"timeout 9 bash -c {shlex.quote(x)}",
    "setsid": lambda x: f"setsid bash -c {shlex.quote(x)}",
    "nohup": lambda x: f"nohup bash -c {shlex.quote(x)} &",
    "script": lambda x: f"script -qc {shlex.quote(x)} /dev/null",
    "tmux": lambda x: f"tmux new-session -d {shlex.quote(x)}",
    "screen": lambda x: f"screen -dm bash -c {shlex.quote(x)}",
    "unbuffer": lambda x: f"unbuffer bash -c {shlex.quote(x)}",
    "systemd-run": lambda x: f"systemd-run --user --pty bash -c {shlex.quote(x)}",
    "at": lambda x: f"echo {shlex.quote(x)} | at now",
    "ssh": lambda x: f"ssh localhost {shlex.quote(x)}",
    "ssh with a terminal": lambda x: f"ssh -t box {shlex.quote(x)}",
    "eval": lambda x: f"eval {shlex.quote(x)}",
    "variable": lambda x: f'X={shlex.quote(x)}; eval "$X"',
    "printed": lambda x: f"printf %s {shlex.quote(x)} | sh",
    "heredoc": lambda x: f"bash <<'ENDED'\n{x}\nENDED\n",
    "herestring": lambda x: f"bash <<< {shlex.quote(x)}",
    "written": lambda x: f"printf %s {shlex.quote(x)} > /tmp/t.sh; sh /tmp/t.sh",
    "decoded": lambda x: f"echo {base64.b64encode(x.encode()).decode()} | base64 -d | sh",
    "xargs": lambda x: f"echo 1 | xargs -I@ bash -c {shlex.quote(x)}",
    "find": lambda x: f"find . -maxdepth 0 -exec bash -c {shlex.quote(x)} \\;",
    "python": lambda x: _code("python3 -c", f"import os; os.system({x!r})"),
    "subprocess": lambda x: _code("python3 -c", f"import subprocess; subprocess.run({x!r}, shell=True)"),
    "pty": lambda x: _code("python3 -c", f"import pty; pty.spawn(['bash', '-c', {x!r}])"),
    "node": lambda x: _code("node -e", f"require('child_process').execSync({_double(x)})"),
    "perl": lambda x: _code("perl -e", f"system({_double(x)})"),
    "git alias": lambda x: f"git -c alias.zz={shlex.quote('!' + x)} zz",
    "git rebase": lambda x: f"git rebase -x {shlex.quote(x)} main",
    "delegated": lambda x: f"headgate delegate -- {shlex.quote(x)}",
}
PREFIXES = (
    *("sudo", "env A=1", "timeout 9", "nohup", "nice -n 5", "command", "time", "setsid", "stdbuf -oL", "A=1"),
    *("unbuffer", "exec", "flock /tmp/l", "ionice -c3", "systemd-run --user", "strace", "watch -n1"),
)
QUOTINGS: tuple[Callable[[str], str], ...] = (
    lambda word: word,
    lambda word: f'"{word}"',
    lambda word: f"'{word}'",
    lambda word: word[0] + "''" + word[1:],
    lambda word: "\\" + word,
    lambda word: "$'" + "".join(f"\\x{ord(letter):02x}" for letter in word) + "'",
    lambda word: f"$(echo {word})",
    lambda word: f"$(printf %s {word})",
    lambda word: f"$(printf {word[::-1]} | rev)",
)


def _code(program: str, text: str) -> str:
    return f"{program} {shlex.quote(text)}"


def _double(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("$", "\\$") + '"'


def facts(text: str) -> Facts:
    return classify(ShellAction(text, cwd=f"{HOME}/repo"), AROUND, Inventory())


def hidden(text: str) -> bool:
    """Whether nothing shows that *text* grants: some thread might run it as work like any other."""
    found = facts(text)
    threads = Thread if Workload.OPAQUE not in found.workloads else (Thread.MAIN,)
    return any(decide(found, Situation(thread), POLICY).strictness is Strictness.ALLOW for thread in threads)


@pytest.mark.parametrize("name", sorted(WRAPPINGS))
def test_one_wrapping_of_a_grant_shows_it(name: str) -> None:
    texts = [WRAPPINGS[name](grant) for grant in GRANTS]

    assert [] == [text for text in texts if Workload.CONTROL_PLANE not in facts(text).workloads]


@given(st.sampled_from(GRANTS), st.lists(st.sampled_from(sorted(WRAPPINGS)), max_size=4))
def test_no_wrapping_of_a_grant_is_taken_for_light_work(grant: str, names: list[str]) -> None:
    text = grant
    for name in names:
        text = WRAPPINGS[name](text)

    assert not hidden(text), text


@given(st.sampled_from(GRANTS), st.lists(st.sampled_from(PREFIXES), min_size=1, max_size=3))
def test_no_prefix_of_a_grant_hides_it(grant: str, prefixes: list[str]) -> None:
    text = " ".join((*sorted(prefixes, key="A=1".__ne__), grant))

    assert Workload.CONTROL_PLANE in facts(text).workloads, text


@given(st.sampled_from(GRANTS), st.data())
def test_no_quoting_of_a_grant_is_taken_for_light_work(grant: str, data: st.DataObject) -> None:
    text = " ".join(data.draw(st.sampled_from(QUOTINGS))(word) for word in grant.split())

    assert not hidden(text), text


@given(st.sampled_from(GRANTS), st.data())
def test_words_of_a_grant_from_variables_are_not_taken_for_light_work(grant: str, data: st.DataObject) -> None:
    words = grant.split()
    at = data.draw(st.sets(st.sampled_from(range(len(words)))))
    given_first = "".join(f"W{number}={words[number]}; " for number in at)
    text = given_first + " ".join(f"$W{number}" if number in at else word for number, word in enumerate(words))

    assert not hidden(text), text


@given(st.sampled_from(GRANTS), st.data())
def test_a_grant_cut_into_variables_is_not_taken_for_light_work(grant: str, data: st.DataObject) -> None:
    word, _, rest = grant.partition(" ")
    cut = data.draw(st.integers(1, len(word) - 1)) if len(word) > 1 else 1
    text = f"A={word[:cut]}; B={word[cut:]}; $A$B {rest}"

    assert not hidden(text), text
