"""Smaller platforms and deployment tools: each tool's subcommands as a table."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    DEPLOY,
    DEPLOY_LONG,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    PLAN,
    RESTART,
    RUNS,
    SERVE,
    SESSION,
    SETTING,
    UNDEPLOY,
    Tool,
    by_table,
    verbs,
)

_VALUED = words_of(
    "-a --app -e --env -n --name -s --stage --service -r --region -p --project -c --config -t --tag -f --file"
)
_DEPLOYS = Tool(
    verbs(
        (LIGHT, "init, setup, list, ls, help, login, logout, whoami, config, status, docs, build, package, validate"),
        (DEPLOY, "deploy, rollback, release, promote, publish, push, redeploy, update, up"),
        (FOLLOW, "logs, log, tail"),
        (LOOK, "ps, info, show, describe"),
        (SESSION, "ssh, console, shell, exec"),
        (RESTART, "restart, stop, start"),
        (UNDEPLOY, "destroy, delete, remove, undeploy, rm"),
        (SERVE, "dev, serve, local, run, sandbox"),
    ),
    _VALUED,
    ends=("--no-follow", "--no-tail"),
    default=CHANGE,
)
_TOOLS = {
    **dict.fromkeys(words_of("mina dep deta shuttle zeabur arc chalice claudia deployctl"), _DEPLOYS),
    "amplify": Tool(
        verbs(
            (LIGHT, "init, configure, codegen, help, console, pull, add, env list, env checkout"),
            (LOOK, "status"),
            (DEPLOY, "push, publish, env add, import"),
            (UNDEPLOY, "delete, env remove"),
            (SERVE, "mock, sandbox"),
        ),
        _VALUED,
        default=SETTING,
    ),
    "gh-pages": Tool(
        {}, words_of("-d --dist -b --branch -r --repo -m --message -s --src -e --dest"), bare=DEPLOY, default=DEPLOY
    ),
    "convox": Tool(
        verbs(
            (LOOK, "apps, apps info, ps, builds, releases, racks, env, services, resources, rack, instances"),
            (DEPLOY, "deploy, releases promote, releases rollback, env set, env unset, rack update"),
            (LONG, "build"),
            (FOLLOW, "logs, rack logs"),
            (SESSION, "exec, run, instances ssh"),
            (RUNS, "proxy, resources proxy"),
            (RESTART, "restart, ps stop, services restart"),
            (UNDEPLOY, "apps delete, rack uninstall"),
            (LIGHT, "login, version, switch, test"),
            (SERVE, "start"),
        ),
        _VALUED,
        names=("-a", "--app"),
        ends=("--no-follow",),
        default=CHANGE,
    ),
    "modal": Tool(
        verbs(
            (LOOK, "app list, container list, volume list, volume ls, secret list, environment list, app history"),
            (LIGHT, "setup, token, profile, config"),
            (DEPLOY, "deploy, app rollback"),
            (LONG, "run, launch"),
            (SERVE, "serve"),
            (SESSION, "shell, container exec"),
            (FOLLOW, "app logs, container logs"),
            (RESTART, "app stop, container stop"),
            (DESTROY, "volume delete, volume rm, environment delete, secret delete"),
        ),
        _VALUED | words_of("-m"),
        names=("-e", "--env"),
        default=CHANGE,
    ),
    "koyeb": Tool(
        verbs(
            (LOOK, "apps list, services list, service list, service get, service describe, deployments list, whoami"),
            (
                DEPLOY,
                "service redeploy, services redeploy, service update, service create, deploy, app init, apps init",
            ),
            (FOLLOW, "service logs, services logs, deployments logs, instances logs"),
            (SESSION, "service exec, services exec, instances exec"),
            (RESTART, "service pause, service resume, services pause, services resume"),
            (UNDEPLOY, "service delete, services delete, apps delete, app delete"),
            (LIGHT, "login, version, completion"),
        ),
        _VALUED,
        default=CHANGE,
    ),
    "scalingo": Tool(
        verbs(
            (LOOK, "apps, ps, env, deployments, addons, stats, timeline, domains, collaborators"),
            (DEPLOY, "deploy"),
            (RESTART, "restart, stop"),
            (SESSION, "run, pgsql-console, mysql-console, redis-console, mongo-console"),
            (RUNS, "db-tunnel"),
            (DESTROY, "destroy, addons-remove"),
            (LOOK, "logs"),
            (LIGHT, "login, logout, whoami, version"),
        ),
        _VALUED,
        names=("-a", "--app"),
        follow=("-f", "--follow"),
        default=CHANGE,
    ),
    "clever": Tool(
        verbs(
            (LOOK, "status, activity, env, domain, applications, info, profile, accesslogs"),
            (DEPLOY, "deploy, cancel-deploy"),
            (FOLLOW, "logs"),
            (RESTART, "restart, stop"),
            (SESSION, "ssh"),
            (DESTROY, "delete"),
            (LIGHT, "login, logout, link, unlink, version"),
        ),
        _VALUED,
        default=CHANGE,
    ),
    **dict.fromkeys(
        ("platform", "upsun"),
        Tool(
            verbs(
                (
                    LOOK,
                    "list, environment:list, environment:info, project:list, project:info, activity:list, variables",
                ),
                (LOOK, "environments, projects, activities, relationships, routes, url, variable:list, activity:log"),
                (DEPLOY, "push, environment:push, environment:merge, merge, environment:redeploy, redeploy, deploy"),
                (DEPLOY, "environment:branch, branch, environment:activate, environment:synchronize, sync"),
                (SESSION, "ssh, environment:ssh, db:sql, sql"),
                (RUNS, "tunnel:open, tunnel:single, environment:scp"),
                (LOOK, "log, logs, environment:logs"),
                (RESTART, "environment:pause, environment:resume, environment:restart"),
                (DESTROY, "environment:delete, project:delete, backup:restore, variable:delete"),
                (LONG, "db:dump, backup:create, backup, mount:download, mount:upload"),
                (LIGHT, "login, auth:info, get, project:get, help, version, project:set-remote, local:build"),
            ),
            _VALUED,
            names=("-e", "--environment", "-p"),
            follow=("--tail",),
            default=CHANGE,
        ),
    ),
    "sst": Tool(
        verbs(
            (LIGHT, "init, version, upgrade, add, install, telemetry, cert"),
            (PLAN, "diff, secret list, state"),
            (DEPLOY, "deploy, refresh"),
            (DEPLOY_LONG, "dev"),
            (UNDEPLOY, "remove"),
            (RUNS, "tunnel"),
            (SESSION, "shell"),
        ),
        words_of("--stage --target --config"),
        names=("--stage",),
        default=CHANGE,
    ),
    "terminus": Tool(
        verbs(
            (LOOK, "site:list, site:info, env:list, env:info, env:view, org:list, backup:list, upstream:updates:list"),
            (DEPLOY, "env:deploy, upstream:updates:apply, env:commit, multidev:create, env:code-rebuild"),
            (DESTROY, "site:delete, env:wipe, multidev:delete, backup:restore, env:clone-content"),
            (RUNS, "remote:drush, remote:wp, drush, wp"),
            (LIGHT, "auth:login, auth:whoami, self:info, art"),
        ),
        _VALUED,
        default=CHANGE,
    ),
}


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


PROGRAMS = dict.fromkeys(_TOOLS, tool)
