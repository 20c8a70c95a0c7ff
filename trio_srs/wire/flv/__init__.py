"""FLV: file tags, and the video, audio and script bodies RTMP shares with it. Floor 0.

Import the modules; what every packet of a stream is asked is also here.
"""

from __future__ import annotations

from trio_srs.wire.flv.audio import classify_audio
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.flv.slot import HeaderSlot, header_slot
from trio_srs.wire.flv.video import classify_video

__all__ = ["FrameKind", "HeaderSlot", "classify_audio", "classify_video", "header_slot"]
