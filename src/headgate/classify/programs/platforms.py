"""Platforms that deploy and run applications: each tool's subcommands as a table."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.infrastructure import (
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
    valued,
    verb_of,
    verbs,
)
from headgate.classify.programs.options import split
from headgate.classify.programs.ssh import remote

_CDK = Tool(
    verbs(
        (PLAN, "diff, synth, synthesize, ls, list, doctor, docs"),
        (PLAN, "context, metadata, acknowledge, notices, get, init, convert"),
        (DEPLOY, "deploy, rollback, bootstrap, import, apply"),
        (DEPLOY_FOLLOW, "watch"),
        (UNDEPLOY, "destroy, gc"),
        (PLAN, "output, outputs, login, provider"),
    ),
    valued("-a --app -c --context -p --profile -o --output -r --role-arn --require-approval -O --outputs-file"),
    names=("--profile",),
    dry=("--no-execute",),
    follow=(),
)
_SAM = Tool(
    verbs(
        (LIGHT, "build, init, validate, local, local invoke, local generate-event, docs"),
        (SERVE, "local start-api, local start-lambda"),
        (DEPLOY, "deploy, sync, publish"),
        (UNDEPLOY, "delete"),
        (CHANGE, "package, remote invoke, remote test-event, pipeline"),
        (LOOK, "logs, traces, list"),
    ),
    valued("--profile --region --stack-name -n --name -t --template-file --config-env --config-file -s"),
    names=("--profile",),
    follow=("-t", "--tail"),
)
_SERVERLESS = Tool(
    verbs(
        (LIGHT, "package, print, plugin, config, create, invoke local"),
        (LIGHT, "doctor, generate-event, login, logout, output, test"),
        (SERVE, "offline, offline start, dev"),
        (DEPLOY, "deploy, rollback"),
        (PLAN, "deploy list, deploy list functions"),
        (UNDEPLOY, "remove"),
        (CHANGE, "invoke"),
        (LOOK, "logs, info, metrics"),
    ),
    valued("-s --stage -r --region -f --function -c --config -d --data -p --path --aws-profile --param"),
    names=("--aws-profile",),
    follow=("-t", "--tail"),
    bare=DEPLOY,
)
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
        (SESSION, "console, postgres connect, pg connect, mpg connect, proxy, mpg proxy, ssh, ssh sftp, redis connect"),
        (SETTING, "ssh issue, ssh establish, wireguard, apps open, open"),
        (FOLLOW, "logs"),
        (COPY, "ssh sftp get, ssh sftp put, sftp get, sftp put"),
        (RUNS, "machine exec, m exec, machines exec"),
    ),
    valued("-a --app -c --config -C --command -t --access-token -i --image -e --env -r --region -s -o --org -u"),
    names=("-a", "--app"),
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
    valued("-a --app -r --remote -s --size -n --num -d --dyno -p --ps -e --env --source --process-type -c"),
    names=("-a", "--app", "-r", "--remote"),
    follow=("-t", "--tail"),
    default=CHANGE,
)
_VERCEL = Tool(
    verbs(
        (LOOK, "ls, list, inspect, logs, log, project ls"),
        (LOOK, "domains ls, alias ls, env ls, teams ls, dns ls, certs ls, httpstat"),
        (LIGHT, "whoami, login, switch, build, init, help, telemetry, git ls, teams list, bisect"),
        (SETTING, "link, pull, env pull, logout, open, teams switch"),
        (SERVE, "dev, develop"),
        (DEPLOY, "deploy, promote, rollback, redeploy, alias, alias set, rolling-release"),
        (DESTROY, "remove, rm, project rm, project remove"),
    ),
    valued("-t --token -S --scope -e --env -b --build-env -m --meta -A --local-config -Q --cwd --target"),
    names=("-S", "--scope"),
    bare=DEPLOY,
    default=DEPLOY,
)
_NETLIFY = Tool(
    verbs(
        (LOOK, "status, sites:list, env:list, env:get, api, functions:list, status:hooks, blobs:list, blobs:get"),
        (LIGHT, "login, build, init, switch, completion"),
        (LIGHT, "help, functions:create, functions:build, recipes, addons:list"),
        (SETTING, "link, unlink, logout, open, open:site, open:admin, clone"),
        (SERVE, "dev, serve, dev:exec, functions:serve"),
        (FOLLOW, "watch, logs, logs:function, logs:deploy, logs:functions"),
        (DEPLOY, "deploy"),
        (DESTROY, "sites:delete, blobs:delete"),
    ),
    valued("-d --dir -f --functions -m --message -s --site --auth --alias --context --filter"),
    names=("-s", "--site"),
    follow=(),
    default=CHANGE,
)
_WRANGLER = Tool(
    verbs(
        (LIGHT, "whoami, login, init, types, docs, generate, build, check, check startup, setup, telemetry"),
        (SETTING, "logout"),
        (SERVE, "dev, pages dev"),
        (FOLLOW, "tail, pages deployment tail"),
        (DEPLOY, "deploy, publish, rollback, versions upload"),
        (DEPLOY, "versions deploy, pages deploy, pages publish, triggers deploy"),
        (DEPLOY, "d1 migrations apply, deployments rollback, pages deployment create, versions rollback"),
        (LOOK, "deployments list, deployments status, deployments"),
        (LOOK, "versions list, versions view, secret list, kv key list"),
        (LOOK, "kv key get, kv namespace list, d1 list, d1 info, r2 bucket list, r2 bucket info, pages project list"),
        (LOOK, "queues list, d1 migrations list, pages deployment list, pages secret list, d1 insights, status"),
        (DESTROY, "delete, d1 delete, r2 bucket delete, r2 object delete, kv namespace delete, kv key delete"),
        (DESTROY, "queues delete, pages project delete, d1 time-travel restore, kv bulk delete"),
        (COPY, "r2 object get, r2 object put, kv bulk put, d1 export"),
    ),
    valued("-c --config -e --env -n --name --cwd --command --file --port --tag --message --branch --project-name"),
    names=("-e", "--env"),
    follow=(),
    local=("--local",),
    default=CHANGE,
)
_RAILWAY = Tool(
    verbs(
        (FOLLOW, "logs"),
        (LOOK, "status, list, variables, variable, environment, domain, deployment list, volume list"),
        (LIGHT, "whoami, login, init, docs, completion, starship, run, dev"),
        (SETTING, "link, unlink, logout, open, service, environment link"),
        (DEPLOY_FOLLOW, "up"),
        (DEPLOY, "redeploy, deploy, add, deployment redeploy, deployment up"),
        (RESTART, "restart"),
        (DESTROY, "down, delete, environment delete, volume delete"),
        (SESSION, "ssh, connect, shell"),
    ),
    valued("-s --service -e --environment -p --project -n --lines"),
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
    valued("-o --output -r --resources -e --environment --limit --commit --image"),
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
    valued("-d --destination -h --hosts -r --roles -c --config-file --version -n --lines --since -g --grep"),
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
    valued("-c --command -n --number -r --region --profile -l --label -m --message -e --timeout"),
    names=("--profile",),
    follow=("-f", "--follow", "--stream"),
    default=CHANGE,
)
_FIREBASE = Tool(
    verbs(
        (LIGHT, "login, login:list, projects:list, use, init, help, open, experiments:list, apps:sdkconfig, setup"),
        (SERVE, "serve, emulators:start"),
        (LIGHT, "emulators:exec"),
        (DEPLOY, "deploy, hosting:clone, hosting:channel:deploy, functions:config:set, apphosting:rollouts:create"),
        (LOOK, "functions:log, functions:list, hosting:sites:list, apps:list, functions:config:get, database:get"),
        (LOOK, "hosting:channel:list, firestore:indexes"),
        (LOOK, "remoteconfig:get, functions:secrets:get, functions:secrets:access"),
        (DESTROY, "functions:delete, firestore:delete, database:remove, hosting:disable, hosting:sites:delete"),
        (COPY, "auth:export, auth:import, database:import"),
    ),
    valued("-P --project -c --config -m --message --only --except --token -n --lines"),
    names=("-P", "--project"),
    follow=(),
    default=CHANGE,
)
_SUPABASE = verbs(
    (LIGHT, "init, migration new, migration list, gen, gen types, status"),
    (LIGHT, "db diff, db lint, login, link, test, services"),
    (LOOK, "projects list, functions list, secrets list, branches list"),
    (LOOK, "orgs list, inspect, projects api-keys, inspect db"),
    (DEPLOY, "db push, functions deploy, config push, migration up, branches create"),
    (SERVE, "functions serve"),
    (DESTROY, "projects delete, functions delete, db reset, branches delete"),
    (COPY, "db dump, db pull"),
    (RESTART, "start, stop, projects restart"),
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
_SURGE = Tool(verbs((LIGHT, "login, whoami, list, logout, token"), (DESTROY, "teardown")), bare=DEPLOY, default=DEPLOY)


def tool(call: Call) -> Effect:
    """Read a platform's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


