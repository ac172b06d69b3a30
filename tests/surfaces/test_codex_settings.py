"""Our hooks and rules in Codex's folder: in, and out again, with everything else as it was."""

import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from headgate.host.home import Home
from headgate.model.errors import HeadgateError
from headgate.surfaces.cli import install as installing
from headgate.surfaces.codex_settings import Installation, folder, hooks_of, install, rules, rules_of, uninstall
from headgate.surfaces.hooks_file import argv, decides, program, registered

WANTED = Installation("/opt/h g/headgate-hook", "/opt/h g/headgate", "/home/user/.local/state/headgate")
LOCKED = Installation(WANTED.program, WANTED.headgate, WANTED.home, lock=True)
FOREIGN = {"matcher": "Bash", "hooks": [{"type": "command", "command": "log --of /x/headgate-hook"}]}
EVENTS = ["PreToolUse", "PostToolUse", "UserPromptSubmit", "SessionStart"]


@pytest.fixture
def there(tmp_path: Path) -> Path:
    (tmp_path / ".codex").mkdir()
    return tmp_path / ".codex"


def handlers(there: Path) -> list[dict[str, object]]:
    return registered(json.loads(hooks_of(there).read_text()))


def files(there: Path) -> dict[str, bytes]:
    return {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()}


def test_the_hooks_decide_and_observe_and_a_missing_folder_is_made(tmp_path: Path) -> None:
    there = tmp_path / "new"

    assert install(there, WANTED)

    settings = json.loads(hooks_of(there).read_text())
    assert EVENTS == list(settings["hooks"])
    assert [True, False, False, False] == [decides(handler) for handler in handlers(there)]
    assert {Path(WANTED.program)} == {program(handler) for handler in handlers(there)}
    observes = settings["hooks"]["PostToolUse"][0]["hooks"][0]
    assert [WANTED.program, "--home", WANTED.home, "codex", "observe"] == shlex.split(observes["command"])


def test_installing_twice_changes_nothing_and_rules_come_and_go(there: Path) -> None:
    install(there, WANTED)
    before = files(there)

    assert (False, before) == (install(there, WANTED), files(there))
    assert (True, True) == (install(there, LOCKED), install(there, WANTED))
    assert before == files(there)


def test_everything_else_is_kept_and_uninstalling_brings_back_every_byte(there: Path) -> None:
    hooks_of(there).write_text(json.dumps({"hooks": {"PreToolUse": [FOREIGN], "Stop": [FOREIGN]}}, indent=3))
    other = there / "rules" / "default.rules"
    other.parent.mkdir()
    other.write_text('prefix_rule(pattern=["ls"], decision="allow")\n')
    before = files(there)

    install(there, LOCKED)

    hooks = json.loads(hooks_of(there).read_text())["hooks"]
    assert (FOREIGN, [FOREIGN]) == (hooks["PreToolUse"][0], hooks["Stop"])
    assert (True, False) == (uninstall(there), uninstall(there))
    assert before == files(there)


def test_where_nothing_was_nothing_is_left(there: Path) -> None:
    install(there, LOCKED)

    assert (True, {}) == (uninstall(there), files(there))


def test_rules_of_another_are_refused_and_left_alone(there: Path) -> None:
    rules_of(there).parent.mkdir()
    rules_of(there).write_text("# mine\n")

    for change in (lambda: install(there, WANTED), lambda: uninstall(there)):
        with pytest.raises(HeadgateError) as raised:
            change()
        assert "HG120" == raised.value.code
    assert {"rules/headgate.rules": b"# mine\n"} == files(there)


def deciding(there: Path, words: str) -> subprocess.CompletedProcess[str]:
    """Run the deciding handler, with a program in place of the hook that does what *words* say."""
    hook = there / "bin" / "headgate-hook"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{words}\n")
    hook.chmod(0o755)
    install(there, Installation(str(hook), "/opt/headgate", "/h"))
    handler = handlers(there)[0]
    return subprocess.run(argv(handler), capture_output=True, text=True, timeout=60, check=False, input="{}")


