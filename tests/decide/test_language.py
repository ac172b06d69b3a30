"""Policy text: every mistake at once, each with its line, its word and what was meant."""

import hashlib

import pytest

from headgate.decide.language import load
from headgate.model.decision import Reason, Strictness, Terms
from headgate.model.errors import HeadgateError
from headgate.wiring import shipped_policy

WRONG = """\
schema = 2
defualt = "deny"
default = "maybe"
[settings]
comfort = "long"
[inventory]
produce = ["x"]
[[rule]]
id = "Bad Id"
decision = "delgate"
when.thread = "mian"
when.workload.any = ["deplyo"]
when.machnes.any = ["x"]
when.steps = 3
when.heavy = "yes"
when.programs.some = ["ls"]
when.probes_recent.at_least = "four"
with.budget = "soon"
with.poool = "x"
[[rule]]
id = "loose"
decision = "allow"
reason = "r"
when.programs.any = ["ls"]
[[rule]]
id = "loose"
decision = "deny"
reason = "r"
unless.machines.any = ["a"]
"""


def mistakes(text: str) -> list[str]:
    with pytest.raises(HeadgateError) as raised:
        load(text, "p.toml")
    assert raised.value.code == "HG110"
    return raised.value.message.splitlines()[1:]


def test_every_mistake_is_told_in_one_pass_with_its_line_its_word_and_a_suggestion() -> None:
    assert [
        "p.toml:2: unknown key `defualt` in the policy (did you mean `default`?)",
        "p.toml:1: `schema = 1` is required",
        "p.toml:10: rule `Bad Id`: `delgate` is not a value of `decision` (did you mean `delegate`?)",
        "p.toml:9: rule `Bad Id`: a rule needs an `id` of small letters, digits and dashes",
        "p.toml:9: rule `Bad Id`: a rule needs a `reason`",
        "p.toml:19: rule `Bad Id`: unknown key `poool` in with (did you mean `pool`?)",
        "p.toml:11: rule `Bad Id`: `mian` is not a value of `thread` (did you mean `main`?)",
        "p.toml:12: rule `Bad Id`: `deplyo` is not a value of `workload` (did you mean `deploy`?)",
        "p.toml:13: rule `Bad Id`: `machnes` is not a value of `when` (did you mean `machines`?)",
        "p.toml:14: rule `Bad Id`: `steps` is a number: test it with `.at_least` or `.below`",
        "p.toml:15: rule `Bad Id`: `heavy` is true or false, not `yes`",
        "p.toml:16: rule `Bad Id`: `programs.some` is no test on a set: any, only or none",
        "p.toml:17: rule `Bad Id`: `probes_recent.at_least` needs `at_least` or `below` with a number, not `four`",
        "p.toml:18: rule `Bad Id`: with.budget needs a duration such as `30s`, not `soon`",
        "p.toml:24: rule `loose`: `programs.any` cannot loosen: use `.only`, a call carries several names",
        "p.toml:29: rule `loose`: `machines.any` cannot loosen: use `.only`, a call carries several names",
        "p.toml:25: rule `loose`: the id is used on line 20",
        "p.toml:3: `default` must be allow, delegate, confirm or deny",
        "p.toml:7: unknown key `produce` in inventory (did you mean `prod`?)",
        "p.toml:5: settings.comfort needs a duration such as `30s`",
    ] == mistakes(WRONG)


def test_text_that_is_no_toml_is_one_mistake() -> None:
    assert ["p.toml: Expected '=' after a key in a key/value pair (at line 1, column 3)"] == mistakes("a b")


def test_an_empty_policy_is_refused() -> None:
    assert [
        "p.toml:1: `schema = 1` is required",
        "p.toml:1: `default` must be allow, delegate, confirm or deny",
    ] == mistakes("")


def test_a_policy_is_what_its_text_says() -> None:
    text = (
        'schema = 1\ndefault = "confirm"\n[settings]\ncomfort = "1m"\nquick_wait = 2\n'
        '[inventory]\nprod = ["p*"]\ndev = "d"\n'
        '[[rule]]\nid = "b"\ndecision = "allow"\nreason = "r"\n'
        '[[rule]]\nid = "a"\ndecision = "deny"\nreason = "no"\nhint = "h"\n'
        'with = {budget = "500ms", max_run = "2h", pool = ["x", "y"], approvers = "ops"}\n'
    )

    found = load(text)

    assert [
        ("a", Strictness.DENY, Reason("a", "no", "h"), 13, ("x", "y")),
        ("b", Strictness.ALLOW, Reason("b", "r"), 9, ()),
    ] == [(rule.id, rule.answer, rule.said, rule.line, rule.pools) for rule in found.rules]
    assert Terms(budget=0.5, max_run=7200.0, approvers=("ops",)) == found.rules[0].terms
    assert (
        Strictness.CONFIRM,
        hashlib.sha256(text.encode()).hexdigest(),
        (("prod", "p*"), ("dev", "d")),
        60.0,
        2.0,
    ) == (found.default, found.digest, found.inventory, found.comfort, found.quick_wait)


def test_the_shipped_policy_loads_and_denies_by_default() -> None:
    found = shipped_policy()

    assert (Strictness.DENY, 30.0, 3.0) == (found.default, found.comfort, found.quick_wait)