def remote_text(call: Call) -> Effect:
    """Run the text behind `ssh -C` (fly), `run` (heroku) or `ssh -c` (eb) on the platform; else read the table."""
    table = _TOOLS[call.name]
    found = split(call.words, table.valued, stops=True)
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
    found = split(call.words, valued("-f --rakefile -r -t --trace -z --roles -R --hosts"))
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


def supabase(call: Call) -> Effect:
    """Work on a local stack, or on the linked project (supabase.com/docs/reference/cli)."""
    found = split(call.words, valued("--project-ref --db-url --workdir --profile -p --password -s --schema"))
    verb = verb_of(_SUPABASE, found.operands, CHANGE if found.operands else LIGHT)
    if asks_help(call.words) or found.has("--dry-run"):
        return near(call, LIGHT)
    if verb is DESTROY and found.operands[0] == "db" and not found.has("--linked", "--db-url"):
        return near(call, SETTING)
    if verb is RESTART or found.has("--local"):
        return near(call, verb)
    return far(call, verb, name_of(found.value("--project-ref")))


_TOOLS = {
    "cdk": _CDK,
    "cdktf": _CDK,
    "sam": _SAM,
    "serverless": _SERVERLESS,
    "sls": _SERVERLESS,
    "fly": _FLY,
    "flyctl": _FLY,
    "heroku": _HEROKU,
    "vercel": _VERCEL,
    "netlify": _NETLIFY,
    "ntl": _NETLIFY,
    "wrangler": _WRANGLER,
    "railway": _RAILWAY,
    "render": _RENDER,
    "kamal": _KAMAL,
    "eb": _EB,
    "firebase": _FIREBASE,
    "dokku": _DOKKU,
    "surge": _SURGE,
}
PROGRAMS = {
    **dict.fromkeys(_TOOLS, tool),
    **dict.fromkeys(("fly", "flyctl", "heroku", "eb"), remote_text),
    "cap": cap,
    "supabase": supabase,
}
