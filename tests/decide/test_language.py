"""Policy text: every mistake at once, each with its line, its word and what was meant."""

from datetime import date

import pytest

from headgate.decide.layers import Text, join, load
from headgate.decide.rules import Layer
from headgate.model.decision import Strictness, Terms
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


def mistakes(text: str, layer: Layer = Layer.ORGANISATION, above: str | None = None) -> list[str]:
    texts = [Text(layer, "p.toml", text)]
    if above is not None:
        texts.insert(0, Text(Layer.ORGANISATION, "org.toml", above))
    with pytest.raises(HeadgateError) as raised:
        join(texts)
    assert raised.value.code == "HG110"
    return raised.value.message.splitlines()[1:]


def test_every_mistake_is_told_in_one_pass_with_its_line_its_word_and_a_suggestion() -> None:
    assert [
        "p.toml:2: unknown key `defualt` in the policy (did you mean `default`?)",
        "p.toml:1: `schema = 1` is required: it says which facts the rules may test",
        "p.toml:3: `default` is allow, delegate, confirm or deny, not `maybe`",
        "p.toml:5: settings.comfort needs a duration such as `30s`, not `long`",
        "p.toml:7: unknown key `produce` in the inventory (did you mean `prod`?)",
        "p.toml:10: rule `Bad Id`: `delgate` is not a value of `decision` (did you mean `delegate`?)",
        "p.toml:9: rule `Bad Id`: a rule needs an `id` of small letters, digits and dashes",
        "p.toml:9: rule `Bad Id`: a rule needs a `reason`",
        "p.toml:19: rule `Bad Id`: unknown key `poool` in with (did you mean `pool`?)",
        "p.toml:11: rule `Bad Id`: `mian` is not a value of `thread` (did you mean `main`?)",
        "p.toml:12: rule `Bad Id`: `deplyo` is not a value of `workload` (did you mean `deploy`?)",
        "p.toml:13: rule `Bad Id`: `machnes` is not a value of `when` (did you mean `machines`?)",
        "p.toml:14: rule `Bad Id`: `steps` is a number: test it with `.at_least` or `.below`",
        "p.toml:15: rule `Bad Id`: `heavy` is true or false, not `yes`",
        "p.toml:16: rule `Bad Id`: `programs.some` is no test on a set of names: any, only, none",
        "p.toml:17: rule `Bad Id`: `probes_recent.at_least` needs a number, not `four`",
        "p.toml:18: rule `Bad Id`: with.budget needs a duration such as `30s`, not `soon`",
        "p.toml:24: rule `loose`: `programs.any` cannot loosen: use `.only`, a call carries several names",
        "p.toml:29: rule `loose`: `machines.any` cannot loosen: use `.only`, a call carries several names",
        "p.toml:25: rule `loose`: the id is used on line 20",
    ] == mistakes(WRONG)


TEN = """\
schema = 1
default = "deny"
[sets]
held = ["main", "$other"]
[window.busy]
count = "distinct hosts"
over = "2d"
[[rule]]
id = "a"
decision = "confirm"
reason = "r"
when.thread = "$hled"
when.date.at_least = "soon"
with.lease = "host"
with.worker = "robot"
match = [{ workload = ["deploi"] }, 4]
[[invariant]]
id = "i"
given = { hevy = true }
at_least = "never"
[[test]]
name = "t"
facts = { steps = "many" }
expect = { decision = "denny", rule = "a" }
"""


COUNTS = (
    "p.toml:6: window `busy`: `count` is `calls` or one of `distinct machines`, `distinct programs`, "
    "`distinct commands`, `distinct workload`, `distinct writes_files`, not `distinct hosts`"
)


