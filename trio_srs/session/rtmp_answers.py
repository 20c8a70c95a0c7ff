"""The answers of an RTMP server, as commands: what peers expect, word for word. Floor 1."""

from __future__ import annotations

import functools
from typing import Final

import attrs

from trio_srs.wire.amf import amf0
from trio_srs.wire.amf.values import EcmaArray, Value
from trio_srs.wire.rtmp.command import Command, ConnectRequest, on_status, status_info
from trio_srs.wire.rtmp.message import Message, MessageType
from trio_srs.wire.rtmp.status import StatusCode, StatusLevel, level_of

__all__ = [
    "AS_USUAL",
    "CAPS_EX",
    "ON_BW_DONE",
    "RefusalForm",
    "call_failed",
    "connect_accepted",
    "connect_rejected",
    "connect_result",
    "fc_publish_started",
    "fc_subscribed",
    "fc_unpublished",
    "null_result",
    "play_accepted",
    "play_answers",
    "request_refused",
    "sample_access",
]

CAPS_EX: Final = 0x02 | 0x04 | 0x08
"""Enhanced RTMP v2: multitrack, ModEx and nanosecond offsets pass through; we ask nobody to
reconnect (0x01)."""
_CAN_FORWARD: Final = 0x04
_FMS_VERSION: Final = "FMS/3,5,3,888"  # what SRS says: players look at the number
_CAPABILITIES: Final = 127
_REDIRECT: Final = 302
_PLAIN_MOST: Final = 128
"""Characters of a name of which answers are kept."""


def _properties() -> dict[str, Value]:
    """What a server is, in the command object of its answer to ``connect``."""
    return {"fmsVer": _FMS_VERSION, "capabilities": float(_CAPABILITIES), "mode": 1.0}


def connect_result(transaction_id: float, request: ConnectRequest, server: str) -> Command:
    """``_result`` of ``connect``; capabilities of Enhanced RTMP are named to those who asked."""
    properties = _properties()
    if request.fourcc_list is not None or request.caps_ex is not None:
        forward: dict[str, Value] = {"*": float(_CAN_FORWARD)}
        properties |= {
            "fourCcList": ["*"],
            "videoFourCcInfoMap": forward,
            "audioFourCcInfoMap": dict(forward),
            "capsEx": float(CAPS_EX),
        }
    info = status_info(
        StatusCode.CONNECT_SUCCESS,
        "Connection succeeded",
        objectEncoding=request.object_encoding,
        data=EcmaArray({"version": "3,5,3,888", "server": server}),
    )
    return Command("_result", transaction_id, (properties, info))


def connect_accepted(transaction_id: float, request: ConnectRequest, server: str) -> Message:
    """The same, ready to be sent: in a crowd of players it is the same for all."""
    is_enhanced = request.fourcc_list is not None or request.caps_ex is not None
    return _connect_accepted(transaction_id, request.object_encoding, server, is_enhanced)


@functools.lru_cache(maxsize=32)
def _connect_accepted(
    transaction_id: float, object_encoding: float, server: str, is_enhanced: bool
) -> Message:
    request = ConnectRequest(
        object_encoding=object_encoding, fourcc_list=("*",) if is_enhanced else None
    )
    return connect_result(transaction_id, request, server).message()


@attrs.frozen(kw_only=True)
class RefusalForm:
    """How a refusal is said: clients look at different parts of it."""

    code: str = ""
    """Empty: that of the error."""
    level: str = ""
    """Empty: that which goes with the code."""
    has_object: bool = False
    """Whether there is a command object, as in a yes, and not null."""
    command: str = "_error"
    """What ``connect`` is answered by."""

    def info(self, code: str, description: str) -> dict[str, Value]:
        """What is said of the refusal: level, code and words."""
        code = self.code or code
        level = self.level or _level_of(code)
        return {"level": level, "code": code, "description": description}

    @property
    def object(self) -> Value:
        """What stands in front of that: null in most refusals."""
        return _properties() if self.has_object else None


