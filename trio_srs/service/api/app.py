"""The API as an ASGI application, and its description. Floor 3."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any, Final

from litestar import Litestar, Request, get
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers.base import BaseRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.params import QueryParameter

from trio_srs.service.api.admission import admit, needed_for
from trio_srs.service.api.beginning import in_turns
from trio_srs.service.api.context import ApiContext
from trio_srs.service.api.encoding import PlainResponse, encode
from trio_srs.service.api.error_answers import (
    HANDLERS,
    UnknownParameterError,
    located,
)
from trio_srs.service.api.head_requests import answering_head_requests
from trio_srs.service.api.names import Asgi, asked_stream, folding
from trio_srs.service.api.options_requests import answering_options_requests
from trio_srs.service.api.request_bodies import BODY_MOST, hurrying
from trio_srs.service.api.routes.access_check import AccessQuestion, ask_rules
from trio_srs.service.api.routes.config import (
    patch_config,
    reload_config,
    save_config,
    show_config,
    show_settings,
)
from trio_srs.service.api.routes.events import follow_events
from trio_srs.service.api.routes.faults import (
    WantedFault,
    add_fault,
    list_faults,
    remove_fault,
)
from trio_srs.service.api.routes.namespaces import (
    NamespaceChange,
    WantedNamespace,
    change_namespace,
    end_namespace,
    list_namespaces,
    make_namespace,
    show_namespace,
)
from trio_srs.service.api.routes.reports import (
    Expectations,
    judge_stream,
    list_reports,
    show_report,
)
from trio_srs.service.api.routes.server import show_server
from trio_srs.service.api.routes.sessions import (
    end_session,
    end_sessions,
    list_sessions,
    show_capture,
    show_session,
)
from trio_srs.service.api.routes.streams import kick_publisher, list_streams, show_stream
from trio_srs.service.api.routes.waiting import wait
from trio_srs.service.api.schema import PlainSchemas, first_paragraph
from trio_srs.service.api.short_way import Shortened
from trio_srs.service.api.srs.clusters import post_cluster, show_cluster
from trio_srs.service.api.srs.raw import show_raw
from trio_srs.service.api.srs.stream_answers import SrsCode
from trio_srs.service.api.srs.streams import (
    kick_client,
    list_clients,
    list_srs_streams,
    list_vhosts,
    show_client,
    show_srs_stream,
    show_vhost,
)
from trio_srs.service.api.srs.system import (
    show_cpu,
    show_features,
    show_memory,
    show_own_stat,
    show_rusages,
    show_summaries,
    show_urls,
    show_versions,
)
from trio_srs.version import VERSION
from trio_srs.wire.url import StreamName

__all__ = ["describe", "make_app"]

_ROUTES: Final = (
    show_server,
    *(list_streams, show_stream, kick_publisher),
    *(show_report, list_reports, judge_stream, wait, follow_events),
    *(list_sessions, show_session, show_capture, end_session, end_sessions, ask_rules),
    *(show_config, patch_config, reload_config, save_config, show_settings),
    *(list_faults, add_fault, remove_fault),
    *(list_namespaces, make_namespace, show_namespace, change_namespace, end_namespace),
    *(show_urls, show_versions, show_summaries, show_rusages, show_own_stat, show_cpu),
    *(show_memory, show_features, list_vhosts, show_vhost, list_srs_streams, show_srs_stream),
    *(list_clients, show_client, kick_client, show_cluster, post_cluster, show_raw),
)
_SHORT: Final = (
    *(show_server, list_streams, show_stream, list_sessions, show_session),
    *(show_versions, show_summaries, show_rusages, show_own_stat, show_cpu, show_memory),
    *(list_vhosts, show_vhost, list_srs_streams, show_srs_stream, list_clients, show_client),
)
"""What is asked again and again."""
_ABOUT: Final = """\
What a live media server knows, and what it can be told to do. Every error is a JSON object with \
`code`, `message` and `where`. Names of streams are those that clients use: `live/cam1`. Where \
`api.token` is configured, every request says it: `Authorization: Bearer TOKEN`; where rules name \
users, a request says who asks, by HTTP's Basic or a user's token."""
_SECURITY: Final = ("bearer", "basic")
_CORS_HEADERS: Final = ["authorization", "content-type", "last-event-id"]


@get(
    "/api/v2/openapi.json",
    include_in_schema=False,
    media_type="application/json",
    sync_to_thread=True,
)
def show_description() -> bytes:
    """The description of the API, as OpenAPI has it."""
    return encode(describe())


def make_app(context: ApiContext) -> Asgi:
    """An ASGI application that shows and does what the context lets it."""
    origins = context.config.cors_origins
    app = Litestar(
        [*_ROUTES, show_description],
        dependencies={"api": Provide(lambda: context, sync_to_thread=False)},
        before_request=_admitting(context),
        cors_config=_cors(origins) if origins else None,
        exception_handlers=HANDLERS,
        openapi_config=None,
        request_max_body_size=BODY_MOST,
        response_class=PlainResponse,
        logging_config=None,
        state=State({"context": context}),
    )
    answering = answering_head_requests(folding(hurrying(in_turns(app, context))))
    whole = answering_options_requests(answering)
    return Shortened(whole, context, _SHORT)


def _admitting(context: ApiContext) -> Callable[[Request[Any, Any, Any]], Awaitable[None]]:
    """Who is asked before a function is called. Not a guard: for each of those the function is
    copied with all its attributes, which takes a quarter of a short request."""

    async def ask(request: Request[Any, Any, Any]) -> None:
        handler = request.route_handler
        needed, is_reached = needed_for(request, handler), context.is_reached
        about = _asked_stream(request, context)
        vhosts = request.query_params.getall("vhost", [])
        await admit(
            request,
            needed,
            context.config,
            context.access,
            is_reached=is_reached,
            about=about,
            token=context.namespace_token(request.url.path, about, vhosts),
        )
        _refuse_unknown_parameters(request, handler)
        context.note_asked(str(request.url))

    return ask


def _asked_stream(request: Request[Any, Any, Any], context: ApiContext) -> StreamName | None:
    if not request.path_params:
        return None
    vhost = request.query_params.get("vhost", "")
    return asked_stream(request.path_params, vhost, context.hosts.vhost_of)


def _refuse_unknown_parameters(request: Request[Any, Any, Any], handler: BaseRouteHandler) -> None:
    """A misspelt parameter would be left out in silence, and of one that is said twice nobody knows
    which is meant: not who decides whether the client may either."""
    if handler.opt.get("any_query"):
        return
    known = _query_parameters(handler)
    for name, said in Counter(name for name, _ in request.query_params.multi_items()).items():
        with located(f"query.{name[:64]}"):
            if name not in known:
                raise UnknownParameterError(
                    f"no such parameter: expected {', '.join(sorted(known)) or 'none'}"
                )
            if said > 1 and not known[name]:
                raise UnknownParameterError(f"said {said} times: expected once")


@functools.lru_cache(maxsize=64)
def _query_parameters(handler: BaseRouteHandler) -> dict[str, bool]:
    """The parameters that a function has in the query, and whether each may be said repeatedly."""
    fields = handler.parsed_fn_signature.parameters
    return {
        name: field.is_non_string_collection
        for name, field in fields.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _cors(origins: tuple[str, ...]) -> CORSConfig:
    return CORSConfig(
        allow_origins=list(origins),
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=_CORS_HEADERS,
    )


@functools.cache
def describe() -> dict[str, Any]:
    """The description of the API: OpenAPI 3.1."""
    app = Litestar(
        _ROUTES,
        dependencies={"api": Provide(_nothing, sync_to_thread=False)},
        openapi_config=OpenAPIConfig(
            title="trio-srs",
            version=VERSION,
            description=_ABOUT,
            use_handler_docstrings=True,
            components=Components(
                security_schemes={
                    scheme: SecurityScheme(type="http", scheme=scheme) for scheme in _SECURITY
                }
            ),
            security=[{"bearer": []}, {"basic": []}, {}],
        ),
        plugins=[PlainSchemas()],
        logging_config=None,
    )
    described = app.openapi_schema.to_schema()
    schemas = described["components"]["schemas"]
    for body in (AccessQuestion, Expectations, NamespaceChange, WantedFault, WantedNamespace):
        schemas[body.__name__] |= {"description": body.__doc__, "additionalProperties": False}
    schemas[SrsCode.__name__]["additionalProperties"] = False  # else every answer is one as well
    for schema in schemas.values():
        schema["description"] = first_paragraph(schema["description"])
    return described


def _nothing() -> None:
    """No server is needed to describe what it could do."""
