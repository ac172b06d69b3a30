"""Clients of warehouses, clusters of databases and query engines: SQL from an option, or a session."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import reached, url_host
from headgate.classify.programs.databases import texts_of
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.sql import sql
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DESTROY,
    LIGHT,
    LOOK,
    REMOVE,
    RESTART,
    SERVE,
    Tool,
    by_table,
    far,
    near,
    verb_of,
    verbs,
)
from headgate.classify.programs.web import host_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_BQ = Tool(
    verbs(
        (LOOK, "ls, show, head, wait, get-iam-policy"),
        (LIGHT, "version, init, info"),
        (COPY, "load, extract, cp"),
        (DESTROY, "rm, truncate"),
        (CHANGE, "mk, update, insert, cancel, set-iam-policy, add-iam-policy-binding, partition"),
    ),
    words_of("--project_id --dataset_id --location --format -n --max_rows --destination_table --job_id"),
    names=("--project_id",),
    default=CHANGE,
)


def bq(call: Call) -> Effect:
    """Look at, query or change a warehouse (cloud.google.com/bigquery/docs/reference/bq-cli-reference)."""
    found = split(call.words, _BQ.valued)
    if found.operands[:1] != ("query",) or found.has("--dry_run"):
        return near(call, LIGHT) if found.has("--dry_run") else by_table(call, _BQ)
    text = " ".join(found.operands[1:]) or call.stdin
    does = fx.UNSURE if text is None else sql(call, text)[0]
    return reached(call, found.value("--project_id") or "bigquery", does, "`bq query`")


_CLIENTS: dict[str, tuple[frozenset[str], tuple[str, ...], tuple[str, ...], tuple[str, ...], str]] = {
    "snowsql": (
        words_of("-q --query -f --filename -a --accountname -u -d -s -r -w -c -o"),
        ("-a", "-c"),
        ("-q", "--query"),
        ("-f", "--filename"),
        "snowflake",
    ),
    "snow": (
        words_of("-q --query -f --filename -c --connection"),
        ("-c", "--connection"),
        ("-q", "--query"),
        ("-f", "--filename"),
        "snowflake",
    ),
    "usql": (words_of("-c --command -f --file -o -v -P"), (), ("-c", "--command"), ("-f", "--file"), ""),
    "trino": (
        words_of("--server --execute -f --file --catalog --schema --user"),
        ("--server",),
        ("--execute",),
        ("-f", "--file"),
        "",
    ),
    "sqlplus": (frozenset({"-c"}), (), (), (), ""),
    "beeline": (words_of("-u -n -p -e -f"), ("-u",), ("-e",), ("-f",), ""),
    "hive": (words_of("-e -f -i --hiveconf --database"), (), ("-e",), ("-f",), "hive"),
    "spark-sql": (words_of("-e -f -i --master --conf --database"), (), ("-e",), ("-f",), "spark"),
    "cypher-shell": (
        words_of("-a --address --uri -u -p -d -f --file"),
        ("-a", "--address", "--uri"),
        (),
        ("-f", "--file"),
        "",
    ),
    "cockroach": (
        words_of("--host --url -e --execute -f --file --certs-dir -u -d -p --port"),
        ("--host", "--url"),
        ("-e", "--execute"),
        ("-f", "--file"),
        "",
    ),
}
_SAME = {"presto": "trino", "impala-shell": "beeline"}


def client(call: Call) -> Effect:
    """Run SQL on a server, from an option, a file or the input; with none of them a person types."""
    valued, hosts, options, files, place = _CLIENTS[_SAME.get(call.name, call.name)]
    found = split(call.words, valued)
    if found.has("--version", "--help", "-V"):
        return _LOOK
    value = found.value(*hosts)
    machine = (url_host(value) if "://" in value else machine_of(value)) if value else _named(call, found.operands)
    texts = [*found.values(*options), *_bare(call, found.operands)]
    scripts = tuple(word[1:] for word in found.operands if word.startswith("@")) if call.name == "sqlplus" else ()
    return texts_of(call, machine or place, texts, (*found.values(*files), *scripts))


def _bare(call: Call, operands: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(_as_sql(text) for text in operands) if call.name == "cypher-shell" else ()


def _as_sql(text: str) -> str:
    """Return Cypher as SQL would say it, so that one reader judges both: a match that changes is a change."""
    lowered = text.lower()
    if any(word in lowered for word in (" delete", " set ", " remove ", "create ", "merge ", " drop")):
        return "delete" if "delete" in lowered and "where" not in lowered else "update"
    return "select"


def _named(call: Call, operands: tuple[str, ...]) -> str:
    """Return the machine that a connection string among *operands* names."""
    for word in operands:
        if "://" in word:
            return url_host(word)
        if call.name == "sqlplus" and "@" in word and not word.startswith("@"):
            return machine_of(word.rpartition("@")[2].lstrip("/"))
    return ""


_COCKROACH = verbs(
    (LOOK, "node status, node ls, node list, statement-diag list, debug zip"),
    (LIGHT, "version, cert, gen"),
    (SERVE, "start, start-single-node, demo"),
    (RESTART, "quit, node drain"),
    (REMOVE, "debug destroy"),
)


def cockroach(call: Call) -> Effect:
    """Run SQL on a cluster, serve one of its nodes, or steer it (cockroachlabs.com/docs)."""
    if call.words[:1] == ("sql",):
        return client(call)
    found = split(call.words, _CLIENTS["cockroach"][0])
    verb = verb_of(_COCKROACH, found.operands, CHANGE if found.operands else LIGHT)
    machine = machine_of(found.value("--host")) if found.value("--host") else ""
    return far(call, verb, machine) if machine or verb is CHANGE else near(call, verb)


def elasticdump(call: Call) -> Effect:
    """Copy an index from or to a search server (elasticdump)."""
    found = split(call.words, words_of("--input --output --type --limit"))
    if found.has("--version", "--help") or not call.words:
        return _LOOK
    places = [
        word for word in (found.value("--input"), found.value("--output")) if "://" in word and HIDDEN not in word
    ]
    machines = tuple(dict.fromkeys(filter(None, map(host_of, places))))
    shown = call.shows(Workload.LONG_RUNNING, "copies a whole index")
    if machines:
        shown += call.shows(Workload.TRANSFER, f"copies data from or to {machines[0]}")
        return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, shown, machines)
    return Effect(fx.CHANGES | fx.NETWORK, shown)


PROGRAMS = {
    "bq": bq,
    "cockroach": cockroach,
    "elasticdump": elasticdump,
    **dict.fromkeys((_CLIENTS.keys() | _SAME.keys()) - {"cockroach"}, client),
}
