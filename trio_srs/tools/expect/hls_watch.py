"""Views HLS as a player does: all variants, every segment and part, for as long as it is wanted.
Floor 6."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import attrs
import trio

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.playlist_copy import PlaylistCopy
from trio_srs.tools.expect.viewer_answers import Answers
from trio_srs.wire.hls.media_playlist import MediaPlaylist
from trio_srs.wire.hls.multivariant_playlist import MultivariantPlaylist

__all__ = ["HlsWatch"]

_MEDIA: Final = ("AUDIO", "VIDEO")
_LEAST_S: Final = 0.25
_AGAIN_S: Final = 1.0
"""How soon a playlist is asked for again that was not there."""


@attrs.define(eq=False)
class _Reloader:
    """One media playlist that is reloaded."""

    url: str
    got: set[str] = attrs.field(factory=set)
    end: tuple[int, int] | None = None
    first: int | None = None
    """Number of the first segment that was listed."""
    seconds: float = 0.0
    """Of all segments that were got."""
    may_block: bool = False
    has_parts: bool = False

    def reload_url(self) -> str:
        """Where to ask for what comes next (bis 6.2.5.2)."""
        if not self.may_block or self.end is None:
            return self.url
        number, part = self.end
        said = f"_HLS_msn={number if part >= 0 else number + 1}"
        if self.has_parts:
            said += f"&_HLS_part={part + 1}"
        return f"{self.url}{'&' if urlsplit(self.url).query else '?'}{said}"


class HlsWatch:
    """One presentation.

    Attributes:
        trouble: why nothing of it can be viewed; empty if something can.
    """

    def __init__(self, answers: Answers, *, seconds: float) -> None:
        """
        Args:
            seconds: how much media to get of each rendition.
        """
        self.trouble = ""
        self._answers, self._seconds = answers, seconds

    async def run(self, top: Fetched) -> None:
        """Follow what a playlist says, up to its end or for ever: cancel it when there is enough.

        Args:
            top: the playlist that a player is given.
        """
        copy = PlaylistCopy(top)
        if copy.multivariant is not None:
            async with trio.open_nursery() as nursery:
                for url in _playlists(top, copy.multivariant):
                    nursery.start_soon(self._follow, _Reloader(url))
        elif copy.media is not None:
            await self._follow(_Reloader(top.url), top)
        else:
            self.trouble = f"{top.shown} is no playlist that can be read: {copy.trouble}"

    async def _follow(self, follower: _Reloader, fetched: Fetched | None = None) -> None:
        while True:
            began = trio.current_time()
            if fetched is None:
                fetched = await self._answers.get(follower.reload_url(), wait_s=_wait_s(follower))
            copy = PlaylistCopy(fetched)
            if fetched.is_whole and copy.media is None:
                return  # the rules tell what is wrong with it
            pause_s = _AGAIN_S
            if copy.media is not None and fetched.is_whole:
                pause_s = _pause_s(follower, copy, copy.media)
                await self._get_listed(follower, fetched, copy.media)
                if copy.media.is_ended or follower.seconds >= self._seconds:
                    return
            fetched = None
            await trio.sleep_until(began + pause_s)

    async def _get_listed(
        self, follower: _Reloader, playlist: Fetched, said: MediaPlaylist
    ) -> None:
        """Get all that is listed and was not got before."""
        for segment in said.segments:
            if follower.seconds >= self._seconds:
                return
            if segment.key is not None and segment.key.uri:
                await self._get(follower, playlist, segment.key.uri)
            if segment.init is not None:
                await self._get(follower, playlist, segment.init.uri)
            for part in segment.parts:
                if not part.is_gap:
                    await self._get(follower, playlist, part.uri)
            if not segment.is_gap:
                is_new = await self._get(follower, playlist, segment.uri)
                is_range = segment.byte_range is not None
                follower.seconds += segment.duration_s if is_new or is_range else 0.0
        if said.open_init is not None:
            await self._get(follower, playlist, said.open_init.uri)
        for part in said.parts:
            if not part.is_gap:
                await self._get(follower, playlist, part.uri)

    async def _get(self, follower: _Reloader, playlist: Fetched, uri: str) -> bool:
        """Get something, unless it was got; whether it was not."""
        url = playlist.resolve(uri)
        if url in follower.got:
            return False
        follower.got.add(url)
        await self._answers.get(url)
        return True


def _playlists(top: Fetched, said: MultivariantPlaylist) -> list[str]:
    """Those of all variants, and of the sound and pictures that go with them."""
    uris = [each.uri for each in said.variants]
    uris += [each.uri for each in said.renditions if each.uri and each.kind in _MEDIA]
    return list(dict.fromkeys(top.resolve(uri) for uri in uris))


def _pause_s(follower: _Reloader, copy: PlaylistCopy, said: MediaPlaylist) -> float:
    """How long to wait up to the next reload (8216 6.3.4), half as long if nothing is new; and
    learn how to ask for it."""
    is_new, follower.end = copy.end != follower.end, copy.end
    follower.may_block = said.server_control is not None and said.server_control.can_block_reload
    follower.has_parts = said.part_target_s is not None
    if follower.may_block and is_new:
        return 0.0
    pause_s = float(said.target_duration_s) if is_new else said.target_duration_s / 2
    return max(pause_s, _LEAST_S)


def _wait_s(follower: _Reloader) -> float:
    """An answer may be held for three target durations (bis 6.2.5.2); ten seconds are enough."""
    return 10.0 if follower.may_block else 0.0
