"""The keeper's program as `ssh` on a job's PATH: marks what runs on other machines, and changes nothing else."""

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from test_shim import compile_keeper, until

from conftest import free_port, nap, once

SSHD = "/usr/sbin/sshd"
MARK = "job-12-ab"
PREFIX = f"export HEADGATE_JOB={MARK}; "

RECORDER = """\
#!/bin/sh
printf '%s\\0' "$0" "$@" >"$RECORDED"
cat
exit 43
"""


@dataclass
class Programs:
    """A PATH with our `ssh` before another one, and the files that both write."""

    ours: Path
    other: Path
    remotes: Path
    recorded: Path

    def env(self, **more: str) -> dict[str, str]:
        return {
            "PATH": f"{self.ours}:{self.other}:/usr/bin:/bin",
            "HEADGATE_MARK": MARK,
            "HEADGATE_REMOTES": str(self.remotes),
            "HEADGATE_SHIM_BIN": str(self.ours),
            "RECORDED": str(self.recorded),
        } | more

    def run(self, *words: str, **more: str) -> list[str]:
        """Call ssh; return the words that the other ssh got."""
        done = subprocess.run(
            ["ssh", *words],
            env=self.env(**more),
            input=b"input",
            capture_output=True,
            check=False,
            executable=self.ours / "ssh",
        )
        assert (43, b"input", b"") == (done.returncode, done.stdout, done.stderr)
        return self.recorded.read_text().split("\0")[1:-1]

    def records(self) -> list[list[str]]:
        text = self.remotes.read_text() if self.remotes.exists() else ""
        return [record.split("\0") for record in text.split("\0\0")[:-1]]


@pytest.fixture(scope="session")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "shim", compile_keeper) / "headgate-shim"


@pytest.fixture
def path(program: Path, tmp_path: Path) -> Programs:
    path = Programs(tmp_path / "ours", tmp_path / "other", tmp_path / "remotes", tmp_path / "recorded")
    path.ours.mkdir()
    path.other.mkdir()
    (path.ours / "ssh").symlink_to(program)
    (path.other / "ssh").write_text(RECORDER)
    (path.other / "ssh").chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("words", "at", "record"),
    [
        (["web1", "uptime"], 1, ["web1"]),
        (["web1", "sleep", "60", "two words"], 1, ["web1"]),
        (["-p", "22", "root@web1", "cd /x && make"], 3, ["-p", "22", "root@web1"]),
        (["-p22", "-tt", "web1", "top"], 3, ["-p", "22", "web1"]),
        (["-tp", "22", "web1", "top"], 3, ["-p", "22", "web1"]),
        (["-4Cqi", "key", "-l", "me", "web1", "x"], 5, ["-4", "-C", "-q", "-i", "key", "-l", "me", "web1"]),
        (["-fn", "-L", "1:h:2", "-R3:h:4", "-D", "5", "-E", "log", "-M", "web1", "x"], 10, ["web1"]),
        (["-o", "BatchMode=yes", "-oPort=2", "web1", "x"], 4, ["-o", "BatchMode=yes", "-o", "Port=2", "web1"]),
        (["-o", "LocalForward=1 h:2", "-o", "requesttty force", "web1", "x"], 5, ["web1"]),
        (["web1", "-p", "22", "-t", "top", "-d", "1"], 4, ["-p", "22", "web1"]),
        (["--", "web1", "x"], 2, ["web1"]),
        (["web1", "--", "x", "-y"], 2, ["web1"]),
        (["-J", "a,b", "-F", "f", "ssh://me@web1:2", "x"], 5, ["-J", "a,b", "-F", "f", "ssh://me@web1:2"]),
        (["web1", ""], 1, ["web1"]),
        (["-v", "web1", "rsync --server -e.LsfxCIvu . /to"], 2, ["-v", "web1"]),
    ],
)
def test_a_remote_command_is_marked_and_its_way_recorded(
    path: Programs, words: list[str], at: int, record: list[str]
) -> None:
    got = path.run(*words)

    assert [*words[:at], PREFIX + words[at], *words[at + 1 :]] == got
    assert [record] == path.records()


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["web1"],
        ["-tt", "web1"],
        ["-N", "-L", "1:h:2", "web1"],
        ["-s", "web1", "sftp"],
        ["web1", "-s", "sftp"],
        ["-O", "check", "web1"],
        ["-V"],
        ["-G", "web1", "x"],
        ["-Q", "cipher"],
        ["-W", "h:22", "web1"],
        ["-P", "tag", "web1", "x"],
        ["-z", "web1", "x"],
        ["-p"],
        ["-l", "", "web1", "x"],
        ["", "x"],
        ["-o", "SessionType=none", "web1", "x"],
        ["-oRemoteCommand top", "web1"],
        ["git@host", "git-upload-pack 'a/b.git'"],
        ["git@host", "git upload-pack 'a/b.git'"],
    ],
)
def test_what_has_no_command_to_mark_goes_as_it_came(path: Programs, words: list[str]) -> None:
    assert words == path.run(*words)
    assert [] == path.records()


