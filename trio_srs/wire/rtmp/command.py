"""RTMP commands: a name, a transaction, and AMF values. Floor 0.

What a command means is decided by the sessions; this module reads and writes them, and names
the shapes of ``connect`` and of the answers that every peer expects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import attrs

from trio_srs.errors import ProtocolError
from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import DEFAULT_LIMITS, Limits, Value
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode, level_of

__all__ = [
    "Command",
    "CommandError",
    "ConnectRequest",
    "on_status",
    "status_info",
]

_AMF3_PREFIX: Final = b"\0"
"""Type 17 and 15 messages begin with a format byte; 0 says that AMF0 follows, which may switch
to AMF3 for single values (marker 0x11)."""
_QUOTED: Final = 64
"""Characters of a name that are repeated in a message about it."""


class CommandError(ProtocolError):
    """A command without a name, or with an argument of the wrong kind."""

    code = "command_error"


@attrs.frozen
class Command:
    """A call, an answer or a notice (RTMP 1.0, 7.2).

    Encoding it again gives the same values, always in AMF0.
    """

    name: str
    transaction_id: float = 0.0
    """Chosen by the caller, repeated in the answer; 0 wants no answer."""
    args: tuple[Value, ...] = ()
    """The command object (often None), then what the command takes."""

    @classmethod
    def decode(cls, message: Message, *, limits: Limits = DEFAULT_LIMITS) -> Command:
        """Read a message of type 20 (AMF0) or 17 (AMF3).

        Raises:
            CommandError: the first value is not a name, or the second not a number.
            AmfError: the values cannot be read.
        """
        body = message.payload
        if message.type_id == MessageType.COMMAND_AMF3 and body[:1] == _AMF3_PREFIX:
            body = body[1:]
        values = amf0.decode_all(body, limits=limits)
        name = values[0] if values else None
        if not isinstance(name, str):
            raise CommandError(f"a command begins with {_kind(values[:1])}, expected its name")
        transaction_id = values[1] if len(values) > 1 else 0.0
        if transaction_id is None:  # some encoders write null where they want no answer
            transaction_id = 0.0
        if not isinstance(transaction_id, int | float) or isinstance(transaction_id, bool):
            found = _kind(values[1:2])
            raise CommandError(
                f"the transaction id of {name[:_QUOTED]!r} is {found}, expected a number"
            )
        return cls(name, float(transaction_id), tuple(values[2:]))

    def encode(self) -> bytes:
        """The payload of a type 20 message."""
        return amf0.encode(self.name, self.transaction_id, *self.args)

    def message(self, stream_id: int = 0) -> Message:
        """This command as a message."""
        return Message(MessageType.COMMAND_AMF0, stream_id, 0, self.encode())

    def argument(self, index: int) -> Value:
        """The value at ``index`` of :attr:`args`; None where there is none."""
        return self.args[index] if index < len(self.args) else None

    def text(self, index: int, what: str) -> str:
        """The text at ``index`` of :attr:`args`.

        Raises:
            CommandError: there is none, or it is not text.
        """
        value = self.argument(index)
        if not isinstance(value, str):
            raise self.wrong(index, what, "a string")
        return value

    def wrong(self, index: int, what: str, expected: str) -> CommandError:
        """An error that says what is at ``index`` of :attr:`args` in place of what is expected."""
        found = _kind(self.args[index : index + 1])
        return CommandError(f"{self.name[:_QUOTED]}: {what} is {found}, expected {expected}")

    def number(self, index: int, default: float) -> float:
        """The number at ``index`` of :attr:`args`, or ``default`` where there is none."""
        value = self.argument(index)
        return float(value) if isinstance(value, int | float) else default


def _kind(values: list[Value] | tuple[Value, ...]) -> str:
    """What a value is, in a word, for a sentence about it; never the value, which may be huge."""
    return type(values[0]).__name__ if values else "missing"


@attrs.frozen(kw_only=True)
class ConnectRequest:
    """The command object of ``connect`` (RTMP 1.0, 7.2.1.1; Enhanced RTMP v2)."""

    app: str = ""
    tc_url: str = ""
    flash_ver: str = ""
    page_url: str = ""
    swf_url: str = ""
    type: str = ""
    """``nonprivate`` for those that are to publish: FMLE began it, and ffmpeg and librtmp do so."""
    object_encoding: float = 0.0
    fourcc_list: tuple[str, ...] | None = None
    """Codecs the peer handles, ``*`` for any; None when it does not speak Enhanced RTMP."""
    caps_ex: int | None = None
    """Capability flags of Enhanced RTMP v2, or None."""

    @classmethod
    def from_command(cls, command: Command) -> ConnectRequest:
        """Read ``connect``; what is missing or of the wrong kind counts as not said."""
        info = command.args[0] if command.args else None
        said: Mapping[str, Value] = info if isinstance(info, dict) else {}
        fourcc = said.get("fourCcList")
        encoding, caps_ex = said.get("objectEncoding"), said.get("capsEx")
        return cls(
            app=_text(said, "app"),
            tc_url=_text(said, "tcUrl"),
            flash_ver=_text(said, "flashVer"),
            page_url=_text(said, "pageUrl"),
            swf_url=_text(said, "swfUrl"),
            type=_text(said, "type"),
            object_encoding=float(encoding) if isinstance(encoding, int | float) else 0.0,
            fourcc_list=tuple(v for v in fourcc if isinstance(v, str))
            if isinstance(fourcc, list)
            else None,
            caps_ex=int(caps_ex)
            if isinstance(caps_ex, int | float) and abs(caps_ex) < 2**53
            else None,
        )


def _text(said: Mapping[str, Value], key: str) -> str:
    value = said.get(key)
    return value if isinstance(value, str) else ""


def status_info(code: str, description: str, **more: Value) -> dict[str, Value]:
    """The information object of ``onStatus``, ``_result`` and ``_error``."""
    return {"level": level_of(code).value, "code": str(code), "description": description, **more}


def on_status(code: StatusCode | str, description: str, **more: Value) -> Command:
    """``onStatus``: what became of a publish or play (RTMP 1.0, 7.2.2)."""
    return Command("onStatus", 0.0, (None, status_info(code, description, **more)))
