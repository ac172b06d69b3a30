"""Routes that are tried: each with a process that does what an agent's would do, and a daemon that answers."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from headgate.model.errors import HeadgateError
from headgate.surfaces.client import ask
from headgate.surfaces.routes import Place, Route, Verdict

TEXTS = (
    "headgate approve 1",
    "'head'gate appr''ove 1",
    "sh -c 'headgate override add --everything --reason x --for 10m'",
    "headgate stop",
    "kill $(pgrep -f headgate)",
    "python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect(\"{socket}\")'",
    "curl --unix-socket {socket} http://x/",
    "nc -U {socket}",
    "rm -f {database}",
    "cp /tmp/x {key}",
    "HEADGATE_HOME=/tmp/other headgate serve",
)
"""Calls that show a route, some of them under a disguise."""

_PATIENCE = 30
_NO_PASSWORD = "`sudo` without a password makes every agent root: take it away"  # noqa: S105

_PASSPHRASE = "set a passphrase: `headgate authority passphrase`"  # noqa: S105

_CLIENT = """\
import json, os, pty, socket, subprocess, sys
hook, call, path, escape = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "escape"
def tell():
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)
        line.sendall(b'headgate-command/1\\n{"op": "authority"}')
        line.shutdown(socket.SHUT_WR)
        return line.makefile().readline()
read, write = os.pipe()
if not escape:
    subprocess.run(json.loads(hook), input=call.encode(), capture_output=True)
