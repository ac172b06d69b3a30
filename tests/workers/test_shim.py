"""One contract for the keeper of a job: the C program, and its Python twin."""

import importlib.util
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from conftest import nap, once

ROOT = Path(__file__).parents[2]
TWIN = ROOT / "src" / "headgate" / "workers" / "shim.py"
MIB = 1 << 20
STRICT = ("-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")


def load_build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BUILD = load_build()


def compile_keeper(folder: Path, *flags: str) -> None:
    """Put the keeper's program into *folder*; skips the test where nothing compiles."""
    program, flags = folder / "headgate-shim", (*STRICT, *flags)
    if not BUILD.compile_client(program, flags, BUILD.SHIM) and not any(shutil.which(c[0]) for c in BUILD.compilers()):
        pytest.skip("no C compiler on this machine")
    assert program.exists()


@pytest.fixture(scope="session")
def built_c(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return once(tmp_path_factory, "shim", compile_keeper) / "headgate-shim"


@pytest.fixture(scope="session")
def built_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("python")
    (folder / "python3").symlink_to(sys.executable)
    BUILD.write_fallback(folder / "headgate-shim", BUILD.SHIM)
    return folder / "headgate-shim"


@pytest.fixture(params=["c", "python"])
def program(request: pytest.FixtureRequest) -> Path:
    program: Path = request.getfixturevalue(f"built_{request.param}")
    return program


def until(holds: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def lines_of(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def alive(marker: str) -> list[int]:
    """Return the processes whose command line holds *marker*."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if marker in line and state != "Z":
                found.append(int(folder.name))
    return found


@dataclass
class Kept:
    """A job in its folder."""

    program: Path
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def write(self, command: str, *, env: dict[str, str] | None = None, **options: Any) -> None:
        """Write the start file of *command*."""
        head = [
            options.get("form", "headgate-shim/1"),
            str(options.get("cwd", "/")),
            options.get("umask", "22"),
            options.get("max_run", ""),
            options.get("tty", "0"),
            str(options.get("log_cap", 0)),
            options.get("trace", "0"),
        ]
        argv = options.get("argv", ["/bin/bash", "-c", command])
        pairs = [f"{name}={value}" for name, value in ({"PATH": os.environ["PATH"]} if env is None else env).items()]
        self.write_fields([*head, str(len(argv)), *argv, *pairs])

    def write_fields(self, fields: Sequence[str], end: bytes = b"\0") -> None:
        (self.folder / "start").write_bytes(b"\0".join(map(os.fsencode, fields)) + end)
        (self.folder / "start").chmod(0o600)

    def start(self, **options: Any) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [self.program, "job", self.folder], start_new_session=True, stderr=subprocess.PIPE, **options
        )
        self.started.append(process)
        return process

    def begin(self, command: str, **options: Any) -> subprocess.Popen[bytes]:
        """Start *command*; return once its keeper can be told to end."""
        self.write(command, **options)
        process = self.start()
        until((self.folder / "shim.json").exists)
        return process

    def run(self, command: str, **options: Any) -> dict[str, Any]:
        """Run *command* to its end; return what was written of that."""
        self.write(command, **options)
        return self.finish(self.start())

    def finish(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        assert (b"", 0) == (process.communicate(timeout=100)[1], process.returncode)
        return self.end

    @property
    def end(self) -> dict[str, Any]:
        end: dict[str, Any] = json.loads((self.folder / "end.json").read_text("utf-8"))
        return end

    @property
    def log(self) -> str:
        log = self.folder / "out.log"
        return log.read_text() if log.exists() else ""


@pytest.fixture
def kept(program: Path, tmp_path: Path) -> Iterator[Kept]:
    (tmp_path / "job").mkdir(0o700)
    kept = Kept(program, tmp_path / "job")
    yield kept
    for process in kept.started:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=60)


# How it ends


@pytest.mark.parametrize(("command", "code"), [("true", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill $$", 143)])
def test_the_end_holds_the_status_of_the_command(kept: Kept, command: str, code: int) -> None:
    before = time.time()
    end = kept.run(command)

    assert before <= end.pop("started") <= end.pop("ended") <= time.time()
    assert {"reason": "exited", "exit_code": code, "message": "", "survivors": 0} == end
    assert {"end.json", "out.log", "shim.json"} == {path.name for path in kept.folder.iterdir()}


def test_the_keeper_writes_down_its_number_once_it_can_be_told_to_end(kept: Kept) -> None:
    process = kept.begin(nap())
    number = json.loads((kept.folder / "shim.json").read_text())["pid"]
    os.kill(number, signal.SIGTERM)

    assert "cancelled" == kept.finish(process)["reason"]
    assert number == process.pid


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_cancels(kept: Kept, number: signal.Signals) -> None:
    process = kept.begin(f"echo here; {nap()}")
    until(lambda: kept.log)
    process.send_signal(number)
    end = kept.finish(process)

    assert ("cancelled", 143, 0) == (end["reason"], end["exit_code"], end["survivors"])


def test_a_job_whose_time_is_over_is_ended(kept: Kept) -> None:
    end = kept.run(f"echo here; {nap()}", max_run="1")

    assert ("timed_out", 143, "here\n") == (end["reason"], end["exit_code"], kept.log)


def test_work_in_the_background_is_waited_for(kept: Kept) -> None:
    end = kept.run("(while kill -0 $$ 2>/dev/null; do sleep 0.1; done; echo late) & echo early; exit 3")

    assert (3, "early\nlate\n") == (end["exit_code"], kept.log)


def test_a_daemon_is_not_waited_for_and_lives(kept: Kept) -> None:
    sleep = nap()
    end = kept.run(f"setsid {sleep} & exit 4")
    daemons = alive(sleep)
    for daemon in daemons:
        os.kill(daemon, signal.SIGKILL)

    assert (4, 1) == (end["exit_code"], len(daemons))


MIX = (
    "trap '' TERM; {sleep} & setsid {sleep} & (setsid {sleep} &) ; nohup {sleep} & "
    "bash -c 'trap \"\" TERM; {sleep}; {sleep}' & {sleep}; {sleep}"
)


def test_a_cancel_leaves_nobody_of_the_tree(kept: Kept) -> None:
    sleep = nap()
    process = kept.begin(MIX.format(sleep=sleep))
    until(lambda: len(alive(sleep)) >= 6)
    process.terminate()
    end = kept.finish(process)

    assert ("cancelled", 0, []) == (end["reason"], end["survivors"], alive(sleep))


CHAIN = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
while True:
    if os.fork():
        os._exit(0)
    os.setsid()
    time.sleep({pause})
"""


@pytest.mark.parametrize("pause", [0.02, 0.001, 0])
def test_a_chain_of_forks_does_not_run_away(kept: Kept, tmp_path: Path, pause: float) -> None:
    script = tmp_path / f"chain-{kept.program.parent.name}"
    script.write_text(CHAIN.format(pause=pause))
    process = kept.begin(f"{sys.executable} -IS {script} & {nap()}")
    until(lambda: alive(str(script)))
    process.terminate()
    end = kept.finish(process)
    left = [alive(str(script)) for _ in range(5)]

    assert ("cancelled", 0, [[]] * 5) == (end["reason"], end["survivors"], left)


def test_a_stopped_command_hears_the_cancel(kept: Kept) -> None:
    process = kept.begin("echo $$; kill -STOP $$")
    until(lambda: kept.log.endswith("\n"))
    stopped = Path(f"/proc/{kept.log.strip()}/stat")
    until(lambda: stopped.read_text().rpartition(")")[2].split()[0] == "T")
    process.terminate()

    assert ("cancelled", 143) == (kept.finish(process)["reason"], kept.end["exit_code"])


# What it runs in


def test_the_command_gets_what_the_start_file_says(kept: Kept, tmp_path: Path) -> None:
    odd = tmp_path / "a dir with ' and \n in it"
    odd.mkdir()
    env = {"ODD": "line\nanother \xe4 'x'", "EMPTY": "", "RAW": os.fsdecode(b"\xff"), "PATH": os.environ["PATH"]}
    show = "import os,sys; print([os.getcwd(), oct(os.umask(0)), dict(os.environb), sys.argv[1:]])"
    argv = [sys.executable, "-ISc", show, "", "two words", "*"]
    kept.run("", cwd=odd, umask="027", env=env, argv=argv)
    cwd, umask, environment, words = eval(kept.log)
    environment.pop(b"LC_CTYPE", None)  # Python's own

    assert (str(odd), "0o27", ["", "two words", "*"]) == (cwd, umask, words)
    assert {os.fsencode(name): os.fsencode(value) for name, value in env.items()} == environment


def test_the_command_has_a_session_no_input_and_no_more_than_its_streams(kept: Kept) -> None:
    with Path(os.devnull).open("rb") as extra:
        os.set_inheritable(extra.fileno(), True)  # noqa: FBT003
        kept.write("cat; ls -l /proc/self/fd | sed -n 's/.* \\([0-9]* -> .*\\)/\\1/p'; ps -o sid=,pgid=,pid= -p $$")
        kept.finish(kept.start(close_fds=False))
    *streams, numbers = kept.log.splitlines()
    session, group, pid = numbers.split()
    files = dict(line.split(" -> ") for line in streams)

    assert session == group == pid
    assert ["/dev/null", str(kept.folder / "out.log")] == [files.pop("0"), files.pop("2")]
    assert {"1", "3"} == set(files)  # a pipe to sed, and the folder that ls reads
    assert 0o600 == stat.S_IMODE((kept.folder / "out.log").stat().st_mode)


def test_signals_are_as_a_shell_expects_them(kept: Kept) -> None:
    kept.write("exec grep -E 'Sig(Blk|Ign)' /proc/self/status")

    def ignore() -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

    kept.finish(kept.start(preexec_fn=ignore))
    blocked, ignored = (int(line.split()[1], 16) for line in kept.log.splitlines())

    assert 0 == ignored & ~(1 << 31 | 1 << 32 | 1 << 33)  # a C library keeps some for itself
    assert 0 == blocked or kept.program.parent.name.startswith("python")  # Python hands its mask on


def test_the_shells_trace_has_a_file_of_its_own(kept: Kept) -> None:
    kept.run("BASH_XTRACEFD=63; set -x; echo shown", trace="1")

    assert ("shown\n", "+ echo shown\n") == (kept.log, (kept.folder / "trace.log").read_text())


def test_a_terminal_is_one_and_its_lines_end_as_in_a_file(kept: Kept) -> None:
    kept.run(
        "test -t 0 && test -t 1 && test -t 2 && tty </dev/tty >&2; stty size; ls --color=auto -d /; printf 'a\\nb\\n'",
        tty="1",
        env={"PATH": os.environ["PATH"], "TERM": "xterm", "LS_COLORS": "di=01;34"},
    )
    name, size, colour, *rest = kept.log.split("\n")

    assert name.startswith("/dev/")
    assert ("24 80", ["a", "b", ""]) == (size, rest)
    assert "\x1b[01;34m/\x1b[0m" in colour
    assert "\r" not in kept.log


def test_a_terminal_is_as_large_as_the_environment_says(kept: Kept) -> None:
    kept.run("stty size", tty="1", env={"PATH": os.environ["PATH"], "COLUMNS": "132", "LINES": "50"})

    assert "50 132\n" == kept.log


def test_all_that_a_terminal_showed_is_in_the_log(kept: Kept) -> None:
    kept.run("seq 1 50000", tty="1")

    assert [str(number) for number in range(1, 50001)] == kept.log.splitlines()


def test_without_a_terminal_there_is_none(kept: Kept) -> None:
    kept.run("test -t 0 || test -t 1 || test -t 2 || (: </dev/tty) 2>/dev/null || echo none")

    assert "none\n" == kept.log


def test_the_command_has_a_cgroup_of_its_own_and_none_is_left(built_c: Path, tmp_path: Path) -> None:
    mount = next((line.split()[4] for line in lines_of("/proc/self/mountinfo") if " - cgroup2 " in line), "")
    own = next((line[3:].strip() for line in lines_of("/proc/self/cgroup") if line.startswith("0::")), "")
    if not mount or not os.access(parent := Path(mount + own.rstrip("/")), os.W_OK):
        pytest.skip("no cgroup of version 2 that this user may divide")
    gone = subprocess.Popen(["true"])
    gone.wait()
    (parent / f"headgate-{gone.pid}").mkdir()  # as a keeper leaves it that is killed
    kept = Kept(built_c, tmp_path)
    sleep = nap()
    process = kept.begin(f"grep 0:: /proc/self/cgroup; setsid {sleep} & exit 0")
    kept.finish(process)
    (daemon,) = alive(sleep)
    where = Path(f"/proc/{daemon}/cgroup").read_text()
    os.kill(daemon, signal.SIGKILL)

    assert kept.log.strip().endswith(f"/headgate-{process.pid}")
    assert f"0::{own}\n" in where
    assert not (parent / f"headgate-{process.pid}").exists()
    assert not (parent / f"headgate-{gone.pid}").exists()


# What goes wrong


FINE = ["headgate-shim/1", "/", "22", "", "0", "0", "0", "1", "/bin/true", "A=b"]


@pytest.mark.parametrize(
    ("at", "text", "wrong"),
    [
        (0, "headgate-shim/2", "the version"),
        (1, "relative", "the directory"),
        (2, "88", "the umask"),
        (2, "", "the umask"),
        (3, "soon", "max_run"),
        (3, "inf", "max_run"),
        (4, "yes", "tty"),
        (5, "-1", "log_cap"),
        (6, "", "trace"),
        (7, "0", "the count of arguments"),
        (7, "x", "the count of arguments"),
        (7, "9", "the arguments"),
        (8, "true", "the arguments"),
        (9, "none", "the environment"),
        (9, "=b", "the environment"),
    ],
)
def test_a_malformed_start_is_an_end_with_its_reason(kept: Kept, at: int, text: str, wrong: str) -> None:
    kept.write_fields([*FINE[:at], text, *FINE[at + 1 :]])
    end = kept.finish(kept.start())

    assert ("failed", 127) == (end["reason"], end["exit_code"])
    assert f"its file `start` is malformed: {wrong}" == end["message"]
    assert not (kept.folder / "start").exists()


@pytest.mark.parametrize(("fields", "wrong"), [([], "the version"), (FINE[:6], "trace"), (FINE, "the environment")])
def test_half_a_start_file_starts_nothing(kept: Kept, fields: list[str], wrong: str) -> None:
    kept.write_fields(fields, end=b"" if fields != FINE[:6] else b"\0")

    assert f"its file `start` is malformed: {wrong}" == kept.finish(kept.start())["message"]


def test_a_start_file_that_is_not_there_is_an_end_with_its_reason(kept: Kept) -> None:
    end = kept.finish(kept.start())

    assert ("failed", 127) == (end["reason"], end["exit_code"])
    assert "its file `start` cannot be read: No such file or directory" == end["message"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cwd": '/no "such"\ndir\\'}, 'cannot enter the directory /no "such"\ndir\\: No such file or directory'),
        ({"cwd": "/\xe4\u4e2d"}, "cannot enter the directory /\xe4\u4e2d: No such file or directory"),
        ({"argv": ["/bin/nosuch"]}, "cannot run /bin/nosuch: No such file or directory"),
        ({"argv": ["/etc/passwd"]}, "cannot run /etc/passwd: Permission denied"),
    ],
)
def test_a_command_that_cannot_start_says_why(kept: Kept, options: dict[str, Any], message: str) -> None:
    end = kept.run("", **options)

    assert ("failed", 127, message) == (end["reason"], end["exit_code"], end["message"])


def test_the_folder_may_be_renamed_while_the_job_runs(kept: Kept) -> None:
    os.mkfifo(kept.folder.parent / "go")
    process = kept.begin("echo one; read -r < ../go; echo two; exit 5", cwd=kept.folder)
    until(lambda: kept.log)
    kept.folder = kept.folder.rename(kept.folder.with_name("renamed"))
    (kept.folder.parent / "go").write_text("\n")
    end = kept.finish(process)

    assert ("exited", 5, "one\ntwo\n") == (end["reason"], end["exit_code"], kept.log)
    assert not (kept.folder / "start").exists()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of one mebibyte."""
    disk = tmp_path / "small"
    disk.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", disk], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this user may not mount a small disk")
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)


def test_a_disk_that_fills_up_does_not_swallow_the_end(kept: Kept, small: Path) -> None:
    kept.folder = small
    end = kept.run("yes | head -c 3000000; cat /dev/zero > more; echo x > last || exit 6", cwd=small)

    assert ("exited", 6) == (end["reason"], end["exit_code"])
    assert (small / "out.log").stat().st_size < MIB


def test_a_terminal_goes_on_when_the_disk_is_full_and_the_end_says_so(kept: Kept, small: Path) -> None:
    kept.folder = small
    end = kept.run("yes | head -c 3000000; exit 6", tty="1")

    assert ("exited", 6) == (end["reason"], end["exit_code"])
    assert "a part of its output could not be written: No space left on device" == end["message"]


def test_without_room_for_its_end_nothing_is_run(kept: Kept, small: Path, tmp_path: Path) -> None:
    kept.folder = small
    kept.write(f"touch {tmp_path}/ran")
    subprocess.run(["dd", "if=/dev/zero", f"of={small}/fill", "bs=4096"], capture_output=True, check=False)
    process = kept.start()
    told = process.communicate(timeout=60)[1]

    assert (3, True) == (process.returncode, told.startswith(b"HG403 headgate: the end of the job cannot be written"))
    assert not (tmp_path / "ran").exists()


def test_a_log_at_its_limit_ends_the_command_and_not_its_keeper(kept: Kept) -> None:
    kept.write("trap '' XFSZ; yes | head -c 3000000; exit 6")

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))

    end = kept.finish(kept.start(preexec_fn=limit))

    assert ("exited", 6, 65536) == (end["reason"], end["exit_code"], len(kept.log))


def test_a_folder_that_is_not_there_is_a_clear_error(kept: Kept) -> None:
    kept.folder = kept.folder / "none"
    process = kept.start()
    told = process.communicate(timeout=60)[1].decode()

    assert (3, True) == (process.returncode, told.startswith("HG403 headgate: the folder /"))
    assert told.endswith("cannot be opened: No such file or directory\n")


# A log that grows


def test_a_log_takes_bounded_room_and_keeps_its_offsets(kept: Kept) -> None:
    cap, parts = 4 * MIB, 10
    fill = (
        "echo first; for i in $(seq 1 10); do head -c 20000000 /dev/zero | tr '\\0' x; "
        f"while [ $(($(stat -c %b out.log) * 512)) -gt {cap} ]; do read -t 0.02 < pause; done; done; echo last"
    )
    os.mkfifo(kept.folder / "pause")
    pause = os.open(kept.folder / "pause", os.O_RDWR)
    kept.run(fill, cwd=kept.folder, log_cap=cap)
    os.close(pause)
    log = kept.folder / "out.log"
    with log.open("rb") as file:
        head = file.read(MIB)
        file.seek(-cap // 2, os.SEEK_END)
        tail = file.read()

    assert len("first\nlast\n") + parts * 20_000_000 == log.stat().st_size
    assert log.stat().st_blocks * 512 <= cap
    assert (b"first\n" + b"x" * (MIB - 6), b"x" * (cap // 2 - 5) + b"last\n") == (head, tail)


# The program


@pytest.mark.parametrize("words", [[], ["job"], ["job", "a", "b"], ["keep"], ["nonsense", "/"]])
def test_wrong_arguments_are_told(program: Path, words: list[str]) -> None:
    done = subprocess.run([program, *words], capture_output=True, check=False)

    assert (2, True, b"") == (done.returncode, done.stderr.startswith(b"HG017 "), done.stdout)


def test_the_program_tells_what_it_can(built_c: Path, built_python: Path) -> None:
    told = [subprocess.check_output([program, "capabilities"], text=True) for program in (built_c, built_python)]

    assert ["job keep front pty ssh start shell gate\n", "job\n"] == told
