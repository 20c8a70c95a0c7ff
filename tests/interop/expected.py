"""What a player that comes late has to hear, worked out from what the publisher said."""

from __future__ import annotations

from tests.interop.client import Item
from trio_srs.wire.flv.audio import classify_audio
from trio_srs.wire.flv.enhanced import FrameKind
from trio_srs.wire.flv.video import classify_video
from trio_srs.wire.rtmp.message import MessageType

__all__ = ["a_late_player_gets", "is_header"]


def a_late_player_gets(items: list[Item], so_far: int) -> list[Item]:
    """What a player hears that came when ``so_far`` of these had been sent.

    The headers so far, those of pictures first, with the timestamp of what they stand before;
    then everything from the last keyframe on. Without pictures, from the last message on.
    """
    has_pictures = any(kind == MessageType.VIDEO for kind, _, _ in items)
    entries = [i for i in range(so_far) if not has_pictures or is_keyframe(items[i])]
    entry = entries[-1]
    headers = sorted(
        (each for each in items[:entry] if is_header(each)), key=lambda each: each[0], reverse=True
    )
    return [(kind, items[entry][1], body) for kind, _, body in headers] + items[entry:]


def is_keyframe(each: Item) -> bool:
    """Whether a decoder may begin here."""
    kind, _, body = each
    return kind == MessageType.VIDEO and bool(classify_video(body) & FrameKind.KEYFRAME)


def is_header(each: Item) -> bool:
    """Whether it is a sequence header, or what Enhanced RTMP has beside it (colours, channels)."""
    kind, _, body = each
    classify = classify_video if kind == MessageType.VIDEO else classify_audio
    return bool(classify(body) & (FrameKind.SEQUENCE_HEADER | FrameKind.METADATA))
