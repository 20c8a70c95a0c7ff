"""What a viewer asks for and gets, over HTTP or from files: all of it is kept. Floor 6."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

import trio

from trio_srs.errors import PeerError
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.net.rtmp_client import ClientSettings, NoAnswerError
from trio_srs.session.http_events import HttpBody
from trio_srs.tools.expect.http_exchange import REDIRECTS, ask, redirected
from trio_srs.wire.http_url import HttpUrl
from trio_srs.wire.url import UrlError

__all__ = ["Answers"]

_MOST_REDIRECTS: Final = 3
_OK, _NOT_FOUND, _NO_ANSWER = 200, 404, 0
_FILE: Final = "file"


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
        self._epoch_s = time.time() - trio.current_time()

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
        deadline = trio.current_time() + self._settings.timeout_s + wait_s
        exchange, head = await ask(parsed, self._settings, deadline)
        body, first_at_s = bytearray(), None
        try:
            with trio.CancelScope(deadline=deadline) as patience:
                while isinstance(event := await exchange.next_event(), HttpBody):
                    first_at_s = self.now_s() if first_at_s is None else first_at_s
                    body += event.data
        finally:
            exchange.close()
        if patience.cancelled_caught:
            took_s = self._settings.timeout_s + wait_s
            raise NoAnswerError(f"{parsed.shown}: {len(body)} bytes and no end in {took_s:g} s")
        if head.status != _OK:
            words = f"{head.status} {head.reason}".rstrip()
            self.troubles[url] = f"{parsed.shown}: the server answered {words}"
        made = Fetched(
            url=url, asked_at_s=asked_at_s, at_s=self.now_s(), first_at_s=first_at_s,
            status=head.status, fields=dict(head.headers), body=bytes(body),
        )  # fmt: skip
        return made, head.headers.get("location") if head.status in REDIRECTS else None
