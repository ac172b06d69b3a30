"""More captures and events, and the kernel's, the bus's and the network's own streams: they print without an end."""

from headgate.classify.programs.catalogue import (
    ORDINARY,
    STREAM,
    STRIKE,
    WORK,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import LIGHT, RESTART, SERVE, verbs

PROGRAMS: dict[str, Program] = rows(
    (STREAM, "sniff.py sniffer.py tegrastats rtmon"),
    (STRIKE, "ping.py ping6.py"),
    (STRIKE, "tcpkill"),
    (unless(STREAM, "-r --help -h", "-r -i -w -b -f -o -T"), "tcpflow"),
    (unless(STREAM, "-r --readfile --interfaces --version -v", "-r --readfile -i --interface -w"), "tcpick"),
    (
        Kind(
            does=STREAM,
            options=given((ORDINARY, "-r -T -V -W --version -n"), (RESTART, "-D -R")),
            valued=words_of("-r -i -c -l -n -A -h -L -k -S -u -g"),
        ),
        "snort",
    ),
    (
        unless(STREAM, "-r --read -n --numevents -l -L -cl --list-chisels -v", "-r --read -n --numevents -w -p"),
        "sysdig",
    ),
    (when(SERVE, "-i --iface", "-i --iface -f --filter -r --readfile -w"), "zeek"),
    (
        unless(STREAM, "-d -k -V -x", "-d -g -i -I -k -n -N -q -r -t -w -x -X -C -L -T"),
        "varnishlog varnishncsa varnishtop varnishhist",
    ),
    (when(STREAM, "-l --live", "-i --iface"), "vnstat"),
    (tool((STREAM, "listen, subscribe, monitor"), valued="-t -s -m -M"), "ubus"),
    (when(STREAM, "-M --monitor-modems -w --monitor-state --monitor-modems-and-state"), "mmcli"),
    (
        unless(STREAM, "-n --sample-count -h --help", "-n --sample-count -i --sample-rate -s --samplers -o -f"),
        "powermetrics",
    ),
    (Kind(does=WORK, options=given((ORDINARY, "-h"))), "powerstat"),
    (Kind(does=STREAM, bare=ORDINARY, options=given((ORDINARY, "-c")), valued=words_of("-c")), "vm_stat"),
    (
        Kind(
            does=STREAM,
            runs={"": 0},
            options=given((ORDINARY, "-n --num_iterations -l --list -v --version -h")),
            valued=words_of("-n --num_iterations -i --interval -s --show -H --hide -c --cpu -a --add -o --out -e"),
        ),
        "turbostat",
    ),
    (
        Kind(
            table=verbs((SERVE, "record"), (STREAM, "stream, listen, show"), (LIGHT, "start, stop, report, list")),
            runs={"record": 0, "stream": 0, "start": 0, "profile": 0},
            valued=words_of("-p -e -f -F -o -O -P -l -g -n -s -b -B -C -M -m"),
        ),
        "trace-cmd",
    ),
    (
        when(STREAM, "-f --follow", "-p --path -n --limit -s --start -e --end -r --rmgr -t --timeline -R -B"),
        "pg_waldump",
    ),
    (
        Kind(
            options=given((STREAM, "--stop-never")),
            valued=words_of("-h --host -u --user -P --port -d --database -j -o --start-position --stop-position"),
        ),
        "mysqlbinlog mariadb-binlog",
    ),
    (unless(STREAM, "-1", "-u -i -n -N -b"), "rsstail"),
    (tool((STREAM, "monitor")), "solo"),
    (unless(SERVE, "-n", "-f -s -d -g -p -n -b"), "rtl_sdr"),
    (WORK, "tcpreplay"),
)
