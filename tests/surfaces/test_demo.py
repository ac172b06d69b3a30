"""The demo is the main job: what it says it measured must be what happened."""

import re
import subprocess

from conftest import HEADGATE


def test_the_demo_shows_the_law_hold_and_measures_it() -> None:
    done = subprocess.run([str(HEADGATE), "demo", "--plain"], capture_output=True, text=True, timeout=110, check=False)

    assert 0 == done.returncode, done.stdout + done.stderr
    measured = " ".join(done.stdout[done.stdout.index("── Measured") :].split())
    assert re.search(r"heavy commands tried: 7 · heavy commands that ran in the main thread: 0 · seconds", measured)
    assert "the journal is whole" in done.stdout
    assert "\x1b[" not in done.stdout
    lanes = [line.split(" | ")[0].strip() for line in done.stdout.splitlines() if " | " in line[:9]]
    assert {"main", "worker"} == set(lanes)
    # the real work was done, by workers
    assert re.search(r"worker \|\s+web2: app.service is active", done.stdout)
    assert not re.search(r"main   \| \$ ssh web1 'journalctl.*\n(?:main.*\n)*?main   \|\s+web1 app\[", done.stdout)
