"""What may be asked of a stream in Python, for type checkers. Floor 1.

Made by docs/generate.py from the table of subjects; edit there.
"""

from __future__ import annotations

from typing import TypedDict

from trio_srs.media.expect.conditions import Expected

__all__ = [
    "ApartKeywords",
    "ArrivalKeywords",
    "AudioKeywords",
    "BitrateKeywords",
    "ConductKeywords",
    "CounterKeywords",
    "DecodeKeywords",
    "DelayKeywords",
    "DigestKeywords",
    "DurationKeywords",
    "EndKeywords",
    "FirstFrameKeywords",
    "FirstKeyframeKeywords",
    "GapsKeywords",
    "HealthyKeywords",
    "PackagingKeywords",
    "PictureKeywords",
    "ReconnectKeywords",
    "SkewKeywords",
    "StallKeywords",
    "SyncKeywords",
    "TimestampsKeywords",
    "VideoKeywords",
]


class HealthyKeywords(TypedDict, total=False):
    """The keyword arguments of ``healthy()``."""

    tracks: Expected
    start: Expected
    finish: Expected
    gaps: Expected
    timestamps: Expected
    duplicates: Expected
    stall: Expected
    headers: Expected
    readable: Expected
    keyframes: Expected
    first_keyframe: Expected
    false_keyframes: Expected
    packaging: Expected
    end: Expected


class VideoKeywords(TypedDict, total=False):
    """The keyword arguments of ``video()``."""

    size: Expected
    fps: Expected
    gop_seconds: Expected
    gop_frames: Expected
    timestamps_monotonic: Expected
    timestamps_regressions: Expected
    timestamps_duplicates: Expected
    timestamps_jumps: Expected
    bitrate_mean: Expected
    bitrate_peak: Expected
    kind: Expected
    track_id: Expected
    codec: Expected
    codec_string: Expected
    profile: Expected
    level: Expected
    trouble: Expected
    troubles: Expected
    first_trouble: Expected
    messages: Expected
    frames: Expected
    bytes: Expected
    headers_count: Expected
    headers_changes: Expected
    headers_first_change_index: Expected
    headers_first_change_timestamp_ms: Expected
    headers_missing: Expected
    bitrate_now_bps: Expected
    bitrate_mean_bps: Expected
    bitrate_peak_bps: Expected
    clock_first_ms: Expected
    clock_last_ms: Expected
    clock_duration_ms: Expected
    clock_regressions_count: Expected
    clock_regressions_first_index: Expected
    clock_regressions_first_timestamp_ms: Expected
    clock_regressions_largest_ms: Expected
    clock_duplicates_count: Expected
    clock_duplicates_first_index: Expected
    clock_duplicates_first_timestamp_ms: Expected
    clock_duplicates_largest_ms: Expected
    clock_gaps_count: Expected
    clock_gaps_first_index: Expected
    clock_gaps_first_timestamp_ms: Expected
    clock_gaps_largest_ms: Expected
    clock_jumps_count: Expected
    clock_jumps_first_index: Expected
    clock_jumps_first_timestamp_ms: Expected
    clock_jumps_largest_ms: Expected
    clock_wraps: Expected
    intervals_fps: Expected
    intervals_jitter_ms: Expected
    intervals_shortest_ms: Expected
    intervals_longest_ms: Expected
    last_frame_s: Expected
    ends_early_ms: Expected
    longest_still_ms: Expected
    digests_exact: Expected
    digests_payload: Expected
    digests_without_user_data: Expected
    width: Expected
    height: Expected
    sar: Expected
    display_width: Expected
    display_height: Expected
    bit_depth: Expected
    chroma: Expected
    interlaced: Expected
    first_field: Expected
    nominal_fps: Expected
    keyframes: Expected
    false_keyframes_count: Expected
    false_keyframes_first_index: Expected
    false_keyframes_first_timestamp_ms: Expected
    false_keyframes_largest_ms: Expected
    unmarked_keyframes_count: Expected
    unmarked_keyframes_first_index: Expected
    unmarked_keyframes_first_timestamp_ms: Expected
    unmarked_keyframes_largest_ms: Expected
    gop_count: Expected
    gop_frames_min: Expected
    gop_frames_mean: Expected
    gop_frames_max: Expected
    gop_seconds_min: Expected
    gop_seconds_mean: Expected
    gop_seconds_max: Expected
    gop_closed: Expected
    gop_open: Expected
    gop_before_first: Expected
    gop_current_frames: Expected
    gop_current_seconds: Expected
    pictures_intra: Expected
    pictures_predicted: Expected
    pictures_bidirectional: Expected
    pictures_shown_again: Expected
    pictures_hidden: Expected
    pictures_longest_b_run: Expected
    pictures_skipped: Expected
    pictures_composition_min_ms: Expected
    pictures_composition_max_ms: Expected