if os.fork() == 0:
    if escape:
        os.setsid()
        if os.fork():
            os._exit(0)
        while os.getppid() == int(sys.argv[5]):
            pass
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.write(write, tell().encode())
        except Exception as error:
            os.write(write, json.dumps({"failed": str(error)}).encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os._exit(0)
os.close(write)
with os.fdopen(read) as said:
    print(said.read())
"""


def trials(place: Place, hook: list[str]) -> Iterator[Route]:
    """Yield what came of trying; *hook* are the words that ask the gate as a client of its home does."""
    yield _texts(place, hook)
    yield _inside(place, hook)
    yield _orphan(place, hook)
    yield _daemon(place)
    yield _typing()
    yield _tracing()
    yield _network(place)
    yield _sudo(place)
    yield _ssh(place)


def _texts(place: Place, hook: list[str]) -> Route:
    """Ask the gate for each of `TEXTS`."""
    names = {"socket": place.home.socket, "database": place.home.database, "key": place.home.authority_key}
    passed = []
    for text in TEXTS:
        for name, path in names.items():
            text = text.replace("{" + name + "}", str(path))  # noqa: PLW2901
        if not _denied(place, hook, text):
            passed.append(text)
    name = "the command line, the socket, files and variables, in the text of a call"
    if passed:
        return Route(name, Verdict.OPEN, f"this was not denied: {passed[0]}", "report it; `headgate check` says why")
    return Route(name, Verdict.STOPPED, f"{len(TEXTS)} texts were tried, and denied")


def _call(text: str) -> str:
    message = {"hook_event_name": "PreToolUse", "session_id": "headgate-doctor", "cwd": tempfile.gettempdir()}
    return json.dumps(message | {"tool_name": "Bash", "tool_input": {"command": text}, "tool_use_id": "route"})


def _denied(place: Place, hook: list[str], text: str) -> bool:
    done = _run(place, hook, _call(text))
    return done.returncode == 2 or '"deny"' in done.stdout  # noqa: PLR2004 what denies


def _inside(place: Place, hook: list[str]) -> Route:
    """Ask the daemon from below a client, at a terminal of its own."""
    name, told = "the socket, by a program below a client that no reading shows", _told(place, hook, "stay")
    refused = str(told.get("refused") or "")
    if refused:
        return Route(name, Verdict.STOPPED, f"tried: {refused}")
    return Route(name, Verdict.OPEN, f"tried, and the daemon said {told}", "report it")


def _orphan(place: Place, hook: list[str]) -> Route:
    """Ask the daemon from a process that got away: two forks, a session and a terminal of its own."""
    name, told = "the socket, by a program that got away from its client", _told(place, hook, "escape")
    if "key" not in told:
        return Route(name, Verdict.STOPPED, f"tried: it reached no daemon ({told.get('failed') or told})")
    if told.get("proved") and not told.get("refused"):
        return Route(name, Verdict.OPEN, f"tried: it passes for a person ({told['proved']})", "set a passphrase")
    why = told.get("refused") or "it is not proved to be a person's"
    return Route(name, Verdict.STOPPED, f"tried: {why}")


def _told(place: Place, hook: list[str], how: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "client.py")
        script.write_text(_CLIENT)
        for path, mode in ((Path(folder), 0o755), (script, 0o644)):
            path.chmod(mode)
        words = [sys.executable, "-I", str(script), json.dumps(hook), _call("ls"), str(place.home.socket), how]
        done = _run(place, [*words, str(os.getpid())], "")
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return {"failed": (done.stderr or "no answer")[-200:]}
    return answer if isinstance(answer, dict) else {"failed": str(answer)}


def _daemon(place: Place) -> Route:
    """Try to open the memory of the daemon, and to send it the signal that says nothing."""
    name = "the daemon's process: to end it, to trace it, to read its memory"
    try:
        pid = ask(place.home, {"op": "status"})["pid"]
    except HeadgateError as error:
        return Route(name, Verdict.OPEN, error.message, "start the daemon, and try again")
    tried = _run(place, [sys.executable, "-I", "-c", _TOUCH, str(pid)], "").stdout.split()
    if "memory" in tried:
        return Route(name, Verdict.OPEN, f"the memory of process {pid} can be opened", SYSTEM_OR_USER)
    if "signal" in tried:
        seen = "it cannot be traced or read; it can be ended, and while it is away everything is denied"
        return Route(name, Verdict.TEXT, seen, SYSTEM_OR_USER)
    return Route(name, Verdict.STOPPED, "it can neither be ended nor traced nor read")


SYSTEM_OR_USER = "another user for the gate than for agents: `headgate install --system --user NAME`"

_TOUCH = """\
import os, sys
pid = int(sys.argv[1])
for name, act in (("memory", lambda: os.open(f"/proc/{pid}/mem", os.O_RDWR)), ("signal", lambda: os.kill(pid, 0))):
    try:
        act()
        print(name)
    except OSError:
        pass
"""


def _typing() -> Route:
    name, path = "typing into the terminal that an agent shares with a person", Path("/proc/sys/dev/tty/legacy_tiocsti")
    try:
        off = path.read_text().strip() == "0"
    except OSError:
        off = False
    if off:
        return Route(name, Verdict.STOPPED, "the kernel lets no process do that")
    return Route(
        name, Verdict.TEXT, "the kernel lets a process type into its terminal", "`sysctl dev.tty.legacy_tiocsti=0`"
    )


def _tracing() -> Route:
    name, path = "tracing the person's own shells", Path("/proc/sys/kernel/yama/ptrace_scope")
    try:
        scope = path.read_text().strip()
    except OSError:
        scope = "0"
    if scope != "0":
        return Route(name, Verdict.STOPPED, f"the kernel forbids it to who is no parent (ptrace_scope {scope})")
    return Route(name, Verdict.TEXT, "one process of a user may trace another", "`sysctl kernel.yama.ptrace_scope=1`")


def _network(place: Place) -> Route:
    """Ask the network API for a yes without a token, where the daemon listens at all."""
    name = "the network API"
    try:
        told = ask(place.home, {"op": "status"}).get("network")
    except HeadgateError as error:
        return Route(name, Verdict.OPEN, error.message, "start the daemon, and try again")
    address = _address(told)
    if not address:
        return Route(name, Verdict.STOPPED, "it is not switched on")
    host, _, port = address.rpartition("/")[2].rpartition(":")
    request = f"POST /v1/approvals/1 HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}"
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=5) as line:
            line.sendall(request.encode())
            answer = line.recv(64).decode("latin-1")
    except (OSError, ValueError) as error:
        return Route(name, Verdict.STOPPED, f"tried: it does not answer without TLS or a token ({error})")
    said = answer.partition("\r\n")[0]
    return Route(
        name, Verdict.OPEN if " 2" in said else Verdict.STOPPED, f"tried without a token: {said or 'no answer'}"
    )


def _address(told: object) -> str:
    api = told.get("api") if isinstance(told, dict) else None
    return str(api.get("address") or "") if isinstance(api, dict) else ""


def _sudo(place: Place) -> Route:
    name = "becoming root by `sudo` without a password"
    if place.who.uid == 0:
        return Route(name, Verdict.OPEN, "agents are root already", "run agents as a user of their own")
    done = _run(place, ["sudo", "-n", "true"], "")
    if done.returncode == 0:
        return Route(name, Verdict.OPEN, "tried: `sudo -n true` works", _NO_PASSWORD)
    return Route(name, Verdict.STOPPED, "tried: `sudo -n true` does not work")


def _ssh(place: Place) -> Route:
    """Try to log in to this machine as an agent would: what comes in by a login passes for a person."""
    name = "a login to this machine by ssh, without a password"
    words = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=3", "-o", "StrictHostKeyChecking=accept-new"]
    done = _run(place, [*words, "-o", "UserKnownHostsFile=/dev/null", "localhost", "true"], "")
    if done.returncode == 0:
        return Route(
            name, Verdict.OPEN, "tried: `ssh localhost` works", "set a passphrase: `headgate authority passphrase`"
        )
    if "refused" in done.stderr or done.returncode == -1:
        return Route(name, Verdict.STOPPED, "tried: nothing listens, or there is no `ssh`")
    seen = "tried: `ssh localhost` is refused; whoever may write ~/.ssh/authorized_keys could change that"
    return Route(name, Verdict.TEXT, seen, _PASSPHRASE)


def _run(place: Place, words: list[str], text: str) -> subprocess.CompletedProcess[str]:
    """Run *words* as the agents' user; a status of -1 is one that never ran, or took too long."""
    as_user: dict[str, object] = {}
    if os.geteuid() == 0 and place.who.uid:
        as_user = {"user": place.who.uid, "group": place.who.gid, "extra_groups": list(place.who.groups)}
    try:
        return subprocess.run(  # type: ignore[call-overload,no-any-return]  # noqa: S603 our own words
            words, input=text, capture_output=True, text=True, timeout=_PATIENCE, check=False, cwd="/", **as_user
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(words, -1, "", str(error))
