"""Pipelines and workflow engines: what starts one deploys, what watches one follows a stream."""

from headgate.classify.effect import Effect, join
from headgate.classify.programs.builds import named_task
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import (
    CHANGE,
    DEPLOY,
    DEPLOY_LONG,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    ONLY_READS,
    REMOVE,
    RESTART,
    SETTING,
    WAIT,
    Tool,
    asks_help,
    by_table,
    far,
    near,
    on,
    verbs,
)

_VALUED = words_of(
    "-n --namespace -c --context --kubeconfig -p --param --parameter -s --server -o --output --token -f --file"
)
_CI = Tool(
    verbs(
        (
            LIGHT,
            "config, setup, login, auth, init, lint, validate, local, version, whoami, encrypt, completion, diagnostic",
        ),
        (
            LOOK,
            "build list, build ls, build info, build logs, job list, list-jobs, status, show, history, logs",
        ),
        (
            DEPLOY,
            "pipeline run, pipeline upload, pipeline trigger, build create, build start, build restart, build, restart",
        ),
        (DEPLOY, "build promote, build approve, deploy, trigger, run, trigger-job, tj, promote, start"),
        (RESTART, "cancel, build stop, stop-builds, safe-restart, reload-configuration, restart-jenkins"),
        (DESTROY, "delete-job, delete-builds, repo rm"),
        (FOLLOW, "watch, console"),
    ),
    _VALUED,
    default=CHANGE,
)
_TOOLS = {
    **dict.fromkeys(words_of("circleci drone woodpecker-cli travis jenkins-cli jenkins buildkite-agent"), _CI),
    "tkn": Tool(
        verbs(
            (LOOK, "pipeline list, pipeline describe, pipelinerun list, pipelinerun describe, task list, taskrun list"),
            (LOOK, "pipelinerun logs, taskrun logs, pipeline logs, task logs, clustertask list, hub search, pr list"),
            (DEPLOY, "pipeline start, task start, clustertask start, hub install"),
            (RESTART, "pipelinerun cancel, taskrun cancel"),
            (REMOVE, "pipeline delete, pipelinerun delete, task delete, taskrun delete"),
            (LIGHT, "completion, version, bundle list"),
        ),
        _VALUED - {"-f"},
        default=CHANGE,
    ),
    "argo": Tool(
        verbs(
            (
                LOOK,
                "list, get, logs, cron list, cron get, template list, template get, archive list",
            ),
            (LIGHT, "lint, version, completion, auth token"),
            (DEPLOY, "submit, resubmit, retry, resume, cron create, template create, template update, cron resume"),
            (RESTART, "stop, terminate, suspend, cron suspend"),
            (REMOVE, "delete, cron delete, template delete, archive delete"),
            (FOLLOW, "watch"),
            (WAIT, "wait"),
        ),
        _VALUED - {"-f"},
        stays=("--watch", "-w", "--log"),
        default=CHANGE,
    ),
    "eas": Tool(
        verbs(
            (
                DEPLOY,
                "submit, update, deploy, update:publish, update:republish, update:rollback, worker:deploy",
            ),
            (LONG, "build, build:dev, build:resign"),
            (
                LIGHT,
                "login, whoami, init, config, build:list, build:view, diagnostics, build:inspect, open, project:info",
            ),
            (LOOK, "update:list, channel:list, branch:list, secret:list, env:list, submit:list, device:list"),
            (DESTROY, "update:delete, branch:delete, channel:delete, build:delete"),
        ),
        words_of("-p --platform -e --profile --branch --channel -m --message --id"),
        default=CHANGE,
    ),
}


def tool(call: Call) -> Effect:
    """Read a tool's subcommand off its table."""
    effect = by_table(call, _TOOLS[call.name])
    return far(call, DEPLOY_LONG) if call.name == "eas" and "--auto-submit" in call.words else effect


_LANES_DEPLOY = words_of(
    "beta alpha production release deploy deliver pilot supply upload ship distribute submit playstore"
)
_LANES_DEPLOY |= words_of(
    "upload_to_testflight upload_to_app_store upload_to_play_store firebase_app_distribution testflight"
)


def fastlane(call: Call) -> Effect:
    """Run a lane: by its name it releases, or it builds and tests (docs.fastlane.tools)."""
    words = split(call.words, words_of("--env --verbose")).operands
    if asks_help(call.words) or words[:1] in {("lanes",), ("list",), ("action",), ("actions",), ("init",), ("env",)}:
        return ONLY_READS
    if not _LANES_DEPLOY.isdisjoint(words):
        return far(call, DEPLOY)
    return join((near(call, SETTING), *(named_task(call, word) for word in words)))


def act(call: Call) -> Effect:
    """Run the workflows of a forge on this machine (github.com/nektos/act)."""
    found = split(call.words, words_of("-j --job -W --workflows -P --platform -s --secret -e --eventpath"))
    listed = found.has("-l", "--list", "-g", "--graph", "-n", "--dryrun", "--version", "--help", "-h")
    return near(call, LIGHT if listed else LONG)


def earthly(call: Call) -> Effect:
    """Build a target in containers; `--push` releases what it made (docs.earthly.dev)."""
    found = split(call.words, words_of("--build-arg --secret -a --artifact --platform"))
    targets = [word.rpartition("+")[2] for word in found.operands if "+" in word]
    if on(found, "--push"):
        return far(call, DEPLOY)
    return join((near(call, SETTING), *(named_task(call, target) for target in targets)))


PROGRAMS = {**dict.fromkeys(_TOOLS, tool), "fastlane": fastlane, "act": act, "earthly": earthly}
