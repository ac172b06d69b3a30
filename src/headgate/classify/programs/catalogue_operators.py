"""Tools of operators: they deploy, publish, restart and open sessions, by their subcommands."""

from headgate.classify.programs.catalogue import (
    FETCH,
    HALT,
    READS_LONG,
    SCREEN,
    WORK,
    WORK_THERE,
    Kind,
    Program,
    rows,
    tool,
    unless,
)
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DEPLOY,
    DEPLOY_FOLLOW,
    DESTROY,
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

_CLUSTERS = rows(
    (
        tool(
            (
                LOOK,
                "environments, deployments, vms, instances, stemcells, releases, tasks, task, events, manifest, disks",
            ),
            (LIGHT, "alias-env, login, logout, env, interpolate, create-release, config, configs, cloud-config"),
            (
                DEPLOY,
                "deploy, create-env, update-cloud-config, update-config, run-errand, upload-release, upload-stemcell",
            ),
            (RESTART, "start, stop, restart, recreate, cck, cloud-check"),
            (SESSION, "ssh"),
            (COPY, "scp, logs"),
            (UNDEPLOY, "delete-deployment, delete-env"),
            (REMOVE, "delete-release, delete-stemcell, delete-vm, delete-disk, clean-up, delete-snapshots"),
            at=("-e", "--environment", ""),
            valued="-e --environment -d --deployment --client --client-secret --ca-cert -c --command -v -l -o",
        ),
        "bosh",
    ),
    (
        tool(
            (
                LOOK,
                "apps, app, fleets, fleet, devices, device, fleet list, device list, releases, envs, env list, tags",
            ),
            (LIGHT, "login, logout, whoami, version, init, settings, os versions, local configure"),
            (DEPLOY, "push, deploy, fleet pin, fleet track-latest, device pin, device track-fleet"),
            (WORK, "build, preload, os download, os build-config"),
            (HALT, "device reboot, device restart, device shutdown"),
            (SESSION, "ssh, device ssh, tunnel, device tunnel"),
            (LOOK, "logs, device logs"),
            (REMOVE, "app rm, fleet rm, fleet purge, device rm, device purge, env rm"),
            (DESTROY, "local flash"),
            (CHANGE, "app create, fleet create, device move, device rename, env set, env add, device os-update"),
            at=(),
        ),
        "balena",
    ),
    (
        Kind(
            table=verbs(
                (LIGHT, "ls, list-networks, check-host, version, inspect-image, prepare-host, gather-facts"),
                (DEPLOY, "bootstrap, deploy, add-host, adopt, pull"),
                (UNDEPLOY, "rm-cluster, rm-daemon, rm-service, zap-osds"),
                (RESTART, "unit, host-maintenance"),
                (SCREEN, "shell, enter"),
            ),
            runs={"shell": 0, "enter": 0},
            valued=words_of("--name -n --fsid --config -c --keyring -k --mount -m --image --mon-ip -e --env"),
        ),
        "cephadm",
    ),
    (
        tool(
            (LOOK, "list-workloads, list-images, list-controllers"),
            (LIGHT, "identity, version, save"),
            (DEPLOY, "sync, release, automate, deautomate, lock, unlock, policy, install"),
            at=("--context", "--kube-context", ""),
        ),
        "fluxctl",
    ),
    (
        tool(
            (DEPLOY, "build, apply, create, resolve, publish, run"),
            (UNDEPLOY, "delete"),
            (LIGHT, "deps, login, version"),
            at=(),
        ),
        "ko",
    ),
    (
        tool((DEPLOY, "up"), (UNDEPLOY, "down"), (LIGHT, "convert, version"), at=("--context", "--kube-context", "")),
        "kompose",
    ),
    (
        tool(
            (DEPLOY_FOLLOW, "dev"),
            (DEPLOY, "deploy, run-pipeline, upgrade"),
            (UNDEPLOY, "purge, reset"),
            (WORK, "build"),
            (SESSION, "enter, attach"),
            (COPY, "sync"),
            (LOOK, "logs, list, print, analyze"),
            (LIGHT, "init, use, add, remove, ui, version"),
            at=("--context", "--kube-context", ""),
        ),
        "devspace",
    ),
    (
        tool(
            (LOOK, "list, get, vars"),
            (LIGHT, "login, logout, use, version, completion"),
            (CHANGE, "create, import, share, wakeup, sleep, set"),
            (REMOVE, "delete"),
            (DEPLOY, "start, upgrade, add"),
            at=(),
        ),
        "loft",
    ),
    (tool((DEPLOY, "deploy"), (CHANGE, "elastic map"), (REMOVE, "elastic flush"), at=()), "cradle"),
    (
        tool((DEPLOY, "deploy, launch, destroy"), (COPY, "sync"), (RUNS, "execute"), (LIGHT, "configure, init"), at=()),
        "dbx",
    ),
    (
        tool((LOOK, "list, dump"), (CHANGE, "set, load"), (REMOVE, "unset"), at=("--context", "--kube-context", "")),
        "k8sec",
    ),
    (Kind(does=LOOK, at=("--context", "--kube-context", "")), "kube-capacity k8s-unused-secret-detector"),
    (
        tool(
            (LOOK, "check, status, inspect"),
            (CHANGE, "create, renew, approve, deny, upgrade, experimental"),
            (LIGHT, "convert, version, completion"),
            at=("--context", "--kube-context", ""),
        ),
        "cmctl",
    ),
    (
        Kind(
            table=verbs((SCREEN, "ctx, ns, edit, edit-config, exec"), (LIGHT, "lint, info, update, delete, export")),
            runs={"exec": 2},
        ),
        "kubie",
    ),
    (
        tool(
            (LIGHT, "ls, ip, url, env, config, status, active, inspect, version"),
            (DEPLOY, "create, provision, upgrade"),
            (HALT, "start, stop, restart, kill, regenerate-certs"),
            (SESSION, "ssh"),
            (COPY, "scp"),
            (REMOVE, "rm"),
            at=("1", ""),
        ),
        "docker-machine",
    ),
    (
        Kind(does=READS_LONG, table=verbs((READS_LONG, "lint"), (LIGHT, "help, version"))),
        "gcpdiag",
    ),
)

