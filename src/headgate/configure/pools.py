"""`[pools.NAME]` tables: where jobs may run, and how many at once."""

from headgate.decide.mistakes import Mistakes
from headgate.model.pool import LOCAL, Pool

KEYS = ("store", "places", "quarantine")
MOST_PLACES = 1024
_STORES = ("postgresql://", "postgres://")


def pools(value: object, mistakes: Mistakes) -> tuple[Pool, ...]:
    """Return the pools in the table `pools`; what is wrong goes to *mistakes*."""
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        mistakes.add(0, "pools", "pools are written as `[pools.NAME]`, each a table of its own")
        return ()
    return tuple(_pool(name, table, mistakes) for name, table in value.items())


def _pool(name: str, table: dict[str, object], mistakes: Mistakes) -> Pool:
    mistakes.enter_table("pools", name)
    mistakes.part = "pool"
    mistakes.unknown_keys(table, KEYS, "a pool")
    store, places, quarantine = table.get("store", ""), table.get("places", 16), table.get("quarantine", True)
    if not isinstance(store, str) or (store and not store.startswith(_STORES)):
        mistakes.add_here("store", '`store` is the address of a database: `"postgresql://host/name"`')
        store = ""
    if store and name == LOCAL:
        mistakes.add_here("store", "the pool `local` is served by this gate itself, and has no store")
    if not isinstance(places, int) or isinstance(places, bool) or not 0 < places <= MOST_PLACES:
        mistakes.add_here("places", f"`places` is a number from 1 to {MOST_PLACES}")
        places = 16
    if not isinstance(quarantine, bool):
        mistakes.add_here("quarantine", "`quarantine` is `true` or `false`")
    return Pool(name, store, places, quarantine is not False)
