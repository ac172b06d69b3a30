"""How contexts, projects and addresses become machines: clusters, container hosts, clouds, databases."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify import Inventory, Surroundings, classify
from headgate.classify.programs.kube_config import kubeconfig_of
from headgate.model.action import ShellAction
from headgate.model.facts import Facts

INVENTORY = Inventory((("prod", "*prod*"), ("staging", "*stag*"), ("dev", "*dev*")))
SSH_CONFIG = "/home/user/.ssh/config"
KUBE_CONFIG = "/home/user/.kube/config"
CLUSTERS = """\
apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: abc=
    server: https://api.prod.example.com:6443
  name: main
- cluster:
    server: "https://127.0.0.1:40001"
  name: kind-one
- cluster: {server: https://flow.example.com}
  name: flow
contexts:
- context:
    cluster: kind-one
    extensions:
    - extension:
        version: v1
      name: context_info
    namespace: shop   # the usual one
    user: kind-one
  name: kind-one
- context:
    cluster: main
    user: admin
  name: admin
- name: reader
  context:
    user: reader
    cluster: main
current-context: admin
"""


def meta(name: str) -> str:
    return f"/home/user/.docker/contexts/meta/{sha256(name.encode()).hexdigest()}/meta.json"


def endpoint(host: str) -> str:
    return f'{{"Name":"x","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}'


AROUND = Surroundings(
    home="/home/user",
    read={
        SSH_CONFIG: "Host web1\n  HostName web1.prod.example.com\n  User deploy\n",
        KUBE_CONFIG: CLUSTERS,
        "/home/user/repo/other.json": '{"current-context":"x","contexts":[{"name":"x","context":{"cluster":"y"}}],'
        '"clusters":[{"name":"y","cluster":{"server":"https://api.prod.example.com:6443"}}]}',
        "/home/user/.docker/config.json": '{"auths":{},"currentContext":"far"}',
        meta("far"): endpoint("ssh://deploy@web1"),
        meta("near"): endpoint("unix:///run/user/1000/docker.sock"),
        "/home/user/.config/containers/podman-connections.json": '{"Connection":{"Default":"far","Connections":'
        '{"far":{"URI":"ssh://core@web1:22/run/podman.sock"},"near":{"URI":"unix:///run/x.sock"}}}}',
    }.get,
)


def facts(command: str) -> Facts:
    return classify(ShellAction(command, cwd="/home/user/repo"), AROUND, INVENTORY)


PLACES = {
    "kubectl get pods": (("admin",), "prod"),
    "kubectl --context=reader get pods; kubectl --context admin get svc; kubectl get nodes": (("admin",), "prod"),
    "kubectl -s https://api.prod.example.com:6443 get pods": (("admin",), "prod"),
    "kubectl --kubeconfig other.json get pods": (("admin",), "prod"),
    "KUBECONFIG=/none/staging.yaml kubectl get pods": (("staging",), "staging"),
    "KUBECONFIG=$FILE kubectl get pods": ((), "unknown"),
    "kubectl --context kind-one get pods": (("kind-one",), "unknown"),
    "kubectl --context kind-one -n prod get pods": (("kind-one",), "prod"),
    "kubectl --context kind-one --namespace=dev get pods": (("kind-one",), "unknown"),
    "kubectl --context dev-1 --namespace=dev get pods": (("dev-1",), "dev"),
    "kubectl --context dev-1 -n staging get pods": (("dev-1",), "staging"),
    "kubectl config use-context kind-one && kubectl get pods": (("kind-one",), "unknown"),
    "(kubectx kind-one); kubectl get pods": (("kind-one",), "unknown"),
    "kubectx kind-one; kubectl get po; kubectx reader; kubectl get po": (("kind-one", "admin"), "prod"),
    "test -f x && kubectx kind-one; kubectl get pods": ((), "unknown"),
    "kubectx - && kubectl get pods": ((), "unknown"),
    "echo x >> ~/.kube/config; kubectl get pods": ((), "unknown"),
    "ssh a 'kubectl get pods'": (("a",), "unknown"),
    "helm list; stern --no-follow x; flux get all; istioctl ps; kubectl top pods": (("admin",), "prod"),
    "helm status x --kube-context kind-one": (("kind-one",), "unknown"),
    "aws eks update-kubeconfig --name staging-1 && kubectl get pods": (("staging-1",), "staging"),
    "gcloud container clusters get-credentials prod-1 --zone z && kubectl get pods": (("prod-1",), "prod"),
    "gcloud config set project acme-prod && gcloud compute instances list": (("acme-prod",), "prod"),
    "gcloud compute ssh web7 --project acme-prod --command=uptime": (("web7",), "prod"),
    "aws ssm start-session --target i-1 --profile prod": (("i-1",), "prod"),
    "az ssh vm -n vm1 --subscription prod": (("vm1",), "prod"),
    "docker ps": (("web1.prod.example.com",), "prod"),
    "docker compose ps; ssh web1 df; docker -H ssh://web1 ps": (("web1.prod.example.com",), "prod"),
    "docker --context near ps; docker -H unix:///x ps; DOCKER_HOST=tcp://localhost:1 docker ps": ((), "local"),
    "docker context use near && docker ps": ((), "local"),
    "docker context use dev-1 && docker ps": (("dev-1",), "dev"),
    "podman ps; podman --connection near ps": ((), "local"),
    "podman --remote ps": (("web1.prod.example.com",), "prod"),
    "CONTAINER_HOST=ssh://core@web1/x podman ps": (("web1.prod.example.com",), "prod"),
    "psql -h DB1.Prod. -c 'select 1'; ssh db1.prod df": (("db1.prod",), "prod"),
    "mongosh mongodb://u:p@a:1,b:2/x?y=z --eval 'db.stats()'": (("a", "b"), "unknown"),
    "psql postgresql://u@c:5432,d/x -c 'select 1'": (("c", "d"), "unknown"),
    "kafka-topics.sh --bootstrap-server a:9092,b:9092 --list": (("a", "b"), "unknown"),
    "etcdctl --endpoints https://a:1,https://b:1 get k": (("a", "b"), "unknown"),
}


@pytest.mark.parametrize("command", PLACES)
def test_contexts_and_addresses_name_their_machine(command: str) -> None:
    found = facts(command)

    assert PLACES[command] == (found.machines, found.environment)


def test_the_files_of_a_context_are_in_the_facts_where_they_told_it() -> None:
    assert [KUBE_CONFIG] == [script.path for script in facts("kubectl get pods").scripts]
    assert {"/home/user/.docker/config.json", meta("far")} <= {script.path for script in facts("docker ps").scripts}
    assert () == facts("docker --context near ps").scripts


@given(
    st.one_of(
        st.text(), st.lists(st.sampled_from([*CLUSTERS.split(" "), *CLUSTERS.splitlines(keepends=True)])).map("".join)
    )
)
def test_any_text_is_a_kubeconfig(text: str) -> None:
    assert isinstance(kubeconfig_of(text).current, str)
    assert isinstance(kubeconfig_of("{" + text).current, str)
