"""`headgate policy …`: what each command says, its exit status, and that wrong input is told and loses nothing."""

import json
import os
from pathlib import Path

import jsonschema
import pytest

from conftest import Gate, proposal

RULE = """schema = 1
layer = "user"

# Nobody looks at production from here.
[[rule]]
id       = "no-prod"
decision = "confirm"
when.machines.any = ["*.prod"]
reason   = "Production."
match    = [{ machines = ["db.prod"] }, "ssh db.prod uptime"]
not_match = ["git status"]

[[test]]
name   = "a probe of production asks"
command = "ssh db.prod uptime"
expect = { decision = "confirm", rules = ["user:no-prod"] }
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(RULE)
    return path


def said(gate: Gate, *words: str, expect: int = 0) -> object:
    return json.loads(gate.here("policy", *words, "--json", expect=expect))


# -- check, test, prove ---------------------------------------------------------------------------


def test_a_right_policy_is_checked_with_what_was_looked_at(gate: Gate, file: Path) -> None:
    lines = gate.here("policy", "check", str(file)).splitlines()

    assert ["shipped", "user"] == [line.split()[0] for line in lines[:2]]
    assert f"{file}: 22 rules; 88 examples and 9 tests hold; 6 invariants proved; policy " in lines[-1]


def test_a_wrong_policy_is_told_with_every_place(gate: Gate, file: Path) -> None:
    file.write_text(RULE.replace("machines.any", "machnes.any").replace('"confirm"\nwhen', '"cnfirm"\nwhen'))
    found = said(gate, "check", str(file), expect=1)

    assert isinstance(found, dict)
    assert (False, [(str(file), 7), (str(file), 8)]) == (
        found["ok"],
        [(mistake["file"], mistake["line"]) for mistake in found["mistakes"]],
    )
    assert f"{file}: 2 mistakes; it would not be used" in gate.here("policy", "check", str(file), expect=1)


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('"ssh db.prod uptime"]', '"git status"]', "`match` example: the rule does not match `git status`"),
        ('["git status"]', '["ssh a.prod df"]', "`not_match` example: the rule matches `ssh a.prod df`"),
        ('decision = "confirm", rules', 'decision = "deny", rules', "expected decision deny, got confirm"),
    ],
)
def test_an_example_with_a_command_is_classified_and_tried(
    gate: Gate, file: Path, old: str, new: str, mistake: str
) -> None:
    file.write_text(RULE.replace(old, new))

    assert mistake in gate.here("policy", "test", str(file), expect=1)
    assert mistake in gate.here("policy", "check", str(file), expect=1)


def test_examples_and_tests_are_counted(gate: Gate, file: Path) -> None:
    assert "97 of 97 examples and tests hold\n" == gate.here("policy", "test", str(file))
    assert {"ok": True, "tried": 97, "failures": []} == said(gate, "test", str(file))


def test_an_invariant_is_proved_or_broken_by_a_call(gate: Gate, file: Path) -> None:
    invariant = '[[invariant]]\nid = "all-asked"\ngiven = { machines.any = ["*"] }\nat_least = "confirm"\n'
    file.write_text(RULE + invariant)
    lines = gate.here("policy", "prove", str(file), expect=1)
    found = said(gate, "prove", str(file), expect=1)

    assert (
        f"BROKEN    all-asked ({file}:17): it does not hold: allow by known-thread, main-comfort, for a call" in lines
    )
    assert "6 of 7 invariants proved" in lines
    assert isinstance(found, dict)
    assert [{"thread": "main", "environment": "prod", "machines": ["x"]}] == [
        proof["counterexample"] for proof in found["proofs"] if not proof["proved"]
    ]


def test_a_dead_rule_is_found(gate: Gate, file: Path) -> None:
    file.write_text(RULE + '[[rule]]\nid = "never"\ndecision = "deny"\nreason = "r"\nwhen.heavy = true\n'
                    'when.workload.none = ["*"]\n')  # fmt: skip

    assert f"dead: user:never (user {file}:17): no call can match it" in gate.here(
        "policy", "prove", str(file), expect=1
    )
    assert "dead: user:never" in gate.here("policy", "check", str(file))


# -- show, explain, who-can -----------------------------------------------------------------------


def test_the_rules_are_listed_with_their_layers_and_one_is_shown_whole(gate: Gate, file: Path) -> None:
    listed = gate.here("policy", "show", "--policy", str(file))
    whole = gate.here("policy", "show", "no-prod", "--policy", str(file))

    assert 'confirm  user:no-prod             machines.any = "*.prod"' in listed
    assert f"confirm user:no-prod (user {file}:5)" in whole
    assert "  match   machines = [db.prod]" in whole
    assert RULE in gate.here("policy", "show", "--source", "--policy", str(file))


def test_a_decision_is_explained_with_layers_and_the_nearest_allow_rule(gate: Gate, file: Path) -> None:
    told = gate.here("policy", "explain", "ssh db.prod uptime", "--policy", str(file))
    file.write_text('schema = 1\ndefault = "deny"\n[[rule]]\nid = "a"\ndecision = "allow"\nreason = "r"\n'
                    'when.remote = false\nwhen.steps.below = 1\n')  # fmt: skip
    nearest = said(gate, "explain", "git status", "--policy", str(file))

    assert "confirm (a yes grants allow); budget 30s\n  because Production." in told
    assert f'  confirm  user:no-prod (user {file}:5): machines.any = "*.prod"' in told
    assert isinstance(nearest, dict)
    assert ("deny", {"rule": "a", "fails_on": ["steps.below = 1"]}) == (nearest["decision"], nearest["nearest_allow"])


def test_nobody_can_do_heavy_work_in_the_main_thread_without_an_override(gate: Gate) -> None:
    question = ("who-can", "allow", "thread=main,background", "heavy=true", "override=false")

    assert "nobody: it is proved that no such call gets allow\n" == gate.here("policy", *question, expect=1)
    assert {"answer": "allow", "ways": []} == said(gate, *question, expect=1)
    assert 'for example thread = "main", override = true' in gate.here("policy", *question[:-1], "override=true")


# -- diff -----------------------------------------------------------------------------------------


def test_a_difference_that_only_tightens_is_status_0_and_one_that_loosens_1(gate: Gate) -> None:
    tighter, looser = said(gate, "diff", "balanced", "strict"), said(gate, "diff", "strict", "balanced", expect=1)

    assert isinstance(tighter, dict)
    assert isinstance(looser, dict)
    assert (False, 0, True, 0) == (
        tighter["loosens"],
        len(tighter["loosened"]),
        looser["loosens"],
        len(looser["tightened"]),
    )
    assert "delegate → allow" in [change["what"] for change in looser["loosened"]]
    assert "0 loosened, 0 tightened\n" == gate.here("policy", "diff", "balanced", "balanced")
    assert "LOOSENED  mode enforce → observe" in gate.here("policy", "diff", "balanced", "observe", expect=1)


# -- replay ---------------------------------------------------------------------------------------


def test_the_journal_is_replayed_through_another_policy(gate: Gate, file: Path) -> None:
    for command in ("git status", "ssh db.prod uptime", "ssh web1 reboot", "mysql --password=hunter2 -h db.prod"):
        gate.propose(command)
    same = gate.here("policy", "replay")
    found = said(gate, "replay", "--policy", str(file), expect=1)

    assert "4 decisions replayed, 0 change\n" == same
    assert isinstance(found, dict)
    assert [("ssh db.prod uptime", "allow", "confirm")] == [
        (change["command"], change["before"]["decision"], change["after"]["decision"]) for change in found["changed"]
    ]
    assert "4 decisions replayed, 1 change: 1 × allow → confirm" in gate(
        "policy", "replay", "--policy", str(file), expect=1
    )


def test_a_replay_counts_windows_anew_and_says_where_a_secret_was_taken(gate: Gate, file: Path) -> None:
    for command in ("ssh web1 uptime", "ssh web2 uptime", "curl -H 'token: hunter2hunter2' https://x.example"):
        gate.propose(command)
    file.write_text(
        'schema = 1\nlayer = "user"\n[window.hosts]\ncount = "distinct machines"\nover = "5m"\n'
        '[[rule]]\nid = "two"\ndecision = "deny"\nreason = "r"\nwhen.hosts.at_least = 2\n'
        '[[rule]]\nid = "curl"\ndecision = "deny"\nreason = "r"\nwhen.commands.any = "curl *"\n'
    )
    found = said(gate, "replay", "--policy", str(file), expect=1)

    assert isinstance(found, dict)
    assert [["user:two"], ["user:curl"]] == [
        [reason["rule"] for reason in change["after"]["reasons"]] for change in found["changed"]
    ]
    assert [True, True] == [change["unsure"] is ("curl" in change["command"]) for change in found["changed"]]
    assert "hunter2" not in gate.here("log", "--json", "--limit", "0")


# -- fmt, import, schema, docs --------------------------------------------------------------------


def test_a_file_is_written_in_its_usual_form_and_keeps_its_comments_mode_and_links(gate: Gate, file: Path) -> None:
    file.write_text(RULE.replace('id       = "no-prod"', 'id="no-prod"'))
    file.chmod(0o640)
    link = file.with_name("link.toml")
    link.symlink_to(file)

    assert f"{link}: not in the usual form\n" == gate.here("policy", "fmt", "--check", str(link), expect=1)
    gate.here("policy", "fmt", str(link))
    assert "" == gate.here("policy", "fmt", "--check", str(link))
    assert (True, 0o640) == (link.is_symlink(), file.stat().st_mode & 0o777)
    assert 'id       = "no-prod"' in file.read_text()
    assert "# Nobody looks at production from here." in file.read_text()


def test_a_file_that_is_no_toml_is_left_as_it_is(gate: Gate, file: Path) -> None:
    file.write_text("a b")
    done = gate.run("policy", "fmt", str(file))

    assert (2, "a b") == (done.returncode, file.read_text())
    assert f"{file}:1: this is not TOML" in done.stderr


def test_a_file_that_may_not_be_written_is_left_as_it_is(gate: Gate, file: Path) -> None:
    file.write_text(RULE.replace('id       = "no-prod"', 'id="no-prod"'))
    file.chmod(0o444)
    done = gate.run("policy", "fmt", str(file))

    assert (2, f"HG130 headgate: `{file}` cannot be written (Permission denied)") == (
        done.returncode,
        done.stderr.partition(";")[0],
    )
    assert ["mine.toml"] == [path.name for path in file.parent.iterdir() if path.suffix == ".toml"]
    assert 'id="no-prod"' in file.read_text()


def test_rules_of_another_client_are_carried_into_a_new_file_and_the_rest_is_told(gate: Gate, tmp_path: Path) -> None:
    rules, out = tmp_path / "default.rules", tmp_path / "carried.toml"
    rules.write_text(
        'prefix_rule(pattern=["kubectl", ["delete", "drain"]], decision="forbidden", justification="use the worker")\n'
        'prefix_rule(pattern=["ls"], decision="allow")\n'
    )
    done = gate.run("policy", "import", "codex", str(rules), "-o", str(out))
    again = gate.run("policy", "import", "codex", str(rules), "-o", str(out))

    assert 1 == done.returncode
    assert f"{rules}:2: not carried: " in done.stderr
    assert f"1 rules carried to {out}, 1 left" in done.stderr
    assert (2, True) == (again.returncode, f"`{out}` is there already" in again.stderr)
    assert "deny" in gate.here(
        "policy", "explain", "sudo kubectl delete pod x", "--thread", "worker", "--policy", str(out)
    )


def test_the_schema_is_printed_and_takes_the_file(gate: Gate) -> None:
    schema = json.loads(gate.here("policy", "schema"))

    jsonschema.validate({"schema": 1, "default": "deny"}, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"schema": 1, "defualt": "deny"}, schema)


def test_pages_are_written_for_a_policy_of_ones_own(gate: Gate, file: Path, tmp_path: Path) -> None:
    gate.here("policy", "docs", "--policy", str(file), "--out", str(tmp_path / "out"))
    page = (tmp_path / "out" / "rules" / "user-no-prod.md").read_text()

    assert "Nobody looks at production from here." in page
    assert "| `ssh db.prod uptime` | matches | confirm (a yes grants allow) |" in page


# -- wrong input ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["check", "none.toml"], "HG130 headgate: `none.toml` cannot be read (No such file or directory)"),
        (["show", "no-such-rule"], "HG130 headgate: there is no rule `no-such-rule`"),
        (["who-can", "allow", "thread"], "HG130 headgate: `thread` is not FACT=VALUE"),
        (
            ["who-can", "allow", "tread=main"],
            "HG130 headgate: `tread` is not a value of `given` (did you mean `thread`?)",
        ),
        (["who-can", "allow", "steps=3"], "`steps` is a number: test it with `.at_least` or `.below`"),
        (["who-can", "permit"], "Invalid value for '{allow|delegate|confirm|deny}'"),
        (["diff", "balanced"], "Missing argument 'AFTER'"),
        (["explain"], "Missing argument 'COMMAND'"),
        (["fmt", "none.toml"], "HG130 headgate: `none.toml` cannot be read"),
        (["import", "codex", "none.rules"], "HG130 headgate: `none.rules` cannot be read"),
        (["docs", "--out", "/dev/null/x"], "HG130 headgate: `/dev/null/x` cannot be written"),
        (["nonsense"], "No such command 'nonsense'"),
    ],
)
def test_wrong_words_are_status_2_with_what_to_do(gate: Gate, words: list[str], told: str) -> None:
    done = gate.run("policy", *words)

    assert (2, True, False) == (done.returncode, told in done.stderr, "Traceback" in done.stderr), done.stderr


def test_a_policy_in_force_here_is_that_of_the_project_too(gate: Gate, tmp_path: Path) -> None:
    folder = tmp_path / "repo" / ".headgate"
    folder.mkdir(parents=True)
    (folder / "policy.toml").write_text(RULE.replace('layer = "user"\n', "").replace("user:no-prod", "project:no-prod"))
    below = tmp_path / "repo" / "src"
    below.mkdir()

    assert "project:no-prod" in gate("policy", "show", cwd=below)
    assert "project:no-prod" not in gate("policy", "show", cwd=tmp_path)
    assert "confirm" in gate("check", "ssh db.prod uptime", cwd=below)


def test_an_agent_may_look_at_the_policy_but_not_steer_it(gate: Gate, tmp_path: Path) -> None:
    looks = ("check", "show", "test x", "explain ls", "who-can allow", "diff a b", "prove", "replay", "schema")
    own = os.path.join(os.environ["XDG_CONFIG_HOME"], "headgate/policy.toml")  # noqa: PTH118

    assert [0] * len(looks) == [gate.hook(proposal(f"headgate policy {words}")).returncode for words in looks]
    assert 0 == gate.hook(proposal(f"headgate policy fmt {tmp_path}/x.toml")).returncode
    assert 2 == gate.hook(proposal(f"headgate policy fmt {own}")).returncode
    assert 2 == gate.hook(proposal(f"headgate policy import codex a.rules -o {own}")).returncode
    assert 2 == gate.hook(proposal("headgate policy load x")).returncode
