"""DASH is followed as a player does: every representation, each segment once."""

from __future__ import annotations

import math

import trio
from trio.testing import MockClock

from tests.media.packaging.test_dash_rules import FOLDER, SITE, seen
from tests.media.packaging.viewings import altered
from tests.tools.expect.presentations import Scripted
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.tools.expect.dash_watch import DashWatch


async def watched(
    fetched: list[Fetched], for_s: float = 60.0, seconds: float = math.inf
) -> tuple[Scripted, DashWatch]:
    answers = Scripted(fetched)
    watch = DashWatch(answers, seconds=seconds)
    await trio.sleep(2)
    top = await answers.get(SITE)
    with trio.move_on_after(for_s):
        await watch.run(top)
    return answers, watch


async def test_all_that_is_listed_is_got_once(autojump_clock: MockClock) -> None:
    answers, watch = await watched(seen("plain"), for_s=6)
    media = [url for url in answers.asked if not url.endswith(".mpd")]
    assert len(media) == len(set(media))
    for kind in ("video", "audio"):
        assert sum(f"{FOLDER}{kind}-e" in url for url in media) >= 6
    assert sum(url.endswith(".mpd") for url in answers.asked) >= 3
    assert watch.trouble == ""


async def test_one_that_is_static_is_got_whole(autojump_clock: MockClock) -> None:
    static = altered(seen("plain"), ".mpd", lambda body: body.replace(b'"dynamic"', b'"static"'))
    answers, _ = await watched(static)
    assert sum(url.endswith(".mpd") for url in answers.asked) == 1


async def test_there_may_be_enough(autojump_clock: MockClock) -> None:
    answers, _ = await watched(seen("plain"), seconds=2)
    assert sum(f"{FOLDER}video-e" in url for url in answers.asked) == 3  # with the init segment
    assert trio.current_time() < 30


async def test_a_manifest_that_is_not_there_any_more_is_asked_for_again(
    autojump_clock: MockClock,
) -> None:
    gone = altered(seen("plain"), ".mpd", lambda _: b"<html/>", lambda place: place == 3)
    answers, _ = await watched(gone, for_s=6)
    assert sum(url.endswith(".mpd") for url in answers.asked) >= 3


async def test_what_is_no_manifest_is_said(autojump_clock: MockClock) -> None:
    _, watch = await watched(altered(seen("plain"), ".mpd", lambda _: b"<html/>"))
    assert "no manifest that can be read" in watch.trouble
