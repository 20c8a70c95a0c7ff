"""OPTIONS says what can be done at a path, whatever the order in which that came to be there."""

from __future__ import annotations

import pytest

from tests.service.api.site import Site


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v2/server", "GET HEAD OPTIONS"),
        ("/api/v1/clients/c1", "DELETE GET HEAD OPTIONS"),
        ("/api/v2/config", "GET HEAD OPTIONS PATCH"),
        ("/api/v2/access/check", "OPTIONS POST"),
    ],
)
async def test_all_methods_of_a_path_are_named(site: Site, path: str, methods: str) -> None:
    answer = await site.client.options(path)
    assert (answer.status_code, answer.content) == (204, b"")
    assert sorted(answer.headers["allow"].split(", ")) == methods.split()


async def test_where_nothing_is_nothing_is_named(site: Site) -> None:
    answer = await site.client.options("/api/v2/nothing")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_path")
