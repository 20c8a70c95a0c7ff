"""The API about namespaces: private virtual hosts, made while the server runs. Floor 3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

import attrs
import msgspec
import trio
from litestar import delete, get, patch, post
from litestar.params import JSONBody, PathParameter

from trio_srs.errors import RefusedError
from trio_srs.hub.namespace import (
    Namespace,
    NamespaceEnd,
    NamespaceNameError,
    UnknownNamespaceError,
)
from trio_srs.hub.steering import ConfigInvalidError
from trio_srs.hub.waiting import UntilKind
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.error_answers import Located, located
from trio_srs.service.api.openness import has_say
from trio_srs.service.api.routes.parameters import Api, Detail, failures
from trio_srs.wire.stream_name import parse_stream

__all__ = [
    "NamespaceChange",
    "WantedNamespace",
    "change_namespace",
    "end_namespace",
    "list_namespaces",
    "make_namespace",
    "show_namespace",
]

_PATH: Final = "/api/v2/namespaces"
_ONE: Final = f"{_PATH}/{{name:str}}"
_CALLED: Final[dict[str, Any]] = {"tags": ["namespaces"]}
_LABEL: Final = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_LONGEST_S: Final = 86_400.0
_SESSIONS_MOST: Final = 10_000_000
_FAULTS_MOST: Final = 100
_FORMS: Final = {
    "http-flv": ".flv",
    "http-ts": ".ts",
    "http-mp4": ".mp4",
    "hls": ".m3u8",
    "dash": ".mpd",
}
"""What a stream's path ends with, by what is served there."""
_MADE: Final = {"hls": UntilKind.HLS_READY, "dash": UntilKind.DASH_READY}

_Name = Annotated[
    str,
    PathParameter(
        description="What it is called, as `ns-3f9a0c61b2d4`.",
        schema_extra={"pattern": f"^{_LABEL}$"},
    ),
]
_Settings = Annotated[
    dict[str, Any],
    msgspec.Meta(
        description="What holds in it, as a table `[vhost.NAME]` of a file: settings of its "
        'streams, `app`, `hooks`, as in `{"publish_busy": "replace"}`.'
    ),
]
_Ttl = Annotated[
    float,
    msgspec.Meta(
        description="Seconds after which it ends if nobody is in it and nobody asks about it.",
        gt=0,
        le=_LONGEST_S,
    ),
]
_Sessions = Annotated[
    int, msgspec.Meta(description="The most sessions in it at once.", ge=1, le=_SESSIONS_MOST)
]


