"""An H.264 encoder for plain cells: Constrained Baseline, exact to the pixel. Floor 1.

A cell is a macroblock. Keyframes code every one as Intra 16x16, predicted from its neighbour;
the others code those that changed, likewise, and skip the rest. With the deblocking filter off
and a quantiser at which one step is one level of luma, or two of chroma, what a decoder shows is
what the card says. Only DC coefficients exist, so no neighbour has any that the context of
CAVLC would count, and every macroblock has the same few codes.

Source: ITU-T H.264 (08/2021); clauses stand beside what they explain.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Final

from trio_srs.media.frame_number import FRAME_NUMBER_NAME
from trio_srs.media.pattern.card import Card
from trio_srs.media.pattern.panel import Colour
from trio_srs.media.pattern.pattern_error import PatternError
from trio_srs.wire.bits import BitWriter, escape
from trio_srs.wire.codec.avc import build_avc_config
from trio_srs.wire.codec.nalu import join_prefixed

__all__ = ["AvcEncoder", "filler", "number_payload"]

_BASELINE: Final = 66
_CONSTRAINED: Final = 0xC0  # constraint_set0_flag and constraint_set1_flag
_QP: Final = 28  # LevelScale 256: one step of a DC coefficient is one level of luma (8.5.10)
_FRAME_NUM_BITS: Final = 16
_SPS, _PPS, _SEI, _SLICE, _IDR = 0x67, 0x68, 0x06, 0x41, 0x65
_FILLER: Final = b"\x0c"
_STOP: Final = b"\x80"
_USER_DATA: Final = 5  # payload type "user data unregistered" (D.1.7): 16 bytes say whose

# level_idc, macroblocks a second, macroblocks a frame, kbit/s (table A-1)
_LEVELS: Final = (
    (10, 1485, 99, 64), (11, 3000, 396, 192), (12, 6000, 396, 384), (13, 11880, 396, 768),
    (20, 11880, 396, 2000), (21, 19800, 792, 4000), (22, 20250, 1620, 4000),
    (30, 40500, 1620, 10000), (31, 108000, 3600, 14000), (32, 216000, 5120, 20000),
    (40, 245760, 8192, 20000), (41, 245760, 8192, 50000), (42, 522240, 8704, 50000),
    (50, 589824, 22080, 135000), (51, 983040, 36864, 240000), (52, 2073600, 36864, 240000),
    (60, 4177920, 139264, 240000), (61, 8355840, 139264, 480000), (62, 16711680, 139264, 800000),
)  # fmt: skip


class AvcEncoder:
    """Codes the pictures of a card.

    Attributes:
        sps: the sequence parameter set, a NALU; ``pps`` likewise.
        config: both in an AVCDecoderConfigurationRecord.
    """

    def __init__(self, card: Card, fps: Fraction, kbps: int = 0) -> None:
        """Prepare; ``kbps`` is what the stream will be padded to, for the choice of a level.

        Raises:
            PatternError: no level of H.264 allows so much.
        """
        self._card = card
        self.sps = _sps(card, fps, _level(card, fps, kbps))
        self.pps = _pps()
        self.config = build_avc_config((self.sps,), (self.pps,))

    def picture(self, number: int, since_key: int) -> bytes:
        """Code frame ``number`` as an access unit: SEI and slice, each behind 4 bytes of length.

        Args:
            since_key: frames since the last keyframe; 0 makes this one. Otherwise the decoder
                has just shown frame ``number - 1``.
        """
        slice_ = self._changed(number, since_key) if since_key else self._whole(number)
        return join_prefixed((_sei(number), slice_))

    def _whole(self, number: int) -> bytes:
        """An IDR picture: every cell."""
        cells, columns = self._card.cells(number), self._card.columns
        bits = [_slice_header(since_key=0, number=number)]
        for index, colour in enumerate(cells):
            bits.append(_cell(0, *_prediction(cells, index, columns), colour))
        return _nalu(_IDR, bits)

    def _changed(self, number: int, since_key: int) -> bytes:
        """A P picture: what is not as in the picture before; the rest is skipped (7.3.4)."""
        cells, columns = self._card.cells(number), self._card.columns
        before, background = self._card.drawn(number - 1), self._card.background
        bits = [_slice_header(since_key=since_key, number=number)]
        coded = 0  # all cells up to here
        for index in sorted(before.keys() | self._card.drawn(number).keys()):
            if cells[index] == before.get(index, background[index]):
                continue
            bits.append(_ue(index - coded))  # mb_skip_run
            bits.append(_cell(5, *_prediction(cells, index, columns), cells[index]))
            coded = index + 1
        if coded < len(cells):
            bits.append(_ue(len(cells) - coded))
        return _nalu(_SLICE, bits)


def filler(size: int) -> bytes:
    """A filler NALU of so many bytes, its 4 bytes of length included; 6 at least (7.3.2.7)."""
    return join_prefixed((_FILLER + b"\xff" * (size - 6) + _STOP,))


# ----------------------------------------------------------------- parameter sets


def _level(card: Card, fps: Fraction, kbps: int) -> int:
    cells = card.columns * card.rows
    longest = max(card.columns, card.rows)
    for level, rate, size, most_kbps in _LEVELS:
        fits = cells * fps <= rate and cells <= size and longest**2 <= 8 * size
        if fits and kbps <= most_kbps:
            return level
    raise PatternError(
        f"no level of H.264 has {card.width}x{card.height} pixels, "
        f"{float(fps):g} frames/s and {kbps} kbit/s"
    )


def _sps(card: Card, fps: Fraction, level: int) -> bytes:
    """The sequence parameter set (7.3.2.1.1) with its timing (E.1.1)."""
    bits = BitWriter()
    for byte in (_BASELINE, _CONSTRAINED, level):
        bits.u(8, byte)
    bits.ue(0)  # seq_parameter_set_id
    bits.ue(_FRAME_NUM_BITS - 4)
    bits.ue(2)  # pic_order_cnt_type: shown in the order of decoding
    bits.ue(1)  # max_num_ref_frames
    bits.flag(False)  # gaps_in_frame_num_value_allowed_flag
    bits.ue(card.columns - 1)
    bits.ue(card.rows - 1)
    bits.flag(True)  # frame_mbs_only_flag
    bits.flag(True)  # direct_8x8_inference_flag
    crop = (16 * card.columns - card.width) // 2, (16 * card.rows - card.height) // 2
    bits.flag(any(crop))
    if any(crop):
        for value in (0, crop[0], 0, crop[1]):  # left, right, top, bottom
            bits.ue(value)
    bits.flag(True)  # vui_parameters_present_flag
    bits.u(4, 0)  # no aspect ratio, overscan, video signal, chroma location
    bits.flag(True)  # timing_info_present_flag
    bits.u(32, fps.denominator)
    bits.u(32, 2 * fps.numerator)  # ticks are fields
    bits.flag(True)  # fixed_frame_rate_flag
    bits.u(3, 0)  # no HRD parameters, no pic_struct
    bits.flag(True)  # bitstream_restriction_flag: without it decoders wait for reordered pictures
    bits.flag(True)  # motion_vectors_over_pic_boundaries_flag
    for value in (0, 0, 16, 16, 0, 1):  # ..., max_num_reorder_frames, max_dec_frame_buffering
        bits.ue(value)
    bits.rbsp_trailing()
    return bytes((_SPS,)) + escape(bits.to_bytes())


def _pps() -> bytes:
    """The picture parameter set (7.3.2.2): CAVLC, our quantiser, and control of deblocking."""
    bits = BitWriter()
    bits.ue(0)  # pic_parameter_set_id
    bits.ue(0)  # seq_parameter_set_id
    bits.u(2, 0)  # CAVLC; no field order
    bits.ue(0)  # one slice group
    bits.ue(0)  # one reference
    bits.ue(0)
    bits.u(3, 0)  # no weighted prediction
    bits.se(_QP - 26)
    bits.se(0)
    bits.se(0)  # chroma_qp_index_offset
    bits.flag(True)  # deblocking_filter_control_present_flag
    bits.u(2, 0)  # no constrained intra prediction, no redundant pictures
    bits.rbsp_trailing()
    return bytes((_PPS,)) + escape(bits.to_bytes())


def number_payload(number: int) -> bytes:
    """The inside of an SEI that says a frame's number, for H.264 and, with its head, H.265."""
    payload = FRAME_NUMBER_NAME + b"%08d" % number  # no zero bytes: nothing to escape
    return bytes((_USER_DATA, len(payload))) + payload + _STOP


