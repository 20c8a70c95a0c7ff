"""Encrypted segments, and who gets their keys."""

from __future__ import annotations

import pytest
import trio
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.service.hls.conftest import OpenHlsHouse
from tests.service.hls.house import Watcher
from tests.service.hls.test_viewer import Doorkeeper
from trio_srs.errors import EndReason
from trio_srs.media.remux.mp4_demuxer import Mp4Demuxer
from trio_srs.media.remux.ts_demuxer import TsDemuxer
from trio_srs.media.segments.segment_container import SegmentContainer
from trio_srs.service.hls.config import HlsConfig
from trio_srs.wire.hls.media_playlist import MediaPlaylist


def decrypted(data: bytes, key: bytes, number: int) -> bytes:
    iv = number.to_bytes(16, "big")
    decryptor = Cipher(algorithms.AES128(key), modes.CBC(iv)).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    return padded[: -padded[-1]]


async def clear(watcher: Watcher, listed: MediaPlaylist) -> list[bytes]:
    """All segments, each with what is needed to read it, as a player has them."""
    made = []
    for number, segment in enumerate(listed.segments, listed.media_sequence):
        assert segment.key is not None
        key = await watcher.file(segment.key.uri)
        assert (key.status, len(key.body)) == (200, 16)
        assert key.fields["Cache-Control"] == "no-store"
        data = decrypted((await watcher.file(segment.uri)).body, key.body, number)
        init = b"" if segment.init is None else (await watcher.file(segment.init.uri)).body
        made.append(init + data)
    return made


@pytest.mark.parametrize("container", SegmentContainer)
async def test_who_plays_gets_the_keys_and_others_do_not(
    open_house: OpenHlsHouse, container: SegmentContainer
) -> None:
    house = await open_house(hls_config=HlsConfig(container=container, segments_per_key=2))
    async with house.live():
        watcher = await house.watch()
        await trio.sleep(7)
        name = "main.m3u8" if container is SegmentContainer.TS else "video.m3u8"
        listed = await watcher.playlist(name)
        assert listed.part_target_s is None
        assert len({segment.key for segment in listed.segments}) in {2, 3}
        for data in await clear(watcher, listed):
            is_ts = container is SegmentContainer.TS
            units = TsDemuxer().feed(data) if is_ts else Mp4Demuxer().feed(data)
            assert units[0].is_key
        other = listed.segments[0].key
        assert other is not None
        assert (await watcher.file(f"x{other.uri}")).status == 404
        (entry,) = house.registry
        entry.end(EndReason.KICKED, "enough")
        assert (await watcher.file(other.uri)).status == 403


async def test_whoever_is_refused_gets_no_key_without_a_url_of_its_own_either(
    open_house: OpenHlsHouse,
) -> None:
    gate = Doorkeeper()
    house = await open_house(gate=gate, hls_config=HlsConfig(segments_per_key=2))
    async with house.live("live/b"):
        watcher = await house.watch("/live/a.m3u8?token=yes")
        key = (await watcher.playlist()).segments[0].key
        assert key is not None
        assert (await Watcher(house.dial()).get(f"/live/a.hls/{key.uri}")).status == 403
        shared = await Watcher(house.dial()).get(f"/live/a.hls/{key.uri}?token=yes")
        assert (shared.status, len(shared.body)) == (200, 16)


async def test_parts_of_what_will_be_encrypted_are_not_to_be_had(open_house: OpenHlsHouse) -> None:
    house = await open_house(hls_config=HlsConfig(segments_per_key=2))
    async with house.live():
        watcher = await house.watch()
        listed = await watcher.playlist()
        front, _, number = listed.segments[-1].uri.removesuffix(".m4s").rpartition("-")
        for name in (f"{front}-{number}.0.m4s", f"{front}-{int(number) + 1}.0.m4s"):
            assert (await watcher.file(name)).status == 404
