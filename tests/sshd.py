"""A real `sshd` on loopback for one user, with keys of its own; any name of a machine leads to it."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from conftest import free_port

PROGRAM = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
REASON = "no sshd on this machine"
_SEPARATED = Path("/run/sshd")

_SERVER = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/user_key.pub
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
MaxStartups 100
MaxSessions 100
PrintMotd no
Subsystem sftp internal-sftp
"""
_CLIENT = """\
Host *
  HostName 127.0.0.1
  Port {port}
  User {user}
  IdentityFile {folder}/user_key
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {folder}/known_hosts
  StrictHostKeyChecking accept-new
  LogLevel ERROR
"""


class Sshd(msgspec.Struct, frozen=True):
    """A server that runs; `ssh -F` *config_path* `NAME` reaches it by any name."""

    port: int
    config_path: Path


def needed() -> None:
    """Skip the test where there is no sshd; CI must have one."""
    if PROGRAM is None or shutil.which("ssh") is None:
        assert not os.environ.get("CI"), f"{REASON}: CI must install openssh-server (see .ci/run)"
        pytest.skip(REASON)


@contextlib.contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    """Run a server whose files are in *folder*; it ends with the block, and the sessions on it too."""
    assert PROGRAM is not None
    folder.chmod(0o700)
    for name in ("host_key", "user_key"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    if os.geteuid() == 0:
        _SEPARATED.mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    names = {"port": port, "folder": folder, "user": getpass.getuser()}
    (folder / "sshd_config").write_text(_SERVER.format(**names))
    (folder / "ssh_config").write_text(_CLIENT.format(**names))
    with (folder / "sshd.log").open("wb") as log:
        server = subprocess.Popen(
            [PROGRAM, "-D", "-e", "-f", folder / "sshd_config"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _listens(server, port, folder)
            yield Sshd(port, folder / "ssh_config")
        finally:
            server.terminate()
            server.wait()


def _listens(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert server.poll() is None, (folder / "sshd.log").read_text()
        assert time.monotonic() < deadline, (folder / "sshd.log").read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
