"""Groups: readers that get the same bytes, served in turn."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from tests.hub.outlets import MemoryOutlet
from tests.hub.stage import FORM, Stage, heard
from trio_srs.hub.broadcast import Broadcaster
from trio_srs.hub.feed import Feed
from trio_srs.hub.form_group import FormFailedError
from trio_srs.hub.forms import RtmpForm
from trio_srs.hub.record import Record
from trio_srs.hub.settings import StreamSettings
from trio_srs.testing.bodies import audio, inter, key
from trio_srs.units import Bytes, Seconds
from trio_srs.wire.rtmp.chunk_writer import Piece


def watched(stage: Stage, count: int) -> list[int]:
    """The numbers of the players in the order in which they are offered something."""
    order: list[int] = []
    for number in range(count):
        stage.play(before_offer=lambda number=number: order.append(number))
    stage.run()
    order.clear()
    return order


async def test_readers_with_equal_forms_get_the_same_bytes() -> None:
    stage = Stage()
    stage.publish()
    stage.say(key(0))
    players = [stage.play() for _ in range(3)]
    stage.run()
    stage.say(inter(40), inter(80))
    [delivery] = stage.begin()
    blob = delivery.span.blob
    delivery.step(10)
    assert [bytes(player.outlet.taken[-len(blob) :]) for player in players] == [blob] * 3


async def test_the_readers_take_turns_in_being_first() -> None:
    stage = Stage()
    stage.publish()
    order = watched(stage, 3)
    for at in range(40, 160, 40):
        stage.say(inter(at))
        stage.broadcast()
    assert sorted(order[::3]) == [0, 1, 2]
    assert [sorted(order[begin : begin + 3]) for begin in (0, 3, 6)] == [[0, 1, 2]] * 3


async def test_a_step_serves_as_many_as_it_is_told() -> None:
    stage = Stage()
    stage.publish()
    order = watched(stage, 5)
    stage.say(key(0))
    [delivery] = stage.begin()
    assert not delivery.step(2)
    assert len(order) == 2
    assert not delivery.step(2)
    assert delivery.step(2)
    assert sorted(order) == [0, 1, 2, 3, 4]


async def test_nothing_new_is_no_work() -> None:
    stage = Stage()
    stage.publish()
    stage.play()
    stage.run()
    assert stage.begin() == []


async def test_one_span_at_a_time_is_sent_to_a_group() -> None:
    stage = Stage()
    stage.publish()
    player = stage.play()
    stage.run()
    stage.say(key(0))
    [delivery] = stage.begin()
    stage.say(inter(40))
    assert stage.begin() == []
    delivery.step(1)
    [delivery] = stage.begin()
    delivery.step(1)
    assert player.heard() == heard(key(0), inter(40))


async def test_what_is_not_for_a_group_moves_it_on_without_a_word() -> None:
    stage = Stage()
    stage.publish()
    silent = stage.play(RtmpForm.of(4096, 1, False, True))
    paused = stage.play(RtmpForm.of(4096, 1, False, True))
    stage.run()
    paused.reader.pause()
    offers = silent.outlet.offers
    stage.say(audio(0))
    assert stage.begin() == []
    assert silent.outlet.offers == offers
    assert silent.reader.fast_at == stage.live.feed.log.end == 1
    stage.say(key(40))
    stage.run()
    assert silent.heard() == heard(key(40))


async def test_a_reader_that_comes_while_others_are_served_waits_for_the_next_span() -> None:
    stage = Stage()
    stage.publish()
    stage.say(key(0))
    first = stage.play()
    stage.run()
    stage.say(inter(40))
    [delivery] = stage.begin()
    second = stage.play()
    second.serve()
    delivery.step(10)
    stage.say(inter(80))
    stage.run()
    assert first.heard() == second.heard() == heard(key(0), inter(40), inter(80))


async def test_much_that_is_new_is_sent_a_part_at_a_time() -> None:
    """What is being sent is held twice: by the log, and joined."""
    stage = Stage(log_bytes=Bytes(64 * 1024))
    stage.publish()
    player = stage.play()
    stage.run()
    said = [key(at, 1500) for at in range(20)]
    stage.say(*said)
    sizes = []
    while deliveries := stage.begin():
        [delivery] = deliveries
        sizes.append(len(delivery.span.blob))
        assert delivery.step(16)
    assert max(sizes) < 4096 + 1600
    assert len(sizes) > 5
    assert player.heard() == heard(*said)
    assert player.reader.fast_at == stage.live.feed.log.end


async def test_what_takes_several_turns_to_send_counts_as_held_meanwhile() -> None:
    stage = Stage()
    stage.publish()
    for _ in range(3):
        stage.play()
    stage.run()
    stage.say(key(0, 1500))
    before = stage.live.feed.log.size
    [delivery] = stage.begin()
    assert not delivery.step(2)
    assert stage.live.feed.log.size == before + 2 * len(delivery.span.blob)
    assert delivery.step(2)
    assert stage.live.feed.log.size == before


# ------------------------------------------------------------------------ bugs


class Broken:
    """A form with a bug in its third record."""

    def __init__(self) -> None:
        self.made = 0

    def pieces(self, record: Record) -> tuple[Piece, ...]:
        self.made += 1
        if self.made == 3:
            raise KeyError("the bug")
        return (record.body,)

    def wants(self, type_id: int) -> bool:
        return True


async def test_a_form_with_a_bug_ends_who_reads_in_it_and_nobody_else(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    """Served by the broadcaster, which goes on, and whose other streams do."""
    broadcaster = Broadcaster()
    feeds = [Feed(name, StreamSettings(send_interval=Seconds(0.02)), broadcaster) for name in "ab"]
    form, outlets = Broken(), [MemoryOutlet() for _ in range(4)]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(broadcaster.run)
        broken = [feeds[0].attach(form, outlet) for outlet in outlets[:2]]
        whole = [feed.attach(FORM, outlet) for feed, outlet in zip(feeds, outlets[2:], strict=True)]
        for reader in (*broken, *whole):
            assert reader.next_span(1) is None
        for feed in feeds:
            feed.open(feed.settings)
            for number in range(5):
                message = inter(40 * number)
                feed.append_now(Record(message.type_id, number, message.payload, 0.0))
                await trio.sleep(0.1)
        assert [len(outlet.read()) for outlet in outlets[2:]] == [5, 5]
        for reader in broken:
            with pytest.raises(FormFailedError, match=r"failed: KeyError\('the bug'\)"):
                reader.next_span(1)
            reader.detach()
        assert [len(outlet.taken) for outlet in outlets[:2]] == [2 * len(inter(0).payload)] * 2
        assert broadcaster.supervisor.internal_errors == 1
        again = feeds[0].attach(form, MemoryOutlet())  # the bug was in one record
        feeds[0].append_now(Record(message.type_id, 9, message.payload, 0.0))
        await trio.sleep(0.1)
        assert again.next_span(1) is None
        nursery.cancel_scope.cancel()
    [line] = caplog.records
    assert line.getMessage().startswith("a bug ended the form <tests.hub.test_form_group.Broken")
    assert line.exc_info


async def test_a_bug_is_found_by_who_catches_up_as_well(caplog: pytest.LogCaptureFixture) -> None:
    stage = Stage()
    stage.publish()
    stage.say(key(0), inter(40), inter(80))
    form = Broken()
    players = [stage.play(form), stage.play(form)]
    stage.broadcast()
    for player in players:
        with pytest.raises(FormFailedError):
            player.serve()
    assert stage.live.feed.supervisor.internal_errors == 1
    assert len(caplog.records) == 1


async def test_what_is_being_sent_of_a_form_with_a_bug_is_let_go(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stage = Stage()
    stage.publish()
    players = [stage.play() for _ in range(3)]
    stage.run()
    stage.say(key(0, 5000))
    [delivery] = stage.begin()
    size = stage.live.feed.log.size
    assert not delivery.step(1)
    [group] = stage.live.feed.groups.values()
    assert stage.live.feed.log.size > size
    group.fail(stage.live.feed, KeyError("the bug"))
    assert group.delivery is None
    assert stage.live.feed.log.size == size
    stage.say(inter(40))
    assert stage.begin() == []
    for player in players:
        with pytest.raises(FormFailedError):
            player.serve()
