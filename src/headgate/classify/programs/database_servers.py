"""Where a database is: hosts in options and connection strings, and what work on that machine is."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, words_of
from headgate.classify.programs.ssh_targets import known_name
from headgate.model.facts import Workload

URL = re.compile(r"[a-z][a-z0-9+.-]*://")
_POSTGRES = ("PGHOSTADDR", "PGHOST", "PGSERVICE")
_VARIABLES = {
    **dict.fromkeys(words_of("psql pgcli pg_dump pg_dumpall pg_restore pg_basebackup pg_isready"), _POSTGRES),
    **dict.fromkeys(words_of("createdb dropdb createuser dropuser vacuumdb reindexdb"), _POSTGRES),
    **dict.fromkeys(words_of("mysql mariadb mycli mysqldump mariadb-dump mysqlimport mysqladmin"), ("MYSQL_HOST",)),
}
LOCAL_URLS = ("sqlite:", "file:", "duckdb:")


def url_host(word: str) -> str:
    """Return the machine of a connection string (`postgresql://u:p@host/db?x`); empty for this machine."""
    if word.startswith(LOCAL_URLS):
        return ""
    rest = word.removeprefix("jdbc:").partition("://")[2]
    rest = rest.partition("?")[0].partition("/")[0]
    return machine_of(rest.split(",", 1)[0]) if rest.rpartition("@")[2] else ""


def _keyword_host(word: str) -> str:
    """Return the machine of `host=x dbname=y`; empty for this machine."""
    for part in word.split():
        name, equals, value = part.partition("=")
        if equals and name in {"host", "hostaddr"}:
            return host(value)
    return ""


def host(value: str) -> str:
    """Return the machine of a host option; a socket's path is on this machine."""
    return "" if not value or value.startswith(("/", ".", "@/")) else machine_of(value)


def server(call: Call, found: Options, *names: str) -> str:
    """Return the machine that the options *names*, a connection string or the client's own variables name."""
    value = found.value(*names)
    words = (
        [value]
        if value
        else [*found.operands, *found.values("-d", "--dbname", "-u", "--url", "--uri", "--database-url")]
    )
    for word in words:
        if URL.match(word.removeprefix("jdbc:")):
            return url_host(word)
        if "host=" in word or "hostaddr=" in word:
            return _keyword_host(word)
    if value or not call.environment:
        return host(value)
    return next((host(text) for text in map(call.variable, _VARIABLES.get(call.name, ())) if text), "")


def also(effect: Effect, text: str) -> Effect:
    """Return *effect* with all the machines of a list in *text* (`mongodb://a:1,b:2/x`, `a:9092,b:9092`)."""
    if "," not in text or not effect.machines:
        return effect
    rest = text.partition("://")[2].partition("?")[0].partition("/")[0] if "://" in text.partition(",")[0] else text
    others = [machine_of(item.strip()) for item in rest.rpartition("@")[2].split(",") if item.strip()]
    return change(effect, machines=tuple(dict.fromkeys(filter(None, (*effect.machines, *others)))))


def address(found: Options, *names: str) -> str:
    """Return the option or the connection string that names the servers."""
    return found.value(*names) or next((word for word in found.operands if URL.match(word)), "")


def reached(call: Call, machine: str, does: int, what: str) -> Effect:
    """Return the effect of work on a server: on another machine a read is a probe, the rest cross-machine."""
    destroys = call.shows(Workload.DESTRUCTIVE, f"{what} destroys data") if does & fx.DESTROYS else ()
    if not machine:
        return Effect(does, destroys)
    machine = known_name(call, machine)
    flags = does | fx.REMOTE | fx.NETWORK
    if does & (fx.CHANGES | fx.UNSURE):
        shown = call.shows(Workload.CROSS_MACHINE, f"{what} changes data on {machine}")
        return Effect(flags, (*shown, *destroys), (machine,))
    shown = call.shows(Workload.REMOTE_PROBE, f"one quick look at {machine}")
    return Effect(flags, shown, (machine,), probes=1, touches=fx.looked(machine))


def follows(call: Call, machine: str) -> Effect:
    """Return the effect of printing what comes from the server, without an end."""
    shown = call.shows(Workload.LOG_TAIL, f"`{call.name}` prints what comes without an end")
    flags = fx.READS | fx.FOLLOWS
    if not machine:
        return Effect(flags, shown)
    machine = known_name(call, machine)
    return Effect(flags | fx.REMOTE | fx.NETWORK, shown, (machine,), touches=fx.looked(machine))
