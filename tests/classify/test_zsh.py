"""Syntax that only zsh reads in its own way: opaque, unless the client's shell is surely bash."""

import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction
from headgate.model.facts import Facts, Workload


def facts(text: str, shell: str) -> Facts:
    return classify(ShellAction(text, "/home/user/repo"), Surroundings(home="/home/user", shell=shell), Inventory())


ZSH_ONLY = [
    "=ssh web1 reboot",
    "ls =ls",
    "print ${(e)x}",
    "echo $~x",
    "$=cmd",
    "ls *(e:'ssh web1 reboot':)",
    "repeat 3 ssh web1 reboot",
    "noglob ssh web1 reboot",
    "- ssh web1 reboot",
    "alias -g L='| ssh web1 reboot'",
    "alias -s txt=ssh",
    "a=(ssh echo); ${a[1]} web1",
]


@pytest.mark.parametrize("text", ZSH_ONLY)
@pytest.mark.parametrize("shell", ["zsh", ""])
def test_it_is_opaque_where_the_shell_may_be_zsh(text: str, shell: str) -> None:
    assert Workload.OPAQUE in facts(text, shell).workloads


@pytest.mark.parametrize("text", ["ls =ls", "echo $~x", "a=(ssh echo); ${a[1]} hello", "alias -s txt=ssh"])
def test_it_is_bashs_own_reading_where_the_shell_is_bash(text: str) -> None:
    assert () == facts(text, "bash").workloads


@pytest.mark.parametrize(
    "text",
    [
        "for h (a b) ssh $h reboot",
        "diff =(ssh web1 cat f) f",
        "if [[ -f x ]] { ssh web1 reboot }",
        "foreach h (a b); ssh $h; end",
        "() { ssh web1 reboot }",
        "sleep 5 &!",
    ],
)
@pytest.mark.parametrize("shell", ["zsh", "", "bash"])
def test_what_bash_cannot_read_is_opaque_in_every_shell(text: str, shell: str) -> None:
    assert Workload.OPAQUE in facts(text, shell).workloads


@pytest.mark.parametrize(
    "text",
    [
        "git log --format='%(refname)' | head",
        '[[ $a == b* ]] && echo "${x:-1} ${y%.*} ${z[@]}"',
        'for f in *.py; do echo "$f"; done',
        "x=1 make test",
        "cat =1= || true",
    ],
)
def test_what_both_read_alike_stays_as_it_is(text: str) -> None:
    assert facts(text, "bash").workloads == facts(text.replace("=1=", "a"), "").workloads


def test_a_text_for_zsh_is_read_as_its_own() -> None:
    assert Workload.OPAQUE in facts("zsh -c '=ssh web1 reboot'", "bash").workloads
    assert () == facts("bash -c 'ls =ls'", "zsh").workloads
