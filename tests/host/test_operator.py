"""The operator's files on this machine: where they stand, when they are read again, and what a mistake does."""

import os
from pathlib import Path

import pytest

from headgate.classify import classify
from headgate.classify.inventory import Inventory
from headgate.host.home import Home
from headgate.host.operator import MAX_SIZE, OperatorFiles, Reading, folder, places
from headgate.host.world import HostWorld
from headgate.model.action import ShellAction, WriteAction
from headgate.model.errors import HeadgateError


def configuration(environment: str = "prod") -> str:
    return f'schema = 1\n[inventory]\n{environment} = ["web1"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "headgate.toml"


def test_a_file_that_is_not_there_says_nothing(file: Path) -> None:
    assert Reading() == OperatorFiles([file, Path("/dev/null/x")]).reading()


def test_a_changed_file_is_read_again_and_an_unchanged_one_is_not(file: Path) -> None:
    files = OperatorFiles([file])
    seen = [files.reading().configuration.inventory]
    for environment in ("prod", "dev"):
        file.write_text(configuration(environment))
        seen.append(files.reading().configuration.inventory)
        assert files.reading() is files.reading()
    file.unlink()

    assert [(), (("prod", "web1"),), (("dev", "web1"),), ()] == [*seen, files.reading().configuration.inventory]


def test_a_file_that_is_replaced_with_one_of_the_same_size_and_time_is_read_again(file: Path, tmp_path: Path) -> None:
    file.write_text(configuration("prod"))
    files = OperatorFiles([file])
    before, found = files.reading(), file.stat()
    other = tmp_path / "other"
    other.write_text(configuration("prod").replace("web1", "web2"))
    os.utime(other, ns=(found.st_atime_ns, found.st_mtime_ns))
    other.rename(file)

    assert [("prod", "web1"), ("prod", "web2")] == [
        pair for reading in (before, files.reading()) for pair in reading.configuration.inventory
    ]


def test_a_wrong_new_version_keeps_the_last_good_one_and_says_so(file: Path) -> None:
    file.write_text(configuration())
    files = OperatorFiles([file])
    good = files.reading()
    file.write_text(configuration("prd"))
    wrong = files.reading()
    file.write_text(configuration("dev"))

    assert good.configuration == wrong.configuration
    assert good.files == wrong.files
    assert f"{file}:3: unknown key `prd` in inventory (did you mean `prod`?)" == wrong.mistakes
    assert ((("dev", "web1"),), "") == (files.reading().configuration.inventory, files.reading().mistakes)


def test_a_wrong_file_from_the_start_is_refused_with_the_mistakes_of_all_files(tmp_path: Path) -> None:
    paths = [tmp_path / "a.toml", tmp_path / "b.toml"]
    for path in paths:
        path.write_text("schema = 7")

    with pytest.raises(HeadgateError) as raised:
        OperatorFiles(paths)

    assert ("HG111", [f"{path}:1: `schema = 1` is required" for path in paths]) == (
        raised.value.code,
        raised.value.message.splitlines()[1:],
    )


@pytest.mark.parametrize("content", [b"\xff\xfe", b"#" * (MAX_SIZE + 1), None])
def test_what_is_no_small_text_file_is_a_mistake(file: Path, content: bytes | None) -> None:
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)

    with pytest.raises(HeadgateError, match="the configuration is wrong"):
        OperatorFiles([file])


def test_of_two_files_the_machines_own_stands_in_front(tmp_path: Path) -> None:
    paths = [tmp_path / "machine.toml", tmp_path / "user.toml"]
    for path, environment in zip(paths, ("prod", "dev"), strict=True):
        path.write_text(configuration(environment))

    assert (("prod", "web1"), ("dev", "web1")) == OperatorFiles(paths).reading().configuration.inventory


@pytest.mark.parametrize(
    ("named", "found"), [("/etc/xdg", "/etc/xdg"), ("", "/home/user/.config"), ("relative", "/home/user/.config")]
)
def test_the_files_stand_where_the_machine_and_the_user_keep_theirs(
    named: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", named)

    assert Path(f"{found}/headgate") == folder("/home/user")
    assert (Path("/etc/headgate/headgate.toml"), Path(f"{found}/headgate/headgate.toml")) == places("/home/user")


@pytest.mark.parametrize(
    "name", ["{config}/headgate/headgate.toml", "~/.config/headgate/x", "/etc/headgate/headgate.toml"]
)
def test_the_configuration_is_the_gates_wherever_it_stands(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = name.format(config=tmp_path / "config")
    around = HostWorld(Home(tmp_path / "home")).surroundings(30.0)

    for action in (WriteAction(path), ShellAction(f"echo x > {path}"), ShellAction(f"rm {path}", "/tmp")):
        assert "control-plane" in classify(action, around, Inventory()).workloads


def test_what_the_operator_says_reaches_the_classifier_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    world = HostWorld(Home(tmp_path / "home"))
    (tmp_path / "headgate").mkdir()
    (tmp_path / "headgate" / "headgate.toml").write_text(configuration())

    assert (("prod", "web1"),) == world.surroundings(30.0).inventory


def test_a_file_in_the_project_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "headgate.toml").write_text(configuration())
    monkeypatch.chdir(tmp_path)

    assert Reading() == HostWorld(Home(tmp_path / "home")).reading()
