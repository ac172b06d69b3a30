"""How the names of hosts become machines: spellings, ssh's configuration, and the inventory."""

import fnmatch
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headgate.classify import Inventory, Surroundings, classify, with_history
from headgate.classify.effect import HIDDEN
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.ssh_answers import ask, book
from headgate.classify.programs.ssh_config import load
from headgate.model.action import ShellAction
from headgate.model.facts import Facts, History, Workload

SSH_CONFIG = "/home/user/.ssh/config"
FILES = {
    SSH_CONFIG: """
        # the first value wins
        Include config.d/*.conf  other

        Host web1 www-one
            HostName web1.prod.example.com
            User deploy
            Port 2222
        host="db"
            hostname=10.0.0.5
        Host web1 late
            HostName never.example.com
        Host vm
            HostName 127.0.0.1
            Port 2201
        Host self
            HostName localhost
        Host pct-? pct-prod
            HostName %h.internal
        Host !keep pre-* keep
            ProxyJump bastion
            HostName gone
        Host local-*
            ProxyCommand rm -rf /srv/data
        Host permits
            PermitLocalCommand yes
            LocalCommand ssh prod9 reboot
        Host forbids
            LocalCommand ssh prod9 reboot
        Host works
            RemoteCommand systemctl restart app
        Host asks-keys
            KnownHostsCommand ssh prod9 reboot
        Host tunnelled
            ProxyCommand sh -c "aws ssm start-session --target %h --document-name AWS-StartSSHSession"
        Host gh
            HostName github.com
            User git
        Host over
            ProxyJump gate
        Host gate
            ProxyCommand ssh prod9 reboot
        Match originalhost exec-no,exec-x !originalhost exec-no exec "rm -rf /srv/%h"
            User someone
        Match host late.example.com
            ProxyCommand rm -rf /srv/data
        Host moved
            HostName late.example.com
        Match final host nowhere
            User someone
        """,
    "/home/user/.ssh/config.d/one.conf": "Host inc\n  HostName inc.staging.example.com\n",
    "/home/user/.ssh/other": "Host inc\n  HostName never\nHost b\n  HostName b.example.com\n",
    "/home/user/repo/ssh.cfg": "Host web1\n  HostName web1.lab\n",
    "/etc/ssh/ssh_config": "Host *\n  SendEnv LANG\nHost sys\n  HostName sys.dev.example.com\n",
}
AROUND = Surroundings(
    home="/home/user",
    read=FILES.get,
    matching=lambda pattern: tuple(fnmatch.filter(FILES, pattern)),
    hostnames=("laptop", "laptop.home"),
)
INVENTORY = Inventory((("prod", "*prod*"), ("staging", "*stag*"), ("dev", "*dev*")))


def facts(command: str, around: Surroundings = AROUND) -> Facts:
    return classify(ShellAction(command, cwd="/home/user/repo"), around, INVENTORY)


ONE_MACHINE = {
    "web1.prod.example.com": [
        "ssh web1 uptime",
        "ssh www-one uptime",
        "ssh deploy@web1 -p 2222 uptime",
        "ssh -l root WEB1.prod.example.com. uptime",
        "ssh ssh://root@web1:22 uptime",
        "ssh -o HostName=web1 x uptime",
        "ssh -o HostName=web1.prod.example.com other uptime",
        "psql -h web1.prod.example.com -c 'select 1'",
        "ssh web1 uptime; ssh web1.prod.example.com df",
        "ssh web1 uptime; psql -h web1 -c 'select 1'; systemctl -H root@web1 status x; pssh -H web1 uptime",
    ],
    "db": ["ssh db uptime", "ssh 10.0.0.5 uptime", "psql -h 10.0.0.5 -c 'select 1'", "ssh 10.5 id; ssh db id"],
    "vm": ["ssh vm uptime", "ssh -p 2201 localhost uptime", "ssh -p2201 127.0.0.1 uptime; ssh vm id"],
    "localhost:2222": ["ssh -p 2222 localhost uptime", "ssh ssh://root@localhost:2222 id", "ssh -oPort=2222 127.1 id"],
    "bastion": [
        "ssh -J bastion localhost uptime",
        "ssh -Jroot@bastion:22 ::1 id",
        "ssh -o ProxyJump=x,bastion self id",
    ],
    "pct-7.internal": ["ssh pct-7 uptime", "ssh pct-7.internal id"],
    "inc.staging.example.com": ["ssh inc uptime"],
    "web1.lab": ["ssh -F ssh.cfg web1 uptime", "ssh -F ~/repo/ssh.cfg web1 uptime"],
    "web1": ["ssh -F none web1 uptime", "ssh -F /dev/null web1 uptime"],
    "sys.dev.example.com": ["ssh sys uptime"],
    "keep": ["ssh -F none keep uptime"],
    "local-1": ["ssh -J gw local-1 uptime"],
    "forbids": ["ssh forbids uptime"],
    "tunnelled": ["ssh tunnelled uptime"],
    "exec-no": ["ssh exec-no uptime"],
    "github.com": ["ssh -T gh", "ssh -T git@github.com"],
}


