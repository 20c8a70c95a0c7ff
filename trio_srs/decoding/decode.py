"""Has a file decoded by a process of its own, and reads what it says. Floor 2."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import attrs

from trio_srs.decoding.extra import check_can_decode
from trio_srs.decoding.vmaf_program import vmaf_program
from trio_srs.decoding.wire_form import (
    DecodeRequest,
    Done,
    Thumbnail,
    VmafScore,
    read_answer,
    written,
)
from trio_srs.media.decoded.decoded import Decoded, DecodeEnd
from trio_srs.media.decoded.measures import (
    Beep,
    Loudness,
    PictureForm,
    PictureMeasures,
    SoundMeasures,
    ToneMeasures,
    Trouble,
)

__all__ = ["DecodeLimits", "decode_file", "thumbnails_of"]

_CHILD: Final = "trio_srs.decoding.child"
_NO_VMAF: Final = "no ffmpeg with libvmaf was found"
_READ: Final = 64 * 1024
_FIELDS: Final[dict[type[Any], str]] = {
    PictureMeasures: "pictures",
    PictureForm: "forms",
    SoundMeasures: "sounds",
    ToneMeasures: "tones",
    Beep: "beeps",
    Trouble: "troubles",
}
"""Where in what was decoded each answer goes."""


@attrs.frozen(kw_only=True)
class DecodeLimits:
    """What a process that decodes may take."""

    silence_s: float = 30.0
    """Seconds without an answer after which it is given up."""
    most_s: float = 600.0
    """Seconds in all; the processor's likewise."""
    most_bytes: int = 3 << 30
    """Of address space."""


_LIMITS: Final = DecodeLimits()


def decode_file(
    path: str | Path,
    *,
    reference: str | Path | None = None,
    by_vmaf: bool = False,
    limits: DecodeLimits = _LIMITS,
) -> Decoded:
    """Decode a file (FLV) and measure what comes out. It takes about as long as half of what
    it lasts, at 1280x720; never more than the limits allow.

    Args:
        reference: another file, with which its pictures are compared.
        by_vmaf: whether by VMAF too, which takes much longer.

    Raises:
        DecoderNotInstalledError: the extra ``decode`` is missing.
    """
    check_can_decode("decoding a stream")
    program = vmaf_program() if by_vmaf and reference is not None else None
    request = DecodeRequest(
        path=str(path), reference=None if reference is None else str(reference), vmaf=program,
        most_bytes=limits.most_bytes, most_cpu_s=int(limits.most_s),
    )  # fmt: skip
    found: dict[str, list[Any]] = {name: [] for name in _FIELDS.values()}
    child = _Child(request, limits)
    loudness, scores = None, {}
    for answer in child.answers():
        if isinstance(answer, Loudness):
            loudness = answer
        elif isinstance(answer, VmafScore):
            scores[answer.index] = answer.score
        elif type(answer) in _FIELDS:
            found[_FIELDS[type(answer)]].append(answer)
    found["pictures"].sort(key=lambda picture: picture.shown_ms)
    for picture in found["pictures"]:
        picture.vmaf = scores.get(picture.index)
    detail = "" if child.end is DecodeEnd.COMPLETE else f"{child.detail} {_place(found)}"
    rows: dict[str, Any] = {name: tuple(some) for name, some in found.items()}
    return Decoded(
        **rows, loudness=loudness, compared="" if reference is None else str(reference),
        without_vmaf=child.without_vmaf if program else _NO_VMAF, end=child.end, end_detail=detail,
    )  # fmt: skip


def thumbnails_of(request: DecodeRequest, limits: DecodeLimits = _LIMITS) -> tuple[Thumbnail, ...]:
    """The pictures that a request names; fewer if the decoder does not come so far.

    Raises:
        DecoderNotInstalledError: the extra ``decode`` is missing.
    """
    check_can_decode("a thumbnail")
    answers = _Child(request, limits).answers()
    return tuple(answer for answer in answers if isinstance(answer, Thumbnail))


def _place(found: dict[str, list[Any]]) -> str:
    """How far it came."""
    pictures, sounds = found["pictures"], found["sounds"]
    if not pictures and not sounds:
        return "before anything was decoded"
    newest = [f"video frame {max(p.index for p in pictures)}"] if pictures else []
    newest += [f"audio frame {sounds[-1].index}"] if sounds else []
    return f"behind {' and '.join(newest)}"


class _Child:
    """The process, while it answers one request.

    Attributes:
        end: how it ended, once all its answers were read.
        detail: the same in words.
        without_vmaf: why there is no VMAF, if it was wanted.
    """

    def __init__(self, request: DecodeRequest, limits: DecodeLimits) -> None:
        self.end = DecodeEnd.CRASHED
        self.detail = ""
        self.without_vmaf = ""
        self._request, self._limits = request, limits

    def answers(self) -> Iterator[Any]:
        """What it says, one after the other. Whatever becomes of the reader, it is ended."""
        with subprocess.Popen(
            [sys.executable, "-m", _CHILD], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                yield from self._read(process)
            finally:
                process.kill()

    def _read(self, process: subprocess.Popen[bytes]) -> Iterator[Any]:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018 - both asked
        with contextlib.suppress(BrokenPipeError):  # it has ended: how is read below
            process.stdin.write(written(self._request))
            process.stdin.flush()
        deadline = time.monotonic() + self._limits.most_s
        rest = b""
        while True:
            data = self._some(process.stdout.fileno(), deadline)
            if not data:
                break
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                answer = read_answer(line)
                if isinstance(answer, Done):
                    self._note_done(answer)
                    return
                yield answer
        if data is not None:
            self._note_end(process)

    def _some(self, out: int, deadline: float) -> bytes | None:
        """What comes next; nothing at the end, None if it takes too long."""
        patience_s = min(self._limits.silence_s, deadline - time.monotonic())
        if patience_s > 0 and select.select([out], [], [], patience_s)[0]:
            return os.read(out, _READ)
        self.end = DecodeEnd.HUNG
        self.detail = f"the decoder said nothing for {max(patience_s, 0.0):.1f} s and was ended"
        return None

    def _note_done(self, done: Done) -> None:
        if done.out_of_memory:
            self.end, self.detail = DecodeEnd.OUT_OF_MEMORY, "the decoder had no memory left"
        else:
            self.end, self.without_vmaf = DecodeEnd.COMPLETE, done.without_vmaf

    def _note_end(self, process: subprocess.Popen[bytes]) -> None:
        code = process.wait()
        if code == -signal.SIGXCPU:
            self.end, self.detail = DecodeEnd.HUNG, "the decoder had no processor time left"
        elif code < 0:
            self.detail = f"the decoder was ended by signal {-code}"
        else:
            self.detail = f"the decoder exited with {code}"
