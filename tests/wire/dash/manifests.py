"""A manifest with everything in it, and ways to break it."""

from __future__ import annotations

from trio_srs.wire.dash.manifest import (
    HTTP_XSDATE,
    LIVE_PROFILE,
    LOW_LATENCY_PROFILE,
    AdaptationSet,
    LatencyTarget,
    Manifest,
    ManifestPeriod,
    ProducerReference,
    Representation,
    UtcTiming,
)
from trio_srs.wire.dash.segment_template import SegmentTemplate, TimelineRun

__all__ = ["FULL", "TEMPLATE"]

TEMPLATE = SegmentTemplate(
    media="video-$Number$.m4s",
    initialization="video-init.mp4",
    timescale=90_000,
    presentation_time_offset=90_000,
    start_number=7,
    timeline=(TimelineRun(90_000, 180_000, 2), TimelineRun(630_000, 90_000)),
    availability_time_offset_s=1.8,
    is_complete=False,
)
SOUND = SegmentTemplate(media="a-$Time$.m4s", timescale=48_000, duration=96_000)
FULL = Manifest(
    profiles=(LIVE_PROFILE, LOW_LATENCY_PROFILE),
    available_from_ms=1_796_000_000_123,
    published_ms=1_796_000_100_000,
    update_s=1.0,
    min_buffer_s=2.0,
    window_s=30.0,
    delay_s=6.0,
    longest_segment_s=2.4,
    location="a&b.dash/manifest.mpd",
    latency=LatencyTarget(target_ms=2000, reference_id=3),
    timings=(UtcTiming(HTTP_XSDATE, "/now"),),
    periods=(
        ManifestPeriod(
            id="7",
            start_s=60.5,
            duration_s=9.25,
            sets=(
                AdaptationSet(
                    id=0,
                    content_type="video",
                    mime_type="video/mp4",
                    references=(
                        ProducerReference(
                            id=3, wall_clock_ms=1_796_000_000_500, presentation_time=90_000
                        ),
                    ),
                    representations=(
                        Representation(
                            id="video",
                            bandwidth=1_000_000,
                            codecs="avc1.42c01e",
                            width=320,
                            height=240,
                            frame_rate=25.0,
                            template=TEMPLATE,
                        ),
                    ),
                ),
                AdaptationSet(
                    id=1,
                    content_type="audio",
                    mime_type="audio/mp4",
                    access_type=0,
                    representations=(
                        Representation(
                            id="audio",
                            bandwidth=64_000,
                            codecs="mp4a.40.2",
                            sample_rate=48_000,
                            channels=2,
                            template=SOUND,
                        ),
                    ),
                ),
            ),
        ),
    ),
)