@pytest.mark.parametrize(
    ("machine", "command"),
    [(machine, command) for machine, commands in ONE_MACHINE.items() for command in commands],
)
def test_one_machine_has_one_name_however_it_is_reached(machine: str, command: str) -> None:
    found = facts(command)

    assert ((machine,), ["remote-probe"]) == (found.machines, [str(name) for name in found.workloads])


@pytest.mark.parametrize(
    "command",
    [
        "ssh localhost id",
        "ssh self id",
        "ssh laptop id",
        "ssh LAPTOP.home. id",
        "ssh -p 22 localhost id",
        "ssh 0x7f000001 id",
        "ssh 2130706433 id",
        "ssh 127.9.9.9 id",
        "ssh ::ffff:127.0.0.1 id",
        "ssh '[::1]' id",
        "scp a self:/b",
        "rsync a laptop:/b",
    ],
)
def test_this_machine_is_not_another_one(command: str) -> None:
    found = facts(command)

    assert (False, (), ()) == (found.remote, found.machines, found.workloads)


ENVIRONMENTS = {
    "ssh web1 id": "prod",
    "ssh www-one id": "prod",
    "ssh db id": "unknown",
    "ssh inc id": "staging",
    "ssh sys id": "dev",
    "ssh pct-prod id": "prod",
    "ssh -o HostName=10.9.9.9 prod7 id": "prod",
    "ssh -o HostName=10.9.9.9 dev7 id": "unknown",
    "ssh -F ssh.cfg web1 id": "unknown",
    "ssh WEB.PROD.EXAMPLE.COM id": "prod",
    "scp a inc:/b": "staging",
}


@pytest.mark.parametrize("command", ENVIRONMENTS)
def test_any_name_of_a_machine_may_tell_its_environment(command: str) -> None:
    assert ENVIRONMENTS[command] == facts(command).environment


STARTED = {
    "ssh local-1 id": "destructive",
    "ssh permits id": "restart",
    "ssh -o PermitLocalCommand=yes forbids id": "",
    "ssh asks-keys id": "restart",
    "ssh works": "restart",
    "ssh over id": "restart",
    "ssh exec-x id": "destructive",
    "ssh -G exec-x": "destructive",
    "ssh -G local-1": "",
    "ssh -o ProxyCommand=none local-1 id": "",
    "ssh moved id": "destructive",
    "scp a local-1:/b": "destructive",
    "sftp -b x local-1": "destructive",
    "rsync a local-1:/b": "destructive",
    "rsync -e 'ssh -o ProxyCommand=reboot' a x:/b": "restart",
    "rsync --rsync-path='reboot; rsync' a x:/b": "restart",
    "scp -S 'reboot' a x:/b": "restart",
    "ssh -o ProxyCommand='ssh prod9 reboot' x id": "restart",
    "ssh -o RemoteCommand=reboot x": "restart",
    "ssh -I ./x.so x id": "opaque",
    "ssh -I /usr/lib/opensc-pkcs11.so x id": "",
    "ssh -F missing x id": "opaque",
    'ssh -o "$OPTION" x id': "opaque",
    "echo 'Host x' >> ~/.ssh/config; ssh x id": "opaque",
    "printf 'Host x\\n ProxyCommand reboot\\n' > ~/.ssh/config; ssh x id": "restart",
}
HEAVY = {"destructive", "restart", "opaque"}


