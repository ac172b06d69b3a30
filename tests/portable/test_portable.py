"""Portable mode: shims on PATH and what shells read ask the gate about each start; what they miss is listed here."""

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from headgate.host.home import Home
from headgate.host.shim_variables import restored, told, with_shims
from headgate.host.shims import Shims
from headgate.model.errors import HeadgateError
from headgate.model.start import Input, Reply, Start, Verdict
from headgate.workers.environment import for_job
from portable import REAL, Socket, World, program, ran, world

__all__ = ["program", "world"]

ZSH = pytest.mark.skipif(not shutil.which("zsh"), reason="no zsh on this machine")
REFUSAL = Reply(Verdict.REFUSE, "headgate: not here\nask a person\n", 77)


def refuse(_start: Start) -> Reply:
    return REFUSAL


# -- the wire ---------------------------------------------------------------------------------------


def test_a_light_start_is_run_as_it_was_called(world: World) -> None:
    gate = world.open()
    words = ["ssh", "a b", "", "line\nbreak", "*", "'\"$x"]
    with (world.top / "input").open("w+") as given:
        given.write("what is read\n")
        given.seek(0)
        done = world.run(*words, stdin=given)

    assert (43, "real ssh a b  line\nbreak * '\"$x\nwhat is read\n", "") == (done.returncode, done.stdout, done.stderr)
    assert [tuple(words[1:])] == [start.words[1:] for start in gate.starts]


def test_the_gate_hears_what_the_kernel_would_start(world: World) -> None:
    gate = world.open()
    (world.real / "k").symlink_to("kubectl")
    world.run("k", "get", "pods", env=world.env(KUBECONFIG="/k", SECRET="s", BASH_ENV="/u"), cwd="/usr")

    (start,) = gate.starts
    assert ["headgate-exec/1 call-1\n"] == gate.greetings
    assert (f"{world.real}/k", f"{world.real}/kubectl", "/usr") == (start.path, start.real, start.cwd)
    assert (start.path, "get", "pods") == start.words
    assert (Input.NOTHING, True, False) == (start.input, start.script, start.cut)
    told = dict(start.variables)
    assert {"PATH": world.base["PATH"], "KUBECONFIG": "/k", "BASH_ENV": "/u"} == {n: v for n, v in told.items() if v}
    assert {"SECRET", "HOME", "LANG"} <= told.keys()
    assert [] == [name for name in told if name.startswith("HEADGATE") or name == "ZDOTDIR"]


def test_the_file_can_be_read_while_its_start_waits(world: World) -> None:
    read: list[str] = []

    def answer(start: Start) -> Reply:
        read.append(Path(start.file).read_text())
        return Reply(Verdict.GO_ALWAYS)

    world.open(answer)
    assert 43 == world.run("ssh", "h").returncode
    assert [REAL] == read


def test_arguments_beyond_the_bound_are_cut_for_the_gate_alone(world: World) -> None:
    gate = world.open()
    done = world.run("ssh", "x" * 100_000)

    assert len("real ssh \n") + 100_000 == len(done.stdout)
    assert (True, 65_536) == (gate.starts[0].cut, sum(len(word) + 1 for word in gate.starts[0].words))


def test_what_a_start_has_as_its_input_is_told(world: World) -> None:
    gate = world.open()
    world.run("ssh", stdin=subprocess.PIPE)
    with Path("/etc/passwd").open() as given:
        world.run("ssh", stdin=given)
    world.run("sh", "-c", "ssh <&-")

    assert [Input.PIPE, Input.FILE, Input.NOTHING] == [start.input for start in gate.starts]


def test_closed_streams_stay_closed(world: World) -> None:
    world.open()
    world.add("ssh", "#!/bin/sh\n{ [ -e /proc/self/fd/0 ] || echo closed; } >$OUT\n")
    world.run("sh", "-c", "ssh <&- >&-", env=world.env(OUT=f"{world.top}/out"))

    assert "closed\n" == (world.top / "out").read_text()


# -- each verdict -----------------------------------------------------------------------------------


def test_a_refused_start_says_why_and_does_not_run(world: World) -> None:
    world.open(refuse)
    done = world.run("ssh", "h", "uptime")

    assert (77, "", REFUSAL.words) == (done.returncode, done.stdout, done.stderr)


