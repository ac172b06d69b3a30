"""Database clients: what their text would do, and on which machine the server is."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)

# -- where the server is ------------------------------------------------------------------------

_URL = re.compile(r"[a-z][a-z0-9+.-]*://")
_LOCAL_URLS = ("sqlite:", "file:", "duckdb:")


def _url_host(word: str) -> str:
    """Return the machine of a connection string (`postgresql://u:p@host/db?x`); empty for this machine."""
    if word.startswith(_LOCAL_URLS):
        return ""
    rest = word.removeprefix("jdbc:").partition("://")[2]
    rest = rest.partition("?")[0].partition("/")[0]
    return machine_of(rest.split(",", 1)[0]) if rest.rpartition("@")[2] else ""


def _keyword_host(word: str) -> str:
    """Return the machine of `host=x dbname=y`; empty for this machine."""
    for part in word.split():
        name, equals, value = part.partition("=")
        if equals and name in {"host", "hostaddr"}:
            return _host(value)
    return ""


def _host(value: str) -> str:
    return "" if not value or value.startswith(("/", ".", "@/")) else machine_of(value)


def server(found: Options, *names: str) -> str:
    """Return the machine that the options *names* or a connection string name; empty for this machine."""
    value = found.value(*names)
    words = (
        [value]
        if value
        else [*found.operands, *found.values("-d", "--dbname", "-u", "--url", "--uri", "--database-url")]
    )
    for word in words:
        if _URL.match(word.removeprefix("jdbc:")):
            return _url_host(word)
        if "host=" in word or "hostaddr=" in word:
            return _keyword_host(word)
    return _host(value)


def reached(call: Call, machine: str, does: int, what: str) -> Effect:
    """Return the effect of work on a server: on another machine a read is a probe, the rest cross-machine."""
    destroys = call.shows(Workload.DESTRUCTIVE, f"{what} destroys data") if does & fx.DESTROYS else ()
    if not machine:
        return Effect(does, destroys)
    flags = does | fx.REMOTE | fx.NETWORK
    if does & (fx.CHANGES | fx.UNSURE):
        shown = call.shows(Workload.CROSS_MACHINE, f"{what} changes data on {machine}")
        return Effect(flags, (*shown, *destroys), (machine,))
    shown = call.shows(Workload.REMOTE_PROBE, f"one quick look at {machine}")
    return Effect(flags, shown, (machine,), probes=1, touches=fx.looked(machine))


# -- what a text does ---------------------------------------------------------------------------

_QUOTED = re.compile(r"'(?:[^'\\]|''|\\.)*'|--[^\n]*|/\*.*?\*/|\$\$.*?\$\$", re.DOTALL)
_SQL_READS = frozenset(
    """
    select show explain describe desc with values table use set begin commit rollback start end pragma list info help
    declare fetch close discard reset print source go exit quit analyze
    """.split()
)
_SQL_DESTROYS = frozenset({"drop", "truncate"})
_WRITES_WITHIN = re.compile(
    r"\b(?:insert\s+into|update\s+\w|delete\s+from|into\s+outfile|pg_terminate|pg_cancel|nextval)", re.IGNORECASE
)
_META_READS = frozenset(
    {"\\c", "\\connect", "\\x", "\\l", "\\timing", "\\conninfo", "\\q", "\\echo", "\\pset", "\\h", "\\s"}
)


def sql(call: Call, text: str) -> tuple[int, tuple[Effect, ...]]:
    """Return what the statements of *text* do, and the effects of the programs they start."""
    does = 0
    started: list[Effect] = []
    for piece in _QUOTED.sub("''", text).split(";"):
        for statement in piece.split("\n") if piece.lstrip().startswith("\\") else (piece,):
            stripped = statement.strip()
            if stripped.startswith("\\!"):
                started.append(call.run(stripped[2:]))
            elif stripped:
                does |= _statement(stripped)
    return does or fx.READS, tuple(started)


def _statement(text: str) -> int:  # noqa: PLR0911 one return a kind of statement
    words = text.lower().split(None, 4)
    first = words[0].lstrip("(")
    if HIDDEN in first:
        return fx.UNSURE
    if first.startswith("\\"):
        return fx.READS if first.startswith("\\d") or first.rstrip("+") in _META_READS else fx.UNSURE
    if first.startswith("."):
        return (
            fx.READS
            if first not in {".import", ".restore", ".shell", ".system", ".load", ".save", ".clone"}
            else fx.UNSURE
        )
    if first in _SQL_DESTROYS or (first == "alter" and " drop " in text.lower()):
        return fx.CHANGES | fx.DESTROYS
    if first == "delete":
        return fx.CHANGES if " where " in " ".join(text.lower().split()) else fx.CHANGES | fx.DESTROYS
    if first in _SQL_READS:
        return _reading(first, words, text)
    return fx.CHANGES


def _reading(first: str, words: list[str], text: str) -> int:
    if first == "explain" and not any("analy" in word for word in words[1:3]):
        return fx.READS
    if first == "set" and words[1:2] in (["global"], ["persist"], ["password"]):
        return fx.CHANGES
    if first == "pragma" and "=" in text:
        return fx.CHANGES
    return fx.CHANGES if _WRITES_WITHIN.search(text) else fx.READS


# -- clients of SQL -----------------------------------------------------------------------------

_PSQL = frozenset(
    "-c --command -d --dbname -f --file -F --field-separator -h --host -L --log-file -o --output -p --port -P --pset -R"
    " --record-separator -T --table-attr -U --username -v --set --variable".split()
)
_MYSQL = frozenset(
    "-e --execute -h --host -P --port -u --user -D --database -S --socket --defaults-file --defaults-extra-file"
    " --protocol"
    " --default-character-set --init-command --ssl-ca --ssl-mode -m --delimiter".split()
)
_CLICKHOUSE = frozenset(
    "-q --query -h --host --port -u --user --password -d --database --queries-file -f --format".split()
)
_SQLCMD = frozenset("-S -U -P -d -Q -q -i -o -h -s -v -w -t -l -C".split()) - {"-C"}
_CLIENTS: dict[str, tuple[frozenset[str], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "psql": (_PSQL, ("-h", "--host"), ("-c", "--command"), ("-f", "--file")),
    "mysql": (_MYSQL, ("-h", "--host"), ("-e", "--execute"), ()),
    "clickhouse": (_CLICKHOUSE, ("-h", "--host"), ("-q", "--query"), ("--queries-file",)),
    "cqlsh": (
        frozenset("-e --execute -f --file -u -p -k --cqlversion".split()),
        (),
        ("-e", "--execute"),
        ("-f", "--file"),
    ),
    "sqlcmd": (_SQLCMD, ("-S",), ("-Q",), ("-i",)),
    "influx": (
        frozenset("-host -port -execute -database -username -password -h -p -u".split()),
        ("-host", "-h"),
        ("-execute",),
        (),
    ),
}
_NAMES = {"mariadb": "mysql", "pgcli": "psql", "mycli": "mysql", "clickhouse-client": "clickhouse", "tsql": "sqlcmd"}


def client(call: Call) -> Effect:
    """Run SQL from an option, a file or the input; with none of them a person types (psql(1), mysql(1))."""
    name = _NAMES.get(call.name, call.name)
    valued, hosts, options, files = _CLIENTS[name]
    words = call.words[1:] if name == "clickhouse" and call.words[:1] == ("client",) else call.words
    found = split(words, valued, long_dash=name == "influx")
    if found.has("--help", "--version", "-V", "-?") or (
        name == "psql" and found.has("-l", "--list") and not found.has("-c")
    ):
        return reached(call, server(found, *hosts), fx.READS, name) if found.has("-l", "--list") else _LOOK
    machine = machine_of(found.operands[0]) if name == "cqlsh" and found.operands else server(found, *hosts)
    return _texts(call, machine, list(found.values(*options)), found.values(*files))


def _texts(call: Call, machine: str, texts: list[str], paths: tuple[str, ...]) -> Effect:
    """Return the effect of SQL *texts*, of those in files at *paths*, or of what is fed."""
    does = 0
    for path in paths:
        where = call.absolute(path) if HIDDEN not in path and path != "-" else ""
        content = call.around.read(where) if where and not call.machine else None
        if content is None:
            does |= fx.UNSURE
        else:
            texts.append(content)
    if not texts and not paths:
        if call.stdin is None and not call.fed:
            return _types(call, machine)
        texts, does = ([call.stdin], 0) if call.stdin is not None else ([], fx.UNSURE)
    judged = [sql(call, text) for text in texts]
    for flags, _ in judged:
        does |= flags
    started = [effect for _, effects in judged for effect in effects]
    return join((reached(call, machine, does, f"`{call.name}`"), *started))


def _types(call: Call, machine: str) -> Effect:
    shown = call.shows(Workload.INTERACTIVE, f"`{call.name}` waits for a person to type")
    if not machine:
        return Effect(fx.INTERACTIVE | fx.UNSURE, shown)
    session = call.shows(Workload.REMOTE_SESSION, f"opens a session on {machine}")
    return Effect(fx.INTERACTIVE | fx.UNSURE | fx.REMOTE | fx.NETWORK, (*session, *shown), (machine,))


def sqlite(call: Call) -> Effect:
    """Run SQL on a local file (sqlite3(1))."""
    found = split(call.words, {"-cmd", "-separator", "-init", "-newline", "-nullvalue", "-c"}, long_dash=True)
    if found.has("-version", "--version", "-help", "--help"):
        return _LOOK
    return _texts(call, "", [*found.operands[1:], *found.values("-cmd", "-c")], ())


_MONGO_READS = (
    ".find(",
    ".count",
    ".aggregate(",
    ".stats(",
    "db.stats",
    "show ",
    ".status(",
    "rs.status",
    ".getIndexes(",
)
_MONGO_DESTROYS = (".drop(", ".dropDatabase(", ".deleteMany({})", ".remove({})")


def mongo(call: Call) -> Effect:
    """Run a program for a document store (mongosh)."""
    found = split(call.words, frozenset("--eval --host --port -u --username -p --password --db -f --file".split()))
    if found.has("--version", "--help"):
        return _LOOK
    machine = server(found, "--host")
    files = found.has("-f", "--file") or any(word.endswith(".js") for word in found.operands)
    text = found.value("--eval") or call.stdin or ""
    if not text and not files and not call.fed:
        return _types(call, machine)
    does = fx.CHANGES if files or call.fed else 0
    if any(mark in text for mark in _MONGO_DESTROYS):
        does = fx.CHANGES | fx.DESTROYS
    elif not does:
        does = fx.READS if any(mark in text for mark in _MONGO_READS) else fx.CHANGES
    return reached(call, machine, does, f"`{call.name}`")


_REDIS_READS = frozenset(
    """
    get mget keys scan exists type ttl pttl hget hgetall hmget hkeys hlen hvals hscan lrange llen lindex smembers
    scard sscan
    sismember zrange zcard zscore zscan strlen ping info dbsize time lastsave role slowlog client config memory
    object latency
    xlen xrange xinfo command acl cluster echo randomkey dump getrange bitcount module pubsub
    """.split()
)
_REDIS_CHANGES = frozenset(
    "set rewrite resetstat kill pause reset purge setname failover forget meet deluser load unload".split()
)
_REDIS_FOLLOWS = frozenset({"monitor", "subscribe", "psubscribe"})
_REDIS = frozenset(
    "-h -p -s -a -u -r -i -n -d -D -x --user --pass --pattern -t --sni --cacert --cert --key".split()
) - {"-x"}


def redis(call: Call) -> Effect:
    """Run one command on a key-value server (redis-cli)."""
    found = split(call.words, _REDIS, stops=True)
    if found.has("--version", "--help", "-v"):
        return _LOOK
    machine = _url_host(found.value("-u")) if found.has("-u") else _host(found.value("-h"))
    words = [word.lower() for word in found.operands]
    if found.has("--stat", "--latency", "--latency-history") or (words[:1] and words[0] in _REDIS_FOLLOWS):
        return _follows(call, machine)
    if not words and found.has("--scan", "--bigkeys", "--memkeys", "--hotkeys", "--rdb"):
        return reached(call, machine, fx.READS, "`redis-cli`")
    if not words and not call.fed:
        return _types(call, machine)
    return reached(call, machine, _redis_does(words), "`redis-cli`")


def _redis_does(words: list[str]) -> int:
    if words[:1] and words[0] in {"flushall", "flushdb"}:
        return fx.CHANGES | fx.DESTROYS
    reads = bool(words) and words[0] in _REDIS_READS and not (words[1:2] and words[1] in _REDIS_CHANGES)
    return fx.READS if reads else fx.CHANGES


def _follows(call: Call, machine: str) -> Effect:
    shown = call.shows(Workload.LOG_TAIL, f"`{call.name}` prints what comes without an end")
    flags = fx.READS | fx.FOLLOWS
    if not machine:
        return Effect(flags, shown)
    return Effect(flags | fx.REMOTE | fx.NETWORK, shown, (machine,), touches=fx.looked(machine))


# -- dumps and restores -------------------------------------------------------------------------

_DUMP = frozenset(
    "-h --host -p --port -U --username -u --user -d --dbname --db -f --file -F --format -n --schema -t --table -T"
    " -N -j --jobs"
    " -o --out -D --pgdata -Z --compress -c --collection -r --result-file --uri --archive -P -S --socket -E --where"
    " -R -X".split()
)
_POSTGRES_FLAGS = frozenset("-R -c -o -P -u -r".split())
_OUTPUTS = ("-f", "--file", "-r", "--result-file", "-o", "--out", "-D", "--pgdata")


def backup(call: Call) -> Effect:
    """Dump or restore a database: long, and a transfer where the server is elsewhere (pg_dump(1), mysqldump(1))."""
    found = split(call.words, _DUMP - _POSTGRES_FLAGS if call.name.startswith("pg_") else _DUMP)
    if found.has("--help", "--version", "-V"):
        return _LOOK
    machine = server(found, "-h", "--host", "--uri")
    restores = "restore" in call.name or call.name == "mysqlimport"
    what = "restores a database" if restores else "copies a whole database"
    shown = call.shows(Workload.LONG_RUNNING, what)
    does = fx.CHANGES if restores or found.has(*_OUTPUTS) else fx.READS | fx.SENDS
    if not machine:
        return Effect(does, shown)
    moved = call.shows(Workload.CROSS_MACHINE if restores else Workload.TRANSFER, f"{what} on {machine}")
    return Effect(does | fx.REMOTE | fx.NETWORK, (*shown, *moved), (machine,))


_ADMIN = {"createdb": 0, "createuser": 0, "dropdb": fx.DESTROYS, "dropuser": fx.DESTROYS, "vacuumdb": 0, "reindexdb": 0}


def admin(call: Call) -> Effect:
    """Create or drop a database or a role (createdb(1), dropdb(1))."""
    found = split(call.words, _PSQL | {"-O", "-E", "-T", "-D"})
    if found.has("--help", "--version"):
        return _LOOK
    return reached(call, _host(found.value("-h", "--host")), fx.CHANGES | _ADMIN[call.name], f"`{call.name}`")


def mysqladmin(call: Call) -> Effect:
    """Administer a MySQL server (mysqladmin(1))."""
    found = split(call.words, _MYSQL | {"-i", "--sleep", "-r"})
    verbs = {*found.operands}
    does = fx.CHANGES | fx.DESTROYS if "drop" in verbs else fx.CHANGES
    reads = verbs <= {"status", "ping", "processlist", "version", "variables", "extended-status"}
    return reached(call, server(found, "-h", "--host"), fx.READS if reads else does, "`mysqladmin`")


def pg_isready(call: Call) -> Effect:
    """Ask whether a server answers (pg_isready(1))."""
    return reached(call, server(split(call.words, _PSQL | {"-t"}), "-h", "--host"), fx.READS, "`pg_isready`")


# -- stores and queues --------------------------------------------------------------------------


def etcd(call: Call) -> Effect:
    """Read or write a key-value store of a cluster (etcdctl)."""
    found = split(
        call.words, frozenset("--endpoints --cacert --cert --key --user -w --write-out --command-timeout".split())
    )
    machines = [machine_of(word) for word in found.value("--endpoints").split(",") if word]
    words = found.operands
    if words[:1] == ("watch",):
        return _follows(call, machines[0] if machines else "")
    reads = words[:1] in {("get",), ("version",), ("check",)} or {"list", "status", "health", "hashkv"} & {*words[:2]}
    prefix = words[:1] == ("del",) and found.has("--prefix", "--from-key")
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if prefix else 0)
    return change(
        reached(call, next(filter(None, machines), ""), does, "`etcdctl`"), machines=tuple(filter(None, machines))
    )


_KAFKA = frozenset(
    "--bootstrap-server --broker-list --zookeeper --topic --group --command-config --config --partitions --entity-type"
    " --entity-name --max-messages --partition --offset --timeout-ms --add-config -b -t -G -o -c -X -p -f -K -D"
    " -F".split()
)


def kafka(call: Call) -> Effect:
    """Read from, write to or administer a message broker (kafka-*.sh, kcat)."""
    found = split(call.words, _KAFKA)
    machine = server(found, "--bootstrap-server", "--broker-list", "--zookeeper", "-b").partition(",")[0]
    kcat = call.name in {"kcat", "kafkacat"}
    consumes = "consumer.sh" in call.name or call.name.endswith("console-consumer") or (kcat and found.has("-C", "-G"))
    bounded = found.has("--max-messages", "--timeout-ms", "-c", "-e")
    if consumes and not bounded:
        return _follows(call, machine)
    reads = consumes or found.has("--list", "--describe", "--version", "--help", "-L", "-Q")
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if found.has("--delete") else 0)
    return reached(call, machine, does, f"`{call.name}`")


def rabbit(call: Call) -> Effect:
    """Administer a message broker (rabbitmqctl(8))."""
    found = split(call.words, frozenset("-n --node -p --vhost -t --timeout -H --host -P --port -u -U".split()))
    verb = found.operands[0] if found.operands else ""
    machine = machine_of("@" + found.value("-n", "--node").rpartition("@")[2]) if found.has("-n", "--node") else ""
    restarts = verb in {"stop", "stop_app", "start_app", "reset", "force_reset", "shutdown"}
    reads = verb.startswith(
        ("list", "status", "ping", "cluster_status", "report", "environment", "check", "version", "help")
    )
    destroys = verb.startswith(("delete", "purge", "reset", "force_reset"))
    does = fx.READS if reads else fx.CHANGES | (fx.DESTROYS if destroys else 0)
    done = reached(call, machine, does, "`rabbitmqctl`")
    if not restarts:
        return done
    shown = call.shows(Workload.RESTART, "stops or starts the broker")
    return change(done, evidence=(*done.evidence, *shown), touches=fx.touched(machine or call.machine, "rabbitmq"))


# -- migrations ---------------------------------------------------------------------------------

_MIGRATES = frozenset(
    "upgrade downgrade up down migrate deploy update redo undo clean rollback latest apply db:migrate db:rollback force"
    " update-sql db:migrate:undo up-to down-to up-by-one migrate:latest migrate:up migrate:rollback db:seed goto"
    " drop reset repair baseline sync".split()
)
_LOOKS_AT = frozenset(
    "status history current heads show branches info validate version plan list verify log diff create revision new"
    " generate make init stamp check add dump lint inspect status-sql migrate:status migrate:make".split()
)
_LOCAL_FILES = ("sqlite", "file:", "duckdb")


def migration(call: Call) -> Effect:
    """Change the schema of a database: a deploy where another machine or production is named."""
    verbs = {word.lower() for word in call.words if not word.startswith("-")} & (_MIGRATES | {"prune"})
    if not verbs or {"--sql", "--dry-run", "--help", "-dryRunOutput"} & {*call.words}:
        return Effect(fx.READS if not _LOOKS_AT.isdisjoint(call.words) else fx.UNSURE)
    values = [part for word in call.words for part in (word, word.partition("=")[2]) if part]
    urls = [word for word in values if _URL.match(word.removeprefix("jdbc:"))]
    machine = next(filter(None, map(_url_host, urls)), "")
    production = any(word.strip("-").lower() in {"production", "prod", "live", "staging"} for word in values)
    destroys = call.shows(Workload.DESTRUCTIVE, "drops the database's objects") if verbs & {"clean", "drop"} else ()
    if not machine and not production:
        return Effect(fx.CHANGES | (fx.DESTROYS if destroys else 0), destroys)
    shown = (*call.shows(Workload.DEPLOY, "migrates a database on a server"), *destroys)
    machines = (machine,) if machine else ()
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, machines, touches=fx.touched(machine))


def prisma(call: Call) -> Effect:
    """Work with a schema; `migrate deploy` is what a release runs (prisma)."""
    words = tuple(word for word in call.words if not word.startswith("-"))
    if words[:2] == ("migrate", "deploy"):
        shown = call.shows(Workload.DEPLOY, "migrates a database")
        return Effect(fx.CHANGES | fx.NETWORK, shown, touches=fx.touched(call.machine))
    if words[:2] == ("migrate", "reset") or {"--force-reset", "--accept-data-loss"} & {*call.words}:
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "drops the database's content"))
    if words[:1] == ("studio",):
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "serves without an end"))
    return Effect(fx.CHANGES)


_KAFKA_NAMES = "console-consumer console-producer topics consumer-groups configs acls reassign-partitions".split()

PROGRAMS = {
    **dict.fromkeys((*_CLIENTS, *_NAMES), client),
    **dict.fromkeys("sqlite3 sqlite duckdb litecli".split(), sqlite),
    "mongosh": mongo,
    "mongo": mongo,
    "redis-cli": redis,
    "valkey-cli": redis,
    **dict.fromkeys(
        "pg_dump pg_dumpall pg_restore pg_basebackup mysqldump mariadb-dump mysqlimport mongodump mongorestore".split(),
        backup,
    ),
    **dict.fromkeys(_ADMIN, admin),
    "mysqladmin": mysqladmin,
    "pg_isready": pg_isready,
    "etcdctl": etcd,
    **{f"kafka-{name}{end}": kafka for name in _KAFKA_NAMES for end in ("", ".sh")},
    "kcat": kafka,
    "kafkacat": kafka,
    "rabbitmqctl": rabbit,
    "prisma": prisma,
    **dict.fromkeys(
        "alembic flyway liquibase goose dbmate migrate sqitch knex sequelize sequelize-cli atlas".split(), migration
    ),
}
