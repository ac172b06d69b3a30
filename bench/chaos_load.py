"""Work for the chaos harness: jobs that can be told by what they leave behind, and those who hand them over."""

import json
import random
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable

import msgspec

from chaos_site import POOL, Site

PATIENCE = 20.0
"""Seconds that a daemon may take to answer; one that was stopped takes as long as it was stopped."""

MACHINES = ("web1", "web2")

ALONE = 0.15
"""Share of the once-jobs that have a machine for themselves."""


class Handed(msgspec.Struct):
    """A job that somebody tried to hand over: *key* is in its text, *job* its number once that was acknowledged.

    A *machine* is what it has for itself while it runs (empty: nothing).
    """

    key: str
    once: bool
    code: int
    far: bool
    command: str
    machine: str = ""
    job: int = 0
    cancelled: bool = False


class Load:
    """Hands over jobs to *site* until told to stop, from several threads; *seed* makes them."""

    def __init__(self, site: Site, seed: int, most: int) -> None:
        """Prepare; at most about *most* jobs are there that have not ended."""
        self.site, self._seed, self._most = site, seed, most
        self.handed: list[Handed] = []
        self.refused: dict[str, int] = {}
        self._stopping = threading.Event()
        ways: list[Callable[[Handed], None]] = [self._by_socket, self._by_socket, self._by_command]
        self._threads = [
            threading.Thread(target=self._hand_over, args=(number, way)) for number, way in enumerate(ways)
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Hand over no more, and return once nobody tries to any more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _hand_over(self, number: int, way: Callable[[Handed], None]) -> None:
        dice = random.Random(f"{self._seed} {number}")
        at = 0
        while not self._stopping.wait(dice.uniform(0.05, 0.4)):
            there = way == self._by_command or self.site.answers()  # a command starts the daemon
            if not there or len(self.site.processes("keeper")) > self._most:
                continue
            at += 1
            handed = self._made(f"k{number}x{at}", dice)
            self.handed.append(handed)
            way(handed)

    def _made(self, key: str, dice: random.Random) -> Handed:
        once, far = dice.random() < 0.75, bool(self.site.workers) and dice.random() < 0.7
        seconds = dice.choice([0.0, dice.uniform(0, self.site.times.longest)])
        code = dice.choice([0, dice.randrange(64)])
        file = self.site.effects
        machine = dice.choice(MACHINES) if once and dice.random() < ALONE else ""
        if once:
            command = f"echo start {key} >> {file}; sync {file}; sleep {seconds:.2f}; echo end {key} >> {file}"
        else:
            command = f": {key}; cat /etc/hostname; sleep {seconds:.2f}"
        alone = f"; ssh {machine} reboot" if machine else ""  # never comes to run, and takes the machine
        return Handed(key, once, code, far, f"{command}; exit {code}{alone}", machine)

    def _by_command(self, handed: Handed) -> None:
        words = ["delegate", "--json", *(["--pool", POOL] if handed.far else []), "--", handed.command]
        done = self.site.spawn(self.site.words(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, err = done.communicate()
        if done.returncode == 0:
            handed.job = int(json.loads(out)["job"])
        elif done.returncode != -signal.SIGKILL:
            self._note(err.decode(errors="replace")[:5] or str(done.returncode))

    def _by_socket(self, handed: Handed) -> None:
        request = {"op": "delegate", "command": handed.command, "pool": POOL if handed.far else ""}
        for answer in self.ask(request | self._moment()):
            if answer.get("error"):
                self._note(str(answer.get("code")))
            handed.job = int(str(answer.get("job", 0))) or handed.job

    def _moment(self) -> dict[str, object]:
        return {"cwd": str(self.site.folder), "umask": 0o022, "environment": self.site.environment}

    def cancel(self, handed: Handed) -> None:
        """Cancel a job that was acknowledged."""
        handed.cancelled = True
        self.ask({"op": "cancel", "job": handed.job})

    def ask(self, request: dict[str, object]) -> list[dict[str, object]]:
        """Return the daemon's answers, as far as they come."""
        answers: list[dict[str, object]] = []
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(PATIENCE)
                connection.connect(str(self.site.home.socket))
                connection.sendall(b"headgate-command/1\n" + json.dumps(request).encode())
                connection.shutdown(socket.SHUT_WR)
                with connection.makefile("rb") as lines:
                    answers += (json.loads(line) for line in lines)
        except (OSError, ValueError):
            self._note("no answer")
            time.sleep(0.2)
        return answers

    def _note(self, code: str) -> None:
        self.refused[code] = self.refused.get(code, 0) + 1
