"""Judges a stream, and looks at its pictures where rules are about them. Floor 6.

What may have to be decoded is kept while it comes. Where no rule needs that, nothing is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

import attrs

from trio_srs.media.expect import Evidence, Rule, Verdict, judge
from trio_srs.tools.verdicts.outcome import SeenPicture
from trio_srs.wire.rtmp.message import Message

if TYPE_CHECKING:
    from trio_srs.decoding.on_demand import KeptMedia

__all__ = ["NOTHING", "Judged", "Look", "judged"]


@attrs.frozen
class Judged:
    """Verdicts, and pictures to show with them."""

    verdicts: tuple[Verdict, ...] = ()
    pictures: tuple[SeenPicture, ...] = ()


NOTHING: Final = Judged()


class Look:
    """Judges one stream; what it kept is gone when the block ends.

    Attributes:
        keep: to be called with each message of the stream; None if none needs to be kept.
    """

    def __init__(
        self, rules: Sequence[Rule], reference: Path | None, *, with_pictures: bool = False
    ) -> None:
        """
        Args:
            reference: a file (FLV) that pictures are compared with.
            with_pictures: whether there are to be some to show.
        """
        self.keep: Callable[[Message], object] | None = None
        self._rules, self._reference, self._with_pictures = rules, reference, with_pictures
        self._stack = ExitStack()
        self._path: Path | None = None
        self._flush: Callable[[], None] = _nothing
        if any(rule.subject.needs_decoding for rule in rules):
            from trio_srs.tools.expect.spool import Spool  # few runs keep anything

            spool = self._stack.enter_context(Spool())
            self.keep, self._flush, self._path = spool.keep, spool.flush, spool.path

    def judge(self, evidence: Evidence) -> Judged:
        """Judge what came, and have decoded what has to be. Takes its time."""
        if self._path is None:
            return Judged(judge(evidence, self._rules))
        from trio_srs.decoding.on_demand import KeptMedia

        self._flush()
        kept = KeptMedia(stream=self._path, reference=self._reference)
        return judged(evidence, self._rules, kept, with_pictures=self._with_pictures)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()


def _nothing() -> None:
    """There is nothing to be written."""


def judged(
    evidence: Evidence, rules: Sequence[Rule], kept: KeptMedia, *, with_pictures: bool
) -> Judged:
    """Judge by files that were kept, of which as much is decoded as the rules need.

    Raises:
        DecoderNotInstalledError: the extra ``decode`` is missing.
    """
    from trio_srs.decoding.on_demand import with_decoded

    evidence = with_decoded(evidence, rules, kept)
    verdicts = judge(evidence, rules)
    if not with_pictures or evidence.decoded is None or kept.stream is None:
        return Judged(verdicts)
    from trio_srs.tools.expect.seen_pictures import seen_pictures

    reference = kept.reference or kept.source
    return Judged(verdicts, seen_pictures(evidence.decoded, verdicts, kept.stream, reference))
