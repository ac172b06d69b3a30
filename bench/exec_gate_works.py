"""Real work that is measured with the exec gate and without: builds, tests, repositories, packages."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

_INSTALL = "install -q --no-index --no-compile --target into small-1.0-py3-none-any.whl"

WORKS = {
    "make -j2 with 60 × gcc": "make -s -B -j2",
    "pytest, 24 tests that start programs": f"{sys.executable} -m pytest -q -p no:cacheprovider -p no:xdist tests",
    "git status, 30 times": "for i in 1 2 3 4 5 6 7 8 9 10; do git status -s; git status -s; git status -s; done",
    "npm run": "npm run --silent --offline build",
    "pip install, a wheel": f"rm -rf into; {sys.executable} -m pip {_INSTALL}",
}
"""What is measured, each with its text for the shell."""

KINDS = {
    "a program that is new, whose file is read": ["unheard-of", "{}"],
    "git": ["git", "rev-parse", "{}"],
    "sed": ["sed", "-n", "{}p", "/dev/null"],
    "find": ["find", "/dev/null", "-name", "{}"],
    "a shell's text": ["bash", "-c", "if test {} = 1; then echo a | sort; fi"],
}
"""Kinds of programs that are asked about at every start with other words, each with its words, and a number in them."""

_NEEDS = {"make": "gcc", "git": "git", "npm": "npm"}


class Works:
    """The folders in which the works are done."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepared(self, name: str) -> Path | None:
        """Return the folder of the work *name*, made ready; None where this machine lacks a program for it."""
        first = name.split(maxsplit=1)[0].strip(",")
        if any(
            shutil.which(each) is None for each in (first, _NEEDS.get(first, first)) if first not in {"pytest", "pip"}
        ):
            return None
        folder = self._folder / first
        folder.mkdir(parents=True)
        {"make": _build, "pytest": _tests, "git": _repository, "npm": _package, "pip": _wheel}[first](folder)
        return folder


def _build(folder: Path) -> None:
    for number in range(60):
        (folder / f"f{number}.c").write_text(f"#include <stdio.h>\nint f{number}(int x) {{ return x * {number}; }}\n")
    lines = ["SOURCES := $(wildcard *.c)", "libx.a: $(SOURCES:.c=.o)", "\tar rcs $@ $^", "%.o: %.c"]
    (folder / "Makefile").write_text("\n".join([*lines, "\tgcc -O1 -c $< -o $@", ""]))


def _tests(folder: Path) -> None:
    (folder / "tests").mkdir()
    text = (
        "import subprocess, pytest\n\n"
        "@pytest.mark.parametrize('number', range(24))\n"
        "def test_a_program(number):\n"
        "    text = f'echo {number}; seq 2000 | sort -n | md5sum; exit {number}'\n"
        "    done = subprocess.run(['sh', '-c', text], capture_output=True)\n"
        "    assert done.returncode == number\n"
        "    assert sum(x * x for x in range(100_000))\n"
    )
    (folder / "tests" / "test_small.py").write_text(text)


def _repository(folder: Path) -> None:
    for number in range(300):
        path = folder / f"d{number % 10}" / f"f{number}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{number}\n")
    who = "-c user.name=a -c user.email=a@example.com"
    text = f"git init -q . && git add . && git {who} commit -qm one && echo >>d1/f1.txt"
    subprocess.run(["sh", "-c", text], cwd=folder, check=True)


def _package(folder: Path) -> None:
    build = 'node -e \'for (let i = 0; i < 3; i++) require(\\"child_process\\").execSync(\\"echo built\\")\''
    (folder / "package.json").write_text(f'{{"name": "p", "version": "1.0.0", "scripts": {{"build": "{build}"}}}}')


def _wheel(folder: Path) -> None:
    with zipfile.ZipFile(folder / "small-1.0-py3-none-any.whl", "w") as wheel:
        info = "small-1.0.dist-info"
        wheel.writestr("small.py", "value = 1\n")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: small\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "".join(f"{name},,\n" for name in wheel.namelist()))
