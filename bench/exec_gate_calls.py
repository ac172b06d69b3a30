"""What a whole call costs: the hook, the wrapped text with its gate and without; and `headgate guard`."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from turns import Taken, turns

PROGRAMS = Path(sys.executable).parent
_OFF = 'schema = 1\nprofile = "balanced"\n[settings]\nexec_gate = "off"\n'


def calls(place: Path, rounds: int) -> dict[str, Taken]:
    """Measure a light call and `headgate guard -- true`; print what was found, and return it."""
    ways = {"gate": _Calls(place / "on", [])}
    if (without := _other_etc(place)) is not None:
        ways["no gate"] = _Calls(place / "off", without)
    else:
        print("without its gate, a call is left out: only root can give a daemon another /etc/headgate")
    try:
        hooks: dict[str, Callable[[], float]] = {f"hook, {name}": way.propose for name, way in ways.items()}
        runs: dict[str, Callable[[], float]] = {f"wrapped, {name}": way.run for name, way in ways.items()}
        plain: dict[str, Callable[[], float]] = {
            "plain": partial(_plain, place),
            "plain again (A/A)": partial(_plain, place),
        }
        guard = {"headgate guard -- bash -c …": ways["gate"].guard}
        taken = turns(plain | hooks | runs | guard, rounds)
        cold = Taken({"headgate guard, and no daemon runs": [ways["gate"].cold() for _ in range(3)]})
    finally:
        for way in ways.values():
            way.end()
    print(f"a call of `bash -c {_TEXT!r}`, {rounds} of each; ms")
    for name in (*taken, *cold):
        median = taken.median(name) if name in taken else cold.median(name)
        print(f"  {name:<36} {median * 1e3:8.2f}   best {min((taken | cold)[name]) * 1e3:8.2f}")
    print()
    return {"calls": taken, "cold": cold}


_TEXT = "make -s -f small.mk"
_MAKEFILE = "all:\n\t@cat /dev/null | sort\n"
_BASH = ["/bin/bash", "-c", _TEXT]


class _Calls:
    """A gate of its own, started in another namespace of mounts where *around* says so, and calls through its hook."""

    def __init__(self, home: Path, around: list[str]) -> None:
        self.headgate = [str(PROGRAMS / "headgate"), "--home", str(home)]
        self._hook = ["timeout", "60", str(PROGRAMS / "headgate-hook"), "--home", str(home), "claude-code", "decide"]
        self._folder = home.parent
        (self._folder / "small.mk").write_text(_MAKEFILE)
        self._number = 0
        self._text = ""
        subprocess.run([*around, *self.headgate, "status"], check=True, capture_output=True)

    def propose(self) -> float:
        """Return the seconds that the hook takes, and keep what it answers to run."""
        self._number += 1
        message = {
            "hook_event_name": "PreToolUse",
            "session_id": f"bench-{self._number}",
            "cwd": str(self._folder),
            "permission_mode": "bypassPermissions",
            "tool_name": "Bash",
            "tool_use_id": f"t{self._number}",
            "tool_input": {"command": _TEXT},
        }
        began = time.perf_counter()
        done = subprocess.run(self._hook, input=json.dumps(message).encode(), capture_output=True, check=True)
        taken = time.perf_counter() - began
        self._text = json.loads(done.stdout)["hookSpecificOutput"]["updatedInput"]["command"]
        assert self._text != _TEXT, (self._number, self.headgate, done.stdout)
        return taken

    def run(self) -> float:
        """Return the seconds that the text of the last answer takes."""
        return _timed(["/bin/bash", "-c", self._text], self._folder)

    def guard(self) -> float:
        """Return the seconds of `headgate guard`, for the same text."""
        return _timed([*self.headgate, "guard", "--", *_BASH], self._folder)

    def cold(self) -> float:
        """Return the seconds of a call for which a daemon has to be started."""
        self.end()
        return self.guard()

    def end(self) -> None:
        """End the daemon."""
        subprocess.run([*self.headgate, "stop"], check=True, capture_output=True)


def _plain(place: Path) -> float:
    return _timed(_BASH, place)


def _timed(words: list[str], where: Path) -> float:
    began = time.perf_counter()
    done = subprocess.run(words, cwd=where, stdin=subprocess.DEVNULL, check=False, capture_output=True)
    taken = time.perf_counter() - began
    if done.returncode != 0:
        sys.exit(f"{words} ended with {done.returncode}: {done.stderr.decode()}")
    return taken


def _other_etc(place: Path) -> list[str] | None:
    """Return what gives a program an organisation's policy that turns the gate off; None where that cannot be."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return None
    etc = place / "etc"
    shutil.copytree("/etc", etc, symlinks=True, ignore=shutil.ignore_patterns("ssl"))
    (etc / "headgate").mkdir(mode=0o755, exist_ok=True)
    (etc / "headgate" / "policy.toml").write_text(_OFF)
    words = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(etc)]
    return words if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0 else None
