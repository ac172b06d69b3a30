"""Disks and file systems: what writes to one raw does not come back."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_CHANGE = Effect(fx.CHANGES)
_HARMLESS = ("/dev/null", "/dev/stdout", "/dev/tty", "/dev/fd/", "/dev/shm/")  # noqa: S108 compared
_SIZE = re.compile(r"(\d+)([cwbkKMG]?)(?:i?B)?\Z")
_FACTORS = {"": 1, "c": 1, "w": 2, "b": 512, "k": 1 << 10, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_SMALL = 256 << 20
"""So many bytes are copied well within the comfort budget."""


def _destroys(call: Call, why: str) -> Effect:
    return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, why))


def _size(word: str) -> int | None:
    match = _SIZE.match(word)
    return int(match[1]) * _FACTORS[match[2]] if match and len(match[1]) < 12 else None  # noqa: PLR2004 no endless numbers


def dd(call: Call) -> Effect:
    """Copy raw blocks: onto a device it destroys, elsewhere it is long unless small (dd(1))."""
    given = {key: value for key, equals, value in (word.partition("=") for word in call.words) if equals}
    if not given:
        return _LOOK
    target = given.get("of", "")
    if target.startswith("/dev/") and not target.startswith(_HARMLESS):
        return _destroys(call, f"writes over the device `{target}`".replace("\0", "…"))
    block, count = _size(given.get("bs", "512")), _size(given.get("count", ""))
    small = block is not None and count is not None and block * count <= _SMALL
    shown = () if small or (call.fed and "if" not in given) else call.shows(Workload.LONG_RUNNING, "copies raw blocks")
    if not target:
        return Effect(fx.READS | fx.SENDS, shown)
    where = call.absolute(target) if "\0" not in target else ""
    return Effect(fx.CHANGES, shown, writes=(where,) if where and not target.startswith("/dev/") else ())


def format_(call: Call) -> Effect:
    """Make a file system, a swap area or a volume label: what was there is gone (mkfs(8), wipefs(8))."""
    given = {*call.words}
    tells = bool({"--no-act", "--help", "-V", "--version", "-h"} & given)
    if call.name in {"mke2fs", "wipefs"} or call.name.startswith("mkfs.ext"):
        tells = tells or "-n" in given
    if call.name == "wipefs":
        tells = tells or given.isdisjoint({"-a", "--all", "-o", "--offset", "-af", "-fa"})
    if tells or not call.words:
        return _LOOK
    return _destroys(call, f"`{call.name}` writes over a disk")


def partition(call: Call) -> Effect:
    """Change the partitions of a disk; `-l` lists them (fdisk(8), parted(8))."""
    found = split(call.words, words_of("-b -C -H -S -u -t -a --align -N --partno -n -c -d -i -o"))
    asks = {
        "-l",
        "--list",
        "-s",
        "--getsz",
        "-d",
        "--dump",
        "-J",
        "--json",
        "-V",
        "-v",
        "--help",
        "--version",
        "-p",
        "--print",
    }
    looks = {"-l", "--list"} if call.name == "parted" else asks
    if looks & {*call.words} or {"print", "help"} & {*found.operands[1:]} or not call.words:
        return _LOOK
    scripted = call.fed or call.name in {"sfdisk", "sgdisk", "partprobe"} or len(found.operands) > 1
    if scripted:
        return _destroys(call, "changes the partitions of a disk")
    shown = call.shows(Workload.INTERACTIVE, f"`{call.name}` waits for a person to type")
    return Effect(fx.CHANGES | fx.DESTROYS | fx.INTERACTIVE, (*_destroys(call, "changes partitions").evidence, *shown))


def check(call: Call) -> Effect:
    """Check a file system or a disk, block by block (fsck(8), badblocks(8))."""
    if {"-V", "--version", "--help", "-N"} & {*call.words} or not call.words:
        return _LOOK
    shown = call.shows(Workload.LONG_RUNNING, "reads a whole disk")
    if call.name == "badblocks" and any(word.startswith("-") and "w" in word for word in call.words):
        return Effect(fx.CHANGES | fx.DESTROYS, (*shown, *call.shows(Workload.DESTRUCTIVE, "writes over a disk")))
    return Effect(fx.READS if "-n" in call.words else fx.CHANGES, shown)


def mount(call: Call) -> Effect:
    """Attach or detach a file system; without operands it lists them (mount(8))."""
    found = split(call.words, words_of("-o --options -t --types -L -U"))
    looks = (not found.operands and not found.has("-a", "--all")) or found.has("-l", "-h", "-V", "--help", "--version")
    return _LOOK if looks and call.name == "mount" else _CHANGE


def volume(call: Call) -> Effect:
    """Change or remove logical volumes and arrays (lvm(8), mdadm(8))."""
    if {"-t", "--test", "--help", "--version"} & {*call.words}:
        return _LOOK
    if call.name == "mdadm":
        if any(word.startswith(("--zero", "--create")) or word == "-C" for word in call.words):
            return _destroys(call, "writes over the labels of disks")
        return _LOOK if {"--detail", "-D", "--examine", "-E", "--query", "-Q"} & {*call.words} else _CHANGE
    if call.name.endswith(("remove", "reduce")) or "--merge" in call.words:
        return _destroys(call, f"`{call.name}` removes a volume")
    looks = call.name.endswith(("s", "display", "scan")) and call.name != "lvresize"
    return _LOOK if looks else _CHANGE


_ZFS_READS = words_of("list get status iostat history diff events version holds bookmark help")


def zfs(call: Call) -> Effect:
    """Work with pools and data sets (zfs(8), zpool(8))."""
    verb = call.words[0] if call.words else "help"
    if verb in _ZFS_READS or {"--help", "-?"} & {*call.words}:
        return _LOOK
    dry = any(word.startswith("-") and not word.startswith("--") and "n" in word for word in call.words[1:])
    if verb in {"scrub", "resilver", "initialize", "trim"} and call.name == "zpool" and "-s" not in call.words:
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "goes through a whole pool"))
    if verb in {"destroy", "rollback", "labelclear"} or (call.name, verb) == ("zpool", "create"):
        return _LOOK if dry else _destroys(call, f"`{call.name} {verb}` destroys data")
    if verb == "send":
        return Effect(fx.READS | fx.SENDS, call.shows(Workload.LONG_RUNNING, "sends a whole data set"))
    if verb in {"receive", "recv"}:
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "receives a whole data set"))
    return _CHANGE


_BTRFS_READS = words_of("list show usage df stats status dump-tree find-new get")


def btrfs(call: Call) -> Effect:
    """Work with subvolumes (btrfs(8))."""
    verbs = {*call.words[:2]}
    if "send" in verbs:
        return Effect(fx.READS | fx.SENDS, call.shows(Workload.LONG_RUNNING, "sends a whole subvolume"))
    if "delete" in verbs:
        return _destroys(call, "deletes a subvolume")
    if {"start", "balance"} <= verbs or {"scrub", "start"} <= verbs:
        return Effect(fx.CHANGES, call.shows(Workload.LONG_RUNNING, "goes through a whole disk"))
    return _LOOK if verbs & _BTRFS_READS else _CHANGE


def cryptsetup(call: Call) -> Effect:
    """Work with encrypted volumes (cryptsetup(8))."""
    verbs = {word.lower() for word in call.words}
    if verbs & {"luksformat", "erase", "lukserase", "lukskillslot", "luksremovekey", "reencrypt"}:
        return _destroys(call, "writes over an encrypted volume, or its keys")
    return _LOOK if verbs & {"status", "luksdump", "isluks", "benchmark", "--help", "--version"} else _CHANGE


def discard(call: Call) -> Effect:
    """Throw away what a disk or files hold (blkdiscard(8), shred(1))."""
    return (
        _LOOK
        if {"--help", "--version"} & {*call.words}
        else _destroys(call, f"`{call.name}` leaves nothing to recover")
    )


def rescue(call: Call) -> Effect:
    """Copy a failing disk, or a partition's used blocks: onto a device it destroys (ddrescue(1), partclone(8))."""
    found = split(call.words, words_of("-b -c -s -o -O -i -r -d -L -T --source --output"))
    if found.has("--help", "--version", "-h", "-V") or not call.words:
        return _LOOK
    target = found.value("-o", "-O", "--output") or (found.operands[1] if len(found.operands) > 1 else "")
    shown = call.shows(Workload.LONG_RUNNING, "copies a whole disk")
    if target.startswith("/dev/") and not target.startswith(_HARMLESS):
        shown += call.shows(Workload.DESTRUCTIVE, f"writes over the device `{target}`".replace("\0", "…"))
        return Effect(fx.CHANGES | fx.DESTROYS, shown)
    return Effect(fx.CHANGES, shown)


