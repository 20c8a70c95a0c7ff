"""What is to be run, waited for and judged with a server of our own. Floor 6."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

import attrs

from trio_srs.config.schema import Config
from trio_srs.hub.settings import InspectLevel
from trio_srs.media.expect import Rule
from trio_srs.media.report import StreamReport
from trio_srs.net.address import Address
from trio_srs.tools.expect.stream_observer import EVERYTHING, Enough
from trio_srs.units import Seconds, Timeout
from trio_srs.wire.url import RtmpUrl

if TYPE_CHECKING:
    from trio_srs.tools.expect.source import SourceJob

__all__ = ["DEFAULT_STREAM", "PLACEHOLDERS", "SOURCE_STREAM", "RunPlan", "placeholders"]

DEFAULT_STREAM: Final = "live/stream"
"""What a command is given to publish."""
SOURCE_STREAM: Final = "source/stream"
"""What it is given to pull."""

PLACEHOLDERS: Final = {
    "url": "where to publish",
    "host": "of that URL",
    "port": "of that URL",
    "app": "of that URL",
    "name": "of that URL: the stream key",
    "source_url": "where to pull from, with --source",
}
"""What may stand in braces in the words of a command."""


@attrs.frozen(kw_only=True)
class RunPlan:
    """What to start, what to wait for, how long, and what to expect of it."""

    rules: tuple[Rule, ...] = ()
    """What is expected."""
    golden: Mapping[str, StreamReport] = attrs.field(factory=dict)
    """The reports of the files that the rules name."""
    words: tuple[str, ...] = ()
    """The command; empty to wait for whoever comes."""
    environ: Mapping[str, str] = attrs.field(factory=dict)
    """The command's environment; the URLs are added."""
    listen: Address = Address("127.0.0.1", 0)  # noqa: RUF009  # a value, as frozen as we are
    """Where the server listens."""
    stream: str | None = DEFAULT_STREAM
    """The name that is waited for; None for whichever is published first."""
    enough: Enough = EVERYTHING
    """How much of it is judged."""
    timeout_s: float = 10.0
    """How long nothing may happen: until audio or video comes, in the middle of it, and from the
    end of the publish to that of the command."""
    max_time_s: float = math.inf
    """How long all of it may take."""
    strict: bool = False
    """Whether a publisher that does something odd is ended by it."""
    kick_after_s: float | None = None
    """End the first publish so long after its first audio or video, and wait for the next."""
    source: SourceJob | None = None
    """What the command is given to pull."""
    show: Callable[[bytes | bytearray], object] | None = None
    """Called in a thread with what the command says on standard error."""
    stdout: int = subprocess.DEVNULL
    """A file descriptor for what it says on standard output."""
    reference: Path | None = None
    """A file (FLV) that decoded pictures are compared with; None for what the command pulls."""
    capture: Path | None = None
    """Keep every publish, exactly as it came, as an FLV file in this folder."""
    meanwhile: Callable[[], object] | None = None
    """Called in a thread when the command has been started: there is time then."""
    on_ready: Callable[[str], object] | None = None
    """Called with the URL to publish to when the server is up."""

    @property
    def is_to_be_kept(self) -> bool:
        """Whether what comes may have to be decoded: rules are about that, or about a delay, which
        may be found in no other way."""
        if any(rule.subject.needs_decoding for rule in self.rules):
            return True
        if self.source is None or not any(_is_delay(rule) for rule in self.rules):
            return False
        from trio_srs.decoding.extra import can_decode

        return can_decode()

    def config(self) -> Config:
        """The server's configuration: everything is looked at, and nothing waits at the end."""
        base = Config()  # made by hand: reading one would cost each run some imports
        patience = Timeout(self.timeout_s)
        return attrs.evolve(
            base,
            rtmp=attrs.evolve(
                base.rtmp,
                listen=(self.listen,),
                shutdown_grace=Seconds(0.0),
                strict=self.strict,
            ),
            http=attrs.evolve(base.http, listen=()),
            stream=attrs.evolve(
                base.stream,
                inspect=InspectLevel.FULL,
                send_interval=Seconds(0.0),
                publish_idle_timeout=patience,
                first_packet_timeout=patience,
            ),
        )


def _is_delay(rule: Rule) -> bool:
    return rule.subject.name.startswith("delay.")


def placeholders(url: str, source_url: str | None) -> dict[str, str]:
    """What stands for the placeholders of a command."""
    parts = RtmpUrl.parse(url)
    values = {
        "url": url,
        "host": parts.host,
        "port": str(parts.port),
        "app": parts.app,
        "name": parts.stream,
    }
    return values if source_url is None else {**values, "source_url": source_url}
