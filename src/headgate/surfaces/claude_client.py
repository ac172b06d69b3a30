"""The programs of clients on this machine."""

import shutil
import subprocess
from pathlib import Path

from headgate.surfaces.claude_settings import version_of

_PATIENCE = 30.0


def find_client(named: Path | None, usual: str = "claude") -> Path | None:
    """Return the client's program: the one that was *named*, else the one of its *usual* name on PATH."""
    if named is not None:
        return named.absolute() if named.exists() else None
    found = shutil.which(usual)
    return Path(found) if found else None


def installed_version(program: Path) -> tuple[int, ...]:
    """Return the numbers of the version that *program* names, or nothing."""
    try:
        done = subprocess.run(  # noqa: S603 the operator's own client
            [str(program), "--version"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return version_of(done.stdout)
