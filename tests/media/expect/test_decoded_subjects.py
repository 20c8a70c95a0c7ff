"""Rules about the decoded picture and sound: each is met and not met, at the right frame."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from tests.media.decoded.measured import beep, form, picture, pictures, sound, sounds
from trio_srs.media.decoded.decoded import Decoded, DecodeEnd
from trio_srs.media.decoded.measures import Loudness, ToneMeasures, Trouble, TroubleKind
from trio_srs.media.expect import SUBJECTS, Evidence, Rule, Verdict, judge
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import StreamReport

REPORT = StreamReport(
    stream="live/a", session="s", peer="p", began_at=0.0, facts=StreamProbe().facts()
)


def trouble(track: str, index: int, at_ms: int, detail: str = "") -> Trouble:
    return Trouble(
        kind=TroubleKind.REFUSED, track=track, index=index, timestamp_ms=at_ms, detail=detail
    )


def tone(index: int, hz: float, share: float = 0.9) -> ToneMeasures:
    return ToneMeasures(index=index, timestamp_ms=100 * index, hz=hz, share=share)


def looking(at: int, count: int = 3, **said: Any) -> tuple[Any, ...]:
    """Thirty pictures, some of which look like something."""
    return tuple(
        picture(index, **(said if at <= index < at + count else {})) for index in range(30)
    )


DAMAGED = Decoded(
    pictures=tuple(pictures([0, 1, 2, 2, 4, 6, 5, None, 8])),
    forms=(form(turned=90, mirrored=True), form(4, width=320, sar=(4, 3))),
    sounds=tuple(
        attrs.evolve(each, clipped=12 if each.index == 4 else 0)
        for each in sounds([-20, -20, -90, -90, -20, -20])
    ),
    tones=(tone(0, 1000.0), tone(1, 1001.0), tone(2, 440.0), tone(3, 0.0, share=0.1)),
    troubles=(trouble("video", 7, 280, "Invalid data"), trouble("audio", 3, 60, "no such frame")),
    loudness=Loudness(integrated_lufs=-23.1, range_lu=4.0, true_peak_db=-1.5),
)
SYNCED = Decoded(
    pictures=tuple(pictures(range(100))),
    beeps=(beep(0), beep(1, 120.0), beep(2, 120.0)),
)
COMPARED = Decoded(
    pictures=tuple(
        picture(at, ssim=0.9 if at == 12 else 0.99, psnr_db=40.0, reference=at) for at in range(20)
    ),
    compared="golden.flv",
)


def verdict(rule: str, decoded: Decoded | None) -> Verdict:
    [made] = judge(Evidence(report=REPORT, decoded=decoded), [Rule.parse(rule)])
    return made


def of_look(look: str, **said: Any) -> list[tuple[str, Decoded, str, int | None]]:
    some = Decoded(pictures=looking(10, **said))
    return [
        (f"picture.{look}.frames == 0", some, "3 frames", 10),
        (f"picture.{look}.seconds <= 100 ms", some, "0.12 s", 10),
    ]


NOT_MET: list[tuple[str, Decoded, str, int | None]] = [
    *of_look("black", brightest=16.0, darkest=16.0),
    *of_look("frozen", is_still=True),
    *of_look("plain", brightest=100.0, darkest=100.0, colours=0.0),
    *of_look("corrupt", is_corrupt=True),
    ("decode.errors == 0", DAMAGED, "2 frames, no such frame", 3),
    ("picture.size == 640x360", DAMAGED, "320x360", None),
    ("picture.aspect == 16:9", DAMAGED, "32x27", None),
    ("picture.rotation == 90", DAMAGED, "0", 0),
    ("picture.range == full", DAMAGED, "limited", None),
    ("picture.primaries == bt2020", DAMAGED, "bt709", None),
    ("picture.pixels == yuv444p", DAMAGED, "yuv420p", None),
    ("counter.read >= 9", DAMAGED, "8 frames", None),
    ("counter.lost == 0", DAMAGED, "1 frames", 4),
    ("counter.repeated == 0", DAMAGED, "1 frames", 3),
    ("counter.reordered == 0", DAMAGED, "1 frames", 6),
    ("counter.unreadable == 0", DAMAGED, "1 frames", 7),
    ("sync.ms in -40..40", SYNCED, "0 ms to 120 ms", 32),
    ("sync.mean <= 40", SYNCED, "80 ms", 32),
    ("picture.ssim >= 0.95", COMPARED, "0.9 to 0.99", 12),
    ("picture.ssim.mean >= 0.99", COMPARED, "0.9855", 12),
    ("picture.psnr >= 45 dB", COMPARED, "40 dB", 0),
    ("picture.compared >= 25", COMPARED, "20 frames", None),
    ("audio.silent.frames == 0", DAMAGED, "2 frames", 2),
    ("audio.silent.seconds <= 10 ms", DAMAGED, "0.04 s", 2),
    ("audio.clipped == 0", DAMAGED, "12", 4),
    ("audio.loudness ~ -14±1", DAMAGED, "-23.1 LUFS", None),
    ("audio.loudness.range <= 2", DAMAGED, "4 LU", None),
    ("audio.true_peak <= -3 dB", DAMAGED, "-1.5 dB", None),
    ("audio.tone ~ 1000±0.1 Hz", DAMAGED, "1000 Hz", None),
]


@pytest.mark.parametrize(("rule", "decoded", "seen", "index"), NOT_MET[:-1])
def test_what_is_not_as_expected_is_found_at_its_frame(
    rule: str, decoded: Decoded, seen: str, index: int | None
) -> None:
    made = verdict(rule, decoded)
    assert (made.met, made.seen) == (False, seen)
    assert index is None or made.index == index


@pytest.mark.parametrize(
    ("rule", "decoded"),
    [
        ("picture.black.frames == 0", SYNCED),
        ("picture.frozen.seconds <= 1 s", SYNCED),
        ("decode.errors == 0", SYNCED),
        ("decode.end == complete", SYNCED),
        ("picture.turned present", attrs.evolve(DAMAGED, forms=(form(turned=90),))),
        ("picture.mirrored == true", attrs.evolve(DAMAGED, forms=(form(mirrored=True),))),
        ("counter.lost == 0", SYNCED),
        ("picture.ssim >= 0.9", COMPARED),
        ("audio.tone ~ 1000±2 Hz", DAMAGED),
        ("audio.clipped <= 12", DAMAGED),
    ],
)
def test_what_is_as_expected_is_met(rule: str, decoded: Decoded) -> None:
    assert verdict(rule, decoded).met


@pytest.mark.parametrize(
    ("rule", "decoded", "why"),
    [
        ("picture.black.frames == 0", None, "it was not decoded"),
        ("picture.black.frames == 0", Decoded(), "there was no picture"),
        ("audio.clipped == 0", Decoded(), "there was no sound"),
        ("counter.lost == 0", COMPARED, "no picture has the number that our pattern draws"),
        ("sync.ms <= 40", COMPARED, "no picture has the number that our pattern draws"),
        ("sync.mean <= 40", COMPARED, "no picture has the number that our pattern draws"),
        ("sync.ms <= 40", attrs.evolve(SYNCED, beeps=()), "no beep of our pattern was heard"),
        ("picture.mirrored == false", attrs.evolve(SYNCED, forms=(form(),)), "no panel of"),
        ("picture.ssim >= 0.9", SYNCED, "there is no reference to compare with"),
        ("picture.ssim.mean >= 0.9", SYNCED, "there is no reference to compare with"),
        ("picture.ssim >= 0.9", attrs.evolve(SYNCED, compared="f"), "no picture is one of the"),
        ("picture.vmaf >= 90", attrs.evolve(COMPARED, without_vmaf="no ffmpeg"), "no ffmpeg"),
        ("audio.loudness >= -30", Decoded(sounds=(sound(0),)), "there was too little sound"),
        ("audio.tone >= 100", Decoded(sounds=(sound(0),)), "no tone is heard"),
    ],
)
def test_what_is_not_known_is_not_met_and_says_why(
    rule: str, decoded: Decoded | None, why: str
) -> None:
    made = verdict(rule, decoded)
    assert not made.met
    assert why in made.seen


CRASHED = attrs.evolve(
    SYNCED, end=DecodeEnd.CRASHED, end_detail="the decoder was ended by signal 11 behind frame 30"
)


@pytest.mark.parametrize("rule", ["picture.black.frames == 0", "audio.clipped == 0", "sync.ms < 1"])
def test_of_what_a_decoder_did_not_finish_nothing_is_met(rule: str) -> None:
    made = verdict(rule, CRASHED)
    assert (made.met, made.seen) == (False, CRASHED.end_detail)


def test_a_frame_without_words_is_told_all_the_same() -> None:
    assert verdict("decode.errors >= 1", SYNCED).seen == "0 frames"


def test_how_it_ended_is_a_fact_of_its_own() -> None:
    assert verdict("decode.end == crashed", CRASHED).met
    assert not verdict("decode.end == complete", CRASHED).met
    assert not verdict("decode.errors >= 1", None).met


def test_each_tone_is_a_reading_and_noise_is_none() -> None:
    made = verdict("audio.tone ~ 2000±1 Hz", DAMAGED)
    assert (made.track, made.index) == ("audio", 0)


def test_all_of_them_say_that_they_need_decoding_and_what_they_are() -> None:
    ours = [subject for subject in SUBJECTS.values() if subject.needs_decoding]
    assert len(ours) > 30
    assert all(subject.definition for subject in ours)
    assert not SUBJECTS["video.fps"].needs_decoding


def test_of_a_source_its_own_decoded_pictures_are_asked() -> None:
    rule = Rule.parse("source.picture.black.frames == 0")
    black = Decoded(pictures=looking(10, brightest=16.0))
    [made] = judge(
        Evidence(report=REPORT, source=REPORT, decoded=black, source_decoded=SYNCED), [rule]
    )
    assert made.met


@pytest.mark.parametrize("decoded", [None, DAMAGED, SYNCED, COMPARED])
def test_what_is_found_frame_by_frame_is_in_the_order_of_the_frames(
    decoded: Decoded | None,
) -> None:
    evidence = Evidence(report=REPORT, decoded=decoded)
    for subject in SUBJECTS.values():
        if subject.needs_decoding and subject.walk is not None:
            at = [reading.frame.timestamp_ms for reading in subject.walk(evidence)]
            assert at == sorted(at)
            assert at == [] or decoded is not None
