"""More tools of operators: they deploy, publish, restart and drop, on this machine's platform or another's."""

from headgate.classify.programs.catalogue import (
    FETCH,
    HALT,
    HIDES,
    ORDINARY,
    SCREEN,
    WORK,
    Kind,
    Program,
    given,
    rows,
    tool,
    unless,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    DEPLOY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    REMOVE,
    RESTART,
    RUNS,
    SERVE,
    SESSION,
    UNDEPLOY,
    verbs,
)

_PLATFORMS = rows(
    (
        tool(
            (LOOK, "list, ls, inspect, logs, app-change list"),
            (DEPLOY, "deploy, app-group deploy, rename"),
            (UNDEPLOY, "delete, app-group delete"),
            at=("--kubeconfig-context", ""),
        ),
        "kapp",
    ),
    (
        tool(
            (WORK, "build, render, bundle copy, export"),
            (DEPLOY, "converge, bundle apply, bundle publish, release"),
            (UNDEPLOY, "dismiss"),
            (REMOVE, "purge, cleanup"),
            at=("--kube-context", ""),
        ),
        "werf",
    ),
    (
        tool(
            (LOOK, "get status, logs"), (DEPLOY, "deploy"), (SERVE, "dev, serve"), (UNDEPLOY, "cleanup, delete"), at=()
        ),
        "garden",
    ),
    (
        tool(
            (LOOK, "status, namespace list"),
            (DEPLOY, "deploy"),
            (UNDEPLOY, "destroy"),
            (SESSION, "up, exec"),
            (LIGHT, "version, context, login, kubeconfig"),
            at=("-c --context", ""),
        ),
        "okteto",
    ),
    (
        tool((DEPLOY, "release, full-release, deploy, publish, upload"), (LIGHT, "config, init, template"), at=()),
        "jreleaser",
    ),
    (
        tool((DEPLOY, "deploy, rollback, build"), (LOOK, "list, metrics, status"), (FOLLOW, "logs"), at=()),
        "apex",
    ),
    (
        tool(
            (LOOK, "list, show, flavor-list, image-list, network-list, console-log, hypervisor-list, quota-show"),
            (DEPLOY, "boot, rebuild, resize, resize-confirm"),
            (HALT, "start, stop, reboot, pause, unpause, suspend, resume, lock, unlock, shelve"),
            (REMOVE, "delete, force-delete, volume-detach, flavor-delete, image-delete"),
            (CHANGE, "volume-attach, keypair-add, live-migration, evacuate, migrate, update"),
            (SESSION, "ssh"),
            at=(),
        ),
        "nova",
    ),
    (
        Kind(
            does=DEPLOY,
            bare=DEPLOY,
            table=verbs(
                (LOOK, "ls, list, inspect, logs, domains ls, env ls"),
                (LIGHT, "whoami, help, init, switch, logout"),
                (UNDEPLOY, "remove, rm"),
                (SCREEN, "login"),
                (SERVE, "dev"),
                (CHANGE, "alias, secrets, dns, env add"),
            ),
            at=(),
        ),
        "now",
    ),
    (
        tool(
            (LOOK, "list"),
            (DEPLOY, "create, platform start, platform add"),
            (SESSION, "connect"),
            (HALT, "pause, resume"),
            (UNDEPLOY, "delete, platform destroy"),
            (LIGHT, "version, logout, disconnect, completion, use"),
            valued="-n --namespace --context -f --values",
            at=("--context", ""),
        ),
        "vcluster",
    ),
    (
        tool(
            (LOOK, "get, view"),
            (DEPLOY, "add deployment"),
            (CHANGE, "add, restart, cancel, update, approve, repair"),
            (REMOVE, "remove"),
            at=(),
        ),
        "vela",
    ),
    (
        tool((DEPLOY, "push, deploy, promote, migrate, upload"), (UNDEPLOY, "delete"), (SERVE, "invoke"), at=()),
        "zapier",
    ),
    (
        tool(
            (
                DEPLOY,
                "force:source:push, force:source:deploy, force:mdapi:deploy, project deploy start, package install",
            ),
            (REMOVE, "force:org:delete, org delete scratch, org delete sandbox, force:data:record:delete"),
            (CHANGE, "force:data:record:update, force:data:tree:import, force:user:create, data update record"),
            (CHANGE, "force:apex:execute, apex run, force:org:create, org create scratch"),
            (SCREEN, "force:auth:web:login, org login web, force:org:open, org open"),
            (FOLLOW, "force:apex:log:tail, apex tail log"),
            at=(),
        ),
        "sf sfdx",
    ),
    (
        tool(
            (DEPLOY, "init, promote, update, failkeeper, removekeeper"),
            (LOOK, "status, spec, clusterdata read"),
            (CHANGE, "clusterdata write"),
            at=("--store-endpoints", ""),
            valued="--cluster-name --store-backend --store-endpoints --kube-resource-kind",
        ),
        "stolonctl",
    ),
    (
        tool(
            (DEPLOY, "up, install, approve, commit, upgrade, deploy"),
            (UNDEPLOY, "down, cleanup"),
            (RESTART, "start, stop, restart"),
        ),
        "minifab",
    ),
    (tool((DEPLOY, "post, publish, land, close"), (LOOK, "status, list-repos"), at=()), "rbt"),
    (Kind(options=given((REMOVE, "-free")), does=CHANGE, at=(), table=verbs((LIGHT, "help"))), "protector"),
    (Kind(does=LOOK, at=("--context", "")), "rbac-lookup"),
    (
        tool(
            (LOOK, "get-me, list-monitors, get-monitor"),
            (CHANGE, "create-monitor, update-monitor"),
            (REMOVE, "delete-monitor"),
            at=(),
        ),
        "ohdear",
    ),
    (tool((CHANGE, "upload"), (LOOK, "get, search, verify, loginfo"), at=()), "rekor-cli"),
)

