"""Parameter sets of one video track, and which of them a picture is for. Floor 1."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import attrs

from trio_srs.wire.codec import avc, hevc_sps
from trio_srs.wire.codec.avc_slice import avc_slice_pps
from trio_srs.wire.codec.config_record import CodecConfigError
from trio_srs.wire.codec.hevc_slice import hevc_slice_pps, parse_pps

__all__ = ["ParameterSets"]

_MOST_BYTES: Final = 4096
"""Of one set: all scaling lists and buffers that there may be take less."""
_MOST_SETS: Final = 16
"""Sequence parameter sets that are kept, as many as H.265 allows; the one that came first goes."""


@attrs.frozen
class _Numbers:
    """Where the sets of a codec have their numbers."""

    is_sps: Callable[[bytes], bool]
    sps_id: Callable[[bytes], int]
    pps_ids: Callable[[bytes], tuple[int, int, int]]
    """Its own, its SPS's, and the extra bits before a slice's type."""
    slice_pps: Callable[[bytes], int]


_NUMBERS: Final[Mapping[str, _Numbers]] = {
    "h264": _Numbers(
        lambda nalu: nalu[0] & 0x1F == 7, avc.parse_sps_id,
        lambda nalu: (*avc.parse_pps_ids(nalu), 0), avc_slice_pps,
    ),
    "hevc": _Numbers(
        lambda nalu: nalu[0] >> 1 & 0x3F == 33, hevc_sps.parse_sps_id, parse_pps, hevc_slice_pps
    ),
}  # fmt: skip


@attrs.define(eq=False)
class ParameterSets:
    """Those that a header brought, and those that came between pictures.

    A picture names its set by two numbers (H.264, 7.4.1.2.1; H.265, 7.4.2.4.2). In AV1 the newest
    sequence header holds.
    """

    codec: str = ""
    _sequences: dict[int, bytes] = attrs.field(factory=dict)
    _pictures: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    _newest: bytes | None = None

    def learn(self, sets: Iterable[bytes]) -> str | None:
        """Take sets, in the order they came; one with the number of an earlier one replaces it.

        Returns:
            What is wrong with one that cannot be read, or is longer than 4096 bytes; the others
            are taken all the same.
        """
        trouble = None
        for each in sets:
            try:
                self._learn_one(each)
            except CodecConfigError as error:
                trouble = trouble or str(error)
        return trouble

    def _learn_one(self, nalu: bytes) -> None:
        numbers = _NUMBERS.get(self.codec)
        if len(nalu) > _MOST_BYTES:
            raise CodecConfigError(
                f"a parameter set of {len(nalu)} bytes, expected at most {_MOST_BYTES}"
            )
        if numbers is None:
            self._newest = nalu
        elif numbers.is_sps(nalu):
            self._learn_sequence(numbers.sps_id(nalu), nalu)
        else:
            number, sequence, extra_bits = numbers.pps_ids(nalu)
            self._pictures[number & 0xFF] = sequence, extra_bits

    def _learn_sequence(self, number: int, sps: bytes) -> None:
        if number not in self._sequences and len(self._sequences) >= _MOST_SETS:
            del self._sequences[next(iter(self._sequences))]
        self._sequences[number] = self._newest = sps

    def of_picture(self, first_slice: bytes) -> tuple[bytes, int] | None:
        """The sequence's set that a picture is for, and the extra bits before its slices' types;
        None if it is for one that never came.

        Raises:
            CodecConfigError: the slice is cut short.
        """
        numbers = _NUMBERS.get(self.codec)
        if numbers is None:
            return None if self._newest is None else (self._newest, 0)
        found = self._pictures.get(numbers.slice_pps(first_slice))
        sps = None if found is None else self._sequences.get(found[0])
        return None if found is None or sps is None else (sps, found[1])
