"""Each rule of DASH finds its fault, and only that."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cache
from typing import Final

import attrs
import pytest

from tests.media.packaging.viewings import SHORT, altered, breaches, broadcast
from tests.media.remux.records import AVC_OTHER, head
from tests.media.segments.streams import FMP4, START_MS
from trio_srs.media.packaging.dash_rules import DASH_RULES
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_rules import check_packaging
from trio_srs.media.packaging.viewing import Viewing
from trio_srs.media.segments.dash_manifest import DashManifest, DashRule
from trio_srs.media.segments.presentation import Presentation
from trio_srs.media.segments.segment import Segment

SITE: Final = "http://host/live/a.mpd"
FOLDER: Final = "a.dash/"
Fault = Callable[[list[Fetched]], list[Fetched]]


class Onlooker:
    """Watches a stream as DASH, and gets everything that a manifest lists."""

    def __init__(self, *, is_fast: bool) -> None:
        cut = attrs.evolve(SHORT, part_s=0.4 if is_fast else None)
        self.made = Presentation(FMP4, cut, "e", 100)
        rule = DashRule(segment_s=1.0, window_s=6.0, is_low_latency=is_fast)
        self.manifest, self.fetched = DashManifest(self.made, rule), list[Fetched]()
        self._got: set[str] = set()

    def look(self, unix_ms: int) -> None:
        """Get the manifest, and what is new in it."""
        manifest = self.manifest.at(unix_ms, FOLDER, clock=f"{FOLDER}time")
        if not manifest.periods:
            return
        date = format_datetime(datetime.fromtimestamp(unix_ms / 1000, UTC), usegmt=True)
        self._add(SITE, manifest.write().encode(), unix_ms, {"date": date})
        for period in manifest.periods:
            for one in (one for each in period.sets for one in each.representations):
                template = one.template
                uris = [template.url(one.id, one.bandwidth, s) for s in template.segments()]
                for uri in [template.initialization_url(one.id, one.bandwidth), *uris]:
                    self._piece(uri, unix_ms)

    def _piece(self, uri: str, unix_ms: int) -> None:
        rendition = next(
            each
            for each in self.made.renditions
            if uri.removeprefix(FOLDER).startswith(f"{each.name}-")
        )
        found = rendition.find(uri.removeprefix(FOLDER))
        if uri in self._got or found is None or not getattr(found, "has_ended", True):
            return
        self._got.add(uri)
        data = [each.data for each in found.parts] if isinstance(found, Segment) else [found.data]
        self._add(f"http://host/live/{uri}", b"".join(data), unix_ms, {})

    def _add(self, url: str, body: bytes, unix_ms: int, fields: dict[str, str]) -> None:
        at_s = unix_ms / 1000
        self.fetched.append(Fetched(url=url, asked_at_s=at_s, at_s=at_s, body=body, fields=fields))


@cache
def seen(name: str) -> list[Fetched]:
    """A sound presentation: ``plain``, ``fast``, or with a ``change`` in it."""
    looks = Onlooker(is_fast=name == "fast")
    stream = broadcast(9)
    if name == "change":
        at = next(n for n, each in enumerate(stream) if each[1] == 4000)
        stream = [*stream[:at], head(AVC_OTHER, 4000), *stream[at:]]
    for second in range(9):
        for kind, at_ms, body in stream:
            if second * 1000 <= at_ms < (second + 1) * 1000:
                looks.made.write(kind, at_ms, body, START_MS + at_ms)
        looks.look(START_MS + (second + 1) * 1000)
    return looks.fetched


def sub(pattern: str, text: str, which: Callable[[int], bool] = lambda place: place >= 0) -> Fault:
    """Something else stands in some manifests."""

    def change(body: bytes) -> bytes:
        return re.sub(pattern, text, body.decode()).encode()

    return lambda fetched: altered(fetched, ".mpd", change, which)


def last(place: int) -> bool:
    return place == -1


def late(fetched: list[Fetched]) -> list[Fetched]:
    minute = datetime.fromtimestamp(START_MS / 1000 + 60, UTC)
    date = {"date": format_datetime(minute, usegmt=True)}
    manifests = [each for each in fetched if each.url == SITE]
    return [attrs.evolve(e, fields=date) if e is manifests[-1] else e for e in fetched]


def gone(fetched: list[Fetched]) -> list[Fetched]:
    newest = fetched[-1]
    return [*fetched, attrs.evolve(newest, asked_at_s=newest.at_s + 0.1, status=404, body=b"")]


def split(gap: int) -> Fault:
    """The last of a run of pictures stands by itself, so much later."""

    def apart(found: re.Match[str]) -> str:
        time, more = int(found[1]), int(found[2])
        later = f' t="{time + 90_000 * more + gap}"' if gap else ""
        return f'<S t="{time}" d="90000" r="{more - 1}"/><S{later} d="90000"/>'

    def change(body: bytes) -> bytes:
        return re.sub(r'<S t="(\d+)" d="90000" r="(\d+)"/>', apart, body.decode()).encode()

    return lambda fetched: altered(fetched, ".mpd", change, last)


def numbered(shift: int = 0, timescale: int = 90_000) -> Fault:
    """Pictures have a number and a length in place of a timeline, and are so many segments late."""

    def change(body: bytes) -> bytes:
        text = body.decode().replace("video-e-100t$Time$", "video-$Number$")
        text = re.sub(r"<SegmentTimeline>[\s\S]*?</SegmentTimeline>", "", text, count=1)
        offset = timescale * 3 // 4
        said = f'timescale="{timescale}" duration="{timescale}" presentationTimeOffset="{offset}"'
        return text.replace('timescale="90000" presentationTimeOffset="67500"', said).encode()

    def named(url: str) -> str:
        return re.sub(r"video-e-100t(\d+)", lambda at: f"video-{int(at[1]) // 90_000 + shift}", url)

    def fault(fetched: list[Fetched]) -> list[Fetched]:
        return [attrs.evolve(e, url=named(e.url)) for e in altered(fetched, ".mpd", change)]

    return fault


REFERENCE: Final = r"<ProducerReferenceTime[\s\S]*?</ProducerReferenceTime>"
TWINS: Final[dict[str, tuple[str, Fault]]] = {
    "manifests_can_be_read": ("plain", sub("</MPD>", "", last)),
    "timelines_begin_when_they_began": (
        "plain", sub(r'(availabilityStartTime="[^"]*:19)\.\d+Z', r"\1.5Z", last),
    ),
    "manifests_name_a_clock": ("plain", sub("utc:http-xsdate", "utc:ntp")),
    "timelines_have_no_holes": ("plain", split(3000)),
    "timelines_are_those_of_the_media": (
        "plain", sub(r'(<S d=")\d+("/>\s*</SegmentTimeline>)', r"\g<1>7000\2", last),
    ),
    "numbered_segments_begin_where_their_numbers_say": ("plain", numbered(2)),
    "newest_segments_are_of_now": ("plain", late),
    "what_a_manifest_lists_is_there": ("plain", gone),
    "ids_never_change": ("plain", sub('<AdaptationSet id="2"', '<AdaptationSet id="7"', last)),
    "delays_are_within_the_window": ("plain", sub(r'(PresentationDelay=")[^"]*', r"\1PT60S")),
    "manifests_say_what_the_media_is": ("plain", sub("avc1.64001f", "avc1.42001f")),
    "periods_follow_each_other": ("change", sub('start="PT0S"', 'start="PT0S" duration="PT3S"')),
    "low_latency_is_said_in_full": ("fast", sub(REFERENCE, "")),
    "equal_segments_are_said_at_once": ("plain", split(0)),
    "durations_are_no_calendar": (
        "plain", sub('PresentationDelay="PT', 'PresentationDelay="P0M0DT', last),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    of, fault = TWINS[name]
    found = breaches(fault(seen(of)))
    assert {each.rule.name for each in found} == {name}, "\n".join(map(str, found))


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in DASH_RULES]


@pytest.mark.parametrize("name", ["plain", "fast", "change"])
def test_nothing_is_wrong_with_what_we_make(name: str) -> None:
    fetched = seen(name)
    assert list(map(str, breaches(fetched))) == []
    lost = [each for n, each in enumerate(fetched) if each.url == SITE or n % 2]
    lost = [attrs.evolve(each, fields={"date": "today"}) for each in lost]
    empty = [attrs.evolve(each, body=b"") if ".m4s" in each.url else each for each in lost]
    assert breaches(lost) == breaches(empty) == []


def test_nothing_is_wrong_with_segments_that_have_a_number_and_a_length() -> None:
    """Their timescale is not that of the media with ffmpeg."""
    for timescale in (90_000, 1_000_000):
        assert list(map(str, breaches(numbered(1, timescale)(seen("plain"))))) == []


def test_what_an_edit_list_leaves_out_is_not_shown() -> None:
    """As ffmpeg says that a decoder of sound is primed."""
    entry = (1).to_bytes(4, "big") + bytes(4) + (7000).to_bytes(4, "big") + b"\0\1\0\0"
    edits = b"\0\0\0\x24edts" + b"\0\0\0\x1celst" + bytes(4) + entry

    def edited(init: bytes) -> bytes:
        for kind in (b"moov", b"trak"):
            at = init.index(kind) - 4
            size = int.from_bytes(init[at : at + 4], "big") + len(edits)
            init = init[:at] + size.to_bytes(4, "big") + init[at + 4 :]
        return init[: at + 8] + edits + init[at + 8 :]

    late = altered(seen("plain"), "audio-e-100-init", edited)
    found = [each.departure for each in check_packaging(Viewing(late), DASH_RULES)]
    assert ("6000 for 8192", "0 for 7192") in [(each.seen, each.expected) for each in found]


def test_a_codec_and_a_timescale_are_those_of_the_init_segment() -> None:
    twice = sub('timescale="90000"', 'timescale="45000"', last)(seen("plain"))
    found = check_packaging(Viewing(twice), DASH_RULES)
    assert "manifests_say_what_the_media_is" in {each.rule.name for each in found}
