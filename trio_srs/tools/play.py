"""A stream from a server, as an FLV file. Floor 6."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from typing import Final

import attrs
import trio

from trio_srs.errors import PeerError
from trio_srs.net.rtmp_player import RtmpPlayer
from trio_srs.tools.tally import Tally
from trio_srs.wire.flv.tag import encode_header, encode_tag
from trio_srs.wire.flv.tag_messages import flv_tag
from trio_srs.wire.rtmp.message import Message

__all__ = ["NoStreamError", "PlayOptions", "Recording"]


class NoStreamError(PeerError):
    """The server let us play, and no audio or video came."""

    code = "no_stream"


@attrs.frozen(kw_only=True)
class PlayOptions:
    """How much of a stream to take, and how long to wait for it."""

    seconds: float = math.inf
    """Stop when there is so much media."""
    frames: float = math.inf
    """Stop after so many video frames; audio frames, in a stream that has no video so far."""
    timeout_s: float = 10.0
    """How long the first audio or video may take."""


DEFAULT_OPTIONS: Final = PlayOptions()


class Recording:
    """One play, written down.

    Attributes:
        tally: what came so far; good also after :meth:`run` was cancelled.
        ended: why it ended: ``seconds`` or ``frames``, when there was enough; else what
            :attr:`~trio_srs.net.rtmp_player.RtmpPlayer.ended` says. Empty while it goes on.
    """

    def __init__(
        self,
        write: Callable[[bytes], Awaitable[object]],
        options: PlayOptions = DEFAULT_OPTIONS,
        on_received: Callable[[Tally], None] | None = None,
    ) -> None:
        """Prepare to write with ``write``; ``on_received`` is called after every message."""
        self.options = options
        self.tally = Tally()
        self.ended = ""
        self._write = write
        self._on_received = on_received

    @property
    def file_header(self) -> bytes:
        """What the file should begin with, by what has come; both kinds, before anything has."""
        tally = self.tally
        return encode_header(
            bool(tally.audio) or not tally.has_media, bool(tally.video) or not tally.has_media
        )

    async def run(self, player: RtmpPlayer) -> None:
        """Write what is played until it ends, or there is enough of it.

        Raises:
            NoStreamError: nothing came in time, or before the server ended it.
            PeerError: as iterating over the player.
        """
        await self._write(self.file_header)
        with trio.CancelScope() as patience:
            patience.deadline = trio.current_time() + self.options.timeout_s
            async for message in player:
                await self._take(message)
                if self.tally.has_media:
                    patience.deadline = math.inf
                if self.ended:
                    return
            self.ended = player.ended
        if patience.cancelled_caught:
            raise NoStreamError(
                f"{player.target}: no audio or video within {self.options.timeout_s:g} s"
            )
        if not self.tally.has_media:
            raise NoStreamError(f"{player.target}: no audio or video before the end: {self.ended}")

    async def _take(self, message: Message) -> None:
        tag = flv_tag(message)
        if tag is not None:
            await self._write(encode_tag(tag))
        tally, options = self.tally, self.options
        tally.add(message)
        if self._on_received is not None:
            self._on_received(tally)
        if tally.media_s >= options.seconds:
            self.ended = "seconds"
        elif (tally.video_frames if tally.video else tally.audio_frames) >= options.frames:
            self.ended = "frames"
