"""Where every chunk stood, and where a message begins behind lost bytes."""

from __future__ import annotations

from trio_srs.wire.rtmp.chunk_reader import ChunkReader
from trio_srs.wire.rtmp.chunk_trace import ChunkSpan, ChunkTracer
from trio_srs.wire.rtmp.chunk_writer import ChunkWriter
from trio_srs.wire.rtmp.message import Message


def video(at_ms: int, size: int = 300) -> Message:
    return Message(9, 1, at_ms, bytes(index % 251 for index in range(size)))


def audio(at_ms: int) -> Message:
    return Message(8, 1, at_ms, b"\xaf\x01" + b"\xff" * (40 + at_ms % 7))


def written(*messages: Message) -> tuple[bytes, list[int]]:
    """All of them as an encoder writes them, and where each begins."""
    writer, whole, begins = ChunkWriter(), bytearray(), []
    for message in messages:
        begins.append(len(whole))
        whole += writer.write(message)
    return bytes(whole), begins


STREAM = [each for at in range(0, 4000, 40) for each in (video(at, 300 + at % 7), audio(at + 3))]


def all_of(tracer: ChunkTracer) -> list[tuple[Message, tuple[ChunkSpan, ...]]]:
    found = []
    while (message := tracer.next_message()) is not None:
        found.append((message, tracer.spans))
    return found


def test_each_chunk_of_a_message_has_its_place() -> None:
    data, _ = written(video(5))
    tracer = ChunkTracer()
    tracer.feed(data)
    [(message, spans)] = all_of(tracer)
    assert message == video(5)
    assert spans == (
        ChunkSpan(6, 0, 0, 12, 128, 9),
        ChunkSpan(6, 3, 140, 141, 128, 9),
        ChunkSpan(6, 3, 269, 270, 44, 9),
    )
    assert spans[-1].end == len(data)


def test_the_messages_are_those_of_the_reader_however_they_are_cut() -> None:
    data, begins = written(*STREAM)
    reader = ChunkReader()
    reader.feed(data)
    expected = [reader.next_message() for _ in STREAM]
    tracer, found = ChunkTracer(), []
    for at in range(0, len(data), 37):
        tracer.feed(data[at : at + 37])
        found += all_of(tracer)
    assert [message for message, _ in found] == expected
    assert [spans[0].offset for _, spans in found] == begins


def test_what_is_unfinished_is_known_until_it_is_given_up() -> None:
    data, _ = written(video(5))
    tracer = ChunkTracer()
    tracer.feed(data[:150])
    assert tracer.next_message() is None
    assert [span.offset for span in tracer.unfinished] == [0, 140]
    tracer.feed(data[150:269])
    assert tracer.next_message() is None
    tracer.abort(6)
    tracer.abort(7)
    assert tracer.unfinished == ()


def test_behind_lost_bytes_a_message_is_found_and_read_on() -> None:
    data, begins = written(*STREAM)
    tracer = ChunkTracer()
    tracer.feed(data[: begins[20] + 50])
    assert len(all_of(tracer)) == 20
    rest = data[begins[30] + 77 :]
    at = tracer.find_start(rest, is_all=False)
    assert at == begins[31] - begins[30] - 77
    tracer.lose(begins[30] + 77 - (begins[20] + 50) + at)
    tracer.feed(rest[at:])
    found = all_of(tracer)
    assert [message.payload for message, _ in found] == [each.payload for each in STREAM[31:]]
    assert found[0][1][0].offset == begins[31]


def test_what_may_not_follow_is_no_place_to_begin() -> None:
    data, begins = written(*STREAM)
    tracer = ChunkTracer()
    tracer.feed(data[: begins[4]])
    all_of(tracer)
    assert tracer.find_start(b"", is_all=True) is None
    assert tracer.find_start(bytes(range(256)) * 8, is_all=True) is None
    empty = ChunkWriter().write(Message(8, 1, 200, b""))
    assert tracer.find_start(empty * 4, is_all=False) is None
    other = ChunkWriter().write(Message(18, 1, 200, b"x"))
    assert tracer.find_start(audio_at(200) + other, is_all=False) is None
    unlawful = audio_at(200) + b"\xdf"
    assert tracer.find_start(b"\xc4" + audio(200).payload, is_all=True) is None
    assert tracer.find_start(unlawful, is_all=False) is None


def test_the_last_message_of_all_is_believed() -> None:
    tracer = ChunkTracer()
    tracer.feed(written(*STREAM[:4])[0])
    all_of(tracer)
    last = b"\xff\xff" + audio_at(900)
    assert tracer.find_start(last, is_all=False) is None
    assert tracer.find_start(last, is_all=True) == 2


def audio_at(at_ms: int) -> bytes:
    return ChunkWriter().write(audio(at_ms))


def test_who_looks_at_chunks_reads_each_message_by_itself() -> None:
    reader = ChunkTracer()
    reader.feed(written(video(5, 3))[0])
    assert reader.take_media({1: lambda *made_of: None}, 0.0, 64) == (0, False)
    assert reader.next_message() is not None
    assert len(reader.spans) == 1
