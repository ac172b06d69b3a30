"""The templates: what is written around a command so that it still runs, and looks different.

A template is text with fields: `@X@` the command, `@Q@` the command quoted, `@W@` the command as one program's
words; `oracle/fragments.py` has the list. A template's own text is its name in reports.
"""

from oracle.templates.control import BESIDE, CONTROL, FUNCTIONS
from oracle.templates.files import FILES
from oracle.templates.names import NAMES, VALUES
from oracle.templates.positions import ARITHMETIC, POSITIONS
from oracle.templates.programs import LANGUAGES, PREFIXES, RUNNERS
from oracle.templates.texts import CODED, FED, TEXTS

PROGRAM_GROUPS = {"names": NAMES, "prefixes": PREFIXES}
"""What these give is again one program with its words, so that a prefix may stand before it."""

LIST_GROUPS = {
    "values": VALUES,
    "positions": POSITIONS,
    "arithmetic": ARITHMETIC,
    "control": CONTROL,
    "beside": BESIDE,
    "functions": FUNCTIONS,
    "texts": TEXTS,
    "fed": FED,
    "coded": CODED,
    "files": FILES,
    "runners": RUNNERS,
    "languages": LANGUAGES,
}

GROUPS = PROGRAM_GROUPS | LIST_GROUPS
GROUP_OF = {template: group for group, templates in GROUPS.items() for template in templates}