def flash(call: Call) -> Effect:
    """Read or write firmware (flashrom(8))."""
    writes = {"-w", "--write", "-E", "--erase"} & {*call.words}
    return _destroys(call, "writes over firmware") if writes else _LOOK


def hdparm(call: Call) -> Effect:
    """Read or set the parameters of a drive (hdparm(8), nvme(1))."""
    if any(
        word in {"format", "sanitize"} or word.startswith(("--security-erase", "--trim", "--write-sector"))
        for word in call.words
    ):
        return _destroys(call, "erases a drive")
    reads = {"-i", "-I", "-t", "-T", "-tT", "-g", "list", "smart-log", "id-ctrl", "-C"} & {*call.words}
    return _LOOK if reads or not call.words else _CHANGE


def change(_call: Call) -> Effect:
    """Change a setting of disks in a way that can be taken back."""
    return _CHANGE


_FILE_SYSTEMS = words_of(
    """
    ext2 ext3 ext4 xfs btrfs vfat fat ntfs exfat f2fs minix bfs msdos reiserfs jfs cramfs nilfs2 udf bcachefs hfsplus
    gfs2 ocfs2 erofs
    """
)

PROGRAMS = {
    "dd": dd,
    "dcfldd": dd,
    **dict.fromkeys(("mkfs", "mke2fs", "mkswap", "mkdosfs", "mkntfs", "wipefs", "pvcreate"), format_),
    **{f"mkfs.{name}": format_ for name in _FILE_SYSTEMS},
    **dict.fromkeys(words_of("fdisk sfdisk cfdisk gdisk sgdisk cgdisk parted"), partition),
    **dict.fromkeys(words_of("fsck e2fsck xfs_repair badblocks ntfsfix btrfsck"), check),
    **{f"fsck.{name}": check for name in _FILE_SYSTEMS},
    **dict.fromkeys(words_of("mount umount losetup"), mount),
    **dict.fromkeys(
        words_of(
            """
            lvremove vgremove pvremove lvcreate vgcreate lvextend lvresize vgextend lvreduce vgreduce lvs vgs pvs
            lvdisplay vgdisplay pvdisplay pvscan vgscan lvscan lvchange vgchange mdadm
            lvconvert
            """
        ),
        volume,
    ),
    **dict.fromkeys(("zfs", "zpool"), zfs),
    "btrfs": btrfs,
    "cryptsetup": cryptsetup,
    **dict.fromkeys(("blkdiscard", "shred", "wipe", "scrub", "nwipe"), discard),
    **dict.fromkeys(
        ("ddrescue", "dd_rescue", "partclone.dd", *(f"partclone.{name}" for name in _FILE_SYSTEMS)), rescue
    ),
    "flashrom": flash,
    **dict.fromkeys(("hdparm", "nvme"), hdparm),
    **dict.fromkeys(words_of("fstrim resize2fs xfs_growfs tune2fs e2label partprobe growpart"), change),
}
