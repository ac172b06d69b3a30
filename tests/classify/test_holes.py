"""Ways round the gate that were found once; each stays closed."""

import msgspec
import pytest

from headgate.classify import Inventory, Surroundings, classify
from headgate.model.action import ShellAction
from headgate.model.facts import Workload

HOME = "/home/user"
FILES = {
    f"{HOME}/repo/run.sh": "ls\n",
    f"{HOME}/repo/lib.sh": "go() { ssh web1 reboot; }\n",
    f"{HOME}/repo/ls": "#!/bin/sh\nssh web1 reboot\n",
    f"{HOME}/repo/bin/git": "ssh web1 reboot\n",
    f"{HOME}/repo/.venv/bin/pytest": "#!/home/user/repo/.venv/bin/python\nfrom pytest import main\nmain()\n",
}
AROUND = Surroundings(
    home=HOME,
    protected=(f"{HOME}/.claude/settings.json",),
    protected_suffixes=("/.claude/settings.json",),
    read=FILES.get,
)


def classes(command: str) -> set[str]:
    return {str(name) for name in classify(ShellAction(command, f"{HOME}/repo"), AROUND, Inventory()).workloads}


@pytest.mark.parametrize(
    "command",
    [
        "cd ~/.claude && echo '{}' > settings.json",
        "mkdir -p ~/.claude && cd ~/.claude && cat > settings.json <<'X'\n{}\nX",
        "D=~/.claude && echo '{}' > $D/settings.json",
        'cd "$X" && echo 1 > settings.json',
        "cd ~ && cd .claude && rm settings.json",
        "cp /tmp/settings.json ~/.claude/",
        "install -m 600 settings.json ~/.claude",
    ],
)
def test_the_settings_are_guarded_wherever_the_text_goes_first(command: str) -> None:
    assert Workload.CONTROL_PLANE in classes(command)


@pytest.mark.parametrize(
    "command",
    [
        "echo 'ssh web1 reboot' > run.sh; bash run.sh",
        "cat > new.sh <<'X' && bash new.sh\nssh web1 reboot\nX",
        "echo 'import os; os.system(\"ssh web1 reboot\")' > x.py; python3 x.py",
        ". ./lib.sh; go",
        "a[$(ssh web1 reboot)]=1",
        "flock /tmp/l -c 'ssh web1 reboot'",
        "flock -w 5 lock ssh web1 reboot",
        "true | xargs -n1 ssh web1 reboot",
        "env -a x ssh web1 reboot",
        "faketime '2020-01-01' ssh web1 reboot",
        "IFS=,; C=ssh,web1,reboot; $C",
    ],
)
def test_what_runs_is_what_counts(command: str) -> None:
    assert {"remote-session", "restart"} <= classes(command)


@pytest.mark.parametrize(
    "command",
    [
        "sed -i 's/ls/x/' run.sh && ./run.sh",
        "cp other.sh run.sh; bash run.sh",
        "git pull && ./run.sh",
        "declare -n C=D; D=ssh; $C web1 reboot",
        "false && RUNNER=ls; $RUNNER web1",
        "X=ls; while c; do $X web1; X=ssh; done",
        "BASH_ENV=./x bash -c ls",
    ],
)
def test_what_nobody_knows_is_opaque(command: str) -> None:
    assert "opaque" in classes(command)


@pytest.mark.parametrize(
    "command",
    [
        "./run.sh",
        "cp settings.json backup/",
        "echo hi > out.txt && cat out.txt",
        'git commit -m "use \\`foo\\` in bar"',
        "ENV=test npm test",
        "git pull && npm test",
        "npm test > log.txt 2>&1; tail -5 log.txt",
        "while [ $i -lt 5 ]; do sleep 2; i=$((i+1)); done",
        "mkdir -p build && cd build && rm -rf out",
    ],
)
def test_ordinary_work_stays_light(command: str) -> None:
    assert set() == classes(command)


def test_the_files_are_read_anew_for_each_action() -> None:
    changed = msgspec.structs.replace(AROUND, read={f"{HOME}/repo/run.sh": "ssh web1 reboot\n"}.get)
    action = ShellAction("./run.sh", f"{HOME}/repo")

    found = [Workload.RESTART in classify(action, around, Inventory()).workloads for around in (AROUND, changed)]
    assert [False, True] == found


@pytest.mark.parametrize("command", ["./ls", "./ls -la", "bin/git status", f"{HOME}/repo/ls", "sudo ./ls"])
def test_a_script_with_the_name_of_a_known_program_is_what_it_holds(command: str) -> None:
    assert "remote-session" in classes(command)


@pytest.mark.parametrize(
    "command", [".venv/bin/pytest -q", ".venv/bin/python -V", "./gradlew test", "/bin/ls", "bin/ls"]
)
def test_a_program_that_cannot_be_read_is_what_its_name_says(command: str) -> None:
    assert set() == classes(command)
