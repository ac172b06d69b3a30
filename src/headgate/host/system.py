"""An installation in which the gate is a user of its own: the plan, step by step, and its way back. For root."""

import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec

from headgate.host.home import SYSTEM, Home
from headgate.host.keys import SigningKey, public_of
from headgate.host.pin import PINNED, pinned
from headgate.host.reach import Subject, changes, reads
from headgate.model.errors import HeadgateError

USER = "headgate"
"""The user that such a gate runs as."""

UNIT = Path("/etc/systemd/system/headgate@.service")
USERS = Path("/etc/headgate/users")

RIGHTS = ("CAP_SETUID", "CAP_SETGID", "CAP_KILL", "CAP_CHOWN")
"""What the daemon needs: to start jobs as their user, to end them, and to give them their folders."""

_UNIT = """\
# Written by `headgate install --system`.
[Unit]
Description=Headgate for %i

[Service]
User={user}
ExecStart={program} --home {homes}/%i serve --for %i
AmbientCapabilities={rights}
# Jobs outlive the daemon, and the next one takes them up.
KillMode=process
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""


class Step(msgspec.Struct, frozen=True):
    """One step: what it does, in words, and the act."""

    words: str
    act: Callable[[], None]


def check(who: Subject, programs: tuple[Path, ...]) -> None:
    """Raise `HeadgateError` HG631 where this is not root; HG632, HG633 where *who* or *programs* cannot be used."""
    if os.geteuid() != 0:
        raise HeadgateError("HG631", "only root can give the gate a user of its own", "run it with sudo")
    if who.uid == 0:
        raise HeadgateError("HG632", "agents of root cannot be kept from anything", "run agents as a user of their own")
    for program in programs:
        at = changes(who, program)
        if at is not None:
            hint = "install headgate where root alone writes, such as a venv in /opt"
            raise HeadgateError("HG633", f"{who.name} may change {at}, and with it the gate's programs", hint)
        if not reads(who, program):
            hint = "install headgate where everybody may read, such as a venv in /opt"
            raise HeadgateError("HG633", f"{who.name} cannot read {program}, and the hook runs as {who.name}", hint)


def steps(who: Subject, program: str) -> list[Step]:
    """Return what makes the installation for the agents of *who*; each step may be done again."""
    home = Home(SYSTEM / who.name)
    unit = _UNIT.format(user=USER, program=program, homes=SYSTEM, rights=" ".join(RIGHTS))
    return [
        Step(f"make the system user {USER}, which nobody logs in to", _make_user),
        Step(f"make {USERS / who.name} for root alone to write: policy.toml and headgate.toml of this user", _etc(who)),
        Step(f"make {home.path} for {USER} alone", lambda: _home(home)),
        Step(f"make the person's key, and pin it in {PINNED}", lambda: _pin(home)),
        Step(f"write {UNIT}", lambda: _write(UNIT, unit)),
    ]


def start(who: Subject) -> str:
    """Have systemd start the gate of *who*, now and at boot; return what is left to be done where it does not run."""
    unit = f"headgate@{who.name}"
    if not Path("/run/systemd/system").is_dir():
        return f"systemd does not run here; start what {UNIT} says, with its rights, by what does"
    for words in (["systemctl", "daemon-reload"], ["systemctl", "enable", "--now", unit]):
        done = subprocess.run(words, capture_output=True, text=True, check=False)  # noqa: S603 our own words
        if done.returncode:
            return f"`{' '.join(words)}` failed: {done.stderr.strip()[:300]}"
    return ""


def stop(who: Subject) -> None:
    """Have systemd let the gate of *who* go."""
    if Path("/run/systemd/system").is_dir():
        words = ["systemctl", "disable", "--now", f"headgate@{who.name}"]
        subprocess.run(words, capture_output=True, check=False)  # noqa: S603 our own words


def _make_user() -> None:
    try:
        pwd.getpwnam(USER)
    except KeyError:
        words = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM)]
        try:
            subprocess.run([*words, "--shell", "/usr/sbin/nologin", USER], check=True, capture_output=True)  # noqa: S603
        except (OSError, subprocess.CalledProcessError) as error:
            raise HeadgateError("HG634", f"the user {USER} cannot be made ({error})", "make it by hand") from None


def _etc(who: Subject) -> Callable[[], None]:
    def make() -> None:
        for folder in (USERS.parent, USERS, USERS / who.name, USERS / who.name / "headgate"):
            folder.mkdir(mode=0o755, exist_ok=True)
            os.chown(folder, 0, 0)
            folder.chmod(0o755)

    return make


def _home(home: Home) -> None:
    found = pwd.getpwnam(USER)
    home.path.parent.mkdir(mode=0o755, exist_ok=True)
    home.path.parent.chmod(0o755)
    home.path.mkdir(mode=0o711, exist_ok=True)
    home.path.chmod(0o711)
    os.chown(home.path, found.pw_uid, found.pw_gid)


def _pin(home: Home) -> None:
    found = pwd.getpwnam(USER)
    if not home.authority_key.exists():
        SigningKey.open(home.authority_key)
        os.chown(home.authority_key, found.pw_uid, found.pw_gid)
    keys = pinned() | {public_of(home.authority_key)}
    _write(PINNED, "".join(f"ed25519 {key.hex()}\n" for key in sorted(keys)))


def _write(path: Path, text: str) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    new.write_text(text)
    new.chmod(0o644)
    new.replace(path)
