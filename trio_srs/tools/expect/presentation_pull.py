"""A presentation of HLS or DASH, viewed for as long as it is wanted, and its report. Floor 6."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import trio

from trio_srs.errors import EndReason
from trio_srs.hub.aes_cipher import AesCipher
from trio_srs.media.packaging.fetched import Fetched
from trio_srs.media.packaging.packaging_summary import packaging_facts
from trio_srs.media.packaging.presented import PresentedRendition, judged, presented
from trio_srs.media.packaging.viewing import Viewing, is_manifest, is_playlist
from trio_srs.media.packaging_facts import PackagingFacts
from trio_srs.media.remux.access_unit import AccessUnit
from trio_srs.media.remux.message_writer import MessageWriter
from trio_srs.media.report import Conduct, StreamReport
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.tools.expect.dash_watch import DashWatch
from trio_srs.tools.expect.hls_watch import HlsWatch
from trio_srs.tools.expect.stream_observer import Enough, StreamObserver
from trio_srs.tools.expect.viewer_answers import Answers
from trio_srs.wire.rtmp.message import Message

__all__ = ["LISTS", "PresentationPull", "is_presentation"]

LISTS: Final = (".m3u8", ".mpd")
"""What the paths of playlists and manifests end with."""


def is_presentation(target: str) -> bool:
    """Whether a URL or a path is, by its name, that of a playlist or a manifest."""
    return urlsplit(target).path.endswith(LISTS)


class PresentationPull:
    """One presentation.

    Attributes:
        target: its URL for messages, without its parameters, which may be secret.
        absence: why there is nothing to judge, when there is not.
        remarks: what else has to be known to read the report, a sentence each.
        is_list: as of :class:`~trio_srs.tools.expect.pull.Pull`: there is no other place to look.
    """

    is_list: Final = False

    def __init__(
        self,
        target: str,
        enough: Enough,
        *,
        for_s: float,
        settings: ClientSettings,
        keep: Callable[[Message], object] | None = None,
    ) -> None:
        """
        Args:
            target: a URL, or the path of a file.
            enough: how much of it to judge.
            for_s: for how long what is live is watched.
            keep: called with each message that is judged, when the report is made.
        """
        self.target = target.partition("?")[0]
        self.absence = "interrupted before the server had answered"
        self.remarks: tuple[str, ...] = ()
        self._url = target if "://" in target else Path(target).absolute().as_uri()
        self._enough, self._for_s, self._settings = enough, for_s, settings
        self._answers: Answers | None = None
        self._keep = keep
        self._is_over = False

    async def run(self) -> None:
        """View it up to its end, for as long as is wanted, or until there is enough.

        Whatever the server does wrong is found in the report, or in the absence.
        """
        self._answers = answers = Answers(self._settings)
        try:
            await self._view(answers)
        finally:
            answers.close()

    async def _view(self, answers: Answers) -> None:
        top = await answers.get(self._url)
        if not top.is_whole:
            self.absence = answers.troubles.get(self._url, f"status {top.status}")
            return
        if not is_manifest(top) and not is_playlist(top):
            self.absence = f"{self.target} is neither a playlist of HLS nor a manifest of DASH"
            return
        watch = (DashWatch if is_manifest(top) else HlsWatch)(answers, seconds=self._enough.seconds)
        with trio.move_on_after(self._for_s) as limit:
            await watch.run(top)
        self._is_over = not limit.cancelled_caught
        self.absence = watch.trouble
        if limit.cancelled_caught:
            self.remarks = (f"it goes on: it was watched for {self._for_s:g} s, as --for says",)

    def report(self) -> StreamReport | None:
        """What there is to know of it; None if no audio or video came. Good also after a
        cancellation."""
        if self._answers is None:
            return None
        viewing = Viewing(self._answers.fetched, AesCipher().decrypt)
        renditions = judged(viewing, presented(viewing))
        observer = StreamObserver(self.target, began_at=time.time(), now_s=None)
        observer.has_messages, observer.keep = False, self._keep
        self._see(renditions, observer)
        packaging = packaging_facts(viewing)
        if not observer.tally.has_media:
            self.absence = self.absence or self._why(packaging)
            return None
        is_over = self._is_over and not packaging.is_live
        return observer.report(
            Conduct(flow=packaging.form, client=_server(self._answers.fetched)),
            EndReason.STREAM_CLOSED if is_over else None,
            end_detail="it says that this is all" if is_over else "it goes on",
            packaging=packaging,
        )

    def _see(self, renditions: list[PresentedRendition], observer: StreamObserver) -> None:
        writer = MessageWriter()
        for unit in _merged(renditions):
            for message in writer.write(unit):
                observer.see(message)
            if self._enough.is_reached_by(observer.tally):
                return

    def _why(self, packaging: PackagingFacts) -> str:
        """Why no frame came of a presentation that could be viewed."""
        assert self._answers is not None  # it was viewed
        if packaging.encrypted:
            return f"its segments are encrypted with {packaging.encrypted}, and there is no key"
        if not packaging.segments:
            return "it lists no segments"
        troubles = list(self._answers.troubles.values())
        return troubles[0] if troubles else "no audio and no video in its segments"


def _merged(renditions: list[PresentedRendition]) -> Iterator[AccessUnit]:
    """The frames of all, in the order of their times."""
    return heapq.merge(*(each.units() for each in renditions), key=lambda unit: unit.dts)


def _server(fetched: list[Fetched]) -> str | None:
    return next((each.fields["server"] for each in fetched if "server" in each.fields), None)
