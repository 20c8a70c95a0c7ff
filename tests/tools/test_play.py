"""A play is written down as it comes, and ends when there is enough."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
from trio.testing import MockClock

from tests.net.scripted import STREAM, URL, accept, say_status, scripted
from tests.tools.files import clip, flv_tags, tags
from trio_srs.net.rtmp_player import open_player
from trio_srs.testing.bodies import audio, header, key, metadata
from trio_srs.testing.peer import Peer
from trio_srs.tools.play import NoStreamError, PlayOptions, Recording
from trio_srs.tools.tally import Tally
from trio_srs.wire.flv.tag import encode_header
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.rtmp.status import StatusCode


class Written:
    """What was written, and how."""

    def __init__(self) -> None:
        self.data = b""

    async def write(self, data: bytes) -> None:
        await trio.lowlevel.checkpoint()
        self.data += data


async def record(
    monkeypatch: pytest.MonkeyPatch,
    messages: list[Message],
    options: PlayOptions,
    *,
    end: StatusCode | None = None,
    on_received: Callable[[Tally], None] | None = None,
) -> tuple[Recording, bytes]:
    """Record what a server sends; it ends by itself only if ``end`` says how."""

    async def script(peer: Peer) -> None:
        await accept(peer)
        await peer.say(*(Message(m.type_id, STREAM, m.timestamp_ms, m.payload) for m in messages))
        if end is not None:
            await say_status(peer, end)
        await peer.hear_end()
        peer.close()

    written = Written()
    recording = Recording(written.write, options, on_received)
    async with scripted(monkeypatch, script), open_player(URL) as player:
        await recording.run(player)
    return recording, written.data


async def test_a_recording_is_what_was_sent_until_it_was_unpublished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    messages = list(clip(1))
    seen: list[int] = []
    recording, data = await record(
        monkeypatch, messages, PlayOptions(), end=StatusCode.PLAY_UNPUBLISH_NOTIFY,
        on_received=lambda tally: seen.append(tally.messages),
    )  # fmt: skip
    assert data.startswith(encode_header(True, True))
    assert flv_tags(data) == tags(messages)
    assert recording.ended == "NetStream.Play.UnpublishNotify"
    assert seen == list(range(1, len(messages) + 1))


async def test_enough_seconds_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    recording, data = await record(monkeypatch, list(clip(2)), PlayOptions(seconds=1))
    assert (recording.ended, recording.tally.media_s) == ("seconds", 1.0)
    assert flv_tags(data)[-1].timestamp_ms == 1000


@pytest.mark.parametrize("video", [True, False])
async def test_enough_frames_end_it_and_headers_are_none(
    monkeypatch: pytest.MonkeyPatch, video: bool
) -> None:
    messages = list(clip(2, video=video))
    recording, _ = await record(monkeypatch, messages, PlayOptions(frames=3))
    assert recording.ended == "frames"
    tally = recording.tally
    assert (tally.video_frames if video else tally.audio_frames) == 3


async def test_nothing_in_time_is_no_stream(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    with pytest.raises(NoStreamError, match="live/a: no audio or video within 6 s"):
        await record(monkeypatch, [metadata()], PlayOptions(timeout_s=6))
    assert trio.current_time() == pytest.approx(6)


async def test_a_stream_that_has_begun_is_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch, autojump_clock: MockClock
) -> None:
    with trio.move_on_after(1000) as scope:
        await record(monkeypatch, [key(0)], PlayOptions(timeout_s=6))
    assert scope.cancelled_caught


async def test_an_end_before_any_media_is_no_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoStreamError, match=r"before the end: NetStream\.Play\.Stop"):
        await record(monkeypatch, [metadata()], PlayOptions(), end=StatusCode.PLAY_STOP)


@pytest.mark.parametrize(
    ("messages", "audio_flag", "video_flag"),
    [([], True, True), ([header(), key(0)], False, True), ([audio(0)], True, False)],
)
def test_the_file_header_says_what_came(
    messages: list[Message], audio_flag: bool, video_flag: bool
) -> None:
    recording = Recording(Written().write)
    for message in messages:
        recording.tally.add(message)
    assert recording.file_header == encode_header(audio_flag, video_flag)
