"""The hook client for where no C compiler works: what csrc/headgate_hook.c does, with the same words and statuses.

Run as a script, `python -I -S`: it takes nothing from headgate and only what starts fast from the standard library.
"""

import _signal  # type: ignore[import-not-found]  # `signal` itself costs an import of `enum`; typeshed has only that
import _socket
import os
import sys
import time

MESSAGE_CAP = 8 << 20
CLIENT_CAP = 32
CLIENT_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
PATH_ROOM = 108 if sys.platform == "linux" else 104
ARGUMENTS = 5
STANDARD_ERROR = 2
END = b"\x04"  # closes every answer
CHUNK = 1 << 20
LOST_RACE = 8.0  # another start may hold the lock and not listen yet
PAUSE = 0.005
LAST_WORDS = 0.1
WAKE = 6 * 3600  # seconds that a hook waits for news; the daemon answers before
LOADER_SETTINGS = ("PYTHON", "LD_", "DYLD_")

NO_DAEMON = "HG010 headgate: the daemon is not running and could not be started; run `headgate serve` to see why\n"
NO_WAY = "HG010 headgate: the daemon cannot be reached; run `headgate serve` to see why\n"
LONG_PATH = "HG011 headgate: the path of the daemon's socket is too long; choose a shorter --home\n"
TOO_LARGE = "HG012 headgate: the hook message is too large; split the call into smaller ones\n"
NO_INPUT = "HG012 headgate: the hook message cannot be read; send it on standard input\n"
FOREIGN = "HG013 headgate: the daemon's socket belongs to another user; remove it and start the daemon as yourself\n"
DIED = "HG014 headgate: the daemon had died and is being restarted; try the call again\n"
NO_ANSWER = "HG015 headgate: no answer came in time; try the call again\n"
BROKEN = "HG016 headgate: the daemon's answer is broken; restart the daemon and try again\n"
NO_OUTPUT = "HG016 headgate: the daemon's answer cannot be passed on; keep the hook's output open\n"
USAGE = "HG017 headgate: wrong arguments; use `headgate-hook --home /DIR CLIENT decide`, `observe` or `wake`\n"


class HookError(Exception):
    """What failed and what to do, as the line to print."""


class Deadlines:
    """How long each wait may take, in seconds; tests shorten them."""

    def __init__(self, reply: float = 8.0, start: float = 16.0, watchdog: float = 27.0) -> None:
        self.reply = reply
        self.start = start
        self.watchdog = watchdog  # bounds what no other deadline does: a standard stream that never moves


STANDARD = Deadlines()


def complain(line: str, status: int) -> int:
    """Print the line if anybody can take it; the status counts either way."""
    import select  # noqa: PLC0415  # only failures need it

    try:
        if select.select((), (STANDARD_ERROR,), (), LAST_WORDS)[1]:
            os.write(STANDARD_ERROR, line.encode())
    except OSError:
        pass
    return status


def guard_signals(status: int, watchdog: float) -> None:
    """Fail by status where a signal would kill: a death by signal does not block the call."""

    def on_signal(_number: int, _frame: object) -> None:
        os._exit(complain(NO_ANSWER, status))

    for name in ("SIGHUP", "SIGINT", "SIGQUIT", "SIGALRM", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGXCPU"):
        _signal.signal(getattr(_signal, name), on_signal)
    _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)
    _signal.signal(_signal.SIGXFSZ, _signal.SIG_IGN)
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # ignored, it would hide the status of the daemon's start
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())
    _signal.setitimer(_signal.ITIMER_REAL, watchdog)


def read_message() -> bytes:
    """Return all of standard input."""
    chunks: list[bytes] = []
    room = MESSAGE_CAP
    while True:
        try:
            chunk = os.read(0, CHUNK)
        except BlockingIOError:  # the client may have left its end non-blocking
            time.sleep(PAUSE)
            continue
        except OSError:
            raise HookError(NO_INPUT) from None
        if not chunk:
            return b"".join(chunks)
        chunks.append(chunk)
        room -= len(chunk)
        if room < 0:
            raise HookError(TOO_LARGE)


def connect_by(address: bytes, deadline: float) -> _socket.socket:
    """Return the connected socket; wait while the daemon's queue is full."""
    while True:
        connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        connection.settimeout(0)
        try:
            connection.connect(address)
        except (BlockingIOError, InterruptedError):
            connection.close()
            if time.monotonic() >= deadline:
                raise HookError(NO_ANSWER) from None
            time.sleep(PAUSE)
        except OSError:
            connection.close()
            raise
        else:
            return connection


