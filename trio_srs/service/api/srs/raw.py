"""SRS's ``/api/v1/raw``: whether this API can reload the configuration, and doing it. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import attrs
from litestar import Response, get
from litestar.connection import ASGIConnection
from litestar.params import QueryParameter

from trio_srs.errors import RefusedError
from trio_srs.hub.access_rule import Permission
from trio_srs.service.api.admission import needing
from trio_srs.service.api.encoding import PlainResponse
from trio_srs.service.api.routes.parameters import Api
from trio_srs.service.api.srs.last_reload import LastReload
from trio_srs.service.api.srs.saying import CALLED, V1, code
from trio_srs.service.api.srs.stream_answers import SrsCode

if TYPE_CHECKING:
    from trio_srs.service.api.context import ApiContext

__all__ = ["show_raw"]

_UNKNOWN_RPC: Final = 1060
_NOT_ENABLED: Final = 1061
_FINISHED: Final = 90
_RELOAD: Final = "reload"

_Rpc = Annotated[
    str,
    QueryParameter(
        description="`raw`, what can be done here; `reload`, read the configuration anew; "
        "`reload-fetch`, what became of that the last time."
    ),
]


def _needs(connection: ASGIConnection[Any, Any, Any, Any]) -> Permission:
    is_reload = connection.query_params.get("rpc") == _RELOAD
    return Permission.OPERATE if is_reload else Permission.READ


@get(
    f"{V1}/raw",
    summary="Reload the configuration",
    operation_id="srs_raw",
    **{**CALLED, "opt": {**CALLED["opt"], **needing(_needs)}},
)
async def show_raw(api: Api, rpc: _Rpc = "") -> Response[SrsCode]:
    """Do what `rpc` says. `reload` is answered when it is done, with 0 or why not; with `raw` there
    is `http_api` too, and with `reload-fetch` `data`.
    """
    match rpc:
        case "raw":
            return _more(http_api=_about(api))
        case "reload":
            return code(_reload(api))
        case "reload-fetch":
            return _more(data=attrs.asdict(api.last_reload))
    return code(_UNKNOWN_RPC)


def _reload(api: ApiContext) -> int:
    if api.steering is None:
        return _NOT_ENABLED
    try:
        api.steering.reload()
    except RefusedError as error:
        number = error.srs_code or _NOT_ENABLED
        api.last_reload = LastReload(number, str(error), _FINISHED)
        return number
    api.last_reload = LastReload(state=_FINISHED)
    return 0


def _about(api: ApiContext) -> dict[str, Any]:
    addresses = api.addresses().get("api", ())
    may_reload = api.steering is not None and api.steering.can_reload
    return {
        "enabled": True,
        "listen": " ".join(url.partition("://")[2] or url for url in addresses),
        "crossdomain": bool(api.config.cors_origins),
        "raw_api": {
            "enabled": may_reload,
            "allow_reload": may_reload,
            "allow_query": False,
            "allow_update": False,
        },
    }


def _more(**more: Any) -> Response[Any]:
    content: Any = {"code": 0, **more}
    return PlainResponse(content, media_type="application/json")
