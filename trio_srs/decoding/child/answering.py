"""Goes through a file once, and says what is asked of it. Floor 2."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import attrs

from trio_srs.decoding.child.coded_frames import coded_frames
from trio_srs.decoding.child.decoder import DecodedPicture, DecodedSound, TrackDecoder
from trio_srs.decoding.child.pictures import PictureMeter
from trio_srs.decoding.child.quality import Comparison, reference_pictures
from trio_srs.decoding.child.sounds import SoundMeter
from trio_srs.decoding.child.thumbnails import jpeg
from trio_srs.decoding.wire_form import DecodeRequest, Done, Thumbnail
from trio_srs.media.decoded.measures import PictureForm

__all__ = ["answers"]


def answers(request: DecodeRequest) -> Iterator[Any]:
    """Everything that there is to say, as it is found; at last that this was all."""
    without_vmaf = ""
    wanted = _WantedThumbnails(request)
    if request.measure:
        without_vmaf = yield from _measured(request, wanted)
    else:
        for picture in reference_pictures(Path(request.path)):
            yield from wanted.of(picture)
            if wanted.are_all:
                break
        yield from wanted.finish()
    if request.reference is not None and request.reference_thumbnails:
        those = set(request.reference_thumbnails)
        for picture in reference_pictures(Path(request.reference)):
            if picture.coded.index in those:
                yield _thumbnail(picture, request.width, 0.0, of_reference=True)
    yield Done(without_vmaf=without_vmaf)


def _measured(request: DecodeRequest, wanted: _WantedThumbnails) -> Generator[Any, None, str]:
    """Everything about pictures and sound. Returns why there is no VMAF, if it was wanted."""
    decoders = {kind: TrackDecoder(kind) for kind in ("video", "audio")}
    pictures, sounds = PictureMeter(), SoundMeter()
    comparison = None
    if request.reference is not None:
        comparison = Comparison(Path(request.reference), request.vmaf)

    def told(
        decoder: TrackDecoder, found: Iterator[DecodedPicture | DecodedSound]
    ) -> Iterator[Any]:
        for each in found:
            if isinstance(each, DecodedSound):
                yield from sounds.measure(each)
                continue
            yield from _picture(each, pictures, comparison)
            yield from wanted.of(each)
        yield from decoder.troubles
        decoder.troubles = []

    for coded in coded_frames(Path(request.path)):
        decoder = decoders[coded.format.kind]
        yield from told(decoder, decoder.decode(coded))
    for decoder in decoders.values():
        yield from told(decoder, decoder.finish())
    yield from sounds.finish()
    if comparison is None:
        return ""
    yield from comparison.finish()
    return comparison.without_vmaf


def _picture(
    picture: DecodedPicture, meter: PictureMeter, comparison: Comparison | None
) -> Iterator[Any]:
    for measures in meter.measure(picture):
        if comparison is None or isinstance(measures, PictureForm):
            yield measures
            continue
        compared = comparison.compare(picture, measures.number)
        if compared is None:
            yield measures
        else:
            yield attrs.evolve(
                measures, reference=compared.reference.coded.index, ssim=compared.ssim,
                psnr_db=compared.psnr_db,
            )  # fmt: skip


class _WantedThumbnails:
    """Which pictures are wanted."""

    def __init__(self, request: DecodeRequest) -> None:
        self._indices = set(request.thumbnails)
        self._times = list(request.at_ms)
        self._width = request.width
        self._first_ms: float | None = None
        self._before: DecodedPicture | None = None

    @property
    def are_all(self) -> bool:
        """Whether there is nothing more to wait for."""
        return not self._indices and not self._times

    def of(self, picture: DecodedPicture) -> Iterator[Thumbnail]:
        """What is wanted of a picture, and of the one before, whose time is over now."""
        if self.are_all:
            return
        shown_ms = picture.coded.time_ms
        self._first_ms = shown_ms if self._first_ms is None else self._first_ms
        since_ms = shown_ms - self._first_ms
        while self._times and self._times[0] < since_ms and self._before is not None:
            self._times.pop(0)
            yield self._made(self._before)
        if picture.coded.index in self._indices:
            self._indices.discard(picture.coded.index)
            yield self._made(picture)
        self._before = picture

    def finish(self) -> Iterator[Thumbnail]:
        """The last picture is shown for ever."""
        if self._times and self._before is not None:
            self._times = []
            yield self._made(self._before)

    def _made(self, picture: DecodedPicture) -> Thumbnail:
        assert self._first_ms is not None  # it is of a picture that came
        at_s = (picture.coded.time_ms - self._first_ms) / 1000
        return _thumbnail(picture, self._width, at_s, of_reference=False)


def _thumbnail(
    picture: DecodedPicture, width: int, at_s: float, *, of_reference: bool
) -> Thumbnail:
    return Thumbnail(
        index=picture.coded.index, at_s=at_s, of_reference=of_reference,
        jpeg=jpeg(picture.frame, width),
    )  # fmt: skip
