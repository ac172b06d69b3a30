"""Engines and boards by their address; importing this costs nothing."""

from headgate.ports.far import Board, Engine


def open_engine(url: str, process: str) -> tuple[Engine, Board]:
    """Return the engine and the board at *url* for *process*, a name that no other process has, before or after.

    `memory:` is new each time, `memory:NAME` the same for all of this process; `sqlite:///PATH` is for one machine;
    `postgresql://…` for many. HG511 where the address is not usable. No database is connected before it is used.
    """
    if url.startswith("memory:"):
        from headgate.workers.engines.memory import open_memory  # noqa: PLC0415

        return open_memory(url.removeprefix("memory:"), process)
    from headgate.workers.engines.board import SqlBoard  # noqa: PLC0415
    from headgate.workers.engines.databases import open_database  # noqa: PLC0415
    from headgate.workers.engines.dbos_engine import DbosEngine  # noqa: PLC0415

    database = open_database(url)
    return DbosEngine(database, process), SqlBoard(database)
