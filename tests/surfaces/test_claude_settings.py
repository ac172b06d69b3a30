"""Our hooks in Claude Code's settings: in, and out again, with everything else as it was."""

import json
from pathlib import Path
from typing import Any

import pytest

from headgate.model.errors import HeadgateError
from headgate.surfaces.claude_settings import (
    Installation,
    install,
    prefix_in,
    registered,
    settings_file,
    uninstall,
    version_of,
)

WANTED = Installation("/opt/hg/bin/headgate-hook", "/home/user/.local/state/headgate", blocks=True)
FOREIGN = {"matcher": "Bash", "hooks": [{"type": "command", "command": "/usr/bin/other-hook"}]}
OBSERVED = ("PostToolUse", "PostToolUseFailure", "UserPromptSubmit", "SessionStart")


def group(mode: str, timeout: int, **more: object) -> dict[str, Any]:
    args = ["--home", WANTED.home, "claude-code", mode]
    return {
        "matcher": "*",
        "hooks": [{"type": "command", "command": WANTED.program, "args": args, "timeout": timeout} | more],
    }


OURS = {"PreToolUse": [group("decide", 30, onFailure="block")]} | {name: [group("observe", 10)] for name in OBSERVED}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / ".claude" / "settings.json"


def write(file: Path, content: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return content


def backup(file: Path) -> Path:
    return file.with_name("settings.json.before-headgate")


def test_a_missing_file_is_made_for_its_owner_and_goes_again(file: Path) -> None:
    assert install(file, WANTED)

    assert ({"hooks": OURS}, 0o600) == (json.loads(file.read_text()), file.stat().st_mode & 0o777)
    assert (True, []) == (uninstall(file), list(file.parent.iterdir()))


PREFIXED = Installation(WANTED.program, WANTED.home, blocks=True, prefix="/a b/headgate-shell")


@pytest.mark.parametrize("content", ["{}", '{"env": {}}', '{"env": {"A": "b"}, "z": 1}', '{"a": 1}\n\n'])
def test_our_prefix_comes_and_goes(file: Path, content: str) -> None:
    write(file, content)
    before = json.loads(content).get("env", {})
    changed = [install(file, PREFIXED), install(file, PREFIXED)]
    settings = json.loads(file.read_text())

    assert [True, False] == changed
    assert {"CLAUDE_CODE_SHELL_PREFIX": PREFIXED.prefix, **before} == settings["env"]
    assert PREFIXED.prefix == prefix_in(settings)
    assert (True, content) == (uninstall(file), file.read_text())


def test_what_another_puts_in_front_of_texts_stays(file: Path) -> None:
    write(file, '{"env": {"CLAUDE_CODE_SHELL_PREFIX": "/opt/log.sh"}}')
    install(file, PREFIXED)

    assert "/opt/log.sh" == prefix_in(json.loads(file.read_text()))
    assert (True, "/opt/log.sh") == (uninstall(file), prefix_in(json.loads(file.read_text())))


def test_a_prefix_that_can_be_no_more_goes_with_the_next_install(file: Path) -> None:
    install(file, PREFIXED)
    install(file, WANTED)

    assert {"hooks": OURS} == json.loads(file.read_text())


def test_an_empty_prefix_is_none(file: Path) -> None:
    write(file, '{"env": {"CLAUDE_CODE_SHELL_PREFIX": ""}}')
    install(file, PREFIXED)

    assert PREFIXED.prefix == prefix_in(json.loads(file.read_text()))


def test_our_prefix_goes_where_somebody_took_the_hooks_out(file: Path) -> None:
    install(file, PREFIXED)
    write(file, json.dumps({"env": {"CLAUDE_CODE_SHELL_PREFIX": PREFIXED.prefix, "A": PREFIXED.prefix}}))

    assert uninstall(file)
    assert {"env": {"A": PREFIXED.prefix}} == json.loads(file.read_text())


def test_an_env_that_is_none_is_left_alone(file: Path) -> None:
    write(file, '{"env": 7}')
    install(file, PREFIXED)

    assert 7 == json.loads(file.read_text())["env"]


def test_everything_else_is_kept_in_its_order(file: Path) -> None:
    write(file, json.dumps({"z": 1, "hooks": {"Stop": [FOREIGN], "PreToolUse": [FOREIGN]}, "a": [{"é": None}]}))

    install(file, WANTED)

    pre = [FOREIGN, *OURS["PreToolUse"]]
    expected = {"z": 1, "hooks": {"Stop": [FOREIGN], **OURS, "PreToolUse": pre}, "a": [{"é": None}]}
    assert (expected, ["z", "hooks", "a"]) == (json.loads(file.read_text()), list(json.loads(file.read_text())))


def test_installing_twice_changes_nothing(file: Path) -> None:
    write(file, '{"a": 1}')
    install(file, WANTED)
    before = file.read_bytes()

    assert (False, before) == (install(file, WANTED), file.read_bytes())


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        '{"a":1}',
        '{\n\t"a": [1,2],\n\t"b": "é"\n}\n\n',
        '{"hooks": {}}',
        '{"hooks": {"PreToolUse": []}}',
        json.dumps({"hooks": {"PreToolUse": [FOREIGN]}, "model": "x"}, indent=7),
    ],
)
def test_uninstalling_brings_back_every_byte(file: Path, content: str) -> None:
    write(file, content)
    install(file, WANTED)

    assert (content, True) == (backup(file).read_text(), uninstall(file))
    assert (content, [file]) == (file.read_text(), list(file.parent.iterdir()))