class AudioKeywords(TypedDict, total=False):
    """The keyword arguments of ``audio()``."""

    timestamps_monotonic: Expected
    timestamps_regressions: Expected
    timestamps_duplicates: Expected
    timestamps_jumps: Expected
    bitrate_mean: Expected
    bitrate_peak: Expected
    silent_frames: Expected
    silent_seconds: Expected
    clipped: Expected
    loudness: Expected
    loudness_range: Expected
    true_peak: Expected
    tone: Expected
    kind: Expected
    track_id: Expected
    codec: Expected
    codec_string: Expected
    profile: Expected
    level: Expected
    trouble: Expected
    troubles: Expected
    first_trouble: Expected
    messages: Expected
    frames: Expected
    bytes: Expected
    headers_count: Expected
    headers_changes: Expected
    headers_first_change_index: Expected
    headers_first_change_timestamp_ms: Expected
    headers_missing: Expected
    bitrate_now_bps: Expected
    bitrate_mean_bps: Expected
    bitrate_peak_bps: Expected
    clock_first_ms: Expected
    clock_last_ms: Expected
    clock_duration_ms: Expected
    clock_regressions_count: Expected
    clock_regressions_first_index: Expected
    clock_regressions_first_timestamp_ms: Expected
    clock_regressions_largest_ms: Expected
    clock_duplicates_count: Expected
    clock_duplicates_first_index: Expected
    clock_duplicates_first_timestamp_ms: Expected
    clock_duplicates_largest_ms: Expected
    clock_gaps_count: Expected
    clock_gaps_first_index: Expected
    clock_gaps_first_timestamp_ms: Expected
    clock_gaps_largest_ms: Expected
    clock_jumps_count: Expected
    clock_jumps_first_index: Expected
    clock_jumps_first_timestamp_ms: Expected
    clock_jumps_largest_ms: Expected
    clock_wraps: Expected
    intervals_fps: Expected
    intervals_jitter_ms: Expected
    intervals_shortest_ms: Expected
    intervals_longest_ms: Expected
    last_frame_s: Expected
    ends_early_ms: Expected
    longest_still_ms: Expected
    digests_exact: Expected
    digests_payload: Expected
    digests_without_user_data: Expected
    sample_rate: Expected
    channels: Expected
    samples: Expected
    sample_drift_ms: Expected


class TimestampsKeywords(TypedDict, total=False):
    """The keyword arguments of ``timestamps()``."""

    monotonic: Expected
    regressions: Expected
    duplicates: Expected
    jumps: Expected


class GapsKeywords(TypedDict, total=False):
    """The keyword arguments of ``gaps()``."""

    count: Expected
    longest: Expected


class SkewKeywords(TypedDict, total=False):
    """The keyword arguments of ``skew()``."""

    ms: Expected
    drift: Expected
    first_ms: Expected
    now_ms: Expected
    least_ms: Expected
    most_ms: Expected
    drift_ms_per_minute: Expected


class BitrateKeywords(TypedDict, total=False):
    """The keyword arguments of ``bitrate()``."""

    mean: Expected
    peak: Expected
    now_bps: Expected
    mean_bps: Expected
    peak_bps: Expected


