"""What the API answers when it cannot do what was asked: one shape for every error. Floor 3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ClassVar, Final

import attrs
from litestar import Request, Response
from litestar.exceptions import HTTPException, InternalServerException, ValidationException

from trio_srs.errors import RefusedError
from trio_srs.hub.supervisor import Supervisor
from trio_srs.service.api.wrong_values import in_words

__all__ = [
    "HANDLERS",
    "BadUntilError",
    "Failure",
    "Located",
    "NotPublishedError",
    "ServerStopsError",
    "TokenRefusedError",
    "UnknownParameterError",
    "UnknownSessionError",
    "UnknownStreamError",
    "bug_answer",
    "located",
    "refusal_answer",
]


class NotPublishedError(RefusedError):
    """The API was told to end the publish of a stream that nobody publishes."""

    code = "not_published"
    http_status: ClassVar[int] = 404


class UnknownStreamError(RefusedError):
    """The API was asked about a stream of which nothing is known."""

    code = "unknown_stream"
    http_status: ClassVar[int] = 404


class UnknownSessionError(RefusedError):
    """The API was asked about a session that there is not, or not any more."""

    code = "unknown_session"
    http_status: ClassVar[int] = 404


class BadUntilError(RefusedError):
    """The API was told to wait for something that nobody can wait for."""

    code = "bad_until"
    http_status: ClassVar[int] = 400


class UnknownParameterError(RefusedError):
    """The API was given a parameter that it does not have there."""

    code = "unknown_parameter"
    http_status: ClassVar[int] = 400


class TokenRefusedError(RefusedError):
    """A client of the API did not say the token, or not the right one."""

    code = "token_refused"
    http_status: ClassVar[int] = 401


class ServerStopsError(RefusedError):
    """The server stops, so what a client of the API waits for will not come."""

    code = "server_stops"
    http_status: ClassVar[int] = 503


@attrs.frozen(kw_only=True)
class Failure:
    """Why a request was not done. Every error has this form."""

    code: str
    """A word that never changes once released; those of the server itself are in the reference."""
    message: str
    """What was wrong, and what was expected, in a sentence."""
    where: str
    """The part of the request that it is about: `query.until`, `body.rules[1]`, `path`; empty if
    it is about none."""


class Located(Exception):
    """A refusal, and the part of the request that it is about."""

    def __init__(self, refusal: RefusedError, where: str) -> None:
        super().__init__(refusal, where)
        self.refusal = refusal
        self.where = where


@contextmanager
def located(where: str) -> Iterator[None]:
    """Say of every refusal in here which part of the request it is about."""
    try:
        yield
    except RefusedError as refusal:
        raise Located(refusal, where) from refusal


_UNHEARD: Final[Mapping[int, tuple[str, str, str]]] = {
    400: ("bad_request", "", "{detail}"),
    404: ("no_such_path", "path", "there is no {path} here: {hint}"),
    405: ("method_not_allowed", "method", "{path} does not do {method}"),
    413: ("body_too_large", "body", "the body is larger than 1 MiB"),
}
"""Requests that never come to a function of ours, by status: code, where, and message."""

_WITH_BODY: Final = frozenset({"POST", "PATCH"})
_STREAM: Final = "/api/v2/streams/"
_STREAM_HINT: Final = f"a stream is {_STREAM}APP/NAME, such as {_STREAM}live/cam1"
_MISSING: Final = re.compile(r"Missing required (\w+) parameter '([^']+)'")


def _failure(status: int, code: str, message: str, where: str, **headers: str) -> Response[Failure]:
    failure = Failure(code=code, message=message, where=where)
    return Response(failure, status_code=status, headers=headers, media_type="application/json")


_CHALLENGE: Final = 'Basic realm="trio-srs", Bearer'
"""What a client may show to be a user (RFC 9110 11.6.1)."""


def refusal_answer(refusal: RefusedError, where: str = "") -> Response[Failure]:
    """What is answered to what is refused.

    Args:
        where: the part of the request that it is about.
    """
    headers = {}
    if refusal.http_status == 401:
        is_token = isinstance(refusal, TokenRefusedError)
        headers["WWW-Authenticate"] = "Bearer" if is_token else _CHALLENGE
    return _failure(refusal.http_status, refusal.code, str(refusal), where, **headers)


def _refused(_: Request[Any, Any, Any], refusal: RefusedError) -> Response[Failure]:
    return refusal_answer(refusal)


def _located(_: Request[Any, Any, Any], error: Located) -> Response[Failure]:
    return refusal_answer(error.refusal, error.where)


def _invalid(request: Request[Any, Any, Any], error: ValidationException) -> Response[Failure]:
    """Parts of the request are not what their types say; the first of them is where."""
    if missing := _MISSING.match(error.detail):
        parts = [(".".join(missing.groups()), "it is missing")]
    else:
        extra: Any = error.extra or [{"message": error.detail}]
        handler = request.scope.get("route_handler")
        parts = [(_where(part), in_words(part["message"], part, handler)) for part in extra]
    texts = (f"{where}: {text}" if where else text for where, text in parts)
    return _failure(error.status_code, "bad_request", "; ".join(texts), parts[0][0])


def _where(part: Mapping[str, str]) -> str:
    source, key = (
        str.__str__(part.get("source", "")),
        part.get("key", ""),
    )  # some are members of an enum
    if source == "body":
        return "body" if key == "data" else f"body.{key}"
    return f"{source}.{key}".strip(".").replace("_", "-" if source == "header" else "_")


def _other(request: Request[Any, Any, Any], error: HTTPException) -> Response[Failure]:
    """Litestar's own: no such path, no such method, a body too large or not JSON."""
    status = error.status_code
    default = (HTTPStatus(status).name.lower(), "", "{detail}")
    code, where, form = _UNHEARD.get(status, default)
    if status == 400 and request.method in _WITH_BODY:
        where, form = "body", "the body is no JSON: {detail}"
    path = request.url.path
    hint = _STREAM_HINT if path.startswith(_STREAM) else "see /api/v2/openapi.json"
    message = form.format(detail=error.detail, path=path, method=request.method, hint=hint)
    headers = {name.title(): value for name, value in (error.headers or {}).items()}
    if "GET" in headers.get("Allow", ""):
        headers["Allow"] += ", HEAD"
    return _failure(status, code, message, where, **headers)


