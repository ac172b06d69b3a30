"""Platforms for functions, sites and stacks of a cloud: each tool's subcommands as a table."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DEPLOY,
    DEPLOY_FOLLOW,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    PLAN,
    RESTART,
    SERVE,
    SETTING,
    UNDEPLOY,
    Tool,
    asks_help,
    by_table,
    far,
    name_of,
    near,
    verb_of,
    verbs,
)

_CDK = Tool(
    verbs(
        (PLAN, "diff, synth, synthesize, ls, list, doctor, docs"),
        (PLAN, "context, metadata, acknowledge, notices, get, init, convert"),
        (DEPLOY, "deploy, rollback, bootstrap, import, apply"),
        (DEPLOY_FOLLOW, "watch"),
        (UNDEPLOY, "destroy, gc"),
        (PLAN, "output, outputs, login, provider"),
    ),
    words_of(
        """
        -a --app -c --context -p --profile -o --output -r --role-arn --require-approval -O --outputs-file
        """
    ),
    names=("--profile",),
    variables=("AWS_PROFILE",),
    dry=("--no-execute",),
    follow=(),
    stays=("--watch",),
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
    words_of("--profile --region --stack-name -n --name -t --template-file --config-env --config-file -s"),
    names=("--profile",),
    variables=("AWS_PROFILE",),
    follow=("-t", "--tail"),
    stays=("--watch",),
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
    words_of("-s --stage -r --region -f --function -c --config -d --data -p --path --aws-profile --param"),
    names=("--aws-profile",),
    variables=("AWS_PROFILE",),
    follow=("-t", "--tail"),
    bare=DEPLOY,
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
        (CHANGE, "env add, env rm, env remove, env update, domains add, domains rm, dns add, dns rm, certs issue"),
        (CHANGE, "project add, git connect, cache purge"),
    ),
    words_of("-t --token -S --scope -e --env -b --build-env -m --meta -A --local-config -Q --cwd --target"),
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
    words_of("-d --dir -f --functions -m --message -s --site --auth --alias --context --filter"),
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
    words_of(
        """
        -c --config -e --env -n --name --cwd --command --file --port --tag --message --branch --project-name
        """
    ),
    names=("-e", "--env"),
    follow=(),
    local=("--local",),
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
    words_of("-P --project -c --config -m --message --only --except --token -n --lines"),
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
_SURGE = Tool(verbs((LIGHT, "login, whoami, list, logout, token"), (DESTROY, "teardown")), bare=DEPLOY, default=DEPLOY)


def supabase(call: Call) -> Effect:
    """Work on a local stack, or on the linked project (supabase.com/docs/reference/cli)."""
    found = split(call.words, words_of("--project-ref --db-url --workdir --profile -p --password -s --schema"))
    verb = verb_of(_SUPABASE, found.operands, CHANGE if found.operands else LIGHT)
    if asks_help(call.words) or found.has("--dry-run"):
        return near(call, LIGHT)
    if verb is DESTROY and found.operands[0] == "db" and not found.has("--linked", "--db-url"):
        return near(call, SETTING)
    if verb is RESTART or found.has("--local"):
        return near(call, verb)
    return far(call, verb, name_of(found.value("--project-ref")))


def tool(call: Call) -> Effect:
    """Read a platform's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


_TOOLS = {
    "cdk": _CDK,
    "cdktf": _CDK,
    "sam": _SAM,
    "serverless": _SERVERLESS,
    "sls": _SERVERLESS,
    "vercel": _VERCEL,
    "netlify": _NETLIFY,
    "ntl": _NETLIFY,
    "wrangler": _WRANGLER,
    "firebase": _FIREBASE,
    "surge": _SURGE,
}


PROGRAMS = {**dict.fromkeys(_TOOLS, tool), "supabase": supabase}
