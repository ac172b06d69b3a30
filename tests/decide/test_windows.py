"""Windows of a policy: what a session did lately, as the operator counts it."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify import Surroundings
from headgate.decide import ledger
from headgate.decide.layers import Text, join, load
from headgate.decide.ledger import Entry
from headgate.decide.names import HOLE, Value
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer, Window
from headgate.decide.schema import Situation, completed
from headgate.decide.windows import counted, counts, longest
from headgate.host.home import Home
from headgate.host.world import HostWorld
from headgate.model.action import ShellAction, Thread
from headgate.model.decision import Allow, Confirm, Delegate, Deny, Terms
from headgate.model.facts import Facts
from headgate.pipeline import judge
from headgate.surfaces.rehearsal import Line, Rehearsal

MACHINES = 'count = "distinct machines"\nover = "10m"\n'
THIRD = """schema = 1
default = "allow"
[window.changed]
count = "distinct machines"
over = "10m"
where.changes = true
[[rule]]
id = "no-reboots"
decision = "deny"
reason = "Never."
when.commands.any = "reboot"
[[rule]]
id = "third"
decision = "confirm"
reason = "Third machine changed within ten minutes."
when.changes = true
when.changed.at_least = 3
"""


def window(definition: str, name: str = "w") -> Window:
    return load(f'schema = 1\ndefault = "deny"\n[window.{name}]\n{definition}').windows[0]


def added(definition: str, **facts: Value) -> list[tuple[str, ...]]:
    """Return what a call with these *facts* adds to the window: nothing, or one set of names."""
    return list(counted([window(definition)], completed(facts)).values())


def count(
    definition: str, entries: Sequence[tuple[float, tuple[str, ...] | None]], now: float, **facts: Value
) -> float:
    """Return the count at *now* after *entries* that added names (`None`: nothing), and a call with these *facts*."""
    found = window(definition)
    past = [Entry(at, windows={} if names is None else {found.key: names}) for at, names in entries]
    return counts([found], past, now, counted([found], completed(facts)))[0]


# -- what a call adds -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("definition", "facts", "found"),
    [
        ('count = "calls"\nover = 60', {}, [()]),
        ('count = "calls"\nover = 60', {"machines": ("a",)}, [()]),
        (MACHINES, {}, [()]),
        (MACHINES, {"machines": ("a", "b")}, [("a", "b")]),
        (MACHINES + "where.changes = true", {"machines": ("a",)}, []),
        (MACHINES + "where.changes = true", {"machines": ("a",), "changes": True}, [("a",)]),
        (MACHINES + 'where.environment = "prod"', {"machines": ("a",), "environment": "dev"}, []),
        (MACHINES + 'where.environment = "prod"', {"machines": ("a",), "environment": "prod"}, [("a",)]),
        (MACHINES + 'where.machines.any = "*.prod"', {"machines": ("a", "b.prod")}, [("a", "b.prod")]),
        (MACHINES + 'where.machines.any = "*.prod"', {"machines": ("a",)}, []),
        (MACHINES + "where.steps.at_least = 2\nwhere.steps.below = 4", {"machines": ("a",), "steps": 3}, [("a",)]),
        (MACHINES + "where.steps.at_least = 2\nwhere.steps.below = 4", {"machines": ("a",), "steps": 4}, []),
        (MACHINES + 'where.thread = "worker"', {"machines": ("a",)}, []),
        ('count = "distinct programs"\nover = 60', {"programs": ("ssh", "ls"), "machines": ("a",)}, [("ssh", "ls")]),
        ('count = "distinct workload"\nover = 60', {"workload": ("deploy",)}, [("deploy",)]),
        ('count = "distinct commands"\nover = 60', {"commands": ("ls -l",)}, [("ls -l",)]),
        ('count = "distinct writes_files"\nover = 60', {"writes_files": ("/etc/x",)}, [("/etc/x",)]),
    ],
)
def test_a_call_that_meets_where_adds_the_names_of_its_fact(
    definition: str, facts: dict[str, Value], found: list[tuple[str, ...]]
) -> None:
    assert found == added(definition, **facts)


@pytest.mark.parametrize(
    ("where", "facts"),
    [
        ('environment = "prod"', {"environment": None}),
        ("estimate.at_least = 60", {"estimate": None}),
        ("estimate.below = 60", {"estimate": None}),
        ('programs.any = "kubectl"', {"programs": None}),
        ('programs.only = "kubectl"', {"programs": (HOLE,)}),
        ('machines.any = "*.prod"', {"machines": (f"web{HOLE}",)}),
        ('cwd.glob = "/srv/*"', {"cwd": None}),
    ],
)
def test_what_nobody_knows_counts_as_met(where: str, facts: dict[str, Value]) -> None:
    assert [()] == added(f'count = "calls"\nover = 60\nwhere.{where}', **facts)


# -- what is counted ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entries", "now", "facts", "found"),
    [
        ([], 0.0, {}, 0),
        ([], 0.0, {"machines": ("a", "b")}, 2),
        ([(1.0, ("a",)), (2.0, ("b",))], 3.0, {}, 2),
        ([(1.0, ("a",)), (2.0, ("a", "b"))], 3.0, {"machines": ("b", "c")}, 3),
        ([(1.0, ("a",)), (2.0, None)], 3.0, {"machines": ("a",)}, 1),
        ([(1.0, ("a",))], 600.999, {}, 1),
        ([(1.0, ("a",))], 601.0, {}, 0),
        ([(1.0, ("a",))], 601.0, {"machines": ("b",)}, 1),
        ([(5.0, ("a",))], 4.0, {}, 0),
        ([(5.0, ("a",))], 5.0, {}, 1),
    ],
)
def test_distinct_names_of_the_last_minutes_are_counted_with_those_of_the_call(
    entries: list[tuple[float, tuple[str, ...] | None]], now: float, facts: dict[str, Value], found: int
) -> None:
    assert found == count(MACHINES, entries, now, **facts)


@pytest.mark.parametrize(
    ("entries", "now", "changes", "found"),
    [
        ([], 0.0, True, 1),
        ([], 0.0, False, 0),
        ([(1.0, ()), (1.0, ()), (2.0, None)], 3.0, True, 3),
        ([(1.0, ()), (50.0, ())], 61.0, False, 1),
    ],
)
def test_calls_are_counted_one_by_one_this_one_included(
    entries: list[tuple[float, tuple[str, ...] | None]],
    now: float,
    changes: bool,  # noqa: FBT001 a table
    found: int,
) -> None:
    assert found == count('count = "calls"\nover = "1m"\nwhere.changes = true', entries, now, changes=changes)


NAMED = st.lists(st.sampled_from("abcd"), max_size=3).map(tuple)


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from("wvx"), NAMED), max_size=12),
    st.integers(0, 40),
    st.integers(1, 30),
    NAMED,
)
def test_counts_are_those_of_a_plain_loop(
    entries: list[tuple[int, str, tuple[str, ...]]], now: int, over: int, mine: tuple[str, ...]
) -> None:
    calls, names = Window("w", float(over)), Window("v", float(over), fact="machines")
    keys = {"w": calls.key, "v": names.key, "x": "x:gone"}
    past = [Entry(float(at), windows={keys[name]: found}) for at, name, found in entries]
    recent = [(name, found) for at, name, found in entries if at <= now and now - at < over]
    distinct = {*mine, *(one for name, found in recent if name == "v" for one in found)}

    found = counts([calls, names], past, float(now), {names.key: mine})

    assert (sum(name == "w" for name, _found in recent), len(distinct)) == found


def test_no_windows_count_nothing() -> None:
    assert () == counts([], [Entry(1.0, windows={"w": ()})], 2.0, {})


@pytest.mark.parametrize("machines", [None, (HOLE,)])
def test_a_machine_that_nobody_knows_counts(machines: tuple[str, ...] | None) -> None:
    assert count(MACHINES, [(1.0, ("a", "b"))], 2.0, machines=machines) >= 3


# -- the key: under another definition, other calls were counted ----------------------------------


def test_another_definition_has_another_key() -> None:
    definitions = (
        (MACHINES, "w"),
        (MACHINES, "other"),
        ('count = "calls"\nover = "10m"', "w"),
        ('count = "distinct programs"\nover = "10m"', "w"),
        (MACHINES + "where.changes = true", "w"),
        (MACHINES + "where.changes = false", "w"),
        (MACHINES + "where.steps.at_least = 1", "w"),
        (MACHINES + "where.steps.at_least = 2", "w"),
        (MACHINES + "where.steps.below = 2", "w"),
        (MACHINES + "where.changes = true\nwhere.steps.below = 2", "w"),
    )

    assert len(definitions) == len({window(*definition).key for definition in definitions})


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (MACHINES, MACHINES.replace("10m", "1h")),
        (MACHINES, 'over = 600\ncount = "distinct machines"'),
        (
            MACHINES + 'where.changes = true\nwhere.environment = "prod"',
            MACHINES + 'where = {environment = ["prod"], changes = true}',
        ),
    ],
)
def test_how_long_it_looks_back_and_how_it_is_written_leave_the_key(one: str, other: str) -> None:
    assert window(one).key == window(other).key


def test_what_was_counted_under_another_definition_is_forgotten() -> None:
    before, after = (load(THIRD.replace("where.changes = true", where)) for where in ("where.changes = true", ""))
    past = [Entry(at, windows={before.windows[0].key: (name,)}) for at, name in ((1.0, "a"), (2.0, "b"))]
    this = Facts(machines=("c",), remote=True, changes=True)

    assert [3.0, 1.0] == [
        counts(
            policy.windows, past, 3.0, counted(policy.windows, completed({"machines": this.machines, "changes": True}))
        )[0]
        for policy in (before, after)
    ]


@pytest.mark.parametrize(
    ("overs", "least", "found"), [([], 600.0, 600.0), (["1m"], 600.0, 600.0), (["1h", "30m"], 600.0, 3600.0)]
)
def test_the_ledger_is_asked_for_the_longest_window_and_the_least_there_is(
    overs: list[str], least: float, found: float
) -> None:
    heads = [f'[window.w{place}]\ncount = "calls"\nover = "{over}"\n' for place, over in enumerate(overs)]

    assert found == longest(load('schema = 1\ndefault = "deny"\n' + "".join(heads)), least)


# -- what is admitted -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "refused", "found"),
    [
        (Allow(Terms()), False, {"w": ("a",)}),
        (Delegate(Terms()), False, {"w": ("a",)}),
        (Confirm(Allow(Terms()), Terms()), False, {"w": ("a",)}),
        (Deny(()), False, {}),
        (Delegate(Terms()), True, {}),
    ],
)
def test_what_is_denied_or_refused_counts_in_no_window(
    decision: Allow | Delegate | Confirm | Deny,
    refused: bool,  # noqa: FBT001 a table
    found: dict[str, tuple[str, ...]],
) -> None:
    entry = ledger.entry(Facts(steps=1), decision, 1.0, {"w": ("a",)}, refused=refused)

    assert found == (entry.windows if entry else None)


def answers(policy: Policy, *calls: tuple[float, str]) -> list[str]:
    """Return the answers to *calls* of one session, each a time and a command, as the pipeline gives them."""
    past: list[Entry] = []
    found = []
    for at, command in calls:
        situation = Situation(Thread.MAIN, ledger.history(past, at))
        judged = judge(ShellAction(command, "/repo"), situation, Surroundings(), policy, past=(past, at))
        entry = ledger.entry(judged.facts, judged.decision, at, judged.counts)
        past += [entry] if entry else []
        found.append(judged.decision.strictness.word)
    return found


def touched(*hosts: str) -> list[str]:
    return [f"ssh {host} 'touch /srv/x'" for host in hosts]


@pytest.mark.parametrize(
    ("calls", "found"),
    [
        ([0, 1, 2], "allow allow confirm"),
        ([0, 1, 600], "allow allow allow"),
        ([0, 1, 599], "allow allow confirm"),
        ([0, 599, 601], "allow allow allow"),
    ],
)
def test_the_third_machine_within_ten_minutes_asks(calls: list[int], found: str) -> None:
    commands = touched("web1", "web2", "web3")

    assert found.split() == answers(load(THIRD), *zip(map(float, calls), commands, strict=True))


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        (touched("web1", "web1", "web1"), "allow allow allow"),
        (["ssh web1 uptime", "ssh web2 uptime", *touched("web3")], "allow allow allow"),
        (["ssh web1 reboot", "ssh web2 reboot", *touched("web3", "web4", "web5")], "deny deny allow allow confirm"),
        (touched("web1", "web2", "web3", "web4"), "allow allow confirm confirm"),
        (["for h in a b c; do ssh $h 'touch /x'; done", "ls"], "confirm allow"),
    ],
)
def test_only_admitted_changes_of_different_machines_count(commands: list[str], found: str) -> None:
    assert found.split() == answers(load(THIRD), *((float(at), command) for at, command in enumerate(commands)))


def test_a_lower_layer_counts_in_windows_of_its_own_beside_those_above() -> None:
    lower = (
        'schema = 1\n[window.mine]\ncount = "calls"\nover = "5s"\n'
        '[[rule]]\nid = "two"\ndecision = "deny"\nreason = "r"\nwhen.mine.at_least = 2\nwhen.changed.at_least = 1\n'
    )
    policy = join([Text(Layer.ORGANISATION, "o.toml", THIRD), Text(Layer.PROJECT, "p.toml", lower)])

    assert ["changed", "mine"] == [item.name for item in policy.windows]
    assert ["allow", "deny", "allow"] == answers(policy, *zip((0.0, 1.0, 9.0), touched("a", "a", "a"), strict=True))


def test_the_lines_of_a_rehearsed_session_share_its_windows(tmp_path: Path) -> None:
    rehearsal = Rehearsal(load(THIRD), HostWorld(Home(tmp_path)))
    lines = [
        Line(place, command, session=session, at=float(at))
        for place, (session, at, command) in enumerate(
            (session, at, command)
            for at, command in enumerate(touched("web1", "web2", "web3"))
            for session in ("s", "t" if at else None)
        )
    ]
    late = msgspec.structs.replace(lines[-2], at=700.0)

    found = [rehearsal.line(line, 0.0).decision.strictness.word for line in (*lines, late)]

    assert ["allow", "allow", "allow", "allow", "confirm", "allow", "allow"] == found