@pytest.mark.parametrize(
    ("words", "status", "out", "err"),
    [
        ("echo '{}'", 0, "{}\n", ""),
        ('echo "$@"', 0, "--home /h codex decide\n", ""),
        ("cat", 0, "{}", ""),
        ("echo no >&2; exit 2", 2, "", "no\n"),
        ("exit 1", 2, "", "HG017"),
        ("exit 127", 2, "", "HG017"),
        ("kill -9 $$", 2, "", "HG017"),
    ],
)
def test_whatever_ends_the_hook_but_an_answer_blocks_the_call(
    there: Path, words: str, status: int, out: str, err: str
) -> None:
    done = deciding(there, words)

    assert (status, out, True) == (done.returncode, done.stdout, err in done.stderr and bool(done.stderr) == bool(err))


def test_a_hook_that_is_not_there_blocks_the_call(there: Path) -> None:
    install(there, WANTED)

    done = subprocess.run(argv(handlers(there)[0]), capture_output=True, timeout=60, check=False, input=b"{}")

    assert (2, True) == (done.returncode, b"HG017" in done.stderr)


def checked(there: Path, wanted: Installation, *words: str) -> str:
    """Return what the real client's rules say of a command; nothing where no rule fits."""
    codex = shutil.which(Path(__file__).parents[2] / ".clients" / "node_modules" / ".bin" / "codex")
    if codex is None:
        pytest.skip("Codex is not installed: see CONTRIBUTING.md")
    file = there / "x.rules"
    file.write_text(rules(wanted))
    asked = [codex, "execpolicy", "check", "--rules", str(file), "--", *words]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=60, check=True)
    return str(json.loads(done.stdout).get("decision", ""))


@pytest.mark.client
@pytest.mark.parametrize(
    ("words", "open_", "locked"),
    [
        ("'/opt/h g/headgate' attach tk_1 --home /h", "allow", "allow"),
        ("'/opt/h g/headgate' stop", "", ""),
        ("headgate attach tk_1", "", ""),
        ("ssh web1 uptime", "", "prompt"),
        ("ansible-playbook site.yml", "", "prompt"),
        ("kubectl delete pod x", "", "prompt"),
        ("kubectl get pods", "", ""),
        ("git status", "", ""),
    ],
)
def test_the_real_client_reads_the_rules_as_they_are_meant(there: Path, words: str, open_: str, locked: str) -> None:
    found = [checked(there, wanted, *shlex.split(words)) for wanted in (WANTED, LOCKED)]

    assert [open_, locked] == found


def test_the_users_folder_is_the_one_that_the_client_finds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CODEX_HOME", raising=False)
    usual = [folder(scope, Path("/u"), Path("/p")) for scope in ("user", "project")]
    monkeypatch.setenv("CODEX_HOME", "/c")
    named = [folder(scope, Path("/u"), Path("/p")) for scope in ("user", "project")]

    assert ([Path("/u/.codex"), Path("/p/.codex")], [Path("/c"), Path("/p/.codex")]) == (usual, named)


def command(home: Path, *words: str) -> str:
    runner = CliRunner()
    done = runner.invoke(installing.command, words, obj=Home(home), standalone_mode=False)
    assert done.exception is None, done.output
    return done.output


def test_the_command_installs_and_tells_the_operator_to_trust_the_hooks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "c"))
    monkeypatch.setattr(sys, "argv", ["/opt/headgate"])

    first, second = command(tmp_path / "h", "codex"), command(tmp_path / "h", "codex", "--with-rules")

    assert f"codex: registered in {tmp_path}/c/hooks.json" in first
    assert "start `codex`, look under /hooks, and trust ours" in first
    assert "headgate doctor codex" in second
    assert '["ssh"' in rules_of(tmp_path / "c").read_text()
