"""The [capture] section: which sessions are kept, byte for byte. Floor 3."""

from __future__ import annotations

import enum
from pathlib import Path

import attrs

from trio_srs.units import Bytes, bytes_within, within

__all__ = ["CaptureConfig", "CaptureWhen", "VhostCapture"]


class CaptureWhen(enum.StrEnum):
    """Which sessions are kept."""

    OFF = "off"
    """None: nothing is noted."""
    ON_FAILURE = "on-failure"
    """Those that fail: they are noted in memory, and written when that is known."""
    ALWAYS = "always"
    """All of them: their files are written as they go on."""


@attrs.frozen(kw_only=True)
class VhostCapture:
    """Which sessions of a virtual host are kept, beside those that `[capture]` keeps; their files
    are in a folder of its name in `capture.folder`. Where a session wants to go is not known when
    it begins, so that all are noted in memory while any virtual host says something here."""

    when: CaptureWhen = CaptureWhen.OFF


@attrs.frozen(kw_only=True)
class CaptureConfig:
    """Captures of RTMP sessions: every byte of both directions with its time, in a file for each
    session. `trio-srs inspect` shows them, `trio-srs replay` does them again."""

    when: CaptureWhen = CaptureWhen.OFF
    """Which sessions are kept, of those that begin from now on: `"off"` none; `"on-failure"` those
    that are refused something or are ended by anything but the peer's own will, an administrator or
    the server's stop; `"always"` all of them."""
    folder: Path = Path("captures")
    """Where the files go; it is made if it is not there."""
    first: Bytes = attrs.field(default=Bytes(4 * 2**20), validator=bytes_within("4KiB", "1TiB"))
    """How much of the beginning of a session is kept."""
    last: Bytes = attrs.field(default=Bytes(4 * 2**20), validator=bytes_within("0B", "1TiB"))
    """How much of its end is kept beside that, in memory until it is over. What is between them is
    left out, which the file says."""
    memory: Bytes = attrs.field(default=Bytes(256 * 2**20), validator=bytes_within("64KiB", "1TiB"))
    """The most that all captures together hold in memory, what waits for the disk among it. What
    there is no room for is left out, which the file says."""
    keep: int = attrs.field(default=1000, validator=within(1, 1_000_000))
    """How many files are kept; of those that this server has written the oldest is deleted for each
    one more."""
    mask: bool = True
    """Put `*` in the place of parameters of URLs and stream names, and of passwords, in commands.
    Nothing else is changed, and no length."""
