"""Addresses of stores: which are taken, how they are opened, and that no message shows a password."""

from pathlib import Path

import pytest

from headgate.model.errors import HeadgateError
from headgate.model.work import Work
from headgate.workers.engines import open_engine
from headgate.workers.engines.databases import masked, open_database


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////no/such/folder/engine.db",
        "sqlite:///engine.db?mode=ro",
        "mysql://root:geheim@db/headgate",
        "redis://db",
        "postgresql://user:geheim@db",
    ],
)
def test_another_address_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(HeadgateError) as refused:
        open_engine(url, "p")

    assert "HG511" == refused.value.code
    assert "geheim" not in str(refused.value)


def test_a_masked_address_has_no_password() -> None:
    assert "postgresql://user:***@db/name" == masked("postgresql://user:geheim@db/name")
    assert "geheim" not in masked("postgresql://db/name?user=u&password=geheim")
    assert "geheim" not in masked("geheim")


def test_what_an_address_says_of_tls_reaches_the_driver() -> None:
    database = open_database("postgresql://u:p@db/name?sslmode=verify-full&sslrootcert=/ca.pem&connect_timeout=9")

    _, options = database.dialect.create_connect_args(database.url)
    wanted = {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "connect_timeout": "9", "password": "p"}
    assert wanted == {key: options[key] for key in wanted}
    assert "postgresql+psycopg" == database.url.drivername


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "engine.db").write_bytes(b"this is no database" * 100)
    engine, board = open_engine(f"sqlite:///{tmp_path}/engine.db", "p")

    for use in (lambda: engine.enqueue(Work("w", "local", {})), lambda: board.lease("w"), engine.list):
        with pytest.raises(HeadgateError) as refused:
            use()
        assert "HG510" == refused.value.code
        assert "not a database" in str(refused.value)
    engine.close()
    board.close()


def test_sqlite_is_durable(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path}/engine.db")
    with database.connect() as connection:
        found = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        ]
    database.dispose()

    assert ["wal", 2, 1, 30000] == found
