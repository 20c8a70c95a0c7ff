"""Which pictures are shown: what breaks a rule beside its reference, the worst, and a few."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.decoded.measured import picture
from tests.media.expect.publishing import published
from trio_srs.decoding.wire_form import DecodeRequest, Thumbnail
from trio_srs.media.decoded.decoded import Decoded
from trio_srs.media.expect import Evidence, judge, parse_rules
from trio_srs.media.pattern import Pattern
from trio_srs.tools.expect import seen_pictures as module
from trio_srs.tools.expect.seen_pictures import seen_pictures


def thumbnails(request: DecodeRequest) -> tuple[Thumbnail, ...]:
    """One for every index, which says which it is."""
    ours = [(index, False) for index in request.thumbnails]
    theirs = [(index, True) for index in request.reference_thumbnails]
    return tuple(
        Thumbnail(index=index, at_s=0.0, of_reference=of, jpeg=b"%d%d" % (index, of))
        for index, of in (*ours, *theirs)
    )


def test_the_offending_and_the_worst_stand_beside_their_reference(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "thumbnails_of", thumbnails)
    decoded = Decoded(
        pictures=tuple(
            picture(at, ssim=0.5 if at == 12 else 0.9, reference=at + 1) for at in range(40)
        ),
        compared="golden.flv",
    )
    report = published(Pattern(seconds=0.4))
    evidence = Evidence(report=report, decoded=decoded)
    verdicts = judge(evidence, parse_rules(["picture.ssim >= 0.8", "video.fps ~ 25"]))
    shown = seen_pictures(decoded, verdicts, Path("a.flv"), Path("golden.flv"))
    assert [(each.jpeg, each.reference, each.rule) for each in shown[:3]] == [
        (b"120", b"131", "picture.ssim >= 0.8"),
        (b"120", b"131", "the worst by SSIM"),
        (b"00", None, ""),
    ]
    assert shown[0].title == "video frame 12 (480 ms)"
    assert len(shown) == 2 + 8


def test_without_a_reference_there_is_none_to_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "thumbnails_of", thumbnails)
    shown = seen_pictures(Decoded(pictures=(picture(0), picture(1))), (), Path("a.flv"), None)
    assert [(each.jpeg, each.reference) for each in shown] == [(b"00", None), (b"10", None)]
