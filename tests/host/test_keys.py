"""Keys on disk: made once, read by nobody else, and used only with their passphrase."""

import hashlib
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from headgate.host.keys import SigningKey, is_protected, name_of, protect, public_of, verify
from headgate.model.errors import HeadgateError


def test_a_key_is_made_once_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "gate.key"
    with ThreadPoolExecutor(8) as pool:
        names = set(pool.map(lambda _: SigningKey.open(path).name, range(16)))

    key = SigningKey.open(path)
    assert names == {key.name}
    assert key.name == hashlib.sha256(key.public).hexdigest()[:16]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["gate.key"]


def test_a_signature_holds_for_its_bytes_and_its_key_alone(tmp_path: Path) -> None:
    assert public_of(tmp_path / "one") == b""
    key, other = SigningKey.open(tmp_path / "one"), SigningKey.open(tmp_path / "two")
    assert public_of(tmp_path / "one") == key.public
    signature = key.sign(b"a grant")

    assert len(signature) == 64
    assert verify(key.public, signature, b"a grant")
    assert not verify(key.public, signature, b"a grand")
    assert not verify(other.public, signature, b"a grant")
    assert not verify(key.public, signature[:-1], b"a grant")
    assert not verify(b"short", signature, b"a grant")


def test_a_passphrase_is_set_changed_and_removed(tmp_path: Path) -> None:
    path = tmp_path / "authority.key"
    name = SigningKey.open(path).name
    assert not is_protected(path)
    assert protect(path, "correct horse", "").name == name
    assert is_protected(path)
    assert b"ENCRYPTED" in path.read_bytes()
    assert path.read_bytes().startswith(b"headgate-key " + public_of(path).hex().encode() + b" scrypt 65536 8 1 ")
    assert name_of(public_of(path)) == name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    for wrong in (b"", b"battery", b"correct horse "):
        with pytest.raises(HeadgateError) as refused:
            SigningKey.open(path, wrong)
        assert refused.value.code == "HG608"
    with pytest.raises(HeadgateError) as refused:
        protect(path, "mine", "battery")
    assert refused.value.code == "HG608"

    assert SigningKey.open(path, b"correct horse").name == name
    protect(path, "staple", "correct horse")
    assert SigningKey.open(path, b"staple").name == name
    protect(path, "", "staple")
    assert not is_protected(path)
    assert SigningKey.open(path).name == name
    assert [file.name for file in tmp_path.iterdir()] == ["authority.key"]


@pytest.mark.parametrize(
    "content", [b"", b"no key", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", b"x" * 20_000]
)
def test_what_is_no_key_is_refused_and_stays_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "gate.key"
    path.write_bytes(content)
    path.chmod(0o600)

    with pytest.raises(HeadgateError) as refused:
        SigningKey.open(path)

    assert refused.value.code == "HG609"
    assert path.read_bytes() == content


def test_a_key_that_others_may_open_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gate.key"
    SigningKey.open(path)
    path.chmod(0o640)
    with pytest.raises(HeadgateError, match="others may open it"):
        SigningKey.open(path)


def test_a_link_or_a_folder_is_no_key(tmp_path: Path) -> None:
    SigningKey.open(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "folder").mkdir()
    for name in ("link", "folder", "real/below", "none/below"):
        with pytest.raises(HeadgateError) as refused:
            SigningKey.open(tmp_path / name)
        assert refused.value.code == "HG609"


def test_nothing_is_loaded_before_a_key_is_used() -> None:
    text = "import headgate.host.keys, sys; sys.exit('cryptography' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", text], check=False).returncode == 0
