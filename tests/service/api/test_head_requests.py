"""HEAD: what GET would say, without its body."""

from __future__ import annotations

import pytest
import trio

from tests.service.api.calls import Call
from tests.service.api.site import Site
from trio_srs.service.api.app import describe

PATHS = {
    "/api/v2/server": "",
    "/api/v2/streams": "",
    "/api/v2/streams/live/a": "",
    "/api/v2/streams/live/a/report": "",
    "/api/v2/streams/live/a/reports": "",
    "/api/v2/streams/live/a/settings": "",
    "/api/v2/config": "",
    "/api/v2/faults": "",
    "/api/v2/sessions": "",
    "/api/v2/sessions/c1": "",
    "/api/v2/namespaces": "",
    "/api/v2/wait": "stream=live/a",
    "/api/v2/events": "since=0",  # without end
    "/api/v2/openapi.json": "",
    "/api/v1/streams": "count=1",  # as all of SRS's
}
FAILING = {
    "/api/v2/streams/live/b": "",
    "/api/v2/sessions/c1/capture": "",
    "/api/v2/namespaces/nobodys": "",
    "/api/v2/wait": "stream=cam1",
    "/": "",
}


async def call(site: Site, method: str, path: str, query: str) -> Call:
    asked = Call(site.app, path, query, method=method)
    if (method, path) == ("GET", "/api/v2/events"):
        asked.query += "&follow=false"
    with trio.fail_after(5):
        await asked.run()
    return asked


def test_everything_that_does_get_is_tried() -> None:
    paths = {path for path, methods in describe()["paths"].items() if "get" in methods}
    described = {path for path in paths if path.startswith("/api/v2/")}
    words = {"/live/a": "/{app}/{name}", "/c1": "/{session}", "/nobodys": "/{name}"}
    tried = set[str]()
    for path in (*PATHS, *FAILING):
        for word, called in words.items():
            path = path.replace(word, called)
        tried.add(path)
    assert tried >= described


@pytest.mark.parametrize(("path", "query"), [*PATHS.items(), *FAILING.items()])
async def test_a_head_is_that_of_get_and_has_no_body(site: Site, path: str, query: str) -> None:
    peer = await site.house.publisher("a")
    head, whole = [await call(site, method, path, query) for method in ("HEAD", "GET")]
    assert head.status == whole.status
    assert set(head.said) == set(whole.said)
    assert head.said["content-type"] == whole.said["content-type"]
    assert (len(head.body), bool(whole.body)) == (0, True)
    peer.close()


async def test_what_does_no_get_does_no_head(site: Site) -> None:
    assert (await call(site, "HEAD", "/api/v2/streams/live/a/publisher", "")).status == 405
