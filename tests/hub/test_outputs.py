"""Outputs: begun with each publish, by themselves, and ended with it."""

from __future__ import annotations

import logging

import attrs
import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from tests.hub.running import publish, running_hub, say
from trio_srs.errors import PeerError, RefusedError
from trio_srs.hub.derived import DerivedForm, FeedWriter
from trio_srs.hub.hub import Hub
from trio_srs.hub.outputs import OutputNameError, Outputs, PublishOutput, StreamSource
from trio_srs.hub.settings import StreamSettings
from trio_srs.hub.stream import Stream
from trio_srs.hub.supervisor import Body, NotRunningError, RestartPolicy, TaskKind
from trio_srs.testing.bodies import key

PLAIN = StreamSettings()
TWICE = RestartPolicy(first_s=1.0, tries=2)


@attrs.define(eq=False)
class Recorder:
    """Notes what it is asked for."""

    begun: list[tuple[str, int]] = attrs.field(factory=list)
    """Of which stream, and how many messages had come."""
    ended: int = 0
    takes_s: float = 0.0
    """How long it takes to finish."""
    begin_error: Exception | None = None
    run_error: Exception | None = None
    wants: bool = True

    def begin(self, stream: Stream) -> Body | None:
        self.begun.append((stream.name, stream.counters.messages))
        if self.begin_error is not None:
            raise self.begin_error

        async def run() -> None:
            if self.run_error is not None:
                raise self.run_error
            try:
                while stream.publishing:
                    await stream.changed.wait()
                await trio.sleep(self.takes_s)
            finally:
                self.ended += 1

        return run if self.wants else None

    def output(self, finish_within_s: float = 30.0) -> PublishOutput:
        return PublishOutput(
            name="recorder", begin=self.begin, finish_within_s=finish_within_s, restart=TWICE
        )


async def test_an_output_is_begun_before_the_first_message_of_each_publish(
    autojump_clock: MockClock,
) -> None:
    recorder = Recorder()
    async with running_hub() as hub:
        hub.outputs.add(recorder.output())
        async with publish(hub, PLAIN) as lease:
            say(hub, lease, key(0))
            [task] = lease.stream.tasks
            assert (task.name, task.kind, task.stream) == ("recorder", TaskKind.OUTPUT, "cam")
        async with publish(hub, PLAIN, "other"):
            pass
        await wait_all_tasks_blocked()
        assert recorder.begun == [("cam", 0), ("other", 0)]
        assert recorder.ended == 2
        assert len(hub) == 0


async def test_one_that_does_not_want_a_publish_costs_nothing(autojump_clock: MockClock) -> None:
    recorder = Recorder(wants=False)
    async with running_hub() as hub:
        hub.outputs.add(recorder.output())
        async with publish(hub, PLAIN) as lease:
            assert list(lease.stream.tasks) == []


async def test_one_may_finish_when_the_publish_is_over_and_its_stream_stays_as_long(
    autojump_clock: MockClock,
) -> None:
    recorder = Recorder(takes_s=20.0)
    async with running_hub() as hub:
        hub.outputs.add(recorder.output())
        async with publish(hub, PLAIN):
            await wait_all_tasks_blocked()
        await trio.sleep(19)
        assert (hub.names(), recorder.ended) == (("cam",), 0)
        async with publish(hub, PLAIN) as lease:  # another publish has another one
            await wait_all_tasks_blocked()
            assert len(list(lease.stream.tasks)) == 2
            await trio.sleep(2)
            assert len(list(lease.stream.tasks)) == 1
        await trio.sleep(20.1)
        assert (len(hub), recorder.ended) == (0, 2)


async def test_one_that_does_not_finish_is_cancelled(autojump_clock: MockClock) -> None:
    recorder = Recorder(takes_s=1000.0)
    async with running_hub() as hub:
        hub.outputs.add(recorder.output(finish_within_s=5.0))
        async with publish(hub, PLAIN):
            await wait_all_tasks_blocked()
        await trio.sleep(4.9)
        assert len(hub) == 1
        await trio.sleep(0.2)
        assert (len(hub), recorder.ended) == (0, 1)


@pytest.mark.parametrize("where", ["begin_error", "run_error"])
async def test_a_bug_in_one_ends_it_alone_and_it_is_begun_again(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture, where: str
) -> None:
    recorder, other = Recorder(), Recorder()
    setattr(recorder, where, KeyError("the bug"))
    async with running_hub() as hub:
        hub.outputs.add(recorder.output())
        hub.outputs.add(attrs.evolve(other.output(), name="other"))
        async with publish(hub, PLAIN) as lease:
            await wait_all_tasks_blocked()
            assert hub.supervisor.internal_errors == 1
            assert len([line for line in caplog.records if line.exc_info]) == 1
            say(hub, lease, key(0))
            setattr(recorder, where, None)
            await trio.sleep(2)
            assert recorder.begun == [("cam", 0), ("cam", 1)]
            assert [task.restarts for task in lease.stream.tasks] == [1, 0]
        await wait_all_tasks_blocked()
        assert (recorder.ended, other.ended, len(hub)) == (1, 1, 0)


