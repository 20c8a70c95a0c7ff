"""What was said, for people: a line for each message and remark. Floor 6."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.media.plain import plain
from trio_srs.tools.inspect.conversation import Remark, SaidMessage, Utterance
from trio_srs.tools.inspect.meaning import Meaning, meaning_of, media_in_words
from trio_srs.wire.rtmp.chunk_trace import ChunkSpan
from trio_srs.wire.rtmp.command import Command
from trio_srs.wire.rtmp.message import MessageType
from trio_srs.wire.session_capture import SessionCapture

__all__ = ["beginning", "chunks_in_words", "ending", "in_one_line"]

_MOST: Final = 160
"""Characters of the arguments of a command."""
_ROW: Final = 16
_ROWS: Final = 32
"""Of a payload that are shown."""
_ARROWS: Final = {"client": "client >", "server": "server <"}


def beginning(capture: SessionCapture) -> Iterator[str]:
    """Who spoke with whom."""
    about = {name: str(value) for name, value in capture.about.items()}
    who = f"{about.get('peer', '?')} -> {about.get('local', '?')}"
    session = f"session {about['session']}" if "session" in about else "connection"
    masked = "; secrets are masked" if capture.about.get("masked") else ""
    yield f"{session}: {about.get('protocol', 'rtmp')} {who}{masked}"


def ending(capture: SessionCapture) -> Iterator[str]:
    """How it ended, as far as that is known."""
    if capture.outcome is not None:
        reason, detail = (str(capture.outcome.get(key, "")) for key in ("reason", "detail"))
        yield f"the session ended: {': '.join(filter(None, (reason, detail)))}"
    elif capture.cut_at is not None:
        yield f"the file ends inside a record, at byte {capture.cut_at}"


def in_one_line(said: Utterance) -> str:
    """One message or remark, with its time and its place."""
    if isinstance(said, Remark):
        number, place = "", f"@{said.offset}"
        what = f"{said.kind.value}: {said.text}"
    else:
        number, place = f"#{said.number}", f"@{said.offset}"
        what = f"[{said.csid}] {_message(said)}"
    return f"{said.at_s:10.6f} {_ARROWS[said.by]} {number:>6} {place:>9}  {what}"


def _message(said: SaidMessage) -> str:
    message, chunks = said.message, len(said.spans)
    time = f" at {message.timestamp_ms} ms" if message.timestamp_ms else ""
    stream = f" stream {message.stream_id}" if message.stream_id else ""
    size = f"{len(message.payload)} bytes" + (f" in {chunks} chunks" if chunks > 1 else "")
    try:
        what = _what(meaning_of(message))
    except ProtocolError as error:
        what = f"{type_in_words(message.type_id)} that cannot be read: {error}"
    return f"{what} ({size}{stream}{time})"


def _what(meaning: Meaning) -> str:
    match meaning.value:
        case Command(name, transaction_id, args):
            number = f" #{transaction_id:g}" if transaction_id else ""
            shown = ", ".join(json.dumps(plain(each), ensure_ascii=False) for each in args)
            return f"{name}({_cut(shown)}){number}"
        case list() as values:
            shown = ", ".join(json.dumps(plain(each), ensure_ascii=False) for each in values)
            return f"{type_in_words(meaning.type_id)} {_cut(shown)}"
        case None:
            words = media_in_words(meaning)
            return " ".join(filter(None, (type_in_words(meaning.type_id), words)))
        case _ as control:
            known: Any = control  # each is a class of attrs
            fields = attrs.asdict(known, recurse=False).items()
            return f"{type(control).__name__}({', '.join(f'{k}={plain(v)}' for k, v in fields)})"


def _cut(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def type_in_words(type_id: int) -> str:
    """``video`` and the like."""
    try:
        return MessageType(type_id).name.lower().replace("_", " ")
    except ValueError:
        return f"message of type {type_id}"


def chunks_in_words(said: SaidMessage) -> Iterator[str]:
    """A message through its chunks, and then what is in it."""
    yield in_one_line(said)
    for index, (span, at_s) in enumerate(zip(said.spans, said.chunks_at_s, strict=True), 1):
        yield f"{at_s:10.6f}   chunk {index}: {_chunk(span)}"
    payload = said.message.payload
    for at in range(0, min(len(payload), _ROW * _ROWS), _ROW):
        row = payload[at : at + _ROW]
        text = "".join(chr(each) if 32 <= each < 127 else "." for each in row)
        yield f"  {at:6}  {row.hex(' '):47}  {text}"
    if len(payload) > _ROW * _ROWS:
        yield f"  … {len(payload) - _ROW * _ROWS} bytes more"


def _chunk(span: ChunkSpan) -> str:
    head = span.payload_at - span.offset
    return (
        f"fmt {span.fmt} on chunk stream {span.csid} at byte {span.offset}, "
        f"{head} bytes of header, {span.size} of payload"
    )
