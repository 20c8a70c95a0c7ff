"""Readers passed between the broadcaster and themselves miss nothing, tear nothing.

A state machine does to a stream whatever may happen to it, with connections of every temper,
and after each step reads again what every reader was sent.
"""

from __future__ import annotations

import math
from typing import Any, Final, Literal

import attrs
import pytest
import trio
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from trio.testing import MockClock

from tests.hub.outlets import EVERYTHING, MemoryOutlet, serve
from tests.hub.stage import ByHand, RememberingLog, later
from trio_srs.hub.form_group import FormGroup, SpanDelivery
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.hub import Hub
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.outgoing import Outgoing
from trio_srs.hub.reader import Reader
from trio_srs.hub.record import Record
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.net.link import Link
from trio_srs.testing.bodies import AUDIO_HEADER, VIDEO_HEADER, audio, inter, key, metadata
from trio_srs.testing.memory import memory_transport_pair
from trio_srs.units import Bytes, Seconds, Timeout
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_writer import encode_message
from trio_srs.wire.rtmp.message import Message, MessageType

SETTINGS: Final = StreamSettings(
    log_bytes=Bytes(64 * 1024),
    gop_cache=Seconds(5.0),
    gop_cache_records=12,
    slow_reader_after=Timeout(2.0),
)
CHUNK: Final = 256
CHUNK_SIZES: Final = (128, 60_000)
VIDEO_GONE_S: Final = 10.0

Kind = Literal["video", "audio", "data"]
KINDS: Final[tuple[Kind, ...]] = ("data", "video", "audio")
"""In the order in which a late reader gets their headers."""


@attrs.define(eq=False)
class Watched:
    """A reader, what it has received, and what that means."""

    reader: Reader
    outlet: MemoryOutlet
    stream_id: int
    was_paused: bool = False
    has_begun: bool = False
    next: int | None = None
    """The position it must receive next, if it misses nothing; None until it was placed."""
    missed: int = 0
    prologue: list[tuple[int, int]] = attrs.field(factory=list)
    """Headers received out of their place: position, and timestamp as received."""
    knows: set[int] = attrs.field(factory=set)


