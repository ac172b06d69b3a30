"""One contract for the hook client's two implementations: the C program and its Python twin."""

import ast
import importlib.util
import os
import re
import resource
import select
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOBODY = 65534
HASTY = "hasty"  # a client whose deadlines are a second or less
WATCHED = "watched"  # a client whose watchdog waits one second
CAP = 8 << 20
EVERY_BYTE = bytes(range(256)) * 16

Behaviour = Callable[[socket.socket], None]
Done = subprocess.CompletedProcess[bytes]


def load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = load_build()


@dataclass(frozen=True)
class Installed:
    """A directory of programs, as an installer leaves it, and the home they are to serve."""

    programs: Path
    home: Path

    @property
    def hook(self) -> Path:
        return self.programs / "headgate-hook"

    @property
    def socket(self) -> Path:
        return self.home / "daemon.sock"

    def command(self, mode: str = "decide") -> list[str]:
        return [str(self.hook), "--home", str(self.home), "claude-code", mode]

    def run(self, message: bytes = b"{}", mode: str = "decide", **options: Any) -> Done:
        done = subprocess.run(
            self.command(mode), input=message, capture_output=True, timeout=60, check=False, **options
        )
        return subprocess.CompletedProcess((), done.returncode, done.stdout, done.stderr)

    def install_headgate(self, body: str) -> None:
        """Put a fake `headgate` beside the hook."""
        path = self.programs / "headgate"
        path.write_text(f"#!{sys.executable} -IS\nimport os, socket, sys, time\nhome = {str(self.home)!r}\n{body}")
        path.chmod(0o755)


def answer(status: int, out: bytes = b"", err: bytes = b"") -> str:
    return repr(subprocess.CompletedProcess((), status, out, err))


def compile_or_skip(program: Path, *flags: str) -> None:
    if not BUILD.compile_client(program, flags) and not any(shutil.which(c[0]) for c in BUILD.compilers()):
        pytest.skip("no C compiler on this machine")
    assert program.exists()


@pytest.fixture(scope="session")
def built_c(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("c")
    compile_or_skip(folder / "hook")
    compile_or_skip(folder / HASTY, "-DREPLY_DEADLINE_MS=400", "-DSTART_DEADLINE_MS=900")
    compile_or_skip(folder / WATCHED, "-DWATCHDOG_S=1")
    return {name: folder / (name or "hook") for name in ("", HASTY, WATCHED)}


@pytest.fixture(scope="session")
def built_python(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("python")
    BUILD.write_fallback(folder / "hook")
    text = (folder / "hook").read_text()
    for name, deadlines in ((HASTY, "reply=0.4, start=0.9"), (WATCHED, "watchdog=1.0")):
        before, after = text.split("main(sys.argv)")
        (folder / name).write_text(f"{before}main(sys.argv, Deadlines({deadlines})){after}")
    return {name: folder / (name or "hook") for name in ("", HASTY, WATCHED)}


@pytest.fixture(params=["c", "python"])
def built(request: pytest.FixtureRequest) -> dict[str, Path]:
    built: dict[str, Path] = request.getfixturevalue(f"built_{request.param}")
    return built


@pytest.fixture
def home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="hg-", dir="/tmp"))  # pytest's own are too long for a socket's path
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def install(program: Path, home: Path) -> Installed:
    installed = Installed(home / "bin", home)
    installed.programs.mkdir()
    (installed.programs / "python3").symlink_to(sys.executable)
    shutil.copy(program, installed.hook)
    installed.hook.chmod(0o755)
    return installed


@pytest.fixture
def client(built: dict[str, Path], home: Path) -> Installed:
    return install(built[""], home)


@pytest.fixture
def hasty(built: dict[str, Path], home: Path) -> Installed:
    return install(built[HASTY], home)


@pytest.fixture
def watched(built: dict[str, Path], home: Path) -> Installed:
    return install(built[WATCHED], home)


def read_all(connection: socket.socket) -> bytes:
    chunks = []
    while chunk := connection.recv(1 << 16):
        chunks.append(chunk)
    return b"".join(chunks)


END = b"\x04"


