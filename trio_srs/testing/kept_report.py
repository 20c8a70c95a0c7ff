"""The report of a publish that a fixture's server has kept, with its pictures. Floor 7."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

import attrs

from trio_srs.errors import RefusedError
from trio_srs.media.report import StreamReport

if TYPE_CHECKING:
    from trio_srs.media.decoded.decoded import Decoded

__all__ = ["KeptReport", "NothingKeptError"]

_WIDTH = 320


class NothingKeptError(RefusedError):
    """A picture was asked for, and nothing of the publish was kept to decode."""

    code = "nothing_kept"


@attrs.frozen(eq=False, kw_only=True)
class KeptReport(StreamReport):
    """A report whose publish was captured: it can be decoded, which needs ``trio-srs[decode]``.

    It is equal to any report that says the same.
    """

    @classmethod
    def of(cls, report: StreamReport) -> Self:
        """What another report says, as one of these."""
        names = (field.name for field in attrs.fields(StreamReport))
        return cls(**{name: getattr(report, name) for name in names})

    def thumbnail(self, at: float = 0.0, *, width: int = _WIDTH) -> bytes:
        """The picture that was to be seen at a time, small, as JPEG.

        Args:
            at: seconds since the first picture; behind the last that one is meant.
            width: pixels, at most.

        Raises:
            DecoderNotInstalledError: the extra ``decode`` is missing.
            NothingKeptError: the publish was not captured, or no picture can be decoded.
        """
        from trio_srs.decoding.decode import thumbnails_of
        from trio_srs.decoding.wire_form import DecodeRequest

        request = DecodeRequest(
            path=str(self._file()), measure=False, at_ms=(max(at, 0.0) * 1000,), width=width
        )
        made = thumbnails_of(request)
        if not made:
            raise NothingKeptError(f"{self.stream}: no picture could be decoded")
        return made[0].jpeg

    def decoded(self) -> Decoded:
        """All that is measured of the decoded pictures and sound.

        Raises:
            DecoderNotInstalledError: the extra ``decode`` is missing.
            NothingKeptError: the publish was not captured.
        """
        from trio_srs.decoding.decode import decode_file

        return decode_file(self._file())

    def _file(self) -> Path:
        if self.captured is None:
            raise NothingKeptError(f"{self.stream}: nothing of it was kept to decode")
        return Path(self.captured)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, StreamReport):
            return NotImplemented
        names = (field.name for field in attrs.fields(StreamReport))
        return all(getattr(self, name) == getattr(other, name) for name in names)

    __hash__ = StreamReport.__hash__
