"""What `headgate doctor` says of the exec gate: which one is in force, why, and what it does not see."""

from headgate.host.exec_gate import Gate, Probe

_SEES = "sees    watched programs that are found on PATH; in bash and zsh also those called by a whole path"
_MISSES = (
    "whole paths in anything but bash and zsh: sh, Python, make, a program's own exec",
    "a PATH that a script or a program sets, until the next bash or zsh starts; `bash -l`, whose profile sets one",
    "an environment of its own (`env -i` by its whole path, sudo by its, a service)",
    "copies and links under other names, programs that nobody described, programs that came during the call",
    "what a program does by itself: connections, libraries, system calls",
)


def exec_gate_lines(found: Probe) -> list[str]:
    """Return what is said of the exec gate that was *found* to work here, for people."""
    match found.mode:
        case Gate.STRONG:
            lines = ["exec gate     strong: every program start inside an allowed command is decided again"]
            if found.no_new_privs:
                lines.append("              setuid programs (sudo, su) have no rights of their own under it")
            return lines
        case Gate.PORTABLE:
            return [
                f"exec gate     PORTABLE, which is weaker: {found.why}",
                f"              {_SEES}",
                *(f"              misses  {way}" for way in _MISSES),
                "              all of it, with tests: docs/exec-gate-portable.md",
            ]
        case Gate.NONE:
            return [
                f"exec gate     NONE: {found.why}",
                "              what an allowed command starts by itself is not seen",
            ]
