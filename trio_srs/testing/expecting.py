"""``expect`` for tests: in a run of pytest, one that asks nothing fails its test. Floor 7."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from trio_srs.media.expect import Evidence, Expectation, Rule
from trio_srs.media.reconnect_facts import Reconnect
from trio_srs.media.report import StreamReport

__all__ = ["expect"]

_DELAYS: Final = frozenset(f"delay.{word}" for word in ("min", "mean", "max", "matched", "missing"))
"""For these a stream is decoded where nothing else tells which frame is which."""
_PLUGIN: Final = "trio_srs.testing.plugin"


def expect(
    report: StreamReport,
    *,
    earlier: Sequence[StreamReport] = (),
    reconnects: Sequence[Reconnect] | None = None,
    source: StreamReport | None = None,
    golden: Mapping[str, StreamReport] | None = None,
    reference: str | os.PathLike[str] | None = None,
    beside: Sequence[StreamReport] = (),
) -> Expectation:
    """Begin to say what a publish has to be like: see :func:`trio_srs.media.expect.expect`.

    What is asked about the decoded picture and sound has the capture of the publish decoded, in a
    process of its own; it needs the extra ``trio-srs[decode]``.

    Args:
        reconnects: how it came back, as ``rtmp_server.reconnects`` tells: for ``reconnect``.
        reference: a file (FLV) that decoded pictures are compared with, for ``picture(ssim=…)``;
            without one they are compared with the capture of ``source``.

    What the test that pytest runs begins to expect has to be gone on with: ``expect(report)``
    alone would be met by any stream.
    """
    evidence = Evidence(
        report=report, earlier=tuple(earlier),
        reconnects=None if reconnects is None else tuple(reconnects),
        source=source, golden=dict(golden or {}),
        beside=tuple(beside),
    )  # fmt: skip
    expectation = Expectation(evidence, _Decoding(None if reference is None else Path(reference)))
    if (plugin := sys.modules.get(_PLUGIN)) is not None:
        caller = sys._getframe(1)
        place = f"{Path(caller.f_code.co_filename).name}:{caller.f_lineno}"
        plugin.expectations.append((place, expectation))
    return expectation


class _Decoding:
    """Has decoded what rules need, when the first of them is asked."""

    def __init__(self, reference: Path | None) -> None:
        self._reference = reference

    def __call__(self, evidence: Evidence, rules: Sequence[Rule]) -> Evidence:
        """The evidence with it. Raises DecoderNotInstalledError."""
        if not any(rule.subject.needs_decoding or rule.subject.name in _DELAYS for rule in rules):
            return evidence
        from trio_srs.decoding.on_demand import KeptMedia, with_decoded  # few tests need it

        return with_decoded(evidence, rules, KeptMedia.of(evidence, self._reference))
