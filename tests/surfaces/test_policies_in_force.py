"""The layers of a policy in a running gate: in force at once, told everywhere, and never looser from below."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import Gate, proposal

NO_PROBES = """schema = 1
[[rule]]
id = "no-probes"
decision = "deny"
when.workload.any = ["remote-probe"]
reason = "No looks from here."
hint = "Ask the user."
"""
PROBE = "ssh web1 uptime"


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of the user's policy."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "config" / "headgate" / "policy.toml"
    path.parent.mkdir(parents=True)
    return path


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with a policy of its own."""
    path = tmp_path / "repo"
    (path / ".headgate").mkdir(parents=True)
    (path / ".headgate" / "policy.toml").write_text(NO_PROBES)
    return path


def answer(gate: Gate, command: str = PROBE, **more: object) -> str:
    found = gate.propose(command, **more)
    decision = str(found.get("permissionDecision", "allow"))
    return "delegate" if "delegated" in str(found.get("permissionDecisionReason")) else decision


def why(gate: Gate, command: str = PROBE, **more: object) -> str:
    return str(gate.propose(command, **more).get("permissionDecisionReason"))


# -- the user's layer -----------------------------------------------------------------------------


def test_a_users_layer_is_in_force_with_the_next_call_and_told_everywhere(gate: Gate, user: Path) -> None:
    before = answer(gate)
    user.write_text(NO_PROBES)
    after = answer(gate)
    decision = gate.events("decided")[-1]
    name = json.loads(gate("log", "--json", "--limit", "1"))["id"]

    assert ("allow", "deny") == (before, after)
    assert ["user:no-probes"] == [reason["code"] for reason in decision["reasons"]]  # type: ignore[attr-defined]
    assert f"user:no-probes: No looks from here. (user {user}:2)" in gate("why", name)
    assert f"user {user}" in gate("status")
    assert f"user {user}" in gate("policy", "explain", PROBE)
    assert f"user:no-probes: user {user}:2" in gate("check", PROBE)


def test_a_change_is_in_the_journal_with_its_digest_and_what_is_different(gate: Gate, user: Path) -> None:
    answer(gate)
    user.write_text(NO_PROBES)
    answer(gate)
    user.write_text(NO_PROBES.replace('"deny"', '"confirm"'))
    answer(gate)
    first, second, third = gate.events("policy-loaded")

    assert ["", first["policy"], second["policy"]] == [event["before"] for event in (first, second, third)]
    assert [f"added deny user:no-probes (user {user}:2)"] == second["changes"]
    assert ["changed user:no-probes: deny → confirm"] == third["changes"]
    assert ["shipped", "user"] == [layer for layer, _file, _digest in third["parts"]]  # type: ignore[attr-defined]
    assert "the journal is whole" in gate("verify")


def test_a_wrong_version_keeps_the_last_good_one_and_is_told(gate: Gate, user: Path) -> None:
    user.write_text(NO_PROBES)
    answer(gate)
    user.write_text(NO_PROBES.replace("workload", "wrkload"))

    assert "deny" == answer(gate)
    mistake = f"{user}:5: rule `no-probes`: `wrkload` is not a value of `when` (did you mean `workload`?)"
    assert f"WRONG, so an older policy, or one that only lets read, is in force: {mistake}" in gate("status")
    assert mistake == gate.events("policy-loaded")[-1]["mistakes"]
    assert mistake in gate("policy", "check", expect=1)
    assert "a new version is WRONG and not used" in gate("log")


def test_a_policy_that_is_wrong_from_the_start_only_lets_read_and_says_why(gate: Gate, user: Path) -> None:
    user.write_text("nonsense")
    read, change, remote = gate.propose("cat notes.txt"), gate.propose("git commit -m x"), gate.propose(PROBE)

    assert [0, 2, 2] == [found["exit"] for found in (read, change, remote)]
    assert f"so only reading is allowed: {user}:1: this is not TOML" in str(change["permissionDecisionReason"])
    assert "`headgate policy check` names every mistake" in str(change["permissionDecisionReason"])


def test_a_rule_of_a_pool_that_nobody_serves_runs_nowhere(gate: Gate, user: Path) -> None:
    rule = '[[rule]]\nid = "gpu"\ndecision = "delegate"\nreason = "To the gpus."\nwhen.programs.any = "train"\n'
    user.write_text(f'schema = 1\n{rule}with.pool = "gpu"\n[[rule]]\nid = "agent"\ndecision = "delegate"\n'
                    'reason = "To an agent."\nwhen.programs.any = "investigate"\nwith.worker = "agent"\n')  # fmt: skip

    assert "HG407 headgate: the policy sends this to a worker of pool `gpu`, and none is here" in why(gate, "train x")
    assert "HG407 headgate: the policy sends this to an agent of pool `local`" in why(gate, "investigate y")
    assert ["refuse", "refuse"] == [event["enforced"] for event in gate.events("decided")]


