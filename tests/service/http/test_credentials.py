"""What a client says in Authorization reaches the gate, and a gate that wants it can say so."""

from __future__ import annotations

from tests.service.http.conftest import OpenHouse
from trio_srs.hub.gate import AccessRequest, AllowAll, Grant
from trio_srs.service.access.rules_gate import CredentialsRefusedError


class Password(AllowAll):
    async def play(self, request: AccessRequest, /) -> Grant | None:
        if request.authorization != "Basic YTpi":
            raise CredentialsRefusedError("to play this stream takes a user, or a token")
        return None


async def test_a_client_without_credentials_is_asked_for_them(open_house: OpenHouse) -> None:
    house = await open_house(gate=Password())
    client = house.dial()
    await client.ask("/live/a.flv")
    answer = await client.answer()
    assert answer.status == 401
    assert answer.fields["Www-Authenticate"] == 'Basic realm="trio-srs", charset="UTF-8"'
    assert answer.json["error"] == "credentials_refused"


async def test_a_client_with_credentials_is_let_in(open_house: OpenHouse) -> None:
    house = await open_house(gate=Password())
    async with house.publishing():
        client = house.dial()
        await client.ask("/live/a.flv", fields={"Authorization": "Basic YTpi"})
        assert (await client.head()).status == 200
