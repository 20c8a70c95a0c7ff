"""Which pictures of a decoded stream are worth showing: those that break a rule, the worst, and a
few from beginning to end. Floor 6."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import attrs

from trio_srs.decoding.decode import thumbnails_of
from trio_srs.decoding.wire_form import DecodeRequest
from trio_srs.media.decoded.decoded import Decoded
from trio_srs.media.decoded.measures import PictureMeasures
from trio_srs.media.expect import Verdict
from trio_srs.tools.verdicts.outcome import SeenPicture

__all__ = ["seen_pictures"]

_MOST: Final = 8
"""From beginning to end."""
_WIDTH: Final = 320
_WORST: Final = "the worst by SSIM"


@attrs.frozen
class _Shown:
    picture: PictureMeasures
    rule: str = ""


def seen_pictures(
    decoded: Decoded, verdicts: Sequence[Verdict], path: Path, reference: Path | None
) -> tuple[SeenPicture, ...]:
    """Have them decoded once more, and made small.

    Args:
        path: the file (FLV) that was decoded.
        reference: what it was compared with.
    """
    choices = list(_choices(decoded, verdicts))
    theirs = [c.picture.reference for c in choices if c.picture.reference is not None]
    request = DecodeRequest(
        path=str(path), measure=False, width=_WIDTH,
        thumbnails=tuple({choice.picture.index for choice in choices}),
        reference=None if reference is None or not theirs else str(reference),
        reference_thumbnails=tuple(set(theirs)),
    )  # fmt: skip
    made = {(each.of_reference, each.index): each.jpeg for each in thumbnails_of(request)}
    return tuple(
        SeenPicture(
            title=f"video frame {each.picture.index} ({each.picture.timestamp_ms} ms)",
            jpeg=jpeg,
            reference=made.get((True, each.picture.reference or -1)) if each.rule else None,
            rule=each.rule,
        )
        for each in choices
        if (jpeg := made.get((False, each.picture.index))) is not None
    )


def _choices(decoded: Decoded, verdicts: Sequence[Verdict]) -> Iterator[_Shown]:
    by_index = {picture.index: picture for picture in decoded.pictures}
    for verdict in verdicts:
        if verdict.track == "video" and verdict.index in by_index:
            yield _Shown(by_index[verdict.index], str(verdict.rule))
    compared = [picture for picture in decoded.pictures if picture.ssim is not None]
    if compared:
        yield _Shown(min(compared, key=lambda picture: picture.ssim or 0.0), _WORST)
    count = len(decoded.pictures)
    step = max(-(-count // _MOST), 1)
    yield from (_Shown(decoded.pictures[at]) for at in range(0, count, step))