def test_what_was_changed_after_us_stays_when_we_go(file: Path) -> None:
    write(file, '{\n    "a": 1\n}\n')
    install(file, WANTED)
    settings = json.loads(file.read_text())
    settings["b"] = 2
    settings["hooks"]["PreToolUse"].append(FOREIGN)
    write(file, json.dumps(settings, indent=4))

    assert uninstall(file)

    expected = {"a": 1, "hooks": {"PreToolUse": [FOREIGN]}, "b": 2}
    assert (json.dumps(expected, indent=4) + "\n", False) == (file.read_text(), backup(file).exists())


def test_a_foreign_hook_in_our_group_stays(file: Path) -> None:
    mixed = {"matcher": "*", "hooks": [{"type": "command", "command": "/x/headgate-hook"}, FOREIGN["hooks"][0]]}
    write(file, json.dumps({"hooks": {"Stop": [mixed]}}))

    uninstall(file)

    assert {"hooks": {"Stop": [{"matcher": "*", "hooks": FOREIGN["hooks"]}]}} == json.loads(file.read_text())


@pytest.mark.parametrize("content", ["", "{}", '{"hooks": {"Stop": []}}'])
def test_where_we_are_not_there_is_nothing_to_take_out(file: Path, content: str) -> None:
    write(file, content)

    assert (False, content) == (uninstall(file), file.read_text())


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '"x"',
        "// comment\n{}",
        '{"hooks": []}',
        '{"hooks": {"PreToolUse": {}}}',
        '{"hooks": "x"}',
        "\x80",
    ],
)
def test_what_is_not_understood_is_refused_and_left_alone(file: Path, content: str) -> None:
    file.parent.mkdir()
    file.write_bytes(content.encode("latin-1"))

    with pytest.raises(HeadgateError) as installing:
        install(file, WANTED)
    with pytest.raises(HeadgateError) as leaving:
        uninstall(file)

    assert ("HG120", "HG120") == (installing.value.code, leaving.value.code)
    assert (content.encode("latin-1"), [file]) == (file.read_bytes(), list(file.parent.iterdir()))


