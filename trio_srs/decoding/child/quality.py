"""Compares the pictures of a stream with those of a reference: PSNR and SSIM. Floor 2.

Pictures are the same if our pattern's number in them is; of other pictures, if they are shown at
the same time since the first. FFmpeg's filters compare, at the size of the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Final

import attrs
import av
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from trio_srs.decoding.child.coded_frames import coded_frames
from trio_srs.decoding.child.decoder import DecodedPicture, TrackDecoder
from trio_srs.decoding.child.panel_reader import PanelReader
from trio_srs.decoding.child.planes import luma_of
from trio_srs.decoding.child.vmaf import Vmaf
from trio_srs.decoding.wire_form import VmafScore

__all__ = ["Compared", "Comparison", "reference_pictures"]

_COMPARED: Final = "yuv420p"
_BEHIND: Final = 64
"""Pictures of the reference that are kept, as those of the stream may come in another order."""
_MOST_DB: Final = 100.0
"""What is said of pictures that are the same: their PSNR is infinite."""


def reference_pictures(path: Path) -> Iterator[DecodedPicture]:
    """The pictures of a file, as they are shown."""
    decoder = TrackDecoder("video")
    for coded in coded_frames(path):
        if coded.format.kind == "video":
            yield from (each for each in decoder.decode(coded) if isinstance(each, DecodedPicture))
    yield from (each for each in decoder.finish() if isinstance(each, DecodedPicture))


@attrs.frozen
class Compared:
    """What came of one picture."""

    reference: DecodedPicture
    ssim: float
    psnr_db: float


class Comparison:
    """Compares pictures as they come.

    Attributes:
        without_vmaf: why there is no VMAF, if it was wanted.
    """

    def __init__(self, path: Path, vmaf: str | None = None) -> None:
        """
        Args:
            path: the reference.
            vmaf: an ``ffmpeg`` that has libvmaf, if it is wanted.
        """
        self.without_vmaf = ""
        self._program = vmaf
        self._vmaf: Vmaf | None = None
        self._scored: list[int] = []
        """The indices of the pictures that it has."""
        self._pictures = reference_pictures(path)
        self._reader = PanelReader()
        self._kept: list[tuple[int | None, float, DecodedPicture]] = []
        """Number, milliseconds since the first, picture."""
        self._first_ms: float | None = None
        self._own_first_ms: float | None = None
        self._is_over = False
        self._filters: _Filters | None = None

    def compare(self, picture: DecodedPicture, number: int | None) -> Compared | None:
        """Compare a picture; None if the reference has none that it could be."""
        if self._own_first_ms is None:
            self._own_first_ms = picture.coded.time_ms
        partner = self._partner(number, picture.coded.time_ms - self._own_first_ms)
        if partner is None:
            return None
        form = partner.frame.width, partner.frame.height
        if self._filters is None or self._filters.form != form:
            self._begin(form)
        assert self._filters is not None  # it has begun
        pair = self._filters.prepared(picture.frame), self._filters.prepared(partner.frame)
        if self._vmaf is not None:
            self._score(picture.coded.index, *pair)
        return Compared(partner, *self._filters.compare(*pair))

    def _begin(self, form: tuple[int, int]) -> None:
        """Compare pictures of this size from here on."""
        if self._filters is not None:
            self._program, self._vmaf = None, None
            self.without_vmaf = "the reference changes its size"
        self._filters = _Filters(form)
        if self._program is not None:
            self._vmaf = Vmaf(self._program, form)

    def _score(self, index: int, ours: VideoFrame, theirs: VideoFrame) -> None:
        assert self._vmaf is not None  # it was asked
        try:
            self._vmaf.add(ours, theirs)
            self._scored.append(index)
        except OSError as error:
            self._vmaf, self.without_vmaf = None, f"ffmpeg has ended while it compared: {error}"

    def finish(self) -> Iterator[VmafScore]:
        """What is known at the end."""
        if self._vmaf is None:
            return
        try:
            scores = self._vmaf.finish()
        except (OSError, ValueError, KeyError):
            self.without_vmaf = "ffmpeg did not say how pictures compare by VMAF"
            return
        for index, score in zip(self._scored, scores, strict=False):
            yield VmafScore(index=index, score=score)

    def _partner(self, number: int | None, since_ms: float) -> DecodedPicture | None:
        if not self._kept:
            self._next()
        has_numbers = any(known is not None for known, _, _ in self._kept)
        if has_numbers:
            return None if number is None else self._numbered(number)
        while not self._is_over and self._kept[-1][1] < since_ms:
            self._next()
        if not self._kept:
            return None
        return min(self._kept, key=lambda kept: abs(kept[1] - since_ms))[2]

    def _numbered(self, number: int) -> DecodedPicture | None:
        while True:
            for known, _, picture in self._kept:
                if known == number:
                    return picture
            newest = self._kept[-1][0]
            if self._is_over or (newest is not None and newest > number):
                return None
            self._next()

    def _next(self) -> None:
        picture = next(self._pictures, None)
        if picture is None:
            self._is_over = True
            return
        if self._first_ms is None:
            self._first_ms = picture.coded.time_ms
        number = self._reader.read(picture.frame, luma_of(picture.frame))
        self._kept.append((number, picture.coded.time_ms - self._first_ms, picture))
        del self._kept[:-_BEHIND]


class _Filters:
    """FFmpeg's ssim and psnr, for pictures of one size."""

    def __init__(self, form: tuple[int, int]) -> None:
        self.form = form
        self._graphs = {name: _graph(name, form) for name in ("ssim", "psnr")}
        self._count = 0

    def compare(self, ours: VideoFrame, theirs: VideoFrame) -> tuple[float, float]:
        """SSIM and PSNR of two prepared pictures, of all planes together."""
        pair = ours, theirs
        self._count += 1
        said: dict[str, str] = {}
        for _, sources, sink in self._graphs.values():
            for source, frame in zip(sources, pair, strict=True):
                source.push(frame)
            said.update(sink.pull().metadata)
        psnr = float(said["lavfi.psnr.psnr_avg"])
        return float(said["lavfi.ssim.All"]), min(psnr, _MOST_DB)

    def prepared(self, frame: VideoFrame) -> VideoFrame:
        """A picture at the size and in the format in which pictures are compared."""
        made = frame.reformat(width=self.form[0], height=self.form[1], format=_COMPARED)
        if made is frame:
            made = VideoFrame.from_ndarray(frame.to_ndarray(), format=_COMPARED)
        made.pts, made.time_base = self._count, Fraction(1, 25)
        return made


def _graph(
    name: str, form: tuple[int, int]
) -> tuple[av.filter.Graph, list[FilterContext], FilterContext]:
    graph = av.filter.Graph()
    sources = [
        graph.add_buffer(
            width=form[0], height=form[1], format=av.VideoFormat(_COMPARED),
            time_base=Fraction(1, 25), name=f"{name}{at}",
        )
        for at in range(2)
    ]  # fmt: skip
    compare, sink = graph.add(name), graph.add("buffersink")
    for at, source in enumerate(sources):
        source.link_to(compare, 0, at)
    compare.link_to(sink)
    graph.configure()
    return graph, sources, sink
