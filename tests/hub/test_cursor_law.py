"""What cursors read, whatever happens: every record once and in order, or an honest gap.

A state machine does to a stream whatever may happen to it, and after each step looks at what each
cursor was given: the very records that were appended, of one publish after the other.
"""

from __future__ import annotations

from typing import Any, Final

import attrs
import pytest
import trio
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from hypothesis.stateful import run_state_machine_as_test as run_machine
from trio.testing import MockClock

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM, ByHand, RememberingLog, later
from trio_srs.hub.cursor import Begin, Cursor
from trio_srs.hub.lease import PublishLease
from trio_srs.hub.placement import Placement
from trio_srs.hub.policy import Block, Drop, Lossless, ReaderTooSlowError, Skip
from trio_srs.hub.record import Record, weight
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.testing.bodies import AUDIO_HEADER, VIDEO_HEADER, audio, inter, key
from trio_srs.units import Bytes, Seconds, Timeout
from trio_srs.wire.rtmp.message import Message, MessageType

SETTINGS: Final = StreamSettings(
    log_bytes=Bytes(64 * 1024),
    gop_cache=Seconds(5.0),
    gop_cache_records=12,
    slow_reader_after=Timeout(2.0),
)
ROOMY: Final = Lossless(most_bytes=2**30, most_s=1e9)
TIGHT: Final = Lossless(most_bytes=40_000, most_s=4.0)


@attrs.define
class Published:
    """One publish, by the positions of its records."""

    begin: int
    end: int | None = None

    def __contains__(self, position: int) -> bool:
        return self.begin <= position and (self.end is None or position < self.end)


BEGIN: Final = -1
"""Of a publish, whichever it will be."""


@attrs.define(eq=False)
class Reading:
    """A cursor, and what it was given."""

    cursor: Cursor
    policy: Skip | Drop | Lossless | Block | None
    next: int | None
    """The position that it must be given next; None for any where one may begin."""
    publish: int
    """Which publish it is in, or waits for."""
    came_at: int
    has_begun: bool = False
    known: set[bytes] = attrs.field(factory=set)
    """Bodies of what it was given."""
    missed: int = 0
    is_over: bool = False

    @property
    def loses_nothing(self) -> bool:
        return isinstance(self.policy, Lossless | Block)


class RememberingPlacement(Placement):
    """It says where one might have begun."""

    def __init__(self, placement: Placement, entries: set[int]) -> None:
        super().__init__(placement.log, placement._headers, SETTINGS)
        self.entries = entries

    def enter(self, position: int, timestamp_ms: int) -> None:
        self.entries.add(position)
        super().enter(position, timestamp_ms)