class Handover(RuleBasedStateMachine):
    """One stream, whoever publishes it, and any number of readers."""

    def __init__(self) -> None:
        super().__init__()
        self.live = Stream("cam", SETTINGS, ByHand())
        self.log = RememberingLog.of(self.live.feed)
        self.watched: list[Watched] = []
        self.outlets: list[MemoryOutlet] = []
        self.gone: list[Reader] = []
        self.deliveries: list[SpanDelivery] = []
        self.lease: PublishLease | None = None
        self.count = 0
        self.came_at = 0
        self.has_video = False
        self.video_at = 0.0
        self.may_begin: set[int] = set()
        self.headers: dict[int, Kind] = {}
        self.headers_of: dict[int, dict[Kind, int]] = {}  # position -> what holds there

    # ------------------------------------------------------------- publisher

    @precondition(lambda self: self.lease is None)
    @rule()
    def a_publisher_comes(self) -> None:
        self.count += 1
        self.live.name = f"cam{self.count}"  # so that no two notices are alike
        self.lease = PublishLease(self.live, "a test", lambda reason, detail: None)
        self.live.publisher_came(self.lease, SETTINGS)
        self.came_at = self.log.end
        self.has_video = False
        self.may_begin.add(self.came_at)
        self.holding: dict[Kind, int] = {}

    @precondition(lambda self: self.lease is not None)
    @rule()
    def the_publisher_leaves(self) -> None:
        assert self.lease is not None
        self.may_begin.add(self.log.end)
        self.lease.give_back()
        self.lease = None

    def append(self, message: Message) -> None:
        assert self.lease is not None
        self.lease.append(message, trio.current_time())
        assert self.log.size <= SETTINGS.log_bytes or len(self.log) == 1
        if len(self.log):
            newest, oldest = self.log.at(self.log.end - 1), self.log.at(self.log.base)
            assert newest.arrived_at - oldest.arrived_at <= 5.0

    def stamp(self) -> int:
        self.count += 1
        return self.count * 10

    @precondition(lambda self: self.lease is not None)
    @rule(kind=st.sampled_from(["key", "inter", "inter", "audio"]), size=st.integers(20, 400))
    def media(self, kind: str, size: int) -> None:
        self.frame(kind, size)

    @precondition(lambda self: self.lease is not None)
    @rule(kind=st.sampled_from(["key", "inter"]), size=st.integers(10_000, 30_000))
    def large_media(self, kind: str, size: int) -> None:
        self.frame(kind, size)

    def frame(self, kind: str, size: int) -> None:
        now, at = trio.current_time(), self.log.end
        if kind == "audio":
            if not self.has_video or now - self.video_at > VIDEO_GONE_S:
                self.may_begin.add(at)
            message = audio(self.stamp(), size)
        else:
            if kind == "key":
                self.may_begin.add(at)
            self.has_video, self.video_at = True, now
            message = (key if kind == "key" else inter)(self.stamp(), size)
        self.headers_of[at] = dict(self.holding)
        self.append(message)

    @precondition(lambda self: self.lease is not None)
    @rule(kind=st.sampled_from(["video", "audio", "data"]))
    def header(self, kind: Kind) -> None:
        at, time = self.log.end, self.stamp()
        if kind == "video":
            self.has_video, self.video_at = True, trio.current_time()
            message = Message(MessageType.VIDEO, 1, time, VIDEO_HEADER + time.to_bytes(4, "big"))
        elif kind == "audio":
            message = Message(MessageType.AUDIO, 1, time, AUDIO_HEADER + time.to_bytes(4, "big"))
        else:
            message = metadata({"count": float(time)})
            message.timestamp_ms = time
        self.headers[at] = kind
        self.headers_of[at] = dict(self.holding)
        self.holding[kind] = at
        self.append(message)

    @rule(seconds=st.sampled_from([0.02, 0.5, 1.5, 3.0]))
    def time_passes(self, seconds: float) -> None:
        later(seconds)

    # ----------------------------------------------------------- broadcaster

    @rule()
    def the_broadcaster_begins(self) -> None:
        self.live.feed.dirty = False
        for group in self.live.feed.groups.values():
            delivery = group.begin(self.log)
            if delivery is not None:
                self.deliveries.append(delivery)

    @precondition(lambda self: self.deliveries)
    @rule(count=st.integers(1, 3), data=st.data())
    def the_broadcaster_serves(self, count: int, data: st.DataObject) -> None:
        delivery = data.draw(st.sampled_from(self.deliveries))
        if delivery.step(count):
            self.deliveries.remove(delivery)
            self.live.feed.was_sent()

    # --------------------------------------------------------------- readers

    @precondition(lambda self: len(self.outlets) < 6)
    @rule(
        size=st.sampled_from(CHUNK_SIZES),
        room=st.sampled_from([EVERYTHING, EVERYTHING, 0, 50, 2000]),
        most=st.sampled_from([EVERYTHING, EVERYTHING, 7, 300]),
    )
    def a_reader_comes(self, size: int, room: int, most: int) -> None:
        outlet = MemoryOutlet(size, room=room, most=most)
        self.outlets.append(outlet)
        self.attach(outlet, 1)

    @precondition(lambda self: self.outlets)
    @rule(data=st.data())
    def a_connection_plays_twice(self, data: st.DataObject) -> None:
        outlet = data.draw(st.sampled_from(self.outlets))
        self.attach(outlet, 2 + len(self.watched) + len(self.gone))

    def attach(self, outlet: MemoryOutlet, stream_id: int) -> None:
        if self.lease is None:
            self.may_begin.add(self.log.end)
        form = RtmpForm.of(outlet.chunk_size, stream_id, True, True)
        reader = self.live.feed.attach(form, outlet)
        self.watched.append(Watched(reader, outlet, stream_id))

    @precondition(lambda self: self.watched)
    @rule(data=st.data())
    def a_reader_leaves(self, data: st.DataObject) -> None:
        watched = data.draw(st.sampled_from(self.watched))
        watched.reader.detach()
        self.watched.remove(watched)
        self.gone.append(watched.reader)

    @precondition(lambda self: self.watched)
    @rule(data=st.data())
    def a_reader_pauses_or_goes_on(self, data: st.DataObject) -> None:
        watched = data.draw(st.sampled_from(self.watched))
        watched.was_paused = True
        if watched.reader.paused:
            watched.reader.resume()
        else:
            watched.reader.pause()

    @precondition(lambda self: self.outlets)
    @rule(
        data=st.data(),
        room=st.sampled_from([1, 10, 100, 5000, EVERYTHING]),
        limit=st.sampled_from([1, 1000, 256 * 1024]),
    )
    def a_connection_takes_more(self, data: st.DataObject, room: int, limit: int) -> None:
        outlet = data.draw(st.sampled_from(self.outlets))
        outlet.room = min(outlet.room + room, EVERYTHING)
        self.serve(outlet, limit)

    @precondition(lambda self: self.outlets)
    @rule(data=st.data())
    def a_connection_blocks(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.outlets)).room = 0

    @precondition(lambda self: len(self.outlets) > 2)
    @rule(data=st.data())
    def a_connection_breaks(self, data: st.DataObject) -> None:
        data.draw(st.sampled_from(self.outlets)).is_broken = True

    def serve(self, outlet: MemoryOutlet, limit: int = 256 * 1024) -> bool:
        return serve(outlet, [w.reader for w in self.watched if w.outlet is outlet], limit=limit)

    # ------------------------------------------------------------ what holds

    @invariant()
    def every_reader_gets_an_unbroken_run(self) -> None:
        for watched in self.watched:
            if watched.next is None and not watched.reader.awaits_keyframe:
                watched.next = watched.reader.position
        for outlet in self.outlets:
            for message in outlet.read():
                for watched in self.watched:
                    if watched.outlet is outlet and watched.stream_id == message.stream_id:
                        self.check(watched, message)

    def check(self, watched: Watched, message: Message) -> None:
        at = self.position_of(message)
        assert watched.next is not None
        if self.log.history[at].timestamp_ms != message.timestamp_ms:
            assert at in self.headers, "only headers get another timestamp"
            watched.prologue.append((at, message.timestamp_ms))
            return
        if not watched.has_begun or at != watched.next:
            self.check_entry(watched, at)
        elif not watched.was_paused:
            assert watched.prologue == [], "headers are given to who begins anew"
        watched.knows.update(position for position, _ in watched.prologue)
        watched.prologue.clear()
        if at in self.headers:
            watched.knows.add(at)
        watched.has_begun = True
        watched.next = at + 1

    def position_of(self, message: Message) -> int:
        [at] = [  # every record is one of a kind
            at
            for at, record in enumerate(self.log.history)
            if record.body == message.payload
            and record.type_id == message.type_id
            and (at in self.headers or record.timestamp_ms == message.timestamp_ms)
        ]
        return at

    def check_entry(self, watched: Watched, at: int) -> None:
        assert watched.next is not None
        assert at >= watched.next, "sent twice, or out of order"
        watched.missed += at - watched.next
        if watched.was_paused:
            return  # it went on in one of two ways
        assert at in self.may_begin
        for position, time in watched.prologue:
            # ffmpeg takes a data frame at any other time than 0 for a subtitle.
            is_data = self.headers[position] == "data"
            assert time in ({0} if is_data else self.times_before(watched, at))
        holding = self.headers_of.get(at, {})
        needed = [holding[kind] for kind in KINDS if kind in holding]
        given = [position for position, _ in watched.prologue]
        if not watched.missed:
            assert given == needed
        else:  # it knows some; and it may have been given some where it did not begin then
            needed = [position for position in needed if position not in watched.knows]
            assert [position for position in given if position in needed][-len(needed) :] == needed
            assert all(position < at for position in given)

    def times_before(self, watched: Watched, at: int) -> set[int]:
        """What headers may be stamped: as the record they precede, or one it was to begin with."""
        if not watched.missed:
            return {self.log.history[at].timestamp_ms}
        return {self.log.history[entry].timestamp_ms for entry in self.may_begin if entry <= at}

    @invariant()
    def a_fast_reader_stands_where_a_span_begins(self) -> None:
        for watched in self.watched:
            reader, group = watched.reader, watched.reader.group
            if reader.fast_at >= 0:
                begins = {group.sent} if group.delivery is None else {group.sent, begin_of(group)}
                assert reader.fast_at in begins
                assert reader not in self.live.feed.slow

    @invariant()
    def all_bytes_are_counted(self) -> None:
        for outlet in self.outlets:
            readers = [w.reader for w in self.watched if w.outlet is outlet]
            readers += [reader for reader in self.gone if reader.outlet is outlet]
            counted = sum(reader.bytes_sent for reader in readers)
            assert counted == len(outlet.taken) + len(outlet.owed)

    def teardown(self) -> None:
        """When all connections take all again, everybody has caught up and nothing is missing."""
        for outlet in self.outlets:
            outlet.room = outlet.most = EVERYTHING
        for _ in range(3):
            self.the_broadcaster_begins()
            while self.deliveries:
                if self.deliveries[-1].step(2):
                    self.deliveries.pop()
                    self.the_broadcaster_begins()
            for outlet in self.outlets:
                while self.serve(outlet):
                    pass
        self.every_reader_gets_an_unbroken_run()
        for watched in self.watched:
            self.check_is_complete(watched)

    def check_is_complete(self, watched: Watched) -> None:
        reader, outlet = watched.reader, watched.outlet
        if outlet.is_broken or reader.paused or watched.was_paused:
            return
        assert outlet.unread == 0
        if not reader.awaits_keyframe:
            assert reader.fast_at == self.log.end
            assert watched.next is not None
            # It may have skipped to where nothing has come yet.
            assert reader.skipped == watched.missed + self.log.end - watched.next


