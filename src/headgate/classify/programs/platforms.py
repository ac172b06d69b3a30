"""Platforms that deploy and run applications: each tool's subcommands as a table."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh import remote
from headgate.classify.programs.verbs import (
    CHANGE,
    CONSOLE,
    COPY,
    DEPLOY,
    DEPLOY_FOLLOW,
    DEPLOY_LONG,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    PLAN,
    RESTART,
    RUNS,
    SERVE,
    SESSION,
    SETTING,
    UNDEPLOY,
    WAIT,
    Tool,
    asks_help,
    by_table,
    far,
    name_of,
    near,
    verb_of,
    verbs,
)
from headgate.model.facts import Workload

_FLY = Tool(
    verbs(
        (LOOK, "status, apps list, app list, list, machine list"),
        (LOOK, "machines list, machine status, m list, ips list, info"),
        (LOOK, "secrets list, volumes list, volume list, releases"),
        (LOOK, "regions list, config show, scale show, history"),
        (LOOK, "checks list, services list, postgres list, pg list"),
        (LOOK, "mpg list, certs list, certs show, image show, orgs list"),
        (LIGHT, "auth, auth whoami, config validate, config save, docs"),
        (LIGHT, "doctor, platform, settings, dashboard, tokens list"),
        (DEPLOY, "deploy, launch, releases rollback, image update, secrets deploy, machine run, m run, machine update"),
        (RESTART, "apps restart, app restart, machine restart, machine start"),
        (RESTART, "machine stop, m restart, m stop, m start"),
        (RESTART, "machines restart, machines stop, machines start"),
        (RESTART, "apps suspend, apps resume, postgres restart, restart"),
        (DESTROY, "apps destroy, app destroy, destroy, volumes destroy, volume destroy, machine destroy, m destroy"),
        (DESTROY, "machines destroy, volumes delete, postgres detach, storage destroy, redis destroy"),
        (SESSION, "console, postgres connect, pg connect, mpg connect, ssh, ssh sftp, redis connect"),
        (SETTING, "ssh issue, ssh establish, wireguard, apps open, open"),
        (FOLLOW, "logs"),
        (COPY, "ssh sftp get, ssh sftp put, sftp get, sftp put"),
        (RUNS, "machine exec, m exec, machines exec, proxy, mpg proxy"),
    ),
    words_of(
        """
        -a --app -c --config -C --command -t --access-token -i --image -e --env -r --region -s -o --org -u
        """
    ),
    names=("-a", "--app"),
    variables=("FLY_APP",),
    ends=("-n", "--no-tail"),
    default=CHANGE,
)
_HEROKU = Tool(
    verbs(
        (LOOK, "ps, apps, apps:info, info, config, config:get"),
        (LOOK, "logs, releases, releases:info, addons, domains, status, pg"),
        (LOOK, "pg:info, pg:ps, redis:info, pipelines, pipelines:info"),
        (LOOK, "buildpacks, pg:backups, certs, features, apps:errors"),
        (LOOK, "pg:diagnose, pg:outliers, pg:locks, drains, access, ps:type, run:list"),
        (LIGHT, "auth:whoami, login, auth:login, whoami, plugins"),
        (LIGHT, "commands, update, autocomplete, local:version, regions"),
        (SETTING, "git:remote, auth:logout, logout, container:login, git:clone"),
        (DEPLOY, "releases:rollback, rollback, container:push"),
        (DEPLOY, "container:release, pipelines:promote, builds:create, deploy"),
        (DEPLOY, "releases:retry, slugs:deploy, deploy:jar, deploy:war"),
        (RESTART, "restart, ps:restart, dyno:restart, ps:stop, dyno:stop, stop, ps:kill, dyno:kill, kill"),
        (RESTART, "maintenance:on, maintenance:off, redis:maintenance"),
        (DESTROY, "apps:destroy, destroy, pg:reset"),
        (DESTROY, "addons:destroy, pg:backups:restore, pg:backups:delete, redis:destroy"),
        (DESTROY, "pipelines:destroy, pg:credentials:destroy"),
        (SESSION, "ps:exec, pg:psql, psql, redis:cli, console, dyno:exec, run:inside, ps:socks, ps:forward"),
        (COPY, "ps:copy, dyno:copy, pg:pull, pg:push, pg:copy, pg:backups:download"),
        (SERVE, "local, local:start"),
        (WAIT, "pg:wait, ps:wait, pg:backups:capture"),
    ),
    words_of("-a --app -r --remote -s --size -n --num -d --dyno -p --ps -e --env --source --process-type -c"),
    names=("-a", "--app", "-r", "--remote"),
    variables=("HEROKU_APP",),
    follow=("-t", "--tail"),
    default=CHANGE,
)
_RAILWAY = Tool(
    verbs(
        (FOLLOW, "logs"),
        (LOOK, "status, list, variables, variable, environment, domain, deployment list, volume list"),
        (CHANGE, "variables set, variables delete, variable set, variable delete, environment new, domain add"),
        (LIGHT, "whoami, login, init, docs, completion, starship, run, dev"),
        (SETTING, "link, unlink, logout, open, service, environment link"),
        (DEPLOY_FOLLOW, "up"),
        (DEPLOY, "redeploy, deploy, add, deployment redeploy, deployment up"),
        (RESTART, "restart"),
        (DESTROY, "down, delete, environment delete, volume delete"),
        (SESSION, "ssh, connect, shell"),
    ),
    words_of("-s --service -e --environment -p --project -n --lines"),
    ends=("-n", "--lines", "-d", "--detach", "--ci", "-c"),
    names=("-e", "--environment"),
    default=CHANGE,
)
_RENDER = Tool(
    verbs(
        (LOOK, "services, services list, deploys list, logs, environments, projects, jobs list, services instances"),
        (LIGHT, "whoami, login, workspace, workspaces, workspace current, blueprints validate"),
        (SETTING, "workspace set, logout"),
        (DEPLOY, "deploys create, blueprint launch, deploys cancel"),
        (RESTART, "restart, services restart"),
        (SESSION, "ssh, psql, kv-cli"),
    ),
    words_of("-o --output -r --resources -e --environment --limit --commit --image"),
    follow=("--tail",),
    default=CHANGE,
)
_KAMAL = Tool(
    verbs(
        (DEPLOY, "deploy, redeploy, rollback, setup, app boot"),
        (DEPLOY, "proxy boot, accessory boot, upgrade, env push, build push"),
        (DEPLOY, "build deliver, accessory upgrade, server bootstrap, prune, registry setup"),
        (RESTART, "app start, app stop, app restart, proxy restart, proxy reboot, proxy start, proxy stop, app live"),
        (RESTART, "accessory restart, accessory reboot, accessory start"),
        (RESTART, "accessory stop, app maintenance, traefik reboot"),
        (UNDEPLOY, "remove, app remove, accessory remove, proxy remove"),
        (LOOK, "details, app details, app logs, app containers"),
        (LOOK, "app images, app version, audit, proxy details, proxy logs"),
        (LOOK, "accessory details, accessory logs, lock status, app stale_containers, server"),
        (RUNS, "app exec, server exec, accessory exec, console, shell"),
        (LIGHT, "config, docs, init, build details, secrets print, secrets fetch, secrets"),
    ),
    words_of("-d --destination -h --hosts -r --roles -c --config-file --version -n --lines --since -g --grep"),
    names=("-d", "--destination"),
    default=CHANGE,
)
_EB = Tool(
    verbs(
        (LOOK, "status, health, list, events, logs, printenv, appversion"),
        (LIGHT, "init, use, labs, config list, platform list"),
        (DEPLOY_LONG, "deploy, create, clone, upgrade, swap, codesource"),
        (CHANGE, "setenv, scale, config, config put, tags, restore, platform"),
        (UNDEPLOY, "terminate"),
        (RESTART, "restart, abort"),
        (SERVE, "local run"),
    ),
    words_of("-c --command -n --number -r --region --profile -l --label -m --message -e --timeout"),
    names=("--profile",),
    follow=("-f", "--follow", "--stream"),
    default=CHANGE,
)
_DOKKU = Tool(
    verbs(
        (LOOK, "apps:list, apps:report, ps:report, logs, config:show"),
        (LOOK, "config, config:get, domains:report, report, events"),
        (LIGHT, "help, version, plugin:list"),
        (DEPLOY, "git:sync, git:from-image, git:from-archive, ps:rebuild"),
        (DEPLOY, "ps:rebuildall, deploy, tags:deploy, config:set"),
        (RESTART, "ps:restart, ps:stop, ps:start, ps:restartall, ps:restore, nginx:stop, nginx:start"),
        (DESTROY, "apps:destroy, postgres:destroy, mysql:destroy, redis:destroy, storage:unmount, cleanup"),
        (RUNS, "run, enter, run:detached, postgres:connect"),
    ),
    frozenset({"--num"}),
    follow=("-t", "--tail"),
    default=CHANGE,
)


def tool(call: Call) -> Effect:
    """Read a platform's subcommand off its table; a flag may set variables, or ask for a terminal."""
    table = _TOOLS[call.name]
    if asks_help(call.words):
        return by_table(call, table)
    if call.name == "railway" and any(word.split("=")[0] in {"--set", "--remove"} for word in call.words):
        return far(call, CHANGE)
    effect = by_table(call, table)
    if call.name == "kamal" and effect.has(Workload.REMOTE_SESSION) and {"-i", "--interactive"} & {*call.words}:
        return far(call, SESSION, *effect.machines[:1])
    return effect


