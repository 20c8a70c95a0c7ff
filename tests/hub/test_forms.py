"""Wire forms: the same bytes for all, made once, and the way back from a byte to a record."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trio_srs.hub.forms import RtmpForm, Span, pieces_of
from trio_srs.hub.record import Account, Record
from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.message import Message, MessageType

BOTH = RtmpForm.of(4096, 1, True, True)
TYPES = st.sampled_from([MessageType.AUDIO, MessageType.VIDEO, MessageType.DATA_AMF0, 99])

records = st.lists(
    st.builds(
        Record,
        type_id=TYPES,
        timestamp_ms=st.integers(0, 2**32 - 1) | st.sampled_from([0xFFFFFE, 0xFFFFFF]),
        body=st.binary(min_size=1, max_size=400),
        arrived_at=st.just(0.0),
    ),
    max_size=8,
)
forms = st.builds(
    RtmpForm.of, st.sampled_from([128, 4096]), st.just(1), st.booleans(), st.booleans()
)


def record(type_id: int = MessageType.VIDEO, body: bytes = b"body") -> Record:
    return Record(type_id, 40, body, 0.0)


def read(data: bytes, chunk_size: int) -> list[Message]:
    reader = ChunkReader(chunk_size=chunk_size)
    reader.feed(data)
    messages = []
    while (message := reader.next_message()) is not None:
        messages.append(message)
    assert reader.held == reader.half_read == 0
    return messages


def test_equal_forms_are_one() -> None:
    assert RtmpForm.of(128, 1, True, False) is RtmpForm.of(128, 1, True, False)
    assert RtmpForm.of(128, 1, True, False) != RtmpForm.of(128, 1, True, True)


def test_a_record_is_put_into_chunks_once() -> None:
    it = record()
    it.account = Account()
    first = pieces_of(it, BOTH)
    assert pieces_of(it, BOTH) is first
    assert first[-1] is it.body


def test_a_record_keeps_its_bytes_in_three_forms_and_makes_others_anew() -> None:
    it = record()
    it.account = Account()
    forms = [RtmpForm.of(4096, stream_id, True, True) for stream_id in range(1, 5)]
    made = [pieces_of(it, form) for form in forms]
    again = [pieces_of(it, form) for form in forms]
    assert again == made
    assert [one is other for one, other in zip(made, again, strict=True)] == [True] * 3 + [False]


class Plain:
    """A form of somebody who knows nothing of the hub."""

    def __init__(self) -> None:
        self.made = 0

    def pieces(self, record: Record) -> tuple[bytes, ...]:
        self.made += 1
        return (b"<", record.body, b">")

    def wants(self, type_id: int) -> bool:
        return True


def test_any_form_is_made_once() -> None:
    it, plain = record(), Plain()
    it.account = Account()
    assert [Span([it, it], plain).blob for _ in range(3)] == [b"<body><body>"] * 3
    assert pieces_of(it, BOTH)
    assert (plain.made, it.copied) == (1, 2 + 2 * 128)  # what is around the body, and a form more


def test_a_copy_is_charged_to_the_log() -> None:
    it = record(body=bytes(300))
    it.account = Account()
    pieces = pieces_of(it, RtmpForm.of(128, 1, True, True))
    assert it.account.size == it.copied == len(b"".join(pieces)) > 300


@pytest.mark.parametrize(
    ("audio", "video", "expected"),
    [
        (True, True, [8, 9, 18, 20, 99]),
        (False, True, [9, 18, 20, 99]),
        (True, False, [8, 18, 20, 99]),
        (False, False, [18, 20, 99]),
    ],
)
def test_what_is_switched_off_is_left_out(audio: bool, video: bool, expected: list[int]) -> None:
    form = RtmpForm.of(4096, 1, audio, video)
    assert [type_id for type_id in (8, 9, 18, 20, 99) if form.wants(type_id)] == expected
    assert [type_id for type_id in (8, 9, 18, 20, 99) if form.pieces(record(type_id))] == expected


def test_what_is_left_out_is_not_remembered_as_empty() -> None:
    it = record(MessageType.AUDIO)
    it.account = Account()
    assert pieces_of(it, RtmpForm.of(4096, 1, False, True)) == ()
    assert it.form is None
    assert pieces_of(it, BOTH)


@given(records, forms)
def test_a_span_is_read_back_as_its_records(records: list[Record], form: RtmpForm) -> None:
    wanted = [it for it in records if form.wants(it.type_id)]
    assert read(Span(records, form).blob, form.chunk_size) == [
        Message(it.type_id, 1, it.timestamp_ms, it.body) for it in wanted
    ]


@given(records, forms, st.data())
def test_what_was_taken_and_the_rest_and_the_records_behind_make_the_whole(
    records: list[Record], form: RtmpForm, data: st.DataObject
) -> None:
    """Wherever a connection stops taking, the way on begins at a message boundary."""
    span = Span(records, form)
    taken = data.draw(st.integers(0, len(span.blob)))
    count, rest = span.locate(taken)
    behind = Span(records[count:], form)
    assert span.blob[:taken] + b"".join(rest) + behind.blob == span.blob
    if not rest:  # it stopped between two records, and none was begun
        assert Span(records[:count], form).blob == span.blob[:taken]


def test_nothing_taken_is_nothing_begun() -> None:
    assert Span([record(), record()], BOTH).locate(0) == (0, [])


def test_a_span_of_nothing_that_is_wanted_is_empty() -> None:
    assert Span([record(MessageType.AUDIO)], RtmpForm.of(4096, 1, False, True)).blob == b""
