"""How OBS logs in, as a scripted peer: its librtmp's commands, in its order, by each way it knows.

What OBS 29 says was taken down beside a server of its own; what it answers to a challenge is what
librtmp does (``PublisherAuth``). It is refused in words that it logs: ``code (description)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import attrs
import pytest
import trio

from tests.service.access.test_challenges import answer
from tests.service.rtmp.conftest import OpenHouse
from tests.service.rtmp.house import House
from trio_srs.hub.bus import PublishBegan, RequestRefused
from trio_srs.hub.gate import AccessConfig, Challenge
from trio_srs.secret import Secret
from trio_srs.service.access.challenges import adobe_hash, llnw_hash
from trio_srs.service.access.passwords import hash_password, hash_token
from trio_srs.service.access.rules_gate import RulesGate
from trio_srs.testing.bodies import command
from trio_srs.testing.peer import Peer, status_code
from trio_srs.wire.amf.values import Value
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import SetChunkSize
from trio_srs.wire.url import parse_query

USERS = (
    Secret(f"alice:{hash_password('letmein')}"),
    Secret(f"alice:{hash_token('a-token')}"),
    Secret(f"alice:adobe:c2FsdA==:{adobe_hash('alice', 'c2FsdA==', 'letmein')}"),
    Secret(f"alice:llnw:{llnw_hash('alice', 'letmein')}"),
)
RULES = ("allow publish user alice",)


@attrs.define
class Obs:
    """One that streams to a server, with a stream key, and a user if it is told to log in."""

    house: House
    server: str = "live"
    key: str = "a"
    user: str = ""
    password: str = ""
    connections: int = 0
    logged: list[str] = attrs.field(factory=list)

    async def stream(self) -> bool:
        """Whether it may."""
        added = ""
        while True:
            peer = self.house.dial()
            self.connections += 1
            refusal = await self._connect(peer, added)
            if not refusal:
                return await self._publish(peer)
            assert await peer.hear_end() == []  # there is no second try on a connection
            peer.close()
            self.logged.append(refusal)
            added = self._authenticate(refusal)
            if not added:
                return False

    async def _connect(self, peer: Peer, added: str) -> str:
        """Why not; empty if it may."""
        said: dict[str, Value] = {
            "app": self.server + added,
            "type": "nonprivate",
            "flashVer": "FMLE/3.0 (compatible; FMSc/1.0)",
            "swfUrl": f"rtmp://h/{self.server}",
            "tcUrl": f"rtmp://h/{self.server}{added}",
            "supportsGoAway": True,
        }
        await peer.say(command("connect", said, transaction_id=1.0))
        heard = await peer.hear_command("_result", "_error")
        if heard.name == "_result":
            return ""
        assert heard.args[0] is None  # else ffmpeg, which asks in the same way, hears nothing
        return _description(heard)

    def _authenticate(self, refusal: str) -> str:
        """What it adds to its URLs in answer; nothing if it gives up."""
        kind = "adobe" if "authmod=adobe" in refusal else "llnw"
        if not self.user or f"authmod={kind}" not in refusal:
            return ""
        if "code=403 need auth" in refusal:
            return f"?authmod={kind}&user={self.user}"
        if "?reason=needauth" not in refusal:
            return ""  # authfailed, nosuchuser
        told = parse_query(refusal.partition("?")[2])
        return _query(answer(told, self.server, self.password))

    async def _publish(self, peer: Peer) -> bool:
        await peer.say_control(SetChunkSize(4096))
        await peer.say(
            command("releaseStream", None, self.key, transaction_id=2.0),
            command("FCPublish", None, self.key, transaction_id=3.0),
            command("createStream", None, transaction_id=4.0),
        )
        while (await peer.hear_command("_result")).transaction_id != 4.0:
            pass
        await peer.say(command("publish", None, self.key, "live", transaction_id=5.0, stream_id=1))
        heard = await peer.hear_command("onStatus")
        self.logged.append(f"{status_code(heard)} ({_description(heard)})")
        return status_code(heard) == "NetStream.Publish.Start"


def _description(heard: Command) -> str:
    [info] = [each for each in heard.args if isinstance(each, dict)]
    return str(info["description"])


def _query(params: Mapping[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in params.items())


WRONG = "NetStream.Failed (the password or token is not right)"
NOBODY = "NetStream.Failed (to publish this stream takes a user, or a token)"
WAYS: dict[str, tuple[str, dict[str, Any], str, int]] = {
    "a token in the stream key": ("off", {"key": "a?token=a-token"}, "", 1),
    "a user in the stream key": ("off", {"key": "a?user=alice&pass=letmein"}, "", 1),
    "a token in the server's URL": ("off", {"server": "live?token=a-token"}, "", 1),
    "a user in the server's URL": ("off", {"server": "live?user=alice&pass=letmein"}, "", 1),
    "Adobe's challenge": ("adobe", {"user": "alice", "password": "letmein"}, "", 3),
    "Limelight's challenge": ("llnw", {"user": "alice", "password": "letmein"}, "", 3),
    "a token where others are challenged": ("adobe", {"server": "live?token=a-token"}, "", 1),
    "another token": ("off", {"key": "a?token=another"}, WRONG, 1),
    "another password": ("off", {"key": "a?user=alice&pass=x"}, WRONG, 1),
    "nothing": ("off", {}, NOBODY, 1),
    "nothing, where it is challenged": ("adobe", {}, "code=403 need auth", 1),
    "another user for Adobe's": (
        *("adobe", {"user": "bob", "password": "letmein"}),
        *("?reason=authfailed", 3),
    ),
    "another password for Adobe's": (
        *("adobe", {"user": "alice", "password": "x"}),
        *("?reason=authfailed", 3),
    ),
    "another password for Limelight's": (
        *("llnw", {"user": "alice", "password": "x"}),
        *("?reason=authfailed", 3),
    ),
}


def _same(config: AccessConfig) -> AccessConfig:
    return config


@pytest.mark.trio(run=trio.run)  # passwords are looked at in a thread
async def test_obs_logs_in_by_each_way_it_knows_and_logs_why_it_may_not(
    open_house: OpenHouse,
) -> None:
    for way, (challenge, said, why, connections) in WAYS.items():
        config = AccessConfig(rules=RULES, users=USERS, challenge=Challenge(challenge))
        house = await open_house(gates=(RulesGate(partial(_same, config)),))
        obs = Obs(house, **said)
        with trio.fail_after(20):
            assert await obs.stream() is not bool(why), way
        assert why in obs.logged[-1], way
        assert obs.connections == connections, way
        began = house.told(PublishBegan)
        assert [each.stream for each in began] == ([] if why else ["live/a"]), way
        if why.startswith("Net"):
            assert house.told(RequestRefused)[-1].detail in obs.logged[-1]
