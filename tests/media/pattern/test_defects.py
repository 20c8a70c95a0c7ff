"""Defects as they are asked for."""

from __future__ import annotations

import pytest

from trio_srs.media.pattern.defects import Defect, DefectKind
from trio_srs.media.pattern.pattern_error import PatternError


@pytest.mark.parametrize(
    ("text", "defect"),
    [
        ("regression@100", Defect(DefectKind.REGRESSION, 100, 100.0)),
        ("regression@1:40", Defect(DefectKind.REGRESSION, 1, 40.0)),
        ("duplicate@7", Defect(DefectKind.DUPLICATE, 7)),
        ("gap@0:250", Defect(DefectKind.GAP, 0, 250.0)),
        ("gap@30", Defect(DefectKind.GAP, 30, 1000.0)),
        ("stall@50:2.5", Defect(DefectKind.STALL, 50, 2.5)),
        ("stall@50", Defect(DefectKind.STALL, 50, 5.0)),
        ("no-audio", Defect(DefectKind.NO_AUDIO, 0)),
        ("no-audio@25", Defect(DefectKind.NO_AUDIO, 25)),
        ("no-video", Defect(DefectKind.NO_VIDEO, 0)),
    ],
)
def test_the_letter(text: str, defect: Defect) -> None:
    assert Defect.parse(text) == defect
    assert Defect.parse(str(defect)) == defect


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a defect '': expected KIND@FRAME:AMOUNT, KIND one of regression, duplicate, gap,"),
        ("hiccup@3", "a defect 'hiccup@3': expected KIND"),
        ("gap@-1", "expected KIND"),
        ("gap@3:", "expected KIND"),
        ("gap@1e3", "expected KIND"),
        ("gap@٣", "expected KIND"),
        ("gap", r"at which frame\? As gap@100"),
        ("stall:5", "at which frame"),
        ("duplicate@0", "there is no frame before the first, 0"),
        ("regression@0:40", "there is no frame before the first, 0"),
        ("duplicate@3:4", "duplicate has no amount"),
        ("no-audio:5", "no-audio has no amount"),
    ],
)
def test_anything_else_is_refused(text: str, complaint: str) -> None:
    with pytest.raises(PatternError, match=complaint):
        Defect.parse(text)