def says(text: bytes, end: bytes = END) -> Behaviour:
    def behave(connection: socket.socket) -> None:
        read_all(connection)
        connection.sendall(text + end)

    return behave


def echo(connection: socket.socket) -> None:
    connection.sendall(b"0" + read_all(connection) + END)


def until_hang_up(connection: socket.socket) -> None:
    """Read nothing, say nothing, and wait for the client to give up."""
    hung_up = select.poll()
    hung_up.register(connection, 0)
    hung_up.poll(60_000)


@contextmanager
def soon() -> Iterator[None]:
    """Expect the end well before the watchdog."""
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 15


@contextmanager
def daemon(installed: Installed, behave: Behaviour) -> Iterator[None]:
    """Listen as the daemon would, for one connection."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(installed.socket))
        listener.listen()

        def serve() -> None:
            try:
                connection, _ = listener.accept()
                with connection:
                    behave(connection)
            except OSError:
                pass  # the client gave up, or never came

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield
        listener.shutdown(socket.SHUT_RDWR)
        server.join()


def leave_dead_socket(installed: Installed) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(installed.socket))


def assert_fails(done: Done, code: str, status: int = 2) -> None:
    line = re.fullmatch(rb"(HG\d{3}) headgate: [^;\n]+; [^\n]+\n", done.stderr)

    assert (line and line[1].decode(), done.returncode, done.stdout) == (code, status, b"")


# The answer


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_allowing_answer_goes_to_standard_output(client: Installed, mode: str) -> None:
    with daemon(client, says(b'0{"ok": true}\n')):
        done = client.run(mode=mode)

    assert repr(done) == answer(0, out=b'{"ok": true}\n')


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_denying_answer_goes_to_standard_error(client: Installed, mode: str) -> None:
    with daemon(client, says(b"2HG101 denied\n")):
        done = client.run(mode=mode)

    assert repr(done) == answer(2, err=b"HG101 denied\n")


def test_denial_in_json_goes_to_standard_output_beside_exit_status_2(client: Installed) -> None:
    with daemon(client, says(b'2{"deny": true}')):
        done = client.run()

    assert repr(done) == answer(2, out=b'{"deny": true}')


def test_answer_may_be_a_bare_status(client: Installed) -> None:
    with daemon(client, says(b"0")):
        done = client.run()

    assert repr(done) == answer(0)


@pytest.mark.parametrize("mode", ["decide", "observe"])
@pytest.mark.parametrize(
    "message", [b"", EVERY_BYTE, os.urandom(1 << 20), b"x" * CAP], ids=["empty", "binary", "1 MiB", "cap"]
)
def test_request_is_a_header_line_and_the_message_untouched(client: Installed, mode: str, message: bytes) -> None:
    heard: list[bytes] = []

    def hear(connection: socket.socket) -> None:
        heard.append(read_all(connection))
        connection.sendall(b"0" + END)

    with daemon(client, hear):
        done = client.run(message, mode)

    assert repr(done) == answer(0)
    assert heard == [f"headgate-hook/1 claude-code {mode}\n".encode() + message]


def test_large_answer_comes_back_whole(client: Installed) -> None:
    message = os.urandom(1 << 20)
    with daemon(client, echo):
        done = client.run(message)

    assert done.stdout == b"headgate-hook/1 claude-code decide\n" + message


def test_answer_given_instead_of_reading_the_request_counts(client: Installed) -> None:
    over = threading.Event()

    def answer_early(connection: socket.socket) -> None:
        connection.sendall(b"2too much" + END)
        connection.shutdown(socket.SHUT_RDWR)
        over.wait(60)

    with daemon(client, answer_early):
        done = client.run(b"x" * (1 << 20))
        over.set()

    assert repr(done) == answer(2, err=b"too much")


@pytest.mark.parametrize("mode", ["decide", "observe"])
@pytest.mark.parametrize(
    "text", [b"", b"1no\x04", b"\x00\x04", b"{}\x04", b" 0\x04", b"\n0", b"0", b"2", b"\x04", b'0{"cut', b"0ok\x04more"]
)
def test_broken_answer_fails(client: Installed, mode: str, text: bytes) -> None:
    with daemon(client, says(text, end=b"")):
        done = client.run(mode=mode)

    assert_fails(done, "HG016", 2 if mode == "decide" else 1)


def test_answer_past_the_cap_fails(client: Installed) -> None:
    with daemon(client, says(b"0" * (CAP + 1))):
        done = client.run()

    assert_fails(done, "HG016")


def test_daemon_that_hangs_up_at_once_fails(client: Installed) -> None:
    with daemon(client, lambda _connection: None):
        done = client.run(b"x" * (1 << 20))

    assert_fails(done, "HG016")


# Time


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_silent_daemon_runs_into_the_deadline(hasty: Installed, mode: str) -> None:
    with daemon(hasty, until_hang_up), soon():
        done = hasty.run(mode=mode)

    assert_fails(done, "HG015", 2 if mode == "decide" else 1)


def test_daemon_that_reads_nothing_runs_into_the_deadline(hasty: Installed) -> None:
    with daemon(hasty, until_hang_up), soon():
        done = hasty.run(b"x" * (4 << 20))

    assert_fails(done, "HG015")


def test_dripping_answer_does_not_move_the_deadline(hasty: Installed) -> None:
    def drip(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"0")
            time.sleep(0.1)

    with daemon(hasty, drip), soon():
        done = hasty.run()

    assert_fails(done, "HG015")


def test_full_queue_runs_into_the_deadline(hasty: Installed) -> None:
    if sys.platform != "linux":
        pytest.skip("elsewhere a full queue refuses")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind(str(hasty.socket))
        listener.listen(0)
        waiting.connect(str(hasty.socket))
        with soon():
            done = hasty.run()

    assert_fails(done, "HG015")


def test_queue_that_drains_in_time_is_no_failure(client: Installed) -> None:
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as waiting:
        listener.bind(str(client.socket))
        listener.listen(0)
        waiting.connect(str(client.socket))
        with subprocess.Popen(client.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            time.sleep(0.2)
            listener.accept()[0].close()
            connection, _ = listener.accept()
            with connection:
                says(b"0late")(connection)
            out, _ = process.communicate()

    assert (process.returncode, out) == (0, b"late")


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_input_that_never_ends_runs_into_the_watchdog(watched: Installed, mode: str) -> None:
    reader, writer = os.pipe()
    done = subprocess.run(watched.command(mode), stdin=reader, capture_output=True, timeout=60, check=False)
    os.close(reader)
    os.close(writer)

    assert_fails(done, "HG015", 2 if mode == "decide" else 1)


def test_output_that_nobody_reads_runs_into_the_watchdog(watched: Installed) -> None:
    reader, writer = os.pipe()
    with daemon(watched, says(b"0" * (1 << 20))):
        done = subprocess.run(watched.command(), input=b"", stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(reader)
    os.close(writer)

    assert (done.returncode, done.stderr[:6]) == (2, b"HG015 ")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGALRM, signal.SIGTERM, signal.SIGUSR1])
def test_signal_denies(client: Installed, number: int) -> None:
    arrived, over = threading.Event(), threading.Event()

    def wait(connection: socket.socket) -> None:
        read_all(connection)
        arrived.set()
        over.wait(60)

    with daemon(client, wait):
        process = subprocess.Popen(
            client.command(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        assert arrived.wait(60)
        os.killpg(process.pid, number)
        _, err = process.communicate()
        over.set()

    assert (process.returncode, err[:6]) == (2, b"HG015 ")


# The start of the daemon

LISTEN = """
listener = socket.socket(socket.AF_UNIX)
listener.bind(home + "/daemon.sock")
listener.listen()
"""
ANSWER = """
connection, _ = listener.accept()
while connection.recv(65536):
    pass
