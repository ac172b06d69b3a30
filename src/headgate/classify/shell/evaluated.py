"""Words that the shell evaluates once more: an index in them may hold commands, whatever quotes it.

`[[ 1 -lt 'a[$(id)]' ]]` and `unset 'a[$(id)]'` run `id`: the index of an array is arithmetic, and arithmetic expands
(bash manual, 6.5 and 6.7). So do prompts: `${x@P}`, `PS4` (6.9).
"""

from headgate.classify.effect import HIDDEN
from headgate.classify.shell.parse import parse
from headgate.classify.shell.scan_compounds import indexes
from headgate.classify.shell.syntax import Node

PROMPTS = frozenset({"PS0", "PS1", "PS2", "PS4"})
EVALUATES = frozenset(
    """
    [ declare export getopts let local mapfile printf read readarray readonly test typeset unset wait
    """.split()
)
"""Builtins that take names of variables, or arithmetic."""


def indexed(word: str) -> tuple[Node, ...]:
    """Return the commands that run when *word* is taken for a variable with an index."""
    return (expanded(word),) if indexes(word) else ()


def expanded(text: str) -> Node:
    """Return the command that only expands *text*, as between double quotes."""
    return parse(': "' + text.replace(HIDDEN, "${_}").replace('"', '\\"') + '"')