def begin_of(group: FormGroup) -> int:
    """Where the span begins that a group is being sent."""
    assert group.delivery is not None
    return group.sent - len(group.delivery.span.records)


async def test_every_reader_gets_every_record_once_in_order_and_no_torn_chunk(
    autojump_clock: MockClock,
) -> None:
    options: Any = hypothesis_settings(
        max_examples=hypothesis_settings().max_examples,
        stateful_step_count=40,
        deadline=None,
    )
    run_machine(Handover, settings=options)


# ------------------------------------------------ over real links, in real tasks


class Silent:
    """A session of a peer that is only sent things."""

    def receive_data(self, data: bytes | bytearray | memoryview, now: float) -> None:
        raise AssertionError("the peer says nothing")

    def keep(self) -> None:
        raise AssertionError("the peer says nothing")

    def data_to_send(self) -> bytes:
        return b""

    def next_deadline(self) -> float:
        return math.inf

    def on_time(self, now: float) -> None:
        raise AssertionError("there is no deadline")


@attrs.frozen
class Temper:
    """How a peer reads, and when its connection is ended."""

    capacity: int
    """Bytes that fit between it and us."""
    pause_s: float
    """Between two reads."""
    stops_at: float
    """When it stops reading for a while."""
    cancelled_at: float
    """When our side of the connection is cancelled, wherever it is."""
    joins_at: float

    @property
    def has_time(self) -> bool:
        """Whether it reads fast enough to get everything before the end."""
        return self.pause_s == 0 or self.capacity >= 5000


