"""Each rule of delivery over HTTP finds its fault, and only that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import attrs
import pytest

from tests.media.packaging.faults import Twin, added, check_patchy, check_twin, in_files
from tests.media.packaging.viewings import FOLDER, broken, sound_viewing
from trio_srs.media.packaging.delivery_rules import DELIVERY_RULES
from trio_srs.media.packaging.fetched import Fetched

VIDEO: Final = f"{FOLDER}video.m3u8"


def again(name: str, **said: Any) -> Callable[[list[Fetched]], Fetched]:
    """The newest of a name once more, otherwise."""

    def make(fetched: list[Fetched]) -> Fetched:
        kept = [each for each in fetched if name in each.url][-1]
        later_s = said.pop("later_s", 0.0) if "later_s" in said else 0.0
        return attrs.evolve(kept, asked_at_s=kept.at_s + later_s, at_s=kept.at_s + later_s, **said)

    return make


def instead(name: str, **said: Any) -> Callable[[list[Fetched]], list[Fetched]]:
    """The first of a name was got otherwise."""

    def fault(fetched: list[Fetched]) -> list[Fetched]:
        place = next(n for n, each in enumerate(fetched) if name in each.url)
        return [attrs.evolve(e, **said) if n == place else e for n, e in enumerate(fetched)]

    return fault


TYPE: Final = {"content-type": "application/vnd.apple.mpegurl"}
CACHED: Final = {**TYPE, "cache-control": "max-age=1"}
DATES: Final = {
    **CACHED,
    "date": "Mon, 30 Nov 2026 10:00:10 GMT",
    "last-modified": "Mon, 30 Nov 2026 10:00:00 GMT",
}
PACKED: Final = {**CACHED, "content-encoding": "gzip"}
HTML: Final = {"content-type": "text/html"}
ALLOWED: Final = {"access-control-allow-methods": "GET"}
TWINS: Final = {
    "playlists_have_their_type": Twin(
        "plain", instead("video.m3u8", fields={**CACHED, "content-type": "application/x-mpegURL"})
    ),
    "playlists_are_packed": Twin(
        "plain", instead("video.m3u8", sent={"accept-encoding": "br, gzip"})
    ),
    "nothing_is_redirected": Twin("plain", added(again("video.m3u8", status=302, body=b""))),
    "what_is_listed_is_there": Twin(
        "plain", added(again("video-e-108.m4s", status=404, body=b"", later_s=0.1))
    ),
    "what_was_listed_stays": Twin(
        "plain", added(again("video-e-101.m4s", status=404, body=b"", later_s=6.9))
    ),
    "media_has_its_type": Twin(
        "plain", instead("video-e-101.m4s", fields={"content-type": "video/mp2t"})
    ),
    "init_segments_never_change": Twin(
        "plain", added(again("video-e-100-init.mp4", body=b"", later_s=1.0))
    ),
    "playlists_are_fresh": Twin("plain", instead("video.m3u8", fields=DATES)),
    "playlists_may_be_kept_for_a_moment": Twin(
        "plain", instead("video.m3u8", fields={**TYPE, "cache-control": "public, max-age=86400"})
    ),
    "parts_come_at_line_speed": Twin("low", instead("video-e-101.1.m4s", first_at_s=0.0)),
    "options_are_answered": Twin("plain", added(again("video.m3u8", method="OPTIONS", status=401))),
    "ranges_are_answered": Twin(
        "plain", added(again("video-e-101.m4s", sent={"range": "bytes=0-1"}))
    ),
    "heads_are_those_of_answers": Twin(
        "plain",
        added(again("video-e-101.m4s", method="HEAD", fields=HTML)),
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_fault_is_found_by_its_rule_and_no_other(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_rule_has_a_twin() -> None:
    assert list(TWINS) == [rule.name for rule in DELIVERY_RULES]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("video.m3u8", {"status": 304, "body": b""}),
        ("video.m3u8", {"sent": {"accept-encoding": "gzip"}, "fields": PACKED}),
        ("video.m3u8", {"fields": {}}),
        ("video.m3u8", {"fields": {**TYPE, "cache-control": "no-cache"}}),
        ("video.m3u8", {"fields": {**DATES, "last-modified": "yesterday"}}),
        ("video.m3u8", {"fields": {**DATES, "last-modified": DATES["date"]}}),
        ("video.m3u8", {"method": "OPTIONS", "status": 204, "fields": ALLOWED}),
        ("video-e-101.m4s", {"sent": {"range": "bytes=0-1"}, "status": 206, "body": b"ab"}),
        ("video-e-101.m4s", {"method": "HEAD", "body": b""}),
        ("video-e-101.m4s", {"status": 404, "body": b"", "later_s": 60.0}),
        ("video-e-101.m4s", {"fields": {}}),
        ("other.bin", {"method": "HEAD"}),
    ],
)  # fmt: skip
def test_what_is_lawful_is_let_pass(name: str, said: Mapping[str, Any]) -> None:
    fetched = sound_viewing("plain")
    fetched += [attrs.evolve(fetched[-1], url=f"{FOLDER}other.bin", body=b"", fields={})]
    assert broken([*fetched, again(name, **said)(fetched)]) == set()


def test_a_part_that_is_listed_no_longer_stays_for_three_target_durations() -> None:
    fetched = sound_viewing("long")
    gone = again("video-e-101.1.m4s", status=404, body=b"", later_s=4.5)(fetched)
    assert broken([*fetched, gone]) == {"what_was_listed_stays"}
    gone = again("video-e-101.1.m4s", status=404, body=b"", later_s=7.5)(fetched)
    assert broken([*fetched, gone]) == set()
    assert broken(in_files(lambda body: body, names=())(fetched)) == set()


def test_what_is_missing_is_no_fault() -> None:
    check_patchy(DELIVERY_RULES)
