"""HLS is followed as a player does: all variants, each piece once, for as long as it is wanted."""

from __future__ import annotations

import math

import pytest
import trio
from trio.testing import MockClock

from tests.media.packaging.viewings import FOLDER, SITE, altered, breaches, sound_viewing
from tests.tools.expect.presentations import Scripted
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.tools.expect.hls_watch import HlsWatch


async def watched(
    fetched: list[Fetched], for_s: float = 60.0, seconds: float = math.inf, url: str = ""
) -> tuple[Scripted, HlsWatch]:
    answers = Scripted(fetched)
    watch = HlsWatch(answers, seconds=seconds)
    await trio.sleep(2)
    top = await answers.get(url or f"{SITE}.m3u8")
    with trio.move_on_after(for_s):
        await watch.run(top)
    return answers, watch


async def test_all_that_is_listed_is_got_once(autojump_clock: MockClock) -> None:
    answers, watch = await watched(sound_viewing("plain"), for_s=7)
    media = [url for url in answers.asked if not url.endswith(".m3u8")]
    assert len(media) == len(set(media))
    assert {f"{FOLDER}video-e-{n}.m4s" for n in range(100, 107)} <= set(media)
    assert {f"{FOLDER}audio-e-{n}.m4s" for n in range(100, 107)} <= set(media)
    assert sum(url.endswith("video.m3u8") for url in answers.asked) >= 6
    assert watch.trouble == ""
    assert len(list(Viewing(answers.fetched).segments)) >= 14


async def test_what_was_seen_of_a_sound_one_breaks_no_rule(autojump_clock: MockClock) -> None:
    answers, _ = await watched(sound_viewing("plain"), for_s=6)
    assert [each for each in breaches(answers.fetched) if each.rule.name.startswith("s")] == []


async def test_one_that_has_ended_is_got_whole_and_not_asked_for_again(
    autojump_clock: MockClock,
) -> None:
    fetched = sound_viewing("plain")
    for name in ("video.m3u8", "audio.m3u8"):
        fetched = altered(fetched, name, lambda body: body + b"#EXT-X-ENDLIST\n")
    answers, _ = await watched(fetched)
    assert sum(url.endswith(".m3u8") for url in answers.asked) == 3
    assert trio.current_time() < 3


async def test_there_may_be_enough(autojump_clock: MockClock) -> None:
    answers, _ = await watched(sound_viewing("plain"), seconds=2)
    assert sum("video-e-10" in url for url in answers.asked) == 3  # with the init segment


async def test_a_held_reload_asks_for_the_next_part(autojump_clock: MockClock) -> None:
    answers, _ = await watched(sound_viewing("low"), for_s=2)
    held = [url for url in answers.asked if "_HLS_msn" in url]
    asked = {url.rpartition("?")[2] for url in held}
    assert asked >= {"_HLS_msn=103&_HLS_part=0", "_HLS_msn=103&_HLS_part=1"}
    assert any(".1.m4s" in url for url in answers.asked)


async def test_a_media_playlist_alone_is_followed_and_keys_are_got(
    autojump_clock: MockClock,
) -> None:
    key = b'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k"\n'
    fetched = altered(
        sound_viewing("plain"), "video.m3u8", lambda body: body.replace(b"#EXTM3U\n", key)
    )
    answers, _ = await watched(fetched, for_s=1, url=f"{FOLDER}video.m3u8")
    assert f"{FOLDER}k" in answers.asked
    assert not any("audio" in url for url in answers.asked)


async def test_gaps_are_not_asked_for(autojump_clock: MockClock) -> None:
    fetched = altered(
        sound_viewing("low"),
        "video.m3u8",
        lambda body: body.replace(b"#EXTINF", b"#EXT-X-GAP\n#EXTINF").replace(
            b'.m4s"', b'.m4s",GAP=YES'
        ),
    )
    answers, _ = await watched(fetched, for_s=1)
    assert not any("video-e" in url and url.endswith(".m4s") for url in answers.asked)


async def test_a_playlist_that_is_not_there_is_asked_for_again(autojump_clock: MockClock) -> None:
    fetched = [each for each in sound_viewing("plain") if "audio.m3u8" not in each.url]
    answers, _ = await watched(fetched, for_s=3.5)
    assert sum(url.endswith("audio.m3u8") for url in answers.asked) == 4


@pytest.mark.parametrize("body", [b"<html>", b""])
async def test_what_is_no_playlist_is_said(autojump_clock: MockClock, body: bytes) -> None:
    fetched = altered(sound_viewing("plain"), f"{SITE}.m3u8", lambda _: body)
    _, watch = await watched(fetched)
    assert "no playlist that can be read: line 1: expected #EXTM3U" in watch.trouble


async def test_a_variant_that_cannot_be_read_is_left_to_the_rules(
    autojump_clock: MockClock,
) -> None:
    fetched = altered(sound_viewing("plain"), "audio.m3u8", lambda _: b"<html>")
    answers, watch = await watched(fetched, for_s=3)
    assert sum(url.endswith("audio.m3u8") for url in answers.asked) == 1
    assert watch.trouble == ""