def _too_deep(_: Request[Any, Any, Any], error: RecursionError) -> Response[Failure]:
    return _failure(400, "bad_request", "the body is nested too deeply", "body")


def _inside(request: Request[Any, Any, Any], error: InternalServerException) -> Response[Failure]:
    """Litestar's word for a client that has gone before its body came, and for bugs."""
    if "disconnected" not in error.detail:
        return _bug(request, error)
    message = "the body ended too soon, or took longer than 10 s"
    return _failure(400, "body_cut_off", message, "body")


def _bug(request: Request[Any, Any, Any], error: Exception) -> Response[Failure]:
    asked = f"{request.method} {request.url.path}"
    return bug_answer(request.app.state.context.hub.supervisor, asked, error)


def bug_answer(supervisor: Supervisor, asked: str, error: Exception) -> Response[Failure]:
    """What is answered where a bug of ours keeps us from it; the bug is reported.

    Args:
        asked: the method and the path.
    """
    supervisor.report(f"the answer to {asked}", error)
    return _failure(500, "internal_error", "a bug of ours; the log has the traceback", "")


HANDLERS: Final[dict[int | type[Exception], Any]] = {
    RecursionError: _too_deep,
    RefusedError: _refused,
    Located: _located,
    ValidationException: _invalid,
    InternalServerException: _inside,
    HTTPException: _other,
    Exception: _bug,
}
"""How each kind of exception is answered."""
