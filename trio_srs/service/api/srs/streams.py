"""SRS's API about virtual hosts, streams and clients. Floor 3.

What there is not is answered with status 200 and SRS's number in ``code``.
"""

from __future__ import annotations

from typing import Final

from litestar import Response, delete, get

from trio_srs.errors import EndReason
from trio_srs.hub.end import until_ended
from trio_srs.service.api.routes.parameters import Api
from trio_srs.service.api.srs.saying import (
    AT_ONCE,
    CALLED,
    V1,
    Count,
    Id,
    Start,
    code,
    done,
    listed,
    page,
    said,
)
from trio_srs.service.api.srs.stream_answers import (
    SrsClientAnswer,
    SrsClientsAnswer,
    SrsCode,
    SrsStreamAnswer,
    SrsStreamsAnswer,
    SrsVhostAnswer,
    SrsVhostsAnswer,
)

__all__ = [
    "kick_client",
    "list_clients",
    "list_srs_streams",
    "list_vhosts",
    "show_client",
    "show_srs_stream",
    "show_vhost",
]

_NO_VHOST: Final = 2014
_NO_STREAM: Final = 2048
_NO_CLIENT: Final = 2049


@get(
    f"{V1}/vhosts",
    summary="List the virtual hosts",
    operation_id="srs_vhosts",
    **{**AT_ONCE, "sync_to_thread": None},
)
async def list_vhosts(api: Api) -> Response[SrsVhostsAnswer]:
    """The default virtual host, and those that are configured."""
    vhosts = [await api.srs.vhost(name) for name in api.srs.vhost_names()]
    return await listed(api, "vhosts", lambda vhost: vhost, vhosts)


@get(
    f"{V1}/vhosts/{{vhost:str}}", summary="Show a virtual host", operation_id="srs_vhost", **CALLED
)
async def show_vhost(api: Api, vhost: Id) -> Response[SrsVhostAnswer | SrsCode]:
    """One virtual host, by its id."""
    srs = api.srs
    for name in srs.vhost_names():
        if srs.ids.of(name) == vhost:
            return said(api, "vhost", await srs.vhost(name))
    return code(_NO_VHOST)


@get(
    f"{V1}/streams",
    summary="List the streams",
    operation_id="srs_streams",
    **{**AT_ONCE, "sync_to_thread": None},
)
async def list_srs_streams(
    api: Api, start: Start = "", count: Count = ""
) -> Response[SrsStreamsAnswer]:
    """The streams that are published, played or waited for now."""
    accounts = list(page(api.srs.accounts, start, count))
    await api.srs.count(accounts)
    return await listed(api, "streams", api.srs.stream, accounts)


@get(f"{V1}/streams/{{stream:str}}", summary="Show a stream", operation_id="srs_stream", **CALLED)
async def show_srs_stream(api: Api, stream: Id) -> Response[SrsStreamAnswer | SrsCode]:
    """One stream, by its id."""
    account = api.srs.accounts.find(stream)
    if account is None:
        return code(_NO_STREAM)
    await api.srs.count([account])
    return said(api, "stream", api.srs.stream(account))


@get(
    f"{V1}/clients",
    summary="List the clients",
    operation_id="srs_clients",
    **{**AT_ONCE, "sync_to_thread": None},
)
async def list_clients(
    api: Api, start: Start = "", count: Count = ""
) -> Response[SrsClientsAnswer]:
    """The sessions that publish or play now, of every protocol."""
    return await listed(api, "clients", api.srs.client, page(api.srs.clients(), start, count))


@get(f"{V1}/clients/{{client:str}}", summary="Show a client", operation_id="srs_client", **AT_ONCE)
def show_client(api: Api, client: Id) -> Response[SrsClientAnswer | SrsCode]:
    """One client, by its id."""
    entry = api.srs.find_client(client)
    return code(_NO_CLIENT) if entry is None else said(api, "client", api.srs.client(entry))


@delete(
    f"{V1}/clients/{{client:str}}",
    summary="End a client",
    operation_id="srs_kick",
    status_code=200,
    **{**AT_ONCE, "sync_to_thread": None},
)
async def kick_client(api: Api, client: Id) -> Response[SrsCode]:
    """Close its connection, and answer when that is closed, or after 5 seconds."""
    entry = api.srs.find_client(client)
    if entry is None:
        return code(_NO_CLIENT)
    entry.end(EndReason.KICKED, "by the API")
    await until_ended(api.bus, entry)
    return done(api)
