"""More package managers, toolchains and downloaders: what they fetch, build or install is known to take long."""

from headgate.classify.programs.catalogue import (
    FETCH,
    HIDES,
    ORDINARY,
    SCREEN,
    WINDOW,
    WIPE_LONG,
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
    COPY,
    DEPLOY,
    DESTROY,
    LIGHT,
    REMOVE,
    RESTART,
    SERVE,
    verbs,
)

_INSTALLS = (
    FETCH,
    (
        "install, remove, uninstall, purge, upgrade, update, reinstall, downgrade, autoremove, refresh, sysup, depinst,"
        " dist-upgrade, daily-upgrade, bundle-add, bundle-remove, repair, sys-upgrade, install-modules, add"
    ),
)

_SYSTEM = rows(
    (tool(_INSTALLS), "oma pamac pkcon prt-get swupd wajig upt shelly pikman pkgz paci"),
    (tool(_INSTALLS, (LIGHT, "pico-init")), "vso"),
    (
        Kind(
            options=given(
                (ORDINARY, "-Ss -Si -Sp -Ssu -Ssy --search --info -Q -Qu"),
                (FETCH, "-S -Sy -Syu -Syua -Su -Sua -Sc -R -Rs -Rns --sync --remove"),
            ),
            long_dash=True,
        ),
        "pacaur trizen yaourt",
    ),
    (when(FETCH, "-i --install -r --remove"), "mhwd mhwd-kernel"),
    (when(FETCH, "-I --install -R --remove -U --update -Up --upgrade -PI"), "pacstall"),
    (when(FETCH, "--install --remove --upgrade --upgrade-all --update"), "paxs slapt-get slapt-src spi"),
    (unless(FETCH, "-h --print-only -p"), "pacstrap pacsync pactrans"),
    (unless(FETCH, "--status --get-branch -G -s --country-list -l"), "pacman-mirrors"),
    (when(FETCH, "-u --update"), "pkgfile"),
    (unless(WORK, "--printsrcinfo --verifysource -g --geninteg --packagelist -V"), "makepkg"),
    (when(WORK, "-d"), "pkgmk"),
    (tool((WORK, "build"), (DEPLOY, "release"), (SCREEN, "diff, aur")), "pkgctl"),
    (Kind(bare=SCREEN, does=ORDINARY), "pkgtool"),
    (unless(FETCH, "--dry-run", "--root"), "upgradepkg"),
    (unless(FETCH, "-copy -warn"), "removepkg"),
    (FETCH, "urpmi urpme urpmi.update pkgrm xbps-remove"),
    (tool((FETCH, "install, autoinstall")), "ubuntu-drivers"),
    (tool((FETCH, "update, install, switch-branch"), bare=FETCH), "steamos-update updatectl"),
    (
        Kind(
            table=verbs(
                (FETCH, "upgrade, update, install, uninstall, override, rebase, rollback, deploy, refresh-md, compose")
            ),
            options=given((ORDINARY, "--preview --check"), (RESTART, "-r --reboot")),
        ),
        "rpm-ostree",
    ),
    (tool((FETCH, "pull, admin upgrade, admin deploy"), (WORK, "commit, fsck"), (DESTROY, "prune")), "ostree"),
    (tool((FETCH, "upgrade, download")), "owut"),
    (tool((WIPE_LONG, "install"), (WORK, "bundle, extract")), "rauc"),
    (unless(FETCH, "-n --dry-run --version --config-reference"), "topgrade"),
    (FETCH, "mmdebstrap"),
    (unless(FETCH, "--check --download-only"), "synoupgrade"),
    (tool((RESTART, "start, stop, restart"), (FETCH, "install, install_from_server, uninstall")), "synopkg"),
    (when(FETCH, "-u"), "ports"),
    (
        tool(
            (FETCH, "-up, updatePihole, updateGravity, -g, uninstall, repair"),
            (RESTART, "restartdns, reloaddns, reloadlists"),
            (LIGHT, "status, enable, disable"),
        ),
        "pihole",
    ),
    (tool((FETCH, "update, bootstrap")), "sport"),
    (
        Kind(
            table=verbs((WORK, "build"), (SCREEN, "shell, boot, ssh, vm, qemu"), (SERVE, "serve"), (WIPE_LONG, "burn"))
        ),
        "mkosi",
    ),
    (
        tool(
            (WORK, "os switch, os boot, os test, os build, os build-vm, home switch, home build, darwin switch"),
            (WORK, "darwin build"),
            (DESTROY, "clean all, clean user, clean profile"),
            (SCREEN, "os repl, home repl"),
        ),
        "nh",
    ),
    (tool((WORK, "pr, rev, wip, approve")), "nixpkgs-review"),
)

