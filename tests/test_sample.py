"""The labelled sample and its script: labels are whole, scores are true, a changed line is refused."""

import csv
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from headgate.model.facts import Workload

ROOT = Path(__file__).parents[1]
LABELS = ROOT / "docs" / "tldr-sample.tsv"
LINES = ["ls -la", "ssh web1 reboot", "ssh web1 uptime", "echo 'unfinished"]


def run(folder: Path, *labels: tuple[int, str, str, str], more: tuple[str, ...] = ()) -> tuple[int, str]:
    """Score *LINES* against labels of (line, text that was labelled, classes, decision)."""
    (folder / "lines").write_text("".join(f"{line}\n" for line in LINES))
    rows = [(line, hashlib.sha256(text.encode()).hexdigest()[:8], "x", *rest) for line, text, *rest in labels]
    table = [("line", "sha256", "program", "classes", "decision"), *rows]
    (folder / "labels").write_text("".join("\t".join(map(str, row)) + "\n" for row in table))
    words = [sys.executable, ROOT / "bench" / "sample.py", folder / "lines", "--labels", folder / "labels", *more]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    return done.returncode, done.stdout + done.stderr


def test_the_labels_are_two_hundred_lines_and_each_decision_follows_from_the_classes() -> None:
    with LABELS.open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    classes = [set(row["classes"].split(",")) - {"-"} for row in rows]
    follow = [
        "deny" if "interactive" in names else "confirm" if "destructive" in names else "delegate" if names else "allow"
        for names in (found - {"remote-probe"} for found in classes)
    ]

    assert 200 == len({row["line"] for row in rows})
    assert set().union(*classes) <= set(map(str, Workload))
    assert [row["decision"] for row in rows] == follow


def test_the_scores_count_what_agrees_what_passes_and_what_alarms(tmp_path: Path) -> None:
    status, text = run(
        tmp_path,
        (1, LINES[0], "transfer", "delegate"),
        (2, LINES[1], "remote-session,restart", "delegate"),
        (3, LINES[2], "remote-session", "delegate"),
        (4, LINES[3], "-", "allow"),
    )

    assert 0 == status
    assert "| the decision is the labelled one | 1 of 4 (25.0%) |" in text
    assert "| silent passes: labelled heavy, allowed | 2 of 3 (66.7%) |" in text
    assert "| false alarms: labelled light, not allowed | 1 of 1 (100.0%) |" in text
    assert "| `remote-session` | 2 | 1 | 1 | 1.00 | 0.50 |" in text
    assert "| 1 | `x` | transfer: delegate | light: allow |" in text


@pytest.mark.parametrize(("number", "text"), [(1, "ls -l"), (9, "ls -la")])
def test_a_line_that_is_not_the_labelled_one_is_refused(tmp_path: Path, number: int, text: str) -> None:
    assert (1, f"line {number} is not the line that was labelled\n") == run(tmp_path, (number, text, "-", "allow"))


def test_the_page_gets_the_scores_between_its_marks_and_keeps_the_rest(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text((ROOT / "docs" / "classifier-scores.md").read_text())
    head = page.read_text().partition("<!-- scores")[0]
    label = (1, LINES[0], "-", "allow")

    first = run(tmp_path, label, more=("--page", str(page)))
    again = run(tmp_path, label, more=("--page", str(page)))

    assert (0, True) == (first[0], first == again)
    assert page.read_text() == (
        f"{head}<!-- scores: written by bench/sample.py -->\n\n{first[1]}\n<!-- end of the scores -->\n"
    )


def test_a_file_with_too_much_that_is_opaque_fails(tmp_path: Path) -> None:
    status, text = run(tmp_path, (1, LINES[0], "-", "allow"), more=("--all",))

    assert 1 == status
    assert "| `opaque` (bound: 3%) | 1 of 4 (25.0%) |" in text
    assert "| crashes | 0 |" in text
