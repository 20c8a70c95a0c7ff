"""What is kept of a stream to be decoded, and that nothing is where no rule needs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.media.expect.publishing import published
from trio_srs.decoding import on_demand
from trio_srs.media.decoded.decoded import Decoded
from trio_srs.media.expect import Evidence, parse_rules
from trio_srs.media.pattern import Pattern
from trio_srs.tools.expect.look import Look
from trio_srs.tools.expect.media_file import report_of_file

PATTERN = Pattern(seconds=0.4)


def test_where_no_rule_needs_it_nothing_is_kept() -> None:
    with Look(parse_rules(["video.fps ~ 25"]), None) as look:
        assert look.keep is None
        found = look.judge(Evidence(report=published(PATTERN)))
    assert [verdict.met for verdict in found.verdicts] == [True]
    assert found.pictures == ()


def test_what_rules_need_is_decoded_as_it_came_and_then_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept: list[Path] = []

    def decode(path: Path, *, reference: Path | None, by_vmaf: bool) -> Decoded:
        report = report_of_file(path)
        assert report.facts.tracks[0].frames == 10
        kept.append(path)
        return Decoded()

    monkeypatch.setattr(on_demand, "decode_file", decode)
    with Look(parse_rules(["decode.errors == 0", "video.fps ~ 25"]), None) as look:
        assert look.keep is not None
        for message in PATTERN:
            look.keep(message)
        found = look.judge(Evidence(report=published(PATTERN)))
        assert kept[0].exists()
    assert [verdict.met for verdict in found.verdicts] == [True, True]
    assert not kept[0].exists()
