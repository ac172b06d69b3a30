"""`headgate check` in words: steps with machines and classes, evidence under the text, what stayed unknown."""

import json
from pathlib import Path

from conftest import Gate


def test_the_steps_stand_with_their_machines_and_classes(gate: Gate) -> None:
    shown = gate.here("check", "cd /srv && for h in web1 web2; do ssh $h 'sudo systemctl restart app'; done")

    lines = [" ".join(line.split()) for line in shown.splitlines()]
    assert "here ssh web1 sudo systemctl restart app [restart, remote-session]" in lines
    assert "web1 systemctl restart app [restart]" in lines
    assert "web2 systemctl restart app [restart]" in lines
    assert "here cd /srv [light]" in lines


def test_the_evidence_is_marked_under_its_line_of_a_text_of_several(gate: Gate) -> None:
    shown = gate.here("check", "set -e\nmake test\nssh web1 reboot\n").splitlines()

    at = shown.index("    ssh web1 reboot")
    assert "    " + "^" * 15 == shown[at + 1]


def test_a_mark_counts_characters_and_a_long_line_is_cut_around_it(gate: Gate) -> None:
    shown = gate.here("check", "echo é" + "x" * 300 + "; ssh web1 reboot").splitlines()

    at = next(n for n, line in enumerate(shown) if line.strip().startswith("^"))
    begin = shown[at].index("^")
    assert "ssh web1 reboot" == shown[at - 1][begin : begin + shown[at].count("^")]


def test_what_stayed_unknown_is_said_with_its_reason(gate: Gate) -> None:
    shown = gate.here("check", 'eval "$X"; ssh "$H" uptime')

    assert "unknown   the text it runs is not known before it runs" in shown
    assert "unknown   which machine: the text does not name it" in shown
    assert "unknown   the environment: no pattern of an inventory fits the machine" in shown


def test_a_script_that_was_read_is_named(gate: Gate, tmp_path: Path) -> None:
    script = tmp_path / "deploy.sh"
    script.write_text("kubectl apply -f app.yaml\n")

    shown = gate.here("check", f"bash {script}")

    assert f"read      {script} (sha256 " in shown
    assert "kubectl apply -f app.yaml   [deploy]" in shown


def test_many_steps_are_cut_and_counted(gate: Gate) -> None:
    assert "… and 60 more" in gate.here("check", "; ".join(["true"] * 100))


def test_the_json_has_the_steps(gate: Gate) -> None:
    found = json.loads(gate.here("check", "--json", "ssh web1 'uptime; $X'"))

    assert [(0, "", "ssh web1 uptime; $X"), (1, "web1", "uptime")] == [
        (step["depth"], step["machine"], step["text"]) for step in found["steps"]
    ]
    assert ["the name of the program is not known before it runs"] == found["unknown"]
