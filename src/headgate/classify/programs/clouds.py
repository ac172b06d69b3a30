"""The command lines of clouds: groups and verbs, read off tables; a look at a cloud is a probe."""

import re
from collections.abc import Mapping

import msgspec

from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split, words_of
from headgate.classify.programs.places import KUBERNETES
from headgate.classify.programs.ssh import remote
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DEPLOY,
    DEPLOY_LONG,
    DESTROY,
    FOLLOW,
    LIGHT,
    LONG,
    LOOK,
    MIRROR,
    PLAN,
    REMOVE,
    RESTART,
    RUNS,
    SESSION,
    SETTING,
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


class Cloud(msgspec.Struct, frozen=True):
    """A cloud's tool: whole subcommands, verbs at any depth, its grammar, and the options that name an account."""

    table: dict[str, Verb]
    valued: frozenset[str]
    names: tuple[str, ...]
    variables: tuple[str, ...] = ()
    prefixes: frozenset[str] = frozenset()
    by_end: bool = False


_WORDS: Mapping[str, Verb] = verbs(
    (LOOK, "list, ls, describe, show, get, get-iam-policy, read, cat, du, stat"),
    (
        LOOK,
        "search, tail-once, info, slugs, regions, versions, decrypt, verify, test-iam-permissions, search-all, print",
    ),
    (LOOK, "get-health, get-server-config, list-sizes, get-instance-view, status, logs"),
    (LOOK, "describe-all, view, get-serial-port-output"),
    (CHANGE, "create, update, set, add, remove, import, enable, disable, patch"),
    (CHANGE, "attach, detach, resize, move, set-iam-policy"),
    (CHANGE, "add-iam-policy-binding, remove-iam-policy-binding, put, assign, scale, rename"),
    (CHANGE, "execute, call, publish, unset"),
    (DESTROY, "delete, destroy, purge, rebuild, terminate"),
    (RESTART, "restart, reboot, reset, start, stop, shutdown, poweroff, poweron"),
    (RESTART, "power-cycle, deallocate, suspend, resume"),
    (DEPLOY, "deploy, rollback, promote, redeploy"),
    (WAIT, "wait"),
)
_GCLOUD = Cloud(
    verbs(
        (DEPLOY, "compute instance-groups managed rolling-action start-update"),
        (FOLLOW, "compute instances tail-serial-port-output"),
        (CHANGE, "secrets versions add, secrets versions enable, secrets versions disable"),
        (DESTROY, "secrets versions destroy"),
        (RUNS, "compute start-iap-tunnel"),
        (LIGHT, "auth, config list, config get-value, config get, config configurations list, info"),
        (LIGHT, "version, topic, help, cheat-sheet"),
        (SETTING, "config, init, components, container clusters get-credentials"),
        (SETTING, "iam service-accounts keys list, feedback"),
        (LIGHT, "components list, auth print-access-token, emulators, docker"),
        (DEPLOY, "run deploy, app deploy, functions deploy, run services update"),
        (DEPLOY, "run services update-traffic, run services replace"),
        (DEPLOY, "run jobs execute, deploy releases create, deploy releases promote"),
        (DEPLOY, "endpoints services deploy, run jobs deploy"),
        (DEPLOY, "deployment-manager deployments create, deployment-manager deployments update"),
        (DEPLOY, "app services set-traffic"),
        (DEPLOY, "container clusters upgrade, run services delete, builds triggers run"),
        (DEPLOY, "run jobs update, firebase deploy"),
        (DEPLOY_LONG, "builds submit"),
        (COPY, "compute scp, storage cp, storage mv, storage rsync, sql export, sql import, app instances scp"),
        (COPY, "compute copy-files, firestore export, firestore import"),
        (SESSION, "cloud-shell ssh, sql connect, compute connect-to-serial-port"),
        (SESSION, "app instances ssh"),
        (SESSION, "alpha cloud-shell ssh, workstations ssh, compute tpus tpu-vm ssh"),
        (FOLLOW, "app logs tail, logging tail, run services logs tail, beta run services logs tail"),
        (LOOK, "logging read, app logs read, secrets versions access, run services logs read"),
        (LOOK, "functions logs read, builds log"),
        (CHANGE, "storage rm, logging write, pubsub topics publish"),
        (LOOK, "storage ls, storage cat, storage du, container images list-tags, services list"),
    ),
    words_of(
        """
        --project --zone --region --format --account --configuration --filter --limit --impersonate-service-account
        --verbosity --command --image --source --location --cluster --ssh-key-file --ssh-flag --internal-ip-range
        --service --version --network --machine-type --quiet-format --billing-project --size --num-nodes --flatten
        --sort-by --freshness --container --tag
        """
    ),
    ("--project", "--configuration"),
    ("CLOUDSDK_CORE_PROJECT", "CLOUDSDK_ACTIVE_CONFIG_NAME"),
    frozenset({"alpha", "beta", "preview"}),
)
_AZ = Cloud(
    verbs(
        (LIGHT, "login, account, version, upgrade, extension, config get, feedback, find"),
        (LIGHT, "interactive, acr login, cloud, ad, bicep"),
        (SETTING, "account set, config, configure, aks get-credentials, logout, aks install-cli, extension add, init"),
        (DEPLOY, "webapp deploy, webapp up, webapp deployment, functionapp deployment"),
        (DEPLOY, "deployment group create, deployment sub create"),
        (DEPLOY, "containerapp update, containerapp up, containerapp create, functionapp deploy"),
        (DEPLOY, "staticwebapp, aks upgrade, spring app deploy"),
        (DEPLOY, "webapp config container set, container create, containerapp revision, webapp create"),
        (DEPLOY, "pipelines run, deployment create"),
        (PLAN, "deployment group what-if, deployment sub what-if, deployment group validate, deployment sub validate"),
        (LOOK, "webapp deployment list, webapp deployment slot list, deployment group show"),
        (LOOK, "deployment group list, monitor"),
        (FOLLOW, "webapp log tail, functionapp log tail, webapp log-tail, spring app logs -f"),
        (SESSION, "ssh vm, ssh arc, webapp ssh, serial-console connect"),
        (SESSION, "containerapp exec, container exec, network bastion ssh"),
        (RUNS, "webapp create-remote-connection, network bastion tunnel"),
        (LOOK, "vm run-command list, vm run-command show"),
        (COPY, "sql db export, sql db import"),
        (SESSION, "container attach, postgres flexible-server connect"),
        (RUNS, "vm run-command, vmss run-command, aks command invoke"),
        (LONG, "acr build"),
        (COPY, "storage blob upload, storage blob upload-batch, storage blob download"),
        (COPY, "storage blob download-batch, storage copy"),
        (COPY, "storage blob copy, storage blob sync, storage file upload, storage file download"),
        (COPY, "acr import, storage fs file upload"),
        (DESTROY, "group delete, storage blob delete-batch, storage blob delete"),
        (LOOK, "rest, graph query, resource list, vm list-ip-addresses"),
        (LOOK, "containerapp logs, container logs, acr repository show-tags"),
    ),
    words_of(
        """
        --subscription -g --resource-group -n --name -o --output --query -l --location --vm-name --command-id
        --scripts -m --method
        """
    ),
    ("--subscription",),
)
_CLOUDS = {"gcloud": _GCLOUD, "az": _AZ}
_DEPTH = 6


