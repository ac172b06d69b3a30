"""Every table in `tools/`: a tool's name, its arguments, and the facts it must have with the shipped map."""

import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.tool_map import ToolMap
from headgate.classify.tools import _LIGHT
from headgate.configure import load
from headgate.model.action import ToolAction
from headgate.model.facts import Facts, Workload
from headgate.wiring import shipped_tools

TABLES = sorted((Path(__file__).parent / "tools").glob("*.toml"))
EXAMPLES = {table.stem: tomllib.loads(table.read_text())["example"] for table in TABLES}
HOME = "/home/user"
SHIPPED = ToolMap(shipped_tools())
AROUND = Surroundings(
    home=HOME,
    protected=(f"{HOME}/.local/state/headgate", f"{HOME}/.claude/settings.json", f"{HOME}/.config/headgate"),
    protected_suffixes=("/.claude/settings.json", "/.claude/hooks"),
    private=(f"{HOME}/.local/state/headgate",),
    tools=SHIPPED,
)
INVENTORY = Inventory((("prod", "*prod*"), ("staging", "*stag*")))


def facts(name: str, args: dict[str, object] | None = None, tools: str = "", **hints: object) -> Facts:
    """Return the facts of one call; *tools* is a configuration in front of the shipped map."""
    own = load(f"schema = 1\n{tools}").tools
    around = msgspec.structs.replace(AROUND, tools=ToolMap((*own, *SHIPPED.entries)))
    return classify(ToolAction(name, args or {}, f"{HOME}/repo", hints), around, INVENTORY)


def classes(name: str, args: dict[str, object] | None = None, tools: str = "", **hints: object) -> list[str]:
    return sorted(map(str, facts(name, args, tools, **hints).workloads))


def _differs(example: dict[str, Any]) -> str:
    """Return what is not as the example says; empty where all is."""
    action = ToolAction(
        example["tool"], example.get("args", {}), example.get("cwd", f"{HOME}/repo"), example.get("annotations", {})
    )
    found = classify(action, AROUND, INVENTORY)
    named = example.keys() - {"tool", "args", "cwd", "annotations", "workloads"}
    values: dict[str, Any] = {name: getattr(found, name) for name in named}
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    values["workloads"] = sorted(map(str, found.workloads))
    wanted = {name: example[name] for name in named} | {"workloads": sorted(example["workloads"])}

    return "" if values == wanted else f"{action}\n  wanted {wanted}\n  found  {values}\n  {found.evidence}"


@pytest.mark.parametrize("table", EXAMPLES)
def test_a_tool_has_its_facts(table: str) -> None:
    """A table is one test; each example that fails is named."""
    examples = EXAMPLES[table]
    wrong = [text for text in map(_differs, examples) if text]

    assert examples
    assert not wrong, "\n".join([f"{len(wrong)} of {len(examples)} examples of {table}:", *wrong])


@pytest.mark.parametrize("name", sorted(_LIGHT))
def test_the_clients_own_tools_stay_light(name: str) -> None:
    assert [] == classes(name, {"prompt": "restart web1", "message": "rm -rf /"})


# -- the language ---------------------------------------------------------------------------------


def test_the_operators_entries_stand_in_front_of_the_shipped_ones() -> None:
    tools = '[[tool]]\nname = "kubectl_apply"\nis = "light"'

    assert (["deploy"], []) == (classes("kubectl_apply"), classes("kubectl_apply", tools=tools))


@pytest.mark.parametrize(
    "name", ["mcp__k8s__apply", "k8s__apply", "apply", "mcp__other__apply", "Apply", "mcp__k8s__doApply"]
)
def test_a_name_is_matched_as_sent_behind_its_server_and_in_snake_case(name: str) -> None:
    tools = '[[tool]]\nname = ["apply", "k8s__apply", "do_apply"]\nis = "deploy"'

    assert ["deploy"] == classes(name, tools=tools)


@pytest.mark.parametrize("workload", list(Workload))
def test_a_tool_is_what_its_entry_says(workload: Workload) -> None:
    assert [workload] == classes("x", tools=f'[[tool]]\nname = "x"\nis = "{workload}"')


