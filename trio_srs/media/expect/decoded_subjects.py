"""Subjects about the decoded picture and sound. Floor 1.

They need :attr:`~trio_srs.media.expect.evidence.Evidence.decoded`. Where a decoder did not come to
its end nothing is known of the whole, and so nothing is met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias

import attrs

from trio_srs.media.expect.evidence import Absent, Evidence, Extent, Seen
from trio_srs.media.expect.subject import Blame, EvidenceWalk, Kind, Subject
from trio_srs.media.expect.walks import Reading
from trio_srs.media.trace import Frame

if TYPE_CHECKING:  # only rules about what was decoded need them
    from trio_srs.media.decoded.decoded import Decoded
    from trio_srs.media.decoded.measures import PictureForm, PictureMeasures
    from trio_srs.media.decoded.numbers import Numbered, NumberFacts
    from trio_srs.media.decoded.spells import Spell
    from trio_srs.media.decoded.sync import SyncPoint

__all__ = ["decoded_subjects"]

_Read: TypeAlias = "Callable[[Decoded], Seen]"
_Walk: TypeAlias = "Callable[[Decoded], Iterator[Reading]]"

_ENDS: Final = ("complete", "crashed", "hung", "out_of_memory")
_LOOKS: Final = (
    (
        "black",
        "in which nothing is to be seen: no block of 8x8 pixels is brighter than nearly black",
    ),
    ("frozen", "that are the one before once more, and not black"),
    ("plain", "of a single colour, which is not black"),
    ("corrupt", "that the decoder calls damaged, and those that hang on one it could not decode"),
)
_FOUND: Final = (
    ("lost", "of our pattern that did not come, between two that did, by the drawn number"),
    ("repeated", "of our pattern that had been shown before, by the drawn number"),
    ("reordered", "of our pattern that were shown behind a later one, by the drawn number"),
    ("unreadable", "in which the number cannot be read, where it can in others"),
)
_QUALITIES: Final = (
    ("ssim", "", "SSIM"),
    ("psnr", "dB", "PSNR; 100 dB of pictures that are the same"),
    (
        "vmaf",
        "",
        "VMAF, where there is an ffmpeg that has it; 97 to 100 of pictures that are the same",
    ),
)
_FORMS: Final = (
    ("range", "Whether black is 16 or 0: `limited` or `full`", ("limited", "full", "unknown")),
    ("primaries", "The colour primaries by their name in H.273", ()),
    ("transfer", "The transfer characteristics by their name in H.273", ()),
    ("matrix", "The matrix coefficients by their name in H.273", ()),
    ("pixels", "The format of the pixels in FFmpeg's words", ()),
)
_TONAL: Final = 0.5
"""Share of the energy from which on a tenth of a second is a tone."""


def decoded_subjects() -> Iterator[Subject]:
    """The subjects about pictures and sound that came out of a decoder."""
    for subject in _all():
        yield attrs.evolve(subject, needs_decoding=True)


def _all() -> Iterator[Subject]:
    yield from _decoding()
    yield from _pictures()
    yield from _numbers()
    yield from _quality()
    yield from _sound()


# ------------------------------------------------------------------ how they are read


def _of(read: _Read, *, whole: bool = True) -> Callable[[Evidence], Seen]:
    """Read what was decoded, if anything was, and all of it."""

    def read_evidence(evidence: Evidence) -> Seen:
        decoded = evidence.decoded
        if decoded is None:
            return Absent(evidence.undecoded)
        if whole and decoded.end_detail:
            return Absent(decoded.end_detail)
        return read(decoded)

    return read_evidence


def _along(walk: _Walk) -> EvidenceWalk:
    def walk_evidence(evidence: Evidence) -> Iterator[Reading]:
        return iter(()) if evidence.decoded is None else walk(evidence.decoded)

    return walk_evidence


def _frame(kind: str, index: int, timestamp_ms: int) -> Frame:
    return Frame(kind=kind, track_id=0, index=index, timestamp_ms=timestamp_ms, size=0)


def _picture_frame(picture: PictureMeasures) -> Frame:
    return _frame("video", picture.index, picture.timestamp_ms)


def _with_pictures(read: _Read) -> Callable[[Evidence], Seen]:
    return _of(
        lambda decoded: read(decoded) if decoded.pictures else Absent("there was no picture")
    )


def _with_sound(read: _Read) -> Callable[[Evidence], Seen]:
    return _of(lambda decoded: read(decoded) if decoded.sounds else Absent("there was no sound"))


def _subject(
    name: str,
    definition: str,
    read: Callable[[Evidence], Seen],
    walk: _Walk | None = None,
    *,
    unit: str = "",
    kind: Kind = Kind.NUMBER,
    track: str = "video",
    words: tuple[str, ...] = (),
) -> Subject:
    return Subject(
        name=name, kind=kind, unit=unit, definition=definition, read=read, track=track, words=words,
        walk=None if walk is None else _along(walk),
    )  # fmt: skip


# ------------------------------------------------------------------ decoding itself


def _troubled(decoded: Decoded) -> Iterator[Reading]:
    ordered = sorted(decoded.troubles, key=lambda trouble: trouble.timestamp_ms)
    for count, trouble in enumerate(ordered, 1):
        yield Reading(_frame(trouble.track, trouble.index, trouble.timestamp_ms), count, count)


def _trouble_words(evidence: Evidence) -> str:
    troubles = evidence.decoded.troubles if evidence.decoded is not None else ()
    return min(troubles, key=lambda trouble: trouble.timestamp_ms).detail if troubles else ""


def _decoding() -> Iterator[Subject]:
    errors = _subject(
        "decode.errors",
        "Frames that a decoder refused, showed nothing of, or made a picture of that it calls "
        "damaged.",
        _of(lambda decoded: len(decoded.troubles), whole=False), _troubled, unit="frames", track="",
    )  # fmt: skip
    yield attrs.evolve(errors, remark=_trouble_words)
    end = _subject(
        "decode.end",
        "How decoding ended: `complete`, `crashed`, `hung` or `out_of_memory`.",
        _of(lambda decoded: decoded.end.value, whole=False),
        kind=Kind.TEXT, track="", words=_ENDS,
    )  # fmt: skip
    yield attrs.evolve(end, blame=Blame.LAST)


# ------------------------------------------------------------------ what pictures are like


def _spells(look: str, decoded: Decoded) -> Iterator[Spell]:
    from trio_srs.media.decoded import spells

    is_so = getattr(spells, f"is_{look}")
    return spells.picture_spells(decoded.pictures, is_so)


def _spell_frames(kind: str, spells: Iterable[Spell]) -> Iterator[Reading]:
    count = 0
    for spell in spells:
        count += spell.count
        yield Reading(_frame(kind, spell.index, spell.timestamp_ms), count, count)


def _spell_seconds(kind: str, spells: Iterable[Spell]) -> Iterator[Reading]:
    for spell in spells:
        frame = _frame(kind, spell.index, spell.timestamp_ms)
        yield Reading(frame, spell.seconds, spell.seconds)


def _longest_s(spells: Iterable[Spell]) -> float:
    return max((spell.seconds for spell in spells), default=0.0)


def _forms(name: str, decoded: Decoded) -> tuple[tuple[PictureForm, object], ...]:
    return tuple((form, _form_value(name, form)) for form in decoded.forms)


def _form_value(name: str, form: PictureForm) -> object:
    match name:
        case "size":
            return form.width, form.height
        case "aspect":
            width, height = form.width * form.sar[0], form.height * form.sar[1]
            from math import gcd

            common = gcd(width, height) or 1
            return width // common, height // common
    return getattr(form, name)


def _last_form(name: str, decoded: Decoded) -> Seen:
    """What holds at the end; several are told apart by the frame at which they begin."""
    value = _forms(name, decoded)[-1][1]
    if value is None:
        return Absent("no panel of our pattern was found")
    return value  # type: ignore[return-value]  # a number, text or a pair, by the table


def _form_frames(name: str, decoded: Decoded) -> Iterator[Reading]:
    for form, value in _forms(name, decoded):
        if isinstance(value, int):
            yield Reading(_frame("video", form.index, form.timestamp_ms), value, value)


def _pictures() -> Iterator[Subject]:
    for look, words in _LOOKS:
        yield _subject(
            f"picture.{look}.frames", f"Pictures {words}.",
            _with_pictures(partial(_count_spells, look)), partial(_look_frames, look),
            unit="frames",
        )  # fmt: skip
        yield _subject(
            f"picture.{look}.seconds", f"The longest time with pictures {words}.",
            _with_pictures(partial(_longest_look, look)), partial(_look_seconds, look), unit="s",
        )  # fmt: skip
    yield _subject(
        "picture.size", "Width and height in pixels, as decoded.",
        _with_pictures(partial(_last_form, "size")), kind=Kind.PAIR,
    )  # fmt: skip
    yield _subject(
        "picture.aspect", "Width to height as it is to be shown: `16:9`.",
        _with_pictures(partial(_last_form, "aspect")), kind=Kind.PAIR,
    )  # fmt: skip
    yield _subject(
        "picture.rotation", "Degrees clockwise by which the picture asks to be turned.",
        _with_pictures(partial(_last_form, "rotation")), partial(_form_frames, "rotation"),
    )  # fmt: skip
    for name, definition, known in _FORMS:
        yield _subject(
            f"picture.{name}", f"{definition}, as decoded.",
            _with_pictures(partial(_last_form, name)), kind=Kind.TEXT, words=known,
        )  # fmt: skip
    yield _subject(
        "picture.turned", "Degrees clockwise by which our pattern was turned, by its corner marks.",
        _with_pictures(partial(_last_form, "turned")), partial(_form_frames, "turned"),
    )  # fmt: skip
    yield _subject(
        "picture.mirrored", "Whether our pattern was mirrored, by its corner marks.",
        _with_pictures(partial(_last_form, "mirrored")), partial(_form_frames, "mirrored"),
        kind=Kind.TRUTH,
    )  # fmt: skip


def _count_spells(look: str, decoded: Decoded) -> Seen:
    return sum(spell.count for spell in _spells(look, decoded))


def _look_frames(look: str, decoded: Decoded) -> Iterator[Reading]:
    return _spell_frames("video", _spells(look, decoded))


def _longest_look(look: str, decoded: Decoded) -> Seen:
    return _longest_s(_spells(look, decoded))


def _look_seconds(look: str, decoded: Decoded) -> Iterator[Reading]:
    return _spell_seconds("video", _spells(look, decoded))


# ------------------------------------------------------------------ our pattern


def _number_facts(decoded: Decoded) -> NumberFacts:
    from trio_srs.media.decoded.numbers import number_facts

    return number_facts(decoded.pictures)


def _no_numbers() -> Absent:
    return Absent("no picture has the number that our pattern draws")


def _found(what: str, decoded: Decoded) -> Seen:
    facts = _number_facts(decoded)
    if not facts.read:
        return _no_numbers()
    found: tuple[Numbered, ...] = getattr(facts, what)
    return sum(each.count for each in found)


def _found_at(what: str, decoded: Decoded) -> Iterator[Reading]:
    count = 0
    for each in getattr(_number_facts(decoded), what):
        count += each.count
        yield Reading(_picture_frame(each.picture), count, count)


def _sync_points(decoded: Decoded) -> tuple[SyncPoint, ...]:
    from trio_srs.media.decoded.sync import sync_points

    return sync_points(_number_facts(decoded), decoded.beeps)


def _sync(decoded: Decoded) -> Seen:
    if not _number_facts(decoded).read:
        return _no_numbers()
    values = [point.ms for point in _sync_points(decoded)]
    if not values:
        return Absent("no beep of our pattern was heard")
    return Extent(min(values), max(values))


def _sync_mean(decoded: Decoded) -> Seen:
    seen = _sync(decoded)
    if isinstance(seen, Absent):
        return seen
    points = _sync_points(decoded)
    return sum(point.ms for point in points) / len(points)


def _synced(decoded: Decoded) -> Iterator[Reading]:
    for point in _sync_points(decoded):
        yield Reading(_picture_frame(point.picture), point.ms, point.ms)


def _numbers() -> Iterator[Subject]:
    yield _subject(
        "counter.read", "Pictures in which the number that our pattern draws was read.",
        _with_pictures(lambda decoded: len(_number_facts(decoded).read)), unit="frames",
    )  # fmt: skip
    for what, words in _FOUND:
        yield _subject(
            f"counter.{what}", f"Pictures {words}.", _with_pictures(partial(_found, what)),
            partial(_found_at, what), unit="frames",
        )  # fmt: skip
    yield _subject(
        "sync.ms",
        "Sound minus picture of our pattern, at every beep: the sound is late above 0. By the "
        "drawn numbers, so that it holds also where everything was coded again.",
        _with_pictures(_sync), _synced, unit="ms",
    )  # fmt: skip
    yield _subject(
        "sync.mean", "The same on average.", _with_pictures(_sync_mean), _synced, unit="ms"
    )


# ------------------------------------------------------------------ against a reference


def _scores(name: str, decoded: Decoded) -> Iterator[tuple[PictureMeasures, float]]:
    field = "psnr_db" if name == "psnr" else name
    for picture in decoded.pictures:
        score: float | None = getattr(picture, field)
        if score is not None:
            yield picture, score


def _scored(name: str, decoded: Decoded) -> Seen:
    scores = [score for _, score in _scores(name, decoded)]
    if scores:
        return Extent(min(scores), max(scores))
    if not decoded.compared:
        return Absent("there is no reference to compare with")
    if name == "vmaf" and decoded.without_vmaf:
        return Absent(decoded.without_vmaf)
    return Absent("no picture is one of the reference")


def _mean_score(name: str, decoded: Decoded) -> Seen:
    seen = _scored(name, decoded)
    if isinstance(seen, Absent):
        return seen
    scores = [score for _, score in _scores(name, decoded)]
    return sum(scores) / len(scores)


def _score_frames(name: str, decoded: Decoded) -> Iterator[Reading]:
    for picture, score in _scores(name, decoded):
        yield Reading(_picture_frame(picture), score, score)


def _quality() -> Iterator[Subject]:
    for name, unit, words in _QUALITIES:
        yield _subject(
            f"picture.{name}", f"{words}, of every picture against the same one of the reference.",
            _with_pictures(partial(_scored, name)), partial(_score_frames, name), unit=unit,
        )  # fmt: skip
        yield _subject(
            f"picture.{name}.mean", f"{words}, on average.",
            _with_pictures(partial(_mean_score, name)), partial(_score_frames, name), unit=unit,
        )  # fmt: skip
    yield _subject(
        "picture.compared", "Pictures that were compared with one of the reference.",
        _with_pictures(lambda decoded: sum(1 for _ in _scores("ssim", decoded))), unit="frames",
    )  # fmt: skip


# ------------------------------------------------------------------ sound


def _silences(decoded: Decoded) -> Iterator[Spell]:
    from trio_srs.media.decoded.spells import silences

    return silences(decoded.sounds)


def _clipped(decoded: Decoded) -> Iterator[Reading]:
    count = 0
    for sound in decoded.sounds:
        if sound.clipped:
            count += sound.clipped
            yield Reading(_frame("audio", sound.index, sound.timestamp_ms), count, count)


def _loudness(field: str, decoded: Decoded) -> Seen:
    if decoded.loudness is None:
        return Absent("there was too little sound to say how loud it is")
    value: float = getattr(decoded.loudness, field)
    return value


def _tone(decoded: Decoded) -> Seen:
    tonal = [tone.hz for tone in decoded.tones if tone.share >= _TONAL]
    if not tonal or 2 * len(tonal) < len(decoded.tones):
        return Absent("no tone is heard for half of the time")
    from statistics import median

    return median(tonal)


def _tones(decoded: Decoded) -> Iterator[Reading]:
    for tone in decoded.tones:
        hz = tone.hz if tone.share >= _TONAL else 0.0
        yield Reading(_frame("audio", tone.index, tone.timestamp_ms), hz, hz)


def _sound() -> Iterator[Subject]:
    sound = partial(_subject, track="audio")
    yield sound(
        "audio.silent.frames", "Frames in which no channel is louder than -60 dB of full scale.",
        _with_sound(lambda decoded: sum(spell.count for spell in _silences(decoded))),
        lambda decoded: _spell_frames("audio", _silences(decoded)), unit="frames",
    )  # fmt: skip
    yield sound(
        "audio.silent.seconds", "The longest time in which no channel is louder than -60 dB.",
        _with_sound(lambda decoded: _longest_s(_silences(decoded))),
        lambda decoded: _spell_seconds("audio", _silences(decoded)), unit="s",
    )  # fmt: skip
    yield sound(
        "audio.clipped", "Samples at full scale or beyond, in runs of three or more.",
        _with_sound(lambda decoded: sum(each.clipped for each in decoded.sounds)), _clipped,
    )  # fmt: skip
    yield sound(
        "audio.loudness", "Integrated loudness by EBU R128.",
        _with_sound(partial(_loudness, "integrated_lufs")), unit="LUFS",
    )  # fmt: skip
    yield sound(
        "audio.loudness.range", "Loudness range by EBU R128.",
        _with_sound(partial(_loudness, "range_lu")), unit="LU",
    )  # fmt: skip
    yield sound(
        "audio.true_peak", "The highest true peak by EBU R128, dB of full scale.",
        _with_sound(partial(_loudness, "true_peak_db")), unit="dB",
    )  # fmt: skip
    yield sound(
        "audio.tone", "The frequency that is heard alone for at least half of the time.",
        _with_sound(_tone), _tones, unit="Hz",
    )  # fmt: skip
