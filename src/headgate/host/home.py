"""Where a gate keeps its things."""

import os
from pathlib import Path

import msgspec

from headgate.host.acting import served
from headgate.host.processes import user_name
from headgate.model.errors import HeadgateError

MAX_SOCKET_PATH = 103
"""Bytes a socket's path may have everywhere (sun_path: 108 on Linux, 104 on macOS, with its end)."""


SYSTEM = Path("/var/lib/headgate")
"""Where the homes of the users stand whom a daemon of another user serves."""


SHELL = "headgate-shell"
"""The name by which the keeper's program knows that a client runs a text by it (csrc/headgate_shim.c)."""


class Home(msgspec.Struct, frozen=True):
    """The folder of one gate; two daemons never own one."""

    path: Path

    @property
    def shell(self) -> Path:
        """What clients run their texts for shells by: a link to the keeper's program."""
        return self.path / SHELL

    @property
    def socket(self) -> Path:
        """Where the daemon listens."""
        return self.path / "daemon.sock"

    @property
    def lock(self) -> Path:
        """What the one daemon holds for as long as it lives."""
        return self.path / "daemon.lock"

    @property
    def database(self) -> Path:
        """The journal and all that is remembered."""
        return self.path / "headgate.db"

    @property
    def engine(self) -> Path:
        """The work of the pools that this gate serves itself."""
        return self.path / "engine.db"

    @property
    def log(self) -> Path:
        """What the daemon itself has to say."""
        return self.path / "daemon.log"

    @property
    def gate_key(self) -> Path:
        """The daemon's own key, which signs the journal and the rows of grants."""
        return self.path / "gate.key"

    @property
    def authority_key(self) -> Path:
        """The key of the person, which signs overrides; it may need a passphrase."""
        return self.path / "authority.key"

    @property
    def checkpoints(self) -> Path:
        """The signed checkpoints of the journal."""
        return self.path / "checkpoints"

    @property
    def segments(self) -> Path:
        """The folder of the journal's sealed files."""
        return self.path / "journal"

    def job(self, number: int) -> Path:
        """Return the folder of a job."""
        return self.path / "jobs" / str(number)

    def make(self) -> None:
        """Make the folder with mode 0700; raises `HeadgateError` HG010 or HG011 where it cannot be used."""
        self.check_length()
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.path.chmod(0o711 if served() else 0o700)
        except OSError as error:
            raise HeadgateError("HG010", f"the home `{self.path}` cannot be used ({error.strerror})", _CHOOSE) from None

    def check_length(self) -> None:
        """Raise `HeadgateError` HG011 where the path of the socket is too long."""
        length = len(os.fsencode(self.socket))
        if length > MAX_SOCKET_PATH:
            raise HeadgateError("HG011", f"the path of the socket has {length} bytes, {MAX_SOCKET_PATH} fit", _CHOOSE)


_CHOOSE = "choose another folder with HEADGATE_HOME or --home"


def default_home() -> Home:
    """Return `$HEADGATE_HOME`, else `headgate` in the XDG state folder (XDG Base Directory Specification)."""
    named = os.environ.get("HEADGATE_HOME")
    if named:
        return Home(Path(named).expanduser().absolute())
    system = SYSTEM / user_name(os.geteuid())
    return Home(system) if system.is_dir() else usual_home()


def usual_home() -> Home:
    """Return the home of a user who named none."""
    state = os.environ.get("XDG_STATE_HOME")
    base = Path(state) if state and Path(state).is_absolute() else Path.home() / ".local" / "state"
    return Home(base / "headgate")
