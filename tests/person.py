"""A person: a real login by `sshd`, with a terminal of its own, outside of every agent's tree."""

import os
import shlex
import subprocess
from pathlib import Path

from conftest import HEADGATE, Gate
from headgate.host.home import Home
from headgate.host.keys import protect
from sshd import Sshd

PASSPHRASE = "correct horse battery staple"


class Person:
    """Gives commands to *gate* at a terminal of *server*: `person("approve", "1", "--yes")`.

    Where the tests run as root, the login itself proves a person; elsewhere a server of the user's own proves nothing,
    and a passphrase does, which is typed.
    """

    def __init__(self, gate: Gate, server: Sshd, *, passphrase: bool | None = None) -> None:
        self.gate, self.server = gate, server
        self.protected = os.geteuid() != 0 if passphrase is None else passphrase
        if self.protected:
            gate.home.mkdir(mode=0o700, exist_ok=True)
            protect(Home(gate.home).authority_key, PASSPHRASE, "")

    def run(self, *words: str, typed: str | None = None) -> subprocess.CompletedProcess[str]:
        """Return what the command printed, errors too, and its exit status; *typed* is what the person types."""
        command = [str(HEADGATE), "--home", str(self.gate.home), *words]
        text = f"cd {shlex.quote(str(Path.cwd()))}; XDG_CONFIG_HOME=/dev/null/no-configuration {shlex.join(command)}"
        ssh = ["ssh", "-F", str(self.server.config_path), "-tt", "person", text]
        keys = f"{PASSPHRASE}\n" if typed is None and self.protected else typed or ""
        done = subprocess.run(ssh, input=keys, capture_output=True, text=True, timeout=60, check=False)
        return subprocess.CompletedProcess(ssh, done.returncode, done.stdout.replace("\r\n", "\n"), done.stderr)

    def __call__(self, *words: str, expect: int = 0, typed: str | None = None) -> str:
        done = self.run(*words, typed=typed)
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout
