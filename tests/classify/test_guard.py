"""The gate's own files are control-plane by every ordinary route; their look-alikes are not."""

import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction, WriteAction
from headgate.model.facts import Workload

AROUND = Surroundings(
    home="/home/user",
    protected=(
        "/home/user/.local/state/headgate",
        "/home/user/.claude/settings.json",
        "/home/user/.claude.json",
        "/home/user/.config/headgate",
        "/opt/headgate/bin/headgate-hook",
    ),
    protected_suffixes=("/.claude/settings.json", "/.claude/settings.local.json", "/.claude/hooks", "/.headgate"),
    private=("/home/user/.local/state/headgate",),
    gate_pids=(4242,),
)


def control_plane(command: str) -> bool:
    facts = classify(ShellAction(command, cwd="/home/user/repo"), AROUND, Inventory())
    return Workload.CONTROL_PLANE in facts.workloads


@pytest.mark.parametrize(
    "command",
    [
        "rm ~/.claude/settings.json",
        "rm -f /home/user/.claude/settings.json",
        'rm "$HOME/.claude/settings.json"',
        "mv ~/.claude/settings.json /tmp/x",
        "cp /tmp/x ~/.claude/settings.json",
        "ln -sf /dev/null ~/.claude/settings.json",
        "chmod 000 ~/.claude/settings.json",
        "truncate -s 0 ~/.claude/settings.json",
        "tee ~/.claude/settings.json < /tmp/x",
        "echo {} | tee -a ~/.claude/settings.json",
        "sed -i s/a/b/ ~/.claude/settings.json",
        "echo {} > ~/.claude/settings.json",
        "echo {} >> ~/.claude/settings.json",
        "echo {} >| ~/.claude/settings.json",
        ": > /home/user/.claude/settings.json",
        "cat > ~/.claude/settings.json <<EOF\n{}\nEOF",
        "dd if=/dev/null of=/home/user/.claude/settings.json",
        "vim ~/.claude/settings.json",
        "some-unknown-program ~/.claude/settings.json",
        "some-unknown-program --file=/home/user/.claude/settings.json",
    ],
)
def test_a_settings_file_is_guarded_from_every_program(command: str) -> None:
    assert control_plane(command)


@pytest.mark.parametrize(
    "command",
    [
        "rm ../.claude/settings.json",
        "rm ./../.claude/../.claude/settings.json",
        "rm /home/user/repo/../.claude/settings.json",
        "rm ~/.claude/settings.jso?",
        "rm ~/.claude/*",
        "rm ~/.claude/s[e]ttings.json",
        "rm ~/.claude/{settings,x}.json",
        "rm ~/.cl''aude/settings.json",
        "rm -r ~/.claude",
        "mv ~/.claude /tmp/x",
        "mv ~/.local/state /tmp/x",
        "cd ~/.claude && rm settings.json",
        "cd; cd .claude; rm settings.json",
        "pushd ~/.claude; rm settings.json",
        "F=~/.claude/settings.json; rm $F",
        "F=$HOME/.claude/settings.json; rm $F",
        "D=.claude; rm ~/$D/settings.json",
        "bash -c 'rm ~/.claude/settings.json'",
        "sudo rm ~/.claude/settings.json",
        "echo ~/.claude/settings.json | xargs rm",
        "find ~/.claude -name settings.json -delete",
        "(cd ~/.claude; rm settings.json)",
        "f() { rm ~/.claude/settings.json; }; f",
        "! { rm ~/.claude/settings.json; }",
    ],
)
def test_no_way_of_naming_it_hides_a_guarded_file(command: str) -> None:
    assert control_plane(command)


@pytest.mark.parametrize(
    "command",
    [
        "rm -rf ~/.local/state/headgate",
        "cp /tmp/x ~/.local/state/headgate/headgate.db",
        "sqlite3 ~/.local/state/headgate/headgate.db 'delete from journal'",
        "cat ~/.local/state/headgate/headgate.db",
        "echo x > ~/.config/headgate/policy.toml",
        "cp /bin/true /opt/headgate/bin/headgate-hook",
        "echo > /opt/headgate/bin/headgate-hook",
        "rm .claude/settings.local.json",
        "rm /srv/other/.claude/settings.json",
        "echo x > .claude/hooks/pre",
        "touch .headgate/policy.toml",
        "kill 4242",
        "kill -9 4242",
        "pkill headgate",
        "HEADGATE_HOME=/tmp/x ls",
        "export HEADGATE_HOME=/tmp/x",
        "env HEADGATE_HOME=/tmp/x ls",
    ],
)
def test_the_home_the_hook_the_policy_and_the_processes_are_guarded(command: str) -> None:
    assert control_plane(command)


@pytest.mark.parametrize(
    "command",
    [
        "python3 -c \"open('/home/user/.claude/settings.json', 'w')\"",
        "python3 -c 'import os; os.remove(os.path.expanduser(\"~/.claude/settings.json\"))'",
        "node -e \"fs.unlinkSync('/home/user/.claude/settings.json')\"",
        "perl -e 'unlink \"/home/user/.claude/settings.json\"'",
        "python3 <<EOF\nopen('/home/user/.claude/settings.json', 'w')\nEOF",
    ],
)
def test_a_program_text_that_names_the_gate_is_guarded(command: str) -> None:
    assert control_plane(command)


@pytest.mark.parametrize(
    "command",
    [
        "cat ~/.claude/settings.json",
        "grep hooks ~/.claude/settings.json",
        "ls ~/.claude",
        "jq . < ~/.claude/settings.json",
        "git commit -m 'restore ~/.claude/settings.json'",
        "echo 'rm ~/.claude/settings.json'",
        "grep -r settings.json .",
        "touch '*'",
        "touch settings.json",
        "rm settings.json",
        "rm /tmp/settings.json",
        "rm ~/.claude/settings.json.bak",
        "echo x > claude/settings.json",
        "rm ~/repo/headgate.db",
        "git add .claude/settings.json",
        "kill 4243",
        "echo x > ~/.claude/notes.md",
    ],
)
def test_a_look_alike_is_free(command: str) -> None:
    assert not control_plane(command)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/home/user/.claude/settings.json", (Workload.CONTROL_PLANE,)),
        ("~/.claude/settings.json", (Workload.CONTROL_PLANE,)),
        (".claude/settings.local.json", (Workload.CONTROL_PLANE,)),
        ("../.claude/settings.json", (Workload.CONTROL_PLANE,)),
        ("/home/user/.local/state/headgate/headgate.db", (Workload.CONTROL_PLANE,)),
        ("/opt/headgate/bin/headgate-hook", (Workload.CONTROL_PLANE,)),
        ("/home/user/repo/settings.json", ()),
        ("src/main.py", ()),
    ],
)
def test_the_clients_own_writes_are_guarded_alike(path: str, found: tuple[Workload, ...]) -> None:
    assert found == classify(WriteAction(path, cwd="/home/user/repo"), AROUND, Inventory()).workloads


@pytest.mark.parametrize(
    "command",
    [
        "cd .headgate; rm *",
        "rm -rf .h*",
        "sed -i s/x/y/ .head*/policy.toml",
        "rm .headgate/pol*",
        "headgate policy fmt .headgate/*",
        "headgate policy import codex a.rules -o/home/user/.config/headgate/policy.toml",
        "headgate policy docs --out .headgate",
        "uniq x .headgate/policy.toml",
        "sort --outp=.headgate/policy.toml a",
        "xxd -r x .headgate/policy.toml",
        "iconv -o .headgate/policy.toml x",
        "cp x -t/home/user/.config/headgate",
    ],
)
def test_a_policy_is_guarded_against_patterns_glued_options_and_readers_that_write(command: str) -> None:
    assert control_plane(command)


@pytest.mark.parametrize(
    "command",
    ["ls .h*", "cat .headgate/policy.toml", "rm *", "rm -rf build/*", "rm ./*.pyc", "uniq a b", "gcc -I./include x.c"],
)
def test_what_only_resembles_that_is_not(command: str) -> None:
    assert not control_plane(command)
