"""Presentations as folders of files, as a packager leaves them, and as servers that move."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import trio

from trio_srs.media.packaging.fetched import Fetched
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.tools.expect.viewer_answers import Answers


def folder_of(fetched: list[Fetched], folder: Path) -> Path:
    """Write all that a viewer got: of each URL what it got last. Its root is returned."""
    for each in fetched:
        path = folder / urlsplit(each.url).path.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each.body)
    return folder


class Scripted(Answers):
    """Answers by URL of what a viewer got, each as it was at that time: the clock of the viewing
    is Trio's."""

    def __init__(self, fetched: list[Fetched], change: Callable[[str], str] = str) -> None:
        super().__init__(ClientSettings())
        self.began_s = min(each.at_s for each in fetched)
        self.asked: list[str] = []
        self._kept, self._change = fetched, change

    async def get(self, url: str, *, wait_s: float = 0.0) -> Fetched:
        await trio.sleep(0.01)
        self.asked.append(url)
        now_s = self.began_s + trio.current_time()
        base = Fetched(url=url, asked_at_s=0, at_s=0).base
        known = [each for each in self._kept if each.url in (url, base) and each.at_s <= now_s]
        body = known[-1].body if known else b""
        status = 200 if known else 404
        if not known:
            self.troubles[url] = f"{url}: the server answered 404 Not Found"
        made = Fetched(
            url=url, asked_at_s=now_s, at_s=now_s, status=status, body=body,
            fields={"content-type": "application/vnd.apple.mpegurl"} if "m3u8" in url else {},
        )  # fmt: skip
        self.fetched.append(made)
        return made