AS_USUAL: Final = RefusalForm()


def _level_of(code: str) -> str:
    try:
        return level_of(code).value
    except ValueError:  # one of somebody else's
        return StatusLevel.ERROR.value


def connect_rejected(
    transaction_id: float, description: str, redirect: str = "", form: RefusalForm = AS_USUAL
) -> Command:
    """The ``_error`` that a refused ``connect`` is answered with.

    Args:
        redirect: where to connect instead; clients that know it look for ``ex`` (FMS's
            ``redirectConnection``; SRS says the same).
    """
    info = form.info(StatusCode.CONNECT_REJECTED, description)
    if redirect:
        info["ex"] = {"code": float(_REDIRECT), "redirect": redirect}
    return Command(form.command, transaction_id, (form.object, info))


def request_refused(
    code: str, description: str, redirect: str = "", form: RefusalForm = AS_USUAL
) -> Command:
    """The ``onStatus`` that a refused ``publish`` or ``play`` is answered with.

    Args:
        redirect: the URL of the stream to go to instead. SRS says it twice: as far as the
            application, and whole.
    """
    if not redirect:
        return Command("onStatus", 0.0, (form.object, form.info(code, description)))
    connect_to = redirect.partition("?")[0].rpartition("/")[0]
    there: dict[str, Value] = {
        "code": float(_REDIRECT),
        "redirect": connect_to,
        "redirect2": redirect,
    }
    return on_status(code, description, ex=there)


def call_failed(transaction_id: float, description: str) -> Command:
    """``_error`` of a call that cannot be carried out as it was made."""
    info = status_info(StatusCode.CALL_FAILED, description)
    return Command("_error", transaction_id, (None, info))


def null_result(transaction_id: float, value: Value = None) -> Command:
    """``_result`` of a call that there is little to say about."""
    return Command("_result", transaction_id, (None, value))


def fc_publish_started(name: str) -> Command:
    """``onFCPublish``: FMLE and Haivision encoders wait for it."""
    return Command("onFCPublish", 0.0, (None, status_info(StatusCode.PUBLISH_START, name)))


def fc_unpublished(name: str) -> Command:
    """``onFCUnpublish``, which a publisher that says ``FCUnpublish`` waits for."""
    return Command("onFCUnpublish", 0.0, (None, status_info(StatusCode.UNPUBLISH_SUCCESS, name)))


def fc_subscribed(name: str) -> Command:
    """``onFCSubscribe``: rtmpdump's ``--subscribe`` and CDN players wait for it."""
    return Command("onFCSubscribe", 0.0, (None, status_info(StatusCode.PLAY_START, name)))


def play_answers(name: str) -> tuple[Command, Command]:
    """``onStatus`` twice: the playlist is reset, and playing begins."""
    return (
        on_status(StatusCode.PLAY_RESET, f"Playing and resetting {name}", details=name),
        on_status(StatusCode.PLAY_START, f"Started playing {name}", details=name),
    )


def sample_access(stream_id: int) -> Message:
    """``|RtmpSampleAccess``: Flash players may read audio and video samples."""
    body = amf0.encode("|RtmpSampleAccess", True, True)
    return Message(MessageType.DATA_AMF0, stream_id, 0, body)


def play_accepted(name: str, stream_id: int) -> tuple[Message, ...]:
    """All that a player is told before media, ready to be sent; of a plain name it is kept, as
    there may be a crowd that plays it."""
    if len(name) > _PLAIN_MOST or "?" in name:  # what has parameters may be secret
        return _play_accepted.__wrapped__(name, stream_id)
    return _play_accepted(name, stream_id)


@functools.lru_cache(maxsize=256)
def _play_accepted(name: str, stream_id: int) -> tuple[Message, ...]:
    answers = (answer.message(stream_id) for answer in play_answers(name))
    return (*answers, sample_access(stream_id))


ON_BW_DONE: Final = Command("onBWDone", 0.0, (None,)).message()
"""``onBWDone``, behind the answer to ``connect``: what FMS says when it has measured nothing."""
