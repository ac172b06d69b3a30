"""Keys on this machine's disk: Ed25519 (RFC 8032), as PKCS #8 in PEM, that only their owner may read.

A passphrase goes through scrypt (RFC 7914) first, with what the line above the PEM says: what PKCS #8 does to one by
itself takes less than a millisecond, and whoever has read the file could try all words of a language in an hour.
`cryptography` is imported where it is used: neither a hook nor a command that signs nothing pays for it.
"""

import contextlib
import hashlib
import os
import re
import secrets
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from headgate.model.errors import HeadgateError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

MAX_KEY_FILE = 16 * 1024
"""Bytes of a key's file, at most."""

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_STRETCHED = re.compile(rb"headgate-key ([0-9a-f]{64}) scrypt 65536 8 1 ([0-9a-f]{32})\n")
_COST, _BLOCK, _LANES, _MEMORY = 65536, 8, 1, 96 << 20
"""scrypt's parameters: 64 MiB and about a fifth of a second a try."""


class SigningKey:
    """A key that signs; made by `open`."""

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        self._private = private
        self.public: bytes = private.public_key().public_bytes_raw()
        """The public key, 32 bytes."""
        self.name: str = name_of(self.public)
        """See `name_of`."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature (64 bytes) over *data*."""
        return self._private.sign(data)

    @staticmethod
    def open(path: Path, passphrase: bytes = b"") -> "SigningKey":
        """Return the key in *path*; where there is no file, make one that nobody else may read, without a passphrase.

        Raises `HeadgateError` HG609 where the file cannot be used, HG608 where it needs another *passphrase*.
        """
        pem = _read(path)
        if pem is None:
            _make(path)
            pem = _read(path)
        if pem is None:
            raise _unusable(path, "it went away while it was made")
        return SigningKey(_private(path, pem, passphrase))


def verify(public: bytes, signature: bytes, data: bytes) -> bool:
    """Whether *signature* signs *data* under the key *public* (32 bytes); false for anything that is no signature."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 see the top
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def is_protected(path: Path) -> bool:
    """Whether the key in *path* needs a passphrase; false where there is none. Raises `HeadgateError` HG609."""
    return _ENCRYPTED in (_read(path) or b"")


def public_of(path: Path) -> bytes:
    """Return the public key (32 bytes) of the key in *path*, without its passphrase; empty where it is not known.

    Of a protected key it is what the file says, which is proved only by a signature. Raises `HeadgateError` HG609.
    """
    pem = _read(path)
    if pem is None:
        return b""
    if _ENCRYPTED not in pem:
        return SigningKey(_private(path, pem, b"")).public
    head = _STRETCHED.match(pem)
    return bytes.fromhex(head[1].decode()) if head else b""


def name_of(public: bytes) -> str:
    """Return the name of the key *public*: the first sixteen hexadecimal digits of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def protect(path: Path, new: str, old: str) -> SigningKey:
    """Put the key in *path* under the passphrase *new* instead of *old*, all or nothing; an empty one is none.

    Returns the key. Raises `HeadgateError` HG608 where *old* is wrong, HG609 where the file cannot be used.
    """
    key = SigningKey.open(path, old.encode())
    try:
        temporary = _written(path, _pem(key._private, new.encode()))  # noqa: SLF001 our own
        temporary.replace(path)
        _keep(path.parent)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    return key


def _private(path: Path, pem: bytes, passphrase: bytes) -> "Ed25519PrivateKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415

    protected = _ENCRYPTED in pem
    if protected and not passphrase:
        raise HeadgateError(
            "HG608", f"the key `{path.name}` needs its passphrase", "type it where you are asked for it"
        )
    try:
        private = load_pem_private_key(pem, _stretched(pem, passphrase) if protected else None)
    except Exception as error:  # noqa: BLE001 the library raises many kinds for bytes that are no key
        if protected:
            raise HeadgateError("HG608", f"this is not the passphrase of `{path.name}`", "type it again") from None
        raise _unusable(path, f"it holds no key that can be read ({type(error).__name__})") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise _unusable(path, "it holds a key of another kind than Ed25519")
    return private


def _read(path: Path) -> bytes | None:
    """Return what stands in the key file, `None` where there is none; a file of others, or open to them, is no key."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode) or (os.geteuid() and found.st_uid not in {os.geteuid(), 0}):
            raise _unusable(path, "it is no plain file of its owner")
        if found.st_mode & 0o077:
            raise _unusable(path, f"others may open it (mode {stat.S_IMODE(found.st_mode):04o})")
        pem = os.read(descriptor, MAX_KEY_FILE + 1)
    finally:
        os.close(descriptor)
    if not pem or len(pem) > MAX_KEY_FILE:
        raise _unusable(path, f"it has {'no bytes' if not pem else 'too many bytes'}")
    return pem


def _make(path: Path) -> None:
    """Make a key in *path*, whole or not at all; where another process was quicker, its key stays."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415

    try:
        temporary = _written(path, _pem(Ed25519PrivateKey.generate(), b""))
        try:
            with contextlib.suppress(FileExistsError):
                path.hardlink_to(temporary)
        finally:
            temporary.unlink()
        _keep(path.parent)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None


def _pem(private: "Ed25519PrivateKey", passphrase: bytes) -> bytes:
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

    kept: serialization.KeySerializationEncryption = serialization.NoEncryption()
    head = b""
    if passphrase:
        public = private.public_key().public_bytes_raw().hex()
        head = f"headgate-key {public} scrypt {_COST} {_BLOCK} {_LANES} {secrets.token_hex(16)}\n".encode()
        kept = serialization.BestAvailableEncryption(_stretched(head, passphrase))
    return head + private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, kept)


def _stretched(pem: bytes, passphrase: bytes) -> bytes:
    """Return what the key in *pem* is encrypted with; a key of other programs takes the *passphrase* itself."""
    head = _STRETCHED.match(pem)
    if head is None:
        return passphrase
    salt = bytes.fromhex(head[2].decode())
    return hashlib.scrypt(passphrase, salt=salt, n=_COST, r=_BLOCK, p=_LANES, maxmem=_MEMORY).hex().encode()


def _written(path: Path, content: bytes) -> Path:
    """Return a new file beside *path* with mode 0600 and *content*, which is on the disk."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as file:  # noqa: PTH123 a descriptor
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    return temporary


def _keep(folder: Path) -> None:
    """Make the names in *folder* durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unusable(path: Path, why: str) -> HeadgateError:
    return HeadgateError("HG609", f"the key file `{path}` cannot be used: {why}", "repair the file, or restore a copy")
