"""Tracing: a traced command does what it would have done, and its trace tells which step runs."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from headgate.classify import Surroundings
from headgate.classify.plan import plan
from headgate.model.action import ShellAction
from headgate.model.plan import Plan
from headgate.workers import trace

BASH = shutil.which("bash")
TWO = (
    "step() { echo $1; }\n"
    "for h in web1 web2; do step $h; done\n"
    "x=$(echo 'two\nlines' | cat)\nprintf '%s\\n' \"$x\" >&2\nfalse"
)


def run(command: str, log: Path | None, **variables: str) -> tuple[int, bytes, bytes]:
    """Run *command* as a job's shell would, traced into *log* where there is one."""
    assert BASH is not None
    environment = {"PATH": os.environ["PATH"], "HOME": "/", **variables}
    descriptor = ours = None
    if log is not None:
        more = trace.traced(command, BASH, environment)
        assert more is not None, command
        environment |= more
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with contextlib.suppress(OSError):
            ours = os.dup(trace.DESCRIPTOR)  # this process may have it for something else
        os.dup2(descriptor, trace.DESCRIPTOR)
    try:
        done = subprocess.run(
            [BASH, "-c", command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=environment,
            pass_fds=() if log is None else (trace.DESCRIPTOR,),
            cwd="/",
            timeout=60,
            check=False,
        )
    finally:
        if descriptor is not None:
            os.close(descriptor)
            os.close(trace.DESCRIPTOR)
        if ours is not None:
            os.dup2(ours, trace.DESCRIPTOR, inheritable=False)
            os.close(ours)
    return done.returncode, done.stdout, done.stderr


needs_bash = pytest.mark.skipif(BASH is None, reason="no bash on this machine")


@needs_bash
@pytest.mark.parametrize(
    "command",
    [
        TWO,
        'echo "$LINENO $? $_ $# $0"; nosuch; echo $?',
        "echo a\nf() {\n nosuch $LINENO\n}\nf\ncat <<X\n$LINENO here\nX",
        "for x do done done",
        "for x in",
        "set -eu\necho $NOTHING\necho not reached",
        "set -e; false; echo not reached",
        "set -o pipefail; false | true; echo $?",
        "(exit 3); echo $?; (echo sub; exec ls /nope); echo $?",
        "exec ls /nope",
        "exec 3>&1; echo a >&3; { echo b; } 2>/dev/null; echo c >&2",
        "trap 'echo bye $?' EXIT; trap 'echo err' ERR; false; true & wait; exit 4",
        "trap 'echo \"at $BASH_COMMAND\"' DEBUG; echo a; echo b",
        "env | sort; export -p; alias",
        'bash -c "set +o; env | sort"; sh -c "set -o; env | sort"',
        "x=$'a\\nb'; echo \"$x\" | { read y; echo $y; }; cat <<< here; echo $(echo $(echo deep))",
        "PS1=x; echo ${PS1} ${BASH_SUBSHELL} $(echo $BASH_SUBSHELL) ${FUNCNAME[0]-none}",
        "cd /tmp && pwd; pushd / >/dev/null; dirs; umask; ulimit -n; jobs",
        "kill -TERM $$; echo not reached",
        "time true 2>/dev/null; [[ a == a ]] && ((1 + 1)) && let 0; echo $?",
        "declare -A m=([a]=1); declare -p m; local x",
        "cat",
    ],
)
def test_a_traced_command_does_what_it_would_have_done(command: str, tmp_path: Path) -> None:
    plain, traced = run(command, None), run(command, tmp_path / "trace")

    if "time true" not in command:
        assert plain == traced
    assert plain[:2] == traced[:2]


@needs_bash
def test_a_trace_tells_of_commands_functions_subshells_and_turns(tmp_path: Path) -> None:
    run(TWO, tmp_path / "trace")

    lines = (tmp_path / "trace").read_text().splitlines()

    assert "+headgate step web2" in lines
    assert "++headgate cat" in lines
    assert "+headgate false" == lines[-1]


@needs_bash
def test_without_the_descriptor_nothing_is_told(tmp_path: Path) -> None:
    assert BASH is not None
    more = trace.traced("echo a", BASH, {})
    assert more is not None

    done = subprocess.run([BASH, "-c", "echo a $-"], env=more, capture_output=True, check=True, cwd=tmp_path)

    assert (b"a hBc\n", b"") == (done.stdout, done.stderr)


@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/dash", "/usr/bin/zsh", "/bin/ksh", "/usr/bin/fish", ""])
def test_other_shells_are_not_traced(shell: str) -> None:
    """They write a trace to nowhere but the standard error."""
    assert trace.traced("echo a", shell, {}) is None


@pytest.mark.parametrize(
    "command",
    [
        "set -x; make",
        "set -euxo pipefail\nmake",
        "set -e -x; make",
        "set -o xtrace",
        "set +x; deploy",
        "case $- in *i*) ;; esac",
        "echo ${-}",
        ". ./env.sh && make",
        "source env.sh; make",
        'eval "$X"',
        "shopt -o",
        "set | sort",
        "set",
        "diff <(a) <(b)",
        "PS4=x",
        "echo a >&63",
        "exec 63>x",
        "f() { local -; }",
        "declare -p | wc",
    ],
)
def test_what_could_tell_that_it_is_traced_is_not(command: str) -> None:
    assert trace.traced(command, "/bin/bash", {}) is None


@pytest.mark.parametrize("command", ["set -e; make", "set -- a b; x", "./deploy.sh .", "npm set y", "reset; offset -x"])
def test_usual_texts_are_traced(command: str) -> None:
    assert trace.traced(command, "/bin/bash", {"PATH": "/bin", "BASH_FUNC_module%%": "() { :; }"}) is not None


@pytest.mark.parametrize(
    "name", ["BASH_ENV", "SHELLOPTS", "PS4", "POSIXLY_CORRECT", "BASH_XTRACEFD", "BASH_FUNC_set%%"]
)
def test_an_environment_that_steers_the_shell_is_left_alone(name: str) -> None:
    assert trace.traced("echo a", "/bin/bash", {name: ""}) is None


def planned(text: str) -> Plan:
    return plan(ShellAction(text, "/"), Surroundings())


def told(*lines: str) -> bytes:
    return "".join(f"+headgate {line}\n" for line in lines).encode()


DEPLOY = planned(
    "for h in web1 web2; do scp app $h:/srv; ssh $h 'systemctl restart app'; sleep 5; done; curl https://x/up"
)


@pytest.mark.parametrize(
    ("lines", "step"),
    [
        ((), None),
        (("for h in web1 web2",), None),
        (("scp app web1:/srv",), 1),
        (("scp app web1:/srv", "ssh web1 'systemctl restart app'"), 2),
        (("scp app web1:/srv", "ssh web1 'systemctl restart app'", "sleep 5", "grep x"), 3),
        (("ssh web1 'systemctl restart app'", "sleep 5", "scp app web2:/srv", "ssh web2 'systemctl restart app'"), 5),
        (("ssh web1 'systemctl restart app'", "sleep 5", "ssh web2 'systemctl restart app'", "sleep 5"), 6),
        (("/usr/bin/ssh web2 other",), 5),
        (("ssh web3 'systemctl restart app'",), None),
        (("curl https://x/up", "x=1"), 7),
    ],
)
def test_the_step_is_the_last_one_that_the_trace_tells_of(lines: tuple[str, ...], step: int | None) -> None:
    assert step == trace.current(told(*lines), DEPLOY)


def test_a_step_whose_text_is_not_all_known_is_found() -> None:
    steps = planned("ssh h$(hostname) 'a; b'; for i in $(seq 30); do ssh n$i reboot; done")

    assert 2 == trace.current(told("ssh hx 'a; b'"), steps)
    assert 3 == trace.current(told("ssh n7 reboot"), steps)


def test_a_step_that_stands_twice_comes_once_after_the_other() -> None:
    steps = planned("make; make")

    assert [1, 2, 1] == [trace.current(told(*["make"] * times), steps) for times in (1, 2, 3)]


def test_a_secret_in_a_trace_finds_its_step_by_program_and_machine() -> None:
    steps = plan(
        ShellAction("ssh web1 'PASSWORD=hunter2 run'; ssh web2 up", "/"),
        Surroundings(),
        hide=lambda text: text.replace("hunter2", "‹secret›"),
    )

    assert 1 == trace.current(told("ssh web1 'PASSWORD=hunter2 run'"), steps)


@needs_bash
def test_the_trace_of_a_real_run_leads_to_its_last_step(tmp_path: Path) -> None:
    command = "cd /tmp; for n in 1 2; do echo $n 'a  b'; done | cat; (uname -s; exec ls '/it'\\''s' )"
    run(command, tmp_path / "trace")
    steps = planned(command)

    found = trace.current(trace.tail(tmp_path / "trace"), steps)

    assert found is not None
    assert "exec ls" == steps[found - 1].text[:7]


@pytest.mark.parametrize(
    "junk", [b"\xff\x00+headgate ", b"+headgate 'unended\n", b"+headgate \n+headgate\n", b"x" * 99]
)
def test_a_damaged_trace_tells_nothing(junk: bytes) -> None:
    assert trace.current(junk, DEPLOY) is None


def test_only_the_end_of_a_trace_is_read_and_a_huge_one_is_emptied(tmp_path: Path) -> None:
    path = tmp_path / "trace"
    path.write_bytes(b"+headgate a\n" * 10_000)

    assert trace.TAIL == len(trace.tail(path))
    assert 120_000 == path.stat().st_size

    path.write_bytes(b"+headgate a\n" * (trace.MOST // 12 + 1))

    assert trace.TAIL == len(trace.tail(path))
    assert 0 == path.stat().st_size
    assert b"" == trace.tail(tmp_path / "none")
