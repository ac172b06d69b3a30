"""Whether a person is behind a process: by facts of the kernel, never by a text, a variable or a file (Linux).

Two questions with different answers: is it *surely nobody*, a process that an agent started; and is it *proved* to be
somebody who logged in. What is neither may be a person, whom a passphrase proves, or an orphan that got away.
"""

import os
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from headgate.host.acting import acting, agents_uid
from headgate.host.ancestry import Link, ancestry, input_of, link_of, program_file, words_of
from headgate.host.processes import Peer

GATEWAYS = frozenset(
    "sshd sshd-session login agetty getty mgetty dropbear xrdp-sesman lightdm sddm sddm-helper gdm-session-wor gdm3 "
    "greetd ly xdm".split()
)
"""Programs of the system through which somebody logs in; the kernel keeps fifteen bytes of a name."""

AGENTS = frozenset(
    "claude claude-code codex gemini gemini-cli openclaw opencode aider goose cursor-agent copilot amp crush qwen "
    "qwen-code droid kiro-cli auggie".split()
)
"""Programs that are agents: nothing below one is a person, whether it asks the gate or not."""

_RUNNERS = re.compile(r"(node|nodejs|bun|deno|npx|python[0-9.]*|uv|uvx|ruby)")
"""Programs that run what their first word names."""

MAX_LOOKS = 200_000
"""Descriptors that are looked at to find who holds the other side of a terminal."""

TOLD = sys.platform == "linux"
"""Whether the kernel tells who started whom; elsewhere nobody is refused for it, and nobody proved."""

UNSEEN = "who started it cannot be seen"
"""Why a process is nobody of which the kernel does not tell all that is needed."""

Governed = Callable[[int, str], str]
"""Says what the process with this number and start is to the gate, as `a client of the gate`; empty for all others."""


class Standing(msgspec.Struct, frozen=True):
    """What a process is taken for; *refused* says why it is surely nobody, *proved* how somebody logged in to it.

    Both empty: neither is known. Each is a clause of words for people.
    """

    refused: str = ""
    proved: str = ""


def standing(peer: Peer, governed: Governed) -> Standing:
    """Return what the process *peer* at the other end of a socket is taken for, looked at now."""
    if not TOLD:
        return Standing()
    chain = _seen(peer)
    if not chain:
        return Standing(UNSEEN)
    end, proved = _gateway(chain)
    below = chain[:end]
    found = _governed(below, governed) or _traced(below) or _no_terminal(chain[0]) or _held(chain[0].terminal, governed)
    if not found and link_of(peer.pid) != chain[0]:
        found = "it is not there any more"
    return Standing(found, "" if found else proved)


def governed_by(peer: Peer, governed: Governed) -> str:
    """Return why the process *peer* is one that an agent started, or that nobody can tell; empty for others."""
    chain = _seen(peer) if TOLD else ()
    if not chain:
        return UNSEEN if TOLD else ""
    return _governed(chain[: _gateway(chain)[0]], governed)


def launches(pid: int, governed: Governed) -> bool:
    """Whether *pid* is an agent's program that never asked the gate: the script that started its client (npm)."""
    link = link_of(pid)
    return link is not None and not governed(link.pid, link.since) and bool(_agent(link))


def _seen(peer: Peer) -> tuple[Link, ...]:
    chain = ancestry(peer.pid) if peer.pid > 0 else ()
    return chain if chain and peer.since in {"", chain[0].since} else ()


def _traced(chain: tuple[Link, ...]) -> str:
    """Return which process of *chain* another one steers as a debugger does."""
    return next((f"process {link.pid} of its own is being traced" for link in chain if link.tracer), "")


def _gateway(chain: tuple[Link, ...]) -> tuple[int, str]:
    """Return where in *chain* somebody came in, and how; the length of the chain, and nothing, where nobody did."""
    user = chain[0].uid
    for place, link in enumerate(chain):
        if link.pid == 1:
            break
        if place and _lets_in(link, user) and all(above.uid == 0 for above in chain[place:]):
            return place, f"it is in a login through {link.name}"
        if link.parent == 0 and not link.kernel:
            return place + 1, "it was started from outside of this machine's processes"
    return len(chain), ""


def _lets_in(link: Link, user: int) -> bool:
    """Whether *link* is a program of the system that lets people in: nobody but root can run one of real user 0."""
    if link.uid != 0 or link.name not in GATEWAYS:
        return False
    if user:
        return True
    path, owner = program_file(link.pid)
    return owner == 0 and Path(path).name[:15] in GATEWAYS


def _governed(chain: tuple[Link, ...], governed: Governed) -> str:
    for link in chain:
        what = governed(link.pid, link.since) or _agent(link)
        if what:
            return f"it runs below {what} (process {link.pid})"
    return ""


def _agent(link: Link) -> str:
    """Return which well-known agent or keeper *link* is; empty for other programs."""
    words = words_of(link.pid)
    names = {link.name, Path(program_file(link.pid)[0]).name, Path(words[0]).name if words else ""}
    if "headgate-shim" in names or any(word.endswith("headgate/workers/shim.py") for word in words[:6]):
        return "the keeper of a job"
    if any(_RUNNERS.fullmatch(name) for name in names):
        names |= _script(words[1:])
    found = sorted(names & AGENTS)
    return f"the agent {found[0]}" if found else ""


def _script(words: list[str]) -> set[str]:
    """Return the names that the script of a runner goes by: its own without an ending, and those of its folders."""
    for word in words[:8]:
        if not word.startswith("-"):
            path = Path(word)
            return {path.stem, *(part.removeprefix("@") for part in path.parts[-6:])}
    return set()


def _no_terminal(link: Link) -> str:
    if not link.terminal:
        return "it has no terminal of its own"
    seen = os.geteuid() in {0, link.uid} or link.uid == agents_uid()
    if seen and input_of(link.pid) != link.terminal:  # root's own cannot be seen by others, and needs no more proof
        return "what it reads is not its terminal"
    return ""


def _held(terminal: int, governed: Governed) -> str:
    """Return whether what writes into *terminal* is a process that an agent started; empty for all others."""
    major, minor = terminal >> 8 & 0xFFF, terminal & 0xFF | terminal >> 12 & 0xFFF00
    if not 136 <= major <= 143:  # noqa: PLR2004 the numbers of pseudo-terminals: see devices.txt of Linux
        return ""
    for pid in _holders(minor + ((major - 136) << 8 if major > 136 else 0)):  # noqa: PLR2004
        found = governed_by(Peer(-1, pid), governed)
        if found and link_of(pid) is not None:
            return f"its terminal is held by process {pid}, of which {found}"
    return ""


@acting()
def _holders(index: int) -> list[int]:
    """Return the processes that hold the other side of the pseudo-terminal *index*, as far as they can be seen."""
    found: list[int] = []
    looks = 0
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                looks += 1
                if looks > MAX_LOOKS:
                    return found
                if _is_other_side(folder / "fdinfo" / descriptor.name, descriptor, index):
                    found.append(int(folder.name))
                    break
    return found


def _is_other_side(details: Path, descriptor: Path, index: int) -> bool:
    with suppress(OSError):
        if descriptor.readlink().name == "ptmx":
            return f"tty-index:\t{index}" in details.read_text().splitlines()
    return False
