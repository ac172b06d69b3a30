"""More disks, firmware, backups and guests of this machine: raw writes destroy, emulators and restores take long."""

from headgate.classify.programs.catalogue import (
    FETCH,
    HALT,
    ORDINARY,
    READS_LONG,
    SCREEN,
    STREAM,
    WINDOW,
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
from headgate.classify.programs.verbs import COPY, DESTROY, LIGHT, RESTART, SERVE, SETTING, verbs

_DISKS = rows(
    (WIPE_LONG, "sfill woeusb"),
    (
        Kind(options=given((WIPE_LONG, "-i -I"), (WORK, "-u -p")), valued=words_of("-r -L")),
        "ventoy",
    ),
    (Kind(does=WINDOW, options=given((WIPE_LONG, "--cli"), (ORDINARY, "--version"))), "rpi-imager"),
    (tool((LIGHT, "/list, /version"), does=SCREEN, bare=SCREEN), "testdisk photorec"),
    (
        tool(
            (WIPE_LONG, "wl, wlx, gpt, ul"),
            (DESTROY, "ef"),
            (RESTART, "rd"),
            (READS_LONG, "rl"),
            (LIGHT, "ld, ppt, rci, rfi, td"),
        ),
        "rkdeveloptool",
    ),
    (
        Kind(
            does=WINDOW,
            options=given(
                (WIPE_SCREEN, "-c --create"),
                (SETTING, "-d --dismount -u --unmount"),
                (ORDINARY, "-l --list --version -h"),
                (SCREEN, "-t --text"),
            ),
            valued=words_of("-k --keyfiles -p --password --random-source --size"),
        ),
        "veracrypt",
    ),
    (tool((SCREEN, "forge, lock, open, passwd, setkey, resize"), (WORK, "dig"), (RESTART, "slam")), "tomb"),
    (
        tool((DESTROY, "pool create, pool destroy, filesystem destroy, fs destroy, pool add-data, pool add-cache")),
        "stratis",
    ),
    (tool((DESTROY, "destroy-namespace, disable-namespace, sanitize-dimm"), (LIGHT, "list")), "ndctl"),
    (DESTROY, "steamos-factory-reset steamos-factory-reset-config trash-empty trash-rm rmlint.sh"),
    (when(DESTROY, "--dry-run=no", "--dry-run --size --root --definitions"), "systemd-repart"),
    (unless(DESTROY, "-n --dry-run -V", "-D --pgdata"), "pg_resetwal"),
    (unless(DESTROY, "-n --dry-run -V", "-x --strip-extension"), "pg_archivecleanup"),
    (unless(WIPE_LONG, "-n --dry-run -V", "-D --target-pgdata --source-pgdata --source-server"), "pg_rewind"),
    (
        unless(WORK, "-n --dry-run -V", "-o --output -D --pgdata -d --database -P"),
        "pg_combinebackup pg_createsubscriber",
    ),
    (READS_LONG, "pg_verifybackup readcd quotacheck zdb"),
    (when(DESTROY, "-d --decompose"), "rip"),
    (
        Kind(
            does=READS_LONG,
            options=given((READS_LONG, "-dryrun=true -n=true"), (DESTROY, "-deleteduplicates=true")),
            valued=words_of(
                "-dryrun -n -deleteduplicates -makehardlinks -makesymlinks -ignoreempty -minsize -outputname"
            ),
            long_dash=True,
        ),
        "rdfind",
    ),
    (READS_LONG, "rmlint"),
    (
        Kind(does=DESTROY, options=given((ORDINARY, "-n --dry-run --configure -p --custom-path"))),
        "mac-cleanup",
    ),
    (
        Kind(
            bare=SCREEN,
            options=given((ORDINARY, "--dry-run")),
            table=verbs((DESTROY, "clean, uninstall, purge"), (WORK, "optimize"), (SCREEN, "analyze, status")),
        ),
        "mole",
    ),
    (when(DESTROY, "-c"), "nvram"),
    (
        tool(
            (WORK, "startbackup, verifychecksums, compare"),
            (DESTROY, "delete, restore, deletelocalsnapshots, thinlocalsnapshots"),
        ),
        "tmutil",
    ),
    (
        tool((WORK, "backup, restore, check, copy, prune, forget, rewrite, profile backup"), (SETTING, "schedule")),
        "resticprofile",
    ),
    (
        tool(
            (WORK, "backup, restore, check, copy, dump, merge, repair, rewrite"),
            (DESTROY, "forget, prune"),
            (SERVE, "webdav"),
            (SCREEN, "mount"),
            valued="-r --repository --repo -P --use-profile --password --password-file",
        ),
        "rustic",
    ),
    (when(DESTROY, "--del --clean -r --restore", "--config -c --id --kind --keep"), "rusnapshot"),
    (tool((WORK, "create, repair, c, r")), "par2"),
    (
        tool(
            (RESTART, "server start, server stop, server restart"),
            (SERVE, "server console"),
            (WORK, "database dump, database backup, database check, database import, database copy, database migrate"),
            (WIPE_LONG, "database load, database restore"),
        ),
        "neo4j-admin",
    ),
    (unless(WORK, "--simulate --version"), "phpbu"),
    (tool((RESTART, "start, stop, restart"), (WORK, "backup"), (WIPE_LONG, "restore")), "papermc"),
)

_FIRMWARE = rows(
    (
        Kind(
            options=given((WIPE_LONG, "-w --write -E --erase"), (WORK, "-r --read -m --verify")),
            valued=words_of("-p --device -w --write -r --read -m --verify -c --page -f --format"),
        ),
        "minipro",
    ),
    (tool((WIPE_LONG, "write"), (READS_LONG, "read"), (DESTROY, "erase"), (RESTART, "reset")), "st-flash"),
    (tool((WORK, "load, save, verify"), (DESTROY, "erase"), (RESTART, "reboot")), "picotool"),
    (
        tool((WORK, "flash, serial flash, update"), (STREAM, "serial monitor, subscribe"), (SCREEN, "setup, login")),
        "particle",
    ),
    (
        Kind(
            table=verbs(
                (STREAM, "device monitor"),
                (WORK, "remote run"),
                (FETCH, "pkg install, pkg update, upgrade, platform install, lib install"),
                (LIGHT, "device list"),
            )
        ),
        "pio platformio",
    ),
    (tool((SCREEN, "repl, mount"), bare=SCREEN), "mpremote"),
    (SCREEN, "microcom"),
    (unless(SCREEN, "-l --list -v", "-b --baudrate -d -f -s -p -o -m -L --log-file --output-mode"), "tio"),
    (
        when(SCREEN, "--import -i --delete -d --enable-validation --disable-validation --password -p --reset"),
        "mokutil",
    ),
    (
        Kind(
            does=RESTART,
            options=given(
                (ORDINARY, "-m=no -m=show -m=disable -m=on --mode=no --mode=show --mode=disable"),
                (ORDINARY, "--mode=on -n --dry-run --list-modes"),
            ),
            valued=words_of("-m --mode -s --seconds -t --time --date -d --device"),
        ),
        "rtcwake",
    ),
    (tool((RESTART, "sleepnow, schedule, relative")), "pmset"),
    (Kind(does=HALT, at=(), options=given((LIGHT, "-n --dry-run")), bare=LIGHT), "wakeonlan wol"),
    (unless(READS_LONG, "-L --list-devices -A --all-options -T --test -n -f --formatted-device-list -V"), "scanimage"),
)

_GUESTS = rows(
    (
        Kind(
            does=SERVE,
            options=given(
                (
                    ORDINARY,
                    "-machine=help -M=help -cpu=help -device=help -accel=help -netdev=help -display=help -version -h",
                ),
                (SCREEN, "-nographic -curses"),
                (RESTART, "-daemonize"),
            ),
            valued=words_of("-machine -M -cpu -device -accel -netdev -display -m -hda -cdrom -boot -kernel -bios -smp"),
            long_dash=True,
        ),
        " ".join(
            f"qemu-system-{name}"
            for name in (
                "x86_64 i386 arm aarch64 riscv32 riscv64 ppc ppc64 mips mips64 mipsel s390x sparc sparc64 m68k".split()
            )
        ),
    ),
    (tool((WORK, "convert, commit, rebase, bench, check, compare, dd, measure")), "qemu-img"),
    (unless(WORK, "--print-xml --osinfo=list --dry-run --version"), "virt-install virt-clone"),
    (unless(WORK, "--list-operations -n --dry-run -V"), "virt-sparsify virt-sysprep"),
    (SERVE, "virt-qemu-run"),
    (unless(WORK, "--version --delete-vm --kill --shortcut"), "quickemu"),
    (
        Kind(
            table=verbs(
                (COPY, "push"),
                (FETCH, "pull, clone, create, import, export"),
                (SERVE, "run"),
                (RESTART, "stop, suspend"),
                (DESTROY, "delete, prune"),
            ),
            runs={"exec": 1},
        ),
        "tart",
    ),
    (
        Kind(
            table=verbs(
                (FETCH, "create, update, import, export"),
                (RESTART, "start, stop, restart"),
                (DESTROY, "delete, reset"),
                (SCREEN, "shell, ssh"),
                (STREAM, "logs"),
            ),
            bare=SCREEN,
            runs={"run": 0},
            valued=words_of("-m --machine -u --user -w --workdir"),
        ),
        "orb",
    ),
    (
        Kind(
            table=verbs(
                (SERVE, "session start"),
                (RESTART, "session stop, container start, container stop, container restart"),
                (FETCH, "init, upgrade"),
                (WINDOW, "show-full-ui, first-launch"),
                (STREAM, "logcat"),
                (SCREEN, "shell"),
            ),
            runs={"shell": 0},
        ),
        "waydroid",
    ),
    (
        Kind(
            table=verbs(
                (WORK, "create, update"),
                (RESTART, "start, stop, restart, terminate"),
                (DESTROY, "destroy"),
                (SCREEN, "login, root-login"),
            ),
            runs={"run": 1},
        ),
        "nixos-container",
    ),
    (
        tool((FETCH, "download"), (LIGHT, "available, list, update")),
        "pveam",
    ),
    (WIPE_LONG, "qmrestore"),
    (WORK, "vzdump pveperf"),
    (tool((RESTART, "start, stop, restart")), "pve-firewall"),
    (tool((DESTROY, "delnode"), (RESTART, "expected")), "pvecm"),
    (tool((SETTING, "create, set"), (DESTROY, "delete")), "pvesh"),
)

PROGRAMS: dict[str, Program] = {**_DISKS, **_FIRMWARE, **_GUESTS}
