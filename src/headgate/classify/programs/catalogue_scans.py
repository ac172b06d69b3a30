"""Looks, scans and attacks: one quick look is a probe, a range or a list is many machines, the rest takes long."""

from headgate.classify.programs.catalogue import (
    ORDINARY,
    READS_LONG,
    STREAM,
    STRIKE,
    SWEEP,
    SWEEP_LONG,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
)
from headgate.classify.programs.network import load
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    LOOK,
    SERVE,
)

_PROBES = rows(
    (
        Kind(
            does=LOOK,
            at=(),
            hosts=True,
            options=given((SWEEP, "-g --generate -f --file"), (STREAM, "-l --loop"), (ORDINARY, "-v --version")),
            valued=words_of(
                (
                    "-b -B -c --count -C --vcount -f --file -H -i --interval -I -k -M -O -p --period -r"
                    " --retry -S -t --timeout -T"
                )
            ),
        ),
        "fping",
    ),
    (
        Kind(
            does=LOOK,
            at=(),
            hosts=True,
            options=given((SWEEP, "-l --localnet -f --file"), (ORDINARY, "-V --version")),
            valued=words_of("-I --interface -f --file -r -t -i -b -B -s -o -a -Q -W -O"),
        ),
        "arp-scan",
    ),
    (Kind(does=LOOK, bare=ORDINARY, at=(), hosts=True, valued=words_of("-o -p -d -f -s")), "ipscan"),
    (
        Kind(
            does=READS_LONG,
            options=given((SWEEP_LONG, "-t --target-file")),
            at=(),
            hosts=True,
            valued=words_of("-t --target-file -o --output -p --ports -m"),
        ),
        "autorecon",
    ),
    (Kind(does=LOOK, at=("0",)), "braa"),
    (Kind(fed=SWEEP), "httprobe"),
    (Kind(options=given((SWEEP, "-l -list")), at=(), long_dash=True), "httpx dnsx asnmap"),
    (tool((SERVE, "serve, ocspserve")), "cfssl"),
    (
        Kind(
            does=LOOK,
            at=("-target", "--target-ip"),
            options=given((SWEEP, "-targets")),
            valued=words_of("-target -targets -timeout"),
            long_dash=True,
        ),
        "getArch.py",
    ),
    (Kind(does=LOOK, at=("0",), valued=words_of("-target-ip -port -protocol"), long_dash=True), "DumpNTLMInfo.py"),
    (
        Kind(
            does=LOOK,
            at=("-dc-ip", "0"),
            valued=words_of("-dc-ip -user -hashes -outputfile -usersfile -format"),
            long_dash=True,
        ),
        "GetADUsers.py GetNPUsers.py GetUserSPNs.py getST.py getTGT.py",
    ),
    (
        Kind(
            does=CHANGE,
            at=("-dc-host", "-dc-ip", "0"),
            valued=words_of("-dc-host -dc-ip -computer-name -computer-pass -method -port"),
            long_dash=True,
        ),
        "addcomputer.py",
    ),
    (
        Kind(
            does=LOOK,
            at=("-H", "-h", "--hostname"),
            valued=words_of(
                "-H -h --hostname -D --bindDN -w --bindPassword -b --baseDN -p -s -l -z -f -y -Y -U -o -d"
                " -a -P -e -E -S -F -T"
            ),
        ),
        "ldapsearch",
    ),
    (
        Kind(
            does=LOOK, at=("0",), valued=words_of("-u --user -p --password -o --outdir -n --dns-server -at --authtype")
        ),
        "ldapdomaindump",
    ),
    (Kind(does=READS_LONG, at=("0",), valued=words_of("-u -p -w -k")), "enum4linux"),
)

_ATTACKS = rows(
    (
        Kind(
            does=STRIKE,
            at=("0",),
            options=given((SWEEP_LONG, "-M"), (ORDINARY, "-h -U=help")),
            valued=words_of("-l -L -p -P -t -T -M -o -b -e -C -s -w -W -x -y -m -c -D"),
        ),
        "hydra",
    ),
    (unless(READS_LONG, "-h --help"), "dirb dirbuster bloodhound-python holehe"),
    (
        unless(READS_LONG, "-h -version --version -V", long_dash=True),
        "arjun dirsearch feroxbuster ffuf katana cariddi dnsmap dnsrecon",
    ),
    (tool((READS_LONG, "dir, dns, s3, gcs, vhost, fuzz, tftp")), "gobuster"),
    (tool((READS_LONG, "brute, scan")), "kiterunner"),
    (Kind(does=STRIKE, at=("0",)), "goldeneye.py"),
    (STRIKE, "aireplay-ng"),
    (tool((STRIKE, "flood"), (STREAM, "sniff"), valued="--interface -i"), "dhcpwn"),
)

PROGRAMS: dict[str, Program] = {**dict.fromkeys(("http_load", "loadtest"), load), **_PROBES, **_ATTACKS}
