"""A stream seen from outside of a server: messages in, a report out. Floor 6."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Final

import attrs

from trio_srs.errors import EndReason
from trio_srs.media.early_end import early_ends
from trio_srs.media.facts import StreamFacts, TrackFacts
from trio_srs.media.packaging_facts import PackagingFacts
from trio_srs.media.probe import StreamProbe
from trio_srs.media.report import Conduct, Step, StepKind, StreamReport
from trio_srs.media.trace import Trace
from trio_srs.tools.tally import Tally
from trio_srs.wire.rtmp.message import Message

__all__ = ["EVERYTHING", "Enough", "StreamObserver"]

STALL_S: Final = 1.0
"""So long without a frame is told as a stall."""


@attrs.frozen(kw_only=True)
class Enough:
    """How much of a stream is to be judged; all of it by default."""

    seconds: float = math.inf
    """So much media."""
    frames: float = math.inf
    """So many video frames; audio frames, in a stream that has no video so far."""

    def is_reached_by(self, tally: Tally) -> str:
        """What there is enough of, ``seconds`` or ``frames``; empty while there is not."""
        if tally.media_s >= self.seconds:
            return "seconds"
        frames = tally.video_frames if tally.video else tally.audio_frames
        return "frames" if frames >= self.frames else ""


EVERYTHING: Final = Enough()


class StreamObserver:
    """Sees a stream as one who reads it: a player, or somebody with a file.

    Attributes:
        tally: what came so far.
        steps: what happened besides media; times count from when this was made.
        keep: called with each message as it comes, for whoever keeps them.
        has_messages: whether the messages are what came; else they were made here of what came in
            another container, and their digests are nothing to compare by.
    """

    def __init__(
        self, stream: str, *, began_at: float, now_s: float | None, peer: str = ""
    ) -> None:
        """
        Args:
            stream: what to call it.
            began_at: Unix time.
            now_s: the same moment on the clock of :meth:`see`; None if messages do not arrive, as
                those of a file.
            peer: where it comes from.
        """
        self.stream, self.peer, self.began_at = stream, peer, began_at
        self.tally = Tally()
        self.steps: list[Step] = []
        self.keep: Callable[[Message], object] | None = None
        self.has_messages = True
        self._began_s = now_s
        self._opened_s: float | None = None
        self._probe = StreamProbe()

    def note(self, what: StepKind, now_s: float, detail: str = "") -> None:
        """Write down a step that media do not tell of themselves."""
        assert self._began_s is not None  # nothing happens to a file
        self.steps.append(Step(at_s=now_s - self._began_s, what=what, detail=detail))

    def open(self, now_s: float) -> None:
        """Media may come from here on: delays count from now."""
        self.note(StepKind.PUBLISH, now_s, "the server let us play")
        self._opened_s = now_s
        self._probe = StreamProbe(published_at_s=now_s)

    def see(self, message: Message, now_s: float | None = None) -> None:
        """Take the next message."""
        self.tally.add(message)
        if self.keep is not None:
            self.keep(message)
        self._probe.see(message, now_s)

    def report(
        self,
        conduct: Conduct,
        end: EndReason | None = None,
        end_detail: str = "",
        packaging: PackagingFacts | None = None,
    ) -> StreamReport:
        """Everything so far, in which how the other side behaves, why it ended and how it is
        packaged are given."""
        facts, trace = self._probe.facts(), self._probe.trace()
        if not self.has_messages:
            facts = _without_digests(facts)
        steps = [*self.steps, *self._media_steps(trace, facts.tracks)]
        if self._began_s is not None and self._opened_s is not None:
            steps += early_ends(facts, self._opened_s - self._began_s)
        steps.sort(key=lambda step: step.at_s)
        encoder = (facts.metadata or {}).get("encoder")
        if isinstance(encoder, str):
            conduct = attrs.evolve(conduct, encoder=encoder)
        return StreamReport(
            stream=self.stream, session="", peer=self.peer, began_at=self.began_at, facts=facts,
            timeline=tuple(steps), conduct=conduct, trace=trace, end=end, end_detail=end_detail,
            packaging=packaging,
        )  # fmt: skip

    def _media_steps(self, trace: Trace, tracks: tuple[TrackFacts, ...]) -> Iterator[Step]:
        """What the arrivals of frames tell."""
        if self._began_s is None or self._opened_s is None:
            return
        opened = self._opened_s - self._began_s
        changes = {
            (track.kind, track.track_id, track.headers.first_change.index)
            for track in tracks
            if track.headers.first_change is not None
        }
        last: float | None = None
        keyframe = False
        for frame in trace:
            if frame.arrived_s is None:
                continue
            at_s = opened + frame.arrived_s
            if last is None:
                yield Step(at_s=at_s, what=StepKind.FIRST_MEDIA)
            elif at_s - last > STALL_S:
                yield Step(
                    at_s=last, what=StepKind.STALL, detail=f"nothing for {at_s - last:.1f} s"
                )
            if frame.is_key and not keyframe:
                keyframe = True
                yield Step(at_s=at_s, what=StepKind.FIRST_KEYFRAME)
            if (frame.kind, frame.track_id, frame.index) in changes:
                yield Step(at_s=at_s, what=StepKind.HEADER_CHANGE, detail=frame.kind)
            last = at_s


def _without_digests(facts: StreamFacts) -> StreamFacts:
    tracks = (attrs.evolve(track, digests=None) for track in facts.tracks)
    return attrs.evolve(facts, digests=None, tracks=tuple(tracks))
