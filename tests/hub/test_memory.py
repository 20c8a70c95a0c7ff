"""Whatever a publisher sends and players do, a stream holds no more than its bounds.

A search for one that makes it hold more. What is held is measured: every object that can be reached
from the stream and from what is being sent of it.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
import trio
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from hypothesis.stateful import run_state_machine_as_test as run_machine
from trio.testing import MockClock

from tests.hub.held import held_bytes
from tests.hub.outlets import EVERYTHING, MemoryOutlet, serve
from tests.hub.stage import ByHand, later
from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.form_group import SpanDelivery
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.policy import Block, Drop, Lossless, ReaderTooSlowError, Skip
from trio_srs.hub.reader import Reader
from trio_srs.hub.settings import StreamSettings, TimestampMode
from trio_srs.hub.stream import Stream
from trio_srs.testing.bodies import AUDIO_HEADER, VIDEO_HEADER, data
from trio_srs.units import Bytes, Seconds, Timeout
from trio_srs.wire.rtmp.message import Message, MessageType

LOG: Final = 64 * 1024
READER: Final = 4096
"""Bytes that one reader may take: itself, its group, its place in the sets, what it waits for."""
SMALL: Final = Lossless(most_bytes=20_000, most_s=10_000.0)
LARGE: Final = Lossless(most_bytes=300_000, most_s=5.0)
STREAM: Final = 12 * 1024
"""Bytes that a stream takes that holds nothing."""

sizes = st.sampled_from([0, 1, 20, 400, 3000, 9000, 30_000, 100_000])
audio_heads = st.sampled_from(
    [
        *(AUDIO_HEADER, b"\xaf\x01", b"\x2f\xff", b"\x90Opus", b"\x91Opus", b"\x94Opus"),
        *(b"\x95\x00Opus\x01", b"\x95\x01Opus\x01", b"\x95\x10mp4a\x00\x00\x00\x00\x01"),
    ]
)
video_heads = st.sampled_from(
    [
        *(VIDEO_HEADER, b"\x17\x01\0\0\0", b"\x27\x01\0\0\0", b"\x17\x02\0\0\0", b"\x57\x00"),
        *(b"\x90hvc1", b"\x93hvc1", b"\xa3hvc1", b"\x94hvc1", b"\x84av01", b"\x91av01"),
        *(b"\x96\x00hvc1\x01", b"\xa6\x03hvc1\x01", b"\x96\x10avc1\x00\x00\x00\x00\x01"),
    ]
)
names = st.one_of(
    st.sampled_from(["onMetaData", "onTextData", "n" * 3000]), st.integers(0, 200).map(str)
)
forms = st.builds(
    RtmpForm.of,
    st.sampled_from([128, 4096, 16_384, 60_000]),
    st.sampled_from([1, 2]),
    st.booleans(),
    st.booleans(),
)


class Glutton(RuleBasedStateMachine):
    """One stream, and everybody who may make it hold something."""

    def __init__(self) -> None:
        super().__init__()
        self.readers: list[Reader] = []
        self.cursors: list[Cursor] = []
        self.may_wait = 0  # bytes, for the cursors
        self.outlets: list[MemoryOutlet] = []
        self.deliveries: list[SpanDelivery] = []
        self.lease: PublishLease | None = None
        self.time_ms = 0

    @initialize(
        gop_cache=st.sampled_from([None, Seconds(1.0), Seconds(3600.0)]),
        slow_after=st.sampled_from([Timeout(1.0), Timeout(10_000.0)]),
        mode=st.sampled_from(TimestampMode),
        named=st.booleans(),
        unknown=st.booleans(),
    )
    def it_is_set_up(
        self,
        gop_cache: Seconds | None,
        slow_after: Timeout,
        mode: TimestampMode,
        named: bool,
        unknown: bool,
    ) -> None:
        self.settings = StreamSettings(
            log_bytes=Bytes(LOG),
            gop_cache=gop_cache,
            gop_cache_records=1_000_000,
            slow_reader_after=slow_after,
            timestamps=mode,
            metadata_server_name=named,
            pass_unknown_types=unknown,
        )
        self.live = Stream("cam", self.settings, ByHand(server_name="s" * 100))
        self.a_publisher_comes()

    # ------------------------------------------------------------- publisher

    @precondition(lambda self: self.lease is None)
    @rule()
    def a_publisher_comes(self) -> None:
        self.lease = PublishLease(self.live, "a test", lambda reason, detail: None)
        self.live.publisher_came(self.lease, self.settings)

    @precondition(lambda self: self.lease is not None)
    @rule()
    def the_publisher_leaves(self) -> None:
        assert self.lease is not None
        self.lease.give_back()
        self.lease = None

    def say(self, type_id: int, body: bytes, count: int) -> None:
        assert self.lease is not None
        for number in range(count):
            # A byte of its own: every body is an object of its own.
            payload = body + number.to_bytes(4, "big")
            self.lease.append(Message(type_id, 1, self.time_ms, payload), trio.current_time())

    @precondition(lambda self: self.lease is not None)
    @rule(
        head=video_heads,
        size=sizes,
        step_ms=st.sampled_from([0, 0, 40, 2**31]),
        count=st.sampled_from([1, 3, 20, 100]),
    )
    def video(self, head: bytes, size: int, step_ms: int, count: int) -> None:
        self.time_ms = (self.time_ms + step_ms) % 2**32
        self.say(MessageType.VIDEO, head + bytes(size), count)

    @precondition(lambda self: self.lease is not None)
    @rule(head=audio_heads, size=sizes, count=st.sampled_from([1, 3, 20, 100]))
    def sound(self, head: bytes, size: int, count: int) -> None:
        self.say(MessageType.AUDIO, head + bytes(size), count)

    @precondition(lambda self: self.lease is not None)
    @rule(
        name=names,
        size=sizes,
        to_keep=st.booleans(),
        word=st.sampled_from(["@setDataFrame", "@clearDataFrame"]),
        count=st.sampled_from([1, 3, 40]),
    )
    def data_frames(self, name: str, size: int, to_keep: bool, word: str, count: int) -> None:
        assert self.lease is not None
        for number in range(count):
            values = (word, name, "x" * size) if to_keep else (name, float(number), "x" * size)
            message = data(*values, timestamp_ms=self.time_ms)
            self.lease.append(message, trio.current_time())
            name += "'"

    @precondition(lambda self: self.lease is not None)
    @rule(type_id=st.sampled_from([7, 99]), size=sizes)
    def what_nobody_knows(self, type_id: int, size: int) -> None:
        self.say(type_id, bytes(size), 3)

    @rule(seconds=st.sampled_from([0.02, 1.5, 30.0]))
    def time_passes(self, seconds: float) -> None:
        later(seconds)

    # ----------------------------------------------------------- broadcaster

    @precondition(lambda self: not self.deliveries)
    @rule(which=st.integers(0, 3))
    def the_broadcaster_begins(self, which: int) -> None:
        self.live.feed.dirty = False
        for group in list(self.live.feed.groups.values())[which:]:
            delivery = group.begin(self.live.feed.log)
            if delivery is not None:
                if not delivery.step(1):
                    self.deliveries.append(delivery)
                return

    @precondition(lambda self: self.deliveries)
    @rule()
    def the_broadcaster_serves(self) -> None:
        if self.deliveries[0].step(1):
            self.deliveries.pop()
            self.live.feed.was_sent()

    # --------------------------------------------------------------- readers

    @precondition(lambda self: len(self.readers) < 8)
    @rule(form=forms, room=st.sampled_from([0, 50, 5000, EVERYTHING]))
    def a_reader_comes(self, form: RtmpForm, room: int) -> None:
        outlet = MemoryOutlet(form.chunk_size, room=room)
        self.outlets.append(outlet)
        self.readers.append(self.live.feed.attach(form, outlet))

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def a_reader_leaves(self, data: st.DataObject) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        reader.detach()
        self.readers.remove(reader)

    @precondition(lambda self: self.readers)
    @rule(data=st.data())
    def a_reader_pauses_or_goes_on(self, data: st.DataObject) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        if reader.paused:
            reader.resume()
        else:
            reader.pause()

    @precondition(lambda self: self.readers)
    @rule(data=st.data(), audio=st.booleans(), video=st.booleans(), keep=st.booleans())
    def a_reader_changes(self, data: st.DataObject, audio: bool, video: bool, keep: bool) -> None:
        at = data.draw(st.integers(0, len(self.readers) - 1))
        old = self.readers[at]
        assert isinstance(old.group.form, RtmpForm)
        form = RtmpForm.of(old.group.form.chunk_size, old.group.form.stream_id, audio, video)
        self.readers[at] = self.live.feed.reform(old, form, keep_position=keep)

    @precondition(lambda self: self.readers)
    @rule(data=st.data(), room=st.sampled_from([0, 1, 100, 5000, EVERYTHING]))
    def a_connection_takes_more(self, data: st.DataObject, room: int) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        outlet = reader.outlet
        assert isinstance(outlet, MemoryOutlet)
        outlet.room = room
        serve(outlet, [reader])

    # --------------------------------------------------------------- cursors

    @precondition(lambda self: len(self.cursors) < 4)
    @rule(
        policy=st.sampled_from([SMALL, LARGE, Skip(1.0), Drop(20.0), None]),
        begin=st.sampled_from(Begin),
        follow=st.booleans(),
    )
    def a_cursor_comes(
        self, policy: Skip | Drop | Lossless | None, begin: Begin, follow: bool
    ) -> None:
        if isinstance(policy, Lossless):
            self.may_wait += policy.most_bytes
        self.cursors.append(self.live.feed.cursor(policy, begin, follow=follow))

    @precondition(lambda self: len(self.cursors) < 4)
    @rule()
    def somebody_inspects(self) -> None:
        def catch_up(most: int | None) -> None:
            """See nothing in it."""
            assert cursor.take(most)

        cursor = self.live.feed.cursor(Block(catch_up), follow=False)
        self.cursors.append(cursor)

    @precondition(lambda self: self.cursors)
    @rule(data=st.data(), most=st.sampled_from([1, 10, 10_000]))
    def a_cursor_goes_on(self, data: st.DataObject, most: int) -> None:
        cursor = data.draw(st.sampled_from(self.cursors))
        try:
            cursor.take(most)
            cursor.advance()
        except ReaderTooSlowError:
            assert cursor.closed

    @precondition(lambda self: self.cursors)
    @rule(data=st.data())
    def a_cursor_leaves(self, data: st.DataObject) -> None:
        cursor = data.draw(st.sampled_from(self.cursors))
        if isinstance(cursor.own_policy, Lossless):
            self.may_wait -= cursor.own_policy.most_bytes
        cursor.close()
        self.cursors.remove(cursor)

    # ------------------------------------------------------------ what holds

    @invariant()
    def no_more_is_held_than_may_be(self) -> None:
        for outlet in self.outlets:  # the peer has read it all
            outlet.taken.clear()
        held = held_bytes(self.live, self.deliveries)
        log = self.live.feed.log
        # The newest is kept whatever its size; of it, what was sent as well.
        newest = 2 * len(log.at(log.end - 1).body) + 1024 if len(log) else 0
        newest += sum(map(_alone, self.cursors))
        readers = READER * (len(self.readers) + len(self.cursors))
        assert held <= LOG + self.may_wait + newest + readers + STREAM
        assert log.size + sum(cursor.held_bytes for cursor in self.cursors) <= (
            LOG + self.may_wait + newest
        )


def _alone(cursor: Cursor) -> int:
    """What a cursor may hold beyond its bound: one record, the newest of a publish that is over."""
    policy = cursor.own_policy
    bound = policy.most_bytes if isinstance(policy, Lossless) else 0
    return max(cursor.held_bytes - bound, 0) if cursor.behind <= 1 else 0


async def test_no_publisher_makes_a_stream_hold_more_than_its_bounds(
    autojump_clock: MockClock,
) -> None:
    options: Any = hypothesis_settings(stateful_step_count=30, deadline=None)
    run_machine(Glutton, settings=options)


@given(st.lists(sizes, max_size=20))
def test_what_is_measured_is_what_is_there(lengths: list[int]) -> None:
    """Each object once, however many refer to it."""
    bodies = [bytes([7]) * (size + 2) for size in lengths]
    views = [memoryview(body)[1:] for body in bodies]
    least = sum(map(len, bodies))
    assert least <= held_bytes(bodies, views, list(bodies)) <= least + 600 * (len(bodies) + 1)


pytestmark = pytest.mark.property
