"""What a viewer of the service gets, kept to be judged by the rules of HLS."""

from __future__ import annotations

from urllib.parse import urljoin

import trio

from tests.service.hls.house import Watcher
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.wire.hls.media_playlist import MediaPlaylist
from trio_srs.wire.hls.playlist_reader import read_media_playlist

__all__ = ["fetch", "fetch_all", "fetch_listed", "media_playlists"]

HOST = "http://host"


async def fetch(watcher: Watcher, path: str, fetched: list[Fetched]) -> Fetched:
    """Ask for a path, and keep the answer."""
    asked_at_s = trio.current_time()
    answer = await watcher.get(path)
    made = Fetched(
        url=HOST + path,
        asked_at_s=asked_at_s,
        at_s=trio.current_time(),
        status=answer.status,
        fields={name.lower(): value for name, value in answer.fields.items()},
        body=answer.body,
    )
    fetched.append(made)
    return made


async def fetch_listed(watcher: Watcher, playlist: Fetched, fetched: list[Fetched]) -> None:
    """All that a media playlist lists and that was not got before."""
    said: MediaPlaylist = read_media_playlist(playlist.body.decode())
    known = {each.url for each in fetched}
    for segment in said.segments:
        uris = [segment.init.uri] if segment.init is not None else []
        uris += [part.uri for part in segment.parts if not part.is_gap]
        uris += [] if segment.is_gap else [segment.uri]
        for uri in uris:
            url = urljoin(playlist.url, uri)
            if url not in known:
                known.add(url)
                await fetch(watcher, url.removeprefix(HOST), fetched)


def media_playlists(watcher: Watcher) -> list[str]:
    """All that there are to choose from."""
    variants = [each.uri for each in watcher.all.variants]
    return variants + [each.uri for each in watcher.all.renditions]


async def fetch_all(watcher: Watcher, path: str = "/live/a.m3u8") -> list[Fetched]:
    """All that there is now."""
    fetched: list[Fetched] = []
    first = Fetched(url=HOST + path, asked_at_s=0.0, at_s=0.0, body=watcher.all.write().encode())
    fetched.append(first)
    for uri in media_playlists(watcher):
        url = urljoin(first.url, uri)
        playlist = await fetch(watcher, url.removeprefix(HOST), fetched)
        await fetch_listed(watcher, playlist, fetched)
    return fetched