said = [sys.argv[1:], [os.readlink(f"/proc/self/fd/{n}") for n in range(3)] if os.path.exists("/proc/self/fd") else []]
connection.sendall(b"0" + repr(said).encode() + b"\\x04")
os._exit(0)
"""
READY = "\nif os.fork():\n    os._exit(0)\n"


def test_absent_daemon_is_started_and_asked(client: Installed) -> None:
    client.install_headgate("time.sleep(0.2)" + LISTEN + READY + ANSWER)
    done = client.run()

    streams = ["/dev/null"] * 3 if sys.platform == "linux" else []
    said = [["--home", str(client.home), "serve", "--background"], streams]
    assert repr(done) == answer(0, out=repr(said).encode())


def test_daemon_that_listens_a_little_late_is_asked(client: Installed) -> None:
    client.install_headgate(READY + "time.sleep(0.2)" + LISTEN + ANSWER)
    done = client.run()

    assert done.returncode == 0


def test_start_works_where_the_host_ignores_its_children(client: Installed) -> None:
    client.install_headgate(LISTEN + READY + ANSWER)
    done = client.run(preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))

    assert done.returncode == 0


def test_program_reached_by_a_link_finds_its_neighbour(client: Installed, tmp_path: Path) -> None:
    client.install_headgate(LISTEN + READY + ANSWER)
    (tmp_path / "headgate-hook").symlink_to(client.hook)
    done = subprocess.run([tmp_path / "headgate-hook", *client.command()[1:]], input=b"", check=False)

    assert done.returncode == 0


@pytest.mark.parametrize("mode", ["decide", "observe"])
@pytest.mark.parametrize("body", ["sys.exit(1)", "os.kill(os.getpid(), 9)", "sys.exit(0)", "time.sleep(1.2)", ""])
def test_daemon_that_does_not_start_fails(hasty: Installed, mode: str, body: str) -> None:
    hasty.install_headgate(body)
    done = hasty.run(mode=mode)

    assert_fails(done, "HG010", 2 if mode == "decide" else 1)


def test_daemon_whose_start_reports_failure_is_not_asked(client: Installed) -> None:
    client.install_headgate(LISTEN + READY.replace("_exit(0)", "_exit(3)") + ANSWER)
    done = client.run()
    with socket.socket(socket.AF_UNIX) as last:
        last.connect(str(client.socket))  # lets the listener end
        last.shutdown(socket.SHUT_WR)
        last.recv(1)

    assert_fails(done, "HG010")


def test_missing_headgate_fails(client: Installed) -> None:
    assert_fails(client.run(), "HG010")


def test_socket_that_cannot_be_reached_fails(client: Installed) -> None:
    client.socket.symlink_to("daemon.sock")  # a loop: neither absent nor refused

    assert_fails(client.run(), "HG010")


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_dead_daemon_fails_at_once_and_is_restarted(client: Installed, mode: str) -> None:
    leave_dead_socket(client)
    started, over = client.home / "started", client.home / "over"
    client.install_headgate(
        f"while not os.path.exists({str(over)!r}): time.sleep(0.05)\n"
        f"with open({str(started)!r}, 'w') as f: f.write(repr([sys.argv[1:], os.getsid(0)]))"
    )
    done = client.run(mode=mode)  # whoever waited for the start would wait for ever
    over.touch()

    assert_fails(done, "HG014", 2 if mode == "decide" else 1)
    deadline = time.monotonic() + 60
    while not (started.exists() and started.stat().st_size):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    arguments, session = ast.literal_eval(started.read_text())
    assert arguments == ["--home", str(client.home), "serve", "--background"]
    assert session != os.getsid(0)


def test_dead_daemon_without_headgate_still_denies(client: Installed) -> None:
    leave_dead_socket(client)

    assert_fails(client.run(), "HG014")


# Trust


def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can listen as another user")


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_foreign_listener_is_told_nothing(client: Installed, mode: str) -> None:
    needs_root()
    client.home.chmod(0o777)
    listen = f"""
