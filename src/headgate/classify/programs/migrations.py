"""Migrations of a database's schema: a deploy where another machine or production is named."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.agents import agent
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import URL, url_host
from headgate.classify.programs.options import words_of
from headgate.model.facts import Workload

_MIGRATES = words_of(
    """
    upgrade downgrade up down migrate deploy update redo undo clean rollback latest apply db:migrate db:rollback
    force update-sql db:migrate:undo up-to down-to up-by-one migrate:latest migrate:up migrate:rollback db:seed goto
    drop reset repair baseline sync push run schema:drop schema:sync
    migration:run migration:revert revert
    """
)
_LOOKS_AT = words_of(
    """
    status history current heads show branches info validate version plan list verify log diff create revision new
    generate make init stamp check add dump lint inspect status-sql migrate:status migrate:make
    """
)
_LOCAL_FILES = ("sqlite", "file:", "duckdb")


_DROPS = frozenset({("database", "drop"), ("database", "reset"), ("db", "drop")})


def _plain(word: str) -> str:
    """Return a connection string without the prefixes that some tools put before it (`jdbc:`, sqitch's `db:`)."""
    return word.removeprefix("jdbc:").removeprefix("db:")


def migration(call: Call) -> Effect:
    """Change the schema of a database: a deploy where another machine or production is named."""
    given = tuple(word for word in call.words if not word.startswith("-"))
    words_of_two = {given[:2]}
    if given[:1] == ("studio",):
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "serves without an end"))
    verbs = {word.lower() for word in call.words if not word.startswith("-")} & (_MIGRATES | {"prune"})
    if not verbs or {"--sql", "--dry-run", "--help", "-dryRunOutput"} & {*call.words}:
        return Effect(fx.READS if not _LOOKS_AT.isdisjoint(call.words) else fx.UNSURE)
    told = [call.variable(name) for name in ("DATABASE_URL", "DBMATE_DATABASE_URL", "GOOSE_DBSTRING")]
    values = [*told, *(part for word in call.words for part in (word, word.partition("=")[2]) if part)]
    urls = [_plain(word) for word in values if URL.match(_plain(word))]
    machine = next(filter(None, map(url_host, urls)), "")
    production = any(word.strip("-").lower() in {"production", "prod", "live", "staging"} for word in values)
    destroys = (
        call.shows(Workload.DESTRUCTIVE, "drops the database's objects")
        if verbs & {"clean", "drop", "schema:drop"} or words_of_two & _DROPS
        else ()
    )
    if not machine and not production:
        return Effect(fx.CHANGES | (fx.DESTROYS if destroys else 0), destroys)
    shown = (*call.shows(Workload.DEPLOY, "migrates a database on a server"), *destroys)
    machines = (machine,) if machine else ()
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, machines, touches=fx.touched(machine))


_DRIVERS = words_of("postgres mysql sqlite3 mssql redshift tidb clickhouse vertica ydb turso duckdb")


def goose(call: Call) -> Effect:
    """Migrate a database, or work as the coding agent of the same name: the words tell (goose)."""
    words = {word for word in call.words if not word.startswith("-")}
    verbs = _MIGRATES - {"run", "push"} | {"status", "create", "fix", "validate", "up-by-one", "up-to", "down-to"}
    return migration(call) if words & _DRIVERS or call.words[:1] == ("-dir",) or words & verbs else agent(call)


def prisma(call: Call) -> Effect:
    """Work with a schema; `migrate deploy` is what a release runs (prisma)."""
    words = tuple(word for word in call.words if not word.startswith("-"))
    if words[:2] == ("migrate", "deploy"):
        shown = call.shows(Workload.DEPLOY, "migrates a database")
        return Effect(fx.CHANGES | fx.NETWORK, shown, touches=fx.touched(call.machine))
    url = url_host(call.variable("DATABASE_URL"))
    if url and (words[:1] == ("db",) or words[:1] == ("migrate",)) and words[1:2] != ("diff",):
        shown = call.shows(Workload.DEPLOY, f"migrates a database on {url}")
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, (url,), touches=fx.touched(url))
    if words[:2] == ("migrate", "reset") or {"--force-reset", "--accept-data-loss"} & {*call.words}:
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "drops the database's content"))
    if words[:1] == ("studio",):
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "serves without an end"))
    return Effect(fx.CHANGES)


def online(call: Call) -> Effect:
    """Change a large table while it is in use; without `--execute` it is a trial (gh-ost, pt-online-schema-change)."""
    if "--execute" not in call.words or "--dry-run" in call.words:
        return Effect(fx.READS | fx.NETWORK)
    shown = call.shows(Workload.DEPLOY, "migrates a database on a server")
    shown += call.shows(Workload.LONG_RUNNING, "copies a whole table")
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, touches=fx.touched())


PROGRAMS = {
    **dict.fromkeys(("gh-ost", "pt-online-schema-change"), online),
    **dict.fromkeys(
        words_of(
            """
            alembic flyway liquibase dbmate migrate sqitch knex sequelize sequelize-cli atlas typeorm drizzle-kit diesel
            sqlx skeema
            """
        ),
        migration,
    ),
    "goose": goose,
    "prisma": prisma,
}