def test_a_script_goes_on_behind_a_refused_start(world: World) -> None:
    world.open(lambda start: Reply(Verdict.REFUSE, "no", 75) if ran(start).startswith("ssh") else Reply(Verdict.GO))
    done = world.run("sh", "-c", "ssh h; echo $?; kubectl get pods; echo $?")

    assert ("75\nreal kubectl get pods\n43\n", "no\n") == (done.stdout, done.stderr)


def test_what_is_refused_is_no_success(world: World) -> None:
    world.open(lambda _start: Reply(Verdict.REFUSE, "no", 0))

    assert 77 == world.run("ssh").returncode


def test_where_the_action_ends_its_keeper_is_asked_to_end_it(world: World) -> None:
    world.open(lambda _start: Reply(Verdict.END, "headgate: handed over\n", 75))
    with subprocess.Popen(["sleep", "60"]) as keeper:
        (world.call / "shim.json").write_text(json.dumps({"pid": keeper.pid}))
        done = world.run("ssh", "h")
        assert (75, "headgate: handed over\n") == (done.returncode, done.stderr)
        assert -15 == keeper.wait(60)


# -- without a daemon, without a call ---------------------------------------------------------------


def test_without_a_daemon_nothing_is_started(world: World) -> None:
    done = world.run("ssh", "h")

    assert (77, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("HG010 ")


def test_a_daemon_that_comes_back_in_time_is_asked_again(world: World) -> None:
    late = threading.Timer(0.15, world.open)
    late.start()
    assert 43 == world.run("ssh", "h").returncode
    late.join()
    assert world.gate is not None
    world.gate.hang_up = 1
    assert 43 == world.run("ssh", "h").returncode


@pytest.mark.parametrize("call", ["", "/tmp", "{runs}/../x", "{runs}/call-1/.."])
def test_without_a_call_of_this_gate_nothing_is_started(world: World, call: str) -> None:
    world.open()
    done = world.run("ssh", "h", env=world.env() | {"HEADGATE_CALL": call.format(runs=world.call.parent)})

    assert (77, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("HG710 ")


def test_a_call_that_is_a_job_by_now_is_asked_about_by_its_name(world: World) -> None:
    env = world.env()
    gate = world.open()
    world.call.rename(world.top / "job")
    done = world.run("ssh", "h", env=env)

    assert (43, ["headgate-exec/1 call-1\n"], ["ssh h"]) == (
        done.returncode,
        gate.greetings,
        [ran(start) for start in gate.starts],
    )


def test_a_call_that_is_over_starts_nothing(world: World) -> None:
    world.open().hang_up = 1_000_000
    (world.call / "gate").unlink()
    done = world.run("ssh", "h")

    assert (77, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith("HG711 ")


def test_a_program_that_has_gone_is_not_found(world: World) -> None:
    env = world.env()
    world.open()
    (world.real / "kubectl").unlink()
    done = world.run("kubectl", env=env | {"PATH": f"{env['PATH'].partition(':')[0]}:{world.real}"})

    assert 127 == done.returncode
    assert done.stderr.startswith("HG712 ")


YES = """
import os, socket, sys
os.setuid(int(sys.argv[2]))
with socket.socket(socket.AF_UNIX) as here:
    here.bind(sys.argv[1]); here.listen(); print(flush=True)
    while True:
        with here.accept()[0] as peer:
            peer.recv(1); peer.sendall(b"\\x09\\0\\0\\0C" + bytes(8))
            while peer.recv(1 << 20): pass
"""


@pytest.mark.parametrize("user", [0, 65534])
def test_only_whoever_opened_the_call_is_believed_to_be_its_gate(world: World, user: int) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    other = world.top / "other"
    other.mkdir()
    os.chown(other, user, user)
    world.top.chmod(0o755)
    world.options(other / "socket")
    words = [sys.executable, "-c", YES, str(other / "socket"), str(user)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as gate:
        assert gate.stdout is not None
        gate.stdout.readline()
        done = world.run("ssh", "h")
        gate.kill()

    assert (43 if user == 0 else 77) == done.returncode, done


# -- which programs ---------------------------------------------------------------------------------


def test_a_program_that_is_not_there_is_not_there_for_scripts(world: World) -> None:
    world.open()
    looked = world.run("sh", "-c", "command -v ssh terraform; command -v terraform || echo absent")

    assert looked.stdout.endswith("absent\n")
    assert "/bin/ssh" in looked.stdout


def test_the_program_finds_its_own_folder(world: World) -> None:
    world.open()
    world.add("kubectl", '#!/bin/sh\necho "$0"\n')

    assert f"{world.real}/kubectl\n" == world.run("kubectl").stdout


def test_a_file_without_an_interpreter_is_the_shells(world: World) -> None:
    world.open()
    world.add("kubectl", 'echo "plain $1"\n')

    assert "plain x\n" == world.run("kubectl", "x").stdout


def test_shims_of_two_gates_ask_once_each_and_find_the_program(world: World, program: Path) -> None:
    gate = world.open()
    other = Shims(Home(world.top / "other"), str(program))
    env = world.env()
    env["PATH"] = f"{other.folder(world.base['PATH'])}/bin:{env['PATH']}"
    done = world.run("sh", "-c", "PATH=${PATH#*:} ssh h", env=env)

    assert (43, ["ssh h"]) == (done.returncode, [ran(start) for start in gate.starts])


def test_a_shim_that_was_removed_or_changed_comes_back(world: World) -> None:
    world.open(refuse)
    shims = Path(world.env()["HEADGATE_SHIMS"])
    (shims / "bin" / "ssh").unlink()
    (shims / "bin" / "kubectl").unlink()
    (shims / "bin" / "kubectl").write_text("#!/bin/sh\nexec true\n")
    (shims / "shim").unlink()
    (shims / "shim").write_text("#!/bin/sh\nexec true\n")
    (shims / "path").unlink()

    assert [77, 77] == [world.run(name).returncode for name in ("ssh", "kubectl")]
    assert (shims / "path").exists()


def test_where_shims_cannot_be_written_there_is_no_call(world: World, program: Path) -> None:
    (world.top / "file").write_text("")

    with pytest.raises(HeadgateError, match="HG713"):
        Shims(Home(world.top / "file"), str(program)).folder("/usr/bin")


# -- the environment --------------------------------------------------------------------------------


@pytest.mark.parametrize("more", [{}, {"BASH_ENV": "/b", "ENV": "~/e", "ZDOTDIR": "/z"}, {"ENV": "production"}])
def test_the_environment_is_restored_to_what_it_was(world: World, more: dict[str, str]) -> None:
    base = world.base | more
    env = world.shims.environment(base, world.call)

    assert base == restored(env)
    assert base == restored(world.shims.environment(env, world.call))
    assert base == for_job(env)
    assert more.get("ENV") == "production" or "production" not in env.values()


def test_the_gate_need_not_know_the_whole_environment(world: World) -> None:
    base = world.base | {"SECRET": "s", "BASH_ENV": "/b"}
    given = world.shims.environment(told(base), world.call)

    assert {"PATH", "BASH_ENV"} == told(base).keys()
    assert world.shims.environment(base, world.call) == with_shims(base, given)
    assert base == restored(with_shims(with_shims(base, given), world.shims.environment(told(given), world.call)))


def test_a_variable_of_the_users_program_is_not_taken_for_a_file(world: World) -> None:
    assert "production" == world.env(ENV="production")["ENV"]
    assert "ENV" not in world.env()


# -- shells -----------------------------------------------------------------------------------------

SHELLS = [pytest.param("bash"), pytest.param("zsh", marks=ZSH)]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_whole_path_in_a_shell_asks_too(world: World, shell: str) -> None:
    gate = world.open()
    path = f"{world.real}/ssh"
    text = f"{path} a 'b c'; x={path}; $x d | cat; ({path} e)"
    done = world.run(shell, "-c", text)

    assert ["ssh a b c", "ssh d", "ssh e"] == [ran(start) for start in gate.starts]
    assert "real ssh a b c\nreal ssh d\nreal ssh e\n" == done.stdout
    assert [path] * 3 == [start.words[0] for start in gate.starts]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_whole_path_that_is_refused_does_not_run(world: World, shell: str) -> None:
    world.open(refuse)
    done = world.run(shell, "-c", f"{world.real}/ssh a || echo $?")

    assert ("77\n", REFUSAL.words) == (done.stdout, done.stderr)


@pytest.mark.parametrize("shell", SHELLS)
def test_our_own_program_on_path_is_asked_about_once(world: World, program: Path, shell: str) -> None:
    gate = world.open()
    env = world.env(PATH=f"{program.parent}:{world.base['PATH']}")
    done = world.run(shell, "-c", f"{world.real}/ssh a; {program} capabilities", env=env)

    assert ["ssh a", "headgate-shim capabilities"] == [ran(start) for start in gate.starts]
    assert done.stdout.startswith("real ssh a\njob ")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_puts_the_shims_back_in_front(world: World, shell: str) -> None:
    gate = world.open()
    inner = world.script("inner", f"#!/usr/bin/env {shell}\nssh inner\n")
    done = world.run("sh", "-c", f"PATH={world.real}:/usr/bin:/bin; export PATH; {inner}")

    assert (43, ["ssh inner"]) == (done.returncode, [ran(start) for start in gate.starts])


@pytest.mark.parametrize("options", ["-c", "-ec", "-uc", "-euc", "-o pipefail -c"])
def test_the_start_of_bash_disturbs_no_option_and_leaves_nothing_behind(world: World, options: str) -> None:
    plain = world.run("bash", *options.split(), "set -o; compgen -v", env=world.base).stdout
    done = world.run("bash", *options.split(), "set -o; compgen -v")

    ours = {"BASH_ENV", "ZDOTDIR", "HEADGATE_CALL", "HEADGATE_SHIMS", "HEADGATE_STARTUP", "BASH_SOURCE"}
    assert ("", set()) == (done.stderr, set(done.stdout.split()) - set(plain.split()) - ours)


def test_the_users_own_bash_env_is_read_first_and_as_bash_reads_it(world: World) -> None:
    gate = world.open()
    (world.user / "my env").write_text('greeting=hello; PATH=/nowhere:$PATH; echo "at start $#"\n')
    env = world.env(BASH_ENV="$HOME/my env")
    done = world.run("bash", "-c", 'echo $greeting; ssh h; bash -c "echo \\$greeting"', "x", "y", env=env)

    assert "at start 1\nhello\nreal ssh h\nat start 0\nhello\n" == done.stdout
    assert ["ssh h"] == [ran(start) for start in gate.starts]


def test_a_user_who_changes_bash_env_keeps_that_and_the_shims(world: World) -> None:
    world.open(refuse)
    (world.user / "one").write_text("export BASH_ENV=$HOME/two\n")
    (world.user / "two").write_text("echo two\n")
    done = world.run("bash", "-c", "PATH=/usr/bin:/bin bash -c 'ssh h; echo $?'", env=world.env(BASH_ENV="$HOME/one"))

    assert "two\n77\n" == done.stdout


@ZSH
@pytest.mark.parametrize("own", ["", "zdot"])
def test_the_users_own_files_of_zsh_are_read_in_order(world: World, own: str) -> None:
    gate = world.open()
    folder = world.user / own
    folder.mkdir(exist_ok=True)
    for name in ("zshenv", "zprofile", "zlogin"):
        (folder / f".{name}").write_text(f'echo {name} "${{ZDOTDIR-none}}"; PATH=/nowhere/{name}:$PATH\n')
    env = world.env(**({"ZDOTDIR": str(folder)} if own else {}))
    done = world.run("zsh", "-lc", "ssh h; zsh -c 'ssh i'", env=env)

    seen = str(folder) if own else "none"
    first = f"zshenv {seen}\nzprofile {seen}\nzlogin {seen}\nreal ssh h\n"
    assert f"{first}zshenv {seen}\nreal ssh i\n" == done.stdout
    assert ["ssh h", "ssh i"] == [ran(start) for start in gate.starts]


@ZSH
def test_a_file_of_zsh_that_moves_zdotdir_is_followed(world: World) -> None:
    world.open()
    (world.user / "moved").mkdir()
    (world.user / ".zshenv").write_text("export ZDOTDIR=$HOME/moved\n")
    (world.user / "moved" / ".zprofile").write_text("echo moved\n")

    assert "moved\nreal ssh h\n" == world.run("zsh", "-lc", "ssh h").stdout


@ZSH
def test_an_interactive_zsh_keeps_its_history_where_the_user_has_it(world: World) -> None:
    (world.user / ".zshrc").write_text("echo rc $HISTFILE\n")
    shims = world.env()["HEADGATE_SHIMS"]
    done = world.run("zsh", "-ic", "true", env=world.env(HISTFILE=f"{shims}/zsh/.zsh_history"))

    assert f"rc {world.user}/.zsh_history\n" in done.stdout


def test_an_interactive_sh_reads_the_users_file_and_has_the_shims_in_front(world: World) -> None:
    world.open(refuse)
    (world.user / "shrc").write_text("greeting=hello; PATH=/usr/bin:/bin\n")
    done = world.run("sh", "-i", input="echo $greeting; ssh h; echo $?\n", env=world.env(ENV="$HOME/shrc"), stdin=None)

    assert "hello\n77\n" == done.stdout


def test_a_login_shell_of_bash_can_be_given_the_line(world: World) -> None:
    world.open(refuse)
    line = '[ -z "${HEADGATE_STARTUP-}" ] || . "$HEADGATE_STARTUP"\n'
    (world.user / ".bash_profile").write_text("PATH=/usr/bin:/bin\n" + line)
    done = world.run("bash", "-lc", f"ssh h; echo $?; {world.real}/ssh h; echo $?")

    assert "77\n77\n" == done.stdout


@pytest.mark.parametrize("words", [("bash", "-c"), pytest.param(("zsh", "-fc"), marks=ZSH)])
def test_the_text_for_a_wrapped_call_does_the_same_in_the_clients_shell(world: World, words: tuple[str, ...]) -> None:
    gate = world.open()
    (world.user / "mine").write_text("echo mine\n")
    text = world.shims.exports(world.call, world.base["PATH"])
    command = f"{text}ssh a; {world.real}/ssh b; bash -c 'ssh c'; echo $HEADGATE_CALL"
    done = world.run(*words, command, env=world.base | {"BASH_ENV": "$HOME/mine"})

    out = f"real ssh a\nreal ssh b\nmine\nreal ssh c\n{world.call}\n"
    assert out == done.stdout.removeprefix("mine\n" if words[0] == "bash" else "")
    assert ["ssh a", "ssh b", "ssh c"] == [ran(start) for start in gate.starts]


def test_without_its_shims_a_wrapped_call_does_not_begin(world: World) -> None:
    text = world.shims.exports(world.call, world.base["PATH"])
    shutil.rmtree(world.home.path / "shims")
    done = world.run("bash", "-c", f"{text}echo begun", env=world.base)

    assert (77, "") == (done.returncode, done.stdout)


# -- what it misses: docs/known-bypasses.md has a row for each ---------------------------------------

MISSED = {
    "a whole path in another program": "import subprocess; subprocess.run(['{real}/ssh', 'h'])",
    "a search with another PATH": "import subprocess; subprocess.run(['ssh', 'h'], env={{'PATH': '{real}'}})",
    "an empty environment": "import subprocess as s; s.run(['/usr/bin/env', '-i', 'PATH={real}:/bin', 'ssh', 'h'])",
    "a system call": "import os; os.execv('{real}/ssh', ['ssh', 'h'])",
}
MISSED_BY_SHELLS = {
    "PATH, set in a script of bash": ("bash", "PATH={real}:/usr/bin:/bin; ssh h"),
    "PATH, set in a script of sh": ("sh", "PATH={real}:/usr/bin:/bin; ssh h"),
    "a whole path in a script of sh": ("sh", "{real}/ssh h"),
    "bash in its posix mode": ("sh", "bash --posix -c '{real}/ssh h'"),
    "exec of a whole path": ("bash", "exec {real}/ssh h"),
    "command with a whole path": ("bash", "command {real}/ssh h"),
    "a whole path behind another program": ("bash", "xargs {real}/ssh h"),
    "a copy under another name": ("bash", "cp {real}/ssh ./light; ./light h"),
    "a link of another name": ("bash", "ln -sf {real}/ssh ./light; ./light h"),
    "functions that were removed": ("bash", "unset -f {real}/ssh; {real}/ssh h"),
    "bash that reads no file": ("bash", "PATH={real}:/usr/bin:/bin; export PATH; BASH_ENV= bash -c 'ssh h'"),
    "a program that came during the call": ("bash", "cp {real}/ssh {real}/terraform; terraform h"),
}


def through(gate: Socket, done: subprocess.CompletedProcess[str]) -> bool:
    """Tell whether a program ran that nobody was asked about."""
    return done.stdout.startswith("real ") and gate.starts == []


@pytest.mark.parametrize("way", MISSED)
def test_another_program_can_go_round_the_shims(world: World, way: str) -> None:
    gate = world.open(refuse)
    done = world.run(sys.executable, "-c", MISSED[way].format(real=world.real))

    assert through(gate, done), done


@pytest.mark.parametrize("way", MISSED_BY_SHELLS)
def test_a_script_can_go_round_the_shims(world: World, way: str) -> None:
    gate = world.open(refuse)
    shell, text = MISSED_BY_SHELLS[way]
    done = world.run(shell, "-c", text.format(real=world.real), cwd=world.user)

    assert through(gate, done), done
