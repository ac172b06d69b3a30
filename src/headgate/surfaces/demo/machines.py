"""Three throw-away SSH machines on loopback: a library server, the system's `ssh` in front of it."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Self

import asyncssh

from headgate.model.errors import HeadgateError

NAMES = ("web1", "web2", "db1")

_LOG = (
    "GET /checkout 200 41ms",
    "GET /checkout 200 38ms",
    "GET /cart 200 12ms",
    "GET /checkout 502 2003ms upstream db1:5432 timed out",
    "GET /checkout 200 44ms",
)

_WRAPPER = """#!/bin/sh
# Notes who started it, then becomes the system's ssh.
p=$$; chain=
while [ "${p:-1}" -gt 1 ]; do
  chain="$chain $p"
  if [ -r "/proc/$p/status" ]; then
    p=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$p/status")
  else
    p=$(ps -o ppid= -p "$p")
  fi
done
echo "$chain : $*" >> '@FOLDER@/ssh.log'
exec '@SSH@' -F '@FOLDER@/ssh_config' "$@"
"""


class Machines:
    """Three machines that answer `ssh NAME COMMAND` while the context is open; *folder* holds what reaches them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bin = folder / "bin"
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._servers: list[asyncssh.SSHAcceptor] = []
        self._guests: set[asyncssh.SSHServerConnection] = set()

    def __enter__(self) -> Self:
        """Start the machines."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(30)
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop the machines."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def started_below(self, pid: int) -> list[str]:
        """Return the arguments of every `ssh` that had *pid* among its ancestors."""
        return [text for chain, text in self._log() if str(pid) in chain.split()]

    def started(self) -> list[str]:
        """Return the arguments of every `ssh` that was started, by whomever."""
        return [text for _chain, text in self._log()]

    def _log(self) -> list[tuple[str, str]]:
        log = self.folder / "ssh.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [(chain, text) for chain, _, text in (line.partition(" : ") for line in lines)]

    async def _start(self) -> None:
        key = asyncssh.generate_private_key("ssh-ed25519")
        (self.folder / "key").write_bytes(key.export_private_key())
        (self.folder / "key").chmod(0o600)
        (self.folder / "key.pub").write_bytes(key.export_public_key())
        blocks = []
        for name in NAMES:
            server = await asyncssh.listen(
                "127.0.0.1",
                0,
                server_host_keys=[asyncssh.generate_private_key("ssh-ed25519")],
                authorized_client_keys=str(self.folder / "key.pub"),
                process_factory=_Shell(name),
                server_factory=lambda: _Door(self._guests),
                encoding="utf-8",
            )
            self._servers.append(server)
            blocks.append(f"Host {name}\n  HostName 127.0.0.1\n  Port {server.get_port()}\n")
        self._write_client("".join(blocks))

    def _write_client(self, hosts: str) -> None:
        ssh = shutil.which("ssh")
        if ssh is None:
            raise HeadgateError("HG130", "the system has no `ssh`", "install the OpenSSH client")
        common = (
            f"Host *\n  User demo\n  IdentityFile {self.folder}/key\n  IdentitiesOnly yes\n  StrictHostKeyChecking no\n"
        )
        quiet = "  UserKnownHostsFile /dev/null\n  LogLevel ERROR\n"
        (self.folder / "ssh_config").write_text(hosts + common + quiet)
        self.bin.mkdir(exist_ok=True)
        wrapper = self.bin / "ssh"
        wrapper.write_text(_WRAPPER.replace("@FOLDER@", str(self.folder)).replace("@SSH@", ssh))
        wrapper.chmod(0o755)

    async def _stop(self) -> None:
        for server in self._servers:
            server.close()
        for guest in self._guests:
            guest.abort()
        await asyncio.gather(*(guest.wait_closed() for guest in self._guests))
        for server in self._servers:
            await server.wait_closed()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


class _Door(asyncssh.SSHServer):
    """Remembers who came in, to turn them out at the end."""

    def __init__(self, guests: set[asyncssh.SSHServerConnection]) -> None:
        self._guests = guests

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Take in *conn*."""
        self._guests.add(conn)


class _Shell:
    """What a machine does with a command: enough of an operations day to be worth watching."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def __call__(self, process: "asyncssh.SSHServerProcess[str]") -> None:
        try:
            async for text in self._run(process.command or ""):
                process.stdout.write(text + "\n")
            process.exit(0)
        except (asyncssh.Error, OSError):
            process.exit(255)

    async def _run(self, command: str) -> AsyncIterator[str]:
        for part in command.replace("&&", ";").split(";"):
            if part.strip().startswith("export "):
                continue  # the mark by which a worker finds what it started here
            async for text in self._one(part.strip()):
                yield text

    async def _one(self, command: str) -> AsyncIterator[str]:
        if "-f" in command.split() or "-fu" in command.split():
            while True:
                for number, line in enumerate(_LOG):
                    yield f"{self.name} app[31{number}]: {line}"
                    await asyncio.sleep(0.25)
        if "restart" in command:
            yield f"{self.name}: stopping app.service"
            await asyncio.sleep(0.7)
            yield f"{self.name}: app.service is active (running)"
        elif "journalctl" in command or "grep" in command:
            yield f"{self.name} app[313]: {_LOG[3]}"
        elif command.startswith("uptime"):
            yield f"{self.name}  up 41 days, load average: 0.42, 0.38, 0.35"
        elif command:
            await asyncio.sleep(0.3)
            yield f"{self.name}: {command}: done"
