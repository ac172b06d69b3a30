"""The command lines of providers beside the three large clouds: each a table, read as a cloud's tool is."""

from headgate.classify.effect import Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.clouds import Cloud, read_cloud
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.ssh import remote
from headgate.classify.programs.verbs import (
    CHANGE,
    COPY,
    DEPLOY,
    DESTROY,
    FOLLOW,
    LIGHT,
    LOOK,
    RESTART,
    RUNS,
    SESSION,
    SETTING,
    UNDEPLOY,
    Tool,
    by_table,
    far,
    target,
    verbs,
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
_OPENSTACK = Cloud(
    verbs(
        (LIGHT, "complete, help, module list"),
        (LOOK, "console log show, catalog, usage, limits, hypervisor stats, token issue"),
        (COPY, "object save, object create, image save, container save"),
        (DEPLOY, "stack create, stack update"),
        (RESTART, "server pause, server unpause, server shelve, server unshelve, server rescue, server migrate"),
    ),
    _SMALL - {"-t", "-c", "-o", "-u", "-p"}
    | words_of(
        "--os-cloud --os-project-name --os-region-name --os-auth-url -f -c -t --template -e --flavor --network --volume"
    ),
    ("--os-cloud", "--os-project-name"),
    ("OS_CLOUD", "OS_PROJECT_NAME"),
)
_IBM = Cloud(
    verbs(
        (
            LIGHT,
            "login, logout, target, config, plugin, version, update, ks cluster config, cr login, iam oauth-tokens",
        ),
        (LOOK, "is instances, is vpcs, is subnets, is images, is volumes, resource groups, resource service-instances"),
        (LOOK, "ks clusters, ks workers, cr images, cr namespaces, regions, ce app logs, account users, billing"),
        (
            DEPLOY,
            "cf push, ce app create, ce app update, ce app apply, ce jobrun submit, ce buildrun submit, fn deploy",
        ),
        (UNDEPLOY, "ce app delete"),
    ),
    _SMALL,
    ("--profile",),
    by_end=True,
)
_SCW = Cloud(
    verbs(
        (LIGHT, "config, init, login, version, autocomplete, info, shell, feedback, k8s kubeconfig install"),
        (LOOK, "k8s kubeconfig get"),
        (DESTROY, "instance server terminate"),
    ),
    _SMALL,
    ("--profile", "-p"),
    ("SCW_PROFILE",),
)
_PLAIN = Cloud(
    verbs((LIGHT, "config, init, login, configure, auth, version, apikey, k3s kubeconfig")), _SMALL, ("--profile",)
)
_CLOUDS = {
    "doctl": _DOCTL,
    "hcloud": _HCLOUD,
    "linode-cli": _LINODE,
    "oci": _OCI,
    "openstack": _OPENSTACK,
    "ibmcloud": _IBM,
    "scw": _SCW,
    "aliyun": Cloud({}, _SMALL, ("--profile", "-p"), by_end=True),
    "tccli": Cloud({}, _SMALL, ("--profile",), by_end=True),
    **dict.fromkeys(("yc", "vultr-cli", "exo", "civo", "upctl", "ovhcloud", "metal", "cherryctl"), _PLAIN),
}


def cloud(call: Call) -> Effect:
    """Look at or change what an account holds."""
    return read_cloud(call, _CLOUDS[call.name])


_CF = Tool(
    verbs(
        (
            LOOK,
            "apps, a, app, services, s, service, routes, r, domains, orgs, spaces, env, e, events, buildpacks, tasks",
        ),
        (LOOK, "target --show, marketplace, m, stacks, space, org, revisions, droplets, packages, quotas"),
        (LIGHT, "login, l, logout, api, auth, target, t, plugins, config, install-plugin, create-app-manifest"),
        (DEPLOY, "push, p, rollback, continue-deployment, set-droplet, copy-source, run-task, rt, create-app"),
        (RESTART, "restart, rs, restage, rg, stop, sp, start, st, restart-app-instance, cancel-deployment"),
        (FOLLOW, "logs"),
        (
            DESTROY,
            "delete, d, delete-service, ds, delete-space, delete-org, delete-orphaned-routes, delete-service-key",
        ),
        (SETTING, "create-app-manifest"),
        (SESSION, "ssh"),
    ),
    words_of("-a -b -c -d -f -i -k -m -n -o -p -s -t -u -L -N --strategy --hostname --app-instance-index") - {"-f"},
    names=("-o", "-s"),
    follow=(),
    ends=("--recent",),
    default=CHANGE,
)


def foundry(call: Call) -> Effect:
    """Push, restart, look at or enter applications (docs.cloudfoundry.org/cf-cli)."""
    found = split(call.words, _CF.valued)
    text = found.value("-c", "--command")
    if found.operands[:1] == ("ssh",) and text:
        return remote(call, found.operands[1] if len(found.operands) > 1 else "cf", text)
    if found.operands[:1] == ("ssh",) and found.has("-L", "-N"):
        return far(call, RUNS, target(call, _CF, found).machine)
    return by_table(call, _CF)


PROGRAMS = {**dict.fromkeys(_CLOUDS, cloud), "cf": foundry}
