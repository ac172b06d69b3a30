"""Disks, firmware, phones, backups and the machine's power: raw writes destroy, raw reads take long."""

from headgate.classify.programs.catalogue import (
    ORDINARY,
    READS_LONG,
    SCREEN,
    SWEEP_LONG,
    WIPE_LONG,
    WIPE_SCREEN,
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
from headgate.classify.programs.verbs import (
    DESTROY,
    LIGHT,
    RESTART,
    SERVE,
    SETTING,
    WAIT,
    verbs,
)

_DISKS = rows(
    (
        tool(
            (DESTROY, "format, device remove, device evacuate, subvolume delete"),
            (WORK, "fsck, migrate, data rereplicate, data scrub, data job"),
            (LIGHT, "show-super, list, list_journal, fs usage, version"),
        ),
        "bcachefs",
    ),
    (tool((WIPE_LONG, "copy"), (READS_LONG, "create")), "bmaptool"),
    (tool((WIPE_SCREEN, "burn")), "caligula"),
    (DESTROY, "delpart f3fix"),
    (Kind(does=READS_LONG, options=given((DESTROY, "-n --destructive"))), "f3probe"),
    (WORK, "f3write"),
    (READS_LONG, "f3read"),
    (Kind(does=WORK, options=given((ORDINARY, "-c -V"))), "e4defrag"),
    (READS_LONG, "e2image"),
    (unless(DESTROY, "-n -h -V"), "e2undo"),
    (tool((READS_LONG, "check"), (WORK, "resize")), "fsadm"),
    (Kind(does=READS_LONG, options=given((WORK, "-w -f"))), "cvfsck"),
    (unless(WORK, "--dry-run --help -h"), "lvm_import_vdo"),
    (Kind(runs={"": 0}, bare=SCREEN, table={}), "lvm"),
    (
        tool(
            (LIGHT, "list, info, listFilesystems, activity, apfs list, cs list, appleRAID list"),
            (
                DESTROY,
                "eraseDisk, eraseVolume, reformat, partitionDisk, secureErase, zeroDisk, randomDisk, mergePartitions",
            ),
            (DESTROY, "splitPartition, addPartition, apfs deleteVolume, apfs deleteContainer, apfs eraseVolume"),
            (WORK, "repairVolume, verifyVolume, repairDisk, verifyDisk, resizeVolume, apfs resizeContainer"),
        ),
        "diskutil",
    ),
    (
        tool(
            (WORK, "create, convert, compact, burn, makehybrid, segment, resize, verify"),
            (SETTING, "attach, detach, mount, eject, unmount"),
            (DESTROY, "erasekeys"),
        ),
        "hdiutil",
    ),
    (tool((WIPE_LONG, "restore"), (READS_LONG, "imagescan"), (SERVE, "server")), "asr"),
    (tool((WORK, "enable, disable"), (SCREEN, "changerecovery, add")), "fdesetup"),
    (unless(SCREEN, "-info -passfile -extpass -version -fsck -speed", long_dash=True), "gocryptfs"),
    (
        Kind(does=SCREEN, fed=ORDINARY, options=given((ORDINARY, "--show-ciphers --extpass -S --stdinpass"))),
        "cryfs encfs",
    ),
    (when(SERVE, "-f -d"), "bindfs jmtpfs archivemount"),
    (
        tool((WORK, "backup"), (WIPE_LONG, "restore, restore2, erase"), (SCREEN, "changepw")),
        "idevicebackup idevicebackup2",
    ),
    (when(WORK, "-a -r -m --all --missing --byengine --byfmt --refresh"), "fmtutil fmtutil-sys fmtutil-user"),
    (
        Kind(options=given((DESTROY, "-D --delete-all-files -d --delete-file"), (WORK, "-P --get-all-files"))),
        "gphoto2",
    ),
)

_FIRMWARE = rows(
    (Kind(options=given((WORK, "-U"), (DESTROY, "-e")), valued=words_of("-p -c -P -b -U -B -C -E -i -x")), "avrdude"),
    (
        tool(
            (WORK, "write_flash, write-flash, read_flash, read-flash, verify_flash, verify-flash"),
            (DESTROY, "erase_flash, erase-flash, erase_region, erase-region"),
            valued="--chip -c --port -p --baud -b --before --after",
        ),
        "esptool.py esptool",
    ),
    (
        tool(
            (LIGHT, "devices, getvar, help"),
            (RESTART, "reboot, reboot-bootloader, continue, boot"),
            (WIPE_LONG, "flash, update, flashall"),
            (DESTROY, "erase, format, oem unlock, oem lock, flashing unlock, flashing lock, wipe-super"),
            valued="-s --slot",
        ),
        "fastboot",
    ),
    (tool((WORK, "install, auto-install")), "ikaros"),
    (
        Kind(
            does=RESTART, options=given((SETTING, "-l --load -u --unload -p --load-panic"), (ORDINARY, "-S --status"))
        ),
        "kexec",
    ),
    (tool((RESTART, "restart, shutdown, sleep")), "idevicediagnostics"),
    (tool((RESTART, "reboot, shutdown, logout, suspend, hibernate, switch_user")), "i3exit"),
    (Kind(options=given((WAIT, "-w --wait")), table=verbs((DESTROY, "clean"))), "cloud-init"),
    (
        unless(WIPE_SCREEN, "--dry-run --version -v -h", "--config --creds --script --config-url --creds-url"),
        "archinstall",
    ),
)

_DATA = rows(
    (DESTROY, "bfg"),
    (
        Kind(
            options=given(
                (ORDINARY, "-p --preview -l --list-cleaners"), (DESTROY, "-c --clean -s --shred -w --wipe-free-space")
            ),
        ),
        "bleachbit",
    ),
    (
        Kind(does=WORK, at=(), options=given((SWEEP_LONG, "-w -W")), valued=words_of("-w -W -n -f -s -o -O -t -d")),
        "fpsync",
    ),
    (tool((RESTART, "check kill")), "airmon-ng"),
    (tool((DESTROY, "uninit")), "etckeeper"),
    (tool((DESTROY, "unsafe-bootstrap, repurpose, detach-cluster")), "elasticsearch-node"),
    (tool((WORK, "create"), (WIPE_LONG, "restore")), "gitlab-backup"),
    (tool((WORK, "save, index, restore, fsck, split, join"), (DESTROY, "rm, gc"), valued="--bup-dir -d"), "bup"),
    (tool((WORK, "run, snapshot, resume, archive, clean, prune")), "btrbk"),
    (tool((WORK, "backup"), (WIPE_LONG, "restore")), "ludusavi"),
    (tool((SERVE, "daemon"), (DESTROY, "repo gc, repo destroy"), (WORK, "get, pin add")), "ipfs"),
)

PROGRAMS: dict[str, Program] = {**_DISKS, **_FIRMWARE, **_DATA}
