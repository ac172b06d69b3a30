"""What is told of running work, and of pools and workers, when somebody asks."""

import socket
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from headgate import __version__
from headgate.model.errors import HeadgateError
from headgate.model.job import Job, JobState
from headgate.model.work import WorkerInfo
from headgate.ports import Store
from headgate.workers.dispatch import Dispatcher
from headgate.workers.exchange import Exchange


def progress_of(job: Job, dispatcher: Dispatcher, now: float) -> dict[str, object] | None:
    """Return how far *job* has come, in plain values; `None` where it does not run."""
    if job.state is not JobState.RUNNING:
        return None
    found = dispatcher.runner.progress(job.work) or job.progress
    return found and found | {"elapsed": now - (job.started or now)}


def workers_of(dispatcher: Dispatcher, store: Store) -> dict[str, object]:
    """Return pools, the workers that serve them, what is taken, and what is away, in plain values."""
    exchanges = dispatcher.exchanges()
    away = {_address(store): reason for store, reason in dispatcher.offers.away.items()}
    pools = dispatcher.pools()
    return {
        "pools": [
            {"name": pool.name, "store": _address(pool.store), "places": pool.places, "quarantine": pool.quarantine}
            for pool in pools.values()
        ],
        "workers": [*_asked(exchanges, _workers, away), msgspec.to_builtins(_myself(dispatcher))],
        "slots": _asked(exchanges, lambda exchange: _slots(exchange, store), away),
        "away": away,
    }


def _asked(
    exchanges: Mapping[str, Exchange],
    question: Callable[[Exchange], list[dict[str, object]]],
    away: dict[str, str],
) -> list[dict[str, object]]:
    """Return what all of *exchanges* answer; those that do not go to *away*, with the reason."""
    found: list[dict[str, object]] = []
    for store, exchange in exchanges.items():
        try:
            found += question(exchange)
        except HeadgateError as error:
            away[_address(store)] = error.message
    return found


def _workers(exchange: Exchange) -> list[dict[str, object]]:
    return [msgspec.to_builtins(worker) for worker in exchange.board.workers()]


def _myself(dispatcher: Dispatcher) -> WorkerInfo:
    """Return this gate as the worker of its own pools."""
    own = [pool for pool in dispatcher.pools().values() if not pool.store]
    return WorkerInfo(
        dispatcher.runner.bench.worker,
        "",
        socket.gethostname(),
        tuple(pool.name for pool in own),
        places=max(pool.places for pool in own),
        running=dispatcher.runner.running,
        draining=dispatcher.draining,
        version=__version__,
    )


def _slots(exchange: Exchange, store: Store) -> list[dict[str, object]]:
    """Return what is taken, with the number of the job where it is one of this gate."""
    found = []
    for slot in exchange.board.slots():
        job = store.by_work(slot.work)
        plain: dict[str, object] = msgspec.to_builtins(slot)
        found.append(plain | {"job": job.id if job else None})
    return found


def _address(url: str) -> str:
    """Return the address of a database without what is secret in it."""
    if not url:
        return ""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}{parts.path}"