@pytest.mark.parametrize("command", STARTED)
def test_what_ssh_starts_by_its_options_and_its_configuration_is_judged(command: str) -> None:
    found = {str(name) for name in facts(command).workloads} & HEAVY

    assert {STARTED[command]} - {""} == found


@pytest.mark.parametrize(
    ("command", "machines"),
    [
        ("ssh web1 id; ssh db id", ("web1.prod.example.com", "db")),
        ("ssh a ssh b id", ("a", "b")),
        ("ssh a \"ssh c 'ssh d id'\"", ("a", "c", "d")),
        ("scp web1:/a db:/b", ("web1.prod.example.com", "db")),
        ("scp -3 a:/a '[fe80::1]:/b'", ("a", "fe80::1")),
        ("rsync -e 'ssh -p 2222 -J gw' a localhost:/b", ("gw",)),
        ("scp -P 2222 a localhost:/b", ("localhost:2222",)),
        ("rsync a rsync://mirror/x", ("mirror",)),
        ("sshfs -o port=2222,reconnect localhost:/ /mnt", ("localhost:2222",)),
    ],
)
def test_the_machines_of_a_chain_or_a_copy_are_all_named(command: str, machines: tuple[str, ...]) -> None:
    assert machines == facts(command).machines


def test_three_spellings_of_one_machine_are_no_third_machine() -> None:
    seen = facts("ssh web1 id").machines + facts("ssh www-one id").machines + facts("ssh db id").machines
    found = [
        with_history(facts(command), History(machines_recent=tuple(dict.fromkeys(seen))), 30.0).workloads
        for command in ("ssh web1.prod.example.com id", "ssh 10.0.0.5 id", "ssh inc id")
    ]

    assert [False, False, True] == [Workload.MULTI_HOST in workloads for workloads in found]


def test_what_was_read_is_in_the_facts_where_it_mattered() -> None:
    read = dict.fromkeys([script.path for script in facts("ssh web1 id").scripts])
    system = sha256(FILES["/etc/ssh/ssh_config"].encode()).hexdigest()

    assert sorted(path for path in FILES if "ssh/" in path) == sorted(read)
    assert system in {script.sha256 for script in facts("psql -h 10.0.0.5 -c 'select 1'").scripts}
    assert () == facts("ssh nobody id").scripts


def test_the_configuration_of_another_machine_is_not_ours() -> None:
    found = facts("ssh a 'ssh local-1 id'")

    assert (("a", "local-1"), False) == (found.machines, found.destroys)


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("WEB1.", "web1"),
        ("user@web1:22", "web1"),
        ("ssh://user@web1:22/x", "web1"),
        ("[2001:DB8:0::1]:22", "2001:db8::1"),
        ("2001:db8:0:0::1", "2001:db8::1"),
        ("010.0.0.1", "8.0.0.1"),
        ("10.1", "10.0.0.1"),
        ("0xa000001", "10.0.0.1"),
        ("127.1", ""),
        ("0", ""),
        ("1.2.3.4.5", "1.2.3.4.5"),
        ("999.1.1.1", "999.1.1.1"),
        ("10-web", "10-web"),
        (f"web{HIDDEN}", "?"),
    ],
)
def test_a_machine_has_one_spelling(spelled: str, name: str) -> None:
    assert name == machine_of(spelled)


WORDS = ["Host", "Match", "Include", "HostName", "ProxyCommand", "all", "exec", "!", "*", '"', "'", "=", "a", "\n", " "]


@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS)).map(" ".join)))
def test_any_text_is_a_configuration(text: str) -> None:
    config = load(lambda _path: (("/home/user/.ssh/config", text),), (SSH_CONFIG,), "/home/user")

    assert book(config).shown is not None
    assert isinstance(ask(config, "a").hostname, str)


def test_files_that_include_each_other_come_to_an_end() -> None:
    names = [f"/home/user/.ssh/f{number}" for number in range(8)]
    files = {name: "".join(f"Include {other}\n" for other in names) * 9 for name in names}
    config = load(lambda path: ((path, files[path]),), (names[0],), "/home/user")

    assert not config.whole
    assert load(lambda _path: ((SSH_CONFIG, "Include config\n"),), (SSH_CONFIG,), "/home/user").whole
