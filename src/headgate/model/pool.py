"""Where the operator lets jobs run."""

import msgspec

LOCAL = "local"
"""The pool that this gate serves itself."""


class Staff(msgspec.Struct, frozen=True):
    """Who is there to take jobs: the names of the pools, and of the agents, the usual one first."""

    pools: tuple[str, ...] = (LOCAL,)
    agents: tuple[str, ...] = ()


class Pool(msgspec.Struct, frozen=True):
    """A pool of workers; *store* is the address of the database that it shares with its gates (empty: this gate's own).

    *places* is how many jobs run at once where this gate serves the pool; *quarantine* keeps what a lost job had for
    itself until a person releases it.
    """

    name: str
    store: str = ""
    places: int = 16
    quarantine: bool = True