_SERVICES = rows(
    (
        Kind(
            table=verbs(
                (DESTROY, "db drop, db reset, db clean, site empty, site delete"),
                (SCREEN, "db cli, shell"),
                (SERVE, "server"),
                (FETCH, "core download, core update, plugin install, plugin update, theme install, theme update"),
                (
                    WORK,
                    "db export, db import, search-replace, media regenerate, db optimize, db repair, import, export",
                ),
                (HIDES, "eval, eval-file"),
            ),
            options=given((RUNS, "--ssh --http")),
            valued=words_of("--ssh --http --path --url --user"),
            at=("--ssh", "--http"),
        ),
        "wp",
    ),
    (tool((RESTART, "start, stop, restart, reload"), (SCREEN, "shell, adduser, passwd")), "prosodyctl"),
    (tool((SCREEN, "db, login"), (FOLLOW, "log"), (FETCH, "installer, repair")), "plesk"),
    (tool((SCREEN, "add, debug"), (DESTROY, "revoke, uninstall"), (LIGHT, "list, clients")), "pivpn"),
    (tool((RESTART, "up, down, restart, start, stop"), (FOLLOW, "logs"), (FETCH, "install, update")), "marzban"),
    (tool((RESTART, "enable, disable, start, stop")), "takeout"),
    (Kind(does=RESTART, options=given((ORDINARY, "-b -r=l --version")), valued=words_of("-r -m -u -c")), "needrestart"),
    (
        tool(
            (RESTART, "drain, revive"),
            (WORK, "await_online_quorum_plus_one, await_online_synchronized_mirror, post_upgrade"),
        ),
        "rabbitmq-upgrade",
    ),
    (tool((RESTART, "restart_stream"), (DESTROY, "delete_replica")), "rabbitmq-streams"),
    (tool((CHANGE, "add_member, grow, rebalance"), (DESTROY, "delete_member, shrink")), "rabbitmq-queues"),
    (
        Kind(
            table=verbs((SCREEN, "add, create, modify, update, delete, remove, archive, load")),
            options=given((CHANGE, "-i --immediate"), (ORDINARY, "-r --readonly")),
            bare=SCREEN,
            at=(),
        ),
        "sacctmgr",
    ),
    (Kind(does=FOLLOW, options=given((ORDINARY, "--layout --version -h"))), "sattach"),
    (Kind(table=verbs((SCREEN, "attach"), (SERVE, "daemon"))), "shpool"),
    (unless(WORK, "-n --dry-run -h"), "mashtree_bootstrap.pl mashtree pangolin mopac"),
    (tool((WORK, "run"), (FETCH, "dataset get")), "nextclade"),
    (tool((WORK, "run, pull, drop"), (SCREEN, "console"), (DESTROY, "clean")), "nextflow"),
    (
        tool(
            (FETCH, "download, modules install, modules update, pipelines download"),
            (SCREEN, "create, launch, pipelines create, pipelines launch"),
        ),
        "nf-core",
    ),
    (tool((WORK, "run"), (SCREEN, "login")), "tmt"),
)

_MEDIA = rows(
    (unless(WORK, "--version --show-config"), "manim"),
    (WORK, "waifu2x-ncnn-vulkan whisper transcode"),
    (
        unless(
            WORK,
            "--list_models --model_info_by_idx --model_info_by_name --list_speaker_idxs",
            "--text --model_name --out_path",
        ),
        "tts",
    ),
    (Kind(does=WORK, bare=ORDINARY, table=verbs((LIGHT, "help, checks, version, settings, cfg"))), "yolo"),
    (unless(WORK, "--version"), "ocrmypdf"),
    (tool((WORK, "merge, split, chapters")), "m4b-tool"),
    (unless(WORK, "--version -h"), "zopflipng"),
    (WORK, "updatedb"),
    (
        Kind(
            options=given((ORDINARY, "--version --help")),
            table={
                f"{name} run": WORK for name in "cpu memory fileio threads mutex oltp_read_write oltp_read_only".split()
            },
            does=ORDINARY,
        ),
        "sysbench",
    ),
)

PROGRAMS: dict[str, Program] = {**_PLATFORMS, **_SERVICES, **_MEDIA}