_FORGES = rows(
    (
        tool(
            (DEPLOY, "build"),
            (LOOK, "list-builds, status, monitor, watch-build"),
            (CHANGE, "create, modify, buildscm"),
            (REMOVE, "delete, delete-package"),
            at=(),
        ),
        "copr-cli copr",
    ),
    (
        tool(
            (DEPLOY, "build"),
            (LOOK, "buildinfo, list-tasks, list-builds, taskinfo, list-targets, list-tags"),
            (CHANGE, "cancel, tag-build, untag-build"),
            (FETCH, "download-build, download-task, watch-task"),
            at=(),
        ),
        "koji",
    ),
    (
        tool(
            (DEPLOY, "build create, build new, build rebuild"),
            (LIGHT, "build view, build list, pipeline list, agent list"),
            (CHANGE, "build cancel, agent stop"),
            at=(),
        ),
        "bk",
    ),
    (
        tool(
            (DEPLOY, "builds submit, builds resubmit, pages publish"),
            (SESSION, "builds ssh, ssh"),
            (LIGHT, "builds list, builds show"),
            at=(),
        ),
        "hut",
    ),
    (
        tool(
            (COPY, "rt upload, rt u, rt download, rt dl, rt copy, rt move"),
            (REMOVE, "rt delete, rt del"),
            (DEPLOY, "rt build-publish, rt bp, rt docker-push"),
            at=(),
        ),
        "jf",
    ),
    (tool((CHANGE, "sign, attest, attach, clean"), (COPY, "copy, save, load"), at=()), "cosign"),
    (tool((DEPLOY, "job_play, retry_job, run_trigger"), at=()), "gitlab"),
    (Kind(does=DEPLOY, at=(), table=verbs((LIGHT, "setup"))), "aurpublish"),
    (tool((DEPLOY, "upload"), (FETCH, "install, update, vendor"), at=()), "berks"),
    (
        tool(
            (WORK_THERE, "run, build, seed, snapshot, run-operation, retry, clone"),
            (SERVE, "docs serve"),
            valued="-s --select -m --models --exclude --target -t --profiles-dir --project-dir --vars",
            at=("--target", "-t", ""),
        ),
        "dbt",
    ),
    (
        Kind(
            table=verbs(
                (LOOK, "ls, count, lookup, read, listinstances, listclusters, getappprofile, listappprofile"),
                (CHANGE, "set, createtable, createfamily, createinstance, createcluster, setgcpolicy, import"),
                (
                    REMOVE,
                    "deletetable, deleterow, deleteallrows, deletefamily, deleteinstance, deletecluster, deletecolumn",
                ),
            ),
            valued=words_of("-project -instance -creds"),
            at=("-instance", "-project", ""),
            long_dash=True,
        ),
        "cbt",
    ),
    (tool((DESTROY, "sql:drop, sql-drop, site:install, si"), (SCREEN, "sql:cli, sqlc, php:cli, php")), "drush"),
    (unless(SCREEN, "--help -h --password-file", "-u --username"), "aws-google-auth"),
)

PROGRAMS: dict[str, Program] = {**_CLUSTERS, **_FORGES}