class Cursors(RuleBasedStateMachine):
    """One stream, whoever publishes it, and any number of cursors."""

    def __init__(self) -> None:
        super().__init__()
        self.live = Stream("cam", SETTINGS, ByHand())
        self.log = RememberingLog.of(self.live.feed)
        self.entries: set[int] = set()
        feed = self.live.feed
        feed.placement = RememberingPlacement(feed.placement, self.entries)
        self.lease: PublishLease | None = None
        self.published: list[Published] = []
        self.readings: list[Reading] = []
        self.headers: list[tuple[int, bytes, int]] = []  # where it stands, its body, its type
        self.at: dict[int, int] = {}
        self.failures: list[AssertionError] = []
        self.count = 0

    # ------------------------------------------------------------- publisher

    @precondition(lambda self: self.lease is None)
    @rule()
    def a_publisher_comes(self) -> None:
        self.lease = PublishLease(self.live, "a test", lambda reason, detail: None)
        self.live.publisher_came(self.lease, SETTINGS)
        self.published.append(Published(self.log.end))

    @precondition(lambda self: self.lease is not None)
    @rule()
    def the_publisher_leaves(self) -> None:
        assert self.lease is not None
        self.published[-1].end = self.log.end
        self.lease.give_back()
        self.lease = None

    def append(self, message: Message) -> None:
        assert self.lease is not None
        self.lease.append(message, trio.current_time())

    def stamp(self) -> int:
        self.count += 1
        return self.count * 10

    @precondition(lambda self: self.lease is not None)
    @rule(
        kind=st.sampled_from(["key", "inter", "inter", "audio"]),
        size=st.sampled_from([20, 300, 15_000, 50_000]),
        count=st.sampled_from([1, 1, 4]),
    )
    def media(self, kind: str, size: int, count: int) -> None:
        make = {"key": key, "inter": inter, "audio": audio}[kind]
        for _ in range(count):
            self.append(make(self.stamp(), size))

    @precondition(lambda self: self.lease is not None)
    @rule(count=st.sampled_from([70, 1200]))
    def many_small_ones(self, count: int) -> None:
        for _ in range(count):
            self.append(inter(self.stamp(), 10))

    @precondition(lambda self: self.lease is not None)
    @rule(is_video=st.booleans())
    def header(self, is_video: bool) -> None:
        time = self.stamp()
        head, type_id = (
            (VIDEO_HEADER, MessageType.VIDEO) if is_video else (AUDIO_HEADER, MessageType.AUDIO)
        )
        body = head + time.to_bytes(4, "big")
        self.headers.append((self.log.end, body, type_id))
        self.append(Message(type_id, 1, time, body))

    @rule(seconds=st.sampled_from([0.02, 0.5, 1.5, 3.0]))
    def time_passes(self, seconds: float) -> None:
        later(seconds)

    @precondition(lambda self: not self.live.feed.reader_count)
    @rule()
    def a_player_comes(self) -> None:
        """So that there are notices between publishes."""
        self.live.feed.attach(FORM, MemoryOutlet())

    # --------------------------------------------------------------- cursors

    @precondition(lambda self: len(self.readings) < 5)
    @rule(
        policy=st.sampled_from([ROOMY, ROOMY, TIGHT, Skip(2.0), Drop(2.0), None]),
        begin=st.sampled_from(Begin),
        follow=st.sampled_from([True, True, False]),
    )
    def a_cursor_comes(
        self, policy: Skip | Drop | Lossless | None, begin: Begin, follow: bool
    ) -> None:
        self.add(self.live.feed.cursor(policy, begin, follow=follow), policy, begin)

    @precondition(lambda self: len(self.readings) < 5)
    @rule()
    def an_inspector_comes(self) -> None:
        def catch_up(most: int | None) -> None:
            try:
                self.give(reading, most)
            except AssertionError as error:  # which is a bug in the inspector, to the feed
                self.failures.append(error)

        policy = Block(catch_up)
        reading = self.add(self.live.feed.cursor(policy, Begin.NOW), policy, Begin.NOW)

    def add(
        self, cursor: Cursor, policy: Skip | Drop | Lossless | Block | None, begin: Begin
    ) -> Reading:
        first: int | None = BEGIN
        publish = len(self.published)
        if self.lease is not None:
            publish -= 1
            oldest = max(self.log.base, self.published[-1].begin)
            first = {Begin.NOW: self.log.end, Begin.OLDEST: oldest}.get(begin)
        reading = Reading(cursor, policy, first, publish, self.log.end)
        self.readings.append(reading)
        return reading

    @precondition(lambda self: self.readings)
    @rule(data=st.data(), most=st.sampled_from([None, 1, 3, 50]))
    def a_cursor_takes(self, data: st.DataObject, most: int | None) -> None:
        reading = data.draw(st.sampled_from(self.readings))
        try:
            self.give(reading, most)
        except ReaderTooSlowError:
            self.check_is_too_slow(reading)
            reading.is_over = True

    def give(self, reading: Reading, most: int | None) -> None:
        cursor = reading.cursor
        records = cursor.take(most)
        if records:
            self.check(reading, records)
        elif cursor.ended:
            self.check_end(reading)
            cursor.advance()
            reading.is_over = cursor.closed

    @precondition(lambda self: self.readings)
    @rule(data=st.data())
    def a_cursor_leaves(self, data: st.DataObject) -> None:
        reading = data.draw(st.sampled_from(self.readings))
        reading.cursor.close()
        self.readings.remove(reading)

    # ------------------------------------------------------------ what holds

    def position_of(self, record: Record) -> int | None:
        """Of the very record; None for a header that comes again."""
        for position in range(len(self.at), len(self.log.history)):
            self.at[id(self.log.history[position])] = position
        return self.at.get(id(record))

    def check(self, reading: Reading, records: list[Record]) -> None:
        positions = [self.position_of(record) for record in records]
        first = next(at for at in positions if at is not None)
        given = positions.index(first)
        assert positions[given:] == list(range(first, first + len(records) - given))
        expected = self.find_next(reading, first)
        assert first + len(records) - given - 1 in self.published[reading.publish]
        if first != expected:
            assert first in self.entries
            assert expected is None or not reading.loses_nothing, "it lost something"
            assert expected is None or first > expected, "given twice, or out of order"
            reading.missed += 0 if expected is None else first - expected
        if first != expected or not reading.has_begun:
            self.check_headers(reading, first, records[:given])
        else:
            assert given == 0, "headers are given to who begins anew"
        reading.has_begun = True
        reading.next = first + len(records) - given
        reading.known |= {record.body for record in records}

    def find_next(self, reading: Reading, first: int) -> int | None:
        """What it must be given next; a publish that left nothing behind need not be seen."""
        while first not in (it := self.published[reading.publish]):
            is_told = it.begin == it.end or not reading.loses_nothing
            assert is_told, "a publish was left out, or its end not told"
            reading.publish, reading.next = reading.publish + 1, BEGIN
        return it.begin if reading.next == BEGIN else reading.next

    def check_headers(self, reading: Reading, first: int, given: list[Record]) -> None:
        """Those that it needs, before what it begins with; and none from behind that."""
        begin = self.published[reading.publish].begin
        before = [it for it in self.headers if begin <= it[0] < first]
        newest = {type_id: body for _, body, type_id in before}
        bodies = {record.body for record in given}
        if not reading.has_begun:  # one that was replaced in the meantime is not known any more
            replaced = {it[2] for it in self.headers if first <= it[0] < reading.came_at}
            newest = {type_id: body for type_id, body in newest.items() if type_id not in replaced}
        assert bodies <= {body for _, body, _ in before}
        assert set(newest.values()) <= reading.known | bodies

    def check_end(self, reading: Reading) -> None:
        """The publish that it was in, or the first that it waited for, is over."""
        if reading.publish == len(self.published):
            assert reading.cursor.closed
        else:
            it = self.published[reading.publish]
            at = it.begin if reading.next == BEGIN else reading.next
            if not reading.is_over:
                assert it.end is not None, "it goes on"
                assert at in {None, it.end} or not reading.loses_nothing, "it lost something"
            reading.publish, reading.next = reading.publish + 1, BEGIN

    def check_is_too_slow(self, reading: Reading) -> None:
        policy = reading.policy
        assert isinstance(policy, Drop | Lossless) or policy is None
        assert policy is not ROOMY
        if isinstance(policy, Lossless):
            at = reading.next
            if at == BEGIN:
                at = self.published[reading.publish].begin
            if at is None:  # it may begin further back than it came
                at = max((it for it in self.entries if it <= reading.came_at), default=0)
            behind = self.log.history[at:]
            lag = behind[-1].arrived_at - behind[0].arrived_at
            assert lag > policy.most_s or sum(map(weight, behind)) > policy.most_bytes

    @invariant()
    def no_inspector_failed(self) -> None:
        assert self.failures == []

    @invariant()
    def what_waits_for_a_cursor_is_within_its_bound(self) -> None:
        for reading in self.readings:
            if isinstance(reading.policy, Lossless):
                # The newest record waits whatever its size.
                is_one = reading.cursor.behind <= 1
                assert is_one or reading.cursor.held_bytes <= reading.policy.most_bytes
            else:
                assert reading.cursor.held_bytes == 0

    def teardown(self) -> None:
        """Who loses nothing and goes on gets everything there was, in the end."""
        if self.lease is not None:
            self.the_publisher_leaves()
        for reading in self.readings:
            for _ in range(3 * len(self.published) + 3):
                if not reading.is_over:
                    try:
                        self.give(reading, None)
                    except ReaderTooSlowError:
                        self.check_is_too_slow(reading)
                        reading.is_over = True
            if not reading.is_over and reading.loses_nothing:
                assert all(it.begin == it.end for it in self.published[reading.publish :]), reading
            if reading.policy == Skip(2.0):
                assert reading.cursor.skipped >= reading.missed


async def test_every_cursor_gets_every_record_once_in_order_or_says_what_it_misses(
    autojump_clock: MockClock,
) -> None:
    options: Any = hypothesis_settings(
        max_examples=hypothesis_settings().max_examples,
        stateful_step_count=40,
        deadline=None,
    )
    run_machine(Cursors, settings=options)


pytestmark = pytest.mark.property
