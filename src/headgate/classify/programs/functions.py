"""Tools that ship functions and services to a cloud: each tool's subcommands as a table."""

from headgate.classify.effect import Effect
from headgate.classify.programs.agents import agent
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    DEPLOY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    REMOVE,
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
_TOOLS = {
    "zappa": Tool(
        verbs(
            (LIGHT, "init, package, template, status"),
            (DEPLOY, "deploy, update, rollback, certify"),
            (UNDEPLOY, "undeploy"),
            (FOLLOW, "tail"),
            (RUNS, "invoke, manage"),
        ),
        words_of("-s --settings_file -n --num-rollback --since --filter"),
        ends=("--disable-keep-open",),
        default=CHANGE,
    ),
    "func": Tool(
        verbs(
            (
                DEPLOY,
                "azure functionapp publish, azure containerapps deploy, kubernetes deploy, durable deploy-task-hub",
            ),
            (SERVE, "start, host start"),
            (FOLLOW, "azure functionapp logstream"),
            (LOOK, "azure functionapp list-functions, azure functionapp fetch-app-settings"),
        ),
        _VALUED,
        default=SETTING,
    ),
    "faas-cli": Tool(
        verbs(
            (LOOK, "list, ls, describe, store list, secret list, logs, ready"),
            (DEPLOY, "up, deploy, push, publish, store deploy"),
            (LONG, "build"),
            (UNDEPLOY, "remove, rm, delete"),
            (LIGHT, "new, template, login, logout, version, generate, registry-login"),
            (RUNS, "invoke"),
            (SERVE, "local-run"),
        ),
        _VALUED | words_of("-g --gateway -y --yaml"),
        names=("-g", "--gateway"),
        default=CHANGE,
    ),
    "fn": Tool(
        verbs(
            (DEPLOY, "deploy, push"),
            (LONG, "build"),
            (LOOK, "list, ls, inspect, i"),
            (RUNS, "invoke"),
            (REMOVE, "delete, d"),
            (LIGHT, "init, version, use, bump"),
            (SERVE, "start"),
            (RESTART, "stop"),
        ),
        _VALUED,
        default=CHANGE,
    ),
    "kn": Tool(
        verbs(
            (LOOK, "service list, service describe, revision list, route list, domain list, trigger list, broker list"),
            (DEPLOY, "service create, service update, service apply, service import"),
            (REMOVE, "service delete, revision delete, trigger delete, domain delete, broker delete"),
            (LIGHT, "completion, service export, plugin list"),
        ),
        _VALUED | words_of("--image --context --cluster --kubeconfig"),
        names=("--context", "--cluster"),
        default=CHANGE,
    ),
    "ecs-cli": Tool(
        verbs(
            (LOOK, "ps, images, compose ps, compose service ps, check-attributes"),
            (DEPLOY, "compose up, compose service up, compose create, compose service create, push, compose start"),
            (RESTART, "compose stop, compose service stop, compose down, compose scale, compose service scale"),
            (UNDEPLOY, "compose service rm, compose service down, down"),
            (LOOK, "logs"),
            (LONG, "up"),
            (LIGHT, "configure, pull, license"),
        ),
        _VALUED | words_of("--cluster --cluster-config --ecs-profile --aws-profile --task-id"),
        names=("--cluster",),
        default=CHANGE,
    ),
    **dict.fromkeys(
        ("ecs-deploy", "lambroll", "ecspresso"),
        Tool(
            verbs(
                (LIGHT, "diff, render, verify, init, list, versions, archive"),
                (LOOK, "status, logs, tasks"),
                (UNDEPLOY, "delete"),
            ),
            _VALUED | words_of("-i --image --config --function"),
            bare=DEPLOY,
            default=DEPLOY,
        ),
    ),
}
_COPILOT = Tool(
    verbs(
        (LOOK, "svc ls, svc show, svc status, env ls, env show, app ls, app show, task ls, svc logs, job logs"),
        (LOOK, "pipeline ls, pipeline show, pipeline status, job ls, job show"),
        (
            DEPLOY,
            "deploy, svc deploy, env deploy, job deploy, pipeline deploy, task run, job run, env init, app upgrade",
        ),
        (SESSION, "svc exec, task exec"),
        (RESTART, "svc pause, svc resume"),
        (UNDEPLOY, "app delete, svc delete, env delete, job delete, pipeline delete, task delete"),
        (SETTING, "svc init, job init, app init, pipeline init, storage init, svc package, env package, job package"),
        (CHANGE, "secret init, svc override, env override"),
    ),
    _VALUED,
    names=("-e", "--env"),
    default=CHANGE,
)
_COPILOT_GROUPS = words_of("app env svc job task pipeline secret storage deploy")


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    return by_table(call, _TOOLS[call.name])


def copilot(call: Call) -> Effect:
    """Steer services of a cloud (aws.github.io/copilot-cli), or work as the coding agent of the same name."""
    services = bool(call.words) and call.words[0] in _COPILOT_GROUPS
    return by_table(call, _COPILOT) if services else agent(call)


PROGRAMS = {**dict.fromkeys(_TOOLS, tool), "copilot": copilot}
