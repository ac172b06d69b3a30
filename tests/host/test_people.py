"""Who is a person, tried with real terminals, logins and orphans."""

import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import persons
import sshd
from headgate.host.ancestry import ancestry, link_of
from headgate.host.people import UNSEEN, governed_by, standing
from headgate.host.processes import Peer, peer_of, started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc tells it")

needs_script = pytest.mark.skipif(shutil.which("script") is None, reason="no script(1) on this machine")


def nothing(_pid: int, _since: str) -> str:
    return ""


def logged_in(server: sshd.Sshd, command: str) -> None:
    """Run *command* in a login with a terminal."""
    words = ["ssh", "-tt", "-F", server.config_path, "somewhere", command]
    subprocess.run(words, check=False, stdin=subprocess.DEVNULL)


def test_a_chain_leads_to_the_first_process() -> None:
    chain = ancestry(os.getpid())

    assert (os.getpid(), os.getppid()) == (chain[0].pid, chain[1].pid)
    assert chain[-1].parent == 0
    assert ancestry(1 << 22) == ()


def test_whoever_has_no_terminal_is_nobody() -> None:
    with persons.judge() as found:
        command, answer = found.question()
        subprocess.run(shlex.split(command), check=True, stdin=subprocess.DEVNULL, start_new_session=True)
        assert "no terminal" in persons.answered(answer)["refused"]


def test_whoever_reads_something_else_than_the_terminal_is_nobody() -> None:
    with persons.judge() as found:
        command, answer = found.question()
        persons.at_a_terminal(["/bin/sh", "-c", f"echo yes | {command}"])
        assert "not its terminal" in persons.answered(answer)["refused"]


def test_below_a_client_or_a_keeper_is_nobody() -> None:
    since = started(os.getpid())
    with persons.judge(lambda pid, start: "a client" if (pid, start) == (os.getpid(), since) else "") as found:
        command, answer = found.question()
        persons.at_a_terminal(shlex.split(command))
        said = persons.answered(answer)
        assert said["refused"] == said["governed"] == f"it runs below a client (process {os.getpid()})"


def test_another_process_with_the_number_of_a_client_is_not_the_client() -> None:
    with persons.judge(lambda pid, start: "a client" if (pid, start) == (os.getpid(), "1") else "") as found:
        command, answer = found.question()
        persons.at_a_terminal(shlex.split(command))
        assert "a client" not in persons.answered(answer)["refused"]


@pytest.mark.parametrize("name", ["claude", "codex", "gemini", "openclaw"])
def test_below_a_well_known_agent_is_nobody(name: str) -> None:
    with persons.judge() as found:
        agent = found.folder / name
        shutil.copy("/bin/sh", agent)
        command, answer = found.question()
        persons.at_a_terminal([str(agent), "-c", f"{command}; true"])
        assert f"the agent {name}" in persons.answered(answer)["refused"]


def test_a_runner_of_a_well_known_agent_is_that_agent() -> None:
    with persons.judge() as found:
        runner, script = found.folder / "node", found.folder / "@openai" / "codex" / "bin" / "run.js"
        script.parent.mkdir(parents=True)
        command, answer = found.question()
        script.write_text(f"{command}\ntrue\n")
        shutil.copy("/bin/sh", runner)
        persons.at_a_terminal([str(runner), str(script)])
        assert "the agent codex" in persons.answered(answer)["refused"]


@needs_script
def test_a_terminal_of_its_own_below_a_client_is_nobodys() -> None:
    since = started(os.getpid())
    with persons.judge(lambda pid, start: "a client" if (pid, start) == (os.getpid(), since) else "") as found:
        command, answer = found.question()
        subprocess.run(["script", "-qec", command, "/dev/null"], check=True, stdin=subprocess.DEVNULL)
        assert "a client" in persons.answered(answer)["refused"]


def test_whoever_is_traced_is_nobody() -> None:
    with persons.judge() as found:
        command, answer = found.question()
        python, *words = shlex.split(command)
        traced = "import ctypes, runpy, sys; ctypes.CDLL(None).ptrace(0, 0, 0, 0); del sys.argv[0]"
        persons.at_a_terminal([python, "-c", f"{traced}; runpy.run_path(sys.argv[0])", *words])
        assert "traced" in persons.answered(answer)["refused"]


@needs_script
def test_an_orphan_with_a_terminal_of_its_own_is_never_proved() -> None:
    with persons.judge() as found:
        command, answer = found.question()
        persons.orphaned(command)
        said = persons.answered(answer)
        assert ("", "") == (said["refused"], said["proved"])


