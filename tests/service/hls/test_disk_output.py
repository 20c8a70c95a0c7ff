"""A stream as files, on disks of every kind."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import quote

import attrs
import pytest
import trio

from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import HlsHouse
from trio_srs.hub.bus import FilesFailed, FilesWritten, PublishEnded
from trio_srs.hub.made_files import MadeFile
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.hls.config import HlsConfig
from trio_srs.units import NEVER, Seconds, Timeout
from trio_srs.wire.hls.media_playlist import MediaPlaylist
from trio_srs.wire.hls.playlist_reader import read_media_playlist, read_multivariant_playlist

InThread = Callable[[Callable[[], Any]], Awaitable[Any]]


async def at_once(call: Callable[[], Any]) -> Any:
    """A disk that takes no time."""
    return call()


@attrs.define(eq=False)
class Disk:
    """A house that writes files, and what there is of them."""

    house: HlsHouse
    root: Path
    written: list[MadeFile] = attrs.field(factory=list)

    @property
    def files(self) -> list[str]:
        found = (path for path in self.root.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)

    def playlist(self, path: str) -> MediaPlaylist:
        return read_media_playlist((self.root / path).read_text())


@pytest.fixture
def disks() -> Iterator[ExitStack]:
    """What the disks of a test leave behind."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def open_disk(
    open_house: OpenHlsHouse, tmp_path: Path, disks: ExitStack
) -> Callable[..., Awaitable[Disk]]:
    """``await open_disk(in_thread, key=value)``: keys are those of the section."""

    async def open_one(in_thread: InThread = at_once, **keys: Any) -> Disk:
        given = {
            "folder": tmp_path / "hls",
            "container": SegmentContainer.TS,
            "segment": Seconds(1.0),
            "window": Seconds(4.0),
            **keys,
        }
        house = await open_house(hls_config=HlsConfig(**given))
        house.hls.disk.in_thread = in_thread  # no threads
        disk = Disk(house, tmp_path / "hls")
        disks.enter_context(house.made_files.listening(disk.written.append))
        return disk

    return open_one


OpenDisk = Callable[..., Awaitable[Disk]]


async def test_a_stream_is_written_from_the_moment_it_is_published(open_disk: OpenDisk) -> None:
    disk = await open_disk()
    async with disk.house.live():
        await trio.sleep(4.5)
        listed = disk.playlist("live/a.m3u8")
        names = [f"live/{segment.uri}" for segment in listed.segments]
        assert disk.files == [*names, "live/a.m3u8"]
        assert len(names) == 4
        assert all((disk.root / name).read_bytes()[:1] == b"\x47" for name in names)
        assert not list(disk.house.registry)


async def test_pictures_and_sound_have_playlists_of_their_own(open_disk: OpenDisk) -> None:
    disk = await open_disk(container=SegmentContainer.FMP4)
    async with disk.house.live("live/käm ~1"):
        await trio.sleep(5)
        main = read_multivariant_playlist((disk.root / "live/käm %7E1.m3u8").read_text())
        assert [each.uri for each in main.variants] == ["k%C3%A4m%20%257E1~video.m3u8"]
        for kind in ("video", "audio"):
            listed = disk.playlist(f"live/käm %7E1~{kind}.m3u8")
            assert len(listed.segments) == 4
            assert listed.part_target_s is None


async def test_old_files_go_and_the_rest_when_the_stream_has_ended(open_disk: OpenDisk) -> None:
    disk = await open_disk(dispose=Timeout(60.0))
    async with disk.house.live():
        await trio.sleep(16)
        first, count = disk.playlist("live/a.m3u8").media_sequence, len(disk.files)
        await trio.sleep(4)
        assert disk.playlist("live/a.m3u8").media_sequence > first
        assert len(disk.files) == count < 16
    await trio.sleep(40)
    assert disk.playlist("live/a.m3u8").is_ended
    await trio.sleep(60)
    assert disk.files == []
    assert disk.root.is_dir()


@pytest.mark.parametrize(("cleanup", "dispose"), [(True, NEVER), (False, Timeout(1.0))])
async def test_what_is_to_stay_stays(open_disk: OpenDisk, cleanup: bool, dispose: Timeout) -> None:
    disk = await open_disk(cleanup=cleanup, dispose=dispose)
    async with disk.house.live():
        await trio.sleep(18)
    await trio.sleep(120)
    assert len(disk.files) in (range(7, 16) if cleanup else range(2, 12))
    assert ("live/a.m3u8" in disk.files) is (dispose == NEVER)


async def test_the_next_publisher_goes_on_in_the_same_files(open_disk: OpenDisk) -> None:
    disk = await open_disk()
    async with disk.house.live():
        await trio.sleep(5)
    await trio.sleep(2)
    async with disk.house.live():
        await trio.sleep(5)
        listed = disk.playlist("live/a.m3u8")
        assert any(segment.is_discontinuity for segment in listed.segments)
        assert not listed.is_ended


