"""More looks, scans and attacks: one quick look is a probe, a list is many machines, the rest takes long."""

from headgate.classify.programs.catalogue import (
    FETCH,
    HIDES,
    ORDINARY,
    READS_LONG,
    SCREEN,
    STREAM,
    STRIKE,
    SWEEP,
    SWEEP_LONG,
    WORK,
    WORK_THERE,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
    when,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import CHANGE, LIGHT, LOOK, RUNS, SESSION

_SNMP = words_of("-v -c -l -u -a -A -x -X -O -r -t -n -e -E -m -M -L -C -Z -I -p")
_IMPACKET = words_of(
    "-hashes -dc-ip -target-ip -port -client-id -aesKey -query -file -c -path -service-name -codec -so"
)

_PROBES = rows(
    (
        Kind(does=LOOK, at=("0",), valued=_SNMP),
        "snmpget snmpgetnext snmpbulkget snmpwalk snmpbulkwalk snmpstatus snmptable snmpdf snmpnetstat",
    ),
    (Kind(does=CHANGE, at=("0",), valued=_SNMP), "snmpset"),
    (Kind(does=SESSION, at=("0",), valued=_SNMP), "snmptest"),
    (Kind(does=LOOK, bare=ORDINARY, at=("0",)), "showmount"),
    (Kind(does=LOOK, at=("-p", "-s", "-l", "-m", "0"), valued=words_of("-p -s -l -m -T")), "rpcinfo"),
    (
        Kind(does=LOOK, at=("0",), options=given((SWEEP, "--targets")), valued=words_of("--targets --xml --sni-name")),
        "sslscan",
    ),
    (
        Kind(
            does=READS_LONG,
            at=("0",),
            options=given((SWEEP_LONG, "-iL --file"), (ORDINARY, "-V --version -b --banner")),
            valued=words_of("--file -iL -t --starttls --logfile --jsonfile --severity"),
        ),
        "testssl testssl.sh",
    ),
    (
        Kind(
            does=LOOK,
            at=(),
            hosts=True,
            options=given((SWEEP, "-i --input-file"), (ORDINARY, "-l --list -V")),
            valued=words_of("-i --input-file -p --proxy -t --test -o --output -a --aggression -H --headers"),
        ),
        "wafw00f whatweb",
    ),
    (
        Kind(does=LOOK, at=(), hosts=True, options=given((SWEEP, "-f")), valued=words_of("-f -t -b -m -s")),
        "nbtscan",
    ),
    (
        Kind(
            does=LOOK,
            at=(),
            hosts=True,
            options=given((STREAM, "-c=0 --count=0"), (ORDINARY, "-V --version -h")),
            valued=words_of("-c --count -p --dest-port -g --source-port --rate --delay -e --interface -S -N"),
        ),
        "nping",
    ),
    (
        Kind(does=LOOK, at=("0",), valued=words_of("-p -s -f -m -w -q -i -l -t"), options=given((ORDINARY, "-v"))),
        "tcptraceroute",
    ),
    (Kind(does=LOOK, at=(), hosts=True, valued=words_of("-m -t -s -c")), "netselect"),
    (FETCH, "netselect-apt"),
    (Kind(does=LOOK, at=("0",), valued=_IMPACKET, long_dash=True), "rpcdump.py rpcmap.py rdp_check.py mqtt_check.py"),
    (Kind(does=CHANGE, at=("0",), valued=_IMPACKET, long_dash=True), "reg.py sambaPipe.py"),
    (Kind(does=READS_LONG, at=("0",), valued=_IMPACKET, long_dash=True), "secretsdump.py"),
    (
        Kind(does=SESSION, at=("0",), options=given((CHANGE, "-query -file")), valued=_IMPACKET, long_dash=True),
        "mssqlclient.py smbclient.py psexec.py",
    ),
    (unless(SCREEN, "-extract", "-extract", long_dash=True), "ntfs-read.py"),
    (
        Kind(
            does=LOOK,
            at=("-H", "--host"),
            options=given((SWEEP, "--host-file"), (RUNS, "-x")),
            valued=words_of("-H --host --host-file -u --username -p --password -d --domain -x -r -R -s -P"),
        ),
        "smbmap",
    ),
    (Kind(options=given((SWEEP, "-l -list"), (ORDINARY, "-version")), at=(), long_dash=True), "tlsx"),
    (
        Kind(
            does=CHANGE,
            at=("--server", "-s", "--socket", ""),
            valued=words_of("--server -s --to -t --from -f --socket"),
        ),
        "swaks",
    ),
)

_SCANS = rows(
    (
        Kind(
            does=READS_LONG,
            at=("-host", "--host"),
            options=given((SWEEP_LONG, "-list -l"), (ORDINARY, "-interface-list -il -version -hc")),
            valued=words_of("-host --host -list -l -p -port -top-ports -rate -o"),
            long_dash=True,
        ),
        "naabu",
    ),
    (
        Kind(
            does=READS_LONG,
            at=("-a", "--addresses"),
            options=given((ORDINARY, "-V --version")),
            valued=words_of("-a --addresses -p --ports -r --range -b --batch-size -t --timeout -u --ulimit"),
        ),
        "rustscan",
    ),
    (Kind(does=SWEEP_LONG, at=(), options=given((STREAM, "-p"))), "netdiscover"),
    (
        Kind(does=SWEEP_LONG, at=(), options=given((ORDINARY, "--show-all-modules --show-all-profiles --version"))),
        "nettacker",
    ),
    (Kind(does=SWEEP_LONG, at=()), "vinmap"),
    (
        Kind(
            does=READS_LONG,
            options=given((FETCH, "-update -ut -update-templates"), (ORDINARY, "-tl -version -validate -hc")),
            long_dash=True,
        ),
        "nuclei",
    ),
    (unless(READS_LONG, "-version --version -V", long_dash=True), "subfinder massdns waymore x8"),
    (
        unless(READS_LONG, "-h --version"),
        "maigret onionsearch sherlock sublist3r theHarvester tookie-osint wfuzz whatwaf",
    ),
    (unless(READS_LONG, "--update --version"), "wpscan"),
    (Kind(does=READS_LONG, table=tool((LIGHT, "report, summarize, datastore, rules")).table), "noseyparker"),
    (
        tool(
            (
                READS_LONG,
                "git, github, gitlab, s3, gcs, filesystem, docker, syslog, elasticsearch, postman, huggingface",
            )
        ),
        "trufflehog",
    ),
    (unless(READS_LONG, "-l --list-checks --list-services -v --version -h"), "prowler"),
    (
        Kind(
            table=tool(
                (READS_LONG, "image, i, fs, filesystem, repo, repository, rootfs, vm, kubernetes, k8s, sbom"),
                (WORK, "server"),
            ).table,
        ),
        "trivy",
    ),
    (
        Kind(
            table=tool(
                (READS_LONG, "container test, iac describe"),
                (CHANGE, "monitor, container monitor"),
                (SCREEN, "wizard, auth"),
            ).table,
            at=(),
        ),
        "snyk",
    ),
    (READS_LONG, "sonar-scanner"),
    (tool((READS_LONG, "run"), (SCREEN, "onboard")), "ooniprobe"),
    (when(READS_LONG, "-c --check --checkall", "-l --logfile"), "rkhunter"),
    (unless(READS_LONG, "--list --version -V -h"), "speedtest-rs speed-test networkQuality"),
    (tool((READS_LONG, "crawl, runspider, bench"), (SCREEN, "shell, edit"), (LIGHT, "fetch, startproject")), "scrapy"),
    (tool((READS_LONG, "scan"), (WORK, "server mcp")), "vet"),
)

_ATTACKS = rows(
    (
        Kind(
            does=STRIKE,
            at=("-h",),
            options=given((SWEEP_LONG, "-H"), (ORDINARY, "-d -q -V")),
            valued=words_of("-h -H -u -U -p -P -C -O -e -M -m -n -t -T -g -r -R -c"),
        ),
        "medusa",
    ),
    (Kind(does=STRIKE, at=(), table=tool((WORK, "unzip_pass, keystore_pass, umbraco_crack")).table), "patator"),
    (
        Kind(
            does=STRIKE,
            at=("1",),
            options=given((RUNS, "-x -X"), (ORDINARY, "-L --list-modules --version")),
            valued=words_of("-u --username -p --password -H --hash -d --domain -x -X -M --module -o --port -t"),
        ),
        "nxc netexec crackmapexec",
    ),
    (STRIKE, "mdk4 pig.py"),
    (
        Kind(
            does=SCREEN,
            options=given((HIDES, "-x --execute-command -r --resource"), (ORDINARY, "-v --version -h")),
        ),
        "msfconsole",
    ),
    (WORK, "rarcrack"),
    (
        tool((LIGHT, "list_cores, list_essids, help, eval, selftest, analyze"), does=WORK, valued="-r -i -e -b -o -u"),
        "pyrit",
    ),
    (unless(WORK, "--dumpkey --isconspicuous"), "RsaCtfTool.py"),
    (
        Kind(
            does=WORK_THERE,
            at=("-H", "0"),
            options=given((ORDINARY, "-V -h")),
            valued=words_of("-H -p -l -t -c -C -f -D"),
        ),
        "netperf",
    ),
    (
        Kind(
            does=WORK_THERE,
            at=("-h", "-u"),
            options=given((ORDINARY, "-v --version")),
            valued=words_of("-h -p -a -t -n -c -d -P -r -u -s"),
        ),
        "redis-benchmark",
    ),
    (WORK, "stress stressapptest mbw pg_test_fsync pg_test_timing speaker-test"),
    (unless(WORK, "--version -V --stressors --class=list"), "stress-ng"),
)

PROGRAMS: dict[str, Program] = {**_PROBES, **_SCANS, **_ATTACKS}