def remote_text(call: Call) -> Effect:
    """Run the text behind `ssh -C` (fly), `run` (heroku) or `ssh -c` (eb) on the platform; else read the table."""
    table = _TOOLS[call.name]
    found = split(call.words, table.valued, stops=True)
    if found.operands[:1] in {("pg:psql",), ("psql",)} and split(call.words, table.valued).has("-c", "--command"):
        return far(call, RUNS, name_of(split(call.words, table.valued).value(*table.names)))
    if found.operands[:1] not in {("ssh",), ("run",)} or asks_help(call.words):
        return by_table(call, table)
    if call.name == "heroku":
        return _heroku_run(call, found.operands[1:], name_of(found.value(*table.names)))
    again = split(found.operands[1:], table.valued)
    if again.operands[:1] not in {(), ("console",)} and call.name != "eb":
        return by_table(call, table)
    machine = name_of(found.value(*table.names) or again.value(*table.names)) or call.name
    text = again.value("-C", "-c", "--command")
    return remote(call, machine, text) if text else far(call, SESSION, machine)


def _heroku_run(call: Call, words: tuple[str, ...], machine: str) -> Effect:
    """Run *words* in a one-off dyno; heroku's own options may stand among them (devcenter.heroku.com)."""
    own = {n for n, word in enumerate(words) if word in {"-a", "--app", "-r", "--remote", "-s", "--size"}}
    named = [words[n + 1] for n in own if n + 1 < len(words)]
    rest = tuple(word for n, word in enumerate(words) if n not in own and n - 1 not in own)
    text = " ".join(split(rest, _HEROKU.valued, stops=True).operands)
    machine = machine or (name_of(named[0]) if named else "") or "heroku"
    return remote(call, machine, text) if text else far(call, SESSION, machine)