def test_a_job_with_a_lease_waits_for_the_one_that_has_it(gate: Gate, user: Path, tmp_path: Path) -> None:
    user.write_text('schema = 1\n[[rule]]\nid = "one"\ndecision = "delegate"\nreason = "r"\nwhen.heavy = true\n'
                    'with.lease = "machine"\n')  # fmt: skip
    for number in (1, 2):
        gate.delegate(
            f"until [ -e {tmp_path}/go ]; do sleep 0.05; done; echo {number}; exit 0; ssh web1 reboot; sleep 40"
        )
    gate.delegate("exit 0; ssh web2 reboot; sleep 40")

    waiting = ""
    while "it waits for job 1" not in waiting:
        waiting = gate("jobs")
    gate.until(3, "succeeded")  # what is for another machine does not wait
    (tmp_path / "go").touch()
    gate.until(2, "succeeded")
    started = [event["job"] for event in gate.events("job-started")]

    assert "job 2 is queued: it waits for job 1, which has the machine web1" in waiting
    assert {1, 2, 3} == set(started)  # 1 and 3 may begin in either order
    assert max(started.index(1), started.index(3)) < started.index(2)
    assert "succeeded" == gate.job(1)["state"]


def test_a_window_of_the_operators_own_counts_what_a_session_did(gate: Gate, user: Path) -> None:
    user.write_text(
        'schema = 1\n[window.hosts_5m]\ncount = "distinct machines"\nover = "5m"\nwhere.remote = true\n'
        '[[rule]]\nid = "second-host"\ndecision = "deny"\nreason = "One machine at a time."\n'
        "when.hosts_5m.at_least = 2\n"
    )

    assert ["allow", "allow", "deny", "allow"] == [
        answer(gate, "ssh web1 uptime"),
        answer(gate, "ssh web1 df"),
        answer(gate, "ssh web2 uptime"),
        answer(gate, "ssh web2 uptime", session="another"),
    ]
    gate("stop")
    assert "deny" == answer(gate, "ssh web3 uptime", session="another")
    assert 2.0 == gate.events("decided")[-1]["facts"]["hosts_5m"]  # type: ignore[index]


# -- a project's layer ----------------------------------------------------------------------------


def test_a_projects_layer_holds_in_it_and_stays_with_a_session_that_was_there(
    gate: Gate, repo: Path, tmp_path: Path
) -> None:
    elsewhere = answer(gate, session="other", cwd=str(tmp_path))
    inside = answer(gate, cwd=str(repo))
    left = answer(gate, cwd="/")
    gate("stop")
    after_a_restart = answer(gate, cwd="/")

    assert ["allow", "deny", "deny", "deny"] == [elsewhere, inside, left, after_a_restart]
    assert [[], [str(repo)]] == [event["folders"] for event in gate.events("policy-loaded")[:2]]
    assert f"policy {gate.events('policy-loaded')[1]['policy'][:12]} in {repo}:" in gate("log")  # type: ignore[index]


def test_a_projects_layer_cannot_loosen_and_the_attempt_leaves_only_reading(gate: Gate, repo: Path) -> None:
    (repo / ".headgate" / "policy.toml").write_text(
        'schema = 1\n[[rule]]\nid = "let-me"\ndecision = "allow"\nreason = "r"\n'
    )
    told = why(gate, "git commit -m x", cwd=str(repo))

    assert "a project layer can only tighten; this allow rule would have no effect" in told
    assert "allow" == answer(gate, "git commit -m x", cwd="/", session="elsewhere")


def test_an_agent_cannot_write_the_policies(gate: Gate, repo: Path, user: Path) -> None:
    for path in (repo / ".headgate" / "policy.toml", user, Path("/etc/headgate/policy.toml")):
        for command in (f"echo > {path}", f"rm {path}", f"headgate policy fmt {path}", f"mv {path} /tmp/x"):
            assert "control-plane" in why(gate, command, cwd=str(repo)), command
        write = proposal("", tool_name="Write", tool_input={"file_path": str(path), "content": ""})
        assert 2 == gate.hook(write).returncode
    assert "control-plane" in why(gate, "rm .headgate/policy.toml", cwd=str(repo))
    assert "allow" == answer(gate, "headgate policy check .headgate/policy.toml", cwd=str(repo))


def test_a_ticket_is_decided_again_under_the_policy_of_its_project(gate: Gate, repo: Path) -> None:
    script = repo / "deploy.sh"
    script.write_text("ssh web1 'systemctl restart app'\n")
    given = gate.propose("bash deploy.sh", cwd=str(repo))["updatedInput"]
    script.write_text("ssh web1 uptime\n")

    done = gate.shell(str(given["command"]))  # type: ignore[index]

    assert "HG406" in done.stderr + done.stdout
    assert "No looks from here" in done.stderr + done.stdout


