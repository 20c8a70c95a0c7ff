"""Whatever a stream is at: a URL of any kind that is read, or a file. Floor 6."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs
import trio

from trio_srs.media.report import StreamReport
from trio_srs.net.rtmp_client import ClientSettings
from trio_srs.tools.expect.stream_observer import EVERYTHING, Enough
from trio_srs.wire.rtmp.message import Message

if TYPE_CHECKING:
    from trio_srs.tools.expect.presentation_pull import PresentationPull
    from trio_srs.tools.expect.pull import Pull

__all__ = ["DEFAULT_FOR_S", "SeenTarget", "Target", "is_file"]

DEFAULT_FOR_S: Final = 20.0
"""For how long HLS or DASH that goes on is watched."""
_LISTS: Final = (".m3u8", ".mpd")


@attrs.frozen(kw_only=True)
class SeenTarget:
    """What was seen of a target."""

    target: str
    """What to call it: a URL without its parameters, which may be secret, or a path."""
    report: StreamReport | None
    """None: there was nothing to judge."""
    absence: str = ""
    """Why not."""
    missing: str = ""
    """Why only a part could be judged, if so."""
    remarks: tuple[str, ...] = ()
    """What else has to be known, a sentence each."""


def is_file(target: str) -> bool:
    """Whether it is a path, and no URL."""
    return "://" not in target


class Target:
    """One target, looked at once. Await :meth:`run`, which may be cancelled at any time."""

    def __init__(
        self,
        target: str,
        enough: Enough = EVERYTHING,
        *,
        for_s: float = DEFAULT_FOR_S,
        settings: ClientSettings,
        keep: Callable[[Message], object] | None = None,
    ) -> None:
        """
        Args:
            target: a URL (rtmp, rtmps, http, https, udp) or the path of a file.
            enough: how much of it to judge.
            for_s: for how long HLS or DASH that goes on is watched.
            settings: how long the first audio or video may take, and a silence after it; and whom
                to trust.
            keep: called with each message that is judged.

        Raises:
            UrlError: no URL that can be read from.
        """
        self._target, self._enough, self._for_s = target, enough, for_s
        self._settings, self._keep = settings, keep
        self._is_list = target.partition("?")[0].endswith(_LISTS)
        self._look = self._present() if self._is_list else None if is_file(target) else self._pull()
        self._seen: SeenTarget | None = None

    # Late, as each run needs one of them: who looks at a file waits for no imports of others.

    def _pull(self) -> Pull | PresentationPull:
        from trio_srs.tools.expect.pull import Pull

        timeout_s = self._settings.timeout_s
        return Pull(
            self._target, self._enough, timeout_s=timeout_s, settings=self._settings,
            keep=self._keep,
        )  # fmt: skip

    def _present(self) -> Pull | PresentationPull:
        from trio_srs.tools.expect.presentation_pull import PresentationPull

        return PresentationPull(
            self._target, self._enough, for_s=self._for_s, settings=self._settings,
            keep=self._keep,
        )  # fmt: skip

    async def run(self) -> None:
        """Look at it until it ends, or until there is enough; then ask what was seen."""
        if self._look is None:
            self._seen = await trio.to_thread.run_sync(self._read)
            return
        await self._look.run()
        if self._look.is_list:
            self._look = self._present()
            await self._look.run()

    def _read(self) -> SeenTarget:
        from trio_srs.tools.expect.media_file import report_of_file, what_is_missing
        from trio_srs.tools.publish import MediaFileError

        try:
            report = report_of_file(Path(self._target), self._enough, self._keep)
        except MediaFileError as error:
            return SeenTarget(target=self._target, report=None, absence=str(error))
        return SeenTarget(target=self._target, report=report, missing=what_is_missing(report))

    def seen(self) -> SeenTarget:
        """What came so far. Good also after a cancellation."""
        if self._look is None:
            nothing = SeenTarget(target=self._target, report=None, absence="interrupted")
            return self._seen or nothing
        report = self._look.report()
        return SeenTarget(
            target=self._look.target, report=report,
            absence="" if report else self._look.absence, remarks=self._look.remarks,
        )  # fmt: skip
