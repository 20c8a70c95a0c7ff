"""Parameters that several functions of the API have. Floor 3."""

from __future__ import annotations

from typing import Annotated, Final

from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import PathParameter, QueryParameter, SkipValidation

from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.error_answers import Failure

__all__ = [
    "NOT_SAID",
    "Api",
    "AppName",
    "Detail",
    "OfStream",
    "SessionId",
    "Since",
    "StreamName",
    "StreamPart",
    "Vhost",
    "failures",
    "known_vhost",
]

_MEANINGS: Final = {
    400: "A part of the request cannot be understood.",
    401: "It was not shown who asks, or not rightly.",
    403: "Who asks may not do this, or a web page asks that may not.",
    404: "There is no such thing.",
    409: "It cannot be done as things are.",
    413: "The body is too large.",
    429: "From this address came too many wrong passwords or tokens.",
    501: "What is needed for it is not installed.",
    503: "The server stops.",
}

Api = NamedDependency[SkipValidation[ApiContext]]
"""The parts of the server."""

NOT_SAID: Final = -1
"""A number that was left out. Not None: of a number or None Litestar takes the text "null"."""
_SEGMENT: Final = r"[^\\?#\x00-\x1f\x7f-\x9f/.:][^\\?#\x00-\x1f\x7f-\x9f/:]*"
_NAME: Final = f"^{_SEGMENT}$"
_HOST: Final = r"(rtmps?://[A-Za-z0-9-]{1,40}(\.[A-Za-z0-9-]{1,40}){0,3}(:[1-9][0-9]{0,3})?/)?"
_STREAM: Final = rf"{_HOST}/?{_SEGMENT}(/{_SEGMENT})+/?(\?[A-Za-z0-9_=&-]*)?"

AppName = Annotated[
    str,
    PathParameter(description="The application, as `live`.", schema_extra={"pattern": _NAME}),
]
StreamPart = Annotated[
    str,
    PathParameter(
        description="The stream in the application, as `cam1`; a slash in it may be `%2F`.",
        schema_extra={"pattern": _NAME},
    ),
]
Vhost = Annotated[
    str,
    QueryParameter(
        description="The host that clients of the stream connect to, where virtual hosts are "
        "configured, or the name of a namespace; the default one if it is left out, or nobody has "
        "configured it. Of a list without `stream`: only what is of this host.",
    ),
]

StreamName = Annotated[
    str,
    QueryParameter(
        description="The stream, as `live/cam1` or a whole `rtmp://` URL.",
        schema_extra={"pattern": f"^{_STREAM}$"},
    ),
]
OfStream = Annotated[
    str,
    QueryParameter(
        description="Only what is about this stream, as `live/cam1` or a whole `rtmp://` URL; all "
        "if left out.",
        schema_extra={"pattern": f"^({_STREAM})?$"},
    ),
]
Since = Annotated[
    int,
    QueryParameter(
        description="The number of an event: only what happened after it counts. 0 is the "
        "beginning; the newest one is `last_event` of the server. -1 is as if it was left out.",
        ge=NOT_SAID,
    ),
]
Detail = Annotated[
    str,
    QueryParameter(
        description="Why, in words: the peer is told, and the event of its end has it.",
        max_length=200,
    ),
]
SessionId = Annotated[str, PathParameter(description="The id of a session, as `c17`.")]


def known_vhost(api: ApiContext, vhost: str) -> str:
    """The configured virtual host that a request is about; empty if it says none."""
    return api.hosts.vhost_of(vhost) if vhost else ""


def failures(*statuses: int) -> dict[int, ResponseSpec]:
    """How errors of a function are described; those of who may ask are the same for each."""
    return {
        status: ResponseSpec(Failure, generate_examples=False, description=_MEANINGS[status])
        for status in sorted({401, 403, 429, *statuses})
    }
