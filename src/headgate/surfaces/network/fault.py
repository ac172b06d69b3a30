"""Mistakes that are answered over HTTP."""

from headgate.model.errors import HeadgateError

STATUS = {
    "HG501": 503,
    "HG601": 404,
    "HG602": 403,
    "HG603": 409,
    "HG622": 401,
    "HG623": 404,
    "HG624": 422,
    "HG625": 429,
    "HG626": 421,
    "HG628": 404,
}
"""The status (RFC 9110) that goes with a code; any other refusal is 403."""


class HttpError(HeadgateError):
    """A mistake with a *status* of its own."""

    def __init__(self, code: str, message: str, hint: str, status: int) -> None:
        super().__init__(code, message, hint)
        self.status = status


def status_of(error: HeadgateError) -> int:
    """Return the HTTP status that *error* is answered with."""
    return error.status if isinstance(error, HttpError) else STATUS.get(error.code, 403)
