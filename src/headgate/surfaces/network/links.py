"""Reply links: what is in one, signed, so that it answers one question as one person while that is open."""

import hashlib
from collections.abc import Callable

import msgspec
from itsdangerous import BadData, URLSafeSerializer

from headgate.model.approval import Approval
from headgate.surfaces.network.fault import HttpError

LONGEST = 1024
"""Characters of a link's token."""


class Link(msgspec.Struct, frozen=True):
    """Lets whoever has it answer question *approval*, which is bound to *digest*, as *person*, before *expires*."""

    approval: int
    digest: str
    person: str
    expires: float


class Links:
    """Makes and reads the tokens of links; *key* is known to this gate alone."""

    def __init__(self, key: bytes, now: Callable[[], float]) -> None:
        self._now = now
        self._signed = URLSafeSerializer(
            key, salt="headgate reply link 1", signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256}
        )

    def token(self, approval: Approval, person: str) -> str:
        """Return the token by which *person* may answer *approval* for as long as it is open."""
        return self._signed.dumps([approval.id, approval.digest, person, approval.expires])

    def read(self, token: str) -> Link:
        """Return what *token* says; raises `HttpError` HG623 where it is not ours (404), or over (410)."""
        try:
            said = self._signed.loads(token) if len(token) <= LONGEST else None
            found = msgspec.convert(said, tuple[int, str, str, float])
        except (BadData, msgspec.ValidationError):
            raise HttpError("HG623", "this link is not one of this gate", _LOOK, 404) from None
        link = Link(*found)
        if self._now() >= link.expires:
            raise HttpError("HG623", f"the time to answer question {link.approval} has ended", _LOOK, 410)
        return link


_LOOK = "open the latest link that you were sent, or use `headgate approvals` in a terminal"
