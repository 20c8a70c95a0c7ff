"""What was said, for programs: an object for each message and remark. Floor 6."""

from __future__ import annotations

from typing import Any

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.plain import plain
from trio_srs.tools.inspect.conversation import Remark, Utterance
from trio_srs.tools.inspect.meaning import meaning_of, media_in_words
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.session_capture import SessionCapture

__all__ = ["about_as_json", "as_json_object", "outcome_as_json"]


def about_as_json(capture: SessionCapture) -> dict[str, Any]:
    """What is known of the session."""
    return {"kind": "session", **capture.about}


def outcome_as_json(capture: SessionCapture) -> dict[str, Any]:
    """How it ended: all None if that is not known."""
    ended = capture.outcome or {"reason": None, "detail": None}
    return {"kind": "outcome", **ended, "cut_at": capture.cut_at}


def as_json_object(said: Utterance) -> dict[str, Any]:
    """One message, with its chunks, or one remark."""
    if isinstance(said, Remark):
        return {
            "kind": said.kind.value,
            "at_s": said.at_s,
            "by": said.by.value,
            "offset": said.offset,
            "text": said.text,
        }
    message = said.message
    told: dict[str, Any] = {
        "kind": "message",
        "at_s": said.at_s,
        "by": said.by.value,
        "offset": said.offset,
        "number": said.number,
        "csid": said.csid,
        "type_id": message.type_id,
        "stream_id": message.stream_id,
        "timestamp_ms": message.timestamp_ms,
        "size": len(message.payload),
        "chunks": [
            {
                "at_s": at_s,
                "fmt": span.fmt,
                "offset": span.offset,
                "payload_at": span.payload_at,
                "size": span.size,
            }
            for span, at_s in zip(said.spans, said.chunks_at_s, strict=True)
        ],
    }
    try:
        meaning = meaning_of(message)
    except ProtocolError as error:
        return {**told, "error": str(error)}
    match meaning.value:
        case Command() as command:
            told["command"] = plain(command)
        case list() as values:
            told["data"] = plain(values)
        case None:
            if words := media_in_words(meaning):
                told["media"] = words
        case control:
            told["control"] = {"name": type(control).__name__, **_fields(control)}
    return told


def _fields(control: Any) -> dict[str, Any]:
    return {name: plain(value) for name, value in attrs.asdict(control, recurse=False).items()}