def test_an_orphan_whose_terminal_a_client_holds_is_nobody() -> None:
    since = started(os.getpid())
    with persons.judge(lambda pid, start: "a client" if (pid, start) == (os.getpid(), since) else "") as found:
        command, answer = found.question()
        main, sub = os.openpty()
        name = os.ttyname(sub)
        open_it = f"import os; os.setsid(); d=os.open({name!r}, os.O_RDWR); [os.dup2(d, n) for n in (0, 1, 2)]"
        words = [sys.executable, "-c", f"{open_it}; os.execvp('/bin/sh', ['sh', '-c', {command!r}])"]
        subprocess.run(["/bin/sh", "-c", f"{shlex.join(words)} </dev/null >/dev/null 2>&1 &"], check=True)
        said = persons.answered(answer)
        os.close(main)
        os.close(sub)
        assert f"held by process {os.getpid()}" in said["refused"]


@pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux on this machine")
def test_a_window_of_tmux_is_not_proved() -> None:
    with persons.judge() as found:
        command, answer = found.question()
        tmux = ["tmux", "-S", str(found.folder / "tmux.sock"), "-f", "/dev/null"]
        environment = {name: value for name, value in os.environ.items() if name != "TMUX"} | {"TERM": "xterm"}
        subprocess.run([*tmux, "new-session", "-d", f"{command}; sleep 60"], check=True, env=environment)
        said = persons.answered(answer)
        subprocess.run([*tmux, "kill-server"], check=True)
        assert ("", "") == (said["refused"], said["proved"])


def test_a_login_by_ssh_is_proved_where_root_lets_people_in(tmp_path: Path) -> None:
    sshd.needed()
    with persons.judge() as found, sshd.sshd(tmp_path) as server:
        command, answer = found.question()
        subprocess.run(
            ["ssh", "-tt", "-F", server.config_path, "somewhere", command], check=False, stdin=subprocess.DEVNULL
        )
        said = persons.answered(answer)
        assert said["refused"] == ""
        assert bool(said["proved"]) == (os.geteuid() == 0), "a server that its user started proves nothing"


def test_a_login_by_ssh_below_which_a_client_runs_is_nobody(tmp_path: Path) -> None:
    sshd.needed()
    with persons.judge() as found, sshd.sshd(tmp_path) as server:
        shutil.copy("/bin/sh", found.folder / "claude")
        command, answer = found.question()
        inside = f"{found.folder}/claude -c {shlex.quote(command + '; true')}"
        subprocess.run(
            ["ssh", "-tt", "-F", server.config_path, "somewhere", inside], check=False, stdin=subprocess.DEVNULL
        )
        assert "the agent claude" in persons.answered(answer)["refused"]


def test_a_program_that_calls_itself_sshd_lets_nobody_in() -> None:
    with persons.judge() as found:
        fake = found.folder / "sshd"
        shutil.copy("/bin/sh", fake)
        if os.geteuid() == 0:
            os.chown(fake, 65534, 65534)  # root could run any program under any name: the file's owner tells
            fake.chmod(0o755)
        command, answer = found.question()
        persons.orphaned(f"{fake} -c {shlex.quote(command + '; true')}")
        assert persons.answered(answer)["proved"] == ""


def test_a_process_that_went_away_is_nobody() -> None:
    done = subprocess.Popen(["true"])
    done.wait()
    assert standing(Peer(os.geteuid(), done.pid), nothing).refused == UNSEEN
    assert standing(Peer(os.geteuid(), 0), nothing).refused == UNSEEN
    assert governed_by(Peer(os.geteuid(), os.getpid(), "1"), nothing) == UNSEEN, "another one had the number"


def test_a_connection_whose_process_ended_is_nobodys() -> None:
    """Whoever keeps an end of it must not stand for a later process with the number."""
    with tempfile.TemporaryDirectory(prefix="hg-", dir="/tmp") as folder, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{folder}/s")
        listener.listen()
        line = socket.socket(socket.AF_UNIX)
        line.set_inheritable(True)
        child = os.fork()
        if child == 0:
            line.connect(f"{folder}/s")
            os._exit(0)
        os.waitpid(child, 0)
        connection, _ = listener.accept()
        with connection, line:
            peer = peer_of(connection)
        assert peer.pid == 0 or link_of(peer.pid) is None
