"""Whatever is published, in whatever container: no rule is broken, and others read the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import attrs
import pytest

from tests.matrix import some_of
from tests.media.packaging.by_m3u8 import compare
from tests.media.packaging.reels import PICTURES, SOUNDS, reel, together
from tests.media.packaging.viewings import SHORT, Spectator, breaches, broadcast
from tests.media.remux.records import AVC_OTHER, Message, head
from tests.media.segments.streams import FMP4, TS
from trio_srs.wire.ts.ts_codecs import TS_CODECS

TIMELY: Final = {"segments_come_in_time", "parts_come_in_time"}
"""Not to be judged where nothing is sent for a while: then nothing new can be listed."""
LOW: Final = attrs.evolve(SHORT, part_s=0.4)
FORMS: Final = {"ts": (TS, SHORT), "fmp4": (FMP4, SHORT), "low": (FMP4, LOW)}


def check(seen: Spectator, *, is_silent: bool = False) -> None:
    """No rule is broken, and the m3u8 package reads what we read."""
    found = [
        str(breach)
        for breach in breaches(seen.fetched)
        if not (is_silent and breach.rule.name in TIMELY)
    ]
    assert found == []
    assert seen.presentation.left_out == []
    compare(seen.fetched)


def pairs() -> list[tuple[str, str, str]]:
    """Every codec of pictures with every one of sound, as far as a container carries both; with
    low latency each once."""
    plain = [
        (form, picture, sound)
        for form in ("ts", "fmp4")
        for picture in PICTURES
        for sound in SOUNDS
        if form == "fmp4" or {picture, sound} <= TS_CODECS.keys()
    ]
    once = zip(["h264", "hevc", "av1", "vp9", "h264", "hevc"], SOUNDS, strict=True)
    return [*plain, *(("low", picture, sound) for picture, sound in once)]


SHOWN: Final = ("ts-h264-aac", "ts-hevc-opus", "fmp4-av1-eac3", "fmp4-vp9-flac", "low-h264-aac")


@pytest.mark.parametrize(("form", "picture", "sound"), some_of(pairs(), *SHOWN))
def test_every_codec_with_every_other(form: str, picture: str, sound: str) -> None:
    container, rule = FORMS[form]
    seen = Spectator(container, attrs.evolve(rule, segment_s=0.45), every_s=0.3)
    seen.publish(together(reel(PICTURES[picture], 1.4), reel(SOUNDS[sound], 1.4)))
    seen.leave()
    assert len(seen.presentation.renditions[0].segments) >= 2
    check(seen)


# ----------------------------------------------------------------- situations


@attrs.frozen
class Run:
    """What is sent in one go."""

    messages: list[Message]
    behind_ms: int = 0
    """So long behind what was sent before."""
    is_new: bool = False
    """Somebody else publishes."""


@attrs.frozen
class Situation:
    """What a publisher does."""

    runs: Sequence[Run]
    is_silent: bool = False
    """Nothing comes for a while."""


def of(kind: int, messages: list[Message]) -> list[Message]:
    """Pictures (9) or sound (8) alone."""
    return [message for message in messages if message[0] == kind]


def later(messages: list[Message], by_ms: int) -> list[Message]:
    return [(kind, (at_ms + by_ms) % (1 << 32), body) for kind, at_ms, body in messages]


def cut(at_ms: int, seconds: int = 5) -> tuple[list[Message], list[Message]]:
    whole = broadcast(seconds)
    return [m for m in whole if m[1] < at_ms], [m for m in whole if m[1] >= at_ms]


def continued(at_ms: int, by_ms: int, behind_ms: int, start_ms: int = 0) -> list[Run]:
    """A stream whose timestamps go on elsewhere from some time on, and perhaps late."""
    before, after = cut(at_ms)
    return [Run(later(before, start_ms)), Run(later(after, by_ms), behind_ms)]


WHOLE: Final = broadcast(5)
LATE: Final = [*WHOLE[:2], *(m for m in WHOLE[2:] if m[0] == 9 or m[1] >= 1500)]
GONE: Final = [m for m in broadcast(8) if m[0] == 9 or m[1] < 1500]
CHANGED: Final = [*cut(2000)[0], head(AVC_OTHER, 2000), *cut(2000)[1]]
HEVC: Final = together(reel(PICTURES["hevc"], 3), reel(SOUNDS["opus"], 3))
SITUATIONS: Final[Mapping[str, Situation]] = {
    "pictures and sound": Situation([Run(WHOLE)]),
    "sound alone": Situation([Run(of(8, WHOLE))]),
    "pictures alone": Situation([Run(of(9, WHOLE))]),
    "sound that comes late": Situation([Run(LATE)]),
    "sound that stops": Situation([Run(GONE)], is_silent=True),
    "keyframes further apart than segments are long": Situation([Run(broadcast(6, gop=25))]),
    "a clock that jumps forward at a keyframe": Situation(continued(2000, 500_000, 30)),
    "a clock that jumps forward between keyframes": Situation(continued(2300, 500_000, 30)),
    "a clock that jumps back": Situation(continued(2000, 20_000, 30, 500_000)),
    "a clock that is set in a pause": Situation(continued(2000, 500_000, 3000), is_silent=True),
    "a pause at a keyframe": Situation(continued(2000, 5000, 5000), is_silent=True),
    "a pause between keyframes": Situation(continued(2300, 5000, 5000), is_silent=True),
    "a pause as long as a segment": Situation(continued(2300, 1200, 1200), is_silent=True),
    "a stall, and then all at once": Situation(
        [Run(cut(2300)[0]), Run(cut(2300)[1], 3000)], is_silent=True
    ),
    "24 bits of milliseconds": Situation([Run(broadcast(4, 2**24 - 2000))]),
    "31 bits": Situation([Run(broadcast(4, 2**31 - 2000))]),
    "32 bits": Situation([Run(broadcast(4, 2**32 - 2000))]),
    "32 bits of ticks": Situation([Run(broadcast(4, 2**32 // 90 - 2000))]),
    "33 bits of ticks": Situation([Run(broadcast(4, 2**33 // 90 - 2000))]),
    "another publisher soon": Situation(
        [Run(broadcast(3)), Run(broadcast(3), 400, True)], is_silent=True
    ),
    "another publisher behind a pause": Situation(
        [Run(broadcast(3)), Run(broadcast(3, 60_000), 4000, True)], is_silent=True
    ),
    "another publisher with other codecs": Situation(
        [Run(broadcast(3)), Run(HEVC, 200, True)], is_silent=True
    ),
    "another size": Situation([Run(CHANGED)]),
}


WITHOUT_PARTS: Final = {
    "24 bits of milliseconds", "31 bits", "32 bits", "32 bits of ticks",
    "a clock that jumps forward at a keyframe", "a clock that jumps back", "a pause at a keyframe",
    "a clock that is set in a pause", "a stall, and then all at once",
    "another publisher behind a pause", "another publisher with other codecs", "pictures alone",
}  # fmt: skip
"""Where parts are cut as in another situation: tests are to be cheap."""


@pytest.mark.parametrize(
    ("name", "form"),
    [
        (name, form)
        for name in SITUATIONS
        for form in FORMS
        if form != "low" or name not in WITHOUT_PARTS
    ],
)
def test_every_situation(name: str, form: str) -> None:
    (container, rule), situation = FORMS[form], SITUATIONS[name]
    seen = Spectator(container, rule, every_s=0.5)
    for run in situation.runs:
        if run.is_new:
            seen.leave()
        seen.publish(run.messages, seen.unix_ms + run.behind_ms)
    seen.leave()
    check(seen, is_silent=situation.is_silent)
