"""Installers, downloaders, package builders and image builders: known to take long, but for the words that only ask."""

from headgate.classify.programs.catalogue import (
    FETCH,
    ORDINARY,
    SCREEN,
    WINDOW,
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
from headgate.classify.programs.verbs import COPY, DEPLOY, DESTROY, LIGHT, RESTART, SETTING, verbs

_INSTALLER = Kind(
    table=verbs(
        (FETCH, "install, upgrade, update, remove, reinstall, downgrade, autoremove, distro-sync, group, makecache"),
        (FETCH, "system-upgrade, swap, builddep, refresh"),
    ),
    options=given((ORDINARY, "--dry-run --simulate --assumeno")),
)

_SYSTEM = rows(
    (_INSTALLER, "deb-get dnf4 eopkg lure appman"),
    (tool((FETCH, "pkg apply, upgrade, rollback"), (SETTING, "pkg add, pkg remove")), "abroot"),
    (
        Kind(
            table=verbs((FETCH, "upgrade, switch, install, rollback")),
            options=given((ORDINARY, "--check")),
        ),
        "bootc",
    ),
    (
        Kind(
            options=given(
                (ORDINARY, "-Ss -Si -Sp -As -Ai -Ap -s --search --info -i"),
                (FETCH, "-S -Sy -Syu -Su -A -Au -Akua -R -Rs -Rsu -Rns --sync --remove --upgrade"),
            ),
            long_dash=True,
        ),
        "aura aurman",
    ),
    (tool((FETCH, "sync, build, chroot, fetch")), "aur"),
    (
        Kind(
            table=verbs(
                (FETCH, "install, remove, upgrade, pull, build, pack, time-machine, system reconfigure, system build"),
                (FETCH, "system image, system vm, home reconfigure, home build"),
                (WORK, "gc"),
                (DEPLOY, "deploy"),
            ),
            options=given((ORDINARY, "-s --search -n --dry-run"), (FETCH, "-i --install -r --remove -u --upgrade")),
        ),
        "guix",
    ),
    (tool((FETCH, "restore, clone")), "apt-clone"),
    (tool((FETCH, "sync, boot update")), "ego"),
    (tool((FETCH, "sync")), "emaint"),
    (when(FETCH, "-u --update -d --download"), "checkupdates debtap"),
    (unless(FETCH, "-v --version --apt-line"), "gdebi"),
    (
        tool((FETCH, "update, install, upgrade, downgrade, reinstall, switch-branch")),
        "fwupdmgr fwupdtool atomupd-manager",
    ),
    (
        unless(FETCH, "-pkginfo -volinfo -dominfo -showChoiceChangesXML -showChoicesXML -query", long_dash=True),
        "installer",
    ),
    (unless(FETCH, "-warn -m", long_dash=True), "installpkg"),
    (unless(FETCH, "-help -version", long_dash=True), "install-tl"),
    (FETCH, "distrobox-upgrade freshclam locate.updatedb"),
    (unless(FETCH, "--compatibility -C -d --dry-run"), "distrobox-create"),
    (DESTROY, "distrobox-rm lxc-destroy"),
    (RESTART, "distrobox-stop lxc-start lxc-stop"),
    (FETCH, "lxc-create"),
    (tool((FETCH, "pull-tar, pull-raw, import-tar, import-raw, import-fs, export-tar, export-raw")), "importctl"),
)

_TOOLCHAINS = rows(
    (tool((FETCH, "install, upgrade, compile, prefetch"), (SCREEN, "tui")), "ghcup"),
    (tool((FETCH, "install")), "exenv fvm"),
    (tool((FETCH, "use, install, update")), "bob"),
    (tool((FETCH, "install, wizard")), "eim"),
    (tool((WORK, "build, build-install, install, upgrade")), "kerl"),
    (tool((WORK, "update, bootstrap, build, checkout, archive")), "carthage"),
    (tool((WORK, "build, install, autoinstall, remove")), "dkms"),
    (WORK, "akmods debuild electron-packager genkernel"),
    (unless(WORK, "--list-modules", "--kver --conf"), "dracut"),
    (unless(WORK, "-S -T --rules-target=clean --target=clean", "--rules-target --target"), "dpkg-buildpackage"),
    (tool((WORK, "buildpackage, buildpackage-rpm")), "gbp"),
    (Kind(options=given((WORK, "--issue --renew --renew-all --cron"), (DEPLOY, "--deploy"))), "acme.sh"),
    (
        Kind(
            does=FETCH,
            bare=SCREEN,
            options=given((FETCH, "--nginx --apache")),
            table=verbs(
                (LIGHT, "certificates, plugins, show_account, register, install"),
                (DESTROY, "revoke, delete, unregister"),
            ),
            valued=words_of("-d --domain --domains -w --webroot-path -m --email --cert-name --config-dir"),
        ),
        "certbot",
    ),
    (tool((WORK, "run, build, emulate, compile"), (SETTING, "platform, plugin")), "cordova"),
    (WORK, "grub-mkrescue"),
    (tool((FETCH, "setup")), "larasail"),
    (tool((FETCH, "update")), "hyprpm"),
    (WORK, "autopkgtest checkinstall"),
    (
        Kind(
            options=given((ORDINARY, "-p --pretend --query --list-installed"), (SCREEN, "--initial-setup")),
            does=WORK,
        ),
        "kde-builder kdesrc-build",
    ),
    (tool((WORK, "system build, system create, system prepare, system update, image resize")), "kiwi-ng"),
    (tool((WORK, "build, generate-iso, switch, upgrade, rebase")), "bluebuild"),
    (
        Kind(
            does=WORK,
            options=given((ORDINARY, "--show-deps --show-manifest")),
        ),
        "flatpak-builder",
    ),
    (
        Kind(
            table=verbs(
                (WORK, "up, build, set-up, run-user-commands"), (DEPLOY, "features publish, templates publish")
            ),
            runs={"exec": 0},
            valued=words_of("--workspace-folder --docker-path --container-id --config --id-label"),
        ),
        "devcontainer",
    ),
    (tool((WORK, "build"), (DEPLOY, "deploy, server")), "fdroid"),
    (tool((WORK, "call, check"), (SCREEN, "shell")), "dagger"),
)

_DOWNLOADS = rows(
    (tool((FETCH, "download, archive, clone")), "bdfr"),
    (FETCH, "deemix depotdownloader gdown httrack instaloader isisdl llvd"),
    (unless(FETCH, "-g --get-urls -s --simulate -j --dump-json -K --list-keywords --list-extractors"), "gallery-dl"),
    (when(FETCH, "-g --get --pvr --url --pid --refresh"), "get_iplayer"),
    (
        Kind(does=SCREEN, options=given((FETCH, "-d --download"), (ORDINARY, "-D --delete -V --version -h -U"))),
        "ani-cli",
    ),
    (tool((FETCH, "download"), (WINDOW, "stream")), "animdl"),
    (unless(FETCH, "-l --list-versions", "-a --app -d --download-source -o -c --csv"), "apkeep"),
    (unless(FETCH, "--help"), "dget"),
    (
        tool(
            (COPY, "upload, upload-large-folder, sync, buckets sync"),
            (FETCH, "download"),
            (DEPLOY, "endpoints deploy, jobs run"),
            (DESTROY, "repo delete, repos delete"),
            valued="--repo-type --revision --token --local-dir --include --exclude",
            at=(),
        ),
        "hf",
    ),
    (
        tool(
            (FETCH, "competitions download, datasets download, models instances versions download, kernels output"),
            at=(),
        ),
        "kaggle",
    ),
    (tool((COPY, "upload, download, copy, move"), (DESTROY, "delete"), at=()), "ia"),
    (tool((COPY, "upload, download, update, sync, files upload, files download"), at=()), "gdrive filen"),
    (tool((COPY, "upload, upload from-folder, archive"), at=()), "immich immich-go"),
    (Kind(does=COPY, at=(), options=given((LIGHT, "-h --help"))), "airshare imapsync"),
    (
        Kind(
            at=(),
            options=given(
                (ORDINARY, "--action=estimate --action=count"), (COPY, "--action=restore"), (FETCH, "--action")
            ),
            valued=words_of("--email --action --search --local-folder"),
            does=FETCH,
        ),
        "gyb",
    ),
    (tool((COPY, "push, pull, fetch"), (WORK, "repro, exp run, import, import-url, get, get-url"), at=()), "dvc"),
    (
        when(
            FETCH,
            "-dump -dump-all",
            "-url -dump -port -rate -dir -timeout -headers -bearer -username -password",
            long_dash=True,
        ),
        "dockdiver",
    ),
)

PROGRAMS: dict[str, Program] = {**_SYSTEM, **_TOOLCHAINS, **_DOWNLOADS}