async def test_who_publishes_behind_the_end_begins_anew_with_higher_numbers(
    open_disk: OpenDisk,
) -> None:
    disk = await open_disk(republish_timeout=Timeout(1.0))
    async with disk.house.live():
        await trio.sleep(5)
        before = disk.playlist("live/a.m3u8")
    await trio.sleep(5)
    async with disk.house.live():
        await trio.sleep(5)
        after = disk.playlist("live/a.m3u8")
        assert after.media_sequence > before.media_sequence + len(before.segments) - 1
        await trio.sleep(1)
        assert not any(name.endswith(before.segments[0].uri) for name in disk.files)
        assert disk.playlist("live/a.m3u8").segments


async def test_a_full_disk_ends_nobody_and_is_tried_again(
    open_disk: OpenDisk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "trio_srs.service.hls")
    is_full = False

    async def full(call: Callable[[], Any]) -> Any:
        if is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return call()

    disk = await open_disk(full)
    async with disk.house.live():
        await trio.sleep(5)
        before, is_full = disk.files, True
        await trio.sleep(18)
        assert disk.files == before
        watcher = await disk.house.watch()
        assert len((await watcher.playlist("main.m3u8")).segments) > 5
        state = disk.house.made_files.written["live/a"]
        assert state.trouble == "[Errno 28] No space left on device"
        assert state.failures > 3
        [failed] = disk.house.told(FilesFailed)
        assert failed.detail == state.trouble
        is_full = False
        await trio.sleep(20)
        assert state.trouble == ""
        [again] = disk.house.told(FilesWritten)
        assert (again.failures, again.lost) == (state.failures, state.lost)
        assert (again.session, again.lost > 5) == ("p1", True)
        assert disk.house.told(PublishEnded) == []
        listed = disk.playlist("live/a.m3u8").segments
        assert all((disk.root / "live" / each.uri).exists() for each in listed)
    [said] = caplog.messages
    assert "segments of live/a left the window before they could be written" in said
    await trio.sleep(200)
    assert disk.house.made_files.written == {}, "it is over"


async def test_a_disk_that_hangs_holds_up_nobody(
    open_disk: OpenDisk, caplog: pytest.LogCaptureFixture
) -> None:
    pause_s = 0.0

    async def slow(call: Callable[[], Any]) -> Any:
        await trio.sleep(pause_s)
        return call()

    disk = await open_disk(slow)
    async with disk.house.live():
        await trio.sleep(5)
        pause_s = 20.0
        await trio.sleep(30)
        watcher = await disk.house.watch()
        assert len((await watcher.playlist("main.m3u8")).segments) > 5
    assert "the disk is too slow for live/a: a segment of 1.0 s took 20.0 s" in caplog.messages


async def test_two_streams_do_not_write_the_same_files(
    open_disk: OpenDisk, caplog: pytest.LogCaptureFixture
) -> None:
    disk = await open_disk(playlist_file="[stream].m3u8")
    async with disk.house.live("live/a"), disk.house.live("other/a"):
        await trio.sleep(5)
        assert len({path.partition("/")[0] for path in disk.files if "/" in path}) == 1
    assert "path_taken: a.m3u8 is written for" in caplog.text


async def test_each_segment_is_told_of_when_it_is_listed(open_disk: OpenDisk) -> None:
    disk = await open_disk()
    async with disk.house.live():
        await trio.sleep(4.5)
        listed = disk.playlist("live/a.m3u8")
        assert [f"live/{each.uri}" for each in listed.segments] == [e.url for e in disk.written]
    newest = disk.written[-1]
    assert (newest.duration_s, newest.stream) == (1.0, "live/a")
    assert newest.path == str(disk.root / newest.url)
    assert newest.playlist_path == str(disk.root / "live/a.m3u8")
    assert (newest.session, newest.playlist_url) == ("p1", "live/a.m3u8")


@pytest.mark.parametrize("container", SegmentContainer)
async def test_no_rule_of_hls_is_broken_by_files(
    open_disk: OpenDisk, container: SegmentContainer
) -> None:
    disk = await open_disk(container=container)
    fetched = []
    async with disk.house.live():
        await trio.sleep(8)
        for path in disk.files:
            name = "/".join(map(quote, path.split("/")))
            body = (disk.root / path).read_bytes()
            fetched.append(Fetched(url=f"http://host/{name}", asked_at_s=0.0, at_s=0.0, body=body))
    viewing = Viewing(fetched)
    assert all(rendition.segments for rendition in viewing.renditions.values())
    assert len(viewing.renditions) == (1 if container is SegmentContainer.TS else 2)
    assert [str(each) for each in check_packaging(viewing)] == []
