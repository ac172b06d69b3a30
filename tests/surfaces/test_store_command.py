"""`headgate store`: tables and roles in a real Postgres, in words that never hold a password."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from postgres import Server, postgres, programs

from conftest import HEADGATE
from headgate.surfaces.cli import headgate
from headgate.workers.engines.roles import GATE, WORKER

REASON = "there is no Postgres here"
DEPLOY = Path(__file__).parents[2] / "docs" / "deploy"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    if programs() is None:
        assert not os.environ.get("CI"), REASON
        pytest.skip(REASON)
    with postgres() as running:
        yield running


def store(*words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [str(HEADGATE), "store", *words]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=os.environ | (env or {})
    )


def rights(server: Server, url: str) -> dict[str, str]:
    """Return what each role may do with each of our tables: the first letters of its rights."""
    found: dict[str, str] = {}
    for role, table, right in server.sql(
        "SELECT grantee, table_name, privilege_type FROM information_schema.role_table_grants"
        f" WHERE table_schema = 'headgate' AND grantee IN ('{GATE}', '{WORKER}') ORDER BY 1, 2, 3",
        url,
    ):
        key = f"{str(role).removeprefix('headgate_')} {table}"
        found[key] = found.get(key, "") + str(right)[0]
    return found


ALL = "DISU"
"""Delete, insert, select, update."""

RIGHTS = {
    **{f"gate {table}": ALL for table in ("lease", "output", "slot", "worker")},
    **{f"worker {table}": "ISU" for table in ("lease", "output", "worker")},
    "gate version": "S",
    "worker slot": "S",
    "worker version": "S",
}


def test_the_tables_and_the_two_roles_are_made_once(server: Server) -> None:
    url = server.database()
    first = store(url)
    again = store(env={"HEADGATE_STORE": url})

    assert (0, "", 0, first.stdout) == (first.returncode, first.stderr, again.returncode, again.stdout)
    assert f"the roles {GATE} and {WORKER}" in first.stdout
    assert RIGHTS == rights(server, url)
    assert [(GATE, False), (WORKER, False)] == server.sql(
        f"SELECT rolname, rolcanlogin FROM pg_roles WHERE rolname IN ('{GATE}', '{WORKER}') ORDER BY 1"
    )


def test_the_sql_that_is_printed_does_the_same(server: Server) -> None:
    url = server.database()
    store(url)
    server.sql(f"DROP OWNED BY {GATE}, {WORKER}", url)
    taken = rights(server, url)
    printed = store("--print")
    server.sql(printed.stdout, url)

    assert (0, "", {}) == (printed.returncode, printed.stderr, taken)
    assert RIGHTS == rights(server, url)


def test_an_owner_who_may_make_no_roles_gets_the_tables_and_is_told(server: Server) -> None:
    del server  # it skips where there is none; roles are those of a whole server
    with postgres() as own:
        own.sql("CREATE ROLE plain LOGIN")
        own.sql("CREATE DATABASE plains OWNER plain")
        url = own.url("plains", "plain")
        first = store(url)
        own.sql(store("--print").stdout, own.url("plains"))
        second = store(url)
        found = rights(own, own.url("plains"))

    assert (2, "HG510", True) == (first.returncode, first.stderr[:5], "permission denied" in first.stderr)
    assert (0, RIGHTS) == (second.returncode, found)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("", "HG130"),
        ("sqlite:////tmp/sesame.db", "HG511"),
        ("sesame", "HG511"),
        ("postgresql://someone:sesame@127.0.0.1", "HG511"),
        ("postgresql://someone:sesame@127.0.0.1:port/x", "HG511"),
        ("postgresql://someone:sesame@[::1/x", "HG511"),
        ("postgresql://someone:open@sesame@127.0.0.1/x", "HG511"),
        ("postgresql://someone:sesame@127.0.0.1:1/x", "HG510"),
        ("postgresql://someone@127.0.0.1:1/x?password=sesame", "HG510"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(url: str, code: str) -> None:
    done = store(url)

    assert (2, code, "") == (done.returncode, done.stderr[:5], done.stdout)
    assert "sesame" not in done.stderr


# -- docs/deploy ----------------------------------------------------------------------------------


def test_the_logins_of_the_deployment_have_the_rights_of_their_roles(server: Server) -> None:
    server.sql("CREATE DATABASE headgate")
    server.sql("CREATE ROLE stranger LOGIN")
    store(server.url("headgate"))
    for _ in range(2):
        server.sql((DEPLOY / "logins.sql").read_text(), server.url("headgate"))

    assert [] == server.sql("SELECT * FROM headgate.slot", server.url("headgate", "worker1"))
    server.sql("DELETE FROM headgate.slot", server.url("headgate", "gate1"))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        server.sql("DELETE FROM headgate.slot", server.url("headgate", "worker1"))
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        server.sql("SELECT 1", server.url("headgate", "stranger"))


def commands() -> list[list[str]]:
    """Return the words behind the program in every command of ours in the files of the deployment."""
    found = []
    for file in DEPLOY.iterdir():
        for line in file.read_text().splitlines():
            words = re.sub(r'[",\[\]]', " ", line.partition("command:")[2]) or line.partition("ExecStart=")[2]
            program, *rest = shlex.split(words) or [""]
            if program.rpartition("/")[2] == "headgate":
                found.append(rest)
    return found


def test_the_commands_of_the_deployment_are_understood() -> None:
    for words in commands():
        asked = [word for word in words if not word.startswith("$")]
        with pytest.raises(SystemExit) as done:  # options that there are not end it with 2, before the help is shown
            headgate.main([*asked, "--help"], prog_name="headgate")
        assert 0 == done.value.code, asked

    assert {"serve", "worker", "store"} <= {word for words in commands() for word in words}