tempers = st.builds(
    Temper,
    capacity=st.sampled_from([60, 500, 5000, 10**6]),
    pause_s=st.sampled_from([0.0, 0.001, 0.05]),
    stops_at=st.sampled_from([math.inf, 0.1, 0.3]),
    cancelled_at=st.sampled_from([math.inf, math.inf, 0.05, 0.21, 0.35]),
    joins_at=st.sampled_from([0.0, 0.0, 0.1, 0.2]),
)


class Peer:
    """One connection, from both ends."""

    def __init__(self, hub: Hub, temper: Temper, settings: StreamSettings) -> None:
        self.hub, self.temper, self.settings = hub, temper, settings
        self.near, self.far = memory_transport_pair(capacity=temper.capacity)
        self.said = bytearray()
        self.was_reset = False
        self.skipped = 0

    async def run(self) -> None:
        """Our end: what a connection that plays does."""
        await trio.sleep(self.temper.joins_at)
        link: Link[Silent] = Link(
            self.near,
            Silent(),
            buffer=memoryview(bytearray(1024)),
            stalled_after=100.0,
            on_work=lambda: outgoing.wake(),
        )
        with trio.CancelScope(deadline=self.temper.cancelled_at):
            async with trio.open_nursery() as nursery:
                outgoing = Outgoing(link, nursery.start_soon)
                form = RtmpForm.of(CHUNK, 1, True, True)
                with self.hub.subscribe("cam", self.settings, form, link) as reader:
                    outgoing.readers.append(reader)
                    nursery.start_soon(self.say_things, link)
                    await trio.sleep(3.0)
                    nursery.cancel_scope.cancel()
        await link.close(1.0)

    async def say_things(self, link: Link[Silent]) -> None:
        """Answers of the session go between the messages of the stream."""
        ping = encode_message(Message(MessageType.USER_CONTROL, 0, 0, bytes(6)), CHUNK)
        while True:
            await trio.sleep(0.03)
            link.say(ping)

    async def read(self) -> None:
        """The far end."""
        try:
            while True:
                if trio.current_time() >= self.temper.stops_at:
                    await trio.sleep(max(0.0, self.temper.stops_at + 1.0 - trio.current_time()))
                some = await self.far.receive_some(1000)
                if not some:
                    break
                self.said += some
                await trio.sleep(self.temper.pause_s)
            self.far.close()
        except ConnectionResetError:
            self.was_reset = True

    def check(self, history: list[Record]) -> None:
        reader = ChunkReader(chunk_size=CHUNK)
        reader.feed(bytes(self.said))
        heard = []
        while (message := reader.next_message()) is not None:
            if message.type_id != MessageType.USER_CONTROL:
                heard.append((message.timestamp_ms, message.payload))
        assert self.was_reset or reader.held == reader.half_read == 0
        said = [(record.timestamp_ms, record.body) for record in history]
        if not heard:
            return
        assert heard == said[said.index(heard[0]) :][: len(heard)]
        if self.temper.cancelled_at == math.inf and self.temper.has_time:
            assert heard[-1] == said[-1]