_TOOLCHAINS = rows(
    (
        Kind(
            does=FETCH,
            bare=SCREEN,
            table=verbs((LIGHT, "ls, list, ls-remote, bin, which, doctor, rm, uninstall, prune")),
            runs={"exec": 1, "run": 1},
        ),
        "n",
    ),
    (
        Kind(
            table=verbs(
                (FETCH, "install, update, upgrade, toolchain install, toolchain update, toolchain add, self update"),
                (SCREEN, "doc, man"),
            ),
            runs={"run": 1},
        ),
        "rustup",
    ),
    (FETCH, "rustup-init.sh"),
    (tool((FETCH, "install, upgrade, reinstall, get"), (DESTROY, "implode")), "rvm"),
    (tool((FETCH, "install, upgrade, update, selfupdate")), "u3d unity"),
    (Kind(bare=ORDINARY, does=FETCH, options=given((ORDINARY, "--list --list_installed --version"))), "sdkmanager"),
    (Kind(table=verbs((WORK, "install, upgrade-perl, clone-modules")), runs={"exec": 0}), "perlbrew"),
    (tool((FETCH, "install, upgrade, update")), "pecl pie phive wapm"),
    (tool((FETCH, "install, update, restore, backup, init-usertree")), "tlmgr"),
    (FETCH, "texliveonfly"),
    (tool((FETCH, "install, upgrade, export")), "vcpkg"),
    (tool((FETCH, "install, download, update, runtimes download, runtimes install")), "xcodes"),
    (when(WINDOW, "--install"), "xcode-select"),
    (
        unless(
            WORK,
            "-list -showsdks -version -showBuildSettings -showdestinations -usage -license -checkFirstLaunchStatus",
            "-workspace -scheme -project -configuration -target -sdk -destination -derivedDataPath",
            long_dash=True,
        ),
        "xcodebuild xctool",
    ),
    (when(WORK, "--expand", long_dash=True), "xip"),
    (unless(WORK, "--eval -E --showrc --version --querytags", "-D --define -E --eval --target"), "rpmbuild"),
    (unless(WORK, "--help --version -V", "-d --dist -c --chroot --extra-package"), "sbuild"),
    (tool((WORK, "build, purge")), "satis"),
    (unless(WORK, "-L -H -h -A -V", "-p --preset -k -c -g -z -A"), "mkinitcpio"),
    (when(WORK, "-c -u", "-k"), "update-initramfs"),
    (unless(WORK, "-l -L -h"), "mkinitfs"),
    (WORK, "mkisofs mksquashfs sqfstar nativefier pake pyinstaller makebuildserver"),
    (
        Kind(
            table=verbs(
                (WORK, "test, create, converge, prepare, verify, idempotence, side-effect, check"),
                (WORK, "destroy, cleanup"),
                (SCREEN, "login"),
            )
        ),
        "molecule",
    ),
    (tool((WORK, "build, xray, profile")), "slim"),
    (
        tool(
            (WORK, "setup:upgrade, setup:di:compile, setup:static-content:deploy, indexer:reindex, setup:install"),
            (DESTROY, "setup:uninstall"),
        ),
        "magento",
    ),
    (
        Kind(
            table=verbs((LIGHT, "reg"), (WINDOW, "winecfg, notepad, explorer, regedit, control, taskmgr, uninstaller")),
            does=HIDES,
            bare=ORDINARY,
        ),
        "wine",
    ),
    (
        Kind(
            does=FETCH, bare=WINDOW, options=given((ORDINARY, "--version -V")), table=verbs((LIGHT, "list, list-all"))
        ),
        "winetricks",
    ),
    (
        Kind(
            does=FETCH,
            options=given((ORDINARY, "-l --list -s --search"), (WINDOW, "--gui"), (HIDES, "-c --command")),
            bare=ORDINARY,
            valued=words_of("-s --search -c --command"),
        ),
        "protontricks",
    ),
)

_DOWNLOADS = rows(
    (FETCH, "megatools-dl rtmpdump ytmdl zsync"),
    (when(FETCH, "--download -D"), "nhentai"),
    (tool((FETCH, "download")), "mist packtpub subliminal webtorrent"),
    (unless(FETCH, "--list --list-csv --list-json --url --check --check-all --version"), "quickget"),
    (tool((SERVE, "web"), (LIGHT, "url, meta"), does=FETCH), "spotdl"),
    (Kind(bare=SCREEN, does=FETCH), "steamcmd"),
    (
        Kind(
            does=WINDOW,
            options=given(
                (ORDINARY, "--json -j --stream-url --plugins --can-handle-url --version"), (FETCH, "-o --output -O")
            ),
            valued=words_of("-o --output -p --player"),
            bare=ORDINARY,
        ),
        "streamlink",
    ),
    (unless(FETCH, "-i --info -u --url --json -V", "-o --output-dir -O --output-filename -x -F --format"), "you-get"),
    (unless(FETCH, "--help", "-w --download-dir -d -u -p"), "transmission-cli"),
    (Kind(does=COPY, at=()), "smbget transfersh slackcat sbcast"),
    (Kind(does=COPY, at=(), options=given((LIGHT, "--mode=info"))), "tgcloud"),
    (
        tool((COPY, "upload, download"), (REMOVE, "rm"), (LIGHT, "init, ls, du, cat, df"), at=()),
        "skicka",
    ),
    (Kind(does=COPY, at=(), options=given((LIGHT, "--info --dry-run"))), "offlineimap"),
    (tool((COPY, "scan file"), (LIGHT, "init, analysis, url, domain, ip"), (FETCH, "download"), at=()), "vt"),
)

PROGRAMS: dict[str, Program] = {**_SYSTEM, **_TOOLCHAINS, **_DOWNLOADS}
