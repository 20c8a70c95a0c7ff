"""A bug in serving one client ends that one, is told once, and is counted."""

from __future__ import annotations

from typing import Any, Never

import pytest

from tests.service.http.house import HttpHouse
from trio_srs.errors import EndReason
from trio_srs.service.http import connection


def planted(*_args: Any, **_more: Any) -> Never:
    raise ZeroDivisionError("a planted bug")


async def test_a_bug_in_a_viewers_session_is_its_end_and_the_client_is_told(
    house: HttpHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(house.hub, "playing", planted)
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv")
        answer = await client.answer()
        assert (answer.status, answer.json["error"]) == (500, "internal_error")
        end = await house.end_of(client)
    assert (end.reason, end.detail) == (
        EndReason.INTERNAL_ERROR,
        "ZeroDivisionError('a planted bug')",
    )
    assert house.hub.supervisor.internal_errors == 1
    [record] = [each for each in caplog.records if each.exc_info]
    assert record.getMessage() == f"a bug ended session {end.session}"


async def test_a_bug_in_a_connection_ends_that_one(
    house: HttpHouse, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as planting:
        planting.setattr(connection, "find_handler", planted)
        client = house.dial()
        await client.ask("/live/a.flv")
        with pytest.raises(ConnectionResetError):
            await client.rest_of_it()
    assert house.hub.supervisor.internal_errors == 1
    [record] = [each for each in caplog.records if each.exc_info]
    assert record.getMessage() == f"a bug ended a connection from {client.transport.local}"
    other = house.dial()
    await other.ask("/nothing")
    assert (await other.answer()).status == 404