def test_the_flags_follow_from_the_classes() -> None:
    found = facts("x", tools='[[tool]]\nname = "x"\nis = ["destructive", "log-tail"]')

    assert (True, True, True, True) == (found.reads, found.changes, found.destroys, found.follows)


def test_a_machine_has_its_environment_and_its_service_is_touched() -> None:
    tools = '[[tool]]\nname = "x"\nis = "deploy"\nmachine = "args.context"\nservice = "args.app"'
    found = facts("x", {"context": "prod-1", "app": "api"}, tools)

    assert (("prod-1",), "prod") == (found.machines, found.environment)
    assert [("change", "prod-1", "api")] == [(touch.look, touch.machine, touch.service) for touch in found.touches]


def test_a_read_on_a_machine_is_a_probe() -> None:
    tools = '[[tool]]\nname = "x"\nis = "read"\nmachine = "args.host"'

    assert (["remote-probe"], 1) == (classes("x", {"host": "a"}, tools), facts("x", {"host": "a"}, tools).probes)


def test_a_text_on_a_machine_is_judged_as_ssh_would_be() -> None:
    tools = '[[tool]]\nname = "x"\nshell = "args.text"\nmachine = "args.host"'

    assert [["remote-probe"], ["remote-session", "restart"], []] == [
        classes("x", args, tools)
        for args in (
            {"host": "web1", "text": "uptime"},
            {"host": "web1", "text": "systemctl restart app"},
            {"host": "localhost", "text": "ls"},
        )
    ]


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"text": "ls"},
        {"host": "web1"},
        {"host": "web1", "text": 7},
        {"host": "web1", "text": ["ls"]},
        {"host": {"name": "web1"}, "text": "ls"},
        {"host": ["web1", 2], "text": "ls"},
        {"host": ["web1"] * 100, "text": "ls"},
        {"host": "-oProxyCommand=reboot", "text": {"a": 1}},
    ],
)
def test_what_an_entry_needs_and_the_call_lacks_is_opaque(args: dict[str, object]) -> None:
    tools = '[[tool]]\nname = "x"\nshell = "args.text"\nmachine = "args.host"'

    assert "opaque" in classes("x", args, tools)


def test_the_first_place_that_is_given_counts_and_the_last_word_may_be_the_value_itself() -> None:
    tools = '[[tool]]\nname = "x"\nis = "read"\nmachine = ["args.host", "args.at.node", "db1"]'

    assert [("a",), ("b",), ("db1",)] == [
        facts("x", args, tools).machines for args in ({"host": "a"}, {"at": {"node": "b"}}, {})
    ]


def test_more_than_one_text_is_judged_whole_and_opaque() -> None:
    tools = '[[tool]]\nname = "x"\nshell = ["args.a", "args.b"]'

    assert ["opaque", "remote-session", "restart"] == classes("x", {"a": "ls", "b": "ssh web1 reboot"}, tools)


def test_an_argument_that_reads_like_a_command_and_is_not_mentioned_is_not_ignored() -> None:
    tools = '[[tool]]\nname = "x"\nis = "light"\n[[tool]]\nname = "y"\nis = "light"\nknown = ["script"]'

    assert ["opaque", "restart"] == classes("x", {"script": "systemctl restart app"}, tools)
    assert [] == classes("y", {"script": "systemctl restart app"}, tools)


def test_words_are_one_command_and_a_text_in_their_place_is_a_shells() -> None:
    tools = '[[tool]]\nname = "x"\nargv = "args.c"'

    assert [[], ["restart"], ["restart"], ["opaque"], ["opaque"]] == [
        classes("x", {"c": value}, tools)
        for value in (["echo", "a; reboot"], ["reboot"], "echo a; reboot", ["echo", 1], [])
    ]