def cloud(call: Call) -> Effect:
    """Look at or change what an account holds; `ssh` runs its text on a machine of it."""
    return read_cloud(call, _CLOUDS[call.name])


def read_cloud(call: Call, tool: Cloud) -> Effect:
    """Return the effect of a call of the cloud's *tool*."""
    if asks_help(call.words):
        return near(call, LIGHT)
    found = split(call.words, tool.valued)
    operands = tuple(word for word in found.operands[:_DEPTH] if word not in tool.prefixes)
    if not operands:
        return near(call, LIGHT)
    if HIDDEN in operands[0]:
        return call.opaque("the subcommand is not known before it runs")
    text = _ssh(call, tool, operands, found)
    if text is not None:
        return text
    chosen = _chosen(operands, found)
    return change(near(call, SETTING), chooses=(chosen,)) if chosen else _done(call, tool, operands, found)


def _done(call: Call, tool: Cloud, operands: tuple[str, ...], found: Options) -> Effect:
    """Return the effect of a subcommand on the account, or on the instance that a session is opened to."""
    verb = _refined(_cloud_verb(tool, operands), operands, found)
    account = _account(call, tool, found)
    machine = name_of(found.value("--vm-name", "-n", "--name")) if verb is SESSION else ""
    if not machine:
        return far(call, verb, account)
    return change(far(call, verb, machine), known_as=_within(machine, account))


