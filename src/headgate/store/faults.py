"""The faults of a store's files, as ours."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from headgate.model.errors import HeadgateError


@contextmanager
def durably() -> Iterator[None]:
    """Turn the store's faults into ours: what cannot be recorded must not happen."""
    try:
        yield
    except (sqlite3.Error, OSError, msgspec.DecodeError) as error:
        raise HeadgateError(
            "HG501", f"the store cannot be used ({error})", "free space or repair the store, then try again"
        ) from None
