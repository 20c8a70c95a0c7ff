"""Sessions come into files, those that are asked for, and nobody waits for the disk."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from io import BufferedWriter
from pathlib import Path
from typing import Any

import pytest
import trio

from trio_srs.config.schema import Config
from trio_srs.config.vhost_scope import VhostConfig
from trio_srs.errors import EndReason
from trio_srs.hub.bus import PlayBegan, SessionConnected, SessionEnded
from trio_srs.hub.capture_note import CaptureNotWholeError, NoCaptureError, whole_capture
from trio_srs.hub.registry import SessionEntry
from trio_srs.hub.session_requests import ACCEPTED, Request, SessionRequests
from trio_srs.hub.sessions import session_facts
from trio_srs.server.build import build
from trio_srs.service.base import Parts
from trio_srs.service.capture import capture_file
from trio_srs.service.capture.capture_file import has_failed
from trio_srs.service.capture.config import CaptureConfig, CaptureWhen, VhostCapture
from trio_srs.service.capture.make import make_capture
from trio_srs.service.capture.service import CaptureService
from trio_srs.testing.memory import MemoryTransport, memory_transport_pair
from trio_srs.units import Bytes
from trio_srs.wire.session_capture import CaptureKind, SessionCapture, decode_capture


class Scene:
    """The service beside a server that is not there, and sessions that it sees."""

    def __init__(self, config: CaptureConfig) -> None:
        self.parts: Parts = build(Config()).parts
        self.parts.taps.clear()
        self.service: CaptureService = make_capture(self.parts, Config(capture=config))
        self.folder = config.folder

    def configure(self, **keys: Any) -> None:
        self.service.configure(Config(capture=CaptureConfig(folder=self.folder, **keys)))

    def session(self, name: str = "c1") -> Session:
        return Session(self, name)

    @property
    def files(self) -> list[Path]:
        return sorted(self.folder.iterdir()) if self.folder.exists() else []

    def captures(self) -> list[SessionCapture]:
        return [decode_capture(path.read_bytes()) for path in self.files]


class Session:
    """One connection, both ends in the hands of the test."""

    def __init__(self, scene: Scene, name: str) -> None:
        self.scene = scene
        self.entry = SessionEntry(name, "rtmp", "127.0.0.1:50000", trio.current_time())
        ours, self.peer = memory_transport_pair()
        self.server: Any = ours
        for put_tap in scene.parts.taps:
            self.server = put_tap(self.server, self.entry)

    async def hear(self, data: bytes) -> None:
        await self.peer.send_all(data)
        self.server.receive_into(memoryview(bytearray(4096)))

    def end(self, reason: EndReason = EndReason.PEER_FIN) -> None:
        self.server.close()
        self.scene.parts.bus.tell(ended(self.entry, reason))


def ended(entry: SessionEntry, reason: EndReason) -> SessionEnded:
    return SessionEnded(
        session=entry.id,
        peer=entry.peer,
        reason=reason,
        detail="so it was",
        seconds=1.0,
        bytes_in=3,
        bytes_out=4,
    )


OpenScene = Callable[..., Any]


@pytest.fixture
def open_scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OpenScene:
    """``async with open_scene(when="always") as scene``. A mock clock would not wait for threads:
    what they do is done at once."""

    async def at_once(do: Callable[..., object], *args: object) -> object:
        await trio.lowlevel.checkpoint()
        return do(*args)

    monkeypatch.setattr(trio.to_thread, "run_sync", at_once)

    @asynccontextmanager
    async def open_one(when: str = "always", **keys: Any) -> AsyncIterator[Scene]:
        config = CaptureConfig(
            when=CaptureWhen(when), folder=tmp_path / "captures", **{"mask": False, **keys}
        )
        scene = Scene(config)
        await scene.service.listen()
        await scene.service.prepare()
        async with trio.open_nursery() as nursery:
            await nursery.start(scene.service.run)
            yield scene
            nursery.cancel_scope.cancel()

    return open_one


async def test_a_session_that_goes_on_is_written_as_it_goes(open_scene: OpenScene) -> None:
    async with open_scene() as scene:
        session = scene.session()
        await session.hear(b"abc")
        session.server.offer(b"defg")
        await trio.sleep(1)
        [so_far] = scene.captures()
        assert [each.data for each in so_far.records] == [b"abc", b"defg"]
        assert so_far.outcome is None
        session.end()
        await scene.service.finish()
        [capture] = scene.captures()
    assert [each.kind for each in capture.records] == [
        CaptureKind.RECEIVED,
        CaptureKind.SENT,
        CaptureKind.CLOSED,
    ]
    assert capture.records[-1].at_us == 1_000_000
    assert capture.about["session"] == "c1"
    assert capture.about["masked"] is False
    assert capture.outcome == {
        "reason": "peer_fin",
        "detail": "so it was",
        "bytes_in": 3,
        "bytes_out": 4,
        "requests": [],
    }
    assert scene.files[0].stat().st_mode & 0o077 == 0


async def test_of_those_that_are_kept_on_failure_others_leave_no_file(
    open_scene: OpenScene,
) -> None:
    async with open_scene("on-failure") as scene:
        good, bad = scene.session("c1"), scene.session("c2")
        for each in (good, bad):
            await each.hear(b"abc")
        await trio.sleep(1)
        assert not scene.files
        good.end()
        bad.end(EndReason.PROTOCOL_ERROR)
        await scene.service.finish()
        [capture] = scene.captures()
    assert capture.about["session"] == "c2"
    assert capture.records[0].data == b"abc"


@pytest.mark.parametrize(
    ("reason", "outcome", "end", "failed"),
    [
        (EndReason.PEER_FIN, ACCEPTED, None, False),
        (EndReason.KICKED, ACCEPTED, EndReason.KICKED, False),
        (EndReason.PEER_RST, ACCEPTED, None, True),
        (EndReason.PEER_FIN, "stream_busy", None, True),
        (EndReason.PEER_FIN, ACCEPTED, EndReason.PUBLISH_IDLE_TIMEOUT, True),
    ],
)
def test_a_session_has_failed_if_something_in_it_ended_as_nobody_wanted(
    reason: EndReason, outcome: str, end: EndReason | None, failed: bool
) -> None:
    entry = SessionEntry("c1", "rtmp", "127.0.0.1:50000", 0.0)
    assert has_failed(entry, ended(entry, reason)) is (reason is EndReason.PEER_RST)
    entry.requests = SessionRequests()
    entry.requests.add(Request("publish", "live/a", 1, 0.0, outcome, end=end))
    assert has_failed(entry, ended(entry, reason)) is failed


async def test_it_can_be_switched_on_and_off_while_the_server_runs(open_scene: OpenScene) -> None:
    async with open_scene("off") as scene:
        assert scene.parts.taps == []
        scene.configure(when=CaptureWhen.ALWAYS)
        session = scene.session("c2")
        scene.configure(when=CaptureWhen.OFF, memory=Bytes(2**20))
        assert isinstance(scene.session("c3").server, MemoryTransport)
        await session.hear(b"abc")
        session.end()
        scene.parts.bus.tell(ended(SessionEntry("c9", "rtmp", "", 0.0), EndReason.PEER_RST))
        await scene.service.stop(10)
        scene.service.close()
        scene.configure(when=CaptureWhen.ALWAYS)
        assert scene.parts.taps == []
        [capture] = scene.captures()
    assert capture.about["session"] == "c2"
    assert scene.service.urls == {}


async def test_secrets_are_masked_in_the_file(open_scene: OpenScene) -> None:
    async with open_scene(mask=True) as scene:
        session = scene.session()
        await session.hear(b"\x03" + bytes(100))
        session.end()
        await scene.service.finish()
        [capture] = scene.captures()
    assert capture.about["masked"] is True
    assert capture.records[0].data == b"\x03" + bytes(100)


async def test_only_so_many_files_are_kept_and_none_is_written_over(
    open_scene: OpenScene, tmp_path: Path
) -> None:
    async with open_scene(keep=3) as scene:
        for name in ("c1", "c1", "c2", "c3"):
            scene.session(name).end()
            await scene.service.finish()
        names = sorted(path.name.partition("-")[2] for path in scene.files)
    assert names == ["c1-2.rtmpcap", "c2.rtmpcap", "c3.rtmpcap"]


async def test_a_disk_that_cannot_be_written_ends_the_capture_and_nothing_else(
    open_scene: OpenScene, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "captures").write_text("no folder")
    async with open_scene() as scene:
        session = scene.session()
        await session.hear(b"abc")
        await trio.sleep(1)
        await session.hear(b"more")
        session.end()
        await scene.service.finish()
    assert "the capture of session c1 was given up: File exists" in caplog.text


async def test_a_bug_in_writing_one_is_reported_and_the_next_is_written(
    open_scene: OpenScene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("planted")

    async with open_scene() as scene:
        with monkeypatch.context() as patch, caplog.at_level(logging.CRITICAL):
            patch.setattr(capture_file.CaptureFile, "write", broken)
            scene.session("c1").end()
            await scene.service.finish()
        scene.session("c2").end()
        await scene.service.finish()
        [capture] = scene.captures()
    assert capture.about["session"] == "c2"
    assert scene.parts.supervisor.internal_errors == 1


async def test_a_server_that_is_cut_off_leaves_what_was_written(open_scene: OpenScene) -> None:
    async with open_scene() as scene:
        session = scene.session()
        await session.hear(b"abc")
        await trio.sleep(1)
        with trio.move_on_after(0.01):
            await scene.service.finish()
    [capture] = scene.captures()
    assert capture.records[0].data == b"abc"
    assert capture.outcome is None


async def test_what_a_slow_disk_leaves_no_room_for_is_left_out_and_nobody_waits(
    open_scene: OpenScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = trio.Event()
    write = trio.to_thread.run_sync

    async def slowly(do: Callable[..., Any], *args: Any) -> Any:
        await disk.wait()
        return await write(do, *args)

    async with open_scene(memory=Bytes(65_536), last=Bytes(0)) as scene:
        monkeypatch.setattr(trio.to_thread, "run_sync", slowly)
        session = scene.session()
        for _ in range(100):
            await session.hear(bytes(1000))
        began = trio.current_time()
        session.end()
        assert trio.current_time() == began
        disk.set()
        await scene.service.finish()
        [capture] = scene.captures()
    kept = sum(len(each.data) for each in capture.records if each.kind == CaptureKind.RECEIVED)
    [gap] = [each.omitted for each in capture.records if each.kind == CaptureKind.OMITTED]
    assert kept + gap[0] == 100_000
    assert 50_000 < kept < 65_536


async def test_whoever_asks_is_told_the_file_and_whether_it_is_whole(open_scene: OpenScene) -> None:
    async with open_scene() as scene:
        session = scene.session()
        note = session.entry.capture
        assert note is not None
        with pytest.raises(CaptureNotWholeError, match=r"c1 goes on: .* not whole after 2 s"):
            await whole_capture("c1", session.entry, 2)
        await session.hear(b"abc")
        await scene.service.settled()
        facts = session_facts(session.entry, 0.0, 0.0)
        assert (facts.capture, facts.capture_is_whole) == (str(scene.files[0]), False)
        [so_far] = scene.captures()
        assert [each.data for each in so_far.records] == [b"abc"]
        session.end()
        assert await whole_capture("c1", session.entry, 2) == str(scene.files[0])
        assert note.is_whole
        assert scene.captures()[0].outcome is not None


async def test_of_one_that_is_not_kept_or_was_given_up_there_is_no_capture(
    open_scene: OpenScene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_scene("on-failure") as scene:
        good, bad, open_one = (scene.session(name) for name in ("c1", "c2", "c3"))
        good.end()
        bad.end(EndReason.PROTOCOL_ERROR)
        monkeypatch.setattr(capture_file.CaptureFile, "_open", _full)
        for entry, error in [
            (None, NoCaptureError),
            (SessionEntry("c9", "rtmp", "", 0.0), NoCaptureError),
            (good.entry, NoCaptureError),
        ]:
            with pytest.raises(error):
                await whole_capture("c1", entry, 1)
        with pytest.raises(NoCaptureError):
            await whole_capture("c2", bad.entry, 1)
    with pytest.raises(NoCaptureError):
        await whole_capture("c3", open_one.entry, 1)


def _full(_: object) -> BufferedWriter:
    raise OSError(28, "No space left on device")


async def test_those_of_a_virtual_host_are_kept_that_it_wants(open_scene: OpenScene) -> None:
    async with open_scene("off") as scene:
        scene.service.configure(
            Config(
                capture=CaptureConfig(folder=scene.folder, mask=False),
                vhost={
                    "all": VhostConfig(capture=VhostCapture(when=CaptureWhen.ALWAYS)),
                    "bad": VhostConfig(capture=VhostCapture(when=CaptureWhen.ON_FAILURE)),
                },
            )
        )
        sessions = {name: scene.session(name) for name in ("c1", "c2", "c3", "c4")}
        tell = scene.parts.bus.tell
        for name, vhost in [("c1", "else"), ("c2", "bad"), ("c3", "bad"), ("c4", "other")]:
            await sessions[name].hear(b"abc")
            tell(
                SessionConnected(
                    session=name, peer="", vhost=vhost, app="live", client="", handshake="",
                    handshake_s=0,
                )
            )  # fmt: skip
        tell(PlayBegan(session="c1", peer="", stream="all/live/a"))
        await sessions["c1"].hear(b"def")
        await scene.service.settled()
        [so_far] = (scene.folder / "all").iterdir()
        assert len(decode_capture(so_far.read_bytes()).records) == 2
        sessions["c2"].end(EndReason.PROTOCOL_ERROR)
        sessions["c3"].end()
        sessions["c4"].end(EndReason.PEER_RST)
        sessions["c1"].end()
        await scene.service.finish()
        kept = sorted(str(path.relative_to(scene.folder)) for path in scene.folder.rglob("*.*"))
    assert [path.partition("/")[0] for path in kept] == ["all", "bad"]
    assert kept[1].endswith("-c2.rtmpcap")
