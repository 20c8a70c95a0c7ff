"""The API for those who wait for something to happen to a stream. Floor 3."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

import trio
from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from trio_srs.errors import RefusedError
from trio_srs.hub.waiting import Reached, Until, UntilError, UntilKind, WaitTimeoutError
from trio_srs.service.api.answers import LateAnswer, ReachedAnswer
from trio_srs.service.api.encoding import PlainResponse
from trio_srs.service.api.error_answers import (
    BadUntilError,
    ServerStopsError,
    located,
)
from trio_srs.service.api.names import find_key
from trio_srs.service.api.routes.parameters import NOT_SAID, Api, Since, StreamName, Vhost, failures

__all__ = ["wait"]

_LONGEST_S: Final = 3600.0
_FRAMES: Final = "frames:[1-9][0-9]{0,8}"
_WORDS: Final = (_FRAMES if kind is UntilKind.FRAMES else kind.value for kind in UntilKind)
_UNTIL: Final = f"^({'|'.join(_WORDS)})$"

_UntilText = Annotated[
    str,
    QueryParameter(
        description="What to wait for: `published`, `first_media`, `first_keyframe`, `frames:100` "
        "(frames of video; of audio, if there is no video), `unpublished`, "
        "`hls_ready` or `dash_ready`, when players can take it, or `played`, when somebody plays "
        "it or waits for its publish.",
        schema_extra={"pattern": _UNTIL},
    ),
]
_Timeout = Annotated[
    float,
    QueryParameter(description="Seconds to wait.", ge=0, le=_LONGEST_S),
]


@get(
    "/api/v2/wait",
    tags=["streams"],
    summary="Wait for something to happen to a stream",
    operation_id="wait",
    responses={
        **failures(400, 503),
        408: ResponseSpec(LateAnswer, generate_examples=False, description="It did not happen."),
    },
)
async def wait(
    api: Api,
    request: Request[Any, Any, Any],
    stream: StreamName,
    until: _UntilText = "published",
    timeout: _Timeout = 10.0,  # noqa: ASYNC109 - it is the client's
    since: Since = NOT_SAID,
    vhost: Vhost = "",
) -> Response[ReachedAnswer]:
    """Answer when it has happened, at once if it already has, or say what did happen instead.

    Without `since` the question is about the newest publish of the stream: the present one, or
    the last that ended, or else the next that begins. With `since` only what happens after that
    event counts.
    """
    key = find_key(stream, vhost, api.hosts.vhost_of, "query.stream")
    with located("query.until"):
        wanted = _read(until)
    refusal: RefusedError | None = None
    async with trio.open_nursery() as nursery:
        scope = nursery.cancel_scope
        nursery.start_soon(_cancel_after, api.stopping.wait, scope)
        nursery.start_soon(_cancel_after, lambda: _gone(request), scope)
        try:
            after = None if since == NOT_SAID else since
            reached = await api.waiting.until(key, wanted, timeout_s=timeout, since=after)
            return PlainResponse(_answer(reached))
        except WaitTimeoutError as late:
            return _late(late)
        except RefusedError as no:
            refusal = no
        finally:
            scope.cancel()
    if refusal is not None:
        with located("query.until"):
            raise refusal
    with located("query.stream"):
        raise ServerStopsError(f"the server stops: nothing more will happen to {key}")


def _read(text: str) -> Until:
    try:
        return Until.parse(text)
    except UntilError as error:
        raise BadUntilError(str(error)) from error


async def _cancel_after(happens: Callable[[], Awaitable[object]], scope: trio.CancelScope) -> None:
    await happens()
    scope.cancel()


async def _gone(request: Request[Any, Any, Any]) -> None:
    """Wait until the client has gone: nobody needs the answer then."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _answer(reached: Reached) -> ReachedAnswer:
    return ReachedAnswer(
        stream=reached.stream,
        until=str(reached.until),
        met=reached.met,
        publishing=reached.publishing,
        publishes=reached.publishes,
        frames=reached.frames,
        keyframes=reached.keyframes,
        waited_s=reached.waited_s,
        happened=reached.happened,
    )


def _late(late: WaitTimeoutError) -> Response[Any]:
    answer = LateAnswer(
        code=late.code, message=str(late), where="query.until", reached=_answer(late.reached)
    )
    return PlainResponse(answer, status_code=408)
