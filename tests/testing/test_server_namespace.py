"""Tests that share a server, each with a virtual host of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.testing.project import Project
from trio_srs.testing import (
    FaultNotTakenError,
    NotInTimeError,
    PlayerProcess,
    PublisherProcess,
    ServerProcess,
)
from trio_srs.testing.channel import ProcessRefusedError
from trio_srs.testing.server_process import LeakError

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def server() -> Iterator[ServerProcess]:
    with ServerProcess() as server:
        yield server


def test_what_happens_in_one_is_seen_in_no_other(server: ServerProcess) -> None:
    with server.namespace("one") as one, server.namespace(settings={"inspect": "off"}) as two:
        for space, name in [(one, "live/a"), (two, "live/b")]:
            with PublisherProcess(space.url(name), seconds=0.4, speed=100.0) as publisher:
                publisher.wait()
        report = one.wait_for_end("live/a")
        assert report.stream == "one/live/a"
        assert report == one.report("one/live/a") == one.report(one.url("live/a"))
        assert (one.streams, two.streams) == (("live/a",), ("live/b",))
        assert two.report("live/b").facts.video is None
        assert [each.id for each in one.sessions] != [each.id for each in two.sessions]
        kinds = {type(each.event).__name__ for each in one.events}
        assert {"SessionBegan", "PublishBegan", "SessionEnded"} <= kinds
        assert not {each.event.session for each in one.events} & {it.id for it in two.sessions}
        assert one.http_url("live/a.flv").endswith("/one/live/a.flv")
        with pytest.raises(NotInTimeError):
            two.wait_for_publish("live/a", timeout=0.01)
    assert not {"one/live/a"} & set(server.streams)


def test_its_end_says_who_was_there(server: ServerProcess) -> None:
    space = server.namespace("mine")
    with PublisherProcess(space.url("live/a")), PlayerProcess(space.url("live/a")) as player:
        player.wait_for_frames(1)
        ended = space.end()
    assert len(ended.sessions) == 2
    assert (ended.left.is_nothing, ended.files, space.is_over) == (True, (), True)
    space.close()
    assert space.end() is ended
    with pytest.raises(ProcessRefusedError, match="not enabled"):
        PublisherProcess(space.url("live/a"))


def test_its_faults_are_asked_for_and_have_to_be_done(server: ServerProcess) -> None:
    with server.namespace(faults=["refuse play"]) as space:
        with space.fault("refuse publish", times=1) as fault:
            with pytest.raises(ProcessRefusedError):
                PublisherProcess(space.url("live/a"))
            assert fault.taken == 1
        with PublisherProcess(server.url("live/a")):
            server.wait_for_publish("live/a")
    with pytest.raises(FaultNotTakenError), server.namespace() as space:
        space.fault("refuse publish", times=1)
    with pytest.raises(ProcessRefusedError, match="shared"), server.namespace() as space:
        space.stop_for("1s")


def test_what_is_left_of_it_is_a_leak(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    space = server.namespace("mine")
    ask = server._ask

    def leaking(verb: str, within_s: float, /, **words: object) -> Any:
        said = ask(verb, within_s, **words)
        return {**said, "left": {**said["left"], "tasks": ["x of mine/live/a"]}}

    monkeypatch.setattr(server, "_ask", leaking)
    with pytest.raises(LeakError, match="of the namespace mine: task x of mine/live/a"):
        space.close()


TESTS = """
    import pytest

    @pytest.fixture
    def rtmp_server(rtmp_namespace):
        return rtmp_namespace

    @pytest.mark.parametrize("number", [1, 2])
    def test_it(rtmp_server, rtmp_publisher, number, rtmp_shared_server):
        rtmp_publisher("live/a", seconds=0.4, speed=100.0).wait()
        rtmp_server.wait_for_end("live/a")
        assert rtmp_server.streams == ("live/a",)
        assert len(rtmp_shared_server.streams) == 1

    @pytest.mark.rtmp_namespace(faults=["refuse publish"])
    def test_wrong(rtmp_namespace, rtmp_publisher):
        rtmp_publisher("live/b")
    """


def test_a_fixture_gives_each_test_its_own(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write(TESTS)
    run = project.run()
    assert run.counts == (2, 1, 0)
    assert "refused on purpose" in run.output
    assert "live/a" not in run.output.partition("RTMP at")[2]