import os, socket, sys
os.setuid({NOBODY})
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
print(flush=True)
connection, _ = listener.accept()
print(connection.recv(100))
"""
    with subprocess.Popen(
        [sys.executable, "-c", listen, client.socket],
        stdout=subprocess.PIPE,
    ) as foreign:
        assert foreign.stdout is not None
        foreign.stdout.readline()
        done = client.run(mode=mode)
        heard = foreign.stdout.read()

    assert_fails(done, "HG013", 2 if mode == "decide" else 1)
    assert heard == b"b''\n"


def test_listener_of_the_owner_that_the_command_names_is_trusted(client: Installed) -> None:
    needs_root()
    client.home.chmod(0o777)
    listen = f"""
import os, socket, sys
os.setuid({NOBODY})
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen()
print(flush=True)
connection, _ = listener.accept()
while connection.recv(4096):
    pass
connection.sendall(b"0fine" + {END!r})
"""
    with subprocess.Popen([sys.executable, "-c", listen, client.socket], stdout=subprocess.PIPE) as owners:
        assert owners.stdout is not None
        owners.stdout.readline()
        command = [*client.command(), "--owner", str(NOBODY)]
        done = subprocess.run(command, input=b"{}", capture_output=True, timeout=60, check=False)

    assert (0, b"fine", b"") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("dead", [True, False])
def test_the_daemon_of_another_owner_is_not_ours_to_start(client: Installed, *, dead: bool) -> None:
    client.install_headgate("open(home + '/started', 'w')")
    if dead:
        leave_dead_socket(client)
    command = [*client.command(), "--owner", str(NOBODY)]
    done = subprocess.run(command, input=b"{}", capture_output=True, timeout=60, check=False)

    assert_fails(done, "HG010")
    assert not (client.home / "started").exists()


def test_listener_of_root_is_trusted(client: Installed) -> None:
    needs_root()
    if client.hook.read_bytes().startswith(b"#!") and not Path("/usr/bin/python3").exists():
        pytest.skip("no Python that another user can run")
    with daemon(client, says(b"0")):
        client.socket.chmod(0o777)
        done = client.run(user=NOBODY)

    assert repr(done) == answer(0)


# The environment


def test_environment_changes_nothing(client: Installed, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import os\nos._exit(0)\n")
    names = ["HEADGATE_HOME", "HEADGATE_SOCKET", "HEADGATE_HOOK", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "HOME", "TMPDIR"]
    env = {name: str(tmp_path) for name in [*names, "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PATH", "CDPATH"]}
    with daemon(client, says(b"2no")):
        done = client.run(env=env | {"ENV": str(tmp_path / "sitecustomize.py"), "IFS": "/", "PYTHONINSPECT": "1"})

    assert repr(done) == answer(2, err=b"no")


def test_daemon_starts_without_settings_that_load_code(client: Installed) -> None:
    client.install_headgate(LISTEN + READY + ANSWER.replace("[sys.argv[1:],", "[sorted(os.environ),"))
    unsafe = {"PYTHONPATH": "/x", "PYTHONSTARTUP": "/x", "LD_AUDIT": "", "DYLD_INSERT_LIBRARIES": "/x"}
    done = client.run(env={"LANG": "C", "SSH_AUTH_SOCK": "/x"} | unsafe)

    kept = re.findall(rb"'(LANG|SSH_AUTH_SOCK|PYTHON\w*|LD_\w+|DYLD_\w+)'", done.stdout)
    assert (done.returncode, kept) == (0, [b"LANG", b"SSH_AUTH_SOCK"])


# The standard streams


def run_with_closed(installed: Installed, number: int, mode: str = "decide") -> Done:
    return subprocess.run(
        installed.command(mode),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        preexec_fn=lambda: os.close(number),
        check=False,
    )


def test_message_past_the_cap_fails(client: Installed) -> None:
    assert_fails(client.run(b"x" * (CAP + 1)), "HG012")


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_closed_input_fails(client: Installed, mode: str) -> None:
    assert_fails(run_with_closed(client, 0, mode), "HG012", 2 if mode == "decide" else 1)


def test_unreadable_input_fails(client: Installed) -> None:
    with Path(os.devnull).open("wb") as unreadable:
        done = subprocess.run(client.command(), stdin=unreadable, capture_output=True, check=False)

    assert_fails(done, "HG012")


def test_input_left_non_blocking_is_read_to_its_end(client: Installed) -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    with daemon(client, echo), subprocess.Popen(client.command(), stdin=reader, stdout=subprocess.PIPE) as process:
        time.sleep(0.1)
        os.write(writer, b"late")
        os.close(writer)
        out, _ = process.communicate()
    os.close(reader)

    assert (process.returncode, out) == (0, b"headgate-hook/1 claude-code decide\nlate")


def test_closed_output_fails(client: Installed) -> None:
    def answer_and_listen_on(connection: socket.socket) -> None:
        says(b"0ok")(connection)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)  # so a client that mistakes the socket for its output could write there

    with daemon(client, answer_and_listen_on):
        done = run_with_closed(client, 1)

    assert_fails(done, "HG016")


def test_denial_with_closed_error_stream_still_denies(client: Installed) -> None:
    with daemon(client, says(b"2no")):
        done = run_with_closed(client, 2)

    assert done.returncode == 2


def test_failure_with_closed_error_stream_still_denies(client: Installed) -> None:
    leave_dead_socket(client)

    assert run_with_closed(client, 2).returncode == 2


@pytest.mark.parametrize("text", [b"0ok", b"0" * (1 << 20)])
def test_broken_output_pipe_fails(client: Installed, text: bytes) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with daemon(client, says(text)):
        done = subprocess.run(client.command(), input=b"", stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)

    assert (done.returncode, done.stderr[:6]) == (2, b"HG016 ")


def test_full_device_fails(client: Installed) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with daemon(client, says(b"0ok")), Path("/dev/full").open("wb") as full:
        done = subprocess.run(client.command(), input=b"", stdout=full, stderr=subprocess.PIPE, check=False)

    assert (done.returncode, done.stderr[:6]) == (2, b"HG016 ")


def test_file_size_limit_fails(client: Installed, tmp_path: Path) -> None:
    with daemon(client, says(b"0" + b"x" * 8192)), (tmp_path / "out").open("wb") as out:
        done = subprocess.run(
            client.command(),
            input=b"",
            stdout=out,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
            check=False,
        )

    assert (done.returncode, done.stderr[:6]) == (2, b"HG016 ")


def test_lack_of_memory_fails(built_c: dict[str, Path], home: Path) -> None:
    installed = install(built_c[""], home)  # an interpreter without memory fails anywhere; the launcher denies then
    limit = 6 << 20
    done = installed.run(b"x" * CAP, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))

    assert_fails(done, "HG012")
    assert b"too large" in done.stderr


# The command line


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--home"],
        ["--home", "/tmp", "claude-code"],
        ["--home", "/tmp", "claude-code", "observe", "more"],
        ["--home", "/tmp", "claude-code", "allow"],
        ["--home", "relative", "claude-code", "observe"],
        ["--home", "", "claude-code", "observe"],
        ["--house", "/tmp", "claude-code", "observe"],
        ["--home=/tmp", "claude-code", "observe"],
        ["--home", "/tmp", "", "observe"],
        ["--home", "/tmp", "two words", "observe"],
        ["--home", "/tmp", "a\nb", "observe"],
        ["--home", "/tmp", "a" * 33, "observe"],
        ["--home", "/tmp", b"\xff", "observe"],
        ["--home", "/tmp", "claude-code", ""],
        ["--home", "/tmp", "claude-code", "decide", "--owner"],
        ["--home", "/tmp", "claude-code", "decide", "--owner", ""],
        ["--home", "/tmp", "claude-code", "decide", "--owner", "-1"],
        ["--home", "/tmp", "claude-code", "decide", "--owner", "1x"],
        ["--home", "/tmp", "claude-code", "decide", "--owner", "4294967295"],
        ["--home", "/tmp", "claude-code", "decide", "--other", "1"],
        ["--owner", "1", "--home", "/tmp", "claude-code", "decide"],
    ],
)
def test_wrong_usage_denies_in_every_mode(client: Installed, arguments: list[str | bytes]) -> None:
    command: list[str | bytes] = [str(client.hook), *arguments]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)

    assert_fails(done, "HG017")


@pytest.mark.parametrize("mode", ["decide", "observe"])
def test_path_too_long_for_a_socket_fails(client: Installed, mode: str) -> None:
    room = 108 if sys.platform == "linux" else 104
    home = "/" + "x" * (room - len("/daemon.sock") - 1)
    command = [str(client.hook), "--home", home, "claude-code", mode]
    done = subprocess.run(command, input=b"", capture_output=True, check=False)

    assert_fails(done, "HG011", 2 if mode == "decide" else 1)


def test_longest_path_works(client: Installed) -> None:
    room = 108 if sys.platform == "linux" else 104
    folder = client.home / ("x" * (room - len("/daemon.sock") - 1 - len(str(client.home)) - 1))
    folder.mkdir()
    deep = Installed(client.programs, folder)
    with daemon(deep, says(b"0")):
        done = deep.run()

    assert repr(done) == answer(0)


def test_home_need_not_be_text(client: Installed) -> None:
    odd = Installed(client.programs, client.home / os.fsdecode(b"\xff\xfe"))
    odd.home.mkdir()
    with daemon(odd, says(b"0")):
        done = odd.run()

    assert repr(done) == answer(0)


# Both


def test_both_say_the_same() -> None:
    pattern = r'"(HG\d{3} headgate: .*?)\\n"'
    in_c, in_python = (re.findall(pattern, path.read_text()) for path in (BUILD.C_SOURCE, BUILD.PYTHON_SOURCE))

    assert in_c == in_python
    assert {line[:5] for line in in_c} == {f"HG01{n}" for n in range(8)}


def test_c_compiles_without_a_warning(tmp_path: Path) -> None:
    compile_or_skip(tmp_path / "hook", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")


def test_interpreter_that_cannot_run_denies(built_python: dict[str, Path], home: Path) -> None:
    installed = install(built_python[""], home)
    (installed.programs / "python3").unlink()
    shutil.copy("/bin/true", installed.programs / "python")
    (installed.programs / "python3").write_text("not a program")

    assert [installed.run(mode=mode).returncode for mode in ("decide", "observe")] == [2, 1]


# The wheel


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a copy of what a wheel is built from."""
    for name in ("csrc", "src/headgate/surfaces", "src/headgate/workers"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))  # others write it
    for name in ("pyproject.toml", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("README.md", "LICENSE", "src/headgate/__init__.py"):
        (tmp_path / name).touch()
    return tmp_path


def build_wheel(project: Path, version: str, **env: str) -> Path:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", f"wheel:{version}", "-d", "out"],
        cwd=project,
        env=os.environ | env,
        capture_output=True,
        check=True,
    )
    (wheel,) = (project / "out").iterdir()
    return wheel


