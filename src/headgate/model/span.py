"""Where in the text something is."""

import msgspec


class Span(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A half-open range of character offsets, `[start, end)`; on the wire a pair."""

    start: int
    end: int
