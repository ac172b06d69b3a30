"""A third party checks a proof with the script of the documents; a spoiled one proves nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from journals import made

from headgate.host.home import Home
from headgate.host.keys import SigningKey
from headgate.record.events import Refused
from headgate.store.sqlite import SqliteStore
from headgate.surfaces.cli.why import command

SCRIPT = Path(__file__).parents[2] / "docs" / "check_proof.py"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return made(tmp_path_factory.mktemp("proof"), 700, segment=256, every=100)


def name_of(home: Home, seq: int) -> str:
    store = SqliteStore(home.database, writable=False)
    name = next(store.entries(seq - 1)).hash.hex()
    store.close()
    return name


def proof_of(home: Home, seq: int) -> dict[str, object]:
    done = CliRunner().invoke(command, [name_of(home, seq), "--proof"], obj=home, standalone_mode=False)
    found = json.loads(done.output)
    assert isinstance(found, dict)
    return found


def check(proof: dict[str, object], *key: str) -> subprocess.CompletedProcess[str]:
    text = json.dumps(proof)
    return subprocess.run(
        [sys.executable, SCRIPT, "-", *key], input=text, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("seq", [1, 2, 256, 257, 512, 513, 699, 700])
def test_a_proof_holds_for_an_entry_in_the_table_and_in_a_segment(home: Home, seq: int) -> None:
    key = SigningKey.open(home.gate_key).public.hex()
    done = check(proof_of(home, seq), key)

    assert (0, "") == (done.returncode, done.stderr)
    assert f"entry {seq} of 700 of headgate/" in done.stdout
    assert key in done.stdout


OTHER = "00" * 32


@pytest.mark.parametrize(
    ("field", "spoil"),
    [
        ("body", lambda body: body.replace("message", "massage")),
        ("index", lambda index: index + 1),
        ("index", lambda _index: 5_000),
        ("index", lambda _index: -1),
        ("path", lambda path: path[:-1]),
        ("path", lambda path: [*path, OTHER]),
        ("path", lambda path: [OTHER, *path[1:]]),
        ("path", lambda path: path[::-1]),
        ("checkpoint", lambda text: text.replace("\n700\n", "\n701\n")),
        ("checkpoint", lambda text: text.replace("headgate/", "headgate/x")),
        ("key", lambda _key: "ab" * 32),
    ],
)
def test_a_spoiled_proof_proves_nothing(home: Home, field: str, spoil: object) -> None:
    proof = proof_of(home, 300)
    assert callable(spoil)
    done = check(proof | {field: spoil(proof[field])})

    assert 0 != done.returncode
    assert "is:" not in done.stdout


def test_a_proof_under_another_key_proves_nothing(home: Home, tmp_path: Path) -> None:
    done = check(proof_of(home, 300), SigningKey.open(tmp_path / "other").public.hex())

    assert (1, "NOT PROVED: another key signed the checkpoint\n") == (done.returncode, done.stderr)


def test_what_no_checkpoint_covers_has_no_proof_yet(tmp_path: Path) -> None:
    home = made(tmp_path, 20, every=10)
    store = SqliteStore(home.database, signer=SigningKey.open(home.gate_key))
    name = store.append(Refused(1.0, "claude-code", "HG101", "new")).hash.hex()
    store.close()
    done = CliRunner().invoke(command, [name, "--proof"], obj=home)

    assert "HG508" == getattr(done.exception, "code", "")
    assert "the last checkpoint is of 20 entries, and this is entry 21" in str(done.exception)


def test_a_checkpoint_that_does_not_fit_gives_no_proof(tmp_path: Path) -> None:
    home = made(tmp_path, 20, every=10)
    name = name_of(home, 5)
    home.gate_key.unlink()
    SigningKey.open(home.gate_key)
    done = CliRunner().invoke(command, [name, "--proof"], obj=home)

    assert "HG505" == getattr(done.exception, "code", "")
