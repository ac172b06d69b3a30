"""Backups of whole databases and machines: long, and what expires old ones destroys."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.copying import backup as copies
from headgate.classify.programs.database_servers import server
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_VALUED = words_of(
    "-h --host -u --user -p --port -B --database -o --outputdir -d --directory --stanza --target-dir --config -c --type"
)
_LOOKS = words_of(
    """
    list info show status check version help backup-list backup-show backup-list-all wal-show wal-verify list-backup
    list-backups show-backup list-server list-servers show-server show-servers list-files diagnose --list --info -n
    --list-archives --print-stats --check verify repo-ls repo-get snapshots ls
    """
)
_DESTROYS = words_of(
    """
    delete stanza-delete expire purge prune --delete --delete-all nuke remove forget garbage-collect cleanup
    backup-delete delete-backup
    """
)
_RESTORES = words_of("restore recover backup-fetch --restore --copy-back --move-back -x fetch wal-fetch")
_NAMES = words_of(
    """
    wal-g wal-e barman xtrabackup mariabackup innobackupex pgbackrest mydumper myloader rsnapshot timeshift pg_probackup
    proxmox-backup-client tarsnap burp bacula-fd bareos-fd rdiff-backup attic snapper
    """
)


def backup(call: Call) -> Effect:
    """Back up, restore or expire (wal-g, barman(1), pgbackrest, xtrabackup, tarsnap(1))."""
    found = split(call.words, _VALUED, long_dash=True)
    given = {*found.operands, *found.options}
    if not call.words or found.has("--help", "--version") or (given & _LOOKS and not given & _DESTROYS):
        return _LOOK
    if given & _DESTROYS or (call.name == "tarsnap" and found.has("-d")):
        tried = (call.name == "wal-g" and not found.has("--confirm")) or found.has("--dry-run")
        return _LOOK if tried else _destroys(call)
    restores = bool(given & _RESTORES) or call.name == "myloader"
    shown = call.shows(Workload.LONG_RUNNING, "restores a whole copy" if restores else "makes a whole copy")
    if call.name == "timeshift" and restores:
        shown += call.shows(Workload.RESTART, "restores the system and restarts it")
    machine = server(call, found, "-h", "--host") if call.name in {"mydumper", "myloader"} else ""
    if not machine:
        return Effect(fx.CHANGES, shown)
    shown += call.shows(Workload.CROSS_MACHINE if restores else Workload.TRANSFER, f"moves a database of {machine}")
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (machine,))


def _destroys(call: Call) -> Effect:
    return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "deletes backups"))


_MORE_LOOKS = frozenset({("snapshot", "list"), ("snapshot", "ls"), ("repository", "status"), ("policy", "list")})
_GOES_THROUGH = words_of("check verify compact rebuild-index")


def archive(call: Call) -> Effect:
    """Look into, check or thin out a repository of copies, or fill it (restic, borg, kopia)."""
    words = split(call.words, words_of("-r --repo --password-file -p --config-file")).operands
    if words[:2] in _MORE_LOOKS:
        return _LOOK
    if words[:2] == ("snapshot", "delete"):
        return _destroys(call)
    effect = copies(call)
    if words[:1] and words[0] in _GOES_THROUGH and not effect.has(Workload.LONG_RUNNING):
        shown = call.shows(Workload.LONG_RUNNING, "goes through a whole repository")
        return change(effect, evidence=(*effect.evidence, *shown))
    return effect


_LONG = words_of(
    "pg_upgrade pg_upgradecluster mysqlcheck mariadb-check mysql_upgrade pg_repack pg_amcheck pg_checksums"
)


def long(call: Call) -> Effect:
    """Go through whole databases of this machine (pg_upgrade(1), mysqlcheck(1))."""
    tells = {"--help", "--version", "-V", "--check", "-c", "--dry-run"} & {*call.words}
    looks = tells - ({"-c"} if call.name.startswith("mysql") else set())
    return _LOOK if looks else Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "goes through whole databases"))


def pgbench(call: Call) -> Effect:
    """Put a database under load (pgbench(1))."""
    found = split(call.words, words_of("-h --host -p --port -U -c -j -T -t -s -f -d -R -P -M"))
    if found.has("--help", "--version", "-V"):
        return _LOOK
    machine = server(call, found, "-h", "--host")
    shown = call.shows(Workload.LONG_RUNNING, "puts a database under load")
    if not machine:
        return Effect(fx.CHANGES, shown)
    shown += call.shows(Workload.CROSS_MACHINE, f"puts {machine} under load")
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, (machine,))


PROGRAMS = {
    **dict.fromkeys(_NAMES, backup),
    **dict.fromkeys(words_of("restic borg kopia"), archive),
    **dict.fromkeys(_LONG, long),
    "pgbench": pgbench,
}