def test_ten_seeded_mistakes_beside_rules_give_ten_located_messages_and_more() -> None:
    assert [
        "p.toml:4: the set `held` names another set: write its words",
        COUNTS,
        "p.toml:7: window `busy`: `over` is a duration of at most a day, not `2d`",
        "p.toml:12: rule `a`: `hled` is not a value of `sets` (did you mean `held`?)",
        "p.toml:13: rule `a`: `date.at_least` needs a date, not `soon`",
        "p.toml:14: rule `a`: `host` is not a value of `with.lease` (machine, environment)",
        "p.toml:15: rule `a`: `robot` is not a value of `with.worker` (command, agent)",
        "p.toml:16: rule `a`: `deploi` is not a value of `workload` (did you mean `deploy`?)",
        'p.toml:16: rule `a`: `match` holds commands, or tables of facts such as `{ workload = ["deploy"] }`',
        "p.toml:20: invariant `i`: `at_least` is allow, delegate, confirm or deny, not `never`",
        "p.toml:19: invariant `i`: `hevy` is not a value of `given` (did you mean `heavy`?)",
        "p.toml:23: test `t`: `steps` is a number, not `many`",
        "p.toml:24: test `t`: unknown key `rule` in expect (did you mean `rules`?)",
        "p.toml:24: test `t`: `denny` is not a value of `decision` (did you mean `deny`?)",
    ] == mistakes(TEN)


def test_text_that_is_no_toml_is_one_mistake_with_its_line() -> None:
    assert ["p.toml:1: this is not TOML: Expected '=' after a key in a key/value pair"] == mistakes("a b")
    assert ["p.toml:3: this is not TOML: Cannot overwrite a value"] == mistakes("a = 1\n\na = 2\n")


def test_an_empty_policy_is_refused() -> None:
    assert ["p.toml:1: `schema = 1` is required: it says which facts the rules may test"] == mistakes("")


def test_a_policy_without_a_default_is_refused() -> None:
    assert ['p.toml:1: `default` is missing: the answer where no allow rule speaks (`default = "deny"`)'] == mistakes(
        "schema = 1"
    )


TOP = 'schema = 1\ndefault = "confirm"\n[sets]\nhosts = ["*.prod"]\n[window.busy]\ncount = "calls"\nover = "5m"\n'
LOWER = """\
schema = 1
layer = "user"
default = "allow"
profile = "observe"
[settings]
mode = "observe"
[inventory]
dev = ["*"]
[sets]
hosts = ["x"]
[window.busy]
count = "calls"
over = "1m"
[window.steps]
count = "calls"
over = "1m"
[[rule]]
id = "let-me"
decision = "allow"
reason = "r"
"""


def test_a_lower_layer_may_not_say_what_could_loosen() -> None:
    assert [
        "p.toml:2: this file is read as the project layer, not as `user`",
        "p.toml:3: `default` belongs to the organisation layer: a project layer can only tighten",
        "p.toml:5: `settings` belongs to the organisation layer: a project layer can only tighten",
        "p.toml:7: `inventory` belongs to the organisation layer: a project layer can only tighten",
        "p.toml:4: `observe` enforces nothing, so only the organisation layer can choose it, not a project layer",
        "p.toml:10: the set `hosts` is defined by a layer above; choose another name",
        "p.toml:11: window `busy`: the name is that of a fact, or no name of small letters, digits and `_`",
        "p.toml:14: window `steps`: the name is that of a fact, or no name of small letters, digits and `_`",
        "p.toml:19: rule `let-me`: a project layer can only tighten; this allow rule would have no effect",
    ] == mistakes(LOWER, Layer.PROJECT, TOP)


def test_a_lower_layer_uses_the_sets_and_windows_above_it() -> None:
    rule = '[[rule]]\nid = "a"\ndecision = "deny"\nreason = "r"\nwhen.machines.any = "$hosts"\nwhen.busy.at_least = 3\n'
    found = join([Text(Layer.ORGANISATION, "o", TOP), Text(Layer.PROJECT, "p", "schema = 1\n" + rule)])

    assert [("machines", ("*.prod",), 0.0), ("busy", (), 3.0)] == [
        (item.fact, item.words, item.bound) for item in found.rules[0].when
    ]
    assert "project:a" == found.rules[0].name


