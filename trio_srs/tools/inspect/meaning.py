"""What a message means: a command, a control message, data, or media. Floor 6."""

from __future__ import annotations

from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.session.rtmp_core import COMMANDS
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import Value
from trio_srs.wire.flv.audio import parse_audio
from trio_srs.wire.flv.video import parse_video
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.control import CONTROLS, Control, decode_control
from trio_srs.wire.rtmp.message import Message, MessageType

__all__ = ["Meaning", "meaning_of", "media_in_words"]

_DATA: Final = frozenset({MessageType.DATA_AMF0, MessageType.DATA_AMF3})


@attrs.frozen
class Meaning:
    """One message, as far as it can be understood."""

    type_id: int
    value: Command | Control | list[Value] | None
    """Of data the values; of media nothing."""
    payload: bytes


def meaning_of(message: Message) -> Meaning:
    """Understand a message.

    Raises:
        ProtocolError: it is a command, control message or data that cannot be read.
    """
    value: Command | Control | list[Value] | None = None
    if message.type_id in COMMANDS:
        value = Command.decode(message)
    elif message.type_id in CONTROLS:
        value = decode_control(message.type_id, message.payload)
    elif message.type_id in _DATA:
        is_amf3 = message.type_id == MessageType.DATA_AMF3 and message.payload[:1] == b"\0"
        value = amf0.decode_all(message.payload[1:] if is_amf3 else message.payload)
    return Meaning(message.type_id, value, message.payload)


def media_in_words(meaning: Meaning) -> str:
    """Codec and kind of frame, of audio and video; empty for others."""
    try:
        if meaning.type_id == MessageType.VIDEO:
            return ", ".join(
                f"{body.codec} {body.packet_type.name.lower().replace('_', ' ')}"
                f"{' ' + body.frame_type.name.lower() if body.data else ''}"
                for body in parse_video(meaning.payload)
            )
        if meaning.type_id == MessageType.AUDIO:
            return ", ".join(
                f"{body.codec} {body.packet_type.name.lower().replace('_', ' ')}"
                for body in parse_audio(meaning.payload)
            )
    except ProtocolError as error:
        return f"that cannot be read: {error}"
    return ""
