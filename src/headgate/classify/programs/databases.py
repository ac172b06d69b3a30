"""Database clients: what their text would do, and on which machine the server is."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import address, also, follows, host, reached, server, url_host
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.sql import sql
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)


PSQL = words_of(
    """
    -c --command -d --dbname -f --file -F --field-separator -h --host -L --log-file -o --output -p --port -P --pset
    -R --record-separator -T --table-attr -U --username -v --set --variable
    """
)
MYSQL = words_of(
    """
    -e --execute -h --host -P --port -u --user -D --database -S --socket --defaults-file --defaults-extra-file
    --protocol --default-character-set --init-command --ssl-ca --ssl-mode -m --delimiter
    """
)
_CLICKHOUSE = words_of(
    """
    -q --query -h --host --port -u --user --password -d --database --queries-file -f --format
    """
)
_SQLCMD = words_of("-S -U -P -d -Q -q -i -o -h -s -v -w -t -l -C") - {"-C"}
_CLIENTS: dict[str, tuple[frozenset[str], tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "psql": (PSQL, ("-h", "--host"), ("-c", "--command"), ("-f", "--file")),
    "mysql": (MYSQL, ("-h", "--host"), ("-e", "--execute"), ()),
    "clickhouse": (_CLICKHOUSE, ("-h", "--host"), ("-q", "--query"), ("--queries-file",)),
    "cqlsh": (
        words_of("-e --execute -f --file -u -p -k --cqlversion"),
        (),
        ("-e", "--execute"),
        ("-f", "--file"),
    ),
    "sqlcmd": (_SQLCMD, ("-S",), ("-Q",), ("-i",)),
    "influx": (
        words_of("-host -port -execute -database -username -password -h -p -u"),
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
    if call.name == "clickhouse" and call.words[:1] == ("server",):
        return Effect(fx.UNSURE, call.shows(Workload.LONG_RUNNING, "serves until it is stopped"))
    words = call.words[1:] if name == "clickhouse" and call.words[:1] in {("client",), ("local",)} else call.words
    if name == "mysql":
        words = tuple("-p" if word.startswith("-p") else word for word in words)  # its password is stuck to it
    found = split(words, valued, long_dash=name == "influx")
    if found.has("--help", "--version", "-V", "-?") or (
        name == "psql" and found.has("-l", "--list") and not found.has("-c")
    ):
        return reached(call, server(call, found, *hosts), fx.READS, name) if found.has("-l", "--list") else _LOOK
    machine = machine_of(found.operands[0]) if name == "cqlsh" and found.operands else server(call, found, *hosts)
    effect = texts_of(call, machine, list(found.values(*options)), found.values(*files))
    return also(effect, address(found, *hosts, "-d", "--dbname"))


def texts_of(call: Call, machine: str, texts: list[str], paths: tuple[str, ...]) -> Effect:
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
            return types(call, machine)
        texts, does = ([call.stdin], 0) if call.stdin is not None else ([], fx.UNSURE)
    judged = [sql(call, text) for text in texts]
    for flags, _ in judged:
        does |= flags
    started = [effect for _, effects in judged for effect in effects]
    return join((reached(call, machine, does, f"`{call.name}`"), *started))


def types(call: Call, machine: str) -> Effect:
    """Return the effect of a client in which a person types."""
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
    return texts_of(call, "", [*found.operands[1:], *found.values("-cmd", "-c")], ())


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
    found = split(call.words, words_of("--eval --host --port -u --username -p --password --db -f --file"))
    if found.has("--version", "--help"):
        return _LOOK
    machine = server(call, found, "--host")
    files = found.has("-f", "--file") or any(word.endswith(".js") for word in found.operands)
    text = found.value("--eval") or call.stdin or ""
    if not text and not files and not call.fed:
        return types(call, machine)
    does = fx.CHANGES if files or call.fed else 0
    if any(mark in text for mark in _MONGO_DESTROYS):
        does = fx.CHANGES | fx.DESTROYS
    elif not does:
        does = fx.READS if any(mark in text for mark in _MONGO_READS) else fx.CHANGES
    return also(reached(call, machine, does, f"`{call.name}`"), address(found, "--host"))


_REDIS_READS = words_of(
    """
    get mget keys scan exists type ttl pttl hget hgetall hmget hkeys hlen hvals hscan lrange llen lindex smembers
    scard sscan sismember zrange zcard zscore zscan strlen ping info dbsize time lastsave role slowlog client config
    memory object latency xlen xrange xinfo command acl cluster echo randomkey dump getrange bitcount module pubsub
    """
)
_REDIS_CHANGES = words_of(
    """
    set rewrite resetstat kill pause reset purge setname failover forget meet deluser load unload
    """
)
_REDIS_FOLLOWS = frozenset({"monitor", "subscribe", "psubscribe"})
_REDIS = words_of("-h -p -s -a -u -r -i -n -d -D -x --user --pass --pattern -t --sni --cacert --cert --key") - {"-x"}


def redis(call: Call) -> Effect:
    """Run one command on a key-value server (redis-cli)."""
    found = split(call.words, _REDIS, stops=True)
    if found.has("--version", "--help", "-v"):
        return _LOOK
    machine = url_host(found.value("-u")) if found.has("-u") else host(found.value("-h"))
    if found.has("--cluster"):
        return _redis_cluster(call, (found.value("--cluster"), *found.operands))
    if found.has("--rdb", "--functions-rdb"):
        return _redis_copy(call, machine)
    return _redis_command(call, machine, found)


def _redis_command(call: Call, machine: str, found: Options) -> Effect:
    endless = found.value("-r") == "-1"
    words = [word.lower() for word in found.operands]
    if endless or found.has("--stat", "--latency", "--latency-history") or (words[:1] and words[0] in _REDIS_FOLLOWS):
        return follows(call, machine)
    if not words and found.has("--scan", "--bigkeys", "--memkeys", "--hotkeys", "--rdb"):
        return reached(call, machine, fx.READS, "`redis-cli`")
    if not words and not call.fed:
        return types(call, machine)
    done = reached(call, machine, _redis_does(words), "`redis-cli`")
    if words[:1] != ["shutdown"]:
        return done
    shown = call.shows(Workload.RESTART, "stops the server")
    return change(done, evidence=(*done.evidence, *shown), touches=fx.touched(machine or call.machine, "redis"))


def _redis_cluster(call: Call, words: tuple[str, ...]) -> Effect:
    """Return the effect of `--cluster VERB HOST:PORT`: checks look, the rest moves slots and nodes."""
    machine = next((machine_of(word) for word in words[1:] if ":" in word), "")
    reads = words[0] in {"check", "info", "help", "search-multiple-owners"}
    return reached(call, machine, fx.READS if reads else fx.CHANGES, "`redis-cli --cluster`")


def _redis_copy(call: Call, machine: str) -> Effect:
    shown = call.shows(Workload.LONG_RUNNING, "copies a whole database")
    if not machine:
        return Effect(fx.CHANGES, shown)
    shown += call.shows(Workload.TRANSFER, f"copies a whole database from {machine}")
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (machine,))


def _redis_does(words: list[str]) -> int:
    if words[:1] and words[0] in {"flushall", "flushdb"}:
        return fx.CHANGES | fx.DESTROYS
    reads = bool(words) and words[0] in _REDIS_READS and not (words[1:2] and words[1] in _REDIS_CHANGES)
    return fx.READS if reads else fx.CHANGES


PROGRAMS = {
    **dict.fromkeys((*_CLIENTS, *_NAMES), client),
    **dict.fromkeys(("sqlite3", "sqlite", "duckdb", "litecli"), sqlite),
    **dict.fromkeys(("mongosh", "mongo"), mongo),
    **dict.fromkeys(("redis-cli", "valkey-cli"), redis),
}
