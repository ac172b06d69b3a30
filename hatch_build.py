"""Builds the hook client and the keeper, the wheel's scripts: C where a compiler works, else their Python twins."""

import os
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from packaging.tags import platform_tags

ROOT = Path(__file__).parent
C_SOURCE = ROOT / "csrc" / "headgate_hook.c"
PYTHON_SOURCE = ROOT / "src" / "headgate" / "surfaces" / "hook_client.py"
SHIM_C_SOURCES = tuple(sorted((ROOT / "csrc").glob("headgate_shim*.c")))
SHIM_PYTHON_SOURCE = ROOT / "src" / "headgate" / "workers" / "shim.py"
USAGE_STATUS = 2

# A shebang of `#!python -I -S` would not do: pip drops the flags when it fills in the interpreter, and without them the
# agent's PYTHONPATH runs code in the client. So a shell starts Python. Any will do, for the client needs no package.
# An exported shell function can replace all but reserved words, special built-ins and absolute paths: use only those.
LAUNCHER = '''\
#!/bin/sh
""":"
fail=2
case ${4-} in observe) fail=1 ;; esac
trap 'exit $fail' HUP INT QUIT ALRM TERM USR1 USR2
self=$(/usr/bin/readlink -f "$0" 2>/dev/null)
self=${self:-$0}
here=${self%/*}
for python in "$here/python3" "$here/python" /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3; do
  if ( : <"$python" ) 2>/dev/null; then
    # No exec: an interpreter that cannot start, or is killed, must deny too.
    "$python" -I -S "$self" "$@"
    case $? in 0) exit 0 ;; 2) exit 2 ;; esac
    exit $fail
  fi
done
/bin/echo "HG010 headgate: no Python is left to run the hook; install headgate again" >&2
exit $fail
":"""

'''

# The keeper is told to end by a signal to the process that was started, so here the shell has to become Python.
SHIM_LAUNCHER = '''\
#!/bin/sh
""":"
self=$(/usr/bin/readlink -f "$0" 2>/dev/null)
self=${self:-$0}
here=${self%/*}
for python in "$here/python3" "$here/python" /usr/bin/python3 /usr/local/bin/python3 /opt/homebrew/bin/python3; do
  if ( : <"$python" ) 2>/dev/null; then
    exec "$python" -I -S "$self" "$@"
  fi
done
/bin/echo "HG403 headgate: no Python is left to keep the job; install headgate again" >&2
exit 3
":"""

'''


class Program(NamedTuple):
    """A script of the wheel: its C sources, and its Python twin with what starts that."""

    name: str
    sources: tuple[Path, ...]
    twin: Path
    launcher: str
    loss: str


HOOK = Program("headgate-hook", (C_SOURCE,), PYTHON_SOURCE, LAUNCHER, "it takes some 20 ms more for each tool call")
SHIM = Program(
    "headgate-shim", SHIM_C_SOURCES, SHIM_PYTHON_SOURCE, SHIM_LAUNCHER, "it keeps jobs, but hands no call over"
)


def compilers() -> Iterator[list[str]]:
    """Yield the compilers to try; a static client starts in half the time and ignores LD_PRELOAD."""
    if chosen := shlex.split(os.environ.get("CC", "")):
        yield chosen
    yield ["musl-gcc", "-static"]
    yield ["cc", "-static"]
    yield ["cc"]


def runs(program: Path) -> bool:
    """Tell whether the program runs here: without arguments it complains of its usage."""
    try:
        done = subprocess.run([program], stdin=subprocess.DEVNULL, capture_output=True, timeout=10, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == USAGE_STATUS and done.stderr.startswith(b"HG017 ")


def compile_client(program: Path, flags: Sequence[str] = (), made: Program = HOOK) -> bool:
    """Compile a program with the first compiler whose output runs; return whether one did."""
    for compiler in compilers():
        command = [*compiler, "-std=c99", "-Os", "-s", "-pthread", *flags, "-o", str(program), *map(str, made.sources)]
        try:
            done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        except OSError:
            continue
        if done.returncode == 0 and runs(program):
            return True
    return False


def write_fallback(program: Path, made: Program = HOOK) -> None:
    """Write the Python twin as a script that starts itself isolated from the environment."""
    program.write_text(made.launcher + made.twin.read_text(encoding="utf-8"), encoding="utf-8")
    program.chmod(0o755)


def platform_tag() -> str:
    """Return the wheel tag of any Python on this platform."""
    local = next(tag for tag in platform_tags() if not tag.startswith(("manylinux", "musllinux")))
    return f"py3-none-{local}"


class ProgramsBuild(BuildHookInterface[BuilderConfig]):
    """Adds the scripts `headgate-hook` and `headgate-shim` to the wheel, an editable one too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Make the programs; HEADGATE_HOOK=python asks for the fallbacks."""
        self.workplace = tempfile.TemporaryDirectory(prefix="headgate-programs-")
        for made in (HOOK, SHIM):
            program = Path(self.workplace.name, made.name)
            if os.environ.get("HEADGATE_HOOK") != "python" and compile_client(program, made=made):
                build_data["pure_python"] = False
                build_data["tag"] = platform_tag()
            else:
                self.app.display_warning(f"{made.name} is the Python fallback: {made.loss}")
                write_fallback(program, made)
            build_data["shared_scripts"][str(program)] = made.name

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove what the wheel has taken in."""
        self.workplace.cleanup()
