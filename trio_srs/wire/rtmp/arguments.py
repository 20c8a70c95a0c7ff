"""What the arguments of a client's commands say. Floor 0.

Index 0 of a command's arguments is the command object; what these read stands behind it.
"""

from __future__ import annotations

from trio_srs.wire.amf.values import UNDEFINED
from trio_srs.wire.rtmp.command import Command

__all__ = ["asks_to_stop", "flag", "play_duration_s", "play_name", "stream_number"]

_UNSAID = (None, UNDEFINED)


def flag(command: Command, what: str, *, default: bool) -> bool:
    """The first argument as yes or no, or ``default`` where nothing is said.

    Raises:
        CommandError: it is something else.
    """
    value = command.argument(1)
    if value in _UNSAID:
        return default
    if not isinstance(value, bool | int | float):  # old players say 0 and 1
        raise command.wrong(1, what, "true or false")
    return bool(value)


def stream_number(command: Command, default: int) -> float:
    """The message stream that ``deleteStream`` names (RTMP 1.0, 7.2.2.3), or ``default``.

    Raises:
        CommandError: what stands there is no number.
    """
    value = command.argument(1)
    if value in _UNSAID:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise command.wrong(1, "the message stream", "a number")
    return value


def asks_to_stop(command: Command) -> bool:
    """Whether a ``publish`` or ``play`` asks to end what there is, as Flash does with false.

    Source: ActionScript 3.0 reference, ``NetStream.publish`` and ``NetStream.play``: with false
    for a name the operation stops.
    """
    return len(command.args) > 1 and command.args[1] in (False, *_UNSAID)


def play_name(command: Command) -> str:
    """The stream name of ``play``, or of ``play2``, which has it in an object (RTMP 1.0, 7.2.2.2).

    Raises:
        CommandError: there is none.
    """
    parameters = command.argument(1)
    if command.name == "play2" and isinstance(parameters, dict):
        name = parameters.get("streamName")
        if isinstance(name, str):
            return name
    return command.text(1, "the stream name")


def play_duration_s(command: Command) -> float:
    """How many seconds ``play`` asks for; negative for everything.

    On the wire it is milliseconds, as its neighbour ``start`` is: librtmp, SRS and nginx-rtmp
    agree on that against the letter (RTMP 1.0, 7.2.2.1), which says seconds.
    """
    duration_ms = -1.0 if command.name == "play2" else command.number(3, -1.0)
    return duration_ms / 1000 if duration_ms >= 0 else -1.0
