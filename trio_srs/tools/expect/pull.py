"""A stream pulled from a server, over RTMP, HTTP or UDP, for as long as it is wanted.

Floor 6.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

import trio

from trio_srs.errors import EndReason, PeerError
from trio_srs.media.report import Conduct, StepKind, StreamReport
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.net.rtmp_player import RtmpPlayer, open_player
from trio_srs.tools.expect.http_feed import ListedElsewhereError, open_http
from trio_srs.tools.expect.stream_observer import Enough, StreamObserver
from trio_srs.tools.expect.udp_feed import open_udp
from trio_srs.wire.http_url import HTTP_PORTS, HttpUrl
from trio_srs.wire.rtmp.message import Message
from trio_srs.wire.udp_url import UdpUrl
from trio_srs.wire.url import DEFAULT_PORTS, RtmpUrl

__all__ = ["SCHEMES", "Pull"]

SCHEMES: Final = (*DEFAULT_PORTS, *HTTP_PORTS, "udp")
"""What a URL to pull from may begin with."""

_ENDS: Final = {"": None, "closed": EndReason.PEER_FIN}
"""Why a play ended, by the player's word; any other is the server's status."""


class _Feed(Protocol):
    """Where messages come from."""

    @property
    def conduct(self) -> Conduct:
        """How the server behaves, as far as it is known."""

    @property
    def has_messages(self) -> bool:
        """Whether the messages are the server's own."""

    @property
    def end(self) -> EndReason | None:
        """Why there are no more messages; None while there may be."""

    @property
    def ended(self) -> str:
        """The same in words; empty while there may be more."""

    def __aiter__(self) -> AsyncIterator[Message]:
        """Iterate over the messages."""


class _RtmpFeed:
    """What an RTMP server plays to us."""

    has_messages: Final = True

    def __init__(self, player: RtmpPlayer) -> None:
        self._player = player

    @property
    def conduct(self) -> Conduct:
        answer = self._player.session.connect_answer
        said = answer.args[0] if answer and answer.args else None
        version = said.get("fmsVer") if isinstance(said, dict) else None
        return Conduct(
            handshake=str(self._player.handshake),
            flow="RTMP play",
            client=version if isinstance(version, str) else None,
        )

    @property
    def end(self) -> EndReason | None:
        return _ENDS.get(self._player.ended, EndReason.STREAM_CLOSED)

    @property
    def ended(self) -> str:
        return self._player.ended

    def __aiter__(self) -> AsyncIterator[Message]:
        return aiter(self._player)


@asynccontextmanager
async def _open_rtmp(url: RtmpUrl, settings: ClientSettings) -> AsyncIterator[_Feed]:
    async with open_player(url, settings) as player:
        yield _RtmpFeed(player)


def _parse(url: str) -> HttpUrl | RtmpUrl | UdpUrl:
    """A URL by its scheme; one of another scheme is refused as no RTMP. Raises UrlError."""
    match url.partition("://")[0].lower():
        case "http" | "https":
            return HttpUrl.parse(url)
        case "udp":
            return UdpUrl.parse(url)
        case _:
            return RtmpUrl.parse(url)


class Pull:
    """One stream, pulled.

    Attributes:
        target: the URL for messages, without its parameters, which may be secret.
        absence: why no audio or video came, when none did.
        is_list: whether what came over HTTP is a playlist or a manifest, and no stream.
        remarks: what else has to be known; there is nothing.
    """

    remarks: tuple[str, ...] = ()

    def __init__(
        self,
        url: str,
        enough: Enough,
        *,
        timeout_s: float,
        settings: ClientSettings,
        keep: Callable[[Message], object] | None = None,
    ) -> None:
        """
        Args:
            timeout_s: how long the first audio or video may take once the server has accepted,
                and how long nothing at all may come after it.
            keep: called with each message that came.

        Raises:
            UrlError: no URL that can be pulled from.
        """
        self._enough, self._timeout_s, self._settings = enough, timeout_s, settings
        self._keep = keep
        self._url = _parse(url)
        self.target = url.partition("?")[0]
        self.absence = "interrupted before the server had answered"
        self.is_list = False
        self._observer: StreamObserver | None = None
        self._feed: _Feed | None = None
        self._end: EndReason | None = None
        self._ended = "interrupted"

    def _open(self) -> AbstractAsyncContextManager[_Feed]:
        if isinstance(self._url, HttpUrl):
            return open_http(self._url, self._settings)
        if isinstance(self._url, UdpUrl):
            return open_udp(self._url)
        return _open_rtmp(self._url, self._settings)

    async def run(self) -> None:
        """Pull until the stream ends or there is enough; then ask for the report.

        Whatever the server does wrong ends it, and is found in the report or in the absence.
        """
        self._observer = observer = StreamObserver(
            self.target, began_at=time.time(), now_s=trio.current_time(), peer=self._url.authority
        )
        observer.keep = self._keep
        try:
            async with self._open() as feed:
                observer.open(trio.current_time())
                self.absence = "interrupted before any audio or video came"
                await self._watch(feed, observer)
        except ListedElsewhereError as error:
            self.is_list, self._ended = True, str(error)
        except PeerError as error:
            self._end, self._ended = error.end, str(error)
        if not observer.tally.has_media:
            self.absence = self._ended + self._what_was_odd()

    async def _watch(self, feed: _Feed, observer: StreamObserver) -> None:
        self._feed = feed
        with trio.CancelScope() as patience:
            patience.deadline = trio.current_time() + self._timeout_s
            async for message in feed:
                now = trio.current_time()
                observer.see(message, now)
                patience.deadline = now + self._timeout_s
                if reached := self._enough.is_reached_by(observer.tally):
                    self._ended = f"judged up to here: there are enough {reached}"
                    return
            self._end, self._ended = feed.end, feed.ended
        if patience.cancelled_caught:
            what = "nothing more" if observer.tally.has_media else "no audio or video"
            self._end = EndReason.PUBLISH_IDLE_TIMEOUT
            self._ended = f"{what} came for {self._timeout_s:g} s"

    def _what_was_odd(self) -> str:
        """As the end of a sentence: what may be why nothing came."""
        odd = self._feed.conduct.oddities if self._feed else ()
        return "".join(f"; {oddity.detail}" for oddity in odd)

    def report(self) -> StreamReport | None:
        """What came so far; None if no audio or video did. Good also after a cancellation."""
        observer, feed = self._observer, self._feed
        if observer is None or feed is None or not observer.tally.has_media:
            return None
        observer.has_messages = feed.has_messages
        if self._end is not None:
            observer.note(StepKind.END, trio.current_time(), self._ended)
        return observer.report(feed.conduct, self._end, self._ended)