@pytest.mark.parametrize("mark", ["", "a b", "a;reboot", "$(x)", "a" * 65, "a_b", "\xe4"])
def test_a_mark_that_is_none_marks_nothing(path: Programs, mark: str) -> None:
    assert ["web1", "x"] == path.run("web1", "x", HEADGATE_MARK=mark)
    assert [] == path.records()


def test_connections_of_many_processes_are_each_recorded(path: Programs) -> None:
    calls = [
        subprocess.Popen(
            ["ssh", "-p", str(number), f"web{number}", "x"],
            executable=path.ours / "ssh",
            env=path.env(RECORDED="/dev/null"),
            stdin=subprocess.DEVNULL,
        )
        for number in range(30)
    ]

    assert {43} == {call.wait(60) for call in calls}
    assert sorted(["-p", str(number), f"web{number}"] for number in range(30)) == sorted(path.records())
    assert 0o600 == path.remotes.stat().st_mode & 0o777


def test_without_a_place_for_records_the_command_runs(path: Programs) -> None:
    assert ["web1", PREFIX + "x"] == path.run("web1", "x", HEADGATE_REMOTES="/nowhere/at/all")


def test_it_is_not_caught_by_its_own_names(path: Programs, program: Path, tmp_path: Path) -> None:
    again, copies = tmp_path / "again", tmp_path / "copies"
    again.mkdir()
    copies.mkdir()
    (again / "ssh").symlink_to(program)
    shutil.copy(program, copies / "ssh")
    search = f"{again}:{path.ours}:/nowhere:{copies}:{path.other}:/usr/bin:/bin"

    assert ["web1", PREFIX + "x"] == path.run("web1", "x", PATH=search, HEADGATE_SHIM_BIN=str(copies))


def test_without_another_ssh_it_says_so(path: Programs) -> None:
    done = subprocess.run(
        ["ssh", "web1", "x"],
        executable=path.ours / "ssh",
        env=path.env(PATH=str(path.ours)),
        capture_output=True,
        check=False,
    )

    assert (127, b"HG403 headgate: there is no other ssh on PATH\n") == (done.returncode, done.stderr)


# With a real server


@dataclass
class Server:
    path: Programs
    options: list[str]

    def call(self, program: str, *words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [program, *words],
            env=self.path.env(HOME="/nowhere"),
            input=data,
            capture_output=True,
            check=False,
            timeout=90,
        )


