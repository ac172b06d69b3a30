"""Dumps, restores and administration of databases (pg_dump(1), mysqldump(1), createdb(1))."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import follows, reached, server
from headgate.classify.programs.databases import MYSQL, PSQL
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh_targets import known_name
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_DUMP = words_of(
    """
    -h --host -p --port -U --username -u --user -d --dbname --db -f --file -F --format -n --schema -t --table -T -N
    -j --jobs -o --out -D --pgdata -Z --compress -c --collection -r --result-file --uri --archive -P -S --socket -E
    --where -R -X
    """
)
_POSTGRES_FLAGS = words_of("-R -c -o -P -u -r")
_OUTPUTS = ("-f", "--file", "-r", "--result-file", "-o", "--out", "-D", "--pgdata")


def backup(call: Call) -> Effect:
    """Dump or restore a database: long, and a transfer where the server is elsewhere (pg_dump(1), mysqldump(1))."""
    found = split(call.words, _DUMP - _POSTGRES_FLAGS if call.name.startswith("pg_") else _DUMP)
    listed = call.name == "pg_restore" and found.has("-l", "--list")
    if found.has("--help", "--version", "-V") or listed:
        return _LOOK
    machine = known_name(call, server(call, found, "-h", "--host", "--uri"))
    if found.has("--drop") or (call.name == "pg_restore" and found.has("-c", "--clean")):
        return _replaced(call, machine)
    restores = "restore" in call.name or call.name == "mysqlimport"
    what = "restores a database" if restores else "copies a whole database"
    shown = call.shows(Workload.LONG_RUNNING, what)
    does = fx.CHANGES if restores or found.has(*_OUTPUTS) else fx.READS | fx.SENDS
    if not machine:
        return Effect(does, shown)
    moved = call.shows(Workload.CROSS_MACHINE if restores else Workload.TRANSFER, f"{what} on {machine}")
    return Effect(does | fx.REMOTE | fx.NETWORK, (*shown, *moved), (machine,))


def _replaced(call: Call, machine: str) -> Effect:
    """Return the effect of a restore that drops what it brings back."""
    shown = call.shows(Workload.LONG_RUNNING, "restores a database")
    shown += call.shows(Workload.DESTRUCTIVE, "drops what is there before it restores")
    does = fx.CHANGES | fx.DESTROYS
    if not machine:
        return Effect(does, shown)
    shown += call.shows(Workload.CROSS_MACHINE, f"replaces data on {machine}")
    return Effect(does | fx.REMOTE | fx.NETWORK, shown, (machine,))


_ADMIN = {"createdb": 0, "createuser": 0, "dropdb": fx.DESTROYS, "dropuser": fx.DESTROYS, "vacuumdb": 0, "reindexdb": 0}


def admin(call: Call) -> Effect:
    """Create or drop a database or a role (createdb(1), dropdb(1))."""
    found = split(call.words, PSQL | {"-O", "-E", "-T", "-D"})
    if found.has("--help", "--version"):
        return _LOOK
    done = reached(call, server(call, found, "-h", "--host"), fx.CHANGES | _ADMIN[call.name], f"`{call.name}`")
    whole = call.name in {"vacuumdb", "reindexdb"} and found.has("-a", "--all", "-f", "--full")
    shown = call.shows(Workload.LONG_RUNNING, "goes through whole databases") if whole else ()
    return change(done, evidence=(*done.evidence, *shown))


def mysqladmin(call: Call) -> Effect:
    """Administer a MySQL server (mysqladmin(1))."""
    found = split(call.words, MYSQL | {"-i", "--sleep", "-r"})
    verbs = {*found.operands}
    does = fx.CHANGES | fx.DESTROYS if "drop" in verbs else fx.CHANGES
    if verbs <= {"status", "processlist", "extended-status"} and found.has("-i", "--sleep"):
        return follows(call, server(call, found, "-h", "--host"))
    reads = verbs <= {"status", "ping", "processlist", "version", "variables", "extended-status"}
    machine = server(call, found, "-h", "--host")
    done = reached(call, machine, fx.READS if reads else does, "`mysqladmin`")
    if not verbs & {"shutdown", "start-slave", "stop-slave", "start-replica", "stop-replica"}:
        return done
    shown = call.shows(Workload.RESTART, "stops or starts the server")
    return change(done, evidence=(*done.evidence, *shown), touches=fx.touched(machine or call.machine, "mysql"))


def pg_isready(call: Call) -> Effect:
    """Ask whether a server answers (pg_isready(1))."""
    return reached(call, server(call, split(call.words, PSQL | {"-t"}), "-h", "--host"), fx.READS, "`pg_isready`")


PROGRAMS = {
    **dict.fromkeys(words_of("pg_dump pg_dumpall pg_restore pg_basebackup mysqldump mariadb-dump mysqlimport"), backup),
    **dict.fromkeys(("mongodump", "mongorestore"), backup),
    **dict.fromkeys(_ADMIN, admin),
    "mysqladmin": mysqladmin,
    "pg_isready": pg_isready,
}