class StallKeywords(TypedDict, total=False):
    """The keyword arguments of ``stall()``."""

    seconds: Expected


class FirstFrameKeywords(TypedDict, total=False):
    """The keyword arguments of ``first_frame()``."""

    seconds: Expected


class FirstKeyframeKeywords(TypedDict, total=False):
    """The keyword arguments of ``first_keyframe()``."""

    seconds: Expected


class DurationKeywords(TypedDict, total=False):
    """The keyword arguments of ``duration()``."""

    seconds: Expected


class DigestKeywords(TypedDict, total=False):
    """The keyword arguments of ``digest()``."""

    exact: Expected
    payload: Expected
    without_user_data: Expected


class EndKeywords(TypedDict, total=False):
    """The keyword arguments of ``end()``."""

    reason: Expected


class ConductKeywords(TypedDict, total=False):
    """The keyword arguments of ``conduct()``."""

    client: Expected
    encoder: Expected
    handshake: Expected
    flow: Expected
    oddities: Expected


class PackagingKeywords(TypedDict, total=False):
    """The keyword arguments of ``packaging()``."""

    errors: Expected
    warnings: Expected
    form: Expected
    container: Expected
    encrypted: Expected
    live: Expected
    variants_count: Expected
    variants_apart: Expected
    target_seconds: Expected
    part_target_seconds: Expected
    discontinuities: Expected
    gap_segments: Expected
    segments_count: Expected
    segments_seconds: Expected
    parts_count: Expected
    parts_seconds: Expected
    hole_longest: Expected
    dates_drift: Expected
    first_segment_seconds: Expected
    latency_seconds: Expected
    stale_seconds: Expected
    requests_count: Expected
    requests_failed: Expected
    requests_slowest: Expected
    availability: Expected
    cache_lists: Expected
    cache_media: Expected


class ApartKeywords(TypedDict, total=False):
    """The keyword arguments of ``apart()``."""

    start: Expected
    duration: Expected
    frames: Expected
    keyframes: Expected


class ReconnectKeywords(TypedDict, total=False):
    """The keyword arguments of ``reconnect()``."""

    count: Expected
    seconds: Expected
    timestamps: Expected
    lost: Expected
    attempts: Expected
    pauses: Expected
    backoff: Expected


class DelayKeywords(TypedDict, total=False):
    """The keyword arguments of ``delay()``."""

    min: Expected
    mean: Expected
    max: Expected
    matched: Expected
    missing: Expected


class ArrivalKeywords(TypedDict, total=False):
    """The keyword arguments of ``arrival()``."""

    resolution_s: Expected
    first_frame_s: Expected
    first_keyframe_s: Expected
    last_frame_s: Expected
    lag_ms: Expected
    lag_least_ms: Expected
    lag_most_ms: Expected
    longest_silence_s: Expected


class DecodeKeywords(TypedDict, total=False):
    """The keyword arguments of ``decode()``."""

    errors: Expected
    end: Expected


class PictureKeywords(TypedDict, total=False):
    """The keyword arguments of ``picture()``."""

    black_frames: Expected
    black_seconds: Expected
    frozen_frames: Expected
    frozen_seconds: Expected
    plain_frames: Expected
    plain_seconds: Expected
    corrupt_frames: Expected
    corrupt_seconds: Expected
    size: Expected
    aspect: Expected
    rotation: Expected
    range: Expected
    primaries: Expected
    transfer: Expected
    matrix: Expected
    pixels: Expected
    turned: Expected
    mirrored: Expected
    ssim: Expected
    ssim_mean: Expected
    psnr: Expected
    psnr_mean: Expected
    vmaf: Expected
    vmaf_mean: Expected
    compared: Expected


class CounterKeywords(TypedDict, total=False):
    """The keyword arguments of ``counter()``."""

    read: Expected
    lost: Expected
    repeated: Expected
    reordered: Expected
    unreadable: Expected


class SyncKeywords(TypedDict, total=False):
    """The keyword arguments of ``sync()``."""

    ms: Expected
    mean: Expected