@pytest.fixture
def server(path: Programs, tmp_path: Path) -> Iterator[Server]:
    if not Path(SSHD).exists() and "CI" not in os.environ:
        pytest.skip("no sshd on this machine")
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-qt", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
    (tmp_path / "keys").write_text((tmp_path / "user.pub").read_text())
    port = free_port()
    (tmp_path / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/keys\n"
        f"PidFile none\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nSubsystem sftp internal-sftp\n"
    )
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # sshd of root will not start without
    (path.other / "ssh").unlink()
    (path.other / "ssh").symlink_to(shutil.which("ssh") or "/usr/bin/ssh")
    log = (tmp_path / "sshd.log").open("wb")
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", tmp_path / "sshd_config"], stderr=log)
    log.close()
    until(lambda: process.poll() is not None or b"Server listening" in (tmp_path / "sshd.log").read_bytes())
    settings = {
        "IdentityFile": tmp_path / "user",
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
        "StrictHostKeyChecking": "no",
        "UserKnownHostsFile": tmp_path / "known",
        "LogLevel": "ERROR",
        "Port": port,
    }
    (tmp_path / "ssh_config").write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
    yield Server(path, ["-F", str(tmp_path / "ssh_config")])
    process.terminate()
    process.wait(60)


def test_the_other_machines_command_carries_the_mark(server: Server) -> None:
    host = f"{getpass.getuser()}@127.0.0.1"
    done = server.call("ssh", *server.options, host, 'cat; echo "$HEADGATE_JOB"; exit', "7", data=b"in\n")

    assert (7, f"in\n{MARK}\n".encode(), b"") == (done.returncode, done.stdout, done.stderr)
    assert [[*server.options, host]] == server.path.records()


def test_a_recorded_way_finds_and_ends_what_carries_the_mark(server: Server) -> None:
    host = f"{getpass.getuser()}@127.0.0.1"
    command = [*server.options, host, f"echo $$; exec {nap()}"]
    env = server.path.env(HOME="/nowhere")
    with subprocess.Popen(["ssh", *command], env=env, stdout=subprocess.PIPE, text=True) as call:
        assert call.stdout is not None
        pid = int(call.stdout.readline())
        until(lambda: Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"sleep\0"))
        (way,) = server.path.records()
        environment = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        done = server.call("/usr/bin/ssh", *way, f"kill {pid}")

    assert f"HEADGATE_JOB={MARK}".encode() in environment
    assert (0, b"") == (done.returncode, done.stderr)
    until(lambda: not Path(f"/proc/{pid}").exists())


def test_scp_and_sftp_go_through_it(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content" * 1000)
    host = f"{getpass.getuser()}@127.0.0.1"
    for number, words in enumerate((["-q"], ["-q", "-O"])):
        to = tmp_path / f"copy{number}"
        done = server.call("scp", *words, *server.options, "-S", "ssh", str(tmp_path / "file"), f"{host}:{to}")

        assert (0, b"") == (done.returncode, done.stderr)
        assert (tmp_path / "file").read_bytes() == to.read_bytes()


def test_git_goes_through_it(server: Server, tmp_path: Path) -> None:
    if not shutil.which("git"):
        pytest.skip("no git on this machine")
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "repo.git"], check=True)
    done = subprocess.run(
        ["git", "ls-remote", f"{getpass.getuser()}@127.0.0.1:{tmp_path}/repo.git"],
        env=server.path.env(HOME="/nowhere", GIT_SSH_COMMAND=f"ssh -F {tmp_path}/ssh_config"),
        capture_output=True,
        check=False,
    )

    assert (0, b"", b"") == (done.returncode, done.stdout, done.stderr)
    assert [] == server.path.records()


def test_rsync_goes_through_it(server: Server, tmp_path: Path) -> None:
    if not shutil.which("rsync"):
        pytest.skip("no rsync on this machine")
    (tmp_path / "file").write_bytes(b"content" * 1000)
    target = f"{getpass.getuser()}@127.0.0.1:{tmp_path}/synced"
    done = server.call("rsync", "-e", f"ssh -F {tmp_path}/ssh_config", str(tmp_path / "file"), target)

    assert (0, b"") == (done.returncode, done.stderr)
    assert (tmp_path / "file").read_bytes() == (tmp_path / "synced").read_bytes()
