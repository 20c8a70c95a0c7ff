"""What is decoded for which rules, and what is not."""

from __future__ import annotations

from pathlib import Path

import attrs
import pytest

from tests.media.expect.publishing import published
from trio_srs.decoding import on_demand
from trio_srs.decoding.extra import DecoderNotInstalledError
from trio_srs.decoding.on_demand import KeptMedia, check_rules, needs_decoding, with_decoded
from trio_srs.media.decoded.decoded import Decoded
from trio_srs.media.expect import Evidence, parse_rules
from trio_srs.media.pattern import Pattern

REPORT = published(Pattern(seconds=0.4))
OTHER = published(Pattern(codec="av1", seconds=0.4, audio="none"))
KEPT = KeptMedia(stream=Path("stream.flv"), source=Path("source.flv"))

Asked = tuple[str, str | None, bool]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What was decoded: the file, what it was compared with, and whether by VMAF."""
    made: list[Asked] = []

    def decode(path: Path, *, reference: Path | None, by_vmaf: bool) -> Decoded:
        compared = None if reference is None else str(reference)
        made.append((str(path), compared, by_vmaf))
        return Decoded(compared=compared or "")

    monkeypatch.setattr(on_demand, "decode_file", decode)
    on_demand._remembered.cache_clear()
    return made


@pytest.mark.parametrize(
    ("rules", "decoded"),
    [
        (["video.fps ~ 25"], []),
        (["picture.black.frames == 0", "audio.clipped == 0"], [("stream.flv", None, False)]),
        (["picture.ssim >= 0.9"], [("stream.flv", "source.flv", False)]),
        (["picture.vmaf >= 90"], [("stream.flv", "source.flv", True)]),
        (["source.picture.black.frames == 0"], [("source.flv", None, False)]),
        (["source.decode.errors == 0", "decode.errors == 0"],
         [("source.flv", None, False), ("stream.flv", None, False)]),
        (["delay.max <= 1 s"], []),  # frames are known by their payload
    ],
)  # fmt: skip
def test_no_more_is_decoded_than_rules_need(
    asked: list[Asked], rules: list[str], decoded: list[Asked]
) -> None:
    evidence = Evidence(report=REPORT, source=REPORT)
    with_decoded(evidence, parse_rules(rules), KEPT)
    assert asked == decoded


def test_a_delay_that_nothing_else_tells_is_asked_of_the_pictures(asked: list[Asked]) -> None:
    rules = parse_rules(["delay.max <= 1 s"])
    found = with_decoded(Evidence(report=OTHER, source=REPORT), rules, KEPT)
    assert asked == [("stream.flv", None, False)]
    assert found.decoded is not None
    assert with_decoded(found, rules, KEPT) is found  # once is enough


def test_a_reference_goes_before_the_source(asked: list[Asked]) -> None:
    kept = attrs.evolve(KEPT, reference=Path("golden.flv"))
    with_decoded(Evidence(report=REPORT), parse_rules(["picture.ssim >= 0.9"]), kept)
    assert asked == [("stream.flv", "golden.flv", False)]


def test_the_same_is_decoded_once_and_anew_for_a_comparison(asked: list[Asked]) -> None:
    evidence = Evidence(report=REPORT)
    for rule in ("picture.black.frames == 0", "audio.clipped == 0", "picture.ssim >= 0.9"):
        evidence = with_decoded(evidence, parse_rules([rule]), KEPT)
    with_decoded(Evidence(report=REPORT), parse_rules(["decode.errors == 0"]), KEPT)
    assert asked == [("stream.flv", None, False), ("stream.flv", "source.flv", False)]


def test_what_was_not_kept_cannot_be_decoded(asked: list[Asked]) -> None:
    evidence = Evidence(report=REPORT)
    found = with_decoded(evidence, parse_rules(["decode.errors == 0"]), KeptMedia.of(evidence))
    assert (found.decoded, found.undecoded) == (
        None,
        "it cannot be decoded: nothing of it was kept",
    )
    assert asked == []


def test_reports_say_where_their_media_are() -> None:
    report = attrs.evolve(REPORT, captured="a.flv")
    evidence = Evidence(report=report, source=attrs.evolve(REPORT, captured="b.flv"))
    assert KeptMedia.of(evidence) == KeptMedia(stream=Path("a.flv"), source=Path("b.flv"))
    assert KeptMedia.of(Evidence(report=REPORT)) == KeptMedia()


def test_a_rule_that_needs_it_is_refused_where_it_is_not_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trio_srs.decoding.extra.find_spec", lambda name: None)
    rules = parse_rules(["video.fps ~ 25", "picture.black.frames == 0"])
    with pytest.raises(DecoderNotInstalledError, match=r"^picture\.black\.frames needs"):
        check_rules(rules)
    check_rules(rules[:1])
    assert needs_decoding(rules)
    assert not needs_decoding(rules[:1])