class WantedNamespace(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A namespace that is to be."""

    name: Annotated[
        str,
        msgspec.Meta(
            description="What it is to be called: at most 63 of `a-z`, `0-9` and `-`; one is made "
            "up if it is left out.",
            pattern=f"^({_LABEL})?$",
        ),
    ] = ""
    settings: _Settings = {}
    ttl: _Ttl = 600.0
    max_sessions: _Sessions | None = None
    faults: Annotated[
        list[Annotated[str, msgspec.Meta(max_length=4096)]],
        msgspec.Meta(
            description="What the server does wrong in it, each as for `POST /api/v2/faults`.",
            max_length=_FAULTS_MOST,
        ),
    ] = []
    stream: Annotated[
        str, msgspec.Meta(description="The stream whose URLs are told, as `live/cam1`.")
    ] = "live/stream"


class NamespaceChange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What is to be different of a namespace; what is left out stays."""

    settings: _Settings | None = None
    ttl: _Ttl | None = None
    max_sessions: _Sessions | None = None


@attrs.frozen(kw_only=True)
class NamespaceAnswer:
    """A namespace, and how it is used."""

    name: str
    """What it is called; its streams are called `NAME/live/cam1` by this API."""
    urls: Mapping[str, str]
    """Where its stream `live/stream`, or that which was asked about, is published (`rtmp`) and
    watched, by protocol."""
    token: str | None
    """Where the API asks who asks: what lets its bearer ask about this namespace, and about nothing
    else. It is said once, when the namespace is made; null otherwise."""
    settings: Mapping[str, object]
    """What was given of its virtual host."""
    ttl: float
    """Seconds after which it ends if nobody is in it and nobody asks about it."""
    max_sessions: int | None
    """The most sessions in it at once."""
    seconds: float
    """How long it has been there."""
    first_event: int
    """The number of the newest event when it was made: what happens in it comes after that."""
    sessions: tuple[str, ...]
    """The ids of the sessions that are in it now."""
    sessions_ended: int
    """How many were in it and have ended."""
    streams: tuple[str, ...]
    """Its streams that are published, played or waited for now, or were published."""
    faults: tuple[str, ...]
    """The names of faults that are for it."""


@attrs.frozen(kw_only=True)
class NamespacesAnswer:
    """The namespaces there are now."""

    namespaces: tuple[NamespaceAnswer, ...]
    """In the order in which they were made."""


def _told(
    api: ApiContext, space: Namespace, stream: str = "live/stream", token: str | None = None
) -> NamespaceAnswer:
    names = dict.fromkeys((*api.hub.names(), *api.reports.names()))
    work = api.faults.work
    return NamespaceAnswer(
        name=space.name,
        urls=dict(_urls(api, space.front + stream)),
        token=token,
        settings=space.settings,
        ttl=space.ttl_s,
        max_sessions=space.max_sessions,
        seconds=trio.current_time() - space.began_at,
        first_event=space.first_event,
        sessions=tuple(space.sessions),
        sessions_ended=space.sessions_ended,
        streams=tuple(name for name in names if name.startswith(space.front)),
        faults=tuple(each.name for each in work.plan if each.fault.vhost == space.name)
        if work is not None
        else (),
    )


def _urls(api: ApiContext, path: str) -> Iterator[tuple[str, str]]:
    bases = {
        protocol: url
        for protocol, urls in api.addresses().items()
        for url in reversed(urls)
        if not url.startswith("unix:")
    }
    for protocol in ("rtmp", "rtmps"):
        if protocol in bases:
            yield protocol, f"{bases[protocol]}/{path}"
    if (base := bases.get("http") or bases.get("https")) is not None:
        for form, ending in _FORMS.items():
            if form not in _MADE or api.waiting.offers(_MADE[form]):
                yield form, f"{base}/{path}{ending}"


def _find(api: ApiContext, name: str) -> Namespace:
    namespaces = api.keeping.namespaces
    with located("path.name"):
        if namespaces is None:
            raise UnknownNamespaceError(f"there is no namespace {name[:64]!r}")
        return namespaces.find(name)


@get(_PATH, summary="List namespaces", operation_id="namespaces", **_CALLED)
async def list_namespaces(api: Api) -> NamespacesAnswer:
    """Every namespace there is now."""
    namespaces = api.keeping.namespaces or ()
    return NamespacesAnswer(namespaces=tuple(_told(api, each) for each in namespaces))


@post(
    _PATH,
    summary="Make a namespace",
    operation_id="make_namespace",
    responses=failures(400, 409, 413),
    **_CALLED,
)
async def make_namespace(api: Api, data: JSONBody[WantedNamespace]) -> NamespaceAnswer:
    """Make a private virtual host, for one test of a server that several share: with settings,
    faults and limits of its own. It ends by `DELETE`, or when nobody has used it for its `ttl`.

    Clients get into it by its URLs: by an application that begins with its name, or by
    `?vhost=NAME`.
    """
    with located("body.stream"):
        stream = parse_stream(data.stream).path
    try:
        space = api.keeping.needed().make(
            data.name,
            settings=data.settings,
            ttl_s=data.ttl,
            max_sessions=data.max_sessions,
            faults=data.faults,
        )
    except RefusedError as error:
        raise Located(error, f"body.{_part(error)}") from error
    token = space.token if has_say(api.config, api.access) else None
    return _told(api, space, stream, token)


def _part(error: RefusedError) -> str:
    """Which part of the body a refusal is about."""
    if isinstance(error, ConfigInvalidError):
        return "settings"
    return "name" if isinstance(error, NamespaceNameError) else "faults"


@get(
    _ONE,
    summary="Show a namespace",
    operation_id="namespace",
    responses=failures(400, 404),
    **_CALLED,
)
async def show_namespace(api: Api, name: _Name) -> NamespaceAnswer:
    """One namespace: who is in it, and its streams."""
    return _told(api, _find(api, name))


@patch(
    _ONE,
    summary="Change a namespace",
    operation_id="change_namespace",
    responses=failures(400, 404, 413),
    **_CALLED,
)
async def change_namespace(
    api: Api, name: _Name, data: JSONBody[NamespaceChange]
) -> NamespaceAnswer:
    """Change what holds in it, for what begins from now on; of `settings` as a JSON merge patch."""
    _find(api, name)
    try:
        space = api.keeping.needed().change(
            name, settings=data.settings, ttl_s=data.ttl, max_sessions=data.max_sessions
        )
    except ConfigInvalidError as error:
        raise Located(error, "body.settings") from error
    return _told(api, space)


@delete(
    _ONE,
    summary="End a namespace",
    operation_id="end_namespace",
    status_code=200,
    responses=failures(400, 404),
    **_CALLED,
)
async def end_namespace(api: Api, name: _Name, detail: Detail = "by the API") -> NamespaceEnd:
    """End every session in it, and all that is made of its streams, and answer when they are gone,
    or after 5 seconds and 2 more. `left` says what is still there: nothing, unless something was
    not given back. Nobody gets into it any more."""
    _find(api, name)
    return await api.keeping.needed().end(name, detail)
