"""Access: every gate gets its say, and whatever it does there is an answer."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import attrs
import pytest
import trio
from trio.testing import MockClock

from trio_srs.errors import ProtocolError, RefusedError
from trio_srs.hub.access import AccessControl, GateFailedError, GateTimeoutError, RedirectError
from trio_srs.hub.gate import AccessConfig, AccessRequest, AllowAll, Gate, Grant
from trio_srs.hub.settings import MissingPolicy, StreamSettings
from trio_srs.hub.supervisor import Supervisor
from trio_srs.units import Seconds, Timeout
from trio_srs.wire.url import DEFAULT_VHOST

CONNECT = AccessRequest(
    session="c1", peer="10.0.0.1:5", protocol="rtmp", vhost=DEFAULT_VHOST, app="live"
)
ASKED = attrs.evolve(CONNECT, name="secret-key")


class Rules:
    """Other settings for one name."""

    namespaces: Mapping[str, bool] = MappingProxyType({})

    def vhost_of(self, host: str) -> str:
        return host

    def vhost_enabled(self, vhost: str) -> bool:
        return True

    def settings_for(self, vhost: str, app: str, name: str) -> StreamSettings:
        return StreamSettings(send_interval=Seconds(1.0 if name == "cam" else 0.0))


class Scripted(AllowAll):
    """Answers the same to everything, and notes what it was asked."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.asked: list[AccessRequest] = []

    async def connect(self, request: AccessRequest, /) -> Grant | None:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer() if callable(self.answer) else self.answer  # type: ignore[no-any-return]  # nonsense too

    publish = play = connect


def access(*gates: Gate, **more: Any) -> AccessControl:
    return AccessControl(Rules(), gates, **more)


async def test_without_gates_everybody_may_do_everything() -> None:
    assert await access().connect(CONNECT) == Grant()
    stream = await access().publish(ASKED)
    assert (stream.key, stream.account) == ("live/secret-key", "")
    assert await access().play(ASKED) == stream


async def test_a_gate_that_has_nothing_to_say_is_not_asked() -> None:
    control, gate, is_busy = access(), Scripted(Grant(name="cam")), False
    control.add(gate, when=lambda: is_busy)
    assert control.is_open
    assert (await control.publish(ASKED)).key == "live/secret-key"
    is_busy = True
    assert not control.is_open
    assert (await control.publish(ASKED)).key == "live/cam"
    assert not access(gate).is_open


async def test_a_gate_that_does_not_mind_connects_is_asked_for_streams_alone() -> None:
    control, gate, minds = access(), Scripted(Grant(account="alice")), False
    control.add(gate, at_connect=lambda: minds)
    assert control.is_open_to_connect
    assert not control.is_open
    assert await control.connect(CONNECT) == Grant()
    assert (await control.play(ASKED)).account == "alice"
    minds = True
    assert not control.is_open_to_connect
    assert (await control.connect(CONNECT)).account == "alice"
    control.first, minds = Scripted(), False
    assert not control.is_open_to_connect


async def test_what_a_gate_calls_a_stream_is_what_it_is_called() -> None:
    control = access(Scripted(Grant(name="cam", account="alice")))
    for ask in (control.publish, control.play):
        stream = await ask(ASKED)
        assert (stream.key, stream.account) == ("live/cam", "alice")
        assert stream.settings.send_interval == 1.0  # of the new name


async def test_the_first_refusal_counts() -> None:
    late = Scripted()
    control = access(Scripted(), Scripted(RefusedError("not you")), late)
    with pytest.raises(RefusedError, match="not you"):
        await control.publish(ASKED)
    assert late.asked == []


async def test_a_later_gate_sees_what_earlier_ones_granted() -> None:
    first = Scripted(Grant(name="cam", account="alice", settings={"gop_cache": None}))
    second = Scripted(Grant(settings={"play_missing": "refuse", "gop_cache": 5}))
    third = Scripted(Grant(name="cam2"))
    stream = await access(first, second, third).play(ASKED)
    [seen] = third.asked
    assert (seen.name, seen.granted.account) == ("cam", "alice")
    assert seen.granted.settings == {"play_missing": "refuse", "gop_cache": 5}
    assert stream.key == "live/cam2"
    assert stream.settings.play_missing is MissingPolicy.REFUSE
    assert stream.settings.gop_cache == 5.0  # the later one's word


async def test_what_is_granted_to_a_connect_holds_for_what_follows() -> None:
    control = access(Scripted(Grant(account="alice", settings={"publish_notify": False})))
    granted = await control.connect(CONNECT)
    stream = await access().publish(attrs.evolve(ASKED, granted=granted))
    assert (stream.account, stream.settings.publish_notify) == ("alice", False)


async def test_the_first_redirect_ends_the_matter() -> None:
    late = Scripted()
    with pytest.raises(RedirectError, match=r"go to rtmp://b/live") as error:
        await access(Scripted(Grant(redirect="rtmp://b/live")), late).connect(CONNECT)
    assert error.value.url == "rtmp://b/live"
    assert late.asked == []


class Plain(AllowAll):
    """A gate whose author forgot a word."""

    def connect(self, request: AccessRequest, /) -> Grant:  # type: ignore[override]
        return Grant()


@pytest.mark.parametrize(
    "gate",
    [
        Scripted(KeyError("a bug")),
        Scripted(ProtocolError("the hook's server speaks no HTTP")),
        Scripted(ExceptionGroup("both", [RefusedError("no"), KeyError("a bug")])),
        Scripted("yes"),
        Scripted(lambda: Grant(name="../etc")),
        Scripted(lambda: Grant(name=7)),  # type: ignore[arg-type]
        Scripted(lambda: Grant(settings={"no_such_key": 1})),
        Scripted(lambda: Grant(settings={"log_bytes": 1})),
        Scripted(Grant(name="a-name-for-a-connect")),
        Plain(),
    ],
    ids=range(10),
)
async def test_a_gate_that_fails_is_a_refusal_and_one_traceback(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = Supervisor()
    with pytest.raises(GateFailedError, match="it could not be decided"):
        await access(gate, supervisor=supervisor).connect(CONNECT)
    assert supervisor.internal_errors == 1
    [record] = caplog.records
    assert record.exc_info
    assert f"what {type(gate).__name__} was to decide for session c1" in record.getMessage()


async def test_refusals_of_a_gate_that_asks_several_at_once_are_refusals(
    caplog: pytest.LogCaptureFixture,
) -> None:
    inner = ExceptionGroup("inner", [RefusedError("first"), RefusedError("second")])
    with pytest.raises(RefusedError, match="first"):
        await access(Scripted(ExceptionGroup("outer", [inner]))).publish(ASKED)
    assert not caplog.records


async def test_gates_have_so_long_together(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Slow(AllowAll):
        async def publish(self, request: AccessRequest, /) -> None:
            await trio.sleep(4.0)

    config = AccessConfig(gate_timeout=Timeout(10.0))
    control = access(Slow(), Slow(), config=lambda: config)
    assert (await control.publish(ASKED)).key == "live/secret-key"
    config = AccessConfig(gate_timeout=Timeout(7.0))  # as after a reload
    began = trio.current_time()
    with pytest.raises(GateTimeoutError, match="within 7 s"):
        await control.publish(ASKED)
    assert trio.current_time() - began == 7.0
    assert "session c1 is refused" in caplog.text