def peer_uid(connection: _socket.socket) -> int:
    """Return the user who listens at the other end."""
    if sys.platform == "linux":
        peer = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)  # struct ucred: pid, uid, gid
    else:
        peer = connection.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED, struct xucred: version, uid, groups
    return int.from_bytes(peer[4:8], sys.byteorder)


def check_peer(connection: _socket.socket, owner: int) -> None:
    """Trust only a daemon of ours, of root's, or of the *owner* that the registered command names."""
    try:
        uid = peer_uid(connection)
    except OSError:
        raise HookError(FOREIGN) from None
    if uid not in {os.geteuid(), 0, owner}:
        raise HookError(FOREIGN)


def beside(called: str) -> str:
    """Return the path of the `headgate` installed beside this program; installers make links, so they are followed."""
    if "/" not in called:
        raise HookError(NO_DAEMON)
    return os.path.join(os.path.dirname(os.path.realpath(called)), "headgate")


def daemon_environment() -> dict[bytes, bytes]:
    """Return our environment without what would make the daemon load code that an agent names."""
    unsafe = tuple(os.fsencode(prefix) for prefix in LOADER_SETTINGS)
    return {name: value for name, value in os.environb.items() if not name.startswith(unsafe)}


def become_headgate(called: str, home: str) -> None:
    """Replace this process by the start of the daemon; never return."""
    try:
        nothing = os.open("/dev/null", os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(nothing, number)
            os.set_inheritable(number, True)  # noqa: FBT003  # it is not when it was *nothing* itself
        _signal.signal(_signal.SIGPIPE, _signal.SIG_DFL)
        _signal.signal(_signal.SIGXFSZ, _signal.SIG_DFL)
        headgate = beside(called)
        os.execve(headgate, [headgate, "--home", home, "serve", "--background"], daemon_environment())  # noqa: S606
    finally:
        os._exit(127)


def fork_session() -> int:
    """Fork; what ends the hook, a Ctrl-C or the client's time limit, must not end the daemon."""
    child = os.fork()
    if child == 0:
        os.setsid()
    return child


def start_and_wait(called: str, home: str, deadline: float) -> None:
    """Start the daemon and return when it is ready."""
    child = fork_session()
    if child == 0:
        become_headgate(called, home)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended == child:
            break
        if time.monotonic() >= deadline:
            raise HookError(NO_DAEMON)
        time.sleep(PAUSE)
    if status != 0:
        raise HookError(NO_DAEMON)


def start_and_leave(called: str, home: str) -> None:
    """Start the daemon as a child of init, so that nobody here has to reap it."""
    try:
        child = fork_session()
    except OSError:
        return
    if child == 0:
        try:
            if os.fork() == 0:
                become_headgate(called, home)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def connect_started(called: str, home: str, address: bytes, deadlines: Deadlines) -> _socket.socket:
    """Start the daemon and connect, with a little patience for a race lost to another start."""
    deadline = time.monotonic() + deadlines.start
    start_and_wait(called, home, deadline)
    last = min(deadline, time.monotonic() + LOST_RACE)
    while True:
        try:
            return connect_by(address, time.monotonic() + deadlines.reply)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() >= last:
                raise
            time.sleep(PAUSE)


def reach_daemon(called: str, home: str, address: bytes, deadlines: Deadlines) -> _socket.socket:
    """Return a connection to the daemon, which is started when it is not there."""
    try:
        return connect_by(address, time.monotonic() + deadlines.reply)
    except FileNotFoundError:
        pass
    except ConnectionRefusedError:
        start_and_leave(called, home)
        raise HookError(DIED) from None  # asking again would let a crash pass unseen in the middle of a session
    except OSError:
        raise HookError(NO_WAY) from None
    try:
        return connect_started(called, home, address, deadlines)
    except OSError:
        raise HookError(NO_DAEMON) from None


def reach_owners(address: bytes, deadlines: Deadlines) -> _socket.socket:
    """Return a connection to another user's daemon, which is not ours to start."""
    try:
        return connect_by(address, time.monotonic() + deadlines.reply)
    except OSError:
        raise HookError(NO_WAY) from None


def wait_at_most(connection: _socket.socket, deadline: float) -> None:
    """Let the next operation last until the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise HookError(NO_ANSWER)
    connection.settimeout(left)


def send_request(connection: _socket.socket, request: bytes, deadline: float) -> None:
    """Send it all, or less when the daemon hangs up: it may have answered before."""
    wait_at_most(connection, deadline)
    try:
        connection.sendall(request)
        connection.shutdown(_socket.SHUT_WR)  # nor can the answer go there, should a closed output's number be this
    except TimeoutError:
        raise HookError(NO_ANSWER) from None
    except OSError:
        return


def read_answer(connection: _socket.socket, deadline: float) -> bytes:
    """Return all that the daemon says."""
    answer = bytearray()
    while True:
        wait_at_most(connection, deadline)
        try:
            chunk = connection.recv(CHUNK)
        except TimeoutError:
            raise HookError(NO_ANSWER) from None
        except OSError:
            raise HookError(BROKEN) from None
        if not chunk:
            return bytes(answer)
        answer += chunk
        if len(answer) > MESSAGE_CAP:
            raise HookError(BROKEN)


def pass_on(number: int, text: bytes) -> None:
    """Write all of the text to a standard stream."""
    left = memoryview(text)
    while left:
        try:
            left = left[os.write(number, left) :]
        except BlockingIOError:
            time.sleep(PAUSE)
        except OSError:
            raise HookError(NO_OUTPUT) from None


def address_in(home: str) -> bytes:
    """Return the path of the daemon's socket."""
    address = os.fsencode(home) + b"/daemon.sock"
    if len(address) >= PATH_ROOM:
        raise HookError(LONG_PATH)
    return address


def exchange(argv: list[str], deadlines: Deadlines) -> int:
    """Carry the message to the daemon and its answer back."""
    called, _, home, client, mode = argv[:ARGUMENTS]
    owner = int(argv[6]) if len(argv) > ARGUMENTS else -1
    address = address_in(home)
    request = f"headgate-hook/1 {client} {mode}\n".encode() + read_message()
    connection = reach_daemon(called, home, address, deadlines) if owner < 0 else reach_owners(address, deadlines)
    check_peer(connection, owner)
    deadline = time.monotonic() + deadlines.reply
    send_request(connection, request, deadline)
    if mode == "wake":  # the client waits for nothing: this waits for news, and wakes it
        _signal.alarm(WAKE + 60)
        deadline = time.monotonic() + WAKE
    answer = read_answer(connection, deadline)
    return give(answer)


def give(answer: bytes) -> int:
    """Pass a whole answer on and return its exit status: `0` or `2`, the text, and END.

    Half an answer must not pass for a shorter one, which might allow. A denial in the client's own JSON goes to
    standard output, where the client reads it beside exit status 2.
    """
    if answer[:1] not in {b"0", b"2"} or answer[-1:] != END:
        raise HookError(BROKEN)
    text = answer[1:-1]
    pass_on(1 if answer[:1] == b"0" or text[:1] == b"{" else 2, text)
    return 0 if answer[:1] == b"0" else 2


def has_owner(argv: list[str]) -> bool:
    """Tell a command line of the right length: with `--owner UID` behind, or without."""
    if len(argv) == ARGUMENTS + 2:
        return argv[5] == "--owner" and argv[6].isascii() and argv[6].isdigit() and len(argv[6]) < 10  # noqa: PLR2004
    return len(argv) == ARGUMENTS


def are_arguments(argv: list[str]) -> bool:
    """Tell a right command line; a relative home would follow the working directory, which the agent chooses."""
    if not has_owner(argv) or argv[1] != "--home" or argv[4] not in {"decide", "observe", "wake"}:
        return False
    client = argv[3]
    return argv[2].startswith("/") and 0 < len(client) <= CLIENT_CAP and CLIENT_LETTERS.issuperset(client)


def main(argv: list[str], deadlines: Deadlines = STANDARD) -> int:
    """Return the exit status; whatever fails denies, or is only told when the mode is to observe."""
    if not are_arguments(argv):
        return complain(USAGE, 2)
    status = 2 if argv[4] == "decide" else 1
    guard_signals(status, deadlines.watchdog)
    try:
        return exchange(argv, deadlines)
    except HookError as error:
        return complain(str(error), status)
    except MemoryError:
        return complain(TOO_LARGE, status)
    except BaseException:  # noqa: BLE001  # the outermost edge: what nobody foresaw denies too
        return complain(BROKEN, status)


if __name__ == "__main__":
    os._exit(main(sys.argv))  # past the interpreter's own clean-up, which could still change the status
