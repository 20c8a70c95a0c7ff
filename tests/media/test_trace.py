"""A trace keeps every frame, and is the same after JSON."""

from __future__ import annotations

import json

import pytest

from tests.tools.files import clip
from trio_srs.media.probe import StreamProbe
from trio_srs.media.trace import Frame, Trace
from trio_srs.testing import bodies


def traced(arrivals: bool = True) -> Trace:
    probe = StreamProbe(published_at_s=10.0)
    messages = [
        bodies.header(),
        bodies.key(0),
        bodies.audio(10),
        bodies.inter(40),
        bodies.audio(33),
    ]
    for place, message in enumerate(messages):
        probe.see(message, 10.5 + place / 8 if arrivals else None)
    return probe.trace()


def test_frames_are_told_in_the_order_they_came() -> None:
    frames = list(traced())
    assert [(f.kind, f.index, f.timestamp_ms, f.arrived_s) for f in frames] == [
        ("video", 0, 0, 0.625),
        ("audio", 0, 10, 0.75),
        ("video", 1, 40, 0.875),
        ("audio", 1, 33, 1.0),
    ]
    assert [f.is_key for f in frames] == [True, False, False, False]
    assert [f.size for f in frames] == [100, 10, 20, 10]
    assert len(traced()) == 4


def test_the_frames_of_one_track_can_be_had() -> None:
    assert [frame.index for frame in traced().of("audio")] == [0, 1]
    assert list(traced().of("subtitles")) == []


@pytest.mark.parametrize("arrivals", [True, False])
def test_after_json_it_is_the_same(arrivals: bool) -> None:
    trace = traced(arrivals)
    again = Trace.from_dict(json.loads(json.dumps(trace.as_dict())))
    assert again == trace if arrivals else list(again) == list(trace)
    assert (again.complete, again.tracks) == (True, (("video", 0), ("audio", 0)))


def test_an_empty_trace_is_the_same_after_json_too() -> None:
    assert Trace.from_dict(json.loads(json.dumps(Trace().as_dict()))) == Trace()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"size": [1]}, "shorter"),
        ({"tracks": []}, "not listed"),
        ({"size": [-1] * 4}, "cannot be"),
        ({"flags": [255] * 4}, "no known type"),
    ],
)
def test_what_is_no_trace_is_refused(changed: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Trace.from_dict({**traced().as_dict(), **changed})


def test_headers_have_no_trace() -> None:
    probe = StreamProbe("headers")
    for message in clip(1):
        probe.see(message)
    assert len(probe.trace()) == 0


def test_a_frame_says_what_it_is() -> None:
    frame = Frame(kind="video", track_id=0, index=3, timestamp_ms=120, size=9)
    assert (frame.arrived_s, frame.number, frame.picture) == (None, None, "")