def test_a_ticket_does_not_outlive_a_policy_that_was_tightened(gate: Gate, user: Path) -> None:
    given = gate.propose("ssh web1 'systemctl restart app'")["updatedInput"]
    user.write_text(NO_PROBES.replace("remote-probe", "restart"))

    done = gate.shell(str(given["command"]))  # type: ignore[index]

    assert (2, True) == (done.returncode, "HG406" in done.stderr + done.stdout)
    assert [] == gate.events("job-started")


def test_a_tool_that_runs_commands_meets_rules_about_commands(gate: Gate, user: Path) -> None:
    user.write_text(
        'schema = 1\n[[rule]]\nid = "a"\ndecision = "deny"\nreason = "r"\nwhen.commands.any = "git push *"\n'
    )
    calls = [
        proposal("", tool_name="mcp__x__execute_command", tool_input={"command": "git push origin x"}),
        proposal("", tool_name="Read", tool_input={"file_path": "/tmp/x"}),
    ]

    assert [2, 0] == [gate.hook(call).returncode for call in calls]


def test_a_call_with_a_directory_of_no_sense_does_not_lock_its_session(gate: Gate) -> None:
    for cwd in ("/" + "a" * 10_000, "/tmp/\0x", "/" + "b/" * 2_000):
        gate.propose("ls", cwd=cwd)

    assert "allow" == answer(gate, "ls")


def test_a_session_is_told_what_is_wrong_with_the_policy_it_works_under(gate: Gate, repo: Path, user: Path) -> None:
    start = {"hook_event_name": "UserPromptSubmit", "session_id": "s-1", "cwd": str(repo)}
    answer(gate, cwd=str(repo))
    (repo / ".headgate" / "policy.toml").write_text("a b")
    older = gate.hook(start, "observe").stdout
    user.write_text("a b")
    gate("stop")
    locked = gate.hook(start, "observe").stdout

    assert b"the last good one stays in force" in older
    assert b"only reading is allowed until it is repaired" in locked


# -- observe --------------------------------------------------------------------------------------


class Elsewhere(Gate):
    """A gate whose programs see another folder as /etc/headgate: in a mount namespace of their own."""

    def __init__(self, home: Path, etc: Path) -> None:
        super().__init__(home)
        self.etc = etc

    @property
    def prefix(self) -> list[str]:
        return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(self.etc)]

    def run(self, *words: str, **options: object) -> subprocess.CompletedProcess[str]:
        command = [*self.prefix, str(self.program), "--home", str(self.home), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)  # type: ignore[call-overload, no-any-return]


@pytest.fixture
def observing() -> Iterator[Elsewhere]:
    if os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("only root, where namespaces are allowed, can give a gate another /etc")
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        etc = Path(folder) / "etc"
        shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("ssl", "alternatives"))
        (etc / "headgate").mkdir(mode=0o755, exist_ok=True)
        (etc / "headgate" / "policy.toml").write_text('schema = 1\nprofile = "observe"\n')
        gate = Elsewhere(Path(folder) / "home", etc)
        gate("status")  # the daemon starts where that is /etc
        yield gate
        gate.run("stop")


def test_a_policy_that_observes_enforces_nothing_and_says_so_everywhere(observing: Elsewhere) -> None:
    done = observing.hook(proposal("ssh web1 'systemctl restart app'"))
    found = json.loads(done.stdout)
    event = observing.events("decided")[-1]
    name = json.loads(observing("log", "--json", "--limit", "1"))["id"]

    assert (0, None) == (done.returncode, found["hookSpecificOutput"].get("permissionDecision"))
    for said in (found["systemMessage"], found["hookSpecificOutput"]["additionalContext"]):
        assert "NOTHING is enforced. This call would have been answered with delegate" in said
    assert ("delegate", "observe", "observe") == (event["decision"], event["enforced"], event["mode"])
    assert "observe" == observing.events("policy-loaded")[-1]["mode"]
    assert "NOT ENFORCED (observe) ssh web1" in observing("log")
    assert "OBSERVED ONLY, nothing was enforced" in observing("why", name)
    assert "OBSERVE  the policy decides and records, and NOTHING IS ENFORCED" in observing("status")
    assert "OBSERVE: this policy decides and records, and enforces NOTHING" in observing("policy", "show")
    assert "NOTHING is enforced" in observing("check", PROBE)
    assert "observe" == json.loads(observing("check", "--json", PROBE))["mode"]


def test_a_session_under_a_policy_that_observes_is_told_at_its_start(observing: Elsewhere) -> None:
    message = {"hook_event_name": "SessionStart", "session_id": "s-1", "cwd": "/tmp"}
    found = json.loads(observing.hook(message, "observe").stdout)

    assert "NOTHING is enforced" in found["hookSpecificOutput"]["additionalContext"]


def test_a_fault_of_the_gate_is_denied_even_where_it_only_observes(observing: Elsewhere) -> None:
    assert 2 == observing.hook(b"junk").returncode