async def test_one_that_is_refused_is_no_bug(
    autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = Recorder(begin_error=RefusedError("the disk is full"))
    async with running_hub() as hub:
        hub.outputs.add(recorder.output())
        async with publish(hub, PLAIN) as lease:
            await trio.sleep(5)
            [task] = lease.stream.tasks
            assert task.has_failed
            assert task.last_error == "refused: the disk is full"
        await wait_all_tasks_blocked()
        assert (hub.supervisor.internal_errors, len(hub)) == (0, 0)
    assert [line.levelno for line in caplog.records] == [logging.WARNING] * 2 + [logging.ERROR]


async def test_tasks_end_in_order_when_a_server_stops(autojump_clock: MockClock) -> None:
    """What brings streams first, outputs when they are done, and then what they were made of."""
    order: list[str] = []

    async def until_cancelled(what: str) -> None:
        try:
            await trio.sleep_forever()
        finally:
            order.append(what)

    async def write(stream: Stream, writer: FeedWriter) -> None:
        await until_cancelled("form")

    def begin(stream: Stream) -> Body:
        async def run() -> None:
            with hub.derive(stream.name, stream.settings, form, is_demand=False):
                assert stream.demand == 0
                while stream.publishing:
                    await stream.changed.wait()
                await trio.sleep(3)
                order.append("output")

        return run

    async def relay() -> None:
        async with publish(hub, PLAIN) as lease:
            lease.stream.tasks.start("slow", trio.sleep_forever, kind=TaskKind.OUTPUT)
            await until_cancelled("relay")

    form = DerivedForm(name="form", write=write, linger_s=1000.0)
    async with running_hub() as hub:
        hub.outputs.add(PublishOutput(name="output", begin=begin))
        with hub.streams.using("cam", PLAIN) as stream:
            stream.tasks.start("relay", relay, kind=TaskKind.SOURCE)
            await wait_all_tasks_blocked()
            began = trio.current_time()
            await hub.finish_tasks(10.0)
            assert order == ["relay", "output", "form"]
            assert trio.current_time() - began == 10.0  # the one that does not finish
            await wait_all_tasks_blocked()
            assert list(stream.tasks) == []
        assert len(hub) == 0


async def test_outputs_need_somebody_to_run_them(autojump_clock: MockClock) -> None:
    hub = Hub()
    hub.outputs.add(Recorder().output())
    with pytest.raises(NotRunningError, match="recorder of cam"):
        async with publish(hub, PLAIN):
            raise AssertionError("nobody records it")
    assert len(hub) == 0


def test_there_is_one_of_each_name() -> None:
    async def write(stream: Stream, writer: FeedWriter) -> None:
        raise AssertionError("nobody wants it")

    outputs, form = Outputs(), DerivedForm(name="ts", write=write)
    with pytest.raises(OutputNameError, match="no derived form 'ts'; known: none"):
        outputs.form("ts")
    outputs.add(form)
    outputs.add(Recorder().output())
    assert outputs.form("ts") is form
    for output in (form, Recorder().output()):
        with pytest.raises(OutputNameError, match=f"an output '{output.name}' already"):
            outputs.add(output)


async def test_a_source_brings_its_stream_and_begins_again_when_it_cannot(
    autojump_clock: MockClock,
) -> None:
    """It is there, and tells why, also while it has nothing to bring."""
    began: list[float] = []

    async def run() -> None:
        began.append(trio.current_time())
        if len(began) < 3:
            raise PeerError("the origin is gone")
        async with publish(hub, PLAIN):
            await trio.sleep_forever()

    async with running_hub() as hub:
        hub.outputs.add(StreamSource(name="relay", stream="cam", settings=PLAIN, run=run))
        hub.outputs.begin_sources(hub.streams)
        await wait_all_tasks_blocked()
        stream = hub.find("cam")
        assert stream is not None
        [task] = stream.tasks
        assert (task.kind, task.last_error) == (
            TaskKind.SOURCE,
            "peer_error: the origin is gone",
        )
        assert not stream.publishing
        await trio.sleep(5)
        assert stream.publishing
        assert [at - began[0] for at in began] == [0, 0.5, 1.5]
        await hub.finish_tasks(10.0)
        await wait_all_tasks_blocked()
        assert len(hub) == 0
