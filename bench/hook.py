"""What the client pays: a whole hook round trip, the time from call to receipt, and the daemon's memory.

    python bench/hook.py [--rounds 300]

Everything is interleaved in one run, so the ratios hold on a busy machine too.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PROGRAMS = Path(sys.executable).parent


def main() -> None:
    """Measure, and print milliseconds with their ratio to `/bin/true`."""
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    words.add_argument("--rounds", type=int, default=300)
    rounds = words.parse_args().rounds
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder:
        home = Path(folder) / "home"
        try:
            _trips(home, rounds)
            _receipts(home, max(20, rounds // 10))
            _memory(home)
        finally:
            subprocess.run([PROGRAMS / "headgate", "--home", home, "stop"], capture_output=True, check=False)


def _trips(home: Path, rounds: int) -> None:
    light, probe = _message("git status --short"), _message("ssh web1 uptime", session="p")
    hook = [str(PROGRAMS / "headgate-hook"), "--home", str(home), "claude-code", "decide"]
    routes: dict[str, Callable[[], object]] = {
        "/bin/true": lambda: _run(["/bin/true"], b""),
        "/bin/true again (A/A)": lambda: _run(["/bin/true"], b""),
        "python3 -I -S -c pass": lambda: _run([sys.executable, "-I", "-S", "-c", "pass"], b""),
        "hook, light command": lambda: _run(hook, light),
        "hook, ssh probe or delegation": lambda: _run(hook, probe),
    }
    _run(hook, light)  # starts the daemon
    taken = _interleaved(routes, rounds)
    base = statistics.median(taken["/bin/true"])
    print(f"hook round trip as the client sees it, {rounds} interleaved rounds; ms")
    for name, seconds in taken.items():
        cuts = statistics.quantiles(seconds, n=100)
        print(
            f"  {name:<32} p50 {cuts[49] * 1e3:6.2f}   p99 {cuts[98] * 1e3:6.2f}   {cuts[49] / base:5.2f} × /bin/true"
        )


def _interleaved(routes: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    taken: dict[str, list[float]] = {name: [] for name in routes}
    for _ in range(rounds):
        for name, run in routes.items():
            began = time.perf_counter()
            run()
            taken[name].append(time.perf_counter() - began)
    return taken


def _receipts(home: Path, rounds: int) -> None:
    """Time from the call to the receipt's last line, through the rewritten command, as the client's shell runs it."""
    taken = []
    for number in range(rounds):
        began = time.perf_counter()
        answer = json.loads(_run(_hook(home), _message("sleep 31; true", session=f"r{number}")).stdout)
        command = answer["hookSpecificOutput"]["updatedInput"]["command"]
        with subprocess.Popen(["/bin/bash", "-c", command], stdout=subprocess.PIPE, text=True) as attach:
            assert attach.stdout is not None
            text = ""
            while "You will be told" not in text:
                text += attach.stdout.readline()
            taken.append(time.perf_counter() - began)
        job = re.search(r"as job (\d+)", text)
        subprocess.run(
            [PROGRAMS / "headgate", "--home", home, "cancel", job[1] if job else "0"], capture_output=True, check=False
        )
    cuts = statistics.quantiles(taken, n=100)
    print(f"call to receipt, {rounds} rounds: p50 {cuts[49] * 1e3:.0f} ms, p99 {cuts[98] * 1e3:.0f} ms")


def _memory(home: Path) -> None:
    status = json.loads(_run([str(PROGRAMS / "headgate"), "--home", str(home), "status", "--json"], b"").stdout)
    text = Path(f"/proc/{status['pid']}/status")
    if not text.exists():
        print("daemon memory: not told by this system")
        return
    resident = re.search(r"VmRSS:\s+(\d+)", text.read_text())
    megabytes = int(resident[1]) / 1024 if resident else 0
    print(f"daemon resident: {megabytes:.1f} MB after {status['journal']['entries']} journal entries")


def _hook(home: Path) -> list[str]:
    return [str(PROGRAMS / "headgate-hook"), "--home", str(home), "claude-code", "decide"]


def _message(command: str, session: str = "bench") -> bytes:
    message = {
        "hook_event_name": "PreToolUse",
        "session_id": session,
        "cwd": str(Path.cwd()),
        "tool_name": "Bash",
        "tool_use_id": "t",
        "tool_input": {"command": command},
    }
    return json.dumps(message).encode()


def _run(command: list[str], message: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=message, capture_output=True, check=False)


if __name__ == "__main__":
    main()