def test_code_is_judged_in_its_language() -> None:
    tools = '[[tool]]\nname = "x"\ncode = "args.c"\nlanguage = "args.l"'
    starts = {"python": "import os; os.system('reboot')", "bash": "reboot", "ruby": "system('reboot')"}

    assert [["restart"]] * 3 == [classes("x", {"c": code, "l": name}, tools) for name, code in starts.items()]
    assert ["opaque"] == classes("x", {"c": "reboot", "l": "rexx"}, tools)
    assert ["opaque"] == classes("x", {"c": "reboot"}, tools)


def test_shell_lines_of_a_notebook_are_a_shells() -> None:
    assert [["restart"], ["restart"], []] == [
        classes("execute_cell", {"code": code}) for code in ("x = 1\n!reboot", "%%bash\nreboot", "x = 1")
    ]


def test_a_tool_can_be_like_a_command_with_its_arguments_in_the_holes() -> None:
    words = ["kubectl", "{args.verb}", "--context={args.c?}", "{args.more...?}", "{args.a|b?}"]
    tools = f'[[tool]]\nname = "x"\nlike = {words}'

    assert [["remote-probe"], ["deploy"], ["restart"], ["opaque", "remote-probe"]] == [
        classes("x", args, tools)
        for args in (
            {"verb": "get", "more": ["pods", "-A"]},
            {"verb": "apply", "c": "prod"},
            {"verb": "delete", "more": "pod", "a": "web-1"},
            {"verb": "get", "a": "x", "b": "y"},
        )
    ]
    assert ("prod-1",) == facts("x", {"verb": "get", "c": "prod-1"}, tools).machines


@pytest.mark.parametrize("verb", [None, "", "--dry-run=client", ["apply"], {"a": 1}])
def test_a_hole_that_is_not_filled_with_a_name_is_opaque(verb: object) -> None:
    tools = '[[tool]]\nname = "x"\nlike = ["kubectl", "{args.verb}"]'

    assert "opaque" in classes("x", {"verb": verb}, tools)


@pytest.mark.parametrize("text", ["get pods; reboot", "get $(x)", "get 'pods", "get pods\nreboot", "get > ~/.bashrc"])
def test_several_words_that_a_shell_would_do_more_with_are_opaque(text: str) -> None:
    assert "opaque" in classes("kubectl", {"command": text})


def test_a_call_can_be_told_from_another_by_its_arguments() -> None:
    tools = '[[tool]]\nname = "x"\nwhen.op = ["get*", "list"]\nis = "light"\n[[tool]]\nname = "x"\nis = "deploy"'

    assert [[], [], ["deploy"], ["deploy"], ["deploy"]] == [
        classes("x", {"op": op}, tools) for op in ("getall", "list", "set", ["list"], None)
    ]


@pytest.mark.parametrize(("value", "found"), [(True, True), ("true", True), (1, True), (False, False), (None, False)])
def test_background_work_is_long_running(value: object, found: object) -> None:
    tools = '[[tool]]\nname = "x"\nis = "light"\ndetached = "args.bg"'

    assert found is ("long-running" in classes("x", {"bg": value}, tools))


def test_a_text_starts_in_the_directory_that_the_call_names() -> None:
    tools = '[[tool]]\nname = "x"\nshell = "args.t"\ncwd = "args.dir"'

    assert [[], ["destructive"]] == [
        classes("x", {"t": "rm -rf build", "dir": folder}, tools) for folder in ("sub", "/srv")
    ]


# -- the gate's own files -------------------------------------------------------------------------

SETTINGS = f"{HOME}/.claude/settings.json"


