"""Programs that copy between machines, or keep copies: a host on either side makes it a transfer."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.files import unsafe
from headgate.classify.programs.machines import machine_of, remote_path, remote_target
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.ssh import at_target, with_starts
from headgate.classify.programs.ssh_carriers import between, carrier, ends, machines_at
from headgate.classify.programs.ssh_targets import reach
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_CHANGE = Effect(fx.CHANGES)
_MOVES = fx.CHANGES | fx.NETWORK | fx.REMOTE


def _transfer(call: Call, machines: tuple[str, ...], why: str) -> Effect:
    return Effect(_MOVES, call.shows(Workload.TRANSFER, why), machines)


_SCP = words_of("-c -D -F -i -J -l -o -P -S -X")


def scp(call: Call) -> Effect:
    """Copy files to or from a host (scp(1))."""
    found = split(call.words, _SCP)
    targets = ends(call, found.operands, found, "-P")
    names = machines_at(targets)
    if not names:
        return with_starts(_CHANGE if found.operands else _LOOK, _programs(call, found))
    moved = _transfer(call, names, f"copies files between machines ({', '.join(names)})")
    return between(with_starts(moved, _programs(call, found)), targets)


def _programs(call: Call, found: Options) -> tuple[Effect, ...]:
    """Return the effects of the programs that stand in for ssh or for the server of files (scp(1), `-S`, `-D`)."""
    return tuple(call.run(text) for text in found.values("-S", "-D") if text.rpartition("/")[2] != "ssh" and text)


_SFTP = words_of("-B -b -c -D -F -i -J -l -o -P -R -S -s -X")


def sftp(call: Call) -> Effect:
    """Open a file transfer session with a host; without a batch a person types (sftp(1))."""
    found = split(call.words, _SFTP)
    if not found.operands:
        return with_starts(_LOOK, _programs(call, found))
    word = found.operands[0]
    target = reach(call, remote_target(word) or word, found, "-P")
    shown = call.shows(Workload.TRANSFER, f"moves files to or from {target.machine or 'this machine'}")
    flags = _MOVES
    asks = not (call.fed or found.has("-b") or ":" in word.partition("://")[2] + word)
    if asks:
        shown += call.shows(Workload.INTERACTIVE, "waits for a person to type")
        flags |= fx.INTERACTIVE
    moved = Effect(flags, shown, (target.machine,) if target.machine else ())
    return at_target(with_starts(moved, _programs(call, found)), target)


_RSYNC = words_of(
    """
    -e --rsh -f --filter -B --block-size -T --temp-dir -M --remote-option --exclude --include --exclude-from
    --include-from --files-from --rsync-path --backup-dir --suffix --compare-dest --copy-dest --link-dest --chmod
    --chown --usermap --port --groupmap --bwlimit --timeout --contimeout --max-size --min-size --max-delete
    --partial-dir --password-file --address --info --debug --log-file --log-file-format --out-format --modify-window
    --compress-level --sockopts --protocol
    """
)


def rsync(call: Call) -> Effect:
    """Copy trees; a host on either side makes it a transfer, a dry run changes nothing (rsync(1))."""
    found = split(call.words, _RSYNC)
    if found.has("--help", "--version", "-V") or not found.operands:
        return _LOOK
    given, starts = carrier(call, found.value("-e", "--rsh") or call.variable("RSYNC_RSH"))
    targets = ends(call, found.operands, given)
    names = machines_at(targets)
    if not names:
        return _rsync_here(call, found)
    if found.has("-n", "--dry-run", "--list-only"):
        return between(Effect(fx.READS | fx.NETWORK | fx.REMOTE, machines=names), targets)
    moved = _transfer(call, names, f"copies files between machines ({', '.join(names)})")
    over_there = found.value("--rsync-path")
    if over_there and over_there.split() not in _RSYNC_ITSELF:
        starts = (*starts, call.run(over_there, names[0]))
    return between(with_starts(moved, starts), targets)


_RSYNC_ITSELF = (["rsync"], ["sudo", "rsync"], ["sudo", "-n", "rsync"], ["/usr/bin/rsync"], ["doas", "rsync"])


def _rsync_here(call: Call, found: Options) -> Effect:
    """Return the effect of copying on this machine alone."""
    if found.has("-n", "--dry-run", "--list-only"):
        return _LOOK
    daemon = call.shows(Workload.LONG_RUNNING, "serves files without an end") if found.has("--daemon") else ()
    deletes = any(name.startswith("--del") for name in found.options) and len(found.operands) > 1
    why = unsafe(call, found.operands[-1].rstrip("/") + "/x", recursive=True) if deletes else ""
    if why:
        shown = call.shows(Workload.DESTRUCTIVE, "deletes what the source does not hold, outside the working tree")
        return Effect(fx.CHANGES | fx.DESTROYS, (*shown, *daemon))
    return Effect(fx.CHANGES, daemon)


def sshfs(call: Call) -> Effect:
    """Show the files of a host as a folder of this machine, until it is taken off (sshfs(1))."""
    found = split(call.words, words_of("-o -p -F -x"))
    targets = ends(call, found.operands[:1], _sshfs_options(found))
    names = machines_at(targets)
    if not names:
        return _CHANGE if found.operands else _LOOK
    shown = call.shows(Workload.TRANSFER, f"puts the files of {names[0]} under a folder here")
    return between(
        Effect(_MOVES, (*shown, *call.shows(Workload.REMOTE_SESSION, "keeps a connection open")), names), targets
    )


def _sshfs_options(found: Options) -> Options:
    """Return the options as ssh would have them: sshfs takes several behind one `-o`."""
    each = [item for value in found.values("-o") for item in value.split(",")]
    return Options({**found.options, "-o": each}, found.operands)


_RCLONE = words_of(
    """
    --config --include --exclude --filter --transfers --checkers --bwlimit --max-age --min-age --log-level
    --log-file -f --stats --include-from --exclude-from --files-from --max-depth --drive-chunk-size --addr --format
    -v
    """
) - {"-v"}
_RCLONE_READS = words_of(
    """
    ls lsl lsd lsf lsjson size cat check md5sum sha1sum hashsum about tree cryptcheck link ncdu
    """
)
_RCLONE_LOCAL = words_of(
    """
    config version help listremotes obscure genautocomplete completion selfupdate test gendocs
    """
)
_RCLONE_DESTROYS = words_of("delete purge deletefile cleanup rmdirs rmdir dedupe")
_RCLONE_LONG = words_of("serve mount rcd bisync nfsmount mount2 cmount")


def rclone(call: Call) -> Effect:
    """Work with cloud storage (rclone(1))."""
    found = split(call.words, _RCLONE)
    verb, operands = (found.operands[0], found.operands[1:]) if found.operands else ("help", ())
    if verb in _RCLONE_LOCAL or found.has("--help"):
        return _LOOK if verb != "config" else _CHANGE
    machines = tuple(dict.fromkeys(word.partition(":")[0] or SOME_MACHINE for word in operands if _is_remote(word)))
    if verb in _RCLONE_READS or found.has("-n", "--dry-run"):
        flags = fx.READS | (fx.NETWORK | fx.REMOTE if machines else 0)
        if not machines or found.has("-n", "--dry-run"):
            return Effect(flags, machines=machines)
        return Effect(flags, call.shows(Workload.REMOTE_PROBE, f"one quick look at {machines[0]}"), machines, probes=1)
    shown = call.shows(Workload.LONG_RUNNING, f"`rclone {verb}` runs without an end") if verb in _RCLONE_LONG else ()
    if verb in _RCLONE_DESTROYS:
        shown = call.shows(Workload.DESTRUCTIVE, f"`rclone {verb}` deletes files")
        if machines:
            shown += call.shows(Workload.CROSS_MACHINE, f"deletes files on {machines[0]}")
        return Effect(_MOVES | fx.DESTROYS, shown, machines)
    return Effect(
        _MOVES, (*shown, *call.shows(Workload.TRANSFER, f"`rclone {verb}` moves files between machines")), machines
    )


def _is_remote(word: str) -> bool:
    head, colon, _ = word.partition(":")
    return bool(colon) and "/" not in head and HIDDEN not in head


def send(call: Call) -> Effect:
    """Send files to, or get them from, a machine that a code names (croc, wormhole)."""
    looks = {"--help", "--version", "help"} & {*call.words} or not call.words
    return _LOOK if looks else _transfer(call, (SOME_MACHINE,), "moves files between machines")


def sync(call: Call) -> Effect:
    """Keep two trees the same; a host on one side makes it a transfer (unison(1), lsyncd(1))."""
    found = split(call.words, frozenset({"-sshargs", "-ignore", "-path"}), long_dash=True)
    machines = tuple(dict.fromkeys(machine_of(word) for word in found.operands if "://" in word))
    shown = call.shows(Workload.LONG_RUNNING, "keeps copying without an end") if call.name == "lsyncd" else ()
    machines = tuple(filter(None, machines))
    if machines or call.name == "lsyncd":
        shown += call.shows(Workload.TRANSFER, "copies files between machines")
    return Effect(_MOVES if machines else fx.CHANGES, shown, machines)


_BACKUP_READS = words_of(
    """
    snapshots stats list ls find diff cat info version help key --version --help collection-status
    list-current-files verify check benchmark
    """
)
_BACKUP_DESTROYS = words_of("forget prune delete remove-older-than remove-all-but-n-full purge clean")
_BACKUP_QUICK = words_of("init unlock break-lock config cache tag self-update serve")


def backup(call: Call) -> Effect:
    """Keep or bring back copies (restic, borg, duplicity): long, and a transfer where the repository is elsewhere."""
    valued = words_of(
        """
        -r --repo --repository-file -p --password-file --exclude -e --tag --host --compression -C
        """
    )
    found = split(call.words, valued)
    verb = found.operands[0] if found.operands else "help"
    places = (*found.values("-r", "--repo"), *found.operands[1:])
    machines = tuple(dict.fromkeys(filter(None, map(_repository, places))))
    if verb in _BACKUP_READS or found.has("-n", "--dry-run", "--version", "--help"):
        return Effect(fx.READS | (fx.REMOTE | fx.NETWORK if machines else 0), machines=machines)
    shown = () if verb in _BACKUP_QUICK else call.shows(Workload.LONG_RUNNING, "makes or restores a backup")
    if machines:
        shown += call.shows(Workload.TRANSFER, f"moves a backup to or from {machines[0]}")
    if verb in _BACKUP_DESTROYS:
        shown += call.shows(Workload.DESTRUCTIVE, f"`{call.name} {verb}` deletes backups")
    flags = _MOVES if machines else fx.CHANGES
    return Effect(flags | (fx.DESTROYS if verb in _BACKUP_DESTROYS else 0), shown, machines)


def _repository(word: str) -> str:
    """Return the machine of a repository (`sftp:user@host:/x`, `s3:host/bucket`, `ssh://host/x`, `host:x`)."""
    if "://" in word:
        return (
            ""
            if word.startswith("file://")
            else machine_of(word.partition(":")[2] if word.startswith("rest:") else word)
        )
    scheme, _, rest = word.partition(":")
    if scheme in {"sftp", "s3", "b2", "azure", "gs", "swift", "rclone"} and rest:
        return machine_of(rest.partition(":")[0].partition("/")[0]) or SOME_MACHINE
    return remote_path(word)


PROGRAMS = {
    "scp": scp,
    "sftp": sftp,
    "rsync": rsync,
    "rclone": rclone,
    "sshfs": sshfs,
    **dict.fromkeys(words_of("croc wormhole magic-wormhole transfer ffsend"), send),
    **dict.fromkeys(words_of("unison lsyncd"), sync),
    **dict.fromkeys(("duplicity", "duplicacy"), backup),
}
