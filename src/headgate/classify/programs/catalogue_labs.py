"""Development environments, guests and services of this machine: started, entered, rebuilt and thrown away."""

from headgate.classify.programs.catalogue import (
    FETCH,
    SCREEN,
    WORK,
    Kind,
    Program,
    given,
    rows,
    tool,
)
from headgate.classify.programs.containers import docker
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    DEPLOY,
    DESTROY,
    FOLLOW,
    LIGHT,
    RESTART,
    SERVE,
    SETTING,
    verbs,
)

_LABS = rows(
    (
        Kind(
            table=verbs(
                (RESTART, "start, stop, restart, poweroff, up, rebuild, project start, project stop, project restart"),
                (RESTART, "project up, project down, system start, system stop, halt"),
                (DESTROY, "destroy, delete, rm, project remove, clean"),
                (WORK, "import-db, export-db, snapshot, pull, push, composer install, db-import, db-export, update"),
                (SCREEN, "ssh, bash, mysql, psql"),
                (SERVE, "share"),
            ),
            options=given((FOLLOW, "-f --follow")),
            runs={"exec": 0},
        ),
        "ddev lando fin kool",
    ),
    (
        Kind(
            table=verbs(
                (WORK, "start, update"),
                (RESTART, "stop, restart"),
                (DESTROY, "delete, prune"),
                (SCREEN, "ssh"),
                (LIGHT, "list, status, version, template, completion, ssh-config"),
            ),
            runs={"ssh": 0},
            valued=words_of("-p --profile -c --cpu -m --memory -d --disk -r --runtime"),
        ),
        "colima",
    ),
    (
        tool((WORK, "up, build"), (SCREEN, "ssh"), (RESTART, "stop"), (DESTROY, "delete")),
        "devpod",
    ),
    (
        Kind(
            table=verbs(
                (SERVE, "up, processes up"), (SCREEN, "shell"), (WORK, "gc, update, build, container build, test")
            ),
            options=given((RESTART, "-d --detach")),
            runs={"shell": 0},
        ),
        "devenv",
    ),
    (tool((FETCH, "install, upgrade, pull"), (SCREEN, "activate"), (CHANGE, "push, publish")), "flox"),
    (
        tool((RESTART, "restart, start, stop, reload"), (SETTING, "set, ma, setting, chown"), (WORK, "backup")),
        "fwconsole",
    ),
    (
        tool((RESTART, "start, stop, restart, reload, unban --all"), (LIGHT, "status, ping, get, version")),
        "fail2ban-client",
    ),
    (tool((RESTART, "start, stop, restart, reload, service"), (SCREEN, "edit"), (SERVE, "daemon")), "espanso"),
    (Kind(table=verbs((RESTART, "shutdown"), (SCREEN, "shell")), runs={"shell": 0}), "darling"),
    (tool((WORK, "start"), (DESTROY, "delete")), "krunvm"),
    (tool((WORK, "build, deploy"), (DEPLOY, "publish-container"), (WORK, "run-ios, run-android")), "ern"),
)

PROGRAMS: dict[str, Program] = {"finch": docker, **_LABS}
