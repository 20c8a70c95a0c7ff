"""Derived forms: begun by the first who wants them, shared, and ended when nobody does."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.outlets import MemoryOutlet, serve
from tests.hub.running import publish, running_hub, say
from trio_srs.errors import PeerError
from trio_srs.hub.bus import Event, PlayBegan, PlayEnded
from trio_srs.hub.derived import DerivedFailedError, DerivedFeed, DerivedForm, FeedWriter
from trio_srs.hub.form_group import FormFailedError
from trio_srs.hub.hub import Hub
from trio_srs.hub.participant import Participant
from trio_srs.hub.reader import Reader
from trio_srs.hub.record import RECORD_BYTES, Record
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import NotRunningError, RestartPolicy, TaskKind
from trio_srs.testing.bodies import inter, key
from trio_srs.units import Bytes, Seconds
from trio_srs.wire.rtmp.chunk_writer import Piece

AT_ONCE = StreamSettings(send_interval=Seconds(0.0))
TWICE = RestartPolicy(first_s=1.0, tries=2)


class Plain:
    """The bodies, one after the other."""

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        return (record.body,)

    def wants(self, type_id: int) -> bool:
        return True


PLAIN = Plain()


@attrs.define(eq=False)
class Hand:
    """A derived form that writes what the test says."""

    begun: int = 0
    ended: int = 0
    writer: FeedWriter | None = None
    error: Exception | None = None
    """Raised when it begins."""

    async def write(self, stream: Stream, writer: FeedWriter) -> None:
        self.begun += 1
        try:
            if self.error is not None:
                raise self.error
            self.writer = writer
            with writer.writing(stream.settings):
                await trio.sleep_forever()
        finally:
            self.ended += 1

    def form(self, linger_s: float = 10.0) -> DerivedForm:
        return DerivedForm(name="hand", write=self.write, linger_s=linger_s, restart=TWICE)

    def say(self, body: bytes, *, entry: bool = True) -> None:
        assert self.writer is not None
        self.writer.append(Record(9, 0, body, trio.current_time()), entry=entry)


@attrs.define(eq=False)
class Listener:
    """Reads a derived form, and keeps up."""

    reader: Reader
    outlet: MemoryOutlet

    def heard(self) -> bytes:
        """What came since the last time."""
        while serve(self.outlet, [self.reader]):
            pass
        heard = bytes(self.outlet.taken)
        self.outlet.taken.clear()
        return heard


@contextmanager
def reading(hub: Hub, form: DerivedForm) -> Iterator[Listener]:
    """Somebody reads a derived form."""
    outlet = MemoryOutlet()
    with hub.derive("cam", AT_ONCE, form) as feed:
        reader = feed.attach(PLAIN, outlet)
        try:
            yield Listener(reader, outlet)
        finally:
            reader.detach()


async def test_a_form_begins_with_the_first_who_wants_it_and_is_one_for_all(
    autojump_clock: MockClock,
) -> None:
    hand = Hand()
    form = hand.form()
    async with running_hub() as hub:
        with reading(hub, form) as one:
            await wait_all_tasks_blocked()
            assert hand.begun == 1
            hand.say(b"first ")
            assert one.heard() == b"first "
            with reading(hub, form) as other:
                hand.say(b"second ", entry=False)
                assert (one.heard(), other.heard()) == (b"second ", b"first second ")
            assert hand.begun == 1
            [stream] = hub
            [task] = stream.tasks
            assert (task.name, task.kind) == ("hand", TaskKind.DERIVED)
            assert stream.feed.reader_count == 0


async def test_a_derived_form_is_played_as_a_stream_is(autojump_clock: MockClock) -> None:
    hand, events, outlet = Hand(), list[Event](), MemoryOutlet()
    viewer = Participant(session="v1", peer="a viewer", protocol="http")
    async with running_hub() as hub:
        with hub.bus.listening(events.append):
            async with hub.playing(
                "cam", AT_ONCE, PLAIN, outlet, viewer, derived=hand.form()
            ) as play:
                await wait_all_tasks_blocked()
                hand.say(b"here")
                assert play.reader is not None
                assert Listener(play.reader, outlet).heard() == b"here"
                [stream] = hub
                assert (stream.player_count, stream.feed.reader_count) == (1, 0)
                assert play.counters().bytes == 4
        told = [(type(event), getattr(event, "stream", None)) for event in events]
        assert told == [(PlayBegan, "cam"), (PlayEnded, "cam")]


async def test_it_ends_a_while_after_the_last_who_wanted_it_and_the_stream_with_it(
    autojump_clock: MockClock,
) -> None:
    hand = Hand()
    async with running_hub() as hub:
        with reading(hub, hand.form()):
            await trio.sleep(100)
        await trio.sleep(9)
        with reading(hub, hand.form()):
            await trio.sleep(100)
        assert (hand.begun, hand.ended) == (1, 0)
        await trio.sleep(9.9)
        assert (hand.ended, len(hub)) == (0, 1)
        await trio.sleep(0.2)
        assert (hand.ended, len(hub)) == (1, 0)


async def test_who_comes_in_the_moment_of_its_end_has_another(autojump_clock: MockClock) -> None:
    hand = Hand()
    async with running_hub() as hub:
        with reading(hub, hand.form(linger_s=0.0)):
            await wait_all_tasks_blocked()
        with reading(hub, hand.form(linger_s=0.0)) as listener:
            await wait_all_tasks_blocked()
            assert (hand.begun, hand.ended) == (2, 1)
            hand.say(b"here")
            assert listener.heard() == b"here"
            [stream] = hub
            assert len(list(stream.tasks)) == 1
        await wait_all_tasks_blocked()
        assert (hand.ended, len(hub)) == (2, 0)


async def test_headers_come_before_the_entry_where_one_begins(autojump_clock: MockClock) -> None:
    hand = Hand()
    form = hand.form()
    async with running_hub() as hub:
        with hub.derive("cam", AT_ONCE, form):
            await wait_all_tasks_blocked()
            assert hand.writer is not None
            hand.writer.set_headers([Record(9, 0, b"init ", 0.0)])
            hand.say(b"a ")
            hand.say(b"b ", entry=False)
            with reading(hub, form) as listener:
                assert listener.heard() == b"init a b "
                hand.writer.set_headers([Record(9, 0, b"other ", 0.0)])
                hand.say(b"c ")
                with reading(hub, form) as other:
                    assert (listener.heard(), other.heard()) == (b"c ", b"other c ")


async def test_a_window_is_kept_for_those_to_come(autojump_clock: MockClock) -> None:
    hand = Hand()
    async with running_hub() as hub:
        with hub.derive("cam", AT_ONCE, hand.form()) as feed:
            await wait_all_tasks_blocked()
            assert hand.writer is not None
            for number in range(400):
                hand.say(b"%d" % number)
                hand.writer.keep_from(feed.log.end - 100)
            assert 100 <= len(feed.log) < 200
            for number in range(200):
                hand.say(b"%d" % number)
                hand.writer.keep_from(feed.log.end)
            assert len(feed.log) < 100


async def test_what_it_holds_is_counted_with_its_stream(autojump_clock: MockClock) -> None:
    """In one bound, whoever of them grows."""
    settings = attrs.evolve(AT_ONCE, log_bytes=Bytes(2**20))
    hand = Hand()
    async with running_hub() as hub, publish(hub, settings) as lease:
        log = lease.stream.feed.log
        with hub.derive("cam", settings, hand.form(linger_s=0.0)) as feed:
            await wait_all_tasks_blocked()
            hand.say(bytes(100_000))
            assert log.size == feed.log.size == 100_000 + RECORD_BYTES
            say(hub, lease, key(0))
            for number in range(200):
                say(hub, lease, inter(number, 10_000))
                hand.say(bytes(10_000), entry=False)
                assert log.size <= 2**20 + 10_000 + RECORD_BYTES
        await wait_all_tasks_blocked()
        assert log.size == sum(len(it.body) + RECORD_BYTES for it in log.between(log.base, log.end))


async def test_it_waits_for_who_writes_next_between_two(autojump_clock: MockClock) -> None:
    began = trio.Event()

    async def write(stream: Stream, writer: FeedWriter) -> None:
        nonlocal began
        for body in (b"one ", b"two "):
            await began.wait()
            began = trio.Event()
            with writer.writing(stream.settings):
                writer.append(Record(9, 0, body, trio.current_time()), entry=True)
                await trio.sleep(1)

    async with running_hub() as hub:
        with reading(hub, DerivedForm(name="turns", write=write)) as listener:
            await wait_all_tasks_blocked()
            assert listener.heard() == b""
            began.set()
            await trio.sleep(2)
            assert listener.heard() == b"one "
            began.set()
            await trio.sleep(0.5)
            assert listener.heard() == b"two "


async def test_one_that_fails_begins_again_and_its_readers_go_on(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    hand = Hand(error=KeyError("the bug"))
    async with running_hub() as hub:
        with reading(hub, hand.form()) as listener:
            await wait_all_tasks_blocked()
            hand.error = None
            await trio.sleep(2)
            assert (hand.begun, hub.supervisor.internal_errors) == (2, 1)
            hand.say(b"again")
            assert listener.heard() == b"again"
    assert "a bug ended hand of cam" in caplog.text


@pytest.mark.parametrize("error", [KeyError("the bug"), PeerError("the bug")])
async def test_one_that_is_given_up_ends_its_readers_and_nobody_else(
    autojump_clock: MockClock, error: Exception
) -> None:
    hand = Hand(error=error)
    form = hand.form()
    async with running_hub() as hub, publish(hub, AT_ONCE) as lease:
        with reading(hub, form) as listener, hub.derive("cam", AT_ONCE, form) as feed:
            cursor = feed.cursor()
            await trio.sleep(5)
            with pytest.raises(FormFailedError, match="the bug"):
                listener.heard()
            with pytest.raises(DerivedFailedError, match="the bug"):
                await anext(cursor)
            with pytest.raises(DerivedFailedError, match=r"cam as hand failed: .*the bug"):
                hub.derive("cam", AT_ONCE, form).__enter__()
            [task] = lease.stream.tasks
            assert task.has_failed
        assert list(lease.stream.tasks) == []
        assert lease.held
        hand.error = None  # all are gone: who comes now begins it anew
        with reading(hub, form) as listener:
            await wait_all_tasks_blocked()
            hand.say(b"here")
            assert listener.heard() == b"here"


async def test_where_nobody_runs_it_there_is_none(autojump_clock: MockClock) -> None:
    hub = Hub()
    with pytest.raises(NotRunningError, match="hand of cam"):
        hub.derive("cam", AT_ONCE, Hand().form()).__enter__()
    assert len(hub) == 0


async def test_a_thousand_that_came_and_went_leave_nothing(autojump_clock: MockClock) -> None:
    seen: list[weakref.ref[DerivedFeed] | weakref.ref[Stream]] = []
    async with running_hub() as hub:
        for _ in range(1000):
            hand = Hand()
            with reading(hub, hand.form(linger_s=0.0)):
                for stream in hub:
                    seen.append(weakref.ref(stream))
                    seen += [weakref.ref(derived) for derived in stream.derived.values()]
                await trio.lowlevel.checkpoint()
        del stream
        await wait_all_tasks_blocked()
        assert len(hub) == 0
        gc.collect()
        assert len(seen) == 2000
        assert [ref for ref in seen if ref() is not None] == []