@pytest.mark.parametrize(
    "args",
    [
        {"path": SETTINGS},
        {"path": "~/.claude/settings.json"},
        {"path": "/elsewhere/.claude/settings.json"},
        {"path": ".claude/settings.json"},
        {"path": "/home/user/x/../.claude/settings.json"},
        {"uri": f"file://{SETTINGS}"},
        {"uri": "file:///home/user/%2Eclaude/settings.json"},
        {"files": [{"to": {"where": SETTINGS}}]},
        {SETTINGS: "x"},
        {"directory": f"{HOME}/.claude", "name": "settings.json"},
        {"path": f"{HOME}/.config/headgate/headgate.toml"},
        {"path": ".config/headgate/headgate.toml"},
        {"diff": "--- a/.claude/settings.json\n+++ b/.claude/settings.json\n@@\n"},
        {"patch": "*** Begin Patch\n*** Add File: .claude/hooks/x\n+a\n"},
    ],
)
@pytest.mark.parametrize("name", ["mcp__fs__write_file", "mcp__x__do_something", "apply_patch", "mcp__fs__edit_file"])
def test_no_tool_that_may_change_things_is_given_a_file_of_the_gate(name: str, args: dict[str, object]) -> None:
    assert "control-plane" in classes(name, args)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("mcp__fs__move_file", {"source": f"{HOME}/.claude", "destination": "/tmp/x"}),
        ("mcp__fs__delete_directory", {"path": f"{HOME}/.claude"}),
        ("mcp__fs__removeTree", {"where": f"{HOME}/.local/state"}),
        ("mcp__fs__read_file", {"path": f"{HOME}/.local/state/headgate/headgate.db"}),
        ("mcp__fs__get_info", {"path": f"{HOME}/.local/state/headgate/headgate.db"}),
        ("bash", {"command": f"echo x > {SETTINGS}"}),
    ],
)
def test_what_holds_the_gates_files_is_not_moved_and_the_private_ones_are_not_read(
    name: str, args: dict[str, object]
) -> None:
    assert "control-plane" in classes(name, args)


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("mcp__fs__write_file", {"path": "notes.md", "content": "see ~/.claude/settings.json"}),
        ("mcp__fs__write_file", {"path": "notes.md", "content": SETTINGS}),
        ("mcp__fs__read_file", {"path": SETTINGS}),
        ("bash", {"command": f"git status; cat {SETTINGS}"}),
        ("mcp__fs__edit_file", {"path": "a", "edits": [{"oldText": SETTINGS, "newText": "x"}]}),
        ("mcp__github__create_issue", {"title": "settings", "body": f"{SETTINGS} is wrong"}),
    ],
)
def test_naming_a_file_of_the_gate_is_not_writing_it(name: str, args: dict[str, object]) -> None:
    assert [] == classes(name, args)


# -- tools that nobody described ------------------------------------------------------------------


LOOKING = """
    mcp__x__get_thing mcp__x__listAll mcp__x__search-docs mcp__x__get_run_status mcp__x__list_deployments
    mcp__x__get_merge_request mcp__x__list_open_orders mcp__x__describeStack fetch_release_notes
""".split()


@pytest.mark.parametrize("name", LOOKING)
def test_a_name_that_only_looks_is_light(name: str) -> None:
    assert [] == classes(name, {"query": "how to reboot", "limit": 3})


CHANGING = """
    mcp__x__get_and_destroy mcp__x__read_then_delete mcp__x__getAndRun mcp__x__find_replace mcp__x__magic
    mcp__x__run_report mcp__x__listdelete mcp__read__purge
""".split()


@pytest.mark.parametrize("name", [*CHANGING, "", "mcp__x__get_d\N{CYRILLIC SMALL LETTER IE}lete"])
def test_a_name_that_may_change_things_is_opaque(name: str) -> None:
    assert ["opaque"] == classes(name)


