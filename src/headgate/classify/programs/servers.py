"""Servers by their own programs: started, reloaded, checked, or steered by a control program."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import host
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    FOLLOW,
    LIGHT,
    LOOK,
    RESTART,
    SERVE,
    SETTING,
    asks_help,
    far,
    near,
    verb_of,
    verbs,
)

_SIGNALS = frozenset({"reload", "stop", "quit", "reopen", "restart", "graceful", "graceful-stop", "start"})


def server(call: Call) -> Effect:
    """Check, signal or start a web server (`nginx -s reload`, `httpd -k restart`)."""
    found = split(call.words, words_of("-s -k -c -p -g -e -f -d -D -C"))
    signal = found.value("-s", "-k")
    if signal or found.has("-s", "-k"):
        return near(call, RESTART, call.name)
    if found.has("-t", "-T", "-v", "-V", "-h", "-S", "-l", "-L", "-M", "--version", "--help"):
        return near(call, LOOK, call.name)
    action = next((word for word in found.operands if word in _SIGNALS), "")
    if call.name in {"apachectl", "apache2ctl"} and not action:
        return near(call, LOOK, "apache")
    if "daemon off" in found.value("-g") or found.has("-X", "-DFOREGROUND"):
        return near(call, SERVE)
    return near(call, RESTART, "apache" if call.name.startswith("apa") else call.name)


_CADDY = verbs(
    (RESTART, "reload, start, stop"),
    (SERVE, "run, file-server, reverse-proxy, respond"),
    (SETTING, "fmt, trust, upgrade"),
)


def caddy(call: Call) -> Effect:
    """Run, reload or check the caddy server (caddyserver.com/docs/command-line)."""
    return near(call, LIGHT if asks_help(call.words) else verb_of(_CADDY, call.words[:1], LIGHT), "caddy")


def haproxy(call: Call) -> Effect:
    """Check a configuration, or serve with it; `-sf` and `-st` take over from another process."""
    if not call.words or set(call.words) & {"-c", "-v", "-vv", "-h"}:
        return near(call, LIGHT)
    return near(call, RESTART, "haproxy")


def postgres(call: Call) -> Effect:
    """Steer a PostgreSQL server (pg_ctl(1), pg_ctlcluster(1))."""
    found = split(
        call.words,
        words_of(
            """
        -D --pgdata -l --log -m --mode -o --options -p -s -t --timeout -U -P -S -e
        """
        ),
    )
    actions = [
        word
        for word in found.operands
        if word in _SIGNALS | {"promote", "initdb", "init", "status", "kill", "logrotate"}
    ]
    if "status" in actions or not actions:
        return near(call, LOOK, "postgresql")
    return near(call, SETTING if actions[0] in {"initdb", "init", "logrotate"} else RESTART, "postgresql")


_STEERS = words_of(
    """
    start stop restart reload force-reload graceful abort flush halt quit kill shutdown reconfig phased-restart hup
    restart-app restart-worker soft-restart drain wake term run-default retransfer freeze thaw pause resume
    """
)
_CONTROLS = words_of(
    """
    postfix rndc pumactl god eye catalina.sh passenger-config valet herd net net.exe sc sc.exe dinitctl openrc
    unbound-control knotc nsd-control unitctl zkServer.sh gitlab-ctl
    """
)


def control(call: Call) -> Effect:
    """Steer one server by the action that is named among the words (postfix(1), rndc(8), pumactl)."""
    found = split(call.words, words_of("-c -s -p -k -P -F -S -C -T --config-file --pidfile --state --control-url"))
    action = next((word for word in found.operands if word in _STEERS), "")
    if call.name == "openrc" and found.operands:
        action = found.operands[0]
    machine = host(found.value("-s")) if call.name in {"rndc", "unbound-control", "knotc"} else ""
    verb = RESTART if action else FOLLOW if "tail" in found.operands else LIGHT
    service = found.operands[-1] if action and found.operands[-1] != action else call.name
    return far(call, verb, machine, service) if machine and action else near(call, verb, service)


_DAEMONS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        words_of(
            """
            mysqld mysqld_safe mariadbd mariadbd-safe memcached dockerd containerd kubelet etcd prometheus
            grafana-server influxd rabbitmq-server nats-server traefik envoy named dnsmasq php-fpm
            elasticsearch opensearch clickhouse-server vsftpd smbd slapd cupsd rsyslogd crond cron mosquitto
            varnishd squid unbound tor
            """
        ),
        words_of("-D --daemonize -d --daemon -b"),
    ),
    "redis-server": frozenset({"--daemonize"}),
    "valkey-server": frozenset({"--daemonize"}),
    "mongod": frozenset({"--fork"}),
    "postgres": frozenset(),
    "uwsgi": frozenset({"-d", "--daemonize", "--reload", "--stop"}),
}
_ONLY_CHECKS = words_of(
    "-t -T -V -v --version --help -h -tt --validate --check-config --syntax -C --configtest checkconfig"
)


def daemon(call: Call) -> Effect:
    """Run a server: in the foreground it serves until it is stopped, in the background it is started."""
    given = {word.partition("=")[0] for word in call.words}
    if not _ONLY_CHECKS.isdisjoint(given):
        return near(call, LIGHT)
    return near(call, SERVE if _DAEMONS[call.name].isdisjoint(given) else RESTART, call.name)


def s6_rc(call: Call) -> Effect:
    """Bring services of a machine up or down (s6-rc)."""
    return near(call, RESTART if "change" in call.words else LIGHT)


PROGRAMS = {
    **dict.fromkeys(("nginx", "httpd", "apachectl", "apache2ctl", "apache2", "openresty"), server),
    "caddy": caddy,
    "haproxy": haproxy,
    **dict.fromkeys(("pg_ctl", "pg_ctlcluster"), postgres),
    **dict.fromkeys(_CONTROLS, control),
    **dict.fromkeys(_DAEMONS, daemon),
    "s6-rc": s6_rc,
}
