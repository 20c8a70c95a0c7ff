"""A follower sees every record once, in order, as it was sent, whatever becomes of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st

from tests.hub.stage import Stage
from trio_srs.errors import EndReason
from trio_srs.hub.feed import Feed
from trio_srs.hub.follower import Follower
from trio_srs.hub.record import RECORD_BYTES, Record
from trio_srs.hub.settings import TimestampMode
from trio_srs.testing.bodies import audio, audio_header, data, header, inter, key, metadata
from trio_srs.units import Bytes, Seconds, Timeout
from trio_srs.wire.amf.values import EcmaArray
from trio_srs.wire.rtmp.message import Message

SMALL = {"log_bytes": Bytes(64 * 1024), "gop_cache_bytes": Bytes(64 * 1024)}
Seen = tuple[int, int, bytes]


class Keeper(Follower):
    """Keeps what it sees."""

    def __init__(self, feed: Feed) -> None:
        super().__init__(feed)
        self.seen: list[Seen] = []
        self.most = 0

    def see(self, records: list[Record]) -> None:
        self.seen += [(each.type_id, each.sent_ms, each.sent_body) for each in records]
        self.most = max(self.most, len(records))


def said(*messages: Message) -> list[Seen]:
    return [(each.type_id, each.timestamp_ms, each.payload) for each in messages]


async def test_it_sees_what_came_since_it_began_to_follow_when_it_likes() -> None:
    stage = Stage()
    stage.publish()
    stage.say(header(), key(0))
    keeper = Keeper(stage.live.feed)
    stage.say(inter(40), inter(80), inter(120))
    assert (keeper.seen, keeper.behind) == ([], 3)
    keeper.catch_up(2)
    assert (keeper.seen, keeper.behind) == (said(inter(40), inter(80)), 1)
    keeper.catch_up()
    keeper.catch_up()
    assert (keeper.seen, keeper.behind) == (said(inter(40), inter(80), inter(120)), 0)


async def test_the_end_of_a_publish_is_the_end_of_following_it() -> None:
    stage = Stage()
    lease = stage.publish()
    player = stage.play()  # to whom the end is told, in the log
    keeper = Keeper(stage.live.feed)
    stage.say(key(0))
    assert keeper.following
    lease.give_back()
    assert (keeper.seen, keeper.following) == (said(key(0)), False)
    stage.publish()
    stage.say(key(40))
    keeper.catch_up()
    assert (keeper.seen, keeper.behind, stage.live.feed.followers) == (said(key(0)), 0, ())
    assert player.reader.attached


async def test_who_lets_go_sees_what_there_is_and_no_more() -> None:
    stage = Stage()
    stage.publish()
    keeper, other = Keeper(stage.live.feed), Keeper(stage.live.feed)
    stage.say(key(0))
    keeper.let_go()
    keeper.let_go()
    stage.say(inter(40))
    other.catch_up()
    assert keeper.seen == said(key(0))
    assert other.seen == said(key(0), inter(40))


async def test_the_log_keeps_what_it_has_not_seen() -> None:
    stage = Stage(gop_cache=Seconds(0.0))
    stage.publish()
    keeper = Keeper(stage.live.feed)
    stage.say(*(inter(40 * n) for n in range(200)))
    assert stage.live.feed.log.base == 0
    keeper.catch_up()
    stage.say(*(inter(40 * n) for n in range(200, 300)))
    assert stage.live.feed.log.base > 0
    keeper.catch_up()
    assert len(keeper.seen) == 300


async def test_it_is_made_to_see_what_the_log_cannot_keep() -> None:
    stage = Stage(**SMALL)
    stage.publish()
    keeper = Keeper(stage.live.feed)
    messages = [inter(40 * n, 10_000, fill=n) for n in range(50)]
    for message in messages:
        stage.say(message)
        assert stage.live.feed.log.size <= 64 * 1024 + 10_000 + RECORD_BYTES
    assert 30 < len(keeper.seen) < 50
    keeper.catch_up()
    assert keeper.seen == said(*messages)


@pytest.mark.parametrize("mode", TimestampMode)
async def test_it_sees_timestamps_and_bodies_as_they_were_sent(mode: TimestampMode) -> None:
    stage = Stage(timestamps=mode, metadata_server_name=True)
    for _ in range(2):
        lease = stage.publish()
        keeper = Keeper(stage.live.feed)
        media = [header(0), audio_header(7), key(90_000), audio(89_990), inter(4_294_967_295)]
        stage.say(metadata({"width": 1.0}), *media)
        lease.give_back()
        about = data("onMetaData", EcmaArray({"width": 1.0}))
        assert keeper.seen == said(about, *media)


@pytest.mark.property
@given(
    acts=st.lists(
        st.sampled_from(["key", "inter", "big", "audio", "header", "catch", "some", "play"])
        | st.integers(1, 8),
        max_size=80,
    ),
    mode=st.sampled_from(TimestampMode),
)
@pytest.mark.trio
async def test_nothing_is_lost_or_seen_twice_whatever_happens(
    acts: list[str | int], mode: TimestampMode
) -> None:
    settings: dict[str, Any] = {**SMALL, "slow_reader_after": Timeout(1.0)}
    stage = Stage(timestamps=mode, gop_cache=Seconds(0.2), gop_cache_records=5, **settings)
    lease = stage.publish()
    keepers, now = [Keeper(stage.live.feed), Keeper(stage.live.feed)], trio.current_time()
    messages: list[Message] = []
    makers: dict[str, Callable[[int], Message]] = {
        "key": key,
        "inter": inter,
        "audio": audio,
        "header": header,
        "big": lambda time: inter(time, 30_000),
    }
    for number, act in enumerate(acts):
        if act == "catch":
            keepers[0].catch_up()
        elif act == "some":
            keepers[0].catch_up(2)
        elif act == "play":
            stage.play(room=0)
        elif isinstance(act, int):  # seconds pass
            now += act / 4
        else:
            said_now = makers[act](number * 20)
            messages.append(said_now)
            lease.append(said_now, now)
    lease.give_back()
    for keeper in keepers:
        assert keeper.seen == said(*messages)


@pytest.mark.parametrize("size", [10, 200, 5000])
async def test_who_sends_more_than_a_follower_has_time_for_waits_for_it(size: int) -> None:
    """So the end of a publish never has much left to be seen at once."""
    stage = Stage()
    stage.publish()
    stage.say(header(), key(0))
    keeper, furthest, was_seen = Keeper(stage.live.feed), 0, 0
    for number in range(5000):
        stage.say(inter(40 * number, size=size))
        furthest = max(furthest, keeper.behind)
        assert len(keeper.seen) - was_seen <= 128
        was_seen = len(keeper.seen)
    assert furthest <= 1024 + 64
    keeper.let_go()
    assert len(keeper.seen) == 5000


class Failing(Follower):
    """Has a bug: it sees no keyframe, or cannot be let go."""

    def __init__(self, feed: Feed, *, fails_to: str) -> None:
        super().__init__(feed)
        self._fails_to = fails_to

    def see(self, records: list[Record]) -> None:
        if self._fails_to == "see":
            raise KeyError("a bug in seeing")

    def let_go(self) -> None:
        super().let_go()
        if self._fails_to == "let go":
            raise KeyError("a bug in letting go")


@pytest.mark.parametrize("fails_to", ["see", "let go"])
@pytest.mark.parametrize("failing_first", [True, False])
async def test_the_name_is_free_whatever_follower_fails(
    caplog: pytest.LogCaptureFixture, fails_to: str, failing_first: bool
) -> None:
    stage = Stage()
    lease = stage.publish()
    if failing_first:
        failing = Failing(stage.live.feed, fails_to=fails_to)
    keeper = Keeper(stage.live.feed)
    if not failing_first:
        failing = Failing(stage.live.feed, fails_to=fails_to)
    stage.say(header(), key(0))
    lease.revoke(EndReason.KICKED, "kicked")
    assert (stage.live.lease, stage.live.feed.followers) == (None, ())
    assert (failing.following, keeper.seen) == (False, said(header(), key(0)))
    [record] = caplog.records
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)
    caplog.clear()
    stage.publish()
    stage.say(header(), key(0))


async def test_a_follower_that_fails_while_the_publish_goes_on_is_left_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage()
    stage.publish()
    failing, keeper = Failing(stage.live.feed, fails_to="see"), Keeper(stage.live.feed)
    stage.say(header(), key(0))
    failing.catch_up()
    assert (failing.following, failing.behind, stage.live.feed.followers) == (False, 0, (keeper,))
    failing.catch_up()
    stage.say(*[inter(40 * number) for number in range(3000)])  # more than may be left for later
    keeper.catch_up()
    assert len(keeper.seen) == 3002
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_the_name_is_free_also_if_the_one_who_watches_fails(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Watching:
        def see_keyframe(self) -> None: ...

        def see_header_change(self) -> None: ...

        def left(self) -> None:
            raise KeyError("a bug in leaving")

    stage = Stage()
    lease = stage.publish()
    stage.live.observer = Watching()
    lease.give_back()
    assert stage.live.lease is None
    assert stage.live.observer is None
    assert "a bug ended the observation of cam" in caplog.text
    caplog.clear()
