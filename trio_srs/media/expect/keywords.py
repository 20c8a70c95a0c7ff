"""What may be asked of a stream in Python, for type checkers. Floor 1.

Made by docs/generate.py from the table of subjects; edit there.
"""

from __future__ import annotations

from typing import TypedDict

from trio_srs.media.expect.conditions import Expected

__all__ = [
    "ArrivalKeywords",
    "AudioKeywords",
    "BitrateKeywords",
    "ConductKeywords",
    "DelayKeywords",
    "DigestKeywords",
    "DurationKeywords",
    "EndKeywords",
    "FirstFrameKeywords",
    "FirstKeyframeKeywords",
    "GapsKeywords",
    "ReconnectKeywords",
    "SkewKeywords",
    "SourceKeywords",
    "StallKeywords",
    "TimestampsKeywords",
    "VideoKeywords",
]


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
    kind: Expected
    track_id: Expected
    codec: Expected
    codec_string: Expected
    profile: Expected
    level: Expected
    trouble: Expected
    troubles: Expected
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


class ReconnectKeywords(TypedDict, total=False):
    """The keyword arguments of ``reconnect()``."""

    count: Expected
    seconds: Expected


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


class SourceKeywords(TypedDict, total=False):
    """The keyword arguments of ``source()``."""

    video_size: Expected
    video_fps: Expected
    video_gop_seconds: Expected
    video_gop_frames: Expected
    timestamps_monotonic: Expected
    timestamps_regressions: Expected
    timestamps_duplicates: Expected
    timestamps_jumps: Expected
    video_timestamps_monotonic: Expected
    video_timestamps_regressions: Expected
    video_timestamps_duplicates: Expected
    video_timestamps_jumps: Expected
    audio_timestamps_monotonic: Expected
    audio_timestamps_regressions: Expected
    audio_timestamps_duplicates: Expected
    audio_timestamps_jumps: Expected
    gaps_count: Expected
    gaps_longest: Expected
    bitrate_mean: Expected
    bitrate_peak: Expected
    video_bitrate_mean: Expected
    video_bitrate_peak: Expected
    audio_bitrate_mean: Expected
    audio_bitrate_peak: Expected
    skew_ms: Expected
    skew_drift: Expected
    duration_seconds: Expected
    first_frame_seconds: Expected
    first_keyframe_seconds: Expected
    stall_seconds: Expected
    metadata: Expected
    digest_exact: Expected
    digest_payload: Expected
    digest_without_user_data: Expected
    end_reason: Expected
    conduct_client: Expected
    conduct_encoder: Expected
    conduct_handshake: Expected
    conduct_flow: Expected
    conduct_oddities: Expected
    reconnect_count: Expected
    reconnect_seconds: Expected
    delay_min: Expected
    delay_mean: Expected
    delay_max: Expected
    delay_matched: Expected
    delay_missing: Expected
    level: Expected
    messages: Expected
    bytes: Expected
    metadata_changes: Expected
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
    bitrate_now_bps: Expected
    bitrate_mean_bps: Expected
    bitrate_peak_bps: Expected
    skew_first_ms: Expected
    skew_now_ms: Expected
    skew_least_ms: Expected
    skew_most_ms: Expected
    skew_drift_ms_per_minute: Expected
    arrival_resolution_s: Expected
    arrival_first_frame_s: Expected
    arrival_first_keyframe_s: Expected
    arrival_last_frame_s: Expected
    arrival_lag_ms: Expected
    arrival_lag_least_ms: Expected
    arrival_lag_most_ms: Expected
    arrival_longest_silence_s: Expected
    digests_exact: Expected
    digests_payload: Expected
    digests_without_user_data: Expected
    video_kind: Expected
    video_track_id: Expected
    video_codec: Expected
    video_codec_string: Expected
    video_profile: Expected
    video_level: Expected
    video_trouble: Expected
    video_troubles: Expected
    video_messages: Expected
    video_frames: Expected
    video_bytes: Expected
    video_headers_count: Expected
    video_headers_changes: Expected
    video_headers_first_change_index: Expected
    video_headers_first_change_timestamp_ms: Expected
    video_headers_missing: Expected
    video_bitrate_now_bps: Expected
    video_bitrate_mean_bps: Expected
    video_bitrate_peak_bps: Expected
    video_clock_first_ms: Expected
    video_clock_last_ms: Expected
    video_clock_duration_ms: Expected
    video_clock_regressions_count: Expected
    video_clock_regressions_first_index: Expected
    video_clock_regressions_first_timestamp_ms: Expected
    video_clock_regressions_largest_ms: Expected
    video_clock_duplicates_count: Expected
    video_clock_duplicates_first_index: Expected
    video_clock_duplicates_first_timestamp_ms: Expected
    video_clock_duplicates_largest_ms: Expected
    video_clock_gaps_count: Expected
    video_clock_gaps_first_index: Expected
    video_clock_gaps_first_timestamp_ms: Expected
    video_clock_gaps_largest_ms: Expected
    video_clock_jumps_count: Expected
    video_clock_jumps_first_index: Expected
    video_clock_jumps_first_timestamp_ms: Expected
    video_clock_jumps_largest_ms: Expected
    video_clock_wraps: Expected
    video_intervals_fps: Expected
    video_intervals_jitter_ms: Expected
    video_intervals_shortest_ms: Expected
    video_intervals_longest_ms: Expected
    video_last_frame_s: Expected
    video_ends_early_ms: Expected
    video_longest_still_ms: Expected
    video_digests_exact: Expected
    video_digests_payload: Expected
    video_digests_without_user_data: Expected
    video_width: Expected
    video_height: Expected
    video_sar: Expected
    video_display_width: Expected
    video_display_height: Expected
    video_bit_depth: Expected
    video_chroma: Expected
    video_interlaced: Expected
    video_first_field: Expected
    video_nominal_fps: Expected
    video_keyframes: Expected
    video_false_keyframes_count: Expected
    video_false_keyframes_first_index: Expected
    video_false_keyframes_first_timestamp_ms: Expected
    video_false_keyframes_largest_ms: Expected
    video_unmarked_keyframes_count: Expected
    video_unmarked_keyframes_first_index: Expected
    video_unmarked_keyframes_first_timestamp_ms: Expected
    video_unmarked_keyframes_largest_ms: Expected
    video_gop_count: Expected
    video_gop_frames_min: Expected
    video_gop_frames_mean: Expected
    video_gop_frames_max: Expected
    video_gop_seconds_min: Expected
    video_gop_seconds_mean: Expected
    video_gop_seconds_max: Expected
    video_gop_closed: Expected
    video_gop_open: Expected
    video_gop_before_first: Expected
    video_gop_current_frames: Expected
    video_gop_current_seconds: Expected
    video_pictures_intra: Expected
    video_pictures_predicted: Expected
    video_pictures_bidirectional: Expected
    video_pictures_shown_again: Expected
    video_pictures_hidden: Expected
    video_pictures_longest_b_run: Expected
    video_pictures_skipped: Expected
    video_pictures_composition_min_ms: Expected
    video_pictures_composition_max_ms: Expected
    audio_kind: Expected
    audio_track_id: Expected
    audio_codec: Expected
    audio_codec_string: Expected
    audio_profile: Expected
    audio_level: Expected
    audio_trouble: Expected
    audio_troubles: Expected
    audio_messages: Expected
    audio_frames: Expected
    audio_bytes: Expected
    audio_headers_count: Expected
    audio_headers_changes: Expected
    audio_headers_first_change_index: Expected
    audio_headers_first_change_timestamp_ms: Expected
    audio_headers_missing: Expected
    audio_bitrate_now_bps: Expected
    audio_bitrate_mean_bps: Expected
    audio_bitrate_peak_bps: Expected
    audio_clock_first_ms: Expected
    audio_clock_last_ms: Expected
    audio_clock_duration_ms: Expected
    audio_clock_regressions_count: Expected
    audio_clock_regressions_first_index: Expected
    audio_clock_regressions_first_timestamp_ms: Expected
    audio_clock_regressions_largest_ms: Expected
    audio_clock_duplicates_count: Expected
    audio_clock_duplicates_first_index: Expected
    audio_clock_duplicates_first_timestamp_ms: Expected
    audio_clock_duplicates_largest_ms: Expected
    audio_clock_gaps_count: Expected
    audio_clock_gaps_first_index: Expected
    audio_clock_gaps_first_timestamp_ms: Expected
    audio_clock_gaps_largest_ms: Expected
    audio_clock_jumps_count: Expected
    audio_clock_jumps_first_index: Expected
    audio_clock_jumps_first_timestamp_ms: Expected
    audio_clock_jumps_largest_ms: Expected
    audio_clock_wraps: Expected
    audio_intervals_fps: Expected
    audio_intervals_jitter_ms: Expected
    audio_intervals_shortest_ms: Expected
    audio_intervals_longest_ms: Expected
    audio_last_frame_s: Expected
    audio_ends_early_ms: Expected
    audio_longest_still_ms: Expected
    audio_digests_exact: Expected
    audio_digests_payload: Expected
    audio_digests_without_user_data: Expected
    audio_sample_rate: Expected
    audio_channels: Expected
    audio_samples: Expected
    audio_sample_drift_ms: Expected
