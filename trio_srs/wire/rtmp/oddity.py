"""What a peer does that is odd, or is let pass: how often, and where first. Floor 0."""

from __future__ import annotations

import enum

from trio_srs.wire.oddity_counter import OddityCounter, note

__all__ = ["Oddities", "OddityCounter", "OddityKind", "note"]


class OddityKind(enum.StrEnum):
    """What may be odd. Lawful or not, it is let pass."""

    FIRST_CHUNK_FMT = "first_chunk_fmt"
    """A chunk stream begins with a chunk of fmt 1, whose timestamp is a difference to nothing; it
    counts from 0, as in SRS. librtmp does it (RTMP 1.0, 5.3.1.2.2)."""
    EXTENDED_TIMESTAMP_MISSING = "extended_timestamp_missing"
    """A chunk of fmt 3 lacks the extended timestamp that the chunk before it had (RTMP 1.0,
    5.3.1.3)."""
    SMALL_CHUNKS = "small_chunks"
    """A chunk size below 128 bytes was announced (RTMP 1.0, 5.4.1)."""
    ABORT = "abort"
    """A message was begun and given up (RTMP 1.0, 5.4.2)."""
    CONTROL_ON_STREAM = "control_on_stream"
    """A control message came on a message stream other than 0 (RTMP 1.0, 5.4 and 6.2)."""
    CONTROL_PADDED = "control_padded"
    """A protocol control message is longer than its fields."""
    UNKNOWN_USER_CONTROL = "unknown_user_control"
    """A user control message is of a type that nobody knows."""
    AGGREGATE = "aggregate"
    """Messages came in an aggregate, as few encoders send them (RTMP 1.0, 7.1.6)."""
    UNKNOWN_COMMAND = "unknown_command"
    """A command was called that a server does not have; it was answered with nothing."""
    WRONG_ARGUMENT = "wrong_argument"
    """A command has an argument of a type that it does not take; it was answered with an error."""
    UNKNOWN_MESSAGE_TYPE = "unknown_message_type"
    """A message is of a type that nobody knows; of a publisher it is passed on."""
    SHARED_OBJECT = "shared_object"
    """A shared object message came; it was passed over."""
    STREAM_NOT_CREATED = "stream_not_created"
    """A publish or play names a message stream that ``createStream`` never made."""
    DELETE_UNKNOWN_STREAM = "delete_unknown_stream"
    """``deleteStream`` names a message stream that does not exist."""
    PUBLISH_TYPE = "publish_type"
    """A publish asks to ``record`` or ``append``; it was taken as ``live``."""
    MEDIA_ELSEWHERE = "media_elsewhere"
    """Media came on a message stream that does not publish; it was taken for the one that does."""
    MEDIA_WITHOUT_PUBLISH = "media_without_publish"
    """Media came while nothing was published, such as after the end; it was dropped."""


Oddities = dict[OddityKind, OddityCounter]
"""In the order in which they were first seen."""
