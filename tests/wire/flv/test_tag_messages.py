"""Tags as messages, and messages as tags: what neither has is left out."""

from __future__ import annotations

import pytest

from tests.tools.files import tags
from trio_srs.testing.bodies import audio, command, inter, metadata
from trio_srs.wire.flv.tag_messages import TAG_TYPES, flv_tag, message_of
from trio_srs.wire.rtmp.message import Message, MessageType


def test_what_files_have_no_type_for_is_left_out() -> None:
    assert flv_tag(command("onStatus")) is None
    assert flv_tag(Message(99, 1, 0, b"x")) is None
    assert flv_tag(Message(MessageType.DATA_AMF3, 1, 0, b"\x06")) is None


def test_data_is_written_without_the_publishers_word() -> None:
    said = metadata()
    stripped = tags([said])[0]
    assert flv_tag(said) == stripped
    in_amf3 = Message(MessageType.DATA_AMF3, 1, 0, b"\0" + said.payload)
    assert flv_tag(in_amf3) == stripped
    assert flv_tag(inter(5)) == tags([inter(5)])[0]


@pytest.mark.parametrize("message", [inter(40), audio(46)])
def test_a_tag_is_the_message_that_it_was_made_of(message: Message) -> None:
    tag = flv_tag(message)
    assert tag is not None
    assert tag.type_id in TAG_TYPES
    again = message_of(tag)
    assert (again.type_id, again.timestamp_ms, again.payload) == (
        message.type_id, message.timestamp_ms, message.payload
    )  # fmt: skip
