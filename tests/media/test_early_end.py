"""A track that ends long before the others is a step of the time line."""

from __future__ import annotations

import attrs
import pytest

from tests.media.expect.publishing import defective, published
from trio_srs.media.conduct import StepKind
from trio_srs.media.early_end import early_ends
from trio_srs.media.facts import StreamFacts, TrackFacts


@pytest.mark.parametrize(
    ("defect", "kind", "at_s", "detail"),
    [
        ("no-audio@50", "audio", 2.1, "audio, 3.97 s before the others"),
        ("no-video@100", "video", 4.06, "video, 2.01 s before the others"),
    ],
)
def test_its_end_is_when_its_last_frame_came(
    defect: str, kind: str, at_s: float, detail: str
) -> None:
    facts = published(defective(defect, seconds=6.0)).facts
    [step] = early_ends(facts, 0.0)
    assert step.what is StepKind.TRACK_END
    assert step.at_s == pytest.approx(at_s, abs=0.03)
    assert step.detail.partition(",")[0] == detail.partition(",")[0]
    [later] = early_ends(facts, 5.0)
    assert later.at_s == pytest.approx(step.at_s + 5)


def test_tracks_that_end_together_or_are_not_there_have_no_such_end() -> None:
    for stream in (defective(), defective("no-audio"), defective("gap@30:3000")):
        assert list(early_ends(published(stream).facts, 0.0)) == []


def test_a_track_beside_another_of_its_kind_is_named_by_its_number() -> None:
    track = TrackFacts(kind="audio", track_id=2, frames=5, ends_early_ms=1500, last_frame_s=1.0)
    facts = StreamFacts(tracks=(track,))
    [step] = early_ends(facts, 0.0)
    assert step.detail == "audio track 2, 1.5 s before the others"
    unknown = attrs.evolve(track, last_frame_s=None)
    assert list(early_ends(attrs.evolve(facts, tracks=(unknown,)), 0.0)) == []