def take_script(wheel: Path, program: Path) -> int:
    """Take the client out of the wheel; return its mode there."""
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".data/scripts/headgate-hook"))
        program.write_bytes(archive.read(name))
        return stat.S_IMODE(archive.getinfo(name).external_attr >> 16)


@pytest.mark.parametrize("version", ["standard", "editable"])
def test_wheel_holds_the_c_client(built_c: dict[str, Path], project: Path, home: Path, version: str) -> None:
    wheel = build_wheel(project, version, HEADGATE_HOOK="")
    mode = take_script(wheel, project / "hook")
    usage = subprocess.run([install(project / "hook", home).hook], capture_output=True, check=False)

    tagged = not wheel.name.endswith("-py3-none-any.whl")
    assert (0o755, version == "standard") == (mode, tagged)  # hatchling tags every editable wheel "any"
    assert_fails(usage, "HG017")
    assert (project / "hook").read_bytes()[:4] == built_c[""].read_bytes()[:4]


@pytest.mark.parametrize("version", ["standard", "editable"])
@pytest.mark.parametrize(
    "wish", [{"HEADGATE_HOOK": "python"}, {"PATH": "/nowhere", "CC": "false"}], ids=["asked", "no compiler"]
)
def test_wheel_holds_the_python_client(project: Path, home: Path, version: str, wish: dict[str, str]) -> None:
    wheel = build_wheel(project, version, **wish)
    mode = take_script(wheel, project / "hook")
    usage = subprocess.run([install(project / "hook", home).hook], capture_output=True, check=False)

    assert wheel.name.endswith("-py3-none-any.whl")
    assert mode == 0o755
    assert_fails(usage, "HG017")
    assert (project / "hook").read_text().startswith(BUILD.LAUNCHER)


def test_broken_compiler_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compile_or_skip(tmp_path / "hook")
    monkeypatch.setenv("CC", "/bin/true")  # says yes and makes nothing

    assert BUILD.compile_client(tmp_path / "hook")
