"""A report of whatever a stream is at, for tests: a URL of any kind, or a file. Floor 7."""

from __future__ import annotations

import math
from pathlib import Path

import trio

from trio_srs.errors import PeerError
from trio_srs.media.report import StreamReport
from trio_srs.net.rtmp_client import ClientSettings, client_tls
from trio_srs.tools.expect.stream_observer import Enough
from trio_srs.tools.expect.target import DEFAULT_FOR_S, Target

__all__ = ["NothingToJudgeError", "report_of"]


class NothingToJudgeError(PeerError, AssertionError):
    """No audio or video came of a URL or a file; the text says why."""

    code = "nothing_to_judge"


def report_of(
    target: str | Path,
    *,
    seconds: float = math.inf,
    frames: float = math.inf,
    for_s: float = DEFAULT_FOR_S,
    timeout_s: float = 10.0,
    insecure: bool = False,
) -> StreamReport:
    """Look at a stream as ``trio-srs expect`` does, and wait for the report.

    Args:
        target: a URL (rtmp, rtmps; http, https with HLS, DASH, FLV, MPEG-TS or MP4; udp with
            MPEG-TS) or a file of any of these.
        seconds: look at so much media; likewise so many video frames.
        for_s: for how long HLS or DASH that goes on is watched.
        timeout_s: how long the first audio or video may take, and a silence after it.
        insecure: accept any certificate.

    Raises:
        UrlError: no URL that can be read from.
        NothingToJudgeError: nothing came, or only a part of a file could be read.
    """
    settings = ClientSettings(
        timeout_s=timeout_s, tls=client_tls(insecure=True) if insecure else None
    )
    enough = Enough(seconds=seconds, frames=frames)
    looked = Target(str(target), enough, for_s=for_s, settings=settings)
    trio.run(looked.run)
    seen = looked.seen()
    if seen.report is None:
        raise NothingToJudgeError(f"{seen.target}: {seen.absence}")
    if seen.missing:
        raise NothingToJudgeError(f"{seen.target}: only a part could be judged: {seen.missing}")
    return seen.report
