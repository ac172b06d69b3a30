"""The version that every event carries."""

import msgspec

VERSION = 1
"""The version of the events that are written now."""


class Versioned(msgspec.Struct, frozen=True, kw_only=True):
    """An event; *v* grows where a field of its kind changes its meaning. Entries without it are of version 1."""

    v: int = VERSION
