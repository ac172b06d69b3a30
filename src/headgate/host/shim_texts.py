"""The texts of portable mode: the script behind every shim, and what shells read when they start.

Each is for the shells that its name says; `sh` is what all of them understand. Values of ours stand in them as
literals, so that no variable of a script changes what they do.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from shlex import quote

MARK = ".headgate-shims"
"""The file that tells a folder of ours from others; `headgate-shim start` looks for it."""

_HEADER = "# headgate: a call of an agent runs with this; see docs/exec-gate-portable.md\n"

_SHIM = """\
#!/bin/sh
{header}case ${{HEADGATE_CALL-}} in
*/../*|*/..) ;;
{runs}/*) exec {program} start "$HEADGATE_CALL" "${{0##*/}}" "$0" "$@" ;;
esac
exec {program} start '' "${{0##*/}}" "$0" "$@"
"""

_STARTER = """\
{header}__headgate_start() {{
  case ${{HEADGATE_CALL-}} in
  */../*|*/..) ;;
  {runs}/*) command {program} start "$HEADGATE_CALL" "${{1##*/}}" "$@"; return ;;
  esac
  command {program} start '' "${{1##*/}}" "$@"
}}
"""

_BASH_STARTER = '__headgate() { __headgate_start "${FUNCNAME[1]}" "$@"; }\n'
"""So that each function is as short as can be: a shell reads all of them whenever it starts."""

_PATH = """\
{header}__hgb={bin} __hg=:${{PATH-}}:
while case $__hg in *":$__hgb:"*) ;; *) false ;; esac
do __hg=${{__hg%%":$__hgb:"*}}:${{__hg#*":$__hgb:"}}; done
__hg=${{__hg#:}} __hg=${{__hg%:}}
PATH=$__hgb${{__hg:+:$__hg}}
unset __hg __hgb
"""

_BY_SHELL = """\
if [ -n "${{BASH_VERSION-}}" ]; then
  case :${{SHELLOPTS-}}: in *:posix:*) ;; *) . {set}/functions.bash ;; esac
elif [ -n "${{ZSH_VERSION-}}" ]; then . {set}/functions.zsh; fi
"""

_ENV = """\
if [ -n "${{HEADGATE_ENV-}}" ]; then
  eval "__hgf=\\"$HEADGATE_ENV\\""
  if [ -r "$__hgf" ]; then . "$__hgf"; fi
  unset __hgf
fi
. {set}/profile
"""

_BASH = """\
{header}if [ -n "${{HEADGATE_BASH_ENV-}}" ]; then
  eval "__hgf=\\"${{HEADGATE_BASH_ENV//\\"/\\\\\\"}}\\""
  if [ -r "$__hgf" ]; then . "$__hgf"; fi
  unset __hgf
  case ${{BASH_ENV-}} in {set}/bash) ;; *) export HEADGATE_BASH_ENV="${{BASH_ENV-}}" BASH_ENV={set}/bash ;; esac
fi
. {set}/path
. {set}/functions.bash
"""

_ZSH = """\
{header}if [[ -n "${{HEADGATE_ZDOTDIR-}}" ]]; then ZDOTDIR="$HEADGATE_ZDOTDIR"; else unset ZDOTDIR; fi
if [[ "${{HISTFILE-}}" == {set}/zsh/* ]]; then HISTFILE="${{ZDOTDIR:-$HOME}}/${{HISTFILE##*/}}"; fi
if [[ -r "${{ZDOTDIR:-$HOME}}/{name}" ]]; then . "${{ZDOTDIR:-$HOME}}/{name}"; fi
if [[ -n "${{ZDOTDIR-}}" ]]; then export HEADGATE_ZDOTDIR="$ZDOTDIR"; else unset HEADGATE_ZDOTDIR; fi
export ZDOTDIR={set}/zsh
. {set}/path
"""

_BEGIN = """\
{header}case ${{BASH_ENV-}} in
{set}/bash|"${{HEADGATE_SHIMS:-/}}/bash") ;;
'') unset HEADGATE_BASH_ENV ;;
*) export HEADGATE_BASH_ENV="$BASH_ENV" ;;
esac
case ${{ENV-}} in
{set}/sh) ;;
"${{HEADGATE_SHIMS:-/}}/sh") export ENV={set}/sh ;;
/*|.*|'~'*|'$'*) export HEADGATE_ENV="$ENV" ENV={set}/sh ;;
esac
case ${{ZDOTDIR-}} in
{set}/zsh|"${{HEADGATE_SHIMS:-/}}/zsh") ;;
'') unset HEADGATE_ZDOTDIR ;;
*) export HEADGATE_ZDOTDIR="$ZDOTDIR" ;;
esac
export BASH_ENV={set}/bash ZDOTDIR={set}/zsh HEADGATE_SHIMS={set} HEADGATE_STARTUP={set}/profile
. {set}/profile
"""

_ZSH_FILES = (".zshenv", ".zprofile", ".zshrc", ".zlogin", ".zlogout")


def texts(shims: Path, runs: Path, program: str, programs: Iterable[tuple[str, Iterable[str]]]) -> dict[str, str]:
    """Return the files of the folder *shims*, by their names in it.

    *runs* is the folder of calls, *program* the keeper's program, *programs* the watched ones here, with their paths.
    """
    words = {
        "header": _HEADER,
        "runs": quote(str(runs)),
        "program": quote(program),
        "set": quote(str(shims)),
        "bin": quote(str(shims / "bin")),
    }
    starter = _STARTER.format(**words)
    whole = sorted({path for _, paths in programs for path in paths})
    path = _PATH.format(**words)
    return {
        "shim": _SHIM.format(**words),
        "path": path,
        "profile": path + _BY_SHELL.format(**words),
        "sh": _HEADER + _ENV.format(**words),
        "bash": _BASH.format(**words),
        "begin": _BEGIN.format(**words),
        "functions.bash": starter + _BASH_STARTER + "".join(f'{at}() {{ __headgate "$@"; }}\n' for at in whole),
        "functions.zsh": starter + "".join(f'function {at} {{ __headgate_start {at} "$@"; }}\n' for at in whole),
        **{f"zsh/{name}": _zsh(name, words) for name in _ZSH_FILES},
        **dict.fromkeys((MARK, f"bin/{MARK}", f"zsh/{MARK}"), _HEADER),
    }


def _zsh(name: str, words: Mapping[str, str]) -> str:
    text = _ZSH.format(name=name, **words)
    return text + f". {words['set']}/functions.zsh\n" if name == ".zshenv" else text
