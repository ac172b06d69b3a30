"""The operator's configuration: facts about their world, or every mistake at once with its line and a suggestion."""

import hashlib

import pytest

from headgate.configure import Configuration, joined, load
from headgate.model.errors import HeadgateError
from headgate.wiring import shipped_tools

GOOD = """\
schema = 1

[inventory]
prod = ["db-*", "WEB?.example.com"]
dev = ["lab-*"]

[[tool]]
name = ["k8s__apply", "deploy_*"]
is = "deploy"
machine = "args.context"

[[tool]]
name = "ops_shell"
shell = "args.command"
machine = ["args.host", "args.at.node", "bastion"]
"""

WRONG = """\
schema = 2
tools = 1
[inventory]
production = ["x"]
prod = "x"
[[tool]]
name = "a"
is = "deplyo"
machin = "args.host"
[[tool]]
is = "light"
[[tool]]
name = "c"
shell = "args.command"
is = "light"
[[tool]]
name = "d"
[[tool]]
name = "e"
shell = "command"
machine = "arg.host"
[[tool]]
name = "f"
code = "args.code"
[[tool]]
name = "g"
code = "args.code"
language = "cobol"
[[tool]]
name = "h"
like = ["kubectl", "args.verb"]
[[tool]]
name = "i"
like = "kubectl {args.verb}"
[[tool]]
name = "j"
like = ["kubectl", "-n={args.words...}"]
[[tool]]
name = "k"
is = "light"
machine = ["web1", "args.host"]
[[tool]]
name = "l"
is = "light"
when.op = 3
[[tool]]
name = "m"
is = ["light", 7]
known = "x"
language = "python"
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(HeadgateError) as raised:
        load(text, "h.toml")
    assert raised.value.code == "HG111"
    return raised.value.message.splitlines()[1:]


def test_every_mistake_is_told_in_one_pass_with_its_line_its_word_and_a_suggestion() -> None:
    place = "is the place of an argument such as `args.{}`, or a list of places"
    classes = "light, read, write, remote-session"
    found = [line.partition(classes)[0] for line in mistakes(WRONG)]

    assert [
        "h.toml:2: unknown key `tools` in the configuration (did you mean `tool`?)",
        "h.toml:1: `schema = 1` is required",
        "h.toml:4: unknown key `production` in inventory",
        'h.toml:5: `prod` is a list of patterns such as `["db-*"]`',
        "h.toml:9: tool `a`: unknown key `machin` in a tool (did you mean `machine`?)",
        "h.toml:8: tool `a`: `deplyo` is not a value of `is` (did you mean `deploy`?)",
        'h.toml:10: tool `number 2`: `name` is a pattern such as `"ssh_exec"`, or a list of them',
        "h.toml:14: tool `c`: a tool needs exactly one of is, shell, argv, code, sql, like, not `is` and `shell`",
        "h.toml:17: tool `d`: a tool needs exactly one of is, shell, argv, code, sql, like, and it has none",
        f"h.toml:20: tool `e`: `shell` {place.format('shell')}, not `command`",
        f"h.toml:21: tool `e`: `machine` {place.format('machine')}, not `arg.host`",
        'h.toml:24: tool `f`: code needs its `language`, such as `"python"` or `"args.language"`',
        "h.toml:28: tool `g`: code in `cobol` cannot be judged (python, javascript, bash, ruby, …)",
        "h.toml:31: tool `h`: `args.verb`: an argument is written `{args.name}`, with `?` where it may be missing",
        'h.toml:34: tool `i`: `like` is a list of words, the program first: `["kubectl", "get", "{args.kind}"]`',
        "h.toml:37: tool `j`: `-n={args.words...}`: several words stand alone, as `{args.words...}`",
        "h.toml:41: tool `k`: only the last word of `machine` can be a value itself",
        "h.toml:45: tool `l`: `when.op` is a pattern for a text, or a list of them",
        "h.toml:50: tool `m`: `language` goes only with `code`",
        "h.toml:48: tool `m`: `is` is one or several of ",
    ] == found


@pytest.mark.parametrize(
    ("text", "where"),
    [("schema = 1\n[inventory\n", "h.toml:2: "), ("schema =", "h.toml:1: "), ("[[tool]", "h.toml:1: ")],
)
def test_text_that_is_no_toml_is_told_with_its_line(text: str, where: str) -> None:
    assert [f"{where}this is not TOML: "] == [line[: len(where) + 18] for line in mistakes(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "`schema = 1` is required"),
        ("schema = 1\ninventory = 3", "`inventory` is a table"),
        ("schema = 1\n[inventory]\nprod = [1]", "`prod` is a list of patterns"),
        ("schema = 1\ntool = 3", "tools are written as `[[tool]]`"),
        ("schema = 1\n[tool]\nname = 'x'", "tools are written as `[[tool]]`"),
        ("schema = 1\n[[tool]]\nname = ''\nis = 'light'", "`name` is a pattern"),
        ("schema = 1\n[[tool]]\nname = 'x'\nis = 'light'\nwhen = 'y'", "`when` names an argument"),
        ("schema = 1\n[[tool]]\nname = 'x'\nis = 'light'\nknown = 1", "`known` is a list of arguments"),
        ("schema = 1\n[[tool]]\nname = 'x'\nshell = 7", "`shell` is the place of an argument"),
        ("schema = 1\n[[tool]]\nname = 'x'\nlike = ['{args.program}']", "`like` is a list of words"),
    ],
)
def test_what_has_the_wrong_form_is_told(text: str, found: str) -> None:
    assert found in mistakes(text)[0]


def test_a_configuration_holds_patterns_and_entries_and_its_digest() -> None:
    found = load(GOOD)

    patterns = ["db-*", "WEB?.example.com", "web?.example.com"]
    assert (*(("prod", pattern) for pattern in patterns), ("dev", "lab-*")) == found.inventory
    assert [("k8s__apply", "deploy_*"), ("ops_shell",)] == [entry.names for entry in found.tools]
    assert hashlib.sha256(GOOD.encode()).hexdigest() == found.digest


def test_of_several_configurations_the_first_counts_first() -> None:
    first, second = load("schema = 1\n[inventory]\ndev = ['a']"), load("schema = 1\n[inventory]\nprod = ['*']")

    assert (("dev", "a"), ("prod", "*")) == joined([first, second]).inventory
    assert Configuration() == joined([])


def test_the_shipped_map_is_right() -> None:
    assert len(shipped_tools()) > 60
