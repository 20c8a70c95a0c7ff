"""What is known of packaging is said for people, as far as there is any."""

from __future__ import annotations

from tests.media.expect.test_packaging_subjects import FACTS
from trio_srs.media.packaging_facts import PackagingFacts
from trio_srs.tools.verdicts.packaging_rows import packaging_rows


def test_everything_that_is_known_is_said() -> None:
    rows = list(packaging_rows(FACTS))
    assert dict(rows) | {"error": ""} == {
        "form": "LL-HLS, fMP4, AES-128",
        "variants": "2, 20 ms apart",
        "segments": "3 of 1.5 to 2.6 s, target 2 s",
        "parts": "2 of 0.4 to 0.5 s, target 0.5 s",
        "longest hole": "40 ms",
        "drift of dates": "300 ms",
        "first segment": "0.25 s",
        "behind": "1 to 4 s, the newest media against the time of day",
        "stale": "2.5 s at most without anything new",
        "requests": "4, 2 failed; first t, status 404",
        "error": "",
        "warning": "two at list: a, expected b [8216 3]",
    }
    assert sum(name == "error" for name, _ in rows) == 2


def test_of_what_is_not_known_nothing_is_said() -> None:
    assert not list(packaging_rows(None))
    assert dict(packaging_rows(PackagingFacts(form="DASH"))) == {
        "form": "DASH",
        "variants": "0",
        "requests": "0, 0 failed",
    }
