"""What a viewer asks for and gets, over HTTP or from files: all of it is kept. Floor 6."""

from __future__ import annotations

import functools
import ssl
import time
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import trio

from trio_srs.errors import PeerError
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.net.http_caller import HttpCaller
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.tools.expect.http_exchange import REDIRECTS, redirected
from trio_srs.version import VERSION
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.url import UrlError

__all__ = ["Answers"]

_MOST_REDIRECTS: Final = 3
_OK, _NOT_FOUND, _NO_ANSWER = 200, 404, 0
_FILE: Final = "file"
_SAID: Final = {"User-Agent": f"trio-srs/{VERSION}", "Accept": "*/*"}
_MOST_AT_ONCE: Final = 1000
"""Requests: every rendition has one that is held back, and some for what came meanwhile."""
_KEEP_S: Final = 30.0
"""Longer than a segment, and shorter than servers keep a connection by default."""
_MOST_BYTES: Final = 1 << 30


class Answers:
    """Asks for one URL after the other; whatever comes of it is an answer.

    Attributes:
        fetched: all answers, in the order in which they were there. Times are Unix time.
        troubles: why there was none, or what is wrong with it, by URL.
    """

    def __init__(self, settings: ClientSettings) -> None:
        """
        Args:
            settings: how long an answer may take, and whom to trust.
        """
        self.fetched: list[Fetched] = []
        self.troubles: dict[str, str] = {}
        self._settings = settings
        tls = functools.cache(lambda: settings.tls or ssl.create_default_context())
        self._caller = HttpCaller(_MOST_AT_ONCE, _KEEP_S, _MOST_BYTES, tls)
        self._epoch_s = time.time() - trio.current_time()

    def close(self) -> None:
        """Close the connections that are kept for what else may be asked."""
        self._caller.close_idle()

    def now_s(self) -> float:
        """Unix time, on a clock that never steps."""
        return self._epoch_s + trio.current_time()

    async def get(self, url: str, *, wait_s: float = 0.0) -> Fetched:
        """Ask for a URL; what was got behind a redirect is known by the URL that was asked for.

        Args:
            wait_s: for how much longer than usual the answer may be held back.

        Returns:
            the answer; one with status 0 if there is none.
        """
        asked_at_s = self.now_s()
        try:
            made = await self._get(url, asked_at_s, wait_s)
        except (PeerError, UrlError) as error:
            self.troubles[url] = str(error)
            made = Fetched(url=url, asked_at_s=asked_at_s, at_s=self.now_s(), status=_NO_ANSWER)
        self.fetched.append(made)
        return made

    async def _get(self, url: str, asked_at_s: float, wait_s: float) -> Fetched:
        if urlsplit(url).scheme == _FILE:
            return await self._read(url, asked_at_s)
        parsed = HttpUrl.parse(url)
        for _ in range(_MOST_REDIRECTS):
            made, location = await self._ask(url, parsed, asked_at_s, wait_s)
            if location is None:
                return made
            self.fetched.append(made)
            parsed = redirected(parsed, location)
        return made

    async def _read(self, url: str, asked_at_s: float) -> Fetched:
        path = Path(unquote(urlsplit(url).path))
        try:
            body, status = await trio.Path(path).read_bytes(), _OK
        except OSError as error:
            self.troubles[url] = f"{path}: {error.strerror}"
            body, status = b"", _NOT_FOUND
        return Fetched(url=url, asked_at_s=asked_at_s, at_s=self.now_s(), status=status, body=body)

    async def _ask(
        self, url: str, parsed: HttpUrl, asked_at_s: float, wait_s: float
    ) -> tuple[Fetched, str | None]:
        """One answer, and where it leads to if it is a redirect. Raises PeerError."""
        patience_s = self._settings.timeout_s
        answer = await self._caller.call(
            parsed, _SAID, None, connect_s=patience_s, answer_s=patience_s + wait_s
        )
        began_at = answer.body_began_at
        if answer.status != _OK:
            words = f"{answer.status} {answer.reason}".rstrip()
            self.troubles[url] = f"{parsed.shown}: the server answered {words}"
        made = Fetched(
            url=url, asked_at_s=asked_at_s, at_s=self.now_s(), status=answer.status,
            first_at_s=None if began_at is None else self._epoch_s + began_at,
            fields=dict(answer.headers), body=answer.body,
        )  # fmt: skip
        return made, answer.headers.get("location") if answer.status in REDIRECTS else None
