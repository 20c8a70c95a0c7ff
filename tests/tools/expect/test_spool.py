"""What is kept is a file that others read, and gone when it is no longer needed."""

from __future__ import annotations

from trio_srs.media.pattern import Pattern
from trio_srs.tools.expect.media_file import report_of_file
from trio_srs.tools.expect.spool import Spool
from trio_srs.wire.rtmp.message import Message, MessageType


def test_messages_are_kept_in_a_file_for_as_long_as_the_block_lasts() -> None:
    with Spool() as spool:
        for message in Pattern(seconds=0.4):
            spool.keep(message)
        spool.keep(Message(MessageType.WINDOW_ACK_SIZE, 0, 0, b"\0\0\0\1"))  # FLV has none
        spool.flush()
        report = report_of_file(spool.path)
        assert {track.kind: track.frames for track in report.facts.tracks} == {
            "video": 10,
            "audio": 18,
        }
    assert not spool.path.exists()
