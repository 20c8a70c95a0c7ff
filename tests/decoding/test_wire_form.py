"""What is asked of the process that decodes, and how it answers, there and back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.media.decoded.measured import beep, form, picture, sound
from trio_srs.decoding.wire_form import (
    DecodeRequest,
    Done,
    Thumbnail,
    VmafScore,
    read_answer,
    read_request,
    written,
)
from trio_srs.media.decoded.measures import Loudness, ToneMeasures, Trouble, TroubleKind

ANSWERS: list[Any] = [
    picture(3, number=7, ssim=0.9, reference=3),
    form(turned=90, mirrored=False),
    sound(2),
    ToneMeasures(index=1, timestamp_ms=20, hz=1000.5, share=0.9),
    beep(4),
    Loudness(integrated_lufs=-23.0, range_lu=2.0, true_peak_db=-1.0),
    Trouble(kind=TroubleKind.REFUSED, track="video", index=1, timestamp_ms=40, detail="no"),
    Thumbnail(index=1, at_s=0.04, of_reference=False, jpeg=b"\xff\xd8"),
    VmafScore(index=3, score=97.5),
    Done(out_of_memory=True),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_an_answer_is_one_line_and_read_again(answer: Any) -> None:
    line = written(answer)
    assert line.count(b"\n") == 1
    assert read_answer(line) == answer


def test_a_request_is_read_again() -> None:
    request = DecodeRequest(path="a.flv", thumbnails=(1, 2), at_ms=(0.5,), reference="b.flv")
    assert read_request(written(request)) == request


@pytest.mark.parametrize("line", [b"", b"[]", b'["nonesuch"]', b'["done"]', b'"done"'])
def test_what_is_no_answer_is_refused(line: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        read_answer(line)