def _account(call: Call, tool: Cloud, found: Options) -> str:
    """Return the account or project that options, variables or an earlier call name."""
    return named(call, found.value(*tool.names), *tool.variables) or name_of(call.choice(call.name))


def _within(machine: str, account: str) -> tuple[tuple[str, str], ...]:
    return ((machine, account),) if account and machine != account else ()


_CHOICES = {
    ("container", "clusters", "get-credentials"): KUBERNETES,
    ("aks", "get-credentials"): KUBERNETES,
    ("config", "set", "project"): "gcloud",
    ("config", "set", "core/project"): "gcloud",
    ("config", "configurations", "activate"): "gcloud",
    ("account", "set"): "az",
}


def _chosen(operands: tuple[str, ...], found: Options) -> tuple[str, str] | None:
    """Return the tool, and the machine or account that its later calls mean, where the call chooses one."""
    for length in (3, 2):
        tool = _CHOICES.get(operands[:length])
        if tool is not None:
            return tool, next(iter(operands[length:]), "") or found.value("-n", "--name", "--subscription") or HIDDEN
    return None


def _cloud_verb(tool: Cloud, operands: tuple[str, ...]) -> Verb:
    for length in range(min(5, len(operands)), 0, -1):
        verb = tool.table.get(" ".join(operands[:length]))
        if verb is not None:
            return verb
    for word in operands[1:]:
        end = _CAMEL.split(word)[0].lower() if word[:1].isupper() else word.rpartition("-")[2]
        verb = _WORDS.get(end if tool.by_end else word)
        verb = verb or (LOOK if word.startswith(("list-", "get-", "describe-", "show-")) else None)
        if verb is not None:
            return verb
    return CHANGE


def _refined(verb: Verb, operands: tuple[str, ...], found: Options) -> Verb:
    if on(found, "--dry-run", "--what-if", "--validate-only", "--dryrun"):
        return PLAN
    if verb is LOOK and (on(found, "-f", "--follow", "--stream") and {"logs", "log"} & {*operands}):
        return FOLLOW
    if verb is COPY and on(found, "--delete-unmatched-destination-objects", "--delete-destination"):
        return MIRROR
    if operands[:2] == ("storage", "rm") and found.has("-r", "-R", "--recursive"):
        return DESTROY
    if operands[0] == "rest" and found.value("-m", "--method").lower() not in {"", "get"}:
        return REMOVE if found.value("-m", "--method").lower() == "delete" else CHANGE
    return verb


_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SSH_DEPTH = 4


def _ssh(call: Call, tool: Cloud, operands: tuple[str, ...], found: Options) -> Effect | None:
    """Return the effect of `compute ssh HOST --command=…` and its like; `None` for any other call."""
    at = operands.index("ssh") + 1 if "ssh" in operands[:_SSH_DEPTH] else 0
    if not at or {" ".join(operands[:at]), " ".join(operands[: at + 1])} & tool.table.keys():
        return None
    rest = found.operands[found.operands.index("ssh") + 1 :]
    machine = machine_of(rest[0]) if rest else SOME_MACHINE
    words = (word.removeprefix("command=") for word in rest[1:] if not word.startswith("-"))
    text = found.value("--command", "--ssh-command") or " ".join(words)
    if on(found, "--dry-run"):
        return near(call, LIGHT)
    effect = remote(call, machine, text) if text else far(call, SESSION, machine)
    within = _within(machine, _account(call, tool, found))
    return change(effect, known_as=(*effect.known_as, *within)) if within else effect


PROGRAMS = dict.fromkeys(_CLOUDS, cloud)