def _sei(number: int) -> bytes:
    return bytes((_SEI,)) + number_payload(number)


# --------------------------------------------------------------- slices and cells
# As text of 0 and 1: joining text and converting it once is the fastest way Python has.


def _slice_header(*, since_key: int, number: int) -> str:
    """The slice header (7.3.3)."""
    is_key = not since_key
    bits = [
        _ue(0),  # first_mb_in_slice
        _ue(7 if is_key else 5),  # slice_type: all slices of the picture are I, or P
        _ue(0),  # pic_parameter_set_id
        f"{since_key % (1 << _FRAME_NUM_BITS):0{_FRAME_NUM_BITS}b}",
    ]
    if is_key:
        bits.append(_ue(number & 1))  # idr_pic_id: keyframes beside each other differ
        bits.append("00")  # dec_ref_pic_marking
    else:
        bits.append("00")  # no override of the reference count, no reordering
        bits.append("0")  # dec_ref_pic_marking
    bits.append(_se(0))  # slice_qp_delta
    bits.append(_ue(1))  # disable_deblocking_filter_idc
    return "".join(bits)


def _nalu(head: int, bits: list[str]) -> bytes:
    text = "".join((*bits, "1"))
    text += "0" * (-len(text) % 8)
    return bytes((head,)) + escape(int(text, 2).to_bytes(len(text) // 8, "big"))


_FROM_NOTHING: Final = 2, 0
_FROM_LEFT: Final = 1, 1
_FROM_ABOVE: Final = 0, 2
_NOTHING: Final[Colour] = (128, 128, 128)


def _prediction(cells: list[Colour], index: int, columns: int) -> tuple[tuple[int, int], Colour]:
    """How a cell is predicted (modes of luma and chroma, 8.3.3 and 8.3.4), and as what colour."""
    if index >= columns and (not index % columns or cells[index - columns] == cells[index]):
        return _FROM_ABOVE, cells[index - columns]
    if index:
        return _FROM_LEFT, cells[index - 1]
    return _FROM_NOTHING, _NOTHING


@lru_cache(maxsize=4096)
def _cell(offset: int, modes: tuple[int, int], guess: Colour, colour: Colour) -> str:
    """An Intra 16x16 macroblock (7.3.5); ``offset`` is that of I types in the slice's mb_type."""
    luma, cb, cr = (is_ - was for is_, was in zip(colour, guess, strict=True))
    has_chroma = bool(cb or cr)
    mb_type = offset + 1 + modes[0] + 4 * has_chroma  # table 7-11: no AC of luma
    chroma = _chroma_dc(cb // 2) + _chroma_dc(cr // 2) if has_chroma else ""
    return _ue(mb_type) + _ue(modes[1]) + _se(0) + _luma_dc(luma) + chroma


def _luma_dc(level: int) -> str:
    """Intra16x16DCLevel with at most its first coefficient (9.2; nC is 0)."""
    if not level:
        return "1"
    return ("01" if abs(level) == 1 else "000101") + _level_code(level) + "1"


def _chroma_dc(level: int) -> str:
    """ChromaDCLevel likewise (nC is -1)."""
    if not level:
        return "01"
    return ("1" if abs(level) == 1 else "000111") + _level_code(level) + "1"


def _level_code(level: int) -> str:
    """The sign of a trailing one, or the level of the only coefficient (9.2.2)."""
    if abs(level) == 1:
        return "1" if level < 0 else "0"
    code = 2 * abs(level) - 4 + (level < 0)
    if code < 14:
        return "0" * code + "1"
    if code < 30:
        return "0" * 14 + f"1{code - 14:04b}"
    return "0" * 15 + f"1{code - 30:012b}"


def _ue(value: int) -> str:
    """An unsigned number as an Exp-Golomb code (9.1)."""
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def _se(value: int) -> str:
    return _ue(2 * value - 1 if value > 0 else -2 * value)