_STAGE_AND_TASK = 2


def cap(call: Call) -> Effect:
    """Run Capistrano tasks in a stage (capistranorb.com)."""
    found = split(call.words, words_of("-f --rakefile -r -t --trace -z --roles -R --hosts"))
    if (
        asks_help(call.words)
        or found.has("-T", "-P", "-V", "-h", "--tasks", "-n", "--dry-run")
        or len(found.operands) < _STAGE_AND_TASK
    ):
        return near(call, LIGHT)
    stage, task = found.operands[:2]
    verb = verb_of(_CAP, (task.partition("[")[0],), CHANGE)
    return far(call, verb, name_of(stage))


_CAP = verbs(
    (PLAN, "deploy:check, doctor, git:check"),
    (DEPLOY, "deploy, deploy:rollback, deploy:migrate"),
    (DEPLOY, "deploy:publishing, rollback, deploy:cleanup, puma:phased-restart"),
    (RESTART, "deploy:restart, puma:restart, puma:stop, puma:start, sidekiq:restart, unicorn:restart, nginx:reload"),
    (CONSOLE, "rails:console, console"),
)


_TOOLS = {
    "fly": _FLY,
    "flyctl": _FLY,
    "heroku": _HEROKU,
    "railway": _RAILWAY,
    "render": _RENDER,
    "kamal": _KAMAL,
    "eb": _EB,
    "dokku": _DOKKU,
}


PROGRAMS = {
    **dict.fromkeys(_TOOLS, tool),
    **dict.fromkeys(("fly", "flyctl", "heroku", "eb"), remote_text),
    "cap": cap,
}