@given(
    st.lists(tempers, min_size=1, max_size=4),
    st.lists(st.integers(20, 400), min_size=1, max_size=5),
    st.sampled_from([0.0, 0.02, 0.1]),
)
def test_over_real_links_everybody_gets_whole_messages_in_order_or_a_reset(
    tempers: list[Temper], sizes: list[int], interval: float
) -> None:
    settings = StreamSettings(send_interval=Seconds(interval), publish_notify=False)

    async def main() -> None:
        hub = Hub()
        peers = [Peer(hub, temper, settings) for temper in tempers]
        history: list[Record] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.broadcaster.run)
            async with trio.open_nursery() as connections:
                async with hub.publish(
                    "cam", settings, holder="a test", revoke=lambda reason, detail: None
                ) as lease:
                    log = RememberingLog.of(lease.stream.feed)
                    for peer in peers:
                        connections.start_soon(peer.run)
                        connections.start_soon(peer.read)
                    await publish(hub, lease, sizes)
                history += log.history
            nursery.cancel_scope.cancel()
        for peer in peers:
            peer.check(history)
        assert len(hub) == 0

    trio.run(main, clock=MockClock(autojump_threshold=0))


async def publish(hub: Hub, lease: PublishLease, sizes: list[int]) -> None:
    """Some seconds of a stream, in small steps."""
    for number in range(40):
        make = key if number % 12 == 0 else inter
        lease.append(make(number * 10, sizes[number % len(sizes)]), trio.current_time())
        hub.broadcaster.push(lease.stream.feed)
        await trio.sleep(0.01)
    await trio.sleep(2.0)


pytestmark = pytest.mark.property
