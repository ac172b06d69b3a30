"""The endpoints, as an ASGI application: JSON for programs, and a page for a reply link."""

from collections.abc import Awaitable, Callable
from typing import Literal
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from headgate.model.approval import ApprovalState
from headgate.model.errors import HeadgateError
from headgate.model.person import Person
from headgate.surfaces.network import page
from headgate.surfaces.network.desk import Desk
from headgate.surfaces.network.fault import HttpError, status_of
from headgate.surfaces.network.views import view

MAX_BODY = 16 * 1024
"""Bytes of a request's body."""

MAX_FIELDS = 8
MAX_DIGITS = 15

_RETRY = {429: {"Retry-After": "60"}, 401: {"WWW-Authenticate": 'Bearer realm="headgate"'}}


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a person says to a question."""

    answer: Literal["approve", "refuse"]
    reason: str = ""


def application(desk: Desk) -> Starlette:
    """Return the application that answers for *desk*."""
    api = _Api(desk)
    routes = [
        Route("/v1/health", api.health),
        Route("/v1/approvals", api.list),
        Route("/v1/approvals/{number}", api.show),
        Route("/v1/approvals/{number}", api.answer, methods=["POST"]),
        Route("/a/{token}", api.page),
        Route("/a/{token}", api.reply, methods=["POST"]),
    ]
    handlers: dict[object, Callable[[Request, Exception], Awaitable[Response]]] = {
        HeadgateError: _known,
        HTTPException: _unknown,
        Exception: _failed,
    }
    made = Starlette(routes=routes, exception_handlers=handlers)
    made.router.redirect_slashes = False
    return made


class _Api:
    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def health(self, _request: Request) -> Response:
        """Say that it is up, and nothing else."""
        return _json({"up": True})

    async def list(self, request: Request) -> Response:
        """Show what waits for an answer, or for its yes to be used; the newest first."""
        self._person(request, "list questions")
        return _json({"approvals": [view(item) for item in self.desk.approvals.open()]})

    async def show(self, request: Request) -> Response:
        """Show one question, open or closed."""
        self._person(request, "look at a question")
        return _json(view(self.desk.approvals.get(_number(request))))

    async def answer(self, request: Request) -> Response:
        """Answer one question."""
        person = self._person(request, "answer a question")
        body = await _body(request, "application/json")
        try:
            said = msgspec.json.decode(body, type=Said)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise HttpError("HG624", f"the body is wrong ({error})", _SHAPE, 422) from None
        answered = self.desk.answer(_number(request), person, yes=said.answer == "approve", reason=_bounded(said))
        return _json(view(answered))

    async def page(self, request: Request) -> Response:
        """Show the question of a link; whoever only looks changes nothing."""
        approval, person = self.desk.by_link(request.path_params["token"])
        open_now = approval.state is ApprovalState.PENDING
        return _html(page.question(approval, person), 200 if open_now else 410)

    async def reply(self, request: Request) -> Response:
        """Answer the question of a link."""
        approval, person = self.desk.by_link(request.path_params["token"])
        body = await _body(request, "application/x-www-form-urlencoded")
        try:
            fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
            said = msgspec.convert(dict(fields), Said)
        except (msgspec.ValidationError, ValueError) as error:
            raise HttpError("HG624", f"the form is wrong ({error})", _SHAPE, 422) from None
        answered = self.desk.answer(approval.id, person, yes=said.answer == "approve", reason=_bounded(said))
        return _html(page.answered(answered))

    def _person(self, request: Request, what: str) -> Person:
        headers = request.headers.getlist("authorization")
        address = request.client.host if request.client else ""
        return self.desk.person(headers[0] if len(headers) == 1 else "", address, what)


def _number(request: Request) -> int:
    """Return the number in the path; raises `HttpError` HG628 where there is none, HG601 where it is too great."""
    text: str = request.path_params["number"]
    if not (text.isascii() and text.isdigit()):
        raise HttpError("HG628", "there is no such address", _ADDRESSES, 404)
    if len(text) > MAX_DIGITS:
        raise HttpError("HG601", "there is no such question", _ADDRESSES, 404)
    return int(text)


def _bounded(said: Said) -> str:
    if len(said.reason) > page.MAX_REASON:
        raise HttpError("HG624", f"the reason has more than {page.MAX_REASON} characters", "say it in fewer", 422)
    return said.reason


async def _body(request: Request, kind: str) -> bytes:
    """Return the body, which is of *kind* and bounded; raises `HttpError` HG624."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise HttpError("HG624", f"the body is not {kind}", f"send `Content-Type: {kind}`", 415)
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MAX_BODY:
            raise HttpError("HG624", f"the body has more than {MAX_BODY} bytes", "send less", 413)
    return bytes(found)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, HeadgateError)  # noqa: S101 it is registered for these
    status = status_of(error)
    if request.scope["path"].startswith("/a/"):
        return _html(page.fault(error), status)
    told = {"code": error.code, "message": error.message, "hint": error.hint}
    return _json(told, status)


async def _unknown(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 404
    what = "there is no such address" if status == 404 else "this address does not take that method"  # noqa: PLR2004
    return await _known(request, HttpError("HG628", what, _ADDRESSES, status))


async def _failed(request: Request, error: Exception) -> Response:
    """Refuse: the guard of this surface."""
    return await _known(request, HttpError("HG001", f"the gate failed ({error!r})", "report this message", 500))


def _json(value: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(value), status, _RETRY.get(status), "application/json")


def _html(text: str, status: int = 200) -> Response:
    return HTMLResponse(text, status)


_SHAPE = 'it has `answer`, "approve" or "refuse", and perhaps a `reason`'
_ADDRESSES = "docs/api.md lists the addresses, `GET /v1/approvals` the questions"
