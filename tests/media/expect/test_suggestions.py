"""A word that is no subject, or no unit, leads to the right one: in text, tables and Python."""

from __future__ import annotations

import re

import pytest

from tests.media.expect.publishing import defective, published
from trio_srs.media.expect import RuleError, expect, find_subject, parse_rules, rules_from_table
from trio_srs.media.expect.subjects import SUBJECTS
from trio_srs.media.expect.suggestions import CODECS, suggested_subjects, suggested_unit


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("resolution", "video.size"),
        ("video.resolution", "video.size"),
        ("stream.frame-size", "video.size"),
        ("fps", "video.fps"),
        ("frame_rate", "video.fps"),
        ("gop", "video.gop.seconds or video.gop.frames"),
        ("video.gop", "video.gop.seconds or video.gop.frames"),
        ("keyframe_interval", "video.gop.seconds or video.gop.frames"),
        ("latency", "delay.mean (from a source) or arrival.lag_most_ms or stall.seconds"),
        ("bitrate", "bitrate.mean or bitrate.peak"),
        ("video.bitrate", "video.bitrate.mean or video.bitrate.peak"),
        ("audio.bandwidth", "audio.bitrate.mean or audio.bitrate.peak"),
        ("h265", '"video.codec == hevc"'),
        ("H.265", '"video.codec == hevc"'),
        ("video.h264", '"video.codec == h264"'),
        ("aac", '"audio.codec == aac"'),
        ("samplerate", "audio.sample_rate"),
        ("duration", "duration.seconds"),
        ("av_sync", "skew.ms or skew.drift"),
        ("source.resolution", "video.size"),
        ("gop.seconds", "video.gop.seconds"),
        ("sample_rate", "audio.sample_rate"),
        ("codec", "video.codec or audio.codec"),
        ("video.fsp", "video.fps"),
    ],
)
def test_a_word_leads_to_what_is_meant(said: str, meant: str) -> None:
    with pytest.raises(RuleError, match=re.escape(meant)) as caught:
        find_subject(said)
    assert str(caught.value).endswith("?")


def test_everything_that_is_meant_is_there() -> None:
    said = ("resolution", "gop", "bitrate", "latency", "sync", "frames", "level", "encoder", "md5")
    for word in said:
        for meant in suggested_subjects(word, SUBJECTS):
            find_subject(meant.partition(" ")[0])
    for codec in set(CODECS.values()):
        [rule] = suggested_subjects(codec, SUBJECTS)
        parse_rules([rule.strip('"')])


@pytest.mark.parametrize(
    ("rule", "wrong", "right"),
    [
        ("bitrate.mean >= 2000{}", "k", "kbit/s"),
        ("bitrate.mean >= 2000 {}", "kb/s", "kbit/s"),
        ("bitrate.mean in 1..2{}", "M", "Mbit/s"),
        ("video.fps == 25 {}", "Hz", "fps"),
        ("video.gop.seconds <= 2 {}", "sec", "s"),
        ("skew.ms <= 40 {}", "msec", "ms"),
        ("audio.sample_rate == 48{}", "k", "kHz"),
        ("video.height == 720{}", "p", "px"),
    ],
)
def test_a_unit_that_is_none_leads_to_the_right_one(rule: str, wrong: str, right: str) -> None:
    with pytest.raises(RuleError, match=f"did you mean {right}\\?"):
        parse_rules([rule.format(wrong)])
    parse_rules([rule.format(right)])


def test_a_unit_like_no_other_has_no_hint() -> None:
    assert suggested_unit("parsecs", "s") is None
    assert suggested_unit("k", "") is None


def test_tables_and_python_say_it_too() -> None:
    with pytest.raises(RuleError, match=r"did you mean video\.size\?"):
        rules_from_table({"video": {"resolution": "1280x720"}})
    with pytest.raises(RuleError, match=r"did you mean video\.size\?"):
        expect(published(defective())).about("video", resolution="1280x720")
