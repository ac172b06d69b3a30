"""Codex's own rules for commands: whether any of them could refuse one, or ask about it."""

from collections.abc import Iterator
from pathlib import Path

from headgate.host.acting import acting

OURS = "headgate.rules"
"""Our own file, which `headgate install codex` writes: what it lets and refuses, the gate has decided by then."""

_SYSTEM = Path("/etc/codex")
_MANAGED = ("requirements.toml", "managed_config.toml")
_SPEAKS = (b"forbidden", b"prompt")
"""The decisions of a rule that are stricter than none (execpolicy of 0.169.0)."""


@acting()
def silent(client_home: str, cwd: str, system: Path = _SYSTEM) -> bool:
    """Whether no rule of Codex in *cwd* forbids or asks, for certain; *client_home* is its own folder.

    The rules are not matched: one word of one is enough. Nor is what an organisation requires read.
    """
    try:
        if any((system / name).exists() for name in _MANAGED):
            return False
        files = [file for folder in _folders(client_home, cwd, system) for file in folder.glob("*.rules")]
        return not any(word in file.read_bytes() for file in files if file.name != OURS for word in _SPEAKS)
    except OSError:
        return False


def _folders(client_home: str, cwd: str, system: Path) -> Iterator[Path]:
    yield system / "rules"
    yield Path(client_home) / "rules"
    if cwd.startswith("/"):
        yield from (folder / ".codex" / "rules" for folder in (Path(cwd), *Path(cwd).parents))