@pytest.mark.parametrize("odd", [[], None, "x", {"hooks": "x"}, {"hooks": ["x", None]}, {"matcher": "Bash"}])
def test_a_group_of_an_odd_shape_is_kept(file: Path, odd: object) -> None:
    write(file, json.dumps({"hooks": {"PreToolUse": [odd]}}))

    install(file, WANTED)

    assert [odd, *OURS["PreToolUse"]] == json.loads(file.read_text())["hooks"]["PreToolUse"]


def test_a_link_stays_a_link_and_its_target_is_written(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "dotfiles" / "settings.json"
    write(target, '{"a": 1}')
    file.parent.mkdir()
    file.symlink_to(target)

    install(file, WANTED)

    assert (True, {"a": 1, "hooks": OURS}) == (file.is_symlink(), json.loads(target.read_text()))
    uninstall(file)
    assert (True, '{"a": 1}') == (file.is_symlink(), target.read_text())


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o660])
def test_the_mode_is_kept(file: Path, mode: int) -> None:
    write(file, "{}")
    file.chmod(mode)

    install(file, WANTED)

    assert [mode, mode] == [path.stat().st_mode & 0o777 for path in (file, backup(file))]


def test_an_old_entry_of_ours_is_replaced_and_the_first_backup_kept(file: Path) -> None:
    old = Installation("/old/headgate-hook", "/old/home", blocks=False)
    content = write(file, '{"a":1}')
    install(file, old)

    assert install(file, WANTED)

    assert ({"a": 1, "hooks": OURS}, content) == (json.loads(file.read_text()), backup(file).read_text())


def test_a_client_that_cannot_block_is_not_told_to(file: Path) -> None:
    install(file, Installation(WANTED.program, WANTED.home, blocks=False))

    assert [group("decide", 30)] == json.loads(file.read_text())["hooks"]["PreToolUse"]


def test_a_client_that_can_be_woken_has_hooks_that_wait_beside_the_others(file: Path) -> None:
    before = write(file, json.dumps({"hooks": {"Stop": [FOREIGN]}}))
    install(file, Installation(WANTED.program, WANTED.home, blocks=True, rewakes=True))
    hooks = json.loads(file.read_text())["hooks"]
    observe, wake = hooks["PostToolUse"]

    assert (group("observe", 10), "Bash|Monitor") == (observe, wake["matcher"])
    assert [FOREIGN, {**wake, "matcher": ""}] == hooks["Stop"]
    assert (True, 21720, "wake") == (
        *(wake["hooks"][0][key] for key in ("asyncRewake", "timeout")),
        wake["hooks"][0]["args"][-1],
    )
    assert "onFailure" not in wake["hooks"][0]
    assert not install(file, Installation(WANTED.program, WANTED.home, blocks=True, rewakes=True))
    assert (True, before) == (uninstall(file), file.read_text())


def test_our_handlers_are_found_the_deciding_one_first() -> None:
    found = registered(
        {"hooks": {"Stop": [FOREIGN], "PostToolUse": OURS["PostToolUse"], "PreToolUse": OURS["PreToolUse"]}}
    )

    assert [OURS["PreToolUse"][0]["hooks"][0], OURS["PostToolUse"][0]["hooks"][0]] == found


def test_a_folder_in_place_of_the_file_is_refused(file: Path) -> None:
    file.mkdir(parents=True)

    with pytest.raises(HeadgateError) as raised:
        install(file, WANTED)

    assert "HG120" == raised.value.code


@pytest.mark.parametrize(
    ("scope", "found"), [("user", "/u/.claude/settings.json"), ("project", "/p/.claude/settings.json")]
)
def test_a_scope_has_its_file(scope: str, found: str) -> None:
    assert Path(found) == settings_file(scope, Path("/u"), Path("/p"))


@pytest.mark.parametrize(
    ("text", "found"), [("2.1.330 (Claude Code)", (2, 1, 330)), ("claude v10.0.1-beta", (10, 0, 1)), ("nothing", ())]
)
def test_a_version_is_its_numbers(text: str, found: tuple[int, ...]) -> None:
    assert found == version_of(text)
