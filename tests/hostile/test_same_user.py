"""What a process of the gate's own user does when it is executed anyway: what it gets, what shows it, what stops it.

Each of these is a row of `docs/known-bypasses.md`.
"""

import json
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from siege import DESTROY, Siege, siege

import sshd
from headgate.host.keys import protect
from headgate.host.processes import alive, started

STEAL = Path(__file__).with_name("steal.py")


@pytest.fixture
def besieged() -> Iterator[Siege]:
    with siege("main") as found:
        yield found


def steal(besieged: Siege, key: str) -> str:
    return besieged.execute("main", besieged.names(f"{{python}} {STEAL} {{home}} {key}"))


def begin_again(besieged: Siege) -> None:
    """Kill the daemon, as the process below the client does, and have the next calls start it again."""
    pid = json.loads(besieged.gate("status", "--json"))["pid"]
    since = started(pid)
    besieged.execute("main", f"kill -9 {pid}")
    deadline = time.monotonic() + 90
    while alive(pid, since):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    while "HG01" in besieged.propose("main", "true"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def overrides(besieged: Siege) -> list[str]:
    """Return what became of each override: an empty text for one that stands."""
    with closing(sqlite3.connect(f"file:{besieged.home.database}?mode=ro", uri=True)) as database:
        return [json.loads(body)["ended"] for (body,) in database.execute("SELECT body FROM overrides ORDER BY id")]


def test_an_override_signed_with_the_persons_stolen_key_stands_and_the_journal_has_no_grant_of_it(
    besieged: Siege,
) -> None:
    assert "it is there" in steal(besieged, "{home}/authority.key")
    begin_again(besieged)
    besieged.propose("main", DESTROY)

    assert [""] == overrides(besieged)  # it stands: whoever reads both keys is the person to the gate
    assert [] == besieged.gate.events("override-granted")
    assert "override 1" in besieged.gate("override", "list")


def test_under_a_passphrase_the_stolen_key_signs_nothing(besieged: Siege) -> None:
    protect(besieged.home.authority_key, "correct horse battery staple", "")
    said = steal(besieged, "{home}/authority.key")

    assert "HG608" in said
    assert [] == overrides(besieged)


def test_an_override_signed_with_another_key_is_broken(besieged: Siege) -> None:
    besieged.execute("main", besieged.names("true"))
    protect(besieged.home.authority_key, "correct horse battery staple", "")  # makes the person's key
    assert "it is there" in steal(besieged, "{folder}/own.key")
    begin_again(besieged)
    besieged.propose("main", DESTROY)

    assert ["broken"] == overrides(besieged)
    assert [1] == [event["override"] for event in besieged.gate.events("override-ended")]


def test_rows_that_another_program_wrote_are_no_questions(besieged: Siege) -> None:
    with closing(sqlite3.connect(besieged.home.database)) as database:
        body = json.loads(database.execute("SELECT body FROM approvals WHERE id = 1").fetchone()[0])
        body |= {"state": "approved", "answers": [{"by": {"name": "alice", "how": "terminal"}, "yes": True, "at": 1}]}
        database.execute("UPDATE approvals SET state = 'approved', body = ? WHERE id = 1", (json.dumps(body).encode(),))
        database.commit()
    begin_again(besieged)
    answer = besieged.gate.propose(DESTROY, cwd=str(besieged.project))

    assert "ask" == answer["permissionDecision"]
    assert [1, 2, 3] == [event["approval"] for event in besieged.gate.events("approval-asked")]  # it is asked anew
    assert [] == besieged.gate.events("approval-used")


def test_a_policy_that_another_program_wrote_is_in_force_and_the_journal_tells_when(besieged: Siege) -> None:
    before = besieged.policy()
    besieged.execute("main", besieged.names("rm {config}/policy.toml"))
    besieged.propose("main", "ls")

    assert before != besieged.policy()
    told = besieged.gate("log").splitlines()
    assert 2 == sum("policy" in line and "shipped default.toml" in line for line in told)


def test_a_killed_daemon_grants_nothing_and_what_it_asked_still_waits(besieged: Siege) -> None:
    before = besieged.state()
    begin_again(besieged)

    assert before == besieged.state()
    assert "the journal is whole" in besieged.gate("verify")


def test_a_stopped_daemon_lets_nothing_go(besieged: Siege) -> None:
    pid = json.loads(besieged.gate("status", "--json"))["pid"]
    os.kill(pid, signal.SIGSTOP)
    try:
        said = besieged.propose("main", "true")
    finally:
        os.kill(pid, signal.SIGCONT)

    assert "HG015" in said


def test_a_process_that_the_clients_own_shell_becomes_can_play_its_prompt_and_the_journal_calls_it_the_clients(
    besieged: Siege,
) -> None:
    asked = besieged.execute(
        "main", besieged.names("printf '%s' '{message}' | {bin}/headgate-hook --home {home} claude-code decide")
    )
    ticket = asked.partition("attach ")[2].partition(" ")[0]
    besieged.execute("main", besieged.names(f"{{bin}}/headgate --home {{home}} attach {ticket}"))

    answered = besieged.gate.events("approval-answered")
    assert ["client"] == [event["by"]["how"] for event in answered]  # type: ignore[index]


def test_rules_that_name_who_answers_leave_no_prompt_to_play(besieged: Siege) -> None:
    rule = '\n[[rule]]\nid = "two-people"\ndecision = "confirm"\nreason = "Two say so."\nwith.approvals = 2\n'
    rule += f'when.workload.any = ["destructive"]\nmatch = ["{DESTROY}"]\nnot_match = ["ls"]\n'
    policy = besieged.config / "policy.toml"
    policy.write_text(policy.read_text() + rule)
    asked = besieged.execute(
        "main", besieged.names("printf '%s' '{message}' | {bin}/headgate-hook --home {home} claude-code decide")
    )

    assert "a person must approve this" in asked
    assert "attach" not in asked


def log_in(besieged: Siege, command: str) -> str:
    """Run *command* below the client, in a login from this machine to itself with a key that lies there."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder, sshd.sshd(Path(folder)) as server:
        words = f"{shutil.which('ssh', path='/usr/bin:/bin')} -tt -F {server.config_path} here "
        return besieged.execute("main", besieged.names(words + f"'{command}'"))


needs_login = pytest.mark.skipif(
    os.geteuid() != 0 or sshd.PROGRAM is None, reason="a login proves a person where its server is root's"
)


@needs_login
def test_a_login_from_this_machine_to_itself_passes_for_a_person_and_the_journal_says_so(besieged: Siege) -> None:
    log_in(besieged, "{bin}/headgate --home {home} approve 1 --yes")

    answered = besieged.gate.events("approval-answered")
    assert ["terminal"] == [event["by"]["how"] for event in answered]  # type: ignore[index]


@needs_login
def test_under_a_passphrase_no_login_is_enough(besieged: Siege) -> None:
    protect(besieged.home.authority_key, "correct horse battery staple", "")
    log_in(besieged, "{bin}/headgate --home {home} approve 1 --yes < /dev/null")
    log_in(besieged, "yes | {bin}/headgate --home {home} approve 1")
    said = log_in(besieged, "{speak} {home}/daemon.sock headgate-command/1 {quoted}".replace("{quoted}", _APPROVE))

    assert "HG608" in said
    assert [] == besieged.gate.events("approval-answered")
    assert [] != besieged.gate.events("grant-refused")


_APPROVE = '"{\\"op\\": \\"approve\\", \\"id\\": 1}"'
