"""The command lines of clouds: groups and verbs, read off tables; a look at a cloud is a probe."""

from collections.abc import Mapping

import msgspec

from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split, words_of
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
    PLAN,
    RESTART,
    RUNS,
    SESSION,
    SETTING,
    WAIT,
    Verb,
    asks_help,
    far,
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
        (SESSION, "app instances ssh, compute start-iap-tunnel"),
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
        (SESSION, "webapp create-remote-connection, network bastion tunnel"),
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
_SMALL = words_of(
    """
    --context -t --access-token --config -c -o --output --format --region --profile --project --zone --image --size
    --type --name --ssh-key --ssh-keys --server --ssh-user --ssh-command --ssh-key-path --ssh-port --location -u -p
    --compartment-id --namespace-name --bucket-name --instance-id --action --spec --tail --label --no-header-format
    """
)
_DOCTL = Cloud(
    verbs(
        (LIGHT, "auth, version, completion, registry login, kubernetes cluster kubeconfig, registry docker-config"),
        (DEPLOY, "apps create, apps update, apps create-deployment, serverless deploy, kubernetes cluster upgrade"),
        (RESTART, "compute droplet-action, apps restart"),
        (LOOK, "account, balance, apps logs, apps list-deployments"),
        (LOOK, "apps list-regions, apps get-deployment, apps spec get"),
        (COPY, "sandbox"),
        (SESSION, "apps console"),
    ),
    _SMALL,
    ("--context",),
)
_HCLOUD = Cloud(
    verbs(
        (LIGHT, "context, version, completion, config"),
        (SESSION, "server request-console"),
        (LOOK, "server metrics, server ip, all list"),
    ),
    _SMALL,
    ("--context",),
)
_LINODE = Cloud(
    verbs((LIGHT, "configure, completion, show-users, set-user"), (LOOK, "regions, account, events")), _SMALL, ()
)
_OCI = Cloud(
    verbs(
        (LIGHT, "setup, session, --version"),
        (COPY, "os object put, os object get, os object bulk-upload, os object bulk-download"),
        (COPY, "os object sync, os object copy"),
        (RESTART, "compute instance action"),
        (DESTROY, "os object bulk-delete"),
    ),
    _SMALL,
    ("--profile",),
)
_CLOUDS = {"gcloud": _GCLOUD, "az": _AZ, "doctl": _DOCTL, "hcloud": _HCLOUD, "linode-cli": _LINODE, "oci": _OCI}
_DEPTH = 6


def cloud(call: Call) -> Effect:
    """Look at or change what an account holds; `ssh` runs its text on a machine of it."""
    tool = _CLOUDS[call.name]
    if asks_help(call.words):
        return near(call, LIGHT)
    found = split(call.words, tool.valued)
    operands = tuple(word for word in found.operands[:_DEPTH] if word not in tool.prefixes)
    if not operands:
        return near(call, LIGHT)
    if HIDDEN in operands[0]:
        return call.opaque("the subcommand is not known before it runs")
    text = _ssh(call, operands, found)
    if text is not None:
        return text
    verb = _refined(_cloud_verb(tool, operands), operands, found)
    return far(call, verb, named(call, found.value(*tool.names), *tool.variables))


def _cloud_verb(tool: Cloud, operands: tuple[str, ...]) -> Verb:
    for length in range(min(4, len(operands)), 0, -1):
        verb = tool.table.get(" ".join(operands[:length]))
        if verb is not None:
            return verb
    for word in operands[1:]:
        verb = _WORDS.get(word) or (LOOK if word.startswith(("list-", "get-", "describe-", "show-")) else None)
        if verb is not None:
            return verb
    return CHANGE


def _refined(verb: Verb, operands: tuple[str, ...], found: Options) -> Verb:
    if on(found, "--dry-run", "--what-if", "--validate-only", "--dryrun"):
        return PLAN
    if verb is LOOK and (on(found, "-f", "--follow", "--stream") and "logs" in operands):
        return FOLLOW
    if operands[:2] == ("storage", "rm") and found.has("-r", "-R", "--recursive"):
        return DESTROY
    if operands[0] == "rest" and found.value("-m", "--method").lower() not in {"", "get"}:
        return CHANGE
    return verb


_SSH_WORDS: dict[tuple[str, ...], int] = {("compute", "ssh"): 2, ("server", "ssh"): 2}


def _ssh(call: Call, operands: tuple[str, ...], found: Options) -> Effect | None:
    """Return the effect of `compute ssh HOST --command=…` and its like; `None` for any other call."""
    at = _SSH_WORDS.get(operands[:2])
    if at is None:
        return None
    skipped = sum(word in {"alpha", "beta", "preview"} for word in found.operands[:1])
    rest = found.operands[at + skipped :]
    machine = machine_of(rest[0]) if rest else SOME_MACHINE
    text = found.value("--command", "--ssh-command") or " ".join(word for word in rest[1:] if not word.startswith("-"))
    if on(found, "--dry-run"):
        return near(call, LIGHT)
    return remote(call, machine, text) if text else far(call, SESSION, machine)


PROGRAMS = dict.fromkeys(_CLOUDS, cloud)