def test_a_policy_is_what_its_text_says() -> None:
    text = (
        'schema = 1\ndefault = "confirm"\n[settings]\ncomfort = "1m"\nquick_wait = 2\n'
        '[inventory]\nprod = ["p*"]\ndev = "d"\n'
        '[[rule]]\nid = "b"\ndecision = "allow"\nreason = "r"\n'
        '[[rule]]\nid = "a"\ndecision = "deny"\nreason = "no"\nhint = "h"\nwhen.date.below = 2027-01-02\n'
        'with = {budget = "500ms", max_run = "2h", pool = ["y", "x"], worker = "agent", approvers = "ops"'
        ", approvals = 2, not_requester = true}\n"
        '[[rule]]\nid = "c"\ndecision = "deny"\nreason = "r"\nwith.lease = "machine"\n'
    )

    found = load(text)

    assert [
        ("a", Strictness.DENY, "no", "h", 13, ("x", "y"), ("agent",)),
        ("c", Strictness.DENY, "r", "", 20, (), ()),
        ("b", Strictness.ALLOW, "r", "", 9, (), ()),
    ] == [(rule.id, rule.answer, rule.reason, rule.hint, rule.line, rule.pools, rule.workers) for rule in found.rules]
    terms = found.rules[0].terms
    assert Terms(budget=0.5, max_run=7200.0, approvers=("ops",), approvals=2, not_requester=True) == terms
    assert Terms(lease=("machine",)) == found.rules[1].terms
    assert float(date(2027, 1, 2).toordinal()) == found.rules[0].when[0].bound
    assert (Strictness.CONFIRM, (("prod", "p*"), ("dev", "d")), 60.0, 2.0) == (
        found.default,
        found.inventory,
        found.comfort,
        found.quick_wait,
    )


def test_the_digest_is_of_what_decides_and_not_of_how_it_is_written() -> None:
    one = (
        'schema = 1\ndefault = "deny"\n'
        '[[rule]]\nid = "a"\ndecision = "confirm"\nreason = "r"\nwhen.thread = ["main", "worker"]\n'
    )
    other = (
        '# a comment\ndefault = "deny"\nschema = 1\n'
        '[[rule]]\nreason = "r"\nwhen = {thread = ["worker", "main"]}\nid = "a"\ndecision = "confirm"\n'
    )

    assert load(one).digest == load(other).digest
    assert load(one).digest != load(one.replace("confirm", "deny")).digest
    assert load(one).digest != load(one.replace('reason = "r"', 'reason = "s"')).digest


@pytest.mark.parametrize(
    ("examples", "found"),
    [
        (
            'match = [{ thread = "worker" }]',
            "`match` example: the rule does not match thread = worker (it fails on `thread`)",
        ),
        ("not_match = [{ steps = 3 }]", "`not_match` example: the rule matches steps = 3"),
        ("match = [{ override = true }]", "`match` example: the rule does not match override = true (`unless` holds)"),
    ],
)
def test_an_example_that_does_not_hold_rejects_the_policy(examples: str, found: str) -> None:
    rule = '[[rule]]\nid = "a"\ndecision = "deny"\nreason = "r"\nwhen.thread = "main"\nunless.override = true\n'

    assert [f"p.toml:3: rule `a`: {found}"] == mistakes(f'schema = 1\ndefault = "deny"\n{rule}{examples}\n')


def test_a_test_that_does_not_hold_rejects_the_policy() -> None:
    text = (
        'schema = 1\ndefault = "deny"\n[[rule]]\nid = "a"\ndecision = "confirm"\nreason = "r"\nwith.max_run = "1h"\n'
        '[[test]]\nname = "t"\nfacts = { thread = "main" }\n'
        'expect = { decision = "allow", then = "delegate", rules = ["b"], without = ["a"], max_run = "2h" }\n'
    )

    assert [
        "p.toml:8: test `t`: expected decision allow, got deny (rules that match: a)",
        "p.toml:8: test `t`: expected then delegate, got None (rules that match: a)",
        "p.toml:8: test `t`: expected max_run 7200.0, got 3600.0 (rules that match: a)",
        "p.toml:8: test `t`: expected the rule `b` to match (rules that match: a)",
        "p.toml:8: test `t`: expected the rule `a` not to match",
    ] == mistakes(text)


def test_the_shipped_policy_loads_and_denies_by_default() -> None:
    found = shipped_policy()

    assert (Strictness.DENY, 30.0, 3.0, "balanced") == (found.default, found.comfort, found.quick_wait, found.profile)
