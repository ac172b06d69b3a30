"""Amazon's command line: services and operations, read off a table and their first words."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import EMPTY, HIDDEN, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.places import KUBERNETES
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DEPLOY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    MIRROR,
    PLAN,
    RESTART,
    RUNS,
    SESSION,
    SETTING,
    UNDEPLOY,
    WAIT,
    Verb,
    asks_help,
    far,
    name_of,
    named,
    near,
    on,
    verbs,
)
from headgate.model.facts import Workload

_AWS_VALUED = words_of(
    """
    --profile --region --output --query --endpoint-url --color --ca-bundle --cli-read-timeout --cli-connect-timeout
    --cli-binary-format --target --command --cluster --task --container --instance-ids --exclude --include --acl
    --storage-class --db-instance-identifier --stack-name --template-file --log-group-name --since --format
    --service --function-name --name --names --filters --parameters --document-name --desired-count --max-items
    --page-size --targets
    """
)
_AWS = verbs(
    (LIGHT, "configure list, configure get, configure list-profiles, configure export-credentials, help, sts, sts *"),
    (LIGHT, "ecr get-login-password, ecr get-login"),
    (LIGHT, "ecr-public get-login-password, codeartifact get-authorization-token"),
    (LIGHT, "s3 presign, eks get-token, cloudformation validate-template"),
    (LIGHT, "cloudformation package, rds generate-db-auth-token"),
    (SETTING, "configure, configure *, sso *, eks update-kubeconfig, codeartifact login, login, logout"),
    (LOOK, "s3 ls, logs tail, logs start-query, athena get-query-results, logs filter-log-events, dynamodb scan"),
    (LOOK, "dynamodb query, ecs describe-tasks, cloudtrail lookup-events, iam simulate-principal-policy, s3api select"),
    (COPY, "s3 cp, s3 sync, s3 mv, s3api put-object, s3api get-object, s3api copy-object, lambda get-layer"),
    (CHANGE, "s3 rm, s3 rb, s3 mb, s3 website"),
    (SESSION, "ssm start-session, ec2-instance-connect ssh, ecs execute-command"),
    (FOLLOW, "logs start-live-tail"),
    (SESSION, "emr ssh, emr socks, cloudshell"),
    (RUNS, "ssm send-command, ec2-instance-connect open-tunnel"),
    (DEPLOY, "ecs update-service, ecs create-service, lambda update-function-code"),
    (DEPLOY, "lambda update-alias, lambda publish-version"),
    (DEPLOY, "lambda update-function-configuration, cloudformation deploy"),
    (DEPLOY, "cloudformation create-stack, eks update-nodegroup-version"),
    (DEPLOY, "cloudformation update-stack, cloudformation execute-change-set"),
    (DEPLOY, "codedeploy create-deployment, deploy create-deployment"),
    (DEPLOY, "codepipeline start-pipeline-execution, elasticbeanstalk update-environment, apprunner start-deployment"),
    (DEPLOY, "amplify start-job, amplify start-deployment, ecs register-task-definition"),
    (DEPLOY, "eks update-cluster-version, deploy push"),
    (DEPLOY, "eks update-addon, eks create-addon, autoscaling start-instance-refresh"),
    (DEPLOY, "lambda create-function, ecs deploy"),
    (UNDEPLOY, "cloudformation delete-stack, ecs delete-service, lambda delete-function"),
    (DESTROY, "ec2 terminate-instances, kms schedule-key-deletion, sqs purge-queue"),
    (DESTROY, "s3api delete-objects, ec2 release-address"),
    (RESTART, "ec2 reboot-instances, ec2 stop-instances, ec2 start-instances"),
    (RESTART, "rds reboot-db-instance, rds stop-db-instance"),
    (RESTART, "rds start-db-instance, rds stop-db-cluster, rds start-db-cluster, ecs stop-task"),
    (RESTART, "ecs start-task, rds reboot-db-cluster"),
    (RESTART, "elasticache reboot-cache-cluster, lightsail reboot-instance, elasticbeanstalk restart-app-server"),
    (RESTART, "lightsail stop-instance, lightsail start-instance"),
    (RESTART, "workspaces reboot-workspaces, rds failover-db-cluster"),
)
_AWS_PREFIXES = {
    **dict.fromkeys(
        words_of("describe list get head batch-get search lookup filter select estimate check test preview"),
        LOOK,
    ),
    **dict.fromkeys(("delete", "terminate", "purge"), DESTROY),
    "wait": WAIT,
}
_AWS_LOCAL = Effect(fx.UNSURE | fx.NETWORK)


def aws(call: Call) -> Effect:
    """Look at or change what an AWS account holds (docs.aws.amazon.com/cli)."""
    found = split(call.words, _AWS_VALUED)
    if asks_help(call.words) or call.words[-1] == "help" or not found.operands:
        return near(call, LIGHT)
    if HIDDEN in "".join(found.operands[:2]):
        return call.opaque("the operation is not known before it runs")
    endpoint = found.value("--endpoint-url")
    if call.name == "awslocal" or (endpoint and not machine_of(endpoint)):
        return _AWS_LOCAL
    verb = _aws_refined(_aws_verb(found.operands), found)
    if found.operands[:2] == ("eks", "update-kubeconfig"):
        chosen = found.value("--alias", "--name") or HIDDEN
        return change(near(call, SETTING), chooses=((KUBERNETES, chosen),))
    return _aws_run(call, verb, found) if verb in {SESSION, RUNS} else far(call, verb, _account(call, found))


def _account(call: Call, found: Options) -> str:
    return named(call, found.value("--profile"), "AWS_PROFILE", "AWS_DEFAULT_PROFILE")


def _aws_verb(operands: tuple[str, ...]) -> Verb:
    service, operation = (*operands[:2], "")[:2]
    for key in (f"{service} {operation}", f"{service} *", service):
        if key in _AWS:
            return _AWS[key]
    verb = _AWS_PREFIXES.get(operation.partition("-")[0])
    return verb or _AWS_PREFIXES.get("-".join(operation.split("-")[:2]), CHANGE)


def _aws_refined(verb: Verb, found: Options) -> Verb:
    """Return *verb* as the options make it."""
    if on(found, "--dryrun", "--dry-run", "--generate-cli-skeleton", "--no-execute-changeset"):
        return PLAN
    if verb is LOOK and found.has("--follow"):
        return FOLLOW
    removes = found.operands[:2] in {("s3", "rm"), ("s3", "rb")}
    deletes = found.operands[:2] == ("s3", "sync") and found.has("--delete")
    if removes and found.has("--recursive", "--force"):
        return DESTROY
    return MIRROR if deletes else verb


def _aws_run(call: Call, verb: Verb, found: Options) -> Effect:
    """Return the effect of a session on, or a command sent to, instances."""
    targets = [
        found.value("--target"),
        *found.values("--instance-ids"),
        *(word for word in found.operands if word.startswith("i-")),
    ]
    names = tuple(dict.fromkeys(name_of(item) for item in targets if item))
    if verb is SESSION and "PortForwarding" in found.value("--document-name"):
        verb = RUNS
    account = _account(call, found)
    effect = far(call, verb, names[0] if names else account)
    known_as = tuple((name, account) for name in names if account)
    parts = [_sent(call, text, names) for text in found.values("--parameters", "--command")]
    shown = effect.evidence
    if found.has("--targets"):
        shown += call.shows(Workload.MULTI_HOST, "runs on every machine that the tags select")
    kept = tuple(item for part in parts for item in part.without(Workload.INTERACTIVE, Workload.REMOTE_PROBE).evidence)
    return change(effect, evidence=(*shown, *kept), machines=names or effect.machines, known_as=known_as)


_SENT = re.compile(r"commands\W+(.*)", re.DOTALL)


def _sent(call: Call, text: str, names: tuple[str, ...]) -> Effect:
    """Return the effect of the text in `commands=…`, or of a text that is the whole value."""
    match = _SENT.search(text) if "ommands" in text else None
    inner = match[1].rstrip("]}\"' ").replace('","', "\n").replace('", "', "\n") if match else text
    return call.run(inner, names[0] if names else "aws") if inner and HIDDEN not in inner else EMPTY


PROGRAMS = dict.fromkeys(("aws", "awslocal"), aws)