@pytest.mark.parametrize(
    ("name", "hints", "found"),
    [
        ("mcp__x__magic", {"readOnlyHint": True}, []),
        ("mcp__x__run_report", {"readOnlyHint": True}, []),
        ("mcp__x__delete_it", {"readOnlyHint": True}, ["opaque"]),
        ("mcp__x__magic", {"readOnlyHint": "yes"}, ["opaque"]),
        ("mcp__x__get_it", {"readOnlyHint": False}, ["opaque"]),
        ("mcp__x__get_it", {"destructiveHint": False}, []),
        ("mcp__x__get_it", {"destructiveHint": True}, ["destructive", "opaque"]),
        ("mcp__x__magic", {"readOnlyHint": True, "destructiveHint": True}, ["destructive", "opaque"]),
        ("mcp__x__magic", {"readOnlyHint": False, "destructiveHint": False}, ["opaque"]),
    ],
)
def test_a_servers_hints_are_heard_where_they_do_not_contradict_the_name(
    name: str, hints: dict[str, object], found: list[str]
) -> None:
    assert found == classes(name, **hints)


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ({"command": "ssh web1 reboot"}, ["opaque", "remote-session", "restart"]),
        ({"cmd": ["ssh", "web1", "reboot"]}, ["opaque", "remote-session", "restart"]),
        ({"script": "kubectl apply -f x"}, ["deploy", "opaque"]),
        ({"code": "import os; os.system('reboot')"}, ["opaque", "restart"]),
        ({"sql": "drop table x"}, ["destructive", "opaque"]),
        ({"shell": "/bin/bash"}, []),
        ({"shell": "reboot"}, ["opaque", "restart"]),
        ({"command": None, "cmd": True}, []),
    ],
)
def test_a_text_in_an_argument_is_judged_whatever_the_name_says(args: dict[str, object], found: list[str]) -> None:
    assert found == classes("mcp__x__get_thing", args)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("select 1", []),
        ("drop table x", ["cross-machine", "destructive"]),
        ("select 1; delete from x where a = 1", ["cross-machine"]),
        ("with a as (delete from x where y = 1 returning *) select * from a", ["cross-machine"]),
        ("rate(http_requests_total[5m])", []),
        ("{ repository { name } }", []),
    ],
)
def test_a_query_that_changes_something_is_no_look(query: str, found: list[str]) -> None:
    assert found == classes("mcp__x__query_warehouse", {"query": query})


def test_arguments_without_end_are_opaque() -> None:
    deep: object = "x"
    for _ in range(5000):
        deep = [deep]

    assert "opaque" in classes("mcp__x__get_thing", {"many": ["x"] * 5000})
    assert [] == classes("mcp__x__get_thing", {"deep": [[["x"]]]})
    assert "opaque" in classes("mcp__x__get_thing", {"deep": deep})


@pytest.mark.parametrize("tool", ["bash", "execute_code", "execute_sql", "ssh_exec", "kubectl"])
def test_a_text_without_end_is_opaque(tool: str) -> None:
    text = "echo a\n" * 50_000

    assert "opaque" in classes(tool, {"command": text, "code": text, "sql": text, "host": "web1"})


def test_there_are_examples_of_every_family() -> None:
    assert sum(map(len, EXAMPLES.values())) > 60


def test_the_other_words_of_a_command_may_stand_in_an_argument_of_their_own() -> None:
    assert [["destructive"], [], ["opaque"]] == [
        classes("run_command", {"command": "rm", "args": args}) for args in (["-rf", "/srv"], ["a.txt"], {"a": 1})
    ]


def test_words_that_a_tool_may_join_for_a_shell_are_judged_both_ways() -> None:
    assert ["restart"] == classes("run_command", {"command": "echo", "args": ["a", "; reboot"]})
    assert "restart" in classes("ssh_exec", {"host": "web1", "command": "uptime", "args": ["; reboot"]})


def test_several_machines_are_several() -> None:
    found = facts("ssh_exec", {"hosts": ["web1", "web2"], "command": "uptime"})

    assert (("web1", "web2"), 2) == (found.machines, found.probes)
    assert Workload.MULTI_HOST in found.workloads


@pytest.mark.parametrize("query", ["MATCH (n) DETACH DELETE n", "mutation { close(id: 1) { id } }"])
def test_a_query_in_another_language_that_changes_something_is_opaque(query: str) -> None:
    assert ["opaque"] == classes("mcp__graph__query", {"query": query})


@pytest.mark.parametrize(
    ("variables", "found"),
    [({"CI": "1"}, []), ({"BASH_ENV": "/tmp/x"}, ["opaque"]), ({"HEADGATE_HOME": "/tmp/x"}, ["control-plane"])],
)
def test_variables_beside_a_command_are_judged_as_if_it_exported_them(
    variables: dict[str, object], found: list[str]
) -> None:
    assert found == classes("shell", {"command": ["ls"], "env": variables})
