"""The [dash] section: how streams are cut and listed, and for whom. Floor 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import attrs

from trio_srs.service.segmented.config import SegmentedConfig
from trio_srs.units import Seconds, seconds_within

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DashConfig"]

_RESTART: Final = {"live": False}
_PART: Final = attrs.fields(SegmentedConfig).part.default


@attrs.frozen(kw_only=True)
class DashConfig(SegmentedConfig):
    """Streams as MPEG-DASH, at `/{app}/{stream}.mpd` of every address of `[http]` and `[https]`.
    Where the keys that `[hls]` has too say the same in both, a stream is cut once for both."""

    enabled: bool = attrs.field(default=True, metadata=_RESTART)
    """Serve DASH at all. A stream that nobody asks for costs nothing, unless `start` is
    `publish`."""
    low_latency: bool = False
    """List a segment from its first `part` on, and send it while it is made. Where it is given for
    some streams and `part` is off for all, theirs have parts of the default."""
    delay: Seconds | None = attrs.field(default=None, validator=seconds_within("200ms", "1h"))
    """How far behind the publisher players are told to be; `"off"`: three target durations, or with
    `low_latency` four parts, and two seconds at least."""

    def narrowed(self, given: Mapping[str, Any]) -> Self:
        """See :meth:`.SegmentedConfig.narrowed`: of a part that is off and low latency the one
        counts that is given nearer to the stream."""
        part = given.get("part", self.part)
        if part is None and "part" in given:
            given = {**given, "low_latency": False}
        elif part is None and given.get("low_latency"):
            given = {**given, "part": _PART}
        return attrs.evolve(self, **given)

    def __attrs_post_init__(self) -> None:
        if self.low_latency and self.part is None:
            raise ValueError('low_latency: segments have no parts: part is "off"')
